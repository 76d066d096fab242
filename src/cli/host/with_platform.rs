//! What needs the platform in this very program.

use super::*;
use crate::config::EMBEDDED;
use crate::platform::detect::rules::{Mode, Sources, load};
use crate::platform::enrich::Places;
use crate::platform::policy::Policy;
use crate::platform::replay::Terms;
use crate::platform::serve::{self, Running, Start};
use crate::platform::{ingest, inspection, ledger, replay as run_replay, respond, rules as own_rules};
use std::net::SocketAddr;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

fn start_of(here: &Here, any_port: bool) -> Start {
    let settings = here.settings.clone();
    let policy = settings.platform.policy.clone().unwrap_or_else(|| here.paths.policy());
    let operator = crate::config::environment("SUDO_USER").or_else(|| crate::config::environment("USER"));
    Start {
        settings,
        settings_file: here.paths.settings(),
        data: here.paths.data.clone(),
        policy,
        operator: operator.unwrap_or_default(),
        any_port,
    }
}

/// The console with a platform inside.
pub(super) async fn own_console(here: &Here, global: &Global) -> Result<u8, Problem> {
    log_to_file(&here.paths.data)?;
    let mut running = serve::start(start_of(here, true)).await?;
    running.prepare();
    let code = match here.target(global).and_then(Client::new) {
        Ok(client) => open(client, EMBEDDED, here, (global, None)).await,
        Err(problem) => Err(problem),
    };
    running.stop().await;
    code
}

/// The platform as a service.
pub fn serve(global: &Global, listen: Option<&str>) -> Result<u8, Problem> {
    let mut here = Here::read(global)?;
    if let Some(text) = listen {
        here.settings.platform.listen = text.parse::<SocketAddr>().map_err(|_| {
            let shown = crate::text::visible::escape(text).into_owned();
            Problem::new(ProblemKind::Usage, format!("--listen {shown} cannot be used"), "expected ADDRESS:PORT")
                .hint("For example 127.0.0.1:8840.")
        })?;
    }
    let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(log.with_filter(filter())).try_init();
    runtime()?.block_on(async {
        let mut running = serve::start(start_of(&here, false)).await?;
        running.prepare();
        tracing::info!(url = running.url, "the platform is up");
        told_to_stop().await;
        tracing::info!("stopping");
        Running::stop(running).await;
        Ok(0)
    })
}

/// `WATCHFLOOR_LOG`: a level, or levels of parts: `warn,watchfloor=debug`.
fn filter() -> Targets {
    let asked = crate::config::environment("WATCHFLOOR_LOG");
    asked.and_then(|a| a.parse().ok()).unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO))
}

/// A console owns its terminal: the platform inside it writes its log to a file.
fn log_to_file(data: &Path) -> Result<(), Problem> {
    let path = data.join("watchfloor.log");
    let open = || {
        std::fs::create_dir_all(data)?;
        std::fs::OpenOptions::new().create(true).append(true).open(&path)
    };
    let file = open().map_err(|e| {
        let shown = crate::text::visible::escape(&path.to_string_lossy()).into_owned();
        Problem::new(ProblemKind::Unavailable, format!("{shown} cannot be written"), e.to_string())
            .hint("Choose another folder with --data-dir.")
    })?;
    let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::sync::Mutex::new(file));
    let _ = tracing_subscriber::registry().with(log.with_filter(filter())).try_init();
    Ok(())
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// The pipeline over files.
pub fn replay(ask: &Replay, found: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
    with_terms(ask, |terms| run_replay::run(&ask.files, terms, ask.threads, found))
}

/// What every stage makes of one line.
pub fn explain(ask: &Replay, line: u64) -> Result<Explanation, Problem> {
    with_terms(ask, |terms| run_replay::explain(&ask.files, terms, line))
}

fn with_terms<T>(ask: &Replay, run: impl FnOnce(Terms<'_>) -> Result<T, Problem>) -> Result<T, Problem> {
    let named = ask.format.as_deref().map(str::parse::<ingest::Format>).transpose();
    let format = named.map_err(|e| Problem::new(ProblemKind::Usage, "--format cannot be used", e.to_string()))?;
    let (places, _) = Places::find(ask.geo_db.as_deref());
    let rules = Arc::new(load(&sources(&ask.rules)));
    let (policy, now) = (&Policy::default(), crate::cli::now());
    run(Terms { format, policy, places: &places, rules: &rules, requests: &ask.requests, shadow: ask.shadow, now })
}

fn sources(folders: &Folders) -> Sources {
    let new = if folders.shadow { Mode::Shadow } else { Mode::On };
    Sources { own: folders.own.clone(), sigma: folders.sigma.clone(), new }
}

/// A question about rules.
#[expect(clippy::unnecessary_wraps, reason = "a build without the platform fails")]
pub fn rules(folders: &Folders, ask: RulesAsk) -> Result<RulesAnswer, Problem> {
    Ok(own_rules::answer(&sources(folders), ask))
}

/// What the rules cover, for the Navigator.
#[expect(clippy::unnecessary_wraps, reason = "a build without the platform fails")]
pub fn rules_layer(folders: &Folders) -> Result<serde_json::Value, Problem> {
    Ok(match own_rules::answer(&sources(folders), RulesAsk::Coverage) {
        RulesAnswer::Coverage(covered) => own_rules::layer(&covered),
        _ => serde_json::Value::Null,
    })
}

/// What the detectors make of one request.
pub fn inspect(request: &[u8]) -> Result<Inspection, Problem> {
    inspection::inspect(request)
}

/// Verifies the ledger where it lies.
pub fn verify_ledger(data: &Path) -> Result<LedgerCheck, Problem> {
    let dir = data.join("ledger");
    if !dir.exists() {
        let shown = crate::text::visible::escape(&dir.to_string_lossy()).into_owned();
        return Err(Problem::new(ProblemKind::NotFound, "There is no ledger", format!("{shown} does not exist"))
            .hint("Name the platform's data folder with --data-dir."));
    }
    ledger::verify(&dir).map_err(|e| Problem::new(ProblemKind::Unavailable, "The ledger cannot be read", e.to_string()))
}

/// Log sources, packet filter, policy.
pub fn checks(here: &Here) -> Vec<Check> {
    let mut checks = Vec::new();
    for (watch, source) in ingest::discover(&[]) {
        let what = format!("log {}", watch.name);
        checks.push(match source.state {
            crate::api::SourceState::Unreadable => Check::warning(what, source.why, ""),
            _ => Check::ok(what, source.why),
        });
    }
    let nft = respond::nftables_plan(here.settings.enforcers.nftables);
    checks.push(if nft.takes_part || !here.settings.enforcers.nftables {
        Check::ok("nftables", nft.why)
    } else {
        Check::warning("nftables", nft.why, "Run as root or with CAP_NET_ADMIN, or leave it to the gate.")
    });
    let policy = here.settings.platform.policy.clone().unwrap_or_else(|| here.paths.policy());
    checks.push(match serve::read_policy(&policy) {
        Ok(_) if policy.exists() => Check::ok("policy", "read and understood"),
        Ok(_) => Check::ok("policy", "the built-in one; no policy.toml of your own"),
        Err(problem) => Check::failed("policy", problem.detail, "Nothing starts until it is right."),
    });
    let mut unusable = load(&own_rules::sources(&here.settings.platform)).faults().to_vec();
    checks.push(match unusable.len() {
        0 => Check::ok("rules", "all can be used"),
        n => {
            let first = unusable.swap_remove(0);
            let why = format!("{n} of them cannot be used, the first: {first}");
            Check::warning("rules", why, "See `watchfloor rules lint`.")
        }
    });
    checks
}
