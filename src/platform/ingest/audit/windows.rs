//! Windows' security log as forwarders write it: in JSON winlogbeat (`winlog.event_id`), NXLog (flat) and the event's own
//! XML in JSON (`Event.System.EventID`); and that XML itself, an event a line. Event numbers as in Microsoft's documentation of security auditing.

use super::{NONE, get, ip, login, read, record, some, time};
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::ingest::members::Value;
use crate::platform::ingest::{loose, stamp, syslog};
use crate::platform::record::{Call, Record};
use std::borrow::Cow;

/// Administrative events.
const DEEDS: &[(u32, &str)] = &[
    (1102, "AuditLogCleared"),
    (4697, "ServiceInstalled"),
    (4698, "ScheduledTaskCreated"),
    (4719, "AuditPolicyChanged"),
    (4720, "UserCreated"),
    (4722, "UserEnabled"),
    (4723, "PasswordChanged"),
    (4724, "PasswordReset"),
    (4725, "UserDisabled"),
    (4726, "UserDeleted"),
    (4728, "GlobalGroupMemberAdded"),
    (4729, "GlobalGroupMemberRemoved"),
    (4732, "LocalGroupMemberAdded"),
    (4733, "LocalGroupMemberRemoved"),
    (4738, "UserChanged"),
    (4740, "UserLockedOut"),
    (4756, "UniversalGroupMemberAdded"),
    (4767, "UserUnlocked"),
    (7045, "ServiceInstalled"),
];

/// Whether a line is an event in XML.
#[must_use]
pub fn is_xml(line: &str) -> bool {
    line.starts_with("<Event ") && line.contains("<EventID")
}

/// An event in XML. Values have their angle brackets escaped, so the first tag of a name is the system's own.
fn xml(line: &str, now: Timestamp) -> Option<Record<'_>> {
    const DATA_MAX: usize = 64;
    let system = between(line, "<System>", "</System>")?;
    let number = between(system, "<EventID", "</EventID>")?.split_once('>')?.1.parse().ok()?;
    let when = ["SystemTime='", "SystemTime=\""].into_iter().find_map(|name| Some(system.split_once(name)?.1));
    let when = when.and_then(|t| stamp::rfc3339(t.as_bytes())).map(|(time, _)| time);
    let data = between(line, "<EventData>", "</EventData>").unwrap_or("");
    let pairs = data.split("<Data Name=").skip(1).take(DATA_MAX).filter_map(|item| {
        let (name, rest) = item.get(1..)?.split_once(['\'', '"'])?;
        let (_, value) = rest.split_once('>')?;
        Some((name, Value::Text(value.split('<').next()?, false)))
    });
    let host = between(system, "<Computer>", "</Computer>").filter(|host| !host.is_empty());
    describe(line, when, now, number, pairs).map(|record| Record { host: host.map(Cow::Borrowed), ..record })
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    Some(text.split_once(open)?.1.split_once(close)?.0)
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if line.starts_with('<') {
        return xml(line, now);
    }
    let [mut beat, mut when, mut number, mut host, mut own, mut raised, mut words] = [NONE; 7];
    let [mut elsewhere, mut wrapped] = [NONE; 2];
    let whole = read(line, |member, value| match member {
        "winlog" => beat = value,
        "@timestamp" => when = value,
        "EventTime" | "TimeCreated" | "EventReceivedTime" | "TimeGenerated" | "UtcTime" if raised == NONE => {
            raised = value
        }
        "EventID" | "EventId" | "event_id" => number = value,
        "Hostname" | "Computer" | "computer_name" | "MachineName" => host = value,
        "Event" => own = value,
        "Message" | "message" => words = value,
        "source" => elsewhere = value,
        "win" => wrapped = value,
        _ => {}
    });
    if !whole {
        return None;
    }
    if wrapped != NONE {
        return windows_of(line, wrapped, now);
    }
    let (number, host, data) = if beat != NONE {
        (get(beat, "event_id"), get(beat, "computer_name"), get(beat, "event_data"))
    } else if own != NONE {
        let system = get(own, "System");
        (get(system, "EventID"), get(system, "Computer"), get(own, "EventData"))
    } else {
        let data = get(Value::Nested(line), "EventData");
        (number, host, if data == NONE { Value::Nested(line) } else { data })
    };
    let when = time(when).or_else(|| time(raised)).or_else(|| local(raised, now));
    let mut record = describe(line, when, now, number.number()?, data.members())?;
    record.host = some(host.plain());
    // Beats move the address into a field of Elastic's schema.
    if record.src_ip.is_none() && record.class == Class::AUTHENTICATION {
        record.src_ip = ip(get(elsewhere, "ip")).filter(|ip| !ip.is_loopback() && !ip.is_unspecified());
    }
    // Databases and remote desktops write their refusals into this log, in words.
    if record.class == Class::BASE
        && let Some(text) = words.text()
    {
        syslog::describe(&mut record, "", text);
    }
    Some(record)
}

/// The event that Wazuh's agents send: names begin in lower case there.
pub fn windows_of<'a>(line: &'a str, event: Value<'a>, now: Timestamp) -> Option<Record<'a>> {
    let system = get(event, "system");
    let number = get(system, "eventID").number()?;
    let when = time(get(system, "systemTime")).unwrap_or(now);
    let mut record = describe(line, Some(when), now, number, get(event, "eventdata").members())?;
    record.host = some(get(system, "computer").plain());
    Some(record)
}

/// `2026-01-02 03:04:05`, as NXLog writes it: this machine's time.
fn local(value: Value<'_>, now: Timestamp) -> Option<Timestamp> {
    loose::read(value.raw(), now, stamp::machine_offset).map(|(time, _)| time)
}

fn describe<'a>(
    line: &'a str,
    stamp: Option<Timestamp>,
    now: Timestamp,
    number: u32,
    data: impl Iterator<Item = (&'a str, Value<'a>)>,
) -> Option<Record<'a>> {
    let [mut target, mut subject, mut address, mut status, mut member, mut service] = [NONE; 6];
    for (name, value) in data {
        match name {
            "TargetUserName" | "targetUserName" => target = value,
            "SubjectUserName" | "subjectUserName" => subject = value,
            "IpAddress" | "ClientAddress" | "ipAddress" => address = value,
            "Status" | "status" => status = value,
            "MemberName" | "memberName" => member = value,
            "ServiceName" | "serviceName" => service = value,
            _ => {}
        }
    }
    let deed = DEEDS.iter().find(|(known, _)| *known == number).map(|(_, action)| *action);
    let object = [member, target, service].into_iter().find_map(|value| some(value.plain())).unwrap_or_default();
    let call = Call { action: Cow::Borrowed(deed.unwrap_or("")), object, admin: deed.is_some(), ..Call::default() };
    let mut record = record(line, stamp, now, call);
    record.src_ip = ip(address).filter(|ip| !ip.is_loopback() && !ip.is_unspecified());
    record.user = some(if deed.is_some() { subject.plain() } else { target.plain() });
    let granted = matches!(status.raw(), "" | "0x0" | "0x00000000" | "0");
    let judged = if granted { Outcome::Success } else { Outcome::Failure };
    match number {
        4624 => login(&mut record, 1, Outcome::Success),
        4625 | 4771 => login(&mut record, 1, Outcome::Failure),
        4768 | 4776 => login(&mut record, 1, judged),
        4634 | 4647 => login(&mut record, 2, Outcome::Success),
        _ if deed.is_some() => record.outcome = Outcome::Success,
        _ => (record.class, record.activity) = (Class::BASE, 0),
    }
    if deed.is_none() {
        record.call = None;
        record.message = Cow::Borrowed("");
    }
    Some(record)
}
