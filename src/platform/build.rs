//! Opens every room of a platform and puts them together, before anything runs.

use super::detect::{self, Engine, Inspector};
use super::enrich::Places;
use super::http::{Hub, Presence, Tokens};
use super::incident::Incidents;
use super::ingest::{Format, Watch};
use super::ledger::Ledger;
use super::memory::Memory;
use super::observe::Inbox;
use super::pipeline::{Pipeline, Work};
use super::policy::Policy;
use super::respond::enforcer::gate;
use super::respond::enforcer::nftables::{self, Nftables};
use super::respond::{Enforcer, Gate, Limits, Parts, Responder, Rested, Surroundings};
use super::serve::{Start, cannot, shown};
use super::store::Store;
use super::{Platform, desk, drill_loop, wiring};
use crate::api::{Problem, ProblemKind, Timestamp};
use crate::config::{Settings, SourceSettings};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, RwLock, Weak};

/// Work that may wait for the pipeline before its senders wait too.
const QUEUE: usize = 64;

/// A platform ready to run.
pub(super) struct Built<P> {
    pub platform: Arc<Platform>,
    /// Makes the pipeline, on the thread that will run it.
    pub pipeline: P,
    pub work: Receiver<Work>,
    pub tokens: Arc<Tokens>,
    pub inspector: Arc<Inspector>,
}

/// Makes the data folder and takes it for this process alone.
pub(super) fn lock_data(data: &Path) -> Result<std::fs::File, Problem> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|e| cannot(&format!("use {}", shown(data)), &e).hint("Choose another folder with --data-dir."))?;
    let path = data.join("lock");
    let file = std::fs::File::create(&path).map_err(|e| cannot(&format!("write {}", shown(&path)), &e))?;
    file.try_lock().map_err(|_| {
        Problem::new(
            ProblemKind::Conflict,
            "A platform is already running on this data",
            format!("{} is locked by another process", shown(&path)),
        )
        .hint("Open a console on it with `watchfloor`, or use another folder with --data-dir.")
    })?;
    Ok(file)
}

/// Opens everything.
pub(super) fn build(start: &Start) -> Result<Built<impl FnOnce() -> Pipeline + Send + 'static>, Problem> {
    let now = Timestamp(chrono::Utc::now().timestamp_millis());
    let settings = &start.settings;
    let mut memory = Memory::open(&start.data);
    let policy = Arc::new(policy(&start.policy)?);
    let store = Arc::new(Store::open(&start.data).map_err(desk::unavailable)?);
    let ledger = Arc::new(ledger(&start.data.join("ledger"), now));
    let tokens = Tokens::open(&start.data.join("tokens.json")).map_err(|e| cannot("read its tokens", &e))?;
    let (places, countries_note) = Places::find(settings.platform.geo_db.as_deref());
    let (send, work) = sync_channel(QUEUE);
    let inbox = Arc::new(Inbox::default());
    let inspector = Arc::new(Inspector::accepting(settings.requests.clone()));
    let gate = Arc::new(
        Gate::new(gate::Settings {
            cookies: settings.platform.session_cookies.clone(),
            inspect: wiring::inspection(Arc::clone(&inspector)),
            observe: wiring::observation(Arc::clone(&inbox), send.clone()),
        })
        .map_err(|e| cannot("start its gate", &e))?,
    );
    let (detections, incident, action) = store.next_ids().map_err(desk::unavailable)?;
    let files = store.open_incidents(|(i, f, b)| desk::file_of(i, f, b).ok()).map_err(desk::unavailable)?;
    let told: Arc<OnceLock<Weak<Platform>>> = Arc::default();
    let responder = responder(start, &policy, (&store, &ledger, &gate), &told, action, now);
    let rules = super::rules::open(&settings.platform);
    let hub = Arc::new(Hub::new());
    let platform = Arc::new(Platform {
        sources: Mutex::new(store.sources().into_iter().map(|s| (s.name.clone(), s)).collect::<BTreeMap<_, _>>()),
        quiet: RwLock::new(store.standing_suppressions().map_err(desk::unavailable)?),
        store,
        ledger,
        presence: Arc::new(Presence::new(Arc::clone(&hub))),
        hub,
        gate,
        inbox,
        responder,
        policy: RwLock::new(policy),
        policy_file: start.policy.clone(),
        rules: Arc::clone(&rules),
        rules_off: Mutex::default(),
        incidents: Mutex::new(Incidents::new(incident, files)),
        drawn: Mutex::default(),
        unsaved: Mutex::default(),
        detections: AtomicU64::new(detections.0),
        levels: RwLock::new(settings.platform.service_level),
        drill: drill_loop::Switch::default(),
        work: send,
        countries_note,
        storing: Mutex::default(),
        told: Mutex::default(),
        stop: Default::default(),
        retention_days: settings.platform.retention_days,
    });
    let _ = told.set(Arc::downgrade(&platform));
    let shared = Arc::clone(&platform);
    let behaviour = detect::behaviour::Settings {
        on: settings.platform.behaviour,
        false_alarms_per_day: f64::from(settings.platform.false_alarms_per_day),
        false_blocks_per_month: f64::from(settings.platform.false_blocks_per_month),
    };
    let limits = detect::Settings { behaviour, ..detect::Settings::default() };
    let mut engine = Engine::with_rules(limits, rules);
    memory.recall(&mut engine, now);
    let looking = Arc::clone(&inspector);
    let pipeline = move || Pipeline::new(shared, looking, engine, places).keeping(memory);
    Ok(Built { platform, pipeline, work, tokens: Arc::new(tokens), inspector })
}

/// The ledger. One that cannot be opened keeps nobody from watching or from releasing blocks: it refuses whatever has
/// to be recorded, and the overview says so.
fn ledger(dir: &Path, now: Timestamp) -> Ledger {
    Ledger::open(dir, now).unwrap_or_else(|error| {
        tracing::error!(%error, "the ledger cannot be opened: nothing can be changed, but blocks can be released");
        Ledger::unopened(dir, &error)
    })
}

fn responder(
    start: &Start,
    policy: &Policy,
    (store, ledger, gate): (&Arc<Store>, &Arc<Ledger>, &Arc<Gate>),
    told: &Arc<OnceLock<Weak<Platform>>>,
    next: crate::api::ActionId,
    now: Timestamp,
) -> Responder {
    let nft = Nftables::new(nftables::Settings {
        enabled: start.settings.enforcers.nftables,
        ..nftables::Settings::default()
    });
    let enforcers: Vec<Arc<dyn Enforcer>> = vec![Arc::clone(gate) as Arc<dyn Enforcer>, Arc::new(nft)];
    let told = Arc::clone(told);
    Responder::new(Parts {
        enforcers,
        book: Arc::new(wiring::StoreBook(Arc::clone(store))),
        journal: Arc::new(wiring::LedgerJournal(Arc::clone(ledger))),
        surroundings: Box::new(Surroundings::read),
        changed: Box::new(move |action| {
            if let Some(platform) = told.get().and_then(Weak::upgrade) {
                platform.action_changed(action);
            }
        }),
        limits: Limits {
            default_ttl: policy.ttl_seconds,
            automatic_per_hour: policy.budget_per_hour as usize,
            ..Limits::default()
        },
        allow: wiring::allowed(policy, now),
        proxies: start.settings.platform.trusted_proxies.clone(),
        next,
    })
}

/// Puts the blocks of an earlier run back in force.
pub(super) fn restore(platform: &Platform) -> Result<(), Problem> {
    let actions = platform.store.active_actions(Rested::from).map_err(desk::unavailable)?;
    let report = platform.responder.restore(actions, platform.now());
    for fault in report.faults {
        tracing::warn!(fault, "a block of an earlier run is not in force");
    }
    Ok(())
}

pub(super) fn policy(path: &Path) -> Result<Policy, Problem> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Policy::default_text().to_owned(),
        Err(e) => {
            let what = format!("The policy {} cannot be read", shown(path));
            return Err(Problem::new(ProblemKind::Usage, what, e.to_string()).hint("Nothing was started without it."));
        }
    };
    Policy::parse(&text).map_err(|e| {
        Problem::new(ProblemKind::Usage, format!("The policy {} cannot be used", shown(path)), e.to_string())
            .hint("Nothing was started: a policy that is half understood must not act.")
    })
}

/// A `[[source]]` as what intake follows.
pub(super) fn watch_of(source: &SourceSettings) -> Watch {
    let format: Option<Format> = source.format.as_deref().and_then(|f| f.parse().ok());
    let kind = format.map_or("log", Format::as_str);
    let name = source.name.clone().unwrap_or_else(|| format!("{kind}:{}", source.path.display()));
    Watch { name, format, path: source.path.clone() }
}

/// The sources in the settings must be understood, and each log must be read once under a name of its own: names are
/// what resume points are kept by.
pub(super) fn check_sources(settings: &Settings) -> Result<(), Problem> {
    let wrong = |source: &SourceSettings, why: &str| {
        Problem::new(ProblemKind::Usage, format!("The source {} cannot be followed", shown(&source.path)), why)
    };
    let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
    for source in &settings.source {
        if source.path.as_os_str().is_empty() {
            return Err(wrong(source, "a [[source]] in the settings has an empty path; name the log file"));
        }
        if !files.insert(std::fs::canonicalize(&source.path).unwrap_or_else(|_| source.path.clone())) {
            return Err(wrong(source, "the settings name this file twice; each line would be counted twice"));
        }
        let name = watch_of(source).name;
        if !names.insert(name.clone()) {
            let name = crate::text::visible::escape(&name).into_owned();
            let why = format!("two sources in the settings are called \"{name}\"; give each its own name");
            return Err(wrong(source, &why));
        }
        if let Some(Err(error)) = source.format.as_deref().map(str::parse::<Format>) {
            return Err(wrong(source, &error.to_string()));
        }
    }
    Ok(())
}
