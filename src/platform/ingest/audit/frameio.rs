//! Frame.io's audit logs in their three shapes: `GET /v4/accounts/:id/audit_logs`, `GET /v2/accounts/:id/events` and the
//! older `GET /v2/accounts/:id/audit_logs`. Fields as in Frame.io's developer documentation; lists of event types are not
//! published in whole, so they are judged by their words.

use super::{NONE, first_of, ip, login, read, record, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut kind, mut action, mut when, mut address, mut account, mut user, mut user_id] = [NONE; 7];
    let [mut actor, mut actor_id, mut object, mut item, mut client, mut details, mut anonymous] = [NONE; 7];
    let whole = read(line, |member, value| match member {
        "event_type" => kind = value,
        "action" => action = value,
        "inserted_at" => when = value,
        "ip_address" => address = value,
        "account_id" => account = value,
        "user" => user = value,
        "user_id" => user_id = value,
        "anonymous_user_id" => anonymous = value,
        "actor" => actor = value,
        "actor_id" => actor_id = value,
        "resource_id" => object = value,
        "item_id" => item = value,
        "client" => client = value,
        "event_details" => details = value,
        _ => {}
    });
    if !whole || (kind == NONE && action == NONE) {
        return None;
    }
    let call = Call {
        action: kind.text().unwrap_or_else(|| action.plain()),
        object: object.text().unwrap_or_else(|| item.plain()),
        tenant: account.text().unwrap_or_else(|| first_of(details, &["account_id"])),
        agent: client.plain(),
        ..Call::default()
    };
    let words = call.action.to_ascii_lowercase();
    let mut record = record(line, time(when), now, call);
    record.src_ip = ip(address);
    let named = |value| Some(first_of(value, &["email", "id"])).filter(|name: &Cow<'_, str>| !name.is_empty());
    record.user = named(user).or_else(|| named(actor));
    record.user = record.user.or_else(|| user_id.text()).or_else(|| actor_id.text()).or_else(|| anonymous.text());
    let failed = words.contains("failed") || words.contains("denied");
    record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
    let outcome = record.outcome.clone();
    if ["login", "logged_in", "loggedin", "sign_in", "signed_in"].iter().any(|word| words.contains(word)) {
        login(&mut record, 1, outcome);
    } else if ["logout", "logged_out", "loggedout", "signed_out"].iter().any(|word| words.contains(word)) {
        login(&mut record, 2, outcome);
    }
    Some(record)
}
