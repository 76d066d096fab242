//! Error logs of nginx and Apache, as far as they tell of a client: logons refused, requests refused, ModSecurity.
//!
//! What the access log says of the same request is not said again: of lines about requests the address and the words
//! are kept, not the request, so that nothing counts twice. Refused passwords are authentication.
//!
//! Apache writes the client in brackets before any words. nginx writes `, client: ADDR, server: ` behind its words, in
//! which a path or user name may pretend the same, and before the request, which may, too: an address is believed only
//! where all that stand so are the same.

use super::login::guess;
use super::{address, modsecurity, quoted, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;
use std::net::IpAddr;

/// What words of either server mean: a text they begin with or hold, and how serious it is.
const REFUSED: [(&str, Severity); 16] = [
    ("access forbidden by rule", Severity::Low),
    ("limiting requests", Severity::Low),
    ("limiting connections", Severity::Low),
    ("directory index of ", Severity::Low),
    ("client denied by server configuration", Severity::Low),
    ("client sent invalid", Severity::Low),
    ("client sent plain HTTP request to HTTPS port", Severity::Info),
    ("AH01630: ", Severity::Low),
    ("AH01797: ", Severity::Low),
    ("AH10244: ", Severity::Medium),
    ("AH00126: ", Severity::Low),
    ("AH00127: ", Severity::Low),
    ("AH01276: ", Severity::Low),
    ("AH00524: ", Severity::Low),
    ("AH02811: ", Severity::Low),
    ("attempt to invoke directory as script", Severity::Low),
];

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    nginx_head(line).is_some() || apache_head(line).is_some()
}

/// Reads a line; `None` when it is something else. `offset` is the machine's, see [`stamp::local`].
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<Record<'a>> {
    if let Some((seconds, level, text)) = nginx_head(line) {
        let time = stamp::sane(stamp::local(seconds, offset), now);
        return Some(nginx(Record { severity: severity(level), ..Record::bare(time, line) }, text));
    }
    let (seconds, level, client, text) = apache_head(line)?;
    let mut record = Record::bare(stamp::sane(stamp::local(seconds, offset), now), line);
    record.severity = severity(level);
    record.src_ip = client;
    apache(&mut record, text);
    Some(record)
}

/// Stamp, level and words of `2019/12/16 12:18:01 [error] 15769#15769: *1 words`.
fn nginx_head(line: &str) -> Option<(i64, &str, &str)> {
    let bytes = line.as_bytes();
    let seconds =
        stamp::plain(bytes.get(..10)?, bytes.get(11..19)?).filter(|_| bytes[4] == b'/' && bytes[10] == b' ')?;
    let (level, rest) = line.get(19..)?.strip_prefix(" [")?.split_once("] ")?;
    let (process, text) = rest.split_once(": ")?;
    let numbers = process.bytes().all(|b| b.is_ascii_digit() || b == b'#');
    let text = text.strip_prefix('*').and_then(|t| t.split_once(' ')).map_or(text, |(_, words)| words);
    numbers.then_some((seconds, level, text))
}

/// Stamp, level, client and words of `[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 1:tid 2] [client A:1] words`.
/// Old versions have neither module nor process.
fn apache_head(line: &str) -> Option<(i64, &str, Option<IpAddr>, &str)> {
    let (seconds, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let seconds = stamp::ctime(seconds)?;
    let (level, mut rest) = rest.strip_prefix('[')?.split_once("] ")?;
    let level = level.rsplit_once(':').map_or(level, |(_, level)| level);
    let mut client = None;
    loop {
        // `(13)Permission denied: [client ...] words`: the system's error comes first.
        let group = if rest.starts_with('(') { rest.split_once(": ").map_or(rest, |(_, after)| after) } else { rest };
        let Some((group, after)) = group.strip_prefix('[').and_then(|group| group.split_once(']')) else { break };
        if let Some(text) = group.strip_prefix("client ").or_else(|| group.strip_prefix("remote ")) {
            client = client.or_else(|| address::peer(text));
        } else if !group.starts_with("pid ") && !group.starts_with("tid ") {
            break;
        }
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Some((seconds, level, client, rest))
}

fn nginx<'a>(mut record: Record<'a>, text: &'a str) -> Record<'a> {
    record.message = Cow::Borrowed(text);
    if let Some((client, words)) = text.strip_prefix("[client ").and_then(|t| t.split_once("] ")) {
        record.src_ip = address::parse(client);
        if modsecurity::describe(&mut record, words) {
            return record;
        }
    }
    record.src_ip = nginx_client(text);
    // The words end where the client begins.
    let words = text.split(", client: ").next().unwrap_or(text);
    let refused = words
        .strip_prefix("user \"")
        .and_then(|user| user.split_once("\": password mismatch").or_else(|| user.split_once("\" was not found in ")));
    // A proxy for mail names the user last: `client login failed: "..." while ..., client: A, server: S, login: "x"`.
    let mail = || text.rsplit_once(", login: \"").and_then(|(_, user)| user.split('"').next());
    match refused {
        Some((user, _)) => logon(&mut record, user),
        None if words.starts_with("client login failed: ") => logon(&mut record, mail().unwrap_or("")),
        None if modsecurity::naxsi(&mut record, words) => {}
        None => judge(&mut record, words),
    }
    record
}

/// The address behind `, client: `, if but one is said.
fn nginx_client(text: &str) -> Option<IpAddr> {
    const MARK: &str = ", client: ";
    let mut found = None;
    for (at, _) in text.match_indices(MARK) {
        let after = &text[at + MARK.len()..];
        let end = after.find([',', ' ']).unwrap_or(after.len());
        let Some(ip) = address::parse(&after[..end]) else { continue };
        if found.is_some_and(|other| other != ip) {
            return None;
        }
        found = Some(ip);
    }
    found
}

fn apache<'a>(record: &mut Record<'a>, text: &'a str) {
    record.message = Cow::Borrowed(text);
    if modsecurity::describe(record, text) {
        return;
    }
    // `AH01617: user x: authentication failure for "/": Password Mismatch`, `AH01618: user x not found: /`; before 2.4
    // without numbers. A name is all between, whatever it says.
    let words = match text.split_once(": ") {
        Some((number, words)) if number.len() == 7 && number.starts_with("AH") => words,
        _ => text,
    };
    let user = words.strip_prefix("user ").and_then(|rest| {
        // Digest authentication quotes the name: "user `x' in realm `y' not found: /".
        let quoted = rest.strip_prefix('`').and_then(|rest| rest.rsplit_once("' in realm `"));
        let failed = || {
            rest.rsplit_once(": authentication failure for \"").or_else(|| rest.rsplit_once(": password mismatch: "))
        };
        let unknown = || rest.rsplit_once(" not found: ").or_else(|| rest.rsplit_once(" not found"));
        quoted.or_else(failed).or_else(unknown).map(|(user, _)| user)
    });
    match user {
        Some(user) => logon(record, user),
        // What applications write here counts against the very client that the server names.
        None if record.src_ip.is_some() && guess::refused(text) => logon(record, ""),
        None => judge(record, text),
    }
}

/// A refused password or an unknown user.
fn logon<'a>(record: &mut Record<'a>, user: &'a str) {
    record.class = Class::AUTHENTICATION;
    record.activity = 1;
    record.outcome = Outcome::Failure;
    record.severity = Severity::Low;
    record.user = (!user.is_empty()).then(|| quoted::unescape(user));
}

/// A request refused, if the words say so.
fn judge(record: &mut Record<'_>, words: &str) {
    let refused = REFUSED.iter().find(|(text, _)| words.starts_with(text));
    if let Some((_, severity)) = refused {
        record.outcome = Outcome::Failure;
        record.severity = severity.clone();
    } else if record.src_ip.is_some() {
        // Missing files and the like: serious for the server, not about the client.
        record.severity = Severity::Info;
    }
}

fn severity(level: &str) -> Severity {
    match level {
        "emerg" | "alert" | "crit" => Severity::High,
        "error" => Severity::Medium,
        "warn" => Severity::Low,
        _ => Severity::Info,
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
