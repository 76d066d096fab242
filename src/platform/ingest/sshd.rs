//! What sshd's messages say, in the wordings of OpenSSH 3 to 10.
//!
//! The rule of counting: **`Failed METHOD for ...` is the attempt** (authentication, failure), except for `none` and
//! `publickey`, which are a client's way of finding out what is accepted. All else about logging on (`Invalid user`,
//! closed while authenticating, too many attempts, Linux' PAM) is authentication without a judgement (outcome unknown): it
//! accompanies a counted attempt, or is all there is on hosts that take keys only; whoever uses it must not add it up.
//!
//! User names and banners are the attacker's. sshd writes the address behind them, so the last ` from ADDR port N`
//! counts; after `Accepted` and for users that exist the name is one word and the first one counts, since what
//! follows (a certificate's id) may be the client's again.

use super::{address, syslog::Saying};
use crate::api::{Outcome, Severity};
use std::net::IpAddr;

/// Reads a message; `None` when it is none of those that matter.
#[must_use]
pub fn understand(text: &str) -> Option<Saying<'_>> {
    let text = text.strip_prefix("error: ").or_else(|| text.strip_prefix("fatal: ")).unwrap_or(text);
    let text = text.strip_suffix(" [preauth]").unwrap_or(text);
    judged(text).or_else(|| about_user(text)).or_else(|| about_connection(text))
}

/// `Failed password for invalid user x from 192.0.2.7 port 22 ssh2`, and the same with Accepted, Postponed, Partial.
fn judged(text: &str) -> Option<Saying<'_>> {
    let (verb, rest) = text.split_once(' ')?;
    let (method, rest) = rest.split_once(" for ")?;
    if method.contains(' ') {
        return None;
    }
    let outcome = match verb {
        "Accepted" => Outcome::Success,
        "Failed" if !matches!(method, "none" | "publickey" | "hostbased") => Outcome::Failure,
        "Failed" | "Postponed" | "Partial" => Outcome::Unknown,
        _ => return None,
    };
    let (user, source) = user_from(rest)?;
    let severity = (outcome == Outcome::Failure).then_some(Severity::Low);
    Some(Saying { user: Some(user), severity, ..Saying::attempt(outcome) }.from(source))
}

/// `[invalid user ]NAME from ADDR[ port N[ ssh2[: ...]]]`.
fn user_from(text: &str) -> Option<(&str, &str)> {
    match strip_invalid(text) {
        Some(text) => last_from(text),
        None => {
            let (user, rest) = text.split_once(" from ")?;
            if user.contains(' ') {
                return last_from(text);
            }
            Some((user, word(rest)))
        }
    }
}

/// `invalid user ` and `illegal user ` (before OpenSSH 3.9). An empty name may have lost its space to trimming.
fn strip_invalid(text: &str) -> Option<&str> {
    text.strip_prefix("invalid user").or_else(|| text.strip_prefix("illegal user"))?.strip_prefix(' ')
}

/// Splits at the last ` from ADDR port N`, or at the last ` from ADDR` where nothing but that ends the text: the user, and where
/// from.
fn last_from(text: &str) -> Option<(&str, &str)> {
    let mut end = text.len();
    let mut bare = None;
    while let Some(at) = from_before(text, end) {
        let (user, rest) = (&text[..at], &text[at..].trim_start_matches(' ')["from ".len()..]);
        let word = word(rest);
        let after = &rest[word.len()..];
        if address::parse(word).is_some() || word == "UNKNOWN" {
            if ported(after) {
                return Some((user, word));
            }
            if after.is_empty() {
                bare = bare.or(Some((user, word)));
            }
        }
        end = at;
    }
    // A host name instead of an address (`UseDNS yes` of old): behind the last `from`.
    bare.or_else(|| {
        let at = from_before(text, text.len())?;
        Some((&text[..at], word(&text[at..].trim_start_matches(' ')["from ".len()..])))
    })
}

/// Where the last ` from ` before `end` begins; at the very start the space may be missing (an empty name).
fn from_before(text: &str, end: usize) -> Option<usize> {
    text[..end].rfind(" from ").or_else(|| (end > 0 && text.starts_with("from ")).then_some(0)).filter(|at| *at < end)
}

/// ` port 22`, and then nothing, ` ssh2`, ` ssh2: ...` or `: ...`.
fn ported(after: &str) -> bool {
    let Some(rest) = after.strip_prefix(" port ") else { return false };
    let port = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let rest = &rest[port..];
    let rest = rest
        .strip_prefix(" ssh2")
        .or_else(|| rest.strip_prefix(" ssh1"))
        .or_else(|| rest.strip_prefix(" ssh"))
        .unwrap_or(rest);
    port > 0 && (rest.is_empty() || rest.starts_with(": "))
}

/// Messages that name a user who did not get in.
fn about_user(text: &str) -> Option<Saying<'_>> {
    fn seen<'m>((user, source): (&'m str, &'m str)) -> Saying<'m> {
        Saying { user: Some(user), ..Saying::unjudged() }.from(source)
    }
    if let Some(rest) = text.strip_prefix("Invalid user ").or_else(|| text.strip_prefix("Illegal user ")) {
        return last_from(rest).map(seen);
    }
    if let Some(rest) = text.strip_prefix("maximum authentication attempts exceeded for ") {
        return user_from(rest).map(seen).map(|s| Saying { severity: Some(Severity::Medium), ..s });
    }
    if let Some(rest) = text.strip_prefix("PAM: ") {
        let (said, rest) = rest.split_once(" for ")?;
        // BSD's PAM words it so, and its sshd says little else of a refused password.
        let attempt = said.eq_ignore_ascii_case("authentication error");
        let low = Saying { severity: Some(Severity::Low), ..Saying::attempt(Outcome::Failure) };
        // Nothing follows the address, whatever the name says.
        let (user, source) = last_from(strip_invalid(rest).unwrap_or(rest))?;
        return Some(Saying { user: Some(user), ..if attempt { low } else { Saying::unjudged() } }.from(source));
    }
    if let Some(rest) = text.strip_prefix("User ") {
        // `User x from 192.0.2.7 not allowed because not listed in AllowUsers`; the account exists.
        let (who, _) = rest.split_once(" not allowed because ")?;
        return Some(seen(last_from(who).unwrap_or((who, ""))));
    }
    if let Some(rest) = text.strip_prefix("input_userauth_request: ").and_then(strip_invalid) {
        return Some(seen((rest, "")));
    }
    if let Some(rest) = text.strip_prefix("Close session: user ") {
        let (user, rest) = rest.split_once(" from ")?;
        return Some(Saying { user: Some(user), ..Saying::note() }.from(word(rest)));
    }
    None
}

/// Messages about a connection: `Connection closed by [KIND user NAME] ADDR [port N]` and its relatives.
fn about_connection(text: &str) -> Option<Saying<'_>> {
    const PEER: [&str; 7] = [
        "Connection closed by ",
        "Connection reset by ",
        "Disconnected from ",
        "Disconnecting ",
        "Received disconnect from ",
        "Connection from ",
        "Unable to negotiate with ",
    ];
    if let Some(rest) = PEER.iter().find_map(|p| text.strip_prefix(p)) {
        return peer(rest);
    }
    if text.starts_with("Disconnecting: Too many authentication failures") {
        return Some(Saying { severity: Some(Severity::Low), ..Saying::unjudged() });
    }
    if let Some(rest) = text.strip_prefix("Timeout before authentication for ") {
        let rest = rest.strip_prefix("connection from ").unwrap_or(rest);
        return Some(Saying { src_ip: address::parse(word(rest).trim_end_matches(',')), ..Saying::unjudged() });
    }
    if text.starts_with("Bad protocol version identification ")
        || text.starts_with("Did not receive identification string from ")
    {
        return last_from(text)
            .map(|(_, source)| Saying { severity: Some(Severity::Low), ..Saying::note() }.from(source));
    }
    if let Some(rest) = text.strip_prefix("drop connection #") {
        // OpenSSH 9.8 shuts its door to who failed before.
        let (_, rest) = rest.split_once(" from ")?;
        let penalty =
            rest.contains(" penalty: failed authentication") || rest.contains(" penalty: exceeded LoginGraceTime");
        let said = if penalty { Saying::unjudged() } else { Saying::note() };
        let peer = word(rest).trim_start_matches('[').split(']').next().and_then(address::peer);
        return Some(Saying { src_ip: peer, ..said });
    }
    if let Some((_, rest)) =
        text.split_once(": Connection from ").or_else(|| text.split_once(": Connection closed by "))
    {
        return peer(rest);
    }
    if let Some(rest) = text.strip_prefix("ROOT LOGIN REFUSED FROM ") {
        return Some(Saying { user: Some("root"), src_ip: address::parse(word(rest)), ..Saying::unjudged() });
    }
    if let Some(rest) = text.strip_prefix("Address ").filter(|rest| rest.contains("POSSIBLE BREAK-IN ATTEMPT")) {
        return Some(Saying { src_ip: address::parse(word(rest)), ..Saying::note() });
    }
    if let Some(rest) = text.strip_prefix("refused connect from ") {
        let ip = rest.rsplit_once('(').and_then(|(_, rest)| address::parse(rest.strip_suffix(')')?));
        return Some(Saying { src_ip: ip.or_else(|| address::parse(word(rest))), ..Saying::note() });
    }
    if text.starts_with("kex_exchange_identification: ") {
        return Some(Saying { severity: Some(Severity::Low), ..Saying::note() });
    }
    if let Some(rest) = text.strip_prefix("reverse mapping checking getaddrinfo for ") {
        let (_, rest) = rest.rsplit_once('[')?;
        return Some(Saying { src_ip: address::parse(rest.split(']').next()?), ..Saying::note() });
    }
    None
}

/// `[authenticating |invalid |]user NAME ADDR port N...`, or `ADDR[ port N]...`.
fn peer(text: &str) -> Option<Saying<'_>> {
    if let Some(src_ip) = address::parse(word(text).trim_end_matches(':')) {
        return Some(Saying { src_ip: Some(src_ip), ..Saying::note() });
    }
    let (rest, early) =
        match ["authenticating user ", "invalid user ", "user "].iter().position(|p| text.starts_with(p)) {
            Some(0) => (&text["authenticating user ".len()..], true),
            Some(1) => (&text["invalid user ".len()..], true),
            Some(_) => (&text["user ".len()..], false),
            None => return None,
        };
    // The name may hold anything, also ` 203.0.113.9 port 1`: the last address that a port follows is sshd's.
    let (at, src_ip) = last_address_with_port(rest)?;
    let user = Some(rest[..at].strip_suffix(' ').unwrap_or(&rest[..at]));
    let said = if early { Saying::unjudged() } else { Saying::note() };
    Some(Saying { user, src_ip: Some(src_ip), ..said })
}

fn last_address_with_port(text: &str) -> Option<(usize, IpAddr)> {
    let mut end = text.len();
    while let Some(port) = text[..end].rfind(" port ") {
        let start = text[..port].rfind(' ').map_or(0, |i| i + 1);
        if let Some(ip) = address::parse(&text[start..port]) {
            return Some((start, ip));
        }
        end = port;
    }
    None
}

fn word(text: &str) -> &str {
    text.split(' ').next().unwrap_or("")
}
