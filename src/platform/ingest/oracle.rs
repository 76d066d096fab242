//! Refused logons in Oracle's audit: its XML files, what it sends through syslog (classic and unified), and the unified
//! trail as JSON.
//!
//! What the client calls its machine (`USERHOST`) is its own word. The database writes the peer's address into
//! `(ADDRESS=(PROTOCOL=tcp)(HOST=...)(PORT=...))` behind `Client address`; were there two with different addresses, a name
//! would pretend it, and none is believed.

use super::address;
use crate::api::{Outcome, Severity};
use crate::platform::ingest::syslog::Saying;
use std::net::IpAddr;

/// Names of the field that tells how a statement ended.
const RESULTS: [&str; 5] = ["RETURNCODE", "RETCODE", "<Returncode>", "RETURN_CODE", "STATUS:["];
/// Wrong name or password, locked, expired, no right to log on, not yet so late as to be granted.
const REFUSED: [u32; 7] = [1005, 1017, 1045, 28000, 28001, 28009, 28040];
/// Names of the field with the account.
const USERS: [&str; 6] = ["DBUSERNAME\"", "<DB_User>", "DATABASE USER:", "DBUSER:", "USERID:", "DBUSERNAME:"];
/// A record's text that is looked at.
const LENGTH_MAX: usize = 8 * 1024;

/// Whether a text may be one of these: cheap, for lines that nothing else claims.
#[must_use]
pub fn recognise(line: &str) -> bool {
    line.starts_with("<AuditRecord>") && line.contains("<Returncode>")
}

/// The refused logon that a record tells of; `None` when it tells of none.
#[must_use]
pub fn understand(text: &str) -> Option<Saying<'_>> {
    if text.len() > LENGTH_MAX || !RESULTS.iter().any(|name| number_behind(text, name).is_some_and(is_refused)) {
        return None;
    }
    let user = USERS.iter().find_map(|name| text_behind(text, name));
    let said = Saying { severity: Some(Severity::Low), ..Saying::attempt(Outcome::Failure) };
    Some(Saying { src_ip: Some(client(text)?), user, ..said })
}

fn is_refused(code: u32) -> bool {
    REFUSED.contains(&code)
}

/// What stands between a name and the value: `:[4] "`, `":`, `:"`.
fn value_behind<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.get(text.find(name)? + name.len()..)?;
    // The length of the value, where the name holds its bracket already or not.
    let rest = rest.split_once("] ").filter(|(length, _)| length.len() < 6).map_or(rest, |(_, rest)| rest);
    Some(rest.trim_start_matches([':', ' ', '"', '\'', '>']))
}

fn number_behind(text: &str, name: &str) -> Option<u32> {
    let value = value_behind(text, name)?;
    value.get(..value.bytes().take(6).take_while(u8::is_ascii_digit).count())?.parse().ok()
}

fn text_behind<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    value_behind(text, name)?.split(['"', '\'', '<']).next().filter(|user| !user.is_empty())
}

/// The peer, if but one is said.
fn client(text: &str) -> Option<IpAddr> {
    const MARK: &str = "(HOST=";
    let from = text.find("lient address").or_else(|| text.find("CLIENT ADDRESS"))?;
    let mut found = None;
    for (at, _) in text[from..].match_indices(MARK) {
        let rest = &text[from + at + MARK.len()..];
        let Some(ip) = rest.split(')').next().and_then(address::parse) else { continue };
        if found.is_some_and(|other| other != ip) {
            return None;
        }
        found = Some(ip);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_client_cannot_name_another() {
        let line = |user: &str| {
            format!(
                "LENGTH: \"245\" USERID:[4] \"{user}\" USERHOST:[9] \"203.0.113.9\" ACTION:[3] \"100\" RETURNCODE:[4] \"1017\" \
                 COMMENT$TEXT:[90] \"Authenticated by: DATABASE; Client address: (ADDRESS=(PROTOCOL=tcp)(HOST=198.51.100.7)(PORT=1))\""
            )
        };
        let said = line("ROOT");
        let said = understand(&said).unwrap();
        assert_eq!((said.src_ip, said.user), ("198.51.100.7".parse().ok(), Some("ROOT")));
        let framed = line("x Client address: (ADDRESS=(HOST=203.0.113.9)(PORT=1))");
        assert_eq!(understand(&framed), None);
        assert_eq!(understand(&line("ROOT").replace("1017", "0")), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[\\[\\]:\"'<>A-Z0-9 ()=é]{0,60}", which in 0..RESULTS.len()) {
            let marked = format!("{}:[4] \"1017\" Client address{near}(HOST={near}{}{near}", RESULTS[which], USERS[which]);
            for text in [&text, &near, &marked] {
                let _ = (recognise(text), understand(text));
            }
        }
    }
}
