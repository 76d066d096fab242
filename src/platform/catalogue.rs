//! Every built-in rule by name: what it is called, what it finds, by what kind of detector. The policy may name these,
//! `watchfloor rules` lists them; a test holds this table and the detectors together.
//!
//! Scenarios and Sigma rules are not here: they are read from files and named `scenario.NAME` and `sigma.ID`.

use crate::api::DetectionKind;

/// A built-in rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For example `web.sql_injection`.
    pub name: &'static str,
    /// What kind of detector.
    pub kind: DetectionKind,
    /// What kind of attack.
    pub class: &'static str,
    /// In words.
    pub title: &'static str,
    /// ATT&CK.
    pub techniques: &'static [&'static str],
}

/// Families of rules that are read from files.
const FROM_FILES: [&str; 2] = ["scenario.", "sigma."];

const fn row(
    name: &'static str,
    kind: DetectionKind,
    class: &'static str,
    title: &'static str,
    techniques: &'static [&'static str],
) -> Entry {
    Entry { name, kind, class, title, techniques }
}

use DetectionKind::{Behaviour, Model, Rule};

/// All of them.
pub const BUILT_IN: &[Entry] = &[
    row("web.sql_injection", Rule, "sql_injection", "SQL injection", &["T1190"]),
    row("web.xss", Rule, "xss", "Cross-site scripting", &["T1059.007", "T1189"]),
    row("web.path_traversal", Rule, "path_traversal", "Path traversal", &["T1190", "T1083"]),
    row("web.command_injection", Rule, "command_injection", "Command injection", &["T1190", "T1059"]),
    row("web.lookup_injection", Rule, "lookup_injection", "Lookup injection", &["T1190", "T1059"]),
    row("web.scanner", Rule, "scanner", "Scanner", &["T1595.002"]),
    row("web.secret_file", Rule, "secret_file", "Secret file hunting", &["T1595.003", "T1552.001"]),
    row("web.code_injection", Rule, "code_injection", "Code injection", &["T1190", "T1059"]),
    row("web.java_injection", Rule, "code_injection", "Java injection", &["T1190", "T1059"]),
    row("web.template_injection", Rule, "template_injection", "Template injection", &["T1190", "T1221"]),
    row("web.deserialisation", Rule, "deserialisation", "Unsafe deserialisation", &["T1190"]),
    row("web.nosql_injection", Rule, "nosql_injection", "NoSQL injection", &["T1190"]),
    row("web.directory_injection", Rule, "directory_injection", "LDAP or XPath injection", &["T1190"]),
    row("web.header_injection", Rule, "header_injection", "Header injection", &["T1190", "T1557"]),
    row("web.ssrf", Rule, "ssrf", "Server-side request forgery", &["T1190", "T1552.005"]),
    row("web.xxe", Rule, "xxe", "XML external entity", &["T1190", "T1611"]),
    row("web.upload", Rule, "upload", "Hostile upload", &["T1505.003"]),
    row("web.session_fixation", Rule, "session_fixation", "Session fixation", &["T1539"]),
    row("web.disguise", Rule, "evasion", "Disguised text", &["T1190", "T1027"]),
    row("web.protocol_anomaly", Rule, "protocol_anomaly", "Bent protocol", &["T1190"]),
    row("web.exploit_probe", Rule, "exploit_probe", "Probe for a known hole", &["T1190", "T1595.002"]),
    row("web.probe_404", Behaviour, "probing", "Probing for paths", &["T1595.003"]),
    row("web.probe_403", Behaviour, "probing", "Probing of forbidden paths", &["T1595.003"]),
    row("web.crawl", Behaviour, "crawling", "Crawling", &["T1595", "T1593"]),
    row("auth.burst", Behaviour, "brute_force", "Password guessing", &["T1110.001"]),
    row("auth.spray", Behaviour, "password_spraying", "Password spraying", &["T1110.003"]),
    row(
        "auth.spray_distributed",
        Behaviour,
        "password_spraying",
        "Distributed password guessing",
        &["T1110.003", "T1110.004"],
    ),
    row(
        "auth.success_after_burst",
        Behaviour,
        "account_takeover",
        "Login after a burst of failures",
        &["T1078", "T1110"],
    ),
    row("admin.off_hours", Behaviour, "anomaly", "Administration at an unusual hour", &["T1078"]),
    row("auth.abandoned", Behaviour, "brute_force", "Logins given up before an answer", &["T1110.001"]),
    row("auth.enumeration", Behaviour, "user_enumeration", "User names tried out", &["T1589.001", "T1110.003"]),
    row("auth.http_burst", Behaviour, "brute_force", "Password guessing over HTTP", &["T1110.001", "T1110.004"]),
    row("auth.impossible_travel", Behaviour, "account_takeover", "Impossible travel", &["T1078"]),
    row("auth.slow_burst", Behaviour, "brute_force", "Slow password guessing", &["T1110.001"]),
    row("auth.slow_spray", Behaviour, "password_spraying", "Slow password spraying", &["T1110.003"]),
    row("auth.unusual_login", Behaviour, "account_takeover", "Login unlike its user", &["T1078"]),
    row("session.two_places", Behaviour, "session_theft", "One session in two places", &["T1539", "T1550.004"]),
    row("session.agent_change", Behaviour, "session_theft", "A tool uses a browser's session", &["T1539", "T1550.004"]),
    row("key.misuse", Behaviour, "key_misuse", "API key used unlike before", &["T1078.004", "T1552"]),
    row(
        "cloud.persistence",
        Rule,
        "persistence",
        "New identity with key and rights",
        &["T1136.003", "T1098.001", "T1098.003"],
    ),
    row(
        "cloud.takeover",
        Rule,
        "account_takeover",
        "Second factor removed, then rights granted",
        &["T1556.006", "T1098.003"],
    ),
    row("cloud.secrets", Behaviour, "credential_access", "Secrets read in bulk", &["T1555.006", "T1552.007"]),
    row("cloud.enumeration", Behaviour, "discovery", "Looking around in the cloud", &["T1526", "T1580", "T1087.004"]),
    row("cloud.logging_off", Rule, "defense_evasion", "Recording switched off", &["T1562.008"]),
    row("cloud.mfa_off", Rule, "defense_evasion", "Second factor switched off", &["T1556.006"]),
    row("cloud.public", Rule, "exposure", "Opened to everybody", &["T1537", "T1530"]),
    row("code.exposed", Rule, "exposure", "Repository opened or moved away", &["T1213.003", "T1567.001"]),
    row("code.protection_removed", Rule, "defense_evasion", "Protection of code removed", &["T1562.001"]),
    row("code.key_added", Rule, "persistence", "Key added to a repository", &["T1098.004", "T1098.001"]),
    row("cluster.exec", Rule, "execution", "Command run inside a container", &["T1609"]),
    row("sweep.ports", Behaviour, "scanning", "Port scan", &["T1046", "T1595.001"]),
    row("sweep.hosts", Behaviour, "scanning", "Sweep over hosts", &["T1046", "T1595.001", "T1018"]),
    row("model.parameter", Model, "anomaly", "Unusual parameter", &["T1190"]),
    row("model.status_mix", Model, "anomaly", "Unusual mix of response codes", &["T1595"]),
    row("behaviour.stuffing", Behaviour, "credential_stuffing", "Many names tried", &["T1110.004", "T1110.003"]),
    row("behaviour.guessing", Behaviour, "brute_force", "Unusually many failed logins", &["T1110.001"]),
    row("behaviour.scan", Behaviour, "probing", "Unusual search for what is not there", &["T1595.003"]),
    row("behaviour.key_abuse", Behaviour, "key_abuse", "API key used unlike before", &["T1552", "T1078.004"]),
    row("behaviour.privilege", Behaviour, "privilege_misuse", "Unusual use of privileges", &["T1078", "T1098"]),
    row("behaviour.exfiltration", Behaviour, "exfiltration", "Unusual amount of data taken", &["T1530", "T1567"]),
    row("behaviour.scraping", Behaviour, "scraping", "Unusual amount of content fetched", &["T1213", "T1119"]),
    row("behaviour.address", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.range", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.user", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.session", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.key", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.tenant", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("behaviour.population", Behaviour, "anomaly", "Unlike its past and its peers", &[]),
    row("ids.alert", Rule, "alert", "Alert of another detector", &[]),
];

/// Whether a rule of this name can fire: a built-in one, or one that is read from a file.
#[must_use]
pub fn is_rule(name: &str) -> bool {
    BUILT_IN.iter().any(|rule| rule.name == name)
        || FROM_FILES.iter().any(|family| name.strip_prefix(family).is_some_and(is_word))
}

/// Whether a policy may write this: a rule, or a family like `web.*` that has rules.
#[must_use]
pub fn is_named(name: &str) -> bool {
    let Some(head) = name.strip_suffix('*') else { return is_rule(name) };
    let files = |family: &&str| family.starts_with(head) || head.strip_prefix(*family).is_some_and(is_word);
    BUILT_IN.iter().any(|rule| rule.name.starts_with(head)) || FROM_FILES.iter().any(files)
}

/// The names a policy can be advised to use: every built-in rule and the families that are read from files.
#[must_use]
pub fn names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|rule| rule.name).chain(["scenario.*", "sigma.*"]).collect()
}

/// What a rule's own name may consist of.
#[must_use]
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 80 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Texts in quotes like `web.xss` in the detectors' code, without their tests.
    fn written(dir: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" && name != "scenario" {
                written(&path, found);
            } else if name.ends_with(".rs") && !name.contains("test") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let quoted = code
                    .lines()
                    .filter(|l| !l.trim_start().starts_with("//"))
                    .flat_map(|l| l.split('"').skip(1).step_by(2));
                let families: BTreeSet<&str> =
                    BUILT_IN.iter().filter_map(|r| r.name.split_once('.')).map(|r| r.0).collect();
                found.extend(
                    quoted
                        .filter(|q| {
                            q.split_once('.').is_some_and(|(family, rest)| families.contains(family) && is_word(rest))
                        })
                        .map(str::to_owned),
                );
            }
        }
    }

    #[test]
    fn the_table_and_the_detectors_name_the_same_rules() {
        let mut found = BTreeSet::new();
        written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/detect"), &mut found);
        // Files and parameters that are called like rules.
        found.retain(|name| !["web.config", "web.xml", "session.id", "auth.log"].contains(&name.as_str()));
        let listed: BTreeSet<String> = BUILT_IN.iter().map(|rule| rule.name.to_owned()).collect();
        assert_eq!(found, listed);
        assert_eq!(listed.len(), BUILT_IN.len());
    }

    #[test]
    fn a_policy_names_rules_and_families() {
        for good in ["web.xss", "web.*", "*", "scenario.*", "scenario.ssh_*", "sigma.*", "scenario.own_rule", "sc*"] {
            assert!(is_named(good), "{good}");
        }
        for bad in ["web.xs", "weeb.*", "scenario.", "scenario.a b", "sigma.../x", ""] {
            assert!(!is_named(bad), "{bad}");
        }
    }
}
