//! Requests that bend the protocol. Methods and headers are judged by `typed/protocol.rs`.

use super::super::rule::Rule;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.protocol_anomaly",
    title: "Bent protocol",
    class: "protocol_anomaly",
    techniques: &["T1190"],
    signs: &[],
};
