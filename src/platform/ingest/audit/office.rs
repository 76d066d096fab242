//! Microsoft 365's unified audit log: the common schema of its Management Activity API.

use super::{NONE, first_of, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::{loose, members::Value};
use crate::platform::record::{Call, Record};

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut when, mut operation, mut workload, mut tenant, mut who, mut address] = [NONE; 6];
    let [mut result, mut object, mut agent, mut error] = [NONE; 4];
    let whole = read(line, |member, value| match member {
        "CreationTime" => when = value,
        "Operation" => operation = value,
        "Workload" => workload = value,
        "OrganizationId" => tenant = value,
        "UserId" => who = value,
        "ClientIP" | "ClientIPAddress" | "ActorIpAddress" if address == NONE => address = value,
        "ResultStatus" => result = value,
        "ObjectId" => object = value,
        "UserAgent" => agent = value,
        "LogonError" => error = value,
        _ => {}
    });
    let action = operation.text().filter(|_| whole)?;
    let named = first_of(Value::Nested(line), &["SourceFileName", "MailboxOwnerUPN", "ModifiedObjectResolvedName"]);
    let object = object.text().or_else(|| some(named)).unwrap_or_default();
    let (service, tenant, agent) = (workload.plain(), tenant.plain(), agent.plain());
    let call = Call { service, action, object, tenant, agent, ..Call::default() };
    // The service leaves out the zone of its times: they are UTC.
    let utc = || loose::read(when.raw(), now, |_| 0).map(|(time, _)| time);
    let mut record = record(line, time(when).or_else(utc), now, call);
    record.src_ip = ip(address);
    record.user = who.text().filter(|name| name != "Not Available");
    let failed = matches!(result.raw(), "Failed" | "Failure" | "False" | "PartiallySucceeded");
    record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
    match operation.raw() {
        "UserLoggedIn" => login(&mut record, 1, Outcome::Success),
        // A second factor that is still to come, or an expired session, goes on in an entry of its own.
        "UserLoginFailed" => {
            let interrupted = ["UserStrongAuth", "SsoArtifact", "Interrupt", "KmsiInterrupt"];
            let waits = interrupted.iter().any(|reason| error.raw().starts_with(reason));
            login(&mut record, 1, if waits { Outcome::Unknown } else { Outcome::Failure });
        }
        "MailboxLogin" => {
            let outcome = record.outcome.clone();
            login(&mut record, 1, outcome);
        }
        _ => {}
    }
    let extended = get(Value::Nested(line), "ExtendedProperties");
    if record.call.as_ref().is_some_and(|call| call.agent.is_empty())
        && let Some(call) = &mut record.call
    {
        let agent = extended.items().take(16).find(|item| get(*item, "Name").raw() == "UserAgent");
        call.agent = agent.map(|item| get(item, "Value").plain()).unwrap_or_default();
    }
    Some(record)
}
