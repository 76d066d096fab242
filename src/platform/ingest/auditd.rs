//! Linux' audit log as auditd writes it and `ausearch` prints it:
//! `type=USER_LOGIN msg=audit(1767323045.123:457): pid=7 uid=0 msg='op=login acct="x" exe="/usr/sbin/sshd" addr=A res=failed'`.
//!
//! The rule of counting: for one refused password sshd and PAM write several of these. `op=login` and
//! `op=PAM:authentication` are the attempt, everything else about logging on accompanies one. A name that has spaces or
//! quotes in it stands there in hexadecimal, so that the fields are the kernel's own.

use super::{address, loose, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;

/// Longest name that is read.
const NAME_MAX: usize = 256;

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    body(line).is_some()
}

/// What stands behind the node's name.
fn body(line: &str) -> Option<&str> {
    let rest = match line.strip_prefix("node=") {
        Some(named) => named.split_once(' ')?.1,
        None => line,
    };
    let (kind, _) = rest.strip_prefix("type=")?.split_once(" msg=audit(")?;
    (kind.len() < 40 && !kind.contains(' ')).then_some(rest)
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let rest = body(line)?;
    let (kind, rest) = rest.strip_prefix("type=")?.split_once(" msg=audit(")?;
    let (when, said) = rest.split_once(')')?;
    // The event's number stands behind the last colon.
    let (when, _) = when.rsplit_once(':')?;
    let time = stamp::epoch(when).or_else(|| loose::read(when, now, stamp::machine_offset).map(|(time, _)| time));
    let mut record = Record::bare(time.map_or(now, |time| stamp::sane(time, now)), line);
    record.program = Some("auditd");
    record.host = line.strip_prefix("node=").and_then(|named| named.split(' ').next()).map(Cow::Borrowed);
    record.message = Cow::Borrowed(said.trim_start_matches([':', ' ']));
    if matches!(kind, "USER_LOGIN" | "USER_AUTH" | "USER_ERR") {
        logon(&mut record, kind, said);
    }
    Some(record)
}

fn logon<'a>(record: &mut Record<'a>, kind: &str, said: &'a str) {
    // What the program says stands in quotes of its own; enriched logs repeat numbers as names behind a separator.
    let said = said.split_once("msg='").map_or(said, |(_, inner)| inner.split('\'').next().unwrap_or(inner));
    let field = |name: &str| {
        let mut values = said.split([' ', '\u{1d}']).filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        values.next().map(|value| value.trim_matches('"')).filter(|value| !matches!(*value, "" | "?"))
    };
    let granted = match field("res") {
        Some("success" | "yes" | "1") => true,
        Some("failed" | "no" | "0") => false,
        _ => return,
    };
    let counted = match (kind, field("op")) {
        ("USER_LOGIN", _) => true,
        // Whom PAM lets in is told of as a login.
        ("USER_AUTH", Some("PAM:authentication")) => !granted,
        _ => false,
    };
    (record.class, record.activity) = (Class::AUTHENTICATION, 1);
    record.src_ip = ["addr", "hostname"].into_iter().find_map(|name| address::parse(field(name)?));
    record.user = field("acct").map(name);
    record.outcome = match (counted, granted) {
        (true, true) => Outcome::Success,
        (true, false) => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    record.severity = if record.outcome == Outcome::Failure { Severity::Low } else { Severity::Info };
}

/// A name, out of its hexadecimal spelling where it has one: that is in capitals, and of even length.
fn name(text: &str) -> Cow<'_, str> {
    let spelled = text.len() >= 6
        && text.len() <= NAME_MAX
        && text.len().is_multiple_of(2)
        && text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    let bytes = || (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    match spelled.then(|| bytes().collect::<Option<Vec<u8>>>()).flatten() {
        Some(bytes) => Cow::Owned(super::quoted::text_of(bytes)),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::{Format, parse as parse_any, recognise as recognise_any};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn line(kind: &str, said: &str) -> String {
        format!("type={kind} msg=audit(1767323045.123:7): pid=7 uid=0 auid=4294967295 ses=1 msg='{said}'")
    }

    #[test]
    fn one_attempt_counts_once() {
        for (kind, op, result, outcome) in [
            ("USER_LOGIN", "login", "failed", Outcome::Failure),
            ("USER_LOGIN", "login", "success", Outcome::Success),
            ("USER_AUTH", "PAM:authentication", "failed", Outcome::Failure),
            ("USER_AUTH", "PAM:authentication", "success", Outcome::Unknown),
            ("USER_AUTH", "password", "failed", Outcome::Unknown),
            ("USER_ERR", "PAM:bad_ident", "failed", Outcome::Unknown),
        ] {
            let said = format!(
                "op={op} acct=\"bob\" exe=\"/usr/sbin/sshd\" hostname=? addr=198.51.100.7 terminal=ssh res={result}"
            );
            let line = line(kind, &said);
            assert_eq!(recognise_any(&line), Some(Format::Auditd));
            let record = parse_any(None, &line, NOW);
            assert_eq!((record.class, &record.outcome), (Class::AUTHENTICATION, &outcome), "{line}");
            assert_eq!((record.src_ip, record.user.as_deref()), ("198.51.100.7".parse().ok(), Some("bob")));
            assert_eq!(record.time.to_string(), "2026-01-02T03:04:05.123Z");
        }
        assert_eq!(
            parse_any(None, &line("CRYPTO_SESSION", "op=start addr=198.51.100.7 res=failed"), NOW).class,
            Class::BASE
        );
    }

    #[test]
    fn a_name_is_spelled_out() {
        assert_eq!(name("28756E6B6E6F776E207573657229"), "(unknown user)");
        assert_eq!((name("bob"), name("ABC"), name("FACADE")), ("bob".into(), "ABC".into(), "\\xFA\\xCA\\xDE".into()));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[a-z=':() 0-9é]{0,60}") {
            for text in [&text, &format!("type=USER_LOGIN msg=audit({near}"), &line("USER_AUTH", &near)] {
                let _ = (recognise(text), parse(text, NOW));
            }
        }
    }
}
