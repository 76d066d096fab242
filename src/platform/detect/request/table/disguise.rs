//! Encodings whose only use is to hide something. Depth, overlong forms and NUL are seen by `typed/`.

use super::super::rule::{INPUT, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.disguise",
    title: "Disguised text",
    class: "evasion",
    techniques: &["T1190", "T1027"],
    signs: &[Sign {
        name: "UTF-7",
        view: View::Plain,
        parts: INPUT,
        severity: Severity::High,
        confidence: 0.9,
        literals: &["+adw-", " adw-", "+adw", " adw"],
        regex: r#"[+ ]adw-?\w{0,20}[^&]{0,200}(?:[+ ]ad4|[+ ]aci|[+ ]ad0|[+ ]acc)"#,
        hits: &["/s?q=%2BADw-script%2BAD4-alert(1)"],
        passes: &["/s?q=+adw-1+x"],
    }],
};
