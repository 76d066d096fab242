//! GitHub's audit log, streamed or exported: one JSON object an event.

use super::{NONE, first_of, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};

/// What an operation may be done to, the most telling first.
const OBJECTS: [&str; 8] = ["user", "repo", "repository", "team", "name", "hook_id", "integration", "org"];

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut when, mut created, mut action, mut actor, mut address] = [NONE; 5];
    let [mut org, mut business, mut token, mut hashed, mut agent, mut user] = [NONE; 6];
    let whole = read(line, |member, value| match member {
        "@timestamp" => when = value,
        "created_at" => created = value,
        "action" => action = value,
        "actor" => actor = value,
        "actor_ip" => address = value,
        "org" => org = value,
        "business" => business = value,
        "token_id" => token = value,
        "hashed_token" => hashed = value,
        "user_agent" => agent = value,
        "user" => user = value,
        _ => {}
    });
    if !whole || action == NONE {
        return None;
    }
    let call = Call {
        action: action.plain(),
        object: some(first_of(Value::Nested(line), &OBJECTS)).unwrap_or_default(),
        key: token.text().filter(|id| id != "0").or_else(|| hashed.text()).unwrap_or_default(),
        tenant: org.first().and_then(Value::text).or_else(|| business.text()).unwrap_or_default(),
        agent: agent.plain(),
        ..Call::default()
    };
    let mut record = record(line, time(when).or_else(|| time(created)), now, call);
    record.src_ip = ip(address);
    record.user = actor.text().or_else(|| user.text());
    // The log tells of what was done; what failed says so in its name.
    record.outcome = Outcome::Success;
    match action.raw() {
        "user.login" | "org.sso_response" | "business.sso_response" => login(&mut record, 1, Outcome::Success),
        "user.failed_login" | "user.two_factor_recovery_codes_failed" => login(&mut record, 1, Outcome::Failure),
        "user.logout" => login(&mut record, 2, Outcome::Success),
        _ => {}
    }
    Some(record)
}
