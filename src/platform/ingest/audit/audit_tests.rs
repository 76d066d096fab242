//! One or more events of each service, in the shapes their documentation shows; ours in substance.

use super::*;
use crate::platform::ingest::{Format, parse, recognise};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

const CLOUDTRAIL: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE1","userName":"alice"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.1","requestParameters":{"userName":"mallory"},"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE2"}},"eventID":"e1","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"111122223333"}"#;
const CONSOLE: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","accountId":"111122223333","userName":"alice"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"198.51.100.7","userAgent":"Mozilla/5.0","errorMessage":"Failed authentication","requestParameters":null,"responseElements":{"ConsoleLogin":"Failure"},"recipientAccountId":"111122223333"}"#;
const ASSUMED: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA1:session1","arn":"arn:aws:sts::111122223333:assumed-role/Deploy/session1","accountId":"111122223333","accessKeyId":"ASIA1","sessionContext":{"sessionIssuer":{"userName":"Deploy"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"AWS Internal","errorCode":"AccessDenied","requestParameters":{"bucketName":"b1","key":"k"},"recipientAccountId":"111122223333"}"#;
const KUBERNETES: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods/web-1/exec?command=sh","verb":"create","user":{"username":"system:serviceaccount:shop:deployer","groups":["x"],"extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}},"sourceIPs":["192.0.2.1","198.51.100.7"],"userAgent":"kubectl/v1.30","objectRef":{"resource":"pods","namespace":"shop","name":"web-1","apiVersion":"v1","subresource":"exec"},"responseStatus":{"metadata":{},"code":101},"requestReceivedTimestamp":"2026-01-02T03:04:05.000000Z","stageTimestamp":"2026-01-02T03:04:06Z"}"#;
const FORBIDDEN: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a2","stage":"ResponseComplete","requestURI":"/api/v1/secrets","verb":"list","user":{"username":"system:anonymous"},"sourceIPs":["198.51.100.7"],"objectRef":{"resource":"secrets"},"responseStatus":{"code":403},"requestReceivedTimestamp":"2026-01-02T03:04:05Z"}"#;
const GITHUB: &str = r#"{"@timestamp":1767323045000,"_document_id":"d1","action":"org.add_member","actor":"alice","actor_id":1,"actor_ip":"198.51.100.7","org":"acme","org_id":2,"user":"mallory","hashed_token":"h1=","token_id":77,"programmatic_access_type":"Personal access token (classic)","user_agent":"curl/8","created_at":1767323045000}"#;
const OKTA: &str = r#"{"uuid":"u1","published":"2026-01-02T03:04:05.000Z","eventType":"user.session.start","severity":"WARN","actor":{"id":"00u1","type":"User","alternateId":"alice@acme.example","displayName":"Alice"},"client":{"userAgent":{"rawUserAgent":"Mozilla/5.0"},"ipAddress":"198.51.100.7"},"outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},"target":null,"authenticationContext":{"externalSessionId":"trs1"},"transaction":{"type":"WEB","detail":{}}}"#;
const OKTA_DEED: &str = r#"{"uuid":"u1","published":"2026-01-02T03:04:05.000Z","eventType":"user.mfa.factor.deactivate","actor":{"id":"00u1","alternateId":"alice@acme.example"},"client":{"ipAddress":"198.51.100.7"},"outcome":{"result":"SUCCESS"},"target":[{"id":"00u2","type":"User","alternateId":"bob@acme.example"}],"authenticationContext":{"externalSessionId":"unknown"},"transaction":{"detail":{"requestApiTokenId":"00T1"}}}"#;
const FRAMEIO: &str = r#"{"account_id":"acc1","event_type":"comment_created","inserted_at":"2026-01-02T03:04:05.129812Z","ip_address":"198.51.100.7","project_id":"p1","resource_id":"r1","resource_type":"comment","user_id":"u1","workspace_id":"w1","user":{"active":true,"email":"alice@acme.example","id":"x@y","name":"Alice"}}"#;
const FRAMEIO_OLD: &str = r#"{"_type":"audit","account_id":"acc1","action":"AssetDeleted","actor":{"_type":"user","id":"u1"},"actor_id":"u1","id":"a1","inserted_at":"2026-01-02T03:04:05Z","item_id":"i1","item_type":"Asset","resource":{},"team_id":"t1","updated_at":"2026-01-02T03:04:05Z"}"#;
const GCP: &str = r#"{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{"code":7,"message":"denied"},"authenticationInfo":{"principalEmail":"ci@acme.iam.gserviceaccount.com","serviceAccountKeyName":"//iam.googleapis.com/projects/acme/serviceAccounts/ci/keys/key1"},"requestMetadata":{"callerIp":"198.51.100.7","callerSuppliedUserAgent":"gcloud"},"serviceName":"cloudresourcemanager.googleapis.com","methodName":"SetIamPolicy","resourceName":"projects/acme"},"insertId":"i","resource":{"type":"project","labels":{"project_id":"acme"}},"timestamp":"2026-01-02T03:04:05Z","severity":"ERROR","logName":"projects/acme/logs/x"}"#;
const WORKSPACE: &str = r#"{"kind":"admin#reports#activity","id":{"time":"2026-01-02T03:04:05.000Z","uniqueQualifier":"1","applicationName":"login","customerId":"C1"},"actor":{"email":"alice@acme.example","profileId":"1"},"ipAddress":"198.51.100.7","events":[{"type":"login","name":"login_failure","parameters":[{"name":"login_type","value":"google_password"}]}]}"#;
const SIGN_IN: &str = r#"{"id":"s1","createdDateTime":"2026-01-02T03:04:05Z","userPrincipalName":"alice@acme.example","appDisplayName":"Portal","ipAddress":"198.51.100.7","status":{"errorCode":50126,"failureReason":"Invalid"}}"#;
const AZURE: &str = r#"{"time":"2026-01-02T03:04:05Z","operationName":"Sign-in activity","category":"SignInLogs","tenantId":"t1","callerIpAddress":"198.51.100.7","resultType":"0","properties":{"userPrincipalName":"alice@acme.example","appDisplayName":"Portal","status":{"errorCode":0}}}"#;
const DIRECTORY: &str = r#"{"id":"d1","activityDateTime":"2026-01-02T03:04:05Z","activityDisplayName":"Add member to role","result":"success","initiatedBy":{"user":{"userPrincipalName":"alice@acme.example","ipAddress":"198.51.100.7"}},"targetResources":[{"id":"1","userPrincipalName":"mallory@acme.example"}]}"#;
const WINLOGBEAT: &str = r#"{"@timestamp":"2026-01-02T03:04:05.000Z","event":{"code":"4625"},"winlog":{"channel":"Security","computer_name":"dc1","event_id":4625,"event_data":{"TargetUserName":"administrator","LogonType":"3","IpAddress":"198.51.100.7","Status":"0xc000006d"}}}"#;
const NXLOG: &str = r#"{"EventTime":"2026-01-02T03:04:05Z","Hostname":"dc1","EventID":4720,"Channel":"Security","SubjectUserName":"alice","TargetUserName":"mallory"}"#;

/// What a line is expected to say.
struct Want {
    line: &'static str,
    format: Format,
    class: Class,
    activity: u8,
    granted: bool,
    user: &'static str,
    /// Action, object, key, tenant.
    words: [&'static str; 4],
    admin: bool,
}

const WANTED: [Want; 16] = [
    Want {
        line: CLOUDTRAIL,
        format: Format::CloudTrail,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "alice",
        words: ["CreateAccessKey", "mallory", "AKIAEXAMPLE1", "111122223333"],
        admin: true,
    },
    Want {
        line: CONSOLE,
        format: Format::CloudTrail,
        class: Class::AUTHENTICATION,
        activity: 1,
        granted: false,
        user: "alice",
        words: ["ConsoleLogin", "", "", "111122223333"],
        admin: false,
    },
    Want {
        line: ASSUMED,
        format: Format::CloudTrail,
        class: Class::API,
        activity: 2,
        granted: false,
        user: "Deploy/session1",
        words: ["GetObject", "b1", "ASIA1", "111122223333"],
        admin: false,
    },
    Want {
        line: KUBERNETES,
        format: Format::Kubernetes,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "system:serviceaccount:shop:deployer",
        words: ["pods/exec:create", "shop/web-1", "JTI=1", ""],
        admin: true,
    },
    Want {
        line: FORBIDDEN,
        format: Format::Kubernetes,
        class: Class::API,
        activity: 2,
        granted: false,
        user: "system:anonymous",
        words: ["secrets:list", "/api/v1/secrets", "", ""],
        admin: true,
    },
    Want {
        line: GITHUB,
        format: Format::GitHub,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "alice",
        words: ["org.add_member", "mallory", "77", "acme"],
        admin: true,
    },
    Want {
        line: OKTA,
        format: Format::Okta,
        class: Class::AUTHENTICATION,
        activity: 1,
        granted: false,
        user: "alice@acme.example",
        words: ["user.session.start", "", "", ""],
        admin: false,
    },
    Want {
        line: OKTA_DEED,
        format: Format::Okta,
        class: Class::API,
        activity: 99,
        granted: true,
        user: "alice@acme.example",
        words: ["user.mfa.factor.deactivate", "bob@acme.example", "00T1", ""],
        admin: true,
    },
    Want {
        line: FRAMEIO,
        format: Format::FrameIo,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "alice@acme.example",
        words: ["comment_created", "r1", "", "acc1"],
        admin: false,
    },
    Want {
        line: FRAMEIO_OLD,
        format: Format::FrameIo,
        class: Class::API,
        activity: 4,
        granted: true,
        user: "u1",
        words: ["AssetDeleted", "i1", "", "acc1"],
        admin: false,
    },
    Want {
        line: GCP,
        format: Format::Google,
        class: Class::API,
        activity: 3,
        granted: false,
        user: "ci@acme.iam.gserviceaccount.com",
        words: ["SetIamPolicy", "projects/acme", "key1", "acme"],
        admin: true,
    },
    Want {
        line: WORKSPACE,
        format: Format::Google,
        class: Class::AUTHENTICATION,
        activity: 1,
        granted: false,
        user: "alice@acme.example",
        words: ["login_failure", "", "", "C1"],
        admin: false,
    },
    Want {
        line: SIGN_IN,
        format: Format::Entra,
        class: Class::AUTHENTICATION,
        activity: 1,
        granted: false,
        user: "alice@acme.example",
        words: ["SignIn", "Portal", "", ""],
        admin: false,
    },
    Want {
        line: AZURE,
        format: Format::Entra,
        class: Class::AUTHENTICATION,
        activity: 1,
        granted: true,
        user: "alice@acme.example",
        words: ["SignIn", "Portal", "", "t1"],
        admin: false,
    },
    Want {
        line: DIRECTORY,
        format: Format::Entra,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "alice@acme.example",
        words: ["Add member to role", "mallory@acme.example", "", ""],
        admin: true,
    },
    Want {
        line: NXLOG,
        format: Format::Windows,
        class: Class::API,
        activity: 1,
        granted: true,
        user: "alice",
        words: ["UserCreated", "mallory", "", ""],
        admin: true,
    },
];

#[test]
fn events_of_every_service() {
    for want in WANTED {
        let line = want.line;
        assert_eq!(recognise(line), Some(want.format), "{line}");
        let r = parse(None, line, NOW);
        let outcome = if want.granted { Outcome::Success } else { Outcome::Failure };
        assert!(r.parsed, "{line}");
        assert_eq!((r.class, r.activity, &r.outcome), (want.class, want.activity, &outcome), "{line}");
        assert_eq!(r.user.as_deref(), Some(want.user), "{line}");
        let call = r.call.as_ref().unwrap();
        assert_eq!([&*call.action, &*call.object, &*call.key, &*call.tenant], want.words, "{line}");
        assert_eq!(call.admin, want.admin, "{line}");
        assert_eq!(r.time.to_string().get(..19), Some("2026-01-02T03:04:05"), "{line}");
        let expected = line.contains("198.51.100.7").then(|| "198.51.100.7".parse().unwrap());
        assert_eq!(r.src_ip, expected, "{line}");
    }
}

#[test]
fn particulars() {
    let r = parse(None, OKTA, NOW);
    assert_eq!(r.session.as_deref(), Some(&*crate::platform::session::fingerprint("trs1")));
    assert_eq!(parse(None, OKTA_DEED, NOW).session, None);
    assert_eq!(parse(None, CLOUDTRAIL, NOW).host.as_deref(), Some("iam.amazonaws.com"));
    let r = parse(None, WINLOGBEAT, NOW);
    assert_eq!(
        (r.class, r.outcome, r.user.as_deref()),
        (Class::AUTHENTICATION, Outcome::Failure, Some("administrator"))
    );
    assert_eq!((r.src_ip.map(|ip| ip.to_string()).as_deref(), r.host.as_deref()), (Some("198.51.100.7"), Some("dc1")));
    let again = KUBERNETES.replace("ResponseComplete", "RequestReceived");
    assert_eq!((parse(None, &again, NOW).class, parse(None, &again, NOW).call), (Class::BASE, None));
    let root = CLOUDTRAIL.replace(r#""type":"IAMUser""#, r#""type":"Root""#);
    assert_eq!(parse(None, &root, NOW).user.as_deref(), Some("root"));
    let stopped = CLOUDTRAIL.replace("CreateAccessKey", "StopLogging").replace("iam.", "cloudtrail.");
    assert!(parse(None, &stopped, NOW).call.unwrap().admin);
}

const ALL: [&str; 17] = [
    CLOUDTRAIL,
    CONSOLE,
    ASSUMED,
    KUBERNETES,
    FORBIDDEN,
    GITHUB,
    OKTA,
    OKTA_DEED,
    FRAMEIO,
    FRAMEIO_OLD,
    GCP,
    WORKSPACE,
    SIGN_IN,
    AZURE,
    DIRECTORY,
    WINLOGBEAT,
    NXLOG,
];

proptest! {
    #[test]
    fn any_value_anywhere_is_survived(which in 0..ALL.len(), part in 0usize..400, value in "\\PC{0,12}|\\[\\]|\\{\\}|null|-1|\"x\"|1e400") {
        // One value of the line becomes another one, or the line is cut there.
        let line = ALL[which];
        let ends: Vec<usize> = line.match_indices([',', '}', ']']).map(|(at, _)| at).collect();
        let end = ends[part % ends.len()];
        let start = line[..end].rfind([':', ',', '[', '{']).map_or(0, |at| at + 1);
        for text in [format!("{}{value}{}", &line[..start], &line[end..]), line[..end].to_owned()] {
            for format in Format::all() {
                let record = parse(Some(format), &text, NOW);
                prop_assert_eq!(&*record.raw, &*text);
            }
            let _ = parse(None, &text, NOW);
        }
    }
}

#[test]
fn windows_events_in_xml() {
    let line = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID Qualifiers=''>4625</EventID><TimeCreated SystemTime='2026-01-02T03:04:05.1234567Z'/><Computer>dc1</Computer></System><EventData><Data Name='TargetUserName'>a&lt;Data Name='IpAddress'&gt;192.0.2.1</Data><Data Name='IpAddress'>198.51.100.7</Data></EventData></Event>";
    let record = crate::platform::ingest::parse(None, line, Timestamp(1_795_000_000_000));
    assert_eq!((record.class, &record.outcome), (Class::AUTHENTICATION, &Outcome::Failure));
    assert_eq!((record.src_ip.unwrap().to_string().as_str(), record.host.as_deref()), ("198.51.100.7", Some("dc1")));
    assert_eq!(record.time.to_string(), "2026-01-02T03:04:05.123Z");
    assert!(record.user.unwrap().starts_with("a&lt;"));
}
