//! The rows: a new format is a variant, a row and a parser.

use super::Format;
use crate::api::Timestamp;
use crate::platform::ingest::{
    access, alb, alert, app, audit, auditd, combined, container, errors, eve, fast, firewall, framework, haproxy,
    honeypot, journal, modsecurity, ocsf, proxy_manager, stamp, syslog, w3c, zeek,
};
use crate::platform::record::Record;

/// A format's row.
pub struct Row {
    /// Which.
    pub format: Format,
    /// Its name, then other names it is understood by.
    pub names: &'static [&'static str],
    /// How its lines are known.
    pub looks: Looks,
    /// Who reads them.
    pub parse: Parse,
}

/// How a format's lines are known.
pub enum Looks {
    /// Text that passes a test. Tests are tried in the table's order: strict ones stand before lax ones.
    Like(fn(&str) -> bool),
    /// JSON whose outermost object has all members of one of these sets. A line is the format whose set is complete
    /// first, so no set may be part of another format's lines.
    Members(&'static [&'static [&'static str]]),
    /// Text or JSON.
    Either(fn(&str) -> bool, &'static [&'static [&'static str]]),
}

impl Looks {
    /// Whether it is text that looks so.
    pub fn like(&self, line: &str) -> bool {
        matches!(self, Self::Like(test) | Self::Either(test, _) if test(line))
    }

    /// The sets of members of its objects.
    pub fn sets(&self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Members(sets) | Self::Either(_, sets) => sets,
            Self::Like(_) => &[],
        }
    }
}

/// Reads a line; `None` when it is something else.
pub type Parse = for<'a> fn(&'a str, Timestamp) -> Option<Record<'a>>;

/// What a service of Google's logged of its own: packets, requests, words.
fn logged(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let requested = || access::recognise(line).then(|| access::parse(line, now))?;
    firewall::of_json(line, now).or_else(requested).or_else(|| app::parse(line, now))
}

/// One row a format. Text is asked for in this order.
pub const TABLE: &[Row] = &[
    Row {
        format: Format::CloudFront,
        names: &["cloudfront"],
        looks: Looks::Like(w3c::is_cloudfront),
        parse: w3c::parse,
    },
    Row { format: Format::Iis, names: &["iis", "w3c"], looks: Looks::Like(w3c::is_iis), parse: w3c::parse },
    Row {
        format: Format::Zeek,
        names: &["zeek", "bro"],
        looks: Looks::Either(
            zeek::recognise,
            &[&["_path", "ts"], &["ts", "uid"], &["ts", "note"], &["ts", "name", "notice"]],
        ),
        parse: zeek::parse,
    },
    Row {
        format: Format::ModSecurity,
        names: &["modsecurity", "modsec"],
        looks: Looks::Like(modsecurity::recognise),
        parse: modsecurity::parse,
    },
    Row { format: Format::Alb, names: &["alb"], looks: Looks::Like(alb::recognise), parse: alb::parse },
    Row {
        format: Format::Container,
        names: &["container", "docker", "cri"],
        looks: Looks::Either(container::recognise, &[&["log", "stream", "time"]]),
        parse: container::parse,
    },
    Row {
        format: Format::Syslog,
        names: &["syslog", "sshd", "auth"],
        looks: Looks::Like(syslog::recognise),
        parse: |line, now| syslog::parse(line, now, stamp::machine_offset),
    },
    Row {
        format: Format::Error,
        names: &["error", "nginx-error", "apache-error"],
        looks: Looks::Like(errors::recognise),
        parse: |line, now| errors::parse(line, now, stamp::machine_offset),
    },
    Row {
        format: Format::ProxyManager,
        names: &["proxymanager", "nginx-proxy-manager", "npm"],
        looks: Looks::Like(proxy_manager::recognise),
        parse: proxy_manager::parse,
    },
    Row {
        format: Format::Combined,
        names: &["combined", "common", "nginx", "apache"],
        looks: Looks::Like(combined::recognise),
        parse: combined::parse,
    },
    Row {
        format: Format::HaProxy,
        names: &["haproxy"],
        looks: Looks::Like(haproxy::recognise),
        parse: |line, now| {
            haproxy::parse(line, now, stamp::machine_offset).or_else(|| syslog::parse(line, now, stamp::machine_offset))
        },
    },
    Row {
        format: Format::Eve,
        names: &["eve", "suricata"],
        looks: Looks::Members(&[
            &["timestamp", "event_type", "src_ip"],
            &["timestamp", "event_type", "flow_id"],
            &["timestamp", "event_type", "stats"],
            &["timestamp", "event_type", "engine"],
            // Amazon's network firewall wraps it.
            &["firewall_name", "event_timestamp", "event"],
        ]),
        parse: eve::parse,
    },
    Row { format: Format::Ocsf, names: &["ocsf"], looks: Looks::Members(&[&["class_uid"]]), parse: ocsf::parse },
    Row {
        format: Format::Journal,
        names: &["journal", "journald"],
        looks: Looks::Members(&[&["__REALTIME_TIMESTAMP"], &["MESSAGE"]]),
        parse: journal::parse,
    },
    Row {
        format: Format::Traefik,
        names: &["traefik"],
        looks: Looks::Members(&[&["ClientAddr", "DownstreamStatus"], &["ClientHost", "DownstreamStatus"]]),
        parse: |line, now| if line.starts_with('{') { access::parse(line, now) } else { combined::parse(line, now) },
    },
    Row {
        format: Format::Caddy,
        names: &["caddy"],
        looks: Looks::Members(&[&["logger", "request", "status"], &["request", "resp_headers"]]),
        parse: access::parse,
    },
    Row {
        format: Format::Alert,
        names: &["alert", "guardduty", "wazuh", "falco", "snort3"],
        looks: Looks::Like(alert::recognise),
        parse: alert::parse,
    },
    // The names are anybody's choice: whatever is something else is not this.
    Row {
        format: Format::Json,
        names: &["json", "nginx-json", "apache-json"],
        looks: Looks::Like(access::recognise),
        parse: access::parse,
    },
    Row {
        format: Format::CloudTrail,
        names: &["cloudtrail"],
        looks: Looks::Members(&[&["eventSource", "eventName"]]),
        parse: audit::cloudtrail,
    },
    Row {
        format: Format::Kubernetes,
        names: &["kubernetes", "k8s"],
        looks: Looks::Members(&[&["auditID", "verb"]]),
        parse: audit::kubernetes,
    },
    Row {
        format: Format::GitHub,
        names: &["github"],
        looks: Looks::Members(&[
            &["action", "actor", "@timestamp"],
            &["action", "actor", "created_at"],
            &["action", "_document_id"],
        ]),
        parse: audit::github,
    },
    Row {
        format: Format::GitLab,
        names: &["gitlab"],
        looks: Looks::Members(&[
            &["author_id", "entity_type", "target_type"],
            &["author_id", "entity_type", "details"],
            &["author_id", "entity_type", "failed_login"],
        ]),
        parse: audit::gitlab,
    },
    Row {
        format: Format::Okta,
        names: &["okta"],
        looks: Looks::Members(&[&["eventType", "published"]]),
        parse: audit::okta,
    },
    Row {
        format: Format::FrameIo,
        names: &["frameio", "frame.io"],
        looks: Looks::Members(&[&["event_type", "inserted_at"], &["action", "item_type", "inserted_at"]]),
        parse: audit::frameio,
    },
    Row {
        format: Format::Google,
        names: &["google", "gcp", "workspace"],
        looks: Looks::Members(&[
            &["protoPayload", "logName"],
            &["id", "actor", "events"],
            &["jsonPayload", "logName"],
            &["textPayload", "logName"],
        ]),
        parse: |line, now| audit::google(line, now).or_else(|| logged(line, now)),
    },
    Row {
        format: Format::Entra,
        names: &["entra", "azure", "azuread"],
        looks: Looks::Members(&[
            &["createdDateTime", "userPrincipalName", "status"],
            &["activityDisplayName", "activityDateTime"],
            &["time", "operationName", "category", "properties"],
            &["operationName", "resourceId", "callerIpAddress"],
            &["operationName", "resourceId", "caller"],
            &["OperationNameValue", "Caller"],
            &["time", "resourceId", "category", "properties"],
        ]),
        parse: |line, now| {
            let requested = line.contains("\"httpMethod\"") || line.contains("\"CsMethod\"");
            let answered = if requested { access::parse(line, now) } else { None };
            let walled = line.contains("AzureFirewall") || line.contains("\"AZFW");
            let filtered = || if walled { firewall::of_json(line, now) } else { None };
            let raised = || if line.contains("Firewall") || walled { alert::azure(line, now) } else { None };
            answered.or_else(raised).or_else(filtered).or_else(|| audit::azure(line, now))
        },
    },
    Row {
        format: Format::Office,
        names: &["office", "m365", "office365"],
        looks: Looks::Members(&[&["CreationTime", "Operation", "Workload"]]),
        parse: audit::office,
    },
    Row {
        format: Format::Auth0,
        names: &["auth0"],
        looks: Looks::Members(&[&["log_id", "data"], &["log_id", "date", "type"]]),
        parse: audit::auth0,
    },
    Row {
        format: Format::Honeypot,
        names: &["honeypot", "opencanary"],
        looks: Looks::Members(&[&["logtype", "src_host", "node_id"]]),
        parse: honeypot::parse,
    },
    Row { format: Format::Fast, names: &["fast", "snort"], looks: Looks::Like(fast::recognise), parse: fast::parse },
    Row {
        format: Format::Auditd,
        names: &["auditd", "linux-audit"],
        looks: Looks::Like(auditd::recognise),
        parse: auditd::parse,
    },
    Row {
        format: Format::Firewall,
        names: &["firewall", "vpcflow", "pfirewall"],
        looks: Looks::Like(firewall::recognise),
        parse: firewall::parse,
    },
    Row {
        format: Format::Windows,
        names: &["windows", "winlogbeat", "nxlog"],
        looks: Looks::Either(
            audit::is_windows_xml,
            &[&["winlog"], &["win"], &["EventID", "Channel"], &["EventID", "TargetUserName"], &["Event"]],
        ),
        parse: audit::windows,
    },
    Row {
        format: Format::Framework,
        names: &["framework", "envoy", "istio", "uvicorn", "werkzeug", "gin", "rails", "squid"],
        looks: Looks::Like(framework::recognise),
        parse: framework::parse,
    },
    // Whatever begins with a time and is nothing else.
    Row { format: Format::App, names: &["app"], looks: Looks::Like(app::recognise), parse: app::parse },
];
