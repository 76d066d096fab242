//! Pieces of SQL: what is left of a statement when it is cut, tried out or hidden. Each may be a person's words, too, so
//! all of it is noted with little confidence and none of it adds up to a refusal.

use super::super::rule::{BODY, COOKIE, HEADER, Rule, Sign, URL, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.sql_injection",
    title: "SQL injection",
    class: "sql_injection",
    techniques: &["T1190"],
    signs: &[
        Sign {
            // Not `a||b` nor `a&&b=c`: separators, the one of values, the other of parameters.
            name: "operator in signs between words",
            view: View::Sql,
            parts: URL | COOKIE | BODY | HEADER,
            severity: Severity::Low,
            confidence: 0.3,
            literals: &["<>", "!=", ":=", "<<", ">>", "!<", "!>", "&&", "||", "<=", ">=", "==", "=>", "^=", "**", "!all", "<all", ">all"],
            regex: r#"(?:[\w)'"\]]|[\w\]]=)\s*(?:<>|!={1,2}|<<|>>|!<|!>|<=|>=)|[\w)'"\]]\s*(?::=|=>|\^=|\*\*)\s*(?:[\w('"@$-]|$)|\w\s*={2,3}\s?[\w('"]|\w\s*&&\s*(?:[\w.'"()@!<> +*/-]{0,40}$|\w*\s?[('"@])|[\w)]\s+\|\|\s*(?:[\w('"@]|$)|(?:<>|[<>!]=?|==)\s*all\b|(?:<>|[<>!]=?|==)\s*(?:any|some)\s?\(|\w~=|\s={2,3}\s*$|=\s?(?:all|any|some)\s?\("#,
            hits: &["/p?x=a!%3Db", "/p?x=a+<>+b", "/p?x=a>=1", "/p?x=a+||+b", "/p?x=a%26%26b", "/p?x=a==b"],
            passes: &["/a?x=5-3&y=a||b", "/p?a=1&&b=2", "/s?q=a+<+b", "/p?x=YWI==", "/p?x=<b>"],
        },
        Sign {
            name: "numbers with a word of logic between them",
            view: View::Sql,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &[
                "or1", "or2", "and1", "and2", "or 1", "or 2", "or 3", "and 1", "and 2", "and 3", "div1", "div2", "div 1",
                "div 2", "like1", "like2", "like 1", "like 2", "between ", "between1", "between2", "mod 2", "rlike",
                "xor",
            ],
            regex: r#"(?:^|=)['"]?\d+['"]?\s*(?:between|r?like|x?or|and|div|mod)\s*['"]?\d+['"]?\s*(?:[-+*/=<>|^%]|$|&)"#,
            hits: &["/p?x=1+or+2-", "/p?x=5+div+2", "/p?x=1and2", "/p?x=1+between+2%2b"],
            passes: &["/s?q=1+or+2+rooms", "/s?q=between+1+and+2", "/p?x=5&and=2", "/s?q=2+and+a+half"],
        },
        Sign {
            name: "quote, then a mark and a number",
            view: View::Plain,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.3,
            literals: &["'", "\"", "`"],
            regex: r#"(?:^|=)[^&]{0,40}['"`]\d*[^\w\s&'"`;][^\w&]{0,8}\w{0,3}\d[^&]{0,40}?['"`\d]|(?:^|=)\w{0,12}['"`]\s*\d*\s*[^\w\s&'"`;,.)][^\w&]{0,8}(?:\w\s)?\d[^&]{0,40}?(?:['"`\d]|\w\s*$)|['"`]\d+['"`]\w*(?:$|&)|\w['"`]\s*[+*/|=]\s*['"`\w(]|\w['"`]-['"`\w(]|\w['"`]\s?\.\s?['"`]"#,
            hits: &["/p?x='-1'", "/p?x='1/(3'", "/p?x='+|+1'", "/p?x='1:10"],
            passes: &["/s?q='90s+music", "/s?q=\"a\"+and+\"b\"", "/people?name=O'Brien", "/s?q=it's+5"],
        },
        Sign {
            name: "logic, a name, and what it is compared with",
            view: View::Sql,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &["and", "or ", "or(", "&&", "||", "div ", "like", "between", "not", "mod ", "regexp"],
            regex: r#"(?:&&|\|\||\b(?:and|nand|not|x*or|between|div|mod|r?like|regexp|is)\b)[\s(]{1,3}[\w.]{1,30}[\s)]{0,3}(?:[<>!+*/|=^~-]{1,3}\s*\d*\s*["'`(=]|[!+=]{1,3}\s*\d*\s*\))"#,
            hits: &["/p?x=and+foo+%3D+(", "/p?x=xxor+a)+%2b+1\"", "/p?x=||+x+!%3D+'"],
            passes: &["/s?q=black+and+white+(old)", "/s?q=this+or+that-one", "/p?and=a=b"],
        },
        Sign {
            name: "end of a statement in a value",
            view: View::Sql,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.35,
            literals: &["order by", "having", "execute", "exec ", "limit", " case", "exists", "char", "collate", "distinct"],
            regex: r#"(?:^|[=)'"`\d])\s*(?:\w{1,2}\s)?order\s+by(?:\s+[\w.`'"(),]+(?:\s(?:asc|desc))?)?\s*(?:$|&|--|#|;|limit)|\bhaving\s+(?:\d{1,10}\s*(?:[<>=!&-]|$)|['"][^=&]{1,10}['"\s<>=])|(?:^|[=)'"`\d])\s*having\s+(?:\(?['"\d]|\w+\s*(?:[(<>=]|$|&))|(?:^|=)\s*exec(?:ute)?\s+[\w.$@]{1,9}\s*(?:$|&)|\bselect\b[^&]{1,60}\bcase\b|\bfrom\s+\w+[^&]{0,30}\slimit(?:\s+\d|\s*$|&)|\bexists\s+(?:not\s+in|select)|\blike\W{0,3}char\W{0,2}\(|likechar\(|\bcollate\s+(?:\w+_\w+|nocase|binary|rtrim|u&['"]|['"`])|\bis\s+(?:not\s+)?distinct\s+from\b"#,
            hits: &["/p?x=order+by+name", "/p?x=1+having+a", "/p?x=execute+foo", "/p?x=select+a+case", "/p?x=from+a+limit+1"],
            passes: &["/s?q=how+to+order+by+phone", "/s?q=having+fun+today", "/s?q=execute+a+will+in+spain", "/p?sort=order"],
        },
        Sign {
            name: "word of a statement after a path or a mark",
            view: View::Plain,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.3,
            literals: &[
                "drop", "alter", "insert", "update", "delete", "truncate", " and", " or", " like", " having", " select",
                " between", " div", " xor",
            ],
            regex: r#"(?:--|#|;)\s?(?:alter|drop|truncate|insert|update|delete)(?:\s\w{1,20})?(?:\sset)?\s*(?:$|&)|=\s*\w{0,12}/\w{1,12};?\s+(?:and|between|div|having|like|x?or|select)(?:\s+\w{1,12})?\s*(?:$|&)"#,
            hits: &["/p?x=--alter", "/p?x=%23update+x", "/p?x=;drop", "/p?x=/a;+and+1", "/p?x=abc/1+or"],
            passes: &["/s?q=drop+table+saw", "/s?q=and/or+a+b+c", "/s?q=a+/b+and+the+other+one", "/p/a?b=c"],
        },
        Sign {
            name: "operator in words where a value ends",
            view: View::Sql,
            parts: URL | COOKIE | BODY,
            severity: Severity::Low,
            confidence: 0.3,
            literals: &["xor", "regexp", "rlike", "ilike", "isnull", "notnull", "div ", "mod ", "not like", " not ", "like null", "escape", "in ("],
            regex: r#"(?:^|=|\bnot\s)\s*in\s*\(\s*['"\d]|(?:^|=|\s)(?:xor|rlike|regexp|ilike|isnull|notnull|not\s+like|not\s+rlike)\s*(?:$|&)|\blike\s+(?:null\b|\w+\s+escape\b)|\b(?:regexp|rlike|xor)\s+\w{1,12}\s*(?:$|&)|=\s*\w{1,12}\s+(?:xor|div|mod)\s+\w{1,12}\s*(?:$|&)|=\s*\w{1,3}\s+not\s+(?:\d+|\w)?\s*(?:$|&)"#,
            hits: &["/p?x=regexp", "/p?x=a+div+2", "/p?x=not+like", "/p?x=a+xor"],
            passes: &["/s?q=regexp+tutorial+for+all", "/s?q=xor+gate+basics", "/docs/regexp"],
        },
    ],
};
