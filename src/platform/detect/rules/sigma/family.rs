//! Which of our lines a Sigma log source means, and which log sources a line is.

use crate::api::Class;
use crate::platform::detect::rules::Row;
use crate::platform::detect::rules::witness::Haystack;
use rsigma_parser::LogSource;

/// Log sources that mean the same lines here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Requests to a web server.
    Web,
    /// Requests through a proxy.
    Proxy,
    /// Syslog of a Linux host.
    Linux,
    /// The kernel's audit records.
    Auditd,
    /// What nothing better is known of: application and error logs.
    Application,
    /// AWS CloudTrail.
    CloudTrail,
    /// Kubernetes audit.
    Kubernetes,
    /// GitHub audit.
    GitHub,
    /// Okta system log.
    Okta,
    /// Bitbucket audit.
    Bitbucket,
    /// Google Cloud audit.
    Gcp,
    /// Azure activity, audit and sign-in logs.
    Azure,
    /// Microsoft 365's unified audit log.
    Office,
    /// OpenCanary.
    OpenCanary,
    /// Zeek, as JSON.
    Zeek,
    /// Google Workspace's activity reports.
    Workspace,
}

impl Family {
    /// All of them, in order.
    pub const ALL: [Self; 16] = [
        Self::Web,
        Self::Proxy,
        Self::Linux,
        Self::Auditd,
        Self::Application,
        Self::CloudTrail,
        Self::Kubernetes,
        Self::GitHub,
        Self::Okta,
        Self::Bitbucket,
        Self::Gcp,
        Self::Azure,
        Self::Office,
        Self::OpenCanary,
        Self::Zeek,
        Self::Workspace,
    ];

    /// Whether its fields are those of the JSON the line holds.
    #[must_use]
    pub const fn is_json(self) -> bool {
        !matches!(self, Self::Web | Self::Proxy | Self::Linux | Self::Auditd | Self::Application)
    }

    /// Where texts without a field are looked for.
    #[must_use]
    pub const fn keywords(self) -> &'static [Haystack] {
        match self {
            Self::Web | Self::Proxy => &[Haystack::Url, Haystack::Agent, Haystack::Referer, Haystack::User],
            Self::Linux => &[Haystack::Message],
            _ => &[Haystack::Raw],
        }
    }

    /// Where a field's text stands; nothing where it is made up of something else.
    #[must_use]
    pub fn haystack(self, field: &str) -> Option<Haystack> {
        match self {
            Self::Web | Self::Proxy => match field.to_ascii_lowercase().as_str() {
                "cs-uri" | "c-uri" | "cs-uri-query" | "c-uri-query" | "cs-uri-stem" | "c-uri-stem"
                | "c-uri-extension" | "cs-uri-extension" => Some(Haystack::Url),
                "cs-user-agent" | "c-useragent" | "cs-useragent" => Some(Haystack::Agent),
                "cs-referer" | "cs-referrer" | "c-referer" => Some(Haystack::Referer),
                "cs-username" => Some(Haystack::User),
                _ => None,
            },
            // Made up of an application's name.
            Self::Workspace if field.eq_ignore_ascii_case("eventService") => None,
            Self::Linux => None,
            _ => Some(Haystack::Raw),
        }
    }
}

/// Programs whose lines a Linux service means; none: any program's.
type Programs = &'static [&'static str];

/// The family of a log source and, for Linux, the programs.
///
/// # Errors
/// Why its rules cannot fire here.
pub fn of(source: &LogSource) -> Result<(Family, Programs), String> {
    let word = |text: &Option<String>| text.as_deref().unwrap_or("").to_ascii_lowercase();
    let (product, category, service) = (word(&source.product), word(&source.category), word(&source.service));
    Ok(match (product.as_str(), category.as_str(), service.as_str()) {
        (_, "webserver", _) => (Family::Web, &[]),
        (_, "proxy", _) => (Family::Proxy, &[]),
        ("linux", "", "auditd") => (Family::Auditd, &[]),
        ("linux", "", service) => (Family::Linux, programs(service)?),
        ("apache" | "nginx", ..) | ("", "", "apache" | "nginx") => (Family::Application, &[]),
        (_, "application" | "database", _) if is_plain(&product) => (Family::Application, &[]),
        ("aws", _, "cloudtrail") => (Family::CloudTrail, &[]),
        ("kubernetes", ..) => (Family::Kubernetes, &[]),
        ("github", ..) => (Family::GitHub, &[]),
        ("okta", ..) => (Family::Okta, &[]),
        ("bitbucket", ..) => (Family::Bitbucket, &[]),
        ("gcp" | "google_workspace", _, service) if service.starts_with("google_workspace") => (Family::Workspace, &[]),
        ("google_workspace", ..) => (Family::Workspace, &[]),
        ("gcp", ..) => (Family::Gcp, &[]),
        ("azure", ..) => (Family::Azure, &[]),
        ("m365" | "o365", ..) => (Family::Office, &[]),
        ("opencanary", ..) => (Family::OpenCanary, &[]),
        ("zeek", ..) => (Family::Zeek, &[]),
        _ => return Err(format!("no log that we read is {}", describe(&product, &category, &service))),
    })
}

fn describe(product: &str, category: &str, service: &str) -> String {
    let part = |key: &str, value: &str| (!value.is_empty()).then(|| format!("{key} {value}"));
    let parts: Vec<_> = [part("product", product), part("category", category), part("service", service)]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() { "without a log source".into() } else { parts.join(", ") }
}

/// Products whose application rules look for words in their error logs.
fn is_plain(product: &str) -> bool {
    !matches!(product, "windows" | "macos" | "kubernetes" | "opencanary" | "bitbucket" | "github" | "rpc_firewall")
}

fn programs(service: &str) -> Result<Programs, String> {
    Ok(match service {
        "" | "syslog" => &[],
        "auth" => &["sshd", "sshd-session", "sudo", "su", "login", "useradd", "usermod", "groupadd", "passwd", "gdm"],
        "sshd" => &["sshd", "sshd-session", "sshd-auth"],
        "sudo" => &["sudo"],
        "cron" => &["cron", "crond", "anacron"],
        "vsftpd" => &["vsftpd"],
        "clamav" => &["clamd", "freshclam", "clamav", "clamscan"],
        "guacamole" => &["guacd", "guacamole"],
        other => return Err(format!("no log that we read is product linux, service {other}")),
    })
}

/// The families a line belongs to.
pub fn of_line(row: &Row<'_>, found: &mut Vec<Family>) {
    let record = row.record;
    found.clear();
    if let Some(http) = record.http.as_ref().filter(|_| record.class == Class::HTTP) {
        found.push(Family::Web);
        let method: &str = &http.method;
        if http.url.contains("://") || method.eq_ignore_ascii_case("CONNECT") {
            found.push(Family::Proxy);
        }
        return;
    }
    if record.raw.starts_with('{') {
        found.extend(of_json(record.raw.as_bytes()));
    }
    let audit = |text: &str| text.starts_with("type=") && text.contains("msg=audit(");
    if audit(row.message()) {
        found.push(Family::Auditd);
    } else if record.program.is_some() {
        found.push(Family::Linux);
    }
    if record.class == Class::BASE && found.first().is_none_or(|f| !f.is_json()) {
        found.push(Family::Application);
    }
}

/// A JSON line by keys that only it has. Quotes inside JSON text are escaped, so a client's words cannot spell a key.
fn of_json(raw: &[u8]) -> Option<Family> {
    let has = |key: &str| memchr::memmem::find(raw, key.as_bytes()).is_some();
    Some(match () {
        () if has("\"eventSource\"") && has("\"eventName\"") => Family::CloudTrail,
        () if has("\"auditID\"") => Family::Kubernetes,
        () if has("\"outcome\"") && has("\"eventType\"") && has("\"actor\"") => Family::Okta,
        () if has("\"applicationName\"") && has("\"events\"") => Family::Workspace,
        () if has("\"protoPayload\"") => Family::Gcp,
        () if has("\"auditType\"") => Family::Bitbucket,
        () if has("\"logtype\"") && has("\"node_id\"") => Family::OpenCanary,
        () if has("\"action\"") && has("\"actor\"") => Family::GitHub,
        () if has("\"Workload\"") && has("\"Operation\"") => Family::Office,
        () if has("\"activityDisplayName\"") || has("\"createdDateTime\"") => Family::Azure,
        () if has("\"operationName\"") || has("\"properties.message\"") => Family::Azure,
        () if has("\"id.orig_h\"") => Family::Zeek,
        () => return None,
    })
}

/// Whether a rule for these programs is for this line.
#[must_use]
pub fn is_for(programs: &[&str], row: &Row<'_>) -> bool {
    programs.is_empty()
        || row.record.program.is_some_and(|p| programs.iter().any(|known| known.eq_ignore_ascii_case(p)))
}
