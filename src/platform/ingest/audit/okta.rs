//! Okta's System Log. Fields as in its API's `LogEvent`.

use super::{NONE, at, get, login, read, record, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};
use crate::platform::session::fingerprint;
use std::borrow::Cow;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut kind, mut when, mut actor, mut client, mut outcome] = [NONE; 5];
    let [mut target, mut context, mut transaction] = [NONE; 3];
    let whole = read(line, |member, value| match member {
        "eventType" => kind = value,
        "published" => when = value,
        "actor" => actor = value,
        "client" => client = value,
        "outcome" => outcome = value,
        "target" => target = value,
        "authenticationContext" => context = value,
        "transaction" => transaction = value,
        _ => {}
    });
    if !whole || kind == NONE {
        return None;
    }
    let call = Call {
        action: kind.plain(),
        object: target.first().map(name).unwrap_or_default(),
        key: at(transaction, &["detail", "requestApiTokenId"]).plain(),
        agent: at(client, &["userAgent", "rawUserAgent"]).plain(),
        ..Call::default()
    };
    let mut record = record(line, time(when), now, call);
    record.src_ip = super::ip(get(client, "ipAddress"));
    record.user = super::some(name(actor));
    record.session =
        get(context, "externalSessionId").text().filter(|id| id != "unknown").map(|id| fingerprint(&id).into());
    record.outcome = match get(outcome, "result").raw() {
        "SUCCESS" | "ALLOW" => Outcome::Success,
        "FAILURE" | "DENY" => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    let result = record.outcome.clone();
    match kind.raw() {
        "user.session.end" => login(&mut record, 2, result),
        "user.session.start" => login(&mut record, 1, result),
        other if other.starts_with("user.authentication.") => login(&mut record, 1, result),
        _ => {}
    }
    Some(record)
}

/// The name somebody logs on with, or what else there is.
fn name(value: Value<'_>) -> Cow<'_, str> {
    let [mut login, mut shown, mut id] = [NONE; 3];
    for (member, value) in value.members() {
        match member {
            "alternateId" => login = value,
            "displayName" => shown = value,
            "id" => id = value,
            _ => {}
        }
    }
    let known = |text: &Cow<'_, str>| text != "unknown";
    login.text().filter(known).or_else(|| shown.text().filter(known)).or_else(|| id.text()).unwrap_or_default()
}
