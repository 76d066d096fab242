//! Refused logons in Oracle's audit: its files in XML and as blocks of lines (`LENGTH : '249'`, `ACTION :[7] 'CONNECT'`
//! up to `DBID:[10] '1'`, behind a line with the time), what it sends through syslog (classic and unified), and the unified
//! trail as JSON.
//!
//! What the client calls its machine (`USERHOST`) is its own word. The database writes the peer's address into
//! `(ADDRESS=(PROTOCOL=tcp)(HOST=...)(PORT=...))` behind `Client address`; were there two with different addresses, a name
//! would pretend it, and none is believed.

use super::address;
use super::syslog::{self, Saying};
use crate::api::{Outcome, Severity, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;
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

/// Whether a text is the first line of a block, or a block.
#[must_use]
pub fn begins(text: &str) -> bool {
    let first = text.split('\n').next().unwrap_or(text);
    let value = first.strip_prefix("LENGTH").map(|rest| rest.trim_start_matches([' ', ':']));
    // What syslog carries has all of it in one line.
    first.len() < 24 && value.is_some_and(|value| value.starts_with(['\'', '"']))
}

/// Whether a line is of a block, and whether it is the last: names are in capitals, values have their length before.
#[must_use]
pub fn line(line: &str) -> (bool, bool) {
    let name = line.bytes().take(40).take_while(|b| b.is_ascii_uppercase() || matches!(b, b' ' | b'$' | b'_')).count();
    (name > 0 && line.get(name..).is_some_and(|rest| rest.starts_with(":[")), line.starts_with("DBID"))
}

/// The record of a block. Its time stands on the line before, which was read as a line of its own.
#[must_use]
pub fn block(text: &str, now: Timestamp) -> Record<'static> {
    let mut record = Record::bare(now, text.to_owned());
    syslog::apply(&mut record, understand(text), |part| Cow::Owned(part.to_owned()));
    record.program = Some("oracle");
    record
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

    #[test]
    fn a_file_of_blocks() {
        let now = Timestamp(1_795_000_000_000);
        let text = "Tue Nov 10 13:55:00 2026 +00:00\nLENGTH : '300'\nACTION :[7] 'CONNECT'\nDATABASE USER:[4] 'ROOT'\n\
                    PRIVILEGE :[4] 'NONE'\nCLIENT USER:[6] 'oracle'\nCLIENT TERMINAL:[7] 'unknown'\nSTATUS:[4] '1017'\n\
                    CLIENT ADDRESS:[55] '(ADDRESS=(PROTOCOL=tcp)(HOST=198.51.100.7)(PORT=1))'\nDBID:[10] '1234567890'\nother";
        let mut layout = crate::platform::ingest::Layout::default();
        let records: Vec<_> = text.split('\n').filter_map(|line| layout.read(None, line, now)).collect();
        assert_eq!(records.len(), 3);
        let said = &records[1];
        assert_eq!((said.class, &said.outcome), (crate::api::Class::AUTHENTICATION, &Outcome::Failure));
        assert_eq!((said.src_ip, said.user.as_deref()), ("198.51.100.7".parse().ok(), Some("ROOT")));
        let cut = text.replace("STATUS:[4] '1017'", "hello");
        let mut layout = crate::platform::ingest::Layout::default();
        let records: Vec<_> = cut.split('\n').filter_map(|line| layout.read(None, line, now)).collect();
        assert!(records.iter().all(|record| record.class == crate::api::Class::BASE));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[\\[\\]:\"'<>A-Z0-9 ()=é]{0,60}", which in 0..RESULTS.len()) {
            let marked = format!("{}:[4] \"1017\" Client address{near}(HOST={near}{}{near}", RESULTS[which], USERS[which]);
            for text in [&text, &near, &marked] {
                let _ = (recognise(text), understand(text), begins(text), line(text), block(text, Timestamp(0)));
            }
        }
    }
}
