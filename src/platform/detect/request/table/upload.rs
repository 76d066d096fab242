//! Files that are sent. Their names are judged by `typed/upload.rs`.

use super::super::rule::{BODY, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.upload",
    title: "Hostile upload",
    class: "upload",
    techniques: &["T1505.003"],
    signs: &[
        Sign {
            name: "character set that hides a part",
            view: View::Plain,
            parts: BODY,
            severity: Severity::Medium,
            confidence: 0.75,
            literals: &["charset"],
            regex: r#"charset\s*=\s*["']?(?:utf-?7|utf-?16(?:[lb]e)?|utf-?32\w*|shift[-_]?jis|euc-\w+|big5|gb\w+|ibm\d+|cp\d{3,4}|iso-2022\S*|x-\S+|ebcdic\S*|unicode\S*|ks_c\S*|hz-gb\S*|johab)"#,
            hits: &["a=charset=utf-7"],
            passes: &["a=charset=utf-8"],
        },
        Sign {
            name: "transfer encoding of a part",
            view: View::Plain,
            parts: BODY,
            severity: Severity::Low,
            confidence: 0.5,
            literals: &["content-transfer-encoding"],
            regex: r#"content-transfer-encoding\s*:\s*(?:base64|quoted-printable|x-|7bit|uuencode)"#,
            hits: &["content-transfer-encoding: base64"],
            passes: &["content-type: x"],
        },
    ],
};
