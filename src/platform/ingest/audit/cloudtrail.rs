//! AWS CloudTrail, one event. Fields as in the user guide, "CloudTrail record contents".

use super::{NONE, at, first_of, get, ip, login, read, record, some, time};
use crate::api::{Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Request parameters that name what an operation is done to, the most telling first.
const OBJECTS: [&str; 20] = [
    "userName",
    "roleName",
    "groupName",
    "accessKeyId",
    "policyArn",
    "policyName",
    "bucketName",
    "secretId",
    "keyId",
    "functionName",
    "trailName",
    "detectorId",
    "instanceId",
    "dBInstanceIdentifier",
    "groupId",
    "imageId",
    "snapshotId",
    "roleArn",
    "repositoryName",
    "name",
];

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut when, mut source, mut name, mut address, mut agent] = [NONE; 5];
    let [mut error, mut asked, mut answer, mut who, mut account, mut resources, mut message] = [NONE; 7];
    let whole = read(line, |member, value| match member {
        "eventTime" => when = value,
        "eventSource" => source = value,
        "eventName" => name = value,
        "sourceIPAddress" => address = value,
        "userAgent" => agent = value,
        "errorCode" => error = value,
        "errorMessage" => message = value,
        "requestParameters" => asked = value,
        "responseElements" => answer = value,
        "userIdentity" => who = value,
        "recipientAccountId" => account = value,
        "resources" => resources = value,
        _ => {}
    });
    if !whole || name == NONE {
        return None;
    }
    let object = some(first_of(asked, &OBJECTS)).or_else(|| get(resources.first()?, "ARN").text()).unwrap_or_default();
    let call = Call {
        service: source.plain(),
        action: name.plain(),
        object,
        key: get(who, "accessKeyId").plain(),
        tenant: account.text().unwrap_or_else(|| get(who, "accountId").plain()),
        agent: agent.plain(),
        admin: false,
    };
    let mut record = record(line, time(when), now, call);
    let failed = error.text().is_some() || message.text().is_some();
    record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
    record.src_ip = ip(address);
    record.user = user(who);
    if matches!(name.raw(), "ConsoleLogin" | "UserAuthentication") {
        let outcome = match get(answer, "ConsoleLogin").raw() {
            "Success" => Outcome::Success,
            "Failure" => Outcome::Failure,
            _ => record.outcome.clone(),
        };
        login(&mut record, 1, outcome);
    }
    Some(record)
}

/// Who: a user's name, `root`, `Role/session`, a service's name, or the principal's id.
fn user(who: Value<'_>) -> Option<Cow<'_, str>> {
    let [mut kind, mut name, mut arn, mut principal, mut service] = [NONE; 5];
    for (member, value) in who.members() {
        match member {
            "type" => kind = value,
            "userName" => name = value,
            "arn" => arn = value,
            "principalId" => principal = value,
            "invokedBy" => service = value,
            _ => {}
        }
    }
    match kind.raw() {
        "Root" => return Some(Cow::Borrowed("root")),
        "AssumedRole" => {
            if let Value::Text(text, false) = arn
                && let Some((_, role)) = text.split_once(":assumed-role/")
            {
                return Some(Cow::Borrowed(role));
            }
        }
        _ => {}
    }
    let issuer = || at(who, &["sessionContext", "sessionIssuer", "userName"]).text();
    name.text().or_else(issuer).or_else(|| principal.text()).or_else(|| service.text())
}
