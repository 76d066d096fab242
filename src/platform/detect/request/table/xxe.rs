//! External entities, entity bombs and includes of XML.

use super::super::rule::{BODY, COOKIE, INPUT, URL, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.xxe",
    title: "XML external entity",
    class: "xxe",
    techniques: &["T1190", "T1611"],
    signs: &[
        Sign {
            name: "external entity",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.96,
            literals: &["<!entity", "<!doctype", "system", "public"],
            regex: r#"<!entity\s+(?:%\s*)?[\w:.-]+\s+(?:system|public)\b|<!doctype\s+[\w:.-]+\s+(?:system|public)\s+["'](?:file|https?|ftp|php|expect|gopher|jar|netdoc|data|/|\\)[^"'>]{0,200}["'][^>]{0,40}(?:\[|["']\s*>)|<!doctype[^>\[]{0,200}\[[^&]{0,400}<!(?:entity|attlist|element)|%[\w.-]+;\s*\]\s*>"#,
            hits: &["/s?x=<!ENTITY+a+SYSTEM+'file:///x'>", "/s?x=<!DOCTYPE+r+[<!ELEMENT+r+ANY>"],
            passes: &["/s?q=<!doctype+html>"],
        },
        Sign {
            name: "entity",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["<!entity", "<!attlist", "<!element", "<!doctype", "<!notation"],
            regex: r#"<!(?:entity|attlist|element|notation)\b|<!doctype\s+[\w:.-]+\s*(?:\[|system\b)"#,
            hits: &["/s?x=<!ENTITY+a+'b'>", "/s?x=<!DOCTYPE+r+["],
            passes: &["/s?q=<!doctype+html>"],
        },
        Sign {
            name: "entities of entities",
            view: View::Plain,
            parts: BODY | URL,
            severity: Severity::High,
            confidence: 0.9,
            literals: &["<!entity"],
            regex: r#"<!entity[^>]{1,80}(?:&\w+;\s*){3,}"#,
            hits: &["/s?x=<!ENTITY+b+\"%26a;%26a;%26a;%26a;\">"],
            passes: &["/s?x=<!ENTITY+a+'b'>"],
        },
        Sign {
            name: "include or style sheet",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.88,
            literals: &["xi:include", "xinclude", "<?xml-stylesheet", "<xsl:", "xsl:value-of", "msxsl", "<xml:", "<xi:", "xmlns:xsi"],
            regex: r#"<xi:include\b|xmlns:\w+\s*=\s*["']?https?://www\.w3\.org/2001/xinclude|<\?xml-stylesheet\b|<xsl:(?:stylesheet|template|value-of|include|import|copy-of|for-each|variable|transform)\b|\bdocument\s*\(\s*['"](?:file|/|http)|<msxsl:script|xsl:value-of"#,
            hits: &["/s?x=<xi:include+href='file:///x'/>", "/s?x=<xsl:value-of+select='x'/>"],
            passes: &["/s?q=xinclude"],
        },
        Sign {
            name: "declaration in an address",
            view: View::Plain,
            parts: URL | COOKIE,
            severity: Severity::Medium,
            confidence: 0.7,
            literals: &["<?xml"],
            regex: r#"<\?xml\b[^>]{0,80}\?>"#,
            hits: &["/s?x=<?xml+version='1.0'?>"],
            passes: &["/s?q=?xml"],
        },
    ],
};
