//! Runs a command of the registry without a screen: its arguments, its effects, its exit code.

use super::veiled::Veiled;
use super::{Global, INTERRUPTED, Modes, PARTLY, answer, say};
use crate::api::{Problem, ProblemKind, Reply, Timestamp, Wire};
use crate::command::{ArgKind, Args, Command, Context, Effect, Export, Step};
use crate::export::{self, Done, Error, Order, Reader, Remote};
use crate::query::when;
use crate::text::hex;
use clap::ArgMatches;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when the operator interrupts.
static STOP: AtomicBool = AtomicBool::new(false);

/// Runs a command.
///
/// # Errors
/// The arguments make no sense, no platform is known, or the one thing it did failed.
pub fn run(command: &Command, matches: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let now = super::now();
    let args = arguments(command, matches, global, now)?;
    let ctx = Context { connected: true, fresh_key: fresh_key()?, ..Context::default() };
    (command.ready)(&ctx).map_err(|why| Problem::new(ProblemKind::Refused, "That cannot be done now", why))?;
    let steps = (command.run)(&ctx, &args)?;
    if command.name == "ledger.verify" && global.url.is_none() && global.server.is_none() {
        let check = modes.verify_ledger(&modes.data_dir(global)?)?;
        let body = serde_json::to_value(check).unwrap_or_default();
        return answer::print(&[(Reply { name: "ledger.verify", body }, String::new())], global);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(ProblemKind::Internal, "The runtime could not start", e.to_string()))?;
    runtime.block_on(async {
        let remote = modes.remote(global)?;
        if args.is_set("pseudonyms") {
            let veiled = Veiled::new(remote.as_ref(), modes.pseudonym_key(global)?);
            return effects(&veiled, steps, global, now).await;
        }
        effects(remote.as_ref(), steps, global, now).await
    })
}

/// Does what a command asked for. Calls are a batch; an export stands alone.
///
/// # Errors
/// The only effect failed.
pub async fn effects(remote: &dyn Remote, steps: Vec<Step>, global: &Global, now: Timestamp) -> Result<u8, Problem> {
    let mut calls = Vec::new();
    for step in steps {
        match step {
            Step::Effect(Effect::Call { wire, done }) => calls.push((wire, done)),
            Step::Effect(Effect::Export(asked)) => return write(remote, asked, global, now).await,
            Step::Effect(Effect::Quit) => return Ok(0),
            Step::Intent(_) | Step::Effect(Effect::Pipe(..)) => {
                return Err(Problem::new(ProblemKind::Usage, "That needs the console", "it asks the screen"));
            }
        }
    }
    tokio::select! {
        code = batch(remote, calls, global) => code,
        _ = tokio::signal::ctrl_c() => Ok(INTERRUPTED),
    }
}

/// Calls one after another; one that fails does not keep the others from being tried.
async fn batch(remote: &dyn Remote, calls: Vec<(Wire, String)>, global: &Global) -> Result<u8, Problem> {
    let alone = calls.len() == 1;
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for (wire, done) in calls {
        match remote.send(wire).await {
            Ok(reply) => answers.push((reply, done)),
            Err(problem) if alone => return Err(problem),
            Err(problem) => failures.push(problem),
        }
    }
    let printed = if answers.is_empty() { 0 } else { answer::print(&answers, global)? };
    for problem in &failures {
        let _ = say::problem(problem, global.json());
    }
    Ok(match failures.first() {
        None => printed,
        Some(_) if !answers.is_empty() => PARTLY,
        Some(first) if failures.iter().all(|p| p.kind == first.kind) => first.kind.exit_code(),
        Some(_) => 1,
    })
}

async fn write(remote: &dyn Remote, asked: Export, global: &Global, now: Timestamp) -> Result<u8, Problem> {
    let listen = tokio::spawn(interrupts());
    let order = Order {
        reader: reader(),
        now,
        progress: !global.quiet
            && std::io::stderr().is_terminal()
            && (asked.out.is_some() || !std::io::stdout().is_terminal()),
        stop: &STOP,
        stdout: Box::new(std::io::stdout()),
        export: asked.clone(),
    };
    let result = export::run(remote, order).await;
    listen.abort();
    match result {
        Ok(done) => {
            if !global.quiet {
                conclude(&asked, &done);
            }
            Ok(if done.interrupted { INTERRUPTED } else { 0 })
        }
        Err(Error::ReaderGone) => Ok(0),
        Err(error) => Err(error.problem()),
    }
}

/// The first interrupt ends after the running page, the second at once.
async fn interrupts() {
    while tokio::signal::ctrl_c().await.is_ok() {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    }
}

/// Says what people would otherwise have to guess: how much there is, and what is missing from it.
fn conclude(asked: &Export, done: &Done) {
    let rows = crate::text::human::counted(done.rows, asked.resource.rows());
    if done.interrupted {
        let on = if asked.out.is_some() { ": go on with --resume" } else { "" };
        say::note(&format!("watchfloor: interrupted after {rows}{on}"));
    } else if let Some(file) = &asked.out {
        say::note(&format!("watchfloor: {rows} written to {file}"));
    }
    if done.more && asked.newest_first {
        let noun = asked.resource.word();
        say::note(&format!("watchfloor: {rows} shown, there are more: use --limit, or `watchfloor export {noun}`"));
    }
    if let Some(span) = done.covered {
        say::note(&format!("watchfloor: only {} to {} was searched", span.since, span.until));
    }
}

/// Who reads standard output.
#[must_use]
pub fn reader() -> Reader {
    if !std::io::stdout().is_terminal() {
        return Reader::Machine;
    }
    Reader::Terminal(crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns.max(20))))
}

/// Arguments as the registry knows them: text by name, times as RFC 3339.
fn arguments(command: &Command, matches: &ArgMatches, global: &Global, now: Timestamp) -> Result<Args, Problem> {
    let mut args = Args::default();
    if let Some(format) = global.format {
        args = args.with("output", format.word());
    }
    for arg in command.args {
        let text = match arg.kind {
            ArgKind::Flag => matches.get_flag(arg.name).then(String::new),
            ArgKind::Positions => {
                matches.get_many::<String>(arg.name).map(|many| many.cloned().collect::<Vec<_>>().join(","))
            }
            ArgKind::Position | ArgKind::OptionalPosition | ArgKind::Option => {
                matches.get_one::<String>(arg.name).cloned()
            }
        };
        let Some(text) = text else { continue };
        let text = if matches!(arg.name, "since" | "until" | "at") {
            when::parse(&text, now, 0)
                .map_err(|why| Problem::new(ProblemKind::Usage, format!("--{} cannot be used", arg.name), why))?
                .to_string()
        } else {
            text
        };
        args = args.with(arg.name, text);
    }
    Ok(args)
}

fn fresh_key() -> Result<String, Problem> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| Problem::new(ProblemKind::Internal, "No random key could be made", e.to_string()))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
#[path = "headless_test.rs"]
mod tests;
