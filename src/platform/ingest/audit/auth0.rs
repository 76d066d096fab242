//! Auth0's tenant log, bare or as its streams wrap it. Kinds of event by their codes, as in "Log event type codes".

use super::{NONE, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut wrapped = NONE;
    if !read(line, |member, value| {
        if member == "data" {
            wrapped = value
        }
    }) {
        return None;
    }
    let event = if matches!(wrapped, Value::Nested(_)) { wrapped } else { Value::Nested(line) };
    let [mut kind, mut when, mut address, mut name, mut id, mut agent, mut about, mut app] = [NONE; 8];
    for (member, value) in event.members() {
        match member {
            "type" => kind = value,
            "date" => when = value,
            "ip" => address = value,
            "user_name" => name = value,
            "user_id" => id = value,
            "user_agent" => agent = value,
            "description" => about = value,
            "client_name" | "client_id" if app == NONE => app = value,
            _ => {}
        }
    }
    let code = kind.text()?;
    // What the management interface did is in words; all else the code says.
    let action = if matches!(&*code, "sapi" | "fapi" | "mgmt_api_read") { about.plain() } else { code.clone() };
    let call = Call { action, object: app.plain(), agent: agent.plain(), service: "auth0".into(), ..Call::default() };
    let mut record = record(line, time(when), now, call);
    record.src_ip = ip(address);
    record.user = some(name.plain()).or_else(|| id.text());
    let failed = code.starts_with('f') || code.starts_with("limit_") || get(event, "details").raw() == "failed";
    record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
    match &*code {
        "s" | "ssa" | "gd_auth_succeed" => login(&mut record, 1, Outcome::Success),
        "f" | "fp" | "fu" | "fpk" | "fco" | "fsa" | "pwd_leak" | "gd_auth_failed" | "gd_auth_rejected" => {
            // A silent renewal that fails tells only that a session ended.
            let silent = code == "fsa";
            login(&mut record, 1, if silent { Outcome::Unknown } else { Outcome::Failure });
        }
        "slo" => login(&mut record, 2, Outcome::Success),
        _ => {}
    }
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Class;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn kinds_by_their_codes_bare_and_wrapped() {
        for (code, class, activity, outcome) in [
            ("s", Class::AUTHENTICATION, 1, Outcome::Success),
            ("fp", Class::AUTHENTICATION, 1, Outcome::Failure),
            ("fsa", Class::AUTHENTICATION, 1, Outcome::Unknown),
            ("slo", Class::AUTHENTICATION, 2, Outcome::Success),
            ("limit_wc", Class::API, 99, Outcome::Failure),
        ] {
            let event = format!(
                r#"{{"date":"2026-01-02T03:04:05.000Z","type":"{code}","ip":"198.51.100.7","user_name":"jane","log_id":"1"}}"#
            );
            for line in [event.clone(), format!(r#"{{"log_id":"1","data":{event}}}"#)] {
                let record = parse(&line, NOW).unwrap();
                assert_eq!((record.class, record.activity, &record.outcome), (class, activity, &outcome), "{line}");
                assert_eq!((record.src_ip, record.user.as_deref()), ("198.51.100.7".parse().ok(), Some("jane")));
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[{}\":,a-z]{0,60}") {
            let _ = (parse(&text, NOW), parse(&format!("{{\"type\":\"s\",{near}"), NOW));
        }
    }
}
