//! Session identifiers where they do not belong.

use super::super::rule::{BODY, INPUT, Rule, Sign, URL, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.session_fixation",
    title: "Session fixation",
    class: "session_fixation",
    techniques: &["T1539"],
    signs: &[
        Sign {
            name: "cookie set by script",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["cookie", "set-cookie"],
            regex: r#"\.cookie\b\s*;?\s*(?:=|expires|domain|path)[^&]{0,60}|http-equiv\s*=?\s*["']?\W{0,3}set-cookie|document\s*\.\s*cookie\s*="#,
            hits: &["/p?x=document.cookie='a=b'", "/p?x=.cookie;expires=", "/p?x=<meta+http-equiv=Set-Cookie>"],
            passes: &["/s?q=cookie+recipe"],
        },
        Sign {
            name: "session identifier in a value",
            view: View::Plain,
            parts: URL | BODY,
            severity: Severity::Low,
            confidence: 0.4,
            literals: &[
                "sessid",
                "jsession",
                "phpsess",
                "sessionid",
                "session-id",
                "session_id",
                "cfsid",
                "cftoken",
                "cfid",
                "jservsession",
                "jwsession",
                "phpsession",
                "weblogicsession",
                "zend_session",
                "aspsession",
                "session.id",
            ],
            regex: r#"(?:^|[?&"',])(?:jsessionid|aspsessionid\w*|asp\.net_sessionid|phpsess(?:ion)?(?:id)?|session[-_.]?id|sessid|cfs?id|cftoken|jservsession\w*|jwsession\w*|weblogicsession|zend_session_\w+|interact[-_]?session|sid_session)["']?\s*[=:]"#,
            hits: &["/p?phpsessid=abc", "/p?jsessionid=1"],
            passes: &["/p;jsessionid=1", "/p?id=1"],
        },
        Sign {
            name: "name of a session",
            view: View::Plain,
            parts: URL | BODY,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &["session", "sess", "sid="],
            regex: r#"[?&"'\n](?:[\w.-]*(?:session|sess)(?:[-_.]?(?:id|token|key|cookie))?|(?:connect|express|sails|koa|beaker|symfony|rack|play|django|flask|laravel|ci|cake(?:php)?|wordpress|joomla|drupal|moodle|pylons|fuel|yii|zend)[._-]\w*(?:sid|session\w*))["']?\s*[=:]"#,
            hits: &["/p?laravel_session=x", "/p?connect.sid=x", "/p?session=a"],
            passes: &["/p?session_start=1"],
        },
    ],
};
