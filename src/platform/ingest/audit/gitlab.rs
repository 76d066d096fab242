//! GitLab's audit events, streamed or as its `audit_json.log`: one JSON object an event.

use super::{NONE, first_of, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Members that say what was done, the most telling first; of the last only that it was done.
const DONE: [&str; 6] = ["event_type", "event_name", "custom_message", "change", "add", "remove"];

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut when, mut created, mut author, mut address, mut details, mut target] = [NONE; 6];
    let whole = read(line, |member, value| match member {
        "time" => when = value,
        "created_at" => created = value,
        "author_name" => author = value,
        "ip_address" => address = value,
        "details" => details = value,
        "target_details" | "entity_path" if target == NONE => target = value,
        _ => {}
    });
    let own = Value::Nested(line);
    let done = [own, details].map(|object| first_of(object, &DONE)).into_iter().find(|done| !done.is_empty());
    let action = done.filter(|_| whole)?;
    // What was changed says nothing without what it became.
    let became = [own, details].into_iter().find_map(|object| get(object, "to").text());
    let action = match became {
        Some(to) if to.len() < 64 => Cow::Owned(format!("{action} {to}")),
        _ => action,
    };
    let call = Call { service: Cow::Borrowed("gitlab"), action, object: target.plain(), ..Call::default() };
    let mut record = record(line, time(when).or_else(|| time(created)), now, call);
    record.src_ip = ip(address).or_else(|| ip(get(details, "ip_address")));
    record.user = some(author.plain()).or_else(|| get(details, "author_name").text());
    record.outcome = Outcome::Success;
    if !get(own, "failed_login").plain().is_empty() || !get(details, "failed_login").plain().is_empty() {
        login(&mut record, 1, Outcome::Failure);
    }
    Some(record)
}
