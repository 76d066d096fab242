//! ATT&CK: the techniques that our rules name, with their tactics. Names and ids are MITRE's (ATT&CK v18, (c) The MITRE
//! Corporation, reproduced with permission under its terms of use).

/// A technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Technique {
    /// For example `T1110.003`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its first tactic.
    pub tactic: &'static str,
}

const fn row(id: &'static str, tactic: &'static str, name: &'static str) -> Technique {
    Technique { id, name, tactic }
}

/// The techniques known here.
pub const TECHNIQUES: &[Technique] = &[
    row("T1018", "discovery", "Remote System Discovery"),
    row("T1021", "lateral-movement", "Remote Services"),
    row("T1021.001", "lateral-movement", "Remote Desktop Protocol"),
    row("T1021.002", "lateral-movement", "SMB/Windows Admin Shares"),
    row("T1021.004", "lateral-movement", "SSH"),
    row("T1021.005", "lateral-movement", "VNC"),
    row("T1027", "defense-evasion", "Obfuscated Files or Information"),
    row("T1046", "discovery", "Network Service Discovery"),
    row("T1048", "exfiltration", "Exfiltration Over Alternative Protocol"),
    row("T1053.003", "execution", "Cron"),
    row("T1053.007", "execution", "Container Orchestration Job"),
    row("T1059", "execution", "Command and Scripting Interpreter"),
    row("T1059.004", "execution", "Unix Shell"),
    row("T1059.007", "execution", "JavaScript"),
    row("T1068", "privilege-escalation", "Exploitation for Privilege Escalation"),
    row("T1069.003", "discovery", "Cloud Groups"),
    row("T1070.002", "defense-evasion", "Clear Linux or Mac System Logs"),
    row("T1071.001", "command-and-control", "Web Protocols"),
    row("T1078", "initial-access", "Valid Accounts"),
    row("T1078.001", "initial-access", "Default Accounts"),
    row("T1078.003", "initial-access", "Local Accounts"),
    row("T1078.004", "initial-access", "Cloud Accounts"),
    row("T1083", "discovery", "File and Directory Discovery"),
    row("T1087", "discovery", "Account Discovery"),
    row("T1087.002", "discovery", "Domain Account"),
    row("T1087.004", "discovery", "Cloud Account"),
    row("T1090", "command-and-control", "Proxy"),
    row("T1098", "persistence", "Account Manipulation"),
    row("T1098.001", "persistence", "Additional Cloud Credentials"),
    row("T1098.003", "persistence", "Additional Cloud Roles"),
    row("T1098.004", "persistence", "SSH Authorized Keys"),
    row("T1098.005", "persistence", "Device Registration"),
    row("T1098.006", "persistence", "Additional Container Cluster Roles"),
    row("T1098.007", "persistence", "Additional Local or Domain Groups"),
    row("T1105", "command-and-control", "Ingress Tool Transfer"),
    row("T1110", "credential-access", "Brute Force"),
    row("T1110.001", "credential-access", "Password Guessing"),
    row("T1110.003", "credential-access", "Password Spraying"),
    row("T1110.004", "credential-access", "Credential Stuffing"),
    row("T1114.003", "collection", "Email Forwarding Rule"),
    row("T1119", "collection", "Automated Collection"),
    row("T1133", "initial-access", "External Remote Services"),
    row("T1136", "persistence", "Create Account"),
    row("T1136.001", "persistence", "Local Account"),
    row("T1136.003", "persistence", "Cloud Account"),
    row("T1189", "initial-access", "Drive-by Compromise"),
    row("T1190", "initial-access", "Exploit Public-Facing Application"),
    row("T1195.002", "initial-access", "Compromise Software Supply Chain"),
    row("T1199", "initial-access", "Trusted Relationship"),
    row("T1210", "lateral-movement", "Exploitation of Remote Services"),
    row("T1213", "collection", "Data from Information Repositories"),
    row("T1213.003", "collection", "Code Repositories"),
    row("T1221", "defense-evasion", "Template Injection"),
    row("T1485", "impact", "Data Destruction"),
    row("T1486", "impact", "Data Encrypted for Impact"),
    row("T1496", "impact", "Resource Hijacking"),
    row("T1498", "impact", "Network Denial of Service"),
    row("T1499", "impact", "Endpoint Denial of Service"),
    row("T1499.002", "impact", "Service Exhaustion Flood"),
    row("T1499.003", "impact", "Application Exhaustion Flood"),
    row("T1505.003", "persistence", "Web Shell"),
    row("T1526", "discovery", "Cloud Service Discovery"),
    row("T1528", "credential-access", "Steal Application Access Token"),
    row("T1530", "collection", "Data from Cloud Storage"),
    row("T1531", "impact", "Account Access Removal"),
    row("T1537", "exfiltration", "Transfer Data to Cloud Account"),
    row("T1539", "credential-access", "Steal Web Session Cookie"),
    row("T1546", "privilege-escalation", "Event Triggered Execution"),
    row("T1548.003", "privilege-escalation", "Sudo and Sudo Caching"),
    row("T1550.004", "defense-evasion", "Web Session Cookie"),
    row("T1552", "credential-access", "Unsecured Credentials"),
    row("T1552.001", "credential-access", "Credentials In Files"),
    row("T1552.005", "credential-access", "Cloud Instance Metadata API"),
    row("T1552.007", "credential-access", "Container API"),
    row("T1555.006", "credential-access", "Cloud Secrets Management Stores"),
    row("T1556", "credential-access", "Modify Authentication Process"),
    row("T1556.006", "credential-access", "Multi-Factor Authentication"),
    row("T1556.009", "credential-access", "Conditional Access Policies"),
    row("T1557", "credential-access", "Adversary-in-the-Middle"),
    row("T1562", "defense-evasion", "Impair Defenses"),
    row("T1562.001", "defense-evasion", "Disable or Modify Tools"),
    row("T1562.007", "defense-evasion", "Disable or Modify Cloud Firewall"),
    row("T1562.008", "defense-evasion", "Disable or Modify Cloud Logs"),
    row("T1564.008", "defense-evasion", "Email Hiding Rules"),
    row("T1566", "initial-access", "Phishing"),
    row("T1567", "exfiltration", "Exfiltration Over Web Service"),
    row("T1567.001", "exfiltration", "Exfiltration to Code Repository"),
    row("T1567.002", "exfiltration", "Exfiltration to Cloud Storage"),
    row("T1580", "discovery", "Cloud Infrastructure Discovery"),
    row("T1589.001", "reconnaissance", "Credentials"),
    row("T1589.002", "reconnaissance", "Email Addresses"),
    row("T1590", "reconnaissance", "Gather Victim Network Information"),
    row("T1593", "reconnaissance", "Search Open Websites/Domains"),
    row("T1595", "reconnaissance", "Active Scanning"),
    row("T1595.001", "reconnaissance", "Scanning IP Blocks"),
    row("T1595.002", "reconnaissance", "Vulnerability Scanning"),
    row("T1595.003", "reconnaissance", "Wordlist Scanning"),
    row("T1609", "execution", "Container Administration Command"),
    row("T1610", "execution", "Deploy Container"),
    row("T1611", "privilege-escalation", "Escape to Host"),
    row("T1613", "discovery", "Container and Resource Discovery"),
    row("T1614", "discovery", "System Location Discovery"),
    row("T1619", "discovery", "Cloud Storage Object Discovery"),
    row("T1621", "credential-access", "Multi-Factor Authentication Request Generation"),
    row("T1651", "execution", "Cloud Administration Command"),
];

/// A technique by its id.
#[must_use]
pub fn technique(id: &str) -> Option<&'static Technique> {
    TECHNIQUES.binary_search_by_key(&id, |t| t.id).ok().map(|at| &TECHNIQUES[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::catalogue::BUILT_IN;

    #[test]
    fn the_table_is_in_order_and_knows_what_the_built_in_rules_name() {
        assert!(TECHNIQUES.windows(2).all(|two| two[0].id < two[1].id));
        for rule in BUILT_IN {
            rule.techniques.iter().for_each(|t| assert!(technique(t).is_some(), "{}: {t}", rule.name));
        }
    }
}
