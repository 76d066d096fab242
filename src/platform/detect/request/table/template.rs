//! Templates and expressions that a server evaluates.

use super::super::rule::{ALL, BODY, COOKIE, HEADER, INPUT, URL, Rule, Sign, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.template_injection",
    title: "Template injection",
    class: "template_injection",
    techniques: &["T1190", "T1221"],
    signs: &[
        Sign {
            name: "arithmetic in an expression",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.95,
            literals: &["{{", "${", "#{", "*{", "<%=", "@(", "{7", "{=", "[[", "~{", "$${", "{!", "__$"],
            regex: r#"(?:\{\{|[$#*@~]\{+|<%=|@\(|\{=|\[\[|\{!)\s*['"]?-?\d+['"]?\s*[*+/-]\s*['"]?-?\d+['"]?\s*(?:\}|%>|\)|\]\])|\{\s*\d+\s*\*\s*\d+\s*\}|__\$\{"#,
            hits: &["/p?n={{7*7}}", "/p?n=${7*7}", "/p?n=#{7*'7'}", "/p?n=<%25=+7*7+%25>"],
            passes: &["/p?n={{name}}", "/p?n={7}"],
        },
        Sign {
            name: "expression that reaches out",
            view: View::Plain,
            parts: ALL,
            severity: Severity::High,
            confidence: 0.93,
            literals: &["{{", "${", "#{", "%{", "*{", "{%", "@{", "{#", "{php", "{if", "{$"],
            regex: r#"(?:\{\{|\{%|[$#%*@]\{)[^}&]{0,200}?(?:__\w+__|\bconfig\b|\bself\b|request\b|\bapplication\b|cycler|lipsum|joiner|namespace|url_for|get_flashed|_self\b|constructor|\.class\b|getclass|forname|classloader|runtime|process|\bexec\b|system\s*\(|passthru|popen|shell|\beval\b|\bt\s*\(|@?java\.|new\s+\w+\.|\|\s*(?:filter|map|sort|reduce|attr|e\b|join|safe|format)|\bimport\b|\binclude\b|\bfor\b|\bset\b|\bif\b|\bblock\b|\bmacro\b|\bwith\b|\bcall\b|\bextends\b|\bdump\b|\bphp\b|\bdebug\b|settings\.|sleep|session|facescontext|param\.|header\.|cookie\.|initparam|pagecontext|requestscope|applicationscope|#context|#parameters|#attr|\(#|dynamic|print\s*\(|range\s*\(|fetch\b|require\b|global\b|env\b|smarty|\bmath\b)"#,
            hits: &["/p?n={{config.items()}}", "/p?n=%{(#a=@java.lang.Runtime@getRuntime())}", "/p?x={%25+if+True+%25}49", "/p?x=${T(java.lang.Runtime)}", "/p?x={{''.__class__}}"],
            passes: &["/p?n={{name}}", "/p?price=${amount}", "/p?x={page}"],
        },
        Sign {
            name: "directive of a template",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.9,
            literals: &["#set", "#foreach", "#include", "#parse", "<#assign", "<#include", "<#list", "<#", "[#", "freemarker", "velocity", "$class.", "$velocity", "th:", "{{#", "{{=", "{php}", "{literal}", "<@", " ?new(", "?new("],
            regex: r#"#(?:set|foreach|if|evaluate|define)\s*\(\s*\$|#(?:include|parse)\s*\(\s*['"$]|<#(?:assign|include|list|import|macro|if|setting|function)\b|\[#(?:assign|include|list|if)\b|freemarker\.template|\?new\s*\(|\$class\.(?:inspect|type)|\bth:(?:text|utext|fragment|replace)\s*=|\{\{#(?:with|each|if)\b|\{(?:php|literal|system)\}|\{\{=|__\$\{|::\s*\.x"#,
            hits: &["/p?x=#set($x=1)", "/p?x=<#assign+ex='freemarker'>", "/p?x={php}"],
            passes: &["/p?x=#settings", "/issues#include"],
        },
        Sign {
            name: "any expression",
            view: View::Plain,
            parts: URL | COOKIE | BODY | HEADER,
            severity: Severity::Low,
            confidence: 0.5,
            literals: &["{{", "${", "#{", "%{", "*{", "{%", "$&lbrace"],
            regex: r#"\{\{[^{}&]{1,120}\}\}|[$#%*]\{\s*[^{}&]{0,100}[^\w\s.:{}&-][^{}&]{0,100}\}|[$#%*]\{[\w.]+\([^}]{0,60}\)?|\{%-?\s*\w+|\$(?:&lbrace)"#,
            hits: &["/p?n={{name}}", "/p?x=${a.b()}", "/p?x={%25+x+%25}"],
            passes: &["/p?price=${amount}", "/p?x={name}"],
        },
    ],
};
