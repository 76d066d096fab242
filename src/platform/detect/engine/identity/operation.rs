//! What an audited operation is, by its name: a member of a family, a step towards staying, a secret's reading, a look.

use super::cloud_table::FAMILIES;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A step of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Identity,
    Credential,
    Grant,
    Factor,
}

/// What an operation is.
#[derive(Clone, Copy, Default)]
pub(super) struct Meaning {
    pub family: Option<usize>,
    pub step: Option<Step>,
    pub secret: bool,
}

const STEPS: [(Step, &[&str]); 4] = [
    (
        Step::Identity,
        &[
            "createuser",
            "serviceaccounts:create",
            "user.lifecycle.create",
            "org.add_member",
            "createserviceaccount",
            "google.iam.admin.v1.createserviceaccount",
            "createrole",
        ],
    ),
    (
        Step::Credential,
        &[
            "createaccesskey",
            "createloginprofile",
            "updateloginprofile",
            "uploadsshpublickey",
            "uploadsigningcertificate",
            "createservicespecificcredential",
            "serviceaccounts/token:create",
            "system.api_token.create",
            "google.iam.admin.v1.createserviceaccountkey",
            "createserviceaccountkey",
            "personal_access_token.create",
            "user.account.update_password",
            "user.account.reset_password",
        ],
    ),
    (
        Step::Grant,
        &[
            "attachuserpolicy",
            "putuserpolicy",
            "attachrolepolicy",
            "putrolepolicy",
            "attachgrouppolicy",
            "putgrouppolicy",
            "addusertogroup",
            "updateassumerolepolicy",
            "setdefaultpolicyversion",
            "createpolicyversion",
            "clusterrolebindings:create",
            "rolebindings:create",
            "clusterrolebindings:patch",
            "clusterrolebindings:update",
            "user.account.privilege.grant",
            "group.privilege.grant",
            "setiampolicy",
            "org.update_member",
        ],
    ),
    (Step::Factor, &["user.mfa.factor.reset_all", "user.mfa.factor.deactivate", "deactivatemfadevice"]),
];

const SECRET_READS: [&str; 9] = [
    "getsecretvalue",
    "batchgetsecretvalue",
    "getparameter",
    "getparameters",
    "getparametersbypath",
    "secrets:get",
    "secrets:list",
    "accesssecretversion",
    "google.cloud.secretmanager.v1.secretmanagerservice.accesssecretversion",
];

/// What an operation is, whatever its capitals.
pub(super) fn meaning(action: &str) -> Meaning {
    static TABLE: OnceLock<HashMap<&'static str, Meaning>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: HashMap<&'static str, Meaning> = HashMap::new();
        for (i, family) in FAMILIES.iter().enumerate() {
            family.actions.iter().for_each(|a| table.entry(a).or_default().family = Some(i));
        }
        for (step, actions) in STEPS {
            actions.iter().for_each(|a| table.entry(a).or_default().step = Some(step));
        }
        SECRET_READS.iter().for_each(|a| table.entry(a).or_default().secret = true);
        table
    });
    let mut buffer = [0u8; 96];
    let Some(lower) = buffer.get_mut(..action.len()) else { return Meaning::default() };
    lower.copy_from_slice(action.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).ok().and_then(|a| table.get(a)).copied().unwrap_or_default()
}

/// An operation that only looks.
pub(super) fn reads(action: &str) -> bool {
    const HEADS: [&str; 7] = ["list", "describe", "get", "head", "lookup", "batchget", "search"];
    const TAILS: [&str; 5] = [":get", ":list", ":watch", "/read", "/list"];
    let starts = |head: &&str| action.get(..head.len()).is_some_and(|a| a.eq_ignore_ascii_case(head));
    let ends = |tail: &&str| {
        let at = action.len().checked_sub(tail.len());
        at.and_then(|at| action.get(at..)).is_some_and(|a| a.eq_ignore_ascii_case(tail))
    };
    HEADS.iter().any(starts) || TAILS.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_mean_something() {
        let all = FAMILIES.iter().flat_map(|f| f.actions).chain(STEPS.iter().flat_map(|s| s.1)).chain(&SECRET_READS);
        for action in all {
            assert_eq!(*action, action.to_ascii_lowercase());
            let m = meaning(&action.to_ascii_uppercase());
            assert!(m.family.is_some() || m.step.is_some() || m.secret, "{action}");
        }
        assert_eq!(FAMILIES[meaning("StopLogging").family.unwrap()].spec.rule, "cloud.logging_off");
        assert!(meaning("user.mfa.factor.reset_all").step == Some(Step::Factor));
        assert!(meaning(&"x".repeat(1_000)).family.is_none() && meaning("").step.is_none());
        assert!(reads("ListBuckets") && reads("secrets:list") && !reads("CreateUser") && !reads("é"));
    }
}
