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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Class;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const DOWNLOAD: &str = r#"{"CreationTime":"2026-01-02T03:04:05","Operation":"FileDownloaded","OrganizationId":"o1","Workload":"SharePoint","ClientIP":"198.51.100.7:4411","ObjectId":"https://x/a.docx","UserId":"jane@x.org"}"#;

    #[test]
    fn a_deed_and_a_login_that_waits_for_a_second_factor() {
        let record = parse(DOWNLOAD, NOW).unwrap();
        assert_eq!((record.class, record.src_ip), (Class::API, "198.51.100.7".parse().ok()));
        assert_eq!(record.time.to_string(), "2026-01-02T03:04:05.000Z");
        let call = record.call.unwrap();
        assert_eq!((&*call.service, &*call.object, &*call.tenant), ("SharePoint", "https://x/a.docx", "o1"));
        for (error, outcome) in
            [("InvalidUserNameOrPassword", Outcome::Failure), ("UserStrongAuthClientAuthNRequired", Outcome::Unknown)]
        {
            let line = DOWNLOAD.replace("FileDownloaded", "UserLoginFailed");
            let line = line.replace("\"UserId\"", &format!("\"LogonError\":\"{error}\",\"UserId\""));
            let record = parse(&line, NOW).unwrap();
            assert_eq!((record.class, record.outcome), (Class::AUTHENTICATION, outcome), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", cut in 0..DOWNLOAD.len()) {
            let _ = (parse(&text, NOW), parse(&format!("{}{text}", &DOWNLOAD[..cut]), NOW));
        }
    }
}
