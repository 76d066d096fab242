//! Serialised objects in places where a value belongs.

use super::super::rule::{BODY, COOKIE, INPUT, URL, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.deserialisation",
    title: "Unsafe deserialisation",
    class: "deserialisation",
    techniques: &["T1190"],
    signs: &[
        Sign {
            name: "Java object",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.95,
            literals: &["ro0ab", "aced0005", "r00ab", "h4siaaaaaaaa", "kztaau", "rztabq"],
            regex: r#"(?:^|[^a-z0-9+/])(?:ro0ab[qxw]|kztaau|cs7qaf|rztabq)|\baced0005(?:7[0-9a-f]|$)"#,
            hits: &["/p?x=rO0ABXNyABFqYXZh", "/p?x=aced0005737200"],
            passes: &["/p?x=abcro0abx", "/p?x=aced"],
        },
        Sign {
            name: ".NET object",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.92,
            literals: &["aaeaaad/////", "objectdataprovider", "windowsidentity", "typeconfusedelegate", "textformattingrunproperties", "\"$type\"", "system.diagnostics", "losformatter", "resourcedictionary"],
            regex: r#"aaeaaad/////|objectdataprovider|typeconfusedelegate|textformattingrunproperties|["']\$type["']\s*:\s*["']system\.|system\.diagnostics\.process|<resourcedictionary\b"#,
            hits: &["/p?x=AAEAAAD/////AQ", "/p?x={\"$type\":\"System.Windows\"}"],
            passes: &["/p?x=$type"],
        },
        Sign {
            name: "type that is named by the client",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["@type", "!!python", "!!javax", "!!com.", "!!org.", "!ruby/", "!!java", "tag:yaml", "@class", "__reduce__", "csystem", "cos system", "c__builtin__", "cposix", "<map><entry>", "<java class", "<sorted-set>", "dynamic-proxy", "java.beans"],
            regex: r#"["']@(?:type|class)["']\s*:\s*["'](?:l?[a-z]+\.){2,}|!!(?:python/|javax?\.|com\.|org\.|sun\.)|!ruby/(?:object|hash|struct|class|regexp)|\bc(?:os|posix|__builtin__|builtins|subprocess|nt)\s(?:system|popen|eval|exec|getattr)\b|<java\s+(?:class|version)=|<dynamic-proxy>|<(?:sorted-set|tree-map)>"#,
            hits: &["/p?x={\"@type\":\"com.sun.rowset.JdbcRowSetImpl\"}", "/p?x=!!python/object/apply:os.system", "/p?x=!ruby/object:Gem"],
            passes: &["/p?x={\"@type\":\"Person\"}", "/p?x=!ruby"],
        },
        Sign {
            name: "pickle or marshalled object",
            view: View::Plain,
            parts: COOKIE | URL | BODY,
            severity: Severity::Medium,
            confidence: 0.7,
            literals: &["gasv", "baho", "bahv", "bahbb", "bagbo", "gan9", "gaj9", "gasb"],
            regex: r#"(?:^|[=:"'\s])(?:gasv[a-z0-9+/]{2}aaaaa[a-z0-9+/]{8}|gan9[a-z0-9+/]{10}|bah(?:o|b|7|v)[a-z0-9+/]{12})"#,
            hits: &["/p?x=gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVt", "/p?x=BAhvOkBBY3RpdmVTdXBwb3J0"],
            passes: &["/p?x=gas"],
        },
        Sign {
            name: "Java object, at any place",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::Medium,
            confidence: 0.7,
            literals: &["ro0abq", "kztaau", "cs7qaf", "aced00"],
            regex: r#"ro0abq|kztaau|cs7qaf|aced0005"#,
            hits: &["/p?x=abcrO0ABQxx"],
            passes: &["/p?x=ro0"],
        },
    ],
};
