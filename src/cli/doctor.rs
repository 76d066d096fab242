//! `watchfloor doctor`: what works, what does not, and what to do about it.

use super::modes::{Check, CheckState};
use super::{Global, LEAST, Modes, say};
use crate::api::endpoint::{Empty, GetMe, GetVersion};
use crate::api::{Problem, ProblemKind, Timestamp, Wire};
use crate::export::{Remote, to_json};
use crate::text::human;
use std::io::IsTerminal;
use std::path::Path;

/// Clocks further apart than this make times misleading.
const SKEW_MS: i64 = 2_000;
/// Less free space than this is a failure, ten times as much a warning.
const LEAST_FREE: u64 = 100 * 1024 * 1024;

/// Checks everything; exit code 1 when something will not work.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let mut checks = terminal(&|name| std::env::var(name).ok());
    checks.push(match modes.settings(global) {
        Ok(read) => Check::ok("settings", read),
        Err(problem) => failed("settings", &problem),
    });
    match modes.data_dir(global) {
        Ok(dir) => checks.extend(data(&dir)),
        Err(problem) => checks.push(failed("data directory", &problem)),
    }
    checks.push(match modes.credential(global) {
        Ok(place) => Check::ok("credentials", place),
        Err(p) => Check::warning("credentials", format!("{}: {}", p.title, p.detail), p.hints.join(" ")),
    });
    checks.extend(platform(global, modes));
    checks.extend(modes.checks(global));
    let bad = checks.iter().any(|c| c.state == CheckState::Failed);
    if global.json() {
        say::out(&to_json(&checks))?
    } else {
        say::out(&text(&checks))?
    };
    Ok(u8::from(bad))
}

fn text(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let state = match check.state {
            CheckState::Ok => "ok      ",
            CheckState::Warning => "warning ",
            CheckState::Failed => "FAILED  ",
        };
        out.push_str(&format!("{state} {}: {}\n", check.what, check.why));
        if !check.fix.is_empty() {
            out.push_str(&format!("          {}\n", check.fix));
        }
    }
    out
}

fn failed(what: &str, problem: &Problem) -> Check {
    let why = if problem.detail.is_empty() {
        problem.title.clone()
    } else {
        format!("{}: {}", problem.title, problem.detail)
    };
    Check::failed(what, why, problem.hints.join(" "))
}

/// The terminal, as far as it can be told from outside it.
fn terminal(env: &dyn Fn(&str) -> Option<String>) -> Vec<Check> {
    if !std::io::stdout().is_terminal() {
        return vec![Check::warning(
            "terminal",
            "standard output is not a terminal, so it was not looked at",
            "Run `watchfloor doctor` in the terminal you want to use.",
        )];
    }
    let size = match crossterm::terminal::size() {
        Ok((c, r)) if c >= LEAST.0 && r >= LEAST.1 => Check::ok("terminal size", format!("{c}x{r}")),
        Ok((c, r)) => Check::failed(
            "terminal size",
            format!("{c}x{r}"),
            format!("The console needs at least {}x{}: enlarge the terminal.", LEAST.0, LEAST.1),
        ),
        Err(e) => Check::failed("terminal size", e.to_string(), "Use another terminal."),
    };
    let mut checks = vec![size];
    checks.extend(environment(env));
    checks
}

/// What the environment says about the terminal.
fn environment(env: &dyn Fn(&str) -> Option<String>) -> Vec<Check> {
    let get = |name: &str| env(name).filter(|v| !v.is_empty());
    let term = match get("TERM").as_deref() {
        None => Check::failed("TERM", "not set", "Set it to what your terminal is, for example xterm-256color."),
        Some("dumb") => Check::failed("TERM", "dumb: cannot move the cursor", "Use another terminal."),
        Some(term) => Check::ok("TERM", term),
    };
    let colours = match (get("NO_COLOR"), get("COLORTERM").as_deref(), get("TERM").as_deref()) {
        (Some(_), ..) => Check::ok("colours", "none, because NO_COLOR is set"),
        (None, Some("truecolor" | "24bit"), _) => Check::ok("colours", "16 million"),
        (None, _, Some(term)) if term.contains("256") => Check::ok("colours", "256"),
        _ => Check::warning("colours", "16", "Set COLORTERM=truecolor if your terminal can show them."),
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get);
    let utf8 = locale.as_deref().is_some_and(|l| {
        let l = l.to_ascii_lowercase();
        l.contains("utf-8") || l.contains("utf8")
    });
    let locale = locale.unwrap_or_else(|| "not set".into());
    let locale = if utf8 {
        Check::ok("locale", locale)
    } else {
        Check::warning(
            "locale",
            locale,
            "Lines and marks may look wrong: set LANG to a UTF-8 locale, for example C.UTF-8.",
        )
    };
    vec![term, colours, locale]
}

/// Where the platform keeps its data.
fn data(dir: &Path) -> Vec<Check> {
    let shown = dir.to_string_lossy().into_owned();
    let meta = match std::fs::metadata(dir) {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return vec![Check::ok("data directory", format!("{shown} is not there yet; the platform makes it"))];
        }
        Err(e) => {
            return vec![Check::failed("data directory", format!("{shown}: {e}"), "Make it readable for this user.")];
        }
    };
    let mut checks = vec![access(dir, &meta, &shown)];
    match free_bytes(dir) {
        Ok(free) if free < LEAST_FREE => checks.push(Check::failed(
            "free space",
            human::bytes(free),
            "The platform stops taking in events when the disk is full: free some space.",
        )),
        Ok(free) if free < LEAST_FREE * 10 => {
            checks.push(Check::warning("free space", human::bytes(free), "Free some space soon."));
        }
        Ok(free) => checks.push(Check::ok("free space", human::bytes(free))),
        Err(e) => checks.push(Check::warning("free space", e.to_string(), "Look at it with `df`.")),
    }
    checks
}

#[cfg(unix)]
fn access(dir: &Path, meta: &std::fs::Metadata, shown: &str) -> Check {
    use std::os::unix::fs::PermissionsExt;
    let mode = meta.permissions().mode() & 0o777;
    if !meta.is_dir() {
        return Check::failed("data directory", format!("{shown} is not a directory"), "Name another with --data-dir.");
    }
    if mode & 0o077 != 0 {
        return Check::failed(
            "data directory",
            format!("{shown} is open to other users (mode {mode:03o})"),
            format!("Events and the ledger's key are in it: chmod 700 {shown}"),
        );
    }
    if rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_err() {
        return Check::failed(
            "data directory",
            format!("{shown} cannot be written"),
            "Give it to the user that runs the platform.",
        );
    }
    Check::ok("data directory", format!("{shown}, mode {mode:03o}"))
}

#[cfg(not(unix))]
fn access(_: &Path, meta: &std::fs::Metadata, shown: &str) -> Check {
    if meta.is_dir() {
        Check::ok("data directory", shown)
    } else {
        Check::failed("data directory", format!("{shown} is not a directory"), "Name another with --data-dir.")
    }
}

#[cfg(unix)]
fn free_bytes(dir: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The platform: reachable, same contract, token good, clocks together.
fn platform(global: &Global, modes: &dyn Modes) -> Vec<Check> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return vec![Check::failed("platform", e.to_string(), "")],
    };
    runtime.block_on(async {
        match modes.remote(global) {
            // Nothing named and nothing running: the console would start its own.
            Err(p) if p.kind == ProblemKind::Unreachable && global.url.is_none() && global.server.is_none() => {
                vec![Check::warning("platform", p.title, p.hints.join(" "))]
            }
            Err(problem) => vec![failed("platform", &problem)],
            Ok(remote) => reach(remote.as_ref(), super::now()).await,
        }
    })
}

async fn reach(remote: &dyn Remote, now: Timestamp) -> Vec<Check> {
    let version = match remote.send(Wire::of::<GetVersion>(&Empty {})).await.and_then(|r| r.read::<GetVersion>()) {
        Ok(version) => version,
        Err(problem) => return vec![failed("platform", &problem)],
    };
    let mut checks = vec![if version.api.iter().any(|v| v == "v1") {
        Check::ok("platform", format!("{} {} answers", version.product, version.version))
    } else {
        Check::failed(
            "platform",
            format!("speaks {}, not v1", version.api.join(", ")),
            "Use a Watchfloor of the same age.",
        )
    }];
    let skew = version.now.0.saturating_sub(now.0);
    checks.push(if skew.abs() <= SKEW_MS {
        Check::ok("clocks", "together")
    } else {
        Check::warning(
            "clocks",
            format!("{} apart", human::duration(skew)),
            "Set both by NTP: ages and ranges will be off.",
        )
    });
    checks.push(match remote.send(Wire::of::<GetMe>(&Empty {})).await.and_then(|r| r.read::<GetMe>()) {
        Ok(me) => Check::ok("token", format!("{}, {}", me.name, me.role.as_str())),
        Err(problem) => failed("token", &problem),
    });
    checks
}

#[cfg(test)]
#[path = "doctor_test.rs"]
mod tests;
