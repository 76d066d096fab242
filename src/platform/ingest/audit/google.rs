//! Google Cloud's audit logs (a `LogEntry` with an `AuditLog`) and Google Workspace's activity reports.

use super::{NONE, first_of, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Reads a line of either; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut payload, mut when, mut resource, mut id, mut actor, mut address, mut events] = [NONE; 7];
    let whole = read(line, |member, value| match member {
        "protoPayload" => payload = value,
        "timestamp" => when = value,
        "resource" => resource = value,
        "id" => id = value,
        "actor" => actor = value,
        "ipAddress" => address = value,
        "events" => events = value,
        _ => {}
    });
    if !whole {
        None
    } else if payload != NONE {
        let project = some(first_of(get(resource, "labels"), &["project_id", "organization_id"]));
        cloud(line, now, payload, when, project)
    } else {
        workspace(line, now, id, actor, address, events.first()?)
    }
}

fn cloud<'a>(
    line: &'a str,
    now: Timestamp,
    payload: Value<'a>,
    when: Value<'a>,
    project: Option<Cow<'a, str>>,
) -> Option<Record<'a>> {
    let [mut service, mut method, mut who, mut request, mut object, mut status] = [NONE; 6];
    for (member, value) in payload.members() {
        match member {
            "serviceName" => service = value,
            "methodName" => method = value,
            "authenticationInfo" => who = value,
            "requestMetadata" => request = value,
            "resourceName" => object = value,
            "status" => status = value,
            _ => {}
        }
    }
    let call = Call {
        service: service.plain(),
        action: method.text()?,
        object: object.plain(),
        key: last_part(get(who, "serviceAccountKeyName").plain()),
        tenant: project.unwrap_or_default(),
        agent: get(request, "callerSuppliedUserAgent").plain(),
        admin: false,
    };
    let mut record = record(line, time(when), now, call);
    record.src_ip = ip(get(request, "callerIp"));
    record.user = get(who, "principalEmail").text();
    record.outcome = match get(status, "code").number::<u16>() {
        None | Some(0) => Outcome::Success,
        Some(_) => Outcome::Failure,
    };
    Some(record)
}

fn workspace<'a>(
    line: &'a str,
    now: Timestamp,
    id: Value<'a>,
    actor: Value<'a>,
    address: Value<'a>,
    event: Value<'a>,
) -> Option<Record<'a>> {
    let action = get(event, "name").text()?;
    let call = Call {
        service: get(id, "applicationName").plain(),
        action,
        object: object(event),
        key: get(actor, "key").plain(),
        tenant: get(id, "customerId").plain(),
        ..Call::default()
    };
    let application = call.service.clone();
    let name = call.action.clone();
    let mut record = record(line, time(get(id, "time")), now, call);
    record.src_ip = ip(address);
    record.user = some(first_of(actor, &["email", "profileId"]));
    record.outcome = Outcome::Success;
    if application == "login" {
        match &*name {
            "login_success" => login(&mut record, 1, Outcome::Success),
            "login_failure" => login(&mut record, 1, Outcome::Failure),
            "login_challenge" | "login_verification" => login(&mut record, 1, Outcome::Unknown),
            "logout" => login(&mut record, 2, Outcome::Success),
            _ => {}
        }
    }
    Some(record)
}

/// What an event was about: the value of its first parameter that is a name or an id.
fn object(event: Value<'_>) -> Cow<'_, str> {
    const NAMES: [&str; 8] =
        ["USER_EMAIL", "GROUP_EMAIL", "doc_id", "ROLE_NAME", "SETTING_NAME", "app_name", "client_id", "doc_title"];
    let parameters = get(event, "parameters").items();
    let named = |value: &Value<'_>| NAMES.contains(&get(*value, "name").raw());
    parameters.take(32).find(named).map(|value| get(value, "value").plain()).unwrap_or_default()
}

/// The id at the end of a resource's name: `//iam.googleapis.com/.../keys/ID`.
fn last_part(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.rsplit('/').next().unwrap_or(name)),
        Cow::Owned(name) => Cow::Owned(name.rsplit('/').next().unwrap_or(&name).to_owned()),
    }
}
