//! Queries of directories and of XML: LDAP, XPath, XQuery.

use super::super::rule::{INPUT, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.directory_injection",
    title: "LDAP or XPath injection",
    class: "directory_injection",
    techniques: &["T1190"],
    signs: &[
        Sign {
            name: "LDAP filter",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.9,
            literals: &[")(", "(&", "(|", "*)", "(!", ") (", ")&", ")|"],
            regex: r#"(?:^|=)[^:()&|!<>~=]{0,80}\)\s*(?:\((?:[^,()=&|!<>~]{1,40}[><~]?=|\s*[&!|]\s*(?:$|[()]))|\)\s*\(\s*[&|!]|[&!|]\s*\([^()=&|!<>~]{1,40}[><~]?=)|\(\s*\(\s*[|&]|\)\s*\(\s*[|&!]\s*\(?|\*\s*\)\s*\(\s*[\w|&!]|\(\s*[|&!]\s*\(\s*[\w.:-]{1,40}\s*(?:=|~=|>=|<=)|\)\s*\(\s*\w{1,40}\s*(?:=|~=|>=|<=)\s*\*?|\*\)+\s*(?:$|&|%00|;)|\(\s*\w+\s*=\s*\*\s*\)|[=&]\s*\*\)\)"#,
            hits: &["/p?u=*)(uid=*))(|(uid=*", "/p?u=admin)(&)", "/p?x=(objectClass=*)"],
            passes: &["/wiki/a_(b)_(c)", "/p?x=f(a)(b)"],
        },
        Sign {
            name: "XPath",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.85,
            literals: &[
                "parent::",
                "ancestor",
                "child::",
                "descendant",
                "following-sibling",
                "preceding",
                "self::",
                "attribute::",
                "string-length(",
                "position()",
                "text()",
                "count(/",
                "node()",
                "name(",
                "//*",
                "doc(",
                "substring(",
                "last()",
                "normalize-space(",
                "sum(/",
                "string(/",
            ],
            regex: r#"\b(?:parent|ancestor(?:-or-self)?|child|descendant(?:-or-self)?|following(?:-sibling)?|preceding(?:-sibling)?|self|attribute|namespace)::(?:\*|\w|node)|\b(?:string-length|count|string|number|sum|boolean|name|substring|starts-with|contains|normalize-space|doc|unparsed-text)\s*\(\s*(?:/{1,2}|\.|\w+::|\*)|\[\s*(?:position|last)\s*\(\s*\)|/(?:text|node|comment)\s*\(\s*\)|\]\s*\|\s*/{1,2}\w|'\s*\]\s*(?:\||/)"#,
            hits: &["/p?x='+or+count(parent::*)>0", "/p?x=string-length(//user)", "/p?x=x']|//*"],
            passes: &["/s?q=parent::", "/s?q=text()"],
        },
    ],
};
