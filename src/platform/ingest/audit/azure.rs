//! Microsoft Entra's sign-in and directory audit logs, as Graph returns them and as Azure Monitor exports them; and
//! Azure's activity log as the portal, Monitor and Log Analytics write it.

use super::{NONE, at, first_of, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};

/// Members of an entry that matter, whichever way it came.
#[derive(Clone, Copy)]
struct Entry<'a> {
    when: Value<'a>,
    user: Value<'a>,
    address: Value<'a>,
    status: Value<'a>,
    app: Value<'a>,
    action: Value<'a>,
    by: Value<'a>,
    targets: Value<'a>,
    result: Value<'a>,
    tenant: Value<'a>,
    agent: Value<'a>,
    properties: Value<'a>,
}

const NOTHING: Entry<'static> = Entry {
    when: NONE,
    user: NONE,
    address: NONE,
    status: NONE,
    app: NONE,
    action: NONE,
    by: NONE,
    targets: NONE,
    result: NONE,
    tenant: NONE,
    agent: NONE,
    properties: NONE,
};

impl<'a> Entry<'a> {
    fn take(&mut self, member: &str, value: Value<'a>) {
        let slot = match member {
            "createdDateTime" | "activityDateTime" | "time" => &mut self.when,
            "userPrincipalName" => &mut self.user,
            "ipAddress" | "callerIpAddress" => &mut self.address,
            "status" => &mut self.status,
            "appDisplayName" => &mut self.app,
            "activityDisplayName" => &mut self.action,
            "initiatedBy" => &mut self.by,
            "targetResources" => &mut self.targets,
            "result" => &mut self.result,
            "tenantId" => &mut self.tenant,
            "userAgent" => &mut self.agent,
            "properties" => &mut self.properties,
            _ => return,
        };
        if *slot == NONE {
            *slot = value;
        }
    }
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut entry: Entry<'_> = NOTHING;
    if !read(line, |member, value| entry.take(member, value)) {
        return None;
    }
    let properties = entry.properties;
    properties.members().for_each(|(member, value)| entry.take(member, value));
    if entry.action != NONE {
        audit(line, now, entry)
    } else {
        sign_in(line, now, entry).or_else(|| activity(line, now))
    }
}

fn sign_in<'a>(line: &'a str, now: Timestamp, entry: Entry<'a>) -> Option<Record<'a>> {
    let code = get(entry.status, "errorCode").number::<u32>()?;
    let call = Call {
        action: "SignIn".into(),
        object: entry.app.plain(),
        tenant: entry.tenant.plain(),
        agent: entry.agent.plain(),
        ..Call::default()
    };
    let mut record = record(line, time(entry.when), now, call);
    record.src_ip = ip(entry.address);
    record.user = entry.user.text();
    // What is interrupted (a second factor to be given, consent, "stay signed in?") goes on in an entry of its own.
    let outcome = match code {
        0 => Outcome::Success,
        50_055 | 50_058 | 50_072 | 50_074 | 50_076 | 50_079 | 50_097 | 50_125 | 50_129 | 50_140 | 65_001 => {
            Outcome::Unknown
        }
        _ => Outcome::Failure,
    };
    login(&mut record, 1, outcome);
    Some(record)
}

/// An operation on resources: `MICROSOFT.COMPUTE/VIRTUALMACHINES/DELETE`.
fn activity(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut name, mut when, mut who, mut address, mut result, mut resource, mut tenant, mut claims] = [NONE; 8];
    for (member, value) in Value::Nested(line).members() {
        match member {
            "operationName" | "OperationNameValue" => name = value,
            "time" | "eventTimestamp" | "TimeGenerated" if when == NONE => when = value,
            "caller" | "Caller" => who = value,
            "callerIpAddress" | "CallerIpAddress" => address = value,
            "httpRequest" => address = get(value, "clientIpAddress"),
            "resultType" | "status" | "ActivityStatusValue" => result = value,
            "resourceId" | "ResourceId" | "_ResourceId" => resource = value,
            "subscriptionId" | "SubscriptionId" | "tenantId" => tenant = value,
            "identity" => claims = get(value, "claims"),
            _ => {}
        }
    }
    let call = Call {
        action: plain(name).text()?,
        object: resource.plain(),
        tenant: tenant.plain(),
        service: "azure".into(),
        ..Call::default()
    };
    let mut record = record(line, time(when), now, call);
    record.src_ip = ip(address);
    let claimed = first_of(claims, &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "name", "appid"]);
    record.user = who.text().or_else(|| some(claimed));
    record.outcome = match plain(result).raw().to_ascii_lowercase().as_str() {
        "success" | "succeeded" | "0" | "accept" | "accepted" => Outcome::Success,
        "failure" | "failed" => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    Some(record)
}

/// A text, or the value of an object that has words for people beside it.
fn plain(value: Value<'_>) -> Value<'_> {
    if matches!(value, Value::Nested(_)) { get(value, "value") } else { value }
}

fn audit<'a>(line: &'a str, now: Timestamp, entry: Entry<'a>) -> Option<Record<'a>> {
    let target = entry.targets.first().map(|t| first_of(t, &["userPrincipalName", "displayName", "id"]));
    let call = Call {
        action: entry.action.text()?,
        object: target.unwrap_or_default(),
        tenant: entry.tenant.plain(),
        agent: entry.agent.plain(),
        ..Call::default()
    };
    let mut record = record(line, time(entry.when), now, call);
    let user = get(entry.by, "user");
    record.src_ip = ip(get(user, "ipAddress")).or_else(|| ip(entry.address));
    record.user =
        some(first_of(user, &["userPrincipalName", "id"])).or_else(|| at(entry.by, &["app", "displayName"]).text());
    record.outcome = match entry.result.raw() {
        "success" => Outcome::Success,
        "failure" => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Class;
    use crate::platform::ingest::{Format, parse as parse_any, recognise};

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    /// An operation on a resource: as Monitor streams it, as the portal exports it, as Log Analytics keeps it.
    const ACTIVITY: [&str; 3] = [
        r#"{"time":"2026-01-02T03:04:05Z","resourceId":"/SUBSCRIPTIONS/S/D1","operationName":"Microsoft.Compute/disks/delete","category":"Administrative","resultType":"Success","callerIpAddress":"198.51.100.7","identity":{"claims":{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"jane@x.org"}},"properties":{}}"#,
        r#"{"caller":"jane@x.org","operationName":{"value":"Microsoft.Compute/disks/delete","localizedValue":"Delete Disk"},"category":{"value":"Administrative"},"status":{"value":"Succeeded"},"eventTimestamp":"2026-01-02T03:04:05Z","httpRequest":{"clientIpAddress":"198.51.100.7"},"resourceId":"/SUBSCRIPTIONS/S/D1"}"#,
        r#"{"TimeGenerated":"2026-01-02T03:04:05Z","OperationNameValue":"Microsoft.Compute/disks/delete","Caller":"jane@x.org","CallerIpAddress":"198.51.100.7","ActivityStatusValue":"Success","_ResourceId":"/SUBSCRIPTIONS/S/D1"}"#,
    ];

    #[test]
    fn operations_on_resources_in_three_shapes() {
        for line in ACTIVITY {
            assert_eq!(recognise(line), Some(Format::Entra), "{line}");
            let record = parse_any(None, line, NOW);
            assert_eq!((record.class, &record.outcome), (Class::API, &Outcome::Success), "{line}");
            assert_eq!((record.src_ip, record.user.as_deref()), ("198.51.100.7".parse().ok(), Some("jane@x.org")));
            assert_eq!(record.time.to_string(), "2026-01-02T03:04:05.000Z", "{line}");
            let call = record.call.unwrap();
            assert_eq!((&*call.action, &*call.object), ("Microsoft.Compute/disks/delete", "/SUBSCRIPTIONS/S/D1"));
        }
    }
}
