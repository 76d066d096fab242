//! Families of audited operations that matter by themselves, and what sequences and bursts of others are called: rows of
//! data. Names as the services log them, in lower case; AWS by `eventName`, Kubernetes as `resource:verb`, GitHub, Okta,
//! Google and Azure by their event names.

use super::super::seen::Spec;
use crate::api::{DetectionKind, Severity};

/// A family told by itself, whoever does it.
pub(super) struct Family {
    pub spec: Spec,
    pub severity: Severity,
    pub confidence: f32,
    /// What it means, for the sentence.
    pub about: &'static str,
    /// A principal who does it on this many earlier days does it for a living; 0: told however often.
    pub routine_days: u32,
    pub actions: &'static [&'static str],
}

const fn spec(
    rule: &'static str,
    title: &'static str,
    class: &'static str,
    techniques: &'static [&'static str],
) -> Spec {
    Spec { rule, title, class, kind: DetectionKind::Rule, techniques }
}

pub(super) const PERSISTENCE: Spec = spec(
    "cloud.persistence",
    "New identity with key and rights",
    "persistence",
    &["T1136.003", "T1098.001", "T1098.003"],
);
pub(super) const FACTOR_THEN_GRANT: Spec = spec(
    "cloud.takeover",
    "Second factor removed, then rights granted",
    "account_takeover",
    &["T1556.006", "T1098.003"],
);
pub(super) const SECRETS: Spec = Spec {
    rule: "cloud.secrets",
    title: "Secrets read in bulk",
    class: "credential_access",
    kind: DetectionKind::Behaviour,
    techniques: &["T1555.006", "T1552.007"],
};
pub(super) const ENUMERATION: Spec = Spec {
    rule: "cloud.enumeration",
    title: "Looking around in the cloud",
    class: "discovery",
    kind: DetectionKind::Behaviour,
    techniques: &["T1526", "T1580", "T1087.004"],
};

/// How many families there are.
pub(super) const FAMILY_COUNT: usize = 7;

pub(super) static FAMILIES: [Family; FAMILY_COUNT] = [
    Family {
        spec: spec("cloud.logging_off", "Recording switched off", "defense_evasion", &["T1562.008"]),
        severity: Severity::High,
        confidence: 0.85,
        about: "audit records or their watchers were switched off",
        routine_days: 0,
        actions: &[
            "stoplogging",
            "deletetrail",
            "deleteeventdatastore",
            "stopeventdatastoreingestion",
            "deleteflowlogs",
            "deleteloggroup",
            "deletelogstream",
            "stopconfigurationrecorder",
            "deleteconfigurationrecorder",
            "deletedeliverychannel",
            "deletedetector",
            "disassociatefrommasteraccount",
            "disassociatefromadministratoraccount",
            "disablesecurityhub",
            "disablemacie",
            "deletequeryloggingconfig",
            "audit_log_streaming.destroy",
            "org.audit_log_stream_destroy",
            "system.log_stream.lifecycle.deactivate",
            "system.log_stream.lifecycle.delete",
            "auditsinks:delete",
            "microsoft.insights/diagnosticsettings/delete",
            "google.logging.v2.configservicev2.deletesink",
            "google.logging.v2.loggingservicev2.deletelog",
            "audit_log.disabled",
            "auditlog.disable",
        ],
    },
    Family {
        spec: spec("cloud.mfa_off", "Second factor switched off", "defense_evasion", &["T1556.006"]),
        severity: Severity::Medium,
        confidence: 0.65,
        about: "somebody's second factor, or the duty to have one, is gone",
        routine_days: 5,
        actions: &[
            "deactivatemfadevice",
            "deletevirtualmfadevice",
            "org.disable_two_factor_requirement",
            "business.disable_two_factor_requirement",
            "two_factor_authentication.disabled",
            "org.disable_saml",
            "business.disable_saml",
            "user.mfa.factor.deactivate",
            "user.mfa.factor.reset_all",
            "system.mfa.factor.deactivate",
            "user.mfa.factor.suspend",
        ],
    },
    Family {
        spec: spec("cloud.public", "Opened to everybody", "exposure", &["T1537", "T1530"]),
        severity: Severity::Medium,
        confidence: 0.6,
        about: "data can be reached from outside, or the bar against that is gone",
        routine_days: 3,
        actions: &[
            "deletebucketpublicaccessblock",
            "deletepublicaccessblock",
            "deleteaccountpublicaccessblock",
            "putbucketacl",
            "modifyimageattribute",
            "modifysnapshotattribute",
            "modifydbsnapshotattribute",
            "modifydbclustersnapshotattribute",
            "modifyclustersnapshotattribute",
            "disablesnapshotblockpublicaccess",
            "disableimageblockpublicaccess",
            "createfunctionurlconfig",
        ],
    },
    Family {
        spec: spec("code.exposed", "Repository opened or moved away", "exposure", &["T1213.003", "T1567.001"]),
        severity: Severity::Medium,
        confidence: 0.7,
        about: "a repository's visibility or owner changed",
        routine_days: 5,
        actions: &[
            "repo.access",
            "repo.change_visibility",
            "repo.publicize",
            "repo.transfer",
            "repo.transfer_outgoing",
        ],
    },
    Family {
        spec: spec("code.protection_removed", "Protection of code removed", "defense_evasion", &["T1562.001"]),
        severity: Severity::Medium,
        confidence: 0.65,
        about: "a branch or a scanner no longer guards the code",
        routine_days: 3,
        actions: &[
            "protected_branch.destroy",
            "protected_branch.policy_override",
            "repository_ruleset.destroy",
            "secret_scanning.disable",
            "repository_secret_scanning.disable",
            "repository_secret_scanning_push_protection.disable",
            "secret_scanning_push_protection.disable",
            "repository_vulnerability_alerts.disable",
            "org.secret_scanning_disabled_for_new_repositories",
            "code_scanning.disable",
            "branch_protection_rule.destroy",
        ],
    },
    Family {
        spec: spec("code.key_added", "Key added to a repository", "persistence", &["T1098.004", "T1098.001"]),
        severity: Severity::Low,
        confidence: 0.55,
        about: "whoever holds the key reads the code, and perhaps writes it",
        routine_days: 3,
        actions: &[
            "public_key.create",
            "deploy_key.create",
            "repo.add_deploy_key",
            "org_credential_authorization.grant",
        ],
    },
    Family {
        spec: spec("cluster.exec", "Command run inside a container", "execution", &["T1609"]),
        severity: Severity::Low,
        confidence: 0.55,
        about: "a shell or command in a running container",
        routine_days: 3,
        actions: &[
            "pods/exec:create",
            "pods/exec:get",
            "pods/attach:create",
            "pods/attach:get",
            "pods/ephemeralcontainers:patch",
            "pods/ephemeralcontainers:update",
            "executecommand",
        ],
    },
];
