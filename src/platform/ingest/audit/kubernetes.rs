//! Kubernetes audit events (`audit.k8s.io/v1`). Fields as in the reference of `kube-apiserver`'s audit configuration.

use super::{NONE, get, read, record, some, time};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Resources whose change is administration, with the subresource if only that is.
const ADMIN: [&str; 13] = [
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "serviceaccounts/token",
    "serviceaccounts",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "certificatesigningrequests/approval",
    "certificatesigningrequests",
    "podsecuritypolicies",
    "networkpolicies",
    "nodes/proxy",
];
/// Resources whose every use is: a shell in a container, and secrets.
const ALWAYS: [&str; 4] = ["pods/exec", "pods/attach", "pods/portforward", "secrets"];

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let [mut stage, mut verb, mut who, mut sources, mut agent, mut object] = [NONE; 6];
    let [mut answer, mut received, mut staged, mut uri, mut instead] = [NONE; 5];
    let whole = read(line, |member, value| match member {
        "stage" => stage = value,
        "verb" => verb = value,
        "user" => who = value,
        "impersonatedUser" => instead = value,
        "sourceIPs" => sources = value,
        "userAgent" => agent = value,
        "objectRef" => object = value,
        "responseStatus" => answer = value,
        "requestReceivedTimestamp" => received = value,
        "stageTimestamp" => staged = value,
        "requestURI" => uri = value,
        _ => {}
    });
    if !whole || verb == NONE {
        return None;
    }
    let (resource, name) = object_of(object);
    let call = Call {
        action: action(&resource, &verb.plain()),
        object: some(name).unwrap_or_else(|| uri.plain()),
        key: credential(who),
        agent: agent.plain(),
        admin: is_admin(&resource, verb.raw()) || instead != NONE,
        ..Call::default()
    };
    let mut record = record(line, time(received).or_else(|| time(staged)), now, call);
    // The client may fill in all addresses but the last, which is the peer.
    record.src_ip = sources.items().last().and_then(super::ip);
    record.user = get(who, "username").text();
    record.outcome = match get(answer, "code").number::<u16>() {
        Some(code @ 100..400) if code != 0 => Outcome::Success,
        Some(400..) => Outcome::Failure,
        _ => Outcome::Unknown,
    };
    // Every request is told of again when it is answered: only then it counts.
    if matches!(stage.raw(), "RequestReceived" | "ResponseStarted") {
        record.class = Class::BASE;
        record.activity = 0;
        record.severity = Severity::Info;
        record.call = None;
    }
    Some(record)
}

/// `pods/exec` and `namespace/name`.
fn object_of(object: Value<'_>) -> (Cow<'_, str>, Cow<'_, str>) {
    let [mut resource, mut namespace, mut name, mut sub] = [NONE; 4];
    for (member, value) in object.members() {
        match member {
            "resource" => resource = value,
            "namespace" => namespace = value,
            "name" => name = value,
            "subresource" => sub = value,
            _ => {}
        }
    }
    (joined(resource.plain(), sub.plain()), joined(namespace.plain(), name.plain()))
}

/// Two texts with a slash, or the one that there is.
fn joined<'a>(a: Cow<'a, str>, b: Cow<'a, str>) -> Cow<'a, str> {
    match (a.is_empty(), b.is_empty()) {
        (_, true) => a,
        (true, false) => b,
        (false, false) => Cow::Owned(format!("{a}/{b}")),
    }
}

/// `pods/exec:create`.
fn action<'a>(resource: &str, verb: &str) -> Cow<'a, str> {
    Cow::Owned(if resource.is_empty() { verb.to_owned() } else { format!("{resource}:{verb}") })
}

/// The id of the credential that was used: API servers from 1.32 on name it.
fn credential(who: Value<'_>) -> Cow<'_, str> {
    let id = get(get(who, "extra"), "authentication.kubernetes.io/credential-id");
    id.first().map(Value::plain).unwrap_or_default()
}

fn is_admin(resource: &str, verb: &str) -> bool {
    let reads = matches!(verb, "get" | "list" | "watch");
    ALWAYS.contains(&resource)
        || (ADMIN.contains(&resource) && !reads)
        || matches!(verb, "impersonate" | "escalate" | "bind")
}
