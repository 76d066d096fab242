//! Requests that bend the protocol. Methods and headers are judged by `typed/protocol.rs`.

use super::super::rule::{Rule, Sign, URL, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.protocol_anomaly",
    title: "Bent protocol",
    class: "protocol_anomaly",
    techniques: &["T1190"],
    signs: &[Sign {
        name: "method in a parameter",
        view: View::Plain,
        parts: URL,
        severity: Severity::Low,
        confidence: 0.35,
        literals: &["_method"],
        regex: r#"[?&]_method=(?:put|delete|patch|options|head|trace|connect|get|post|purge|debug)\b"#,
        hits: &["/p?_method=DELETE"],
        passes: &["/p?_methods=1"],
    }],
};
