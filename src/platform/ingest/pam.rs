//! What PAM and sudo say.
//!
//! The rule of counting: an attempt is counted where a program of its own does not report it. sshd and sudo do
//! (`Failed password ...`, `N incorrect password attempts`), so `pam_unix(sshd:auth)`, `pam_unix(sudo:auth)` and
//! sshd's `PAM N more authentication failures` are base events, and so is what `pam_sss` says where `pam_unix` said it
//! before, and what dovecot's own login lines repeat. For all other services (su, login, ftp) and for the
//! old form `sshd(pam_unix)[1]:`, whose log does not hold sshd's own lines, PAM's line is the attempt.
//!
//! `ruser` may be the client's words: the last `rhost=` counts, since PAM writes it behind them.

use super::syslog::{Deed, Saying};
use crate::api::{Outcome, Severity};

/// Reads a PAM message, whoever's tag it carries; `None` when it is none.
#[must_use]
pub fn understand<'m>(program: &str, text: &'m str) -> Option<Saying<'m>> {
    if let Some((service, module)) = program.split_once('(') {
        return module.starts_with("pam_").then(|| message(service, "", true, text))?;
    }
    if program.starts_with("sshd") && text.starts_with("PAM ") {
        return failures(text.strip_prefix("PAM ")?, false);
    }
    let (call, text) = text.strip_prefix("pam_")?.split_once("): ")?;
    let (module, call) = call.split_once('(')?;
    let (service, kind) = call.split_once(':').unwrap_or((call, ""));
    let counts = !matches!(service, "sshd" | "sudo" | "sudo-i" | "dovecot") && module != "sss";
    message(service, kind, counts, text)
}

/// `counts`: the service has no line of its own about the attempt.
fn message<'m>(service: &str, kind: &str, counts: bool, text: &'m str) -> Option<Saying<'m>> {
    let ssh = service == "sshd";
    if let Some(rest) = text.strip_prefix("session opened for user ") {
        // The new form comes after sshd's `Accepted`, which is the logon.
        let said = if ssh && kind.is_empty() { Saying::attempt(Outcome::Success) } else { Saying::note() };
        return Some(Saying { user: Some(account(rest)), ..said });
    }
    if let Some(rest) = text.strip_prefix("session closed for user ") {
        let said = if ssh { Saying { activity: 2, ..Saying::attempt(Outcome::Success) } } else { Saying::note() };
        return Some(Saying { user: Some(account(rest)), ..said });
    }
    if let Some(user) = text.strip_prefix("password changed for ") {
        let deed = Some(Deed { action: "passwd", object: user });
        return Some(Saying { outcome: Some(Outcome::Success), deed, ..Saying::note() });
    }
    if let Some(rest) = text.strip_prefix("Consecutive login failures for user ") {
        return Some(Saying { user: Some(account(rest)), severity: Some(Severity::Medium), ..Saying::unjudged() });
    }
    failures(text, counts).or_else(|| Some(Saying::note()))
}

/// `authentication failure; logname= ... rhost=ADDR  user=NAME`, `N more authentication failures; ...`.
fn failures(text: &str, counts: bool) -> Option<Saying<'_>> {
    let (what, fields) = text.split_once("; ")?;
    let repeat = match what {
        "authentication failure" => 1,
        _ => what
            .strip_suffix(" more authentication failures")
            .or_else(|| what.strip_suffix(" more authentication failure"))?
            .parse()
            .ok()?,
    };
    let after_rhost = fields.rsplit_once("rhost=").map_or("", |(_, rest)| rest);
    let host = after_rhost.split(' ').next().unwrap_or("");
    let user = after_rhost.split_once(" user=").map(|(_, user)| user.trim_end());
    let said = if counts {
        Saying { repeat, severity: Some(Severity::Low), ..Saying::attempt(Outcome::Failure) }
    } else {
        Saying::note()
    };
    Some(Saying { user, ..said }.from(host))
}

/// `root by (uid=0)`, `root(uid=0) by root(uid=0)`, `root`.
fn account(text: &str) -> &str {
    text.split([' ', '(']).next().unwrap_or("")
}

/// sudo's own lines: `analyst : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls`, and refusals.
#[must_use]
pub fn sudo(text: &str) -> Option<Saying<'_>> {
    let (user, rest) = text.trim_start().split_once(" : ")?;
    let what = rest.split(" ; ").next().unwrap_or(rest);
    let said = if what.starts_with("TTY=") || what.starts_with("PWD=") || what.starts_with("USER=") {
        Saying { outcome: Some(Outcome::Success), deed: command(rest), ..Saying::note() }
    } else if let Some(times) =
        what.strip_suffix(" incorrect password attempts").or_else(|| what.strip_suffix(" incorrect password attempt"))
    {
        Saying {
            repeat: times.parse().ok().filter(|n| *n > 0).unwrap_or(1),
            severity: Some(Severity::Medium),
            ..Saying::attempt(Outcome::Failure)
        }
    } else {
        // `user NOT in sudoers`, `command not allowed`.
        Saying { outcome: Some(Outcome::Failure), severity: Some(Severity::Medium), ..Saying::note() }
    };
    Some(Saying { user: Some(user), ..said })
}

/// What was run, without its arguments: those may hold secrets.
fn command(text: &str) -> Option<Deed<'_>> {
    let (_, command) = text.split_once("COMMAND=")?;
    Some(Deed { action: "sudo", object: command.split(' ').next().unwrap_or("") })
}
