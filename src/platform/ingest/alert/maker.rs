//! Whose alert a line is, and where in it what stands.

use crate::platform::ingest::members::Members;
use crate::platform::ingest::names::Names;
use std::sync::LazyLock;

/// A path of names.
type Path = &'static [&'static str];

/// What is not in the table about a maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    No,
    /// The event is inside of another.
    Wrapped,
    /// Azure's: the category tells, and others have the same members.
    Azure,
    /// It is a request's record, of which a firewall says what it did.
    Requested,
    /// A rule's word about a line of a log.
    Host,
}

/// A maker's row. Of several paths the first counts at which something is said; names in any case.
#[derive(Debug)]
pub struct Maker {
    /// Members that its objects have, all of them.
    pub marks: &'static [&'static str],
    pub special: Special,
    pub time: &'static [Path],
    pub source: &'static [Path],
    pub host: &'static [Path],
    pub title: &'static [Path],
    pub id: &'static [Path],
    pub category: &'static [Path],
    pub severity: &'static [Path],
    /// From which number on it is high, medium, low.
    pub scale: [i64; 3],
    pub done: &'static [Path],
    pub method: &'static [Path],
    pub url: &'static [Path],
    /// Where it says that it is no attack.
    pub unless: &'static [Path],
    /// Where it says that the connection went out.
    pub outbound: &'static [Path],
}

const NOTHING: Maker = Maker {
    marks: &[],
    special: Special::No,
    time: &[&["time"], &["timestamp"], &["@timestamp"]],
    source: &[],
    host: &[],
    title: &[],
    id: &[],
    category: &[],
    severity: &[],
    scale: [7, 4, 1],
    done: &[],
    method: &[],
    url: &[],
    unless: &[],
    outbound: &[],
};

/// Amazon's event bus.
pub const WRAPPED: Maker = Maker { marks: &["detail-type", "detail"], special: Special::Wrapped, ..NOTHING };

/// Wazuh.
pub const HOST: Maker = Maker {
    marks: &["rule", "full_log"],
    special: Special::Host,
    time: &[&["timestamp"], &["@timestamp"], &["TimeStamp"]],
    source: &[&["data", "srcip"], &["data", "src_ip"], &["data", "win", "eventdata", "ipAddress"], &["srcip"]],
    host: &[&["agent", "name"], &["hostname"]],
    title: &[&["rule", "description"], &["rule", "comment"]],
    id: &[&["rule", "id"], &["rule", "sidid"]],
    category: &[&["rule", "groups"], &["rule", "group"]],
    severity: &[&["rule", "level"]],
    scale: [12, 7, 5],
    ..NOTHING
};

/// Azure's firewalls.
pub const AZURE: Maker = Maker {
    special: Special::Azure,
    time: &[&["time"], &["timeStamp"]],
    source: &[
        &["properties", "clientIp"],
        &["properties", "clientIP"],
        &["properties", "clientIp_s"],
        &["properties", "SourceIp"],
    ],
    host: &[&["properties", "hostname"], &["properties", "host"]],
    title: &[&["properties", "message"], &["properties", "Description"], &["properties", "ruleName"]],
    id: &[&["properties", "ruleId"], &["properties", "SignatureId"], &["properties", "ruleName"]],
    category: &[&["properties", "ruleGroup"], &["properties", "Category"], &["properties", "policy"]],
    scale: [1, 2, 3],
    severity: &[&["properties", "Severity"]],
    done: &[&["properties", "action"]],
    url: &[&["properties", "requestUri"]],
    unless: &[&["properties", "action"]],
    ..NOTHING
};

const ACTIONS: [Path; 7] = [
    &["service", "action", "networkConnectionAction", "remoteIpDetails", "ipAddressV4"],
    &["service", "action", "awsApiCallAction", "remoteIpDetails", "ipAddressV4"],
    &["service", "action", "portProbeAction", "portProbeDetails", "remoteIpDetails", "ipAddressV4"],
    &["service", "action", "kubernetesApiCallAction", "remoteIpDetails", "ipAddressV4"],
    &["service", "action", "rdsLoginAttemptAction", "remoteIpDetails", "ipAddressV4"],
    &["service", "action", "networkConnectionAction", "remoteIpDetails", "ipAddressV6"],
    &["service", "action", "awsApiCallAction", "remoteIpDetails", "ipAddressV6"],
];

/// One row a maker; strict ones first.
pub static MAKERS: [Maker; 17] = [
    WRAPPED,
    // Amazon GuardDuty.
    Maker {
        marks: &["schemaVersion", "accountId", "service", "type"],
        time: &[&["service", "eventLastSeen"], &["updatedAt"], &["createdAt"]],
        source: &ACTIONS,
        host: &[&["resource", "instanceDetails", "instanceId"], &["accountId"]],
        title: &[&["title"], &["type"]],
        id: &[&["type"]],
        category: &[&["resource", "resourceType"]],
        severity: &[&["severity"]],
        done: &[
            &["service", "action", "networkConnectionAction", "blocked"],
            &["service", "action", "portProbeAction", "blocked"],
        ],
        outbound: &[&["service", "action", "networkConnectionAction", "connectionDirection"]],
        ..NOTHING
    },
    // AWS Security Hub's finding format.
    Maker {
        marks: &["SchemaVersion", "ProductArn"],
        time: &[&["LastObservedAt"], &["UpdatedAt"], &["CreatedAt"]],
        source: &[
            &["Network", "SourceIpV4"],
            &["Network", "SourceIpV6"],
            &["Action", "NetworkConnectionAction", "RemoteIpDetails", "IpAddressV4"],
            &["Action", "AwsApiCallAction", "RemoteIpDetails", "IpAddressV4"],
            &["Action", "PortProbeAction", "PortProbeDetails", "RemoteIpDetails", "IpAddressV4"],
        ],
        host: &[&["Resources", "Id"], &["AwsAccountId"]],
        title: &[&["Title"]],
        id: &[&["GeneratorId"]],
        category: &[&["Types"]],
        severity: &[&["Severity", "Label"]],
        unless: &[&["Compliance", "Status"]],
        outbound: &[&["Action", "NetworkConnectionAction", "ConnectionDirection"]],
        ..NOTHING
    },
    // Google's Security Command Center.
    Maker {
        marks: &["finding", "resource"],
        time: &[&["finding", "eventTime"], &["finding", "createTime"]],
        source: &[
            &["finding", "access", "callerIp"],
            &["finding", "indicator", "ipAddresses"],
            &["finding", "connections", "sourceIp"],
        ],
        host: &[&["resource", "name"]],
        title: &[&["finding", "category"]],
        id: &[&["finding", "category"]],
        category: &[&["finding", "findingClass"]],
        severity: &[&["finding", "severity"]],
        unless: &[&["finding", "findingClass"]],
        ..NOTHING
    },
    // Microsoft's security API, old and new, and Sentinel.
    Maker {
        marks: &["vendorInformation", "title", "category"],
        time: &[&["eventDateTime"], &["createdDateTime"]],
        source: &[&["networkConnections", "sourceAddress"], &["userStates", "logonIp"]],
        host: &[&["hostStates", "fqdn"], &["azureTenantId"]],
        title: &[&["title"]],
        id: &[&["title"]],
        category: &[&["category"]],
        severity: &[&["severity"]],
        ..NOTHING
    },
    Maker {
        marks: &["alertWebUrl", "title", "serviceSource"],
        time: &[&["lastActivityDateTime"], &["createdDateTime"]],
        source: &[&["evidence", "ipAddress"]],
        host: &[&["tenantId"]],
        title: &[&["title"]],
        id: &[&["detectorId"]],
        category: &[&["category"]],
        severity: &[&["severity"]],
        ..NOTHING
    },
    Maker {
        marks: &["AlertName", "AlertSeverity"],
        time: &[&["TimeGenerated"], &["StartTime"]],
        host: &[&["CompromisedEntity"]],
        title: &[&["DisplayName"], &["AlertName"]],
        id: &[&["AlertType"]],
        category: &[&["Tactics"]],
        severity: &[&["AlertSeverity"]],
        ..NOTHING
    },
    HOST,
    Maker { marks: &["rule", "agent", "manager"], ..HOST },
    // Falco.
    Maker {
        marks: &["output_fields", "rule", "priority"],
        host: &[&["hostname"]],
        title: &[&["rule"]],
        id: &[&["rule"]],
        category: &[&["tags"]],
        severity: &[&["priority"]],
        ..NOTHING
    },
    // CrowdSec.
    Maker {
        marks: &["scenario", "source", "events_count"],
        time: &[&["stop_at"], &["created_at"]],
        source: &[&["source", "ip"], &["source", "value"]],
        title: &[&["message"], &["scenario"]],
        id: &[&["scenario"]],
        done: &[&["decisions", "type"]],
        ..NOTHING
    },
    // Snort 3.
    SNORT,
    Maker { marks: &["rule", "msg", "src_addr"], ..SNORT },
    // Akamai.
    Maker {
        marks: &["attackData", "httpMessage"],
        time: &[&["httpMessage", "start"]],
        source: &[&["attackData", "clientIP"]],
        host: &[&["httpMessage", "host"]],
        title: &[&["attackData", "ruleTags"], &["attackData", "policyId"]],
        id: &[&["attackData", "rules"], &["attackData", "policyId"]],
        done: &[&["attackData", "appliedAction"]],
        method: &[&["httpMessage", "method"]],
        url: &[&["httpMessage", "path"]],
        ..NOTHING
    },
    // Application Gateway says its time otherwise than Azure's other services.
    Maker { marks: &["timeStamp", "resourceId", "category", "properties"], ..AZURE },
    // AWS WAF.
    Maker {
        marks: &["terminatingRuleId", "httpRequest"],
        special: Special::Requested,
        id: &[&["terminatingRuleId"]],
        done: &[&["action"]],
        ..NOTHING
    },
    // Cloudflare's firewall events.
    Maker {
        marks: &["RuleID", "RayID", "ClientIP"],
        special: Special::Requested,
        id: &[&["RuleID"]],
        title: &[&["Description"], &["Source"]],
        done: &[&["Action"]],
        ..NOTHING
    },
];

const SNORT: Maker = Maker {
    marks: &["rule", "msg", "src_ap"],
    time: &[&["seconds"], &["timestamp"]],
    source: &[&["src_addr"], &["src_ap"]],
    title: &[&["msg"]],
    id: &[&["sid"], &["rule"]],
    category: &[&["class"]],
    severity: &[&["priority"]],
    scale: [1, 2, 3],
    done: &[&["action"]],
    ..NOTHING
};

/// All marks: most members of most lines are none.
static MARKS: LazyLock<Names<()>> = LazyLock::new(|| {
    Names::of(&MAKERS.iter().flat_map(|maker| maker.marks).map(|mark| (*mark, ())).collect::<Vec<_>>())
});

/// Whose alert a line is; `None` when nobody's.
pub fn of(line: &str) -> Option<&'static Maker> {
    let mut seen = [0u8; MAKERS.len()];
    for (name, _) in Members::of(line).take(crate::platform::ingest::format::MEMBERS_MAX) {
        if MARKS.get(name).is_none() {
            continue;
        }
        for (maker, seen) in MAKERS.iter().zip(&mut seen) {
            let Some(at) = maker.marks.iter().position(|mark| *mark == name) else { continue };
            *seen |= 1 << at;
            if seen.count_ones() as usize == maker.marks.len() {
                return Some(maker);
            }
        }
    }
    None
}
