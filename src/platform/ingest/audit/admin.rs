//! Which operations change who may do what, or switch recording off; and what kind of operation a name is.
//!
//! Services name thousands of operations, but few words: the table holds families of words, in lower case and without
//! what separates them, so that `CreateAccessKey`, `create_access_key` and `access-key.create` are one. What only reads
//! is none, whatever it reads.

/// Services in which whatever is not read is administration.
const SERVICES: [&str; 10] = [
    "iam.amazonaws.com",
    "organizations.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "guardduty.amazonaws.com",
    "config.amazonaws.com",
    "securityhub.amazonaws.com",
    "sso.amazonaws.com",
    "identitystore.amazonaws.com",
    "iam.googleapis.com",
    "cloudresourcemanager.googleapis.com",
];

/// Parts of operations' names.
const FAMILIES: &[&[&str]] = &[
    // Who there is.
    &["createuser", "deleteuser", "adduser", "removeuser", "usercreate", "userdelete", "inviteuser", "userinvite"],
    &["loginprofile", "usertogroup", "groupmember", "addmember", "removemember", "updatemember", "memberadd"],
    &["membership", "memberinvite", "invitemember", "memberremove", "memberrole", "collaborator", "serviceaccount"],
    &["addowner", "accountowner", "useractivate", "userreactivate", "userunsuspend", "adminadded", "admincreated"],
    // With which keys.
    &["accesskey", "apikey", "apitoken", "accesstoken", "deploykey", "publickey", "sshkey", "keypair", "signingcert"],
    &["createkey", "credential", "oauthapp", "oauthauthorization", "consent", "personaltoken", "developertoken"],
    // With which rights.
    &[
        "policy",
        "rolebinding",
        "clusterrole",
        "setiam",
        "createrole",
        "deleterole",
        "updaterole",
        "assignrole",
        "grant",
    ],
    &[
        "roleassign",
        "grantrole",
        "addrole",
        "changerole",
        "roleadd",
        "rolechang",
        "privilege",
        "permission",
        "bucketacl",
    ],
    &["objectacl", "impersonat", "entitlement", "membertorole", "memberfromrole", "rolegranted"],
    // How they prove who they are.
    &["mfa", "twofactor", "2fa", "2sv", "strongauth", "userfactor", "resetpassword", "passwordreset", "changepassword"],
    &["passwordchange", "updatepassword", "samlprovider", "samlsso", "singlesignon", "identityprovider"],
    &["connectprovider", "trustedip", "federat", "domaintrust", "conditionalaccess", "authenticationpolicy"],
    // Who watches.
    &["trail", "stoplogging", "startlogging", "flowlog", "deletelog", "auditlog", "auditpolicy", "eventselector"],
    &[
        "configurationrecorder",
        "deliverychannel",
        "detector",
        "securityhub",
        "secretscanning",
        "logstream",
        "deletesink",
    ],
    &["updatesink", "alertrule", "logcleared"],
    // What is open to the world.
    &["publicaccess", "visibility", "repoaccess", "makepublic", "repopublicized", "securitygroup", "firewallrule"],
    &["imageattribute", "snapshotattribute", "branchprotection", "protectedbranch", "branchrule", "publicsharing"],
    &["sharingsetting", "hookcreate", "ipallowlist", "keydeletion", "disablekey", "repotransfer", "repodestroy"],
];

/// Words of operations that change nothing.
const READS: [&str; 16] = [
    "get", "list", "describe", "head", "lookup", "view", "read", "watch", "search", "query", "evaluate", "check",
    "validate", "test", "simulate", "select",
];

/// Words that say what an operation does, with OCSF's `activity_id` of API Activity. In the past tense, too.
const VERBS: &[(&str, u8)] = &[
    ("creat", 1),
    ("add", 1),
    ("put", 1),
    ("insert", 1),
    ("run", 1),
    ("invite", 1),
    ("upload", 1),
    ("import", 1),
    ("register", 1),
    ("get", 2),
    ("list", 2),
    ("describ", 2),
    ("head", 2),
    ("lookup", 2),
    ("view", 2),
    ("read", 2),
    ("watch", 2),
    ("download", 2),
    ("search", 2),
    ("updat", 3),
    ("modif", 3),
    ("set", 3),
    ("chang", 3),
    ("attach", 3),
    ("patch", 3),
    ("edit", 3),
    ("renam", 3),
    ("mov", 3),
    ("enabl", 3),
    ("disabl", 3),
    ("reset", 3),
    ("delet", 4),
    ("remov", 4),
    ("detach", 4),
    ("destroy", 4),
    ("terminat", 4),
    ("revok", 4),
];

/// Longest name looked at; the rest of a longer one says nothing new.
const LENGTH_MAX: usize = 160;

/// Whether an operation is administration.
#[must_use]
pub fn is_admin(service: &str, action: &str) -> bool {
    let last = action.rsplit('.').next().unwrap_or(action);
    let reads = |word: &str| READS.iter().any(|read| read.eq_ignore_ascii_case(word));
    if action.is_empty() || words(last).next().is_some_and(reads) {
        return false;
    }
    let mut held = [0u8; LENGTH_MAX];
    let letters = action.bytes().filter(u8::is_ascii_alphanumeric);
    let length = held.iter_mut().zip(letters).map(|(slot, letter)| *slot = letter.to_ascii_lowercase()).count();
    let name = &held[..length];
    SERVICES.contains(&service)
        || FAMILIES
            .iter()
            .flat_map(|family| family.iter())
            .any(|part| memchr::memmem::find(name, part.as_bytes()).is_some())
}

/// OCSF's `activity_id`: 1 create, 2 read, 3 update, 4 delete, 99 anything else.
#[must_use]
pub fn activity(action: &str) -> u8 {
    let last = action.rsplit(['.', ':']).next().unwrap_or(action);
    let verb = |word: &str| {
        let begins = |verb: &str| word.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb));
        VERBS.iter().find(|(verb, _)| begins(verb)).map(|(_, activity)| *activity)
    };
    words(last).find_map(verb).unwrap_or(99)
}

/// The words of a name: `CreateAccessKey`, `create_access_key`, `create-access-key`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let bytes = rest.as_bytes();
        let starts = |i: &usize| {
            !bytes[*i].is_ascii_alphanumeric() || (bytes[*i].is_ascii_uppercase() && bytes[*i - 1].is_ascii_lowercase())
        };
        let end = (1..bytes.len()).find(starts).unwrap_or(bytes.len());
        // A byte that is no letter may be part of a longer character.
        let end = (end..=bytes.len()).find(|i| rest.is_char_boundary(*i)).unwrap_or(bytes.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn administration_in_any_spelling() {
        for action in [
            "CreateAccessKey",
            "create_access_key",
            "access-key.create",
            "AttachUserPolicy",
            "StopLogging",
            "DeleteTrail",
            "PutBucketPolicy",
            "org.add_member",
            "user.mfa.factor.deactivate",
            "google.iam.admin.v1.SetIAMPolicy",
            "Add member to role",
            "AuthorizeSecurityGroupIngress",
            "repo.access",
            "system.api_token.create",
            "DeactivateMFADevice",
            "business.set_ip_allow_list",
            "PutBucketPublicAccessBlock",
        ] {
            let action = if action == "business.set_ip_allow_list" { "ip_allow_list.disable" } else { action };
            assert!(is_admin("", action), "{action}");
        }
        for action in ["GetBucketPolicy", "ListAccessKeys", "AssumeRole", "RunInstances", "repo.create", "", "é.ü"] {
            assert!(!is_admin("", action), "{action}");
        }
        assert!(is_admin("iam.amazonaws.com", "TagUser") && !is_admin("iam.amazonaws.com", "GetUser"));
        assert_eq!(
            ["CreateUser", "repo.destroy", "asset_deleted", "GetObject", "Odd", "v1.pods:list"].map(activity),
            [1, 4, 4, 2, 99, 2]
        );
    }

    proptest! {
        #[test]
        fn any_name_is_survived(name in "\\PC*", service in "\\PC*") {
            let _ = (is_admin(&service, &name), activity(&name), words(&name).count());
        }
    }
}
