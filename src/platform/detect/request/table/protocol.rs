//! Requests that bend the protocol. Methods and headers are judged by `typed/protocol.rs`.

use super::super::rule::{BODY, COOKIE, Rule, Sign, URL, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.protocol_anomaly",
    title: "Bent protocol",
    class: "protocol_anomaly",
    techniques: &["T1190"],
    signs: &[
        Sign {
            name: "request in a value",
            view: View::Plain,
            parts: URL | BODY | COOKIE,
            severity: Severity::Medium,
            confidence: 0.7,
            literals: &["http/"],
            regex: r#"\b(?:get|post|head|options|connect|put|delete|trace|track|patch|propfind|propatch|mkcol|copy|move|lock|unlock)\s+(?:/|\w+:|\*)\S*\s+http/\d|\bhttp/[0-3](?:\.\d)?\s+[1-5]\d{2}\b"#,
            hits: &["/p?x=GET+http://a.b+HTTP/1.1", "/p?x=HTTP/1.1+200+OK"],
            passes: &["/s?q=http/1.1", "/s?q=get+http/2"],
        },
        Sign {
            name: "socket of a proxy",
            view: View::Plain,
            parts: URL,
            severity: Severity::High,
            confidence: 0.9,
            literals: &["unix:"],
            regex: r#"[?&=/]unix:[^|&]{0,8000}\|(?:https?|ftp|wss?|fcgi|ajp|h2c?|uwsgi|scgi)://"#,
            hits: &["/?unix:AAAA|http://198.51.100.1/"],
            passes: &["/s?q=unix:+a"],
        },
        Sign {
            // Frameworks tell PUT and DELETE so in the form itself.
            name: "method in a form that forms do not need",
            view: View::Plain,
            parts: BODY,
            severity: Severity::Low,
            confidence: 0.45,
            literals: &["_method"],
            regex: r#"(?:^|[&,])_method=(?:options|head|trace|track|connect|get|purge|debug|propfind)\b"#,
            hits: &["_method=TRACE"],
            passes: &["_method=put"],
        },
        Sign {
            name: "method in a parameter",
            view: View::Plain,
            parts: URL | COOKIE,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &["_method", "method-override", "method_override", "_httpmethod", "http-method"],
            regex: r#"(?:^|[?&;]\s?)(?:_{1,2}method(?:\[\])?|_?httpmethod|_?(?:x-)?http[-_]method(?:[-_]override)?|(?:x-)?method[-_]override)=(?:put|delete|patch|options|head|trace|track|connect|get|post|purge|debug|propfind|copy|move)\b"#,
            hits: &["/p?_method=DELETE", "/p?X-HTTP-Method-Override=PUT"],
            passes: &["/p?_methods=1", "/p?_method=card"],
        },
        Sign {
            // A field of a form by which frameworks tell, but not of data that programs send.
            name: "method in data",
            view: View::Plain,
            parts: BODY,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &["_method", "method-override", "method_override", "_httpmethod", "http-method"],
            regex: r#"(?:^|[&,])(?:_httpmethod|_?(?:x-)?http[-_]method(?:[-_]override)?|(?:x-)?method[-_]override)=(?:put|delete|patch|options|head|trace|track|connect|get|post|purge|debug|propfind|copy|move)\b|^,_method=\w"#,
            hits: &["a=b&X-HTTP-Method-Override=PUT", "_httpmethod=delete"],
            passes: &["_method=put", "a=1&method=put"],
        },
    ],
};
