//! Operators of document databases and filters of object mappers.

use super::super::rule::{BODY, COOKIE, INPUT, URL, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.nosql_injection",
    title: "NoSQL injection",
    class: "nosql_injection",
    techniques: &["T1190"],
    signs: &[
        Sign {
            name: "operator of a document database",
            view: View::Plain,
            parts: URL | COOKIE | BODY,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["[$", "\"$", "'$", "$where", "$ne", "$regex", "$gt", "{$", " $", "=$"],
            regex: r#"\[\$(?:ne|gte?|lte?|regex|where|in|nin|exists|or|and|not|nor|eq|elemmatch|type|mod|all|size|expr|text|func|lookup|group|match|project|set|unset|inc|push|rename|options|jsonschema|geo\w+|near)\]|[{,]\s*['"]?\$(?:ne|gte?|lte?|regex|where|in|nin|exists|or|and|not|nor|func|eq|elemmatch|expr|function|accumulator|lookup|out|merge|set|type|size|mod|all)['"]?\s*:|\$(?:where|regex|elemmatch|nin|ne|gte?|lte?|expr|func)\b\s*["'\]]?\s*[:=]"#,
            hits: &["/login?user[$ne]=x&pass[$gt]=", "/api?filter={\"$where\":\"1\"}", "/p?x={$gt:+''}"],
            passes: &["/p?list[]=1&price=$5", "/p?a[b]=1"],
        },
        Sign {
            name: "script in a query",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.85,
            literals: &["db.", "this.", "sleep(", "return", "function(", "||", "&&", "tojson", "mapreduce", "new date"],
            regex: r#"['"]\s*[;|&]{1,2}\s*(?:return\b|db\.|sleep\(|this\.|function)|\bdb\.\w+\.(?:find|insert|update|drop|remove|aggregate|count)\w*\s*\(|\bdb\.(?:getcollection|dropdatabase|adminco|eval|injection)\w*|['"]\s*(?:\|\||&&)\s*['"]?(?:this\.|\d\s*==|['"]?\w['"]?\s*==)|\bthis\.\w+\s*(?:==|!=|\.match\s*\()|\btojson\w*\s*\(|\bmapreduce\s*\(|;\s*(?:it|var\s+date)\s*=\s*new\s+date"#,
            hits: &["/p?x=';return+true;//", "/p?x=db.users.find()", "/p?x='||'1'=='1"],
            passes: &["/s?q=this.is", "/docs/db.users"],
        },
        Sign {
            name: "filter of an object mapper",
            view: View::Plain,
            parts: URL | BODY,
            severity: Severity::Medium,
            confidence: 0.65,
            literals: &["__starts", "__istarts", "__ends", "__iends", "__contain", "__icontain", "__exact", "__iexact", "__regex", "__iregex", "__isnull", "__gt", "__lt", "__range", "__in", "__year", "__has", "__overlap", "__search", "__date", "__len", "__month", "__day", "__hour", "__minute", "__second", "__un", "__tri", "__week"],
            regex: r#"(?:^|[?&"'{,\s])\w{1,200}?__(?:i?(?:startswith|endswith|contains|exact|regex)|isnull|gte?|lte?|range|in|year|month|day|has_keys?|has_any_keys|contained_by|overlap|search|date|week_day|hour|minute|second|len|unaccent|trigram_similar)["']?\s*[=:]"#,
            hits: &["/p?username__startswith=p", "/p?x={\"a__isnull\":true}"],
            passes: &["/p?__utma=1", "/p?a__b=1"],
        },
    ],
};
