//! The requests of the Core Rule Set's regression suite: one file for each rule, half of them for training.
//!
//! Reads the few forms of YAML that these files use, nothing more.

use super::source::class;
use crate::platform::detect::request::split;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// A request of the suite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Whether the rule of its file must find it.
    pub hostile: bool,
    /// Whether the suite itself says that this is a false alarm which the rule is known to raise.
    pub mistaken: bool,
}

/// A file: the rule's number and its requests.
pub(super) struct Cases {
    pub rule: u32,
    pub requests: Vec<Sent>,
}

impl Cases {
    /// True if the file may teach, false if it tests.
    pub fn teaches(&self) -> bool {
        split::teaches(&self.rule.to_string())
    }
}

/// Every file below a directory, by rule.
///
/// # Errors
/// One cannot be read.
pub(super) fn read(root: &Path) -> io::Result<Vec<Cases>> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root)? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if let (true, Ok(rule)) = (path.extension().is_some_and(|e| e == "yaml"), stem.parse()) {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                found.push(Cases { rule, requests: requests(&text) });
            }
        }
    }
    found.sort_unstable_by_key(|cases| cases.rule);
    Ok(found)
}

/// What a rule of the Core Rule Set is about; nothing for protocol rules and for addresses inside values.
pub(super) fn rule_class(rule: u32) -> Option<u8> {
    let names: BTreeMap<u32, &str> = BTreeMap::from([
        (921, "header_injection"),
        (930, "path_traversal"),
        (932, "command_injection"),
        (933, "php_injection"),
        (934, "node_injection"),
        (941, "xss"),
        (942, "sql_injection"),
        (944, "java_injection"),
    ]);
    match rule {
        921_110 | 921_180 | 921_210 | 921_220..=921_250 | 921_421 | 921_422 | 934_110 | 934_120 | 934_190 => None,
        921_200 => class("ldap_injection"),
        934_140 | 934_150 => class("command_injection"),
        934_170 => class("php_injection"),
        934_180 => class("template_injection"),
        942_290 => class("nosql_injection"),
        944_150..=944_152 => class("lookup_injection"),
        _ => names.get(&(rule / 1_000)).and_then(|name| class(name)),
    }
}

fn requests(text: &str) -> Vec<Sent> {
    let mut lines = text.lines().peekable();
    let mut found: Vec<Sent> = Vec::new();
    // Columns at which `input:` and `headers:` stand while inside of them.
    let (mut input, mut headers): (Option<usize>, Option<usize>) = (None, None);
    let mut mistaken = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start_matches([' ', '-']);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let column = line.len() - trimmed.len();
        let Some((key, rest)) = trimmed.split_once(':') else { continue };
        let key = key.trim_matches(['"', '\'']);
        headers = headers.filter(|at| column > *at);
        input = input.filter(|at| column > *at);
        match key {
            "test_id" => mistaken = false,
            "desc" if input.is_none() => {
                mistaken = calls_false(&scalar(rest.trim(), column, &mut lines));
                continue;
            }
            "input" if rest.trim().is_empty() => {
                input = Some(column);
                found.push(Sent { mistaken, ..Sent::default() });
            }
            "expect_ids" if rest.trim() != "[]" => found.iter_mut().last().into_iter().for_each(|s| s.hostile = true),
            "headers" if input.is_some() => headers = Some(column),
            _ => {}
        }
        let Some(sent) = found.last_mut().filter(|_| input.is_some()) else { continue };
        if headers.is_some_and(|at| column > at) {
            let value = scalar(rest.trim(), column, &mut lines);
            sent.headers.push((key.to_owned(), value));
        } else if key == "uri" {
            sent.url = scalar(rest.trim(), column, &mut lines);
        } else if key == "data" {
            sent.body = scalar(rest.trim(), column, &mut lines);
        }
    }
    found
}

/// Whether a description calls its request a false alarm: "False positive", "false-positve", "FP with word ...".
fn calls_false(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let spelled = lower.match_indices("false").any(|(at, _)| lower.get(at + 6..at + 9) == Some("pos"));
    spelled || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "FP" | "FPs"))
}

/// A value: quoted either way, a block, or plain, over as many lines as it takes.
fn scalar<'a>(first: &str, column: usize, lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    if let Some(style @ ('|' | '>')) = first.chars().next().filter(|_| first.len() <= 3) {
        let mut block: Vec<&str> = Vec::new();
        while let Some(line) = lines.next_if(|l| l.trim().is_empty() || indent(l) > column) {
            block.push(line);
        }
        let margin = block.iter().filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min().unwrap_or(0);
        let lines: Vec<&str> = block.iter().map(|l| l.get(margin..).unwrap_or("")).collect();
        return lines.join(if style == '|' { "\n" } else { " " }).trim_end().to_owned();
    }
    let Some(quote @ ('"' | '\'')) = first.chars().next() else {
        return first.split(" #").next().unwrap_or_default().trim_end().to_owned();
    };
    let mut text = first[1..].to_owned();
    loop {
        if let Some(end) = close(&text, quote) {
            text.truncate(end);
            return if quote == '"' { unescape(&text) } else { text.replace("''", "'") };
        }
        match lines.next() {
            Some(line) => text = format!("{text} {}", line.trim()),
            None => return text,
        }
    }
}

/// Where a quoted text ends.
fn close(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote {
            if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') {
                letters.next();
            } else {
                return Some(at);
            }
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let code = |letters: &mut std::str::Chars<'_>, length: usize| {
            let digits: String = letters.by_ref().take(length).collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('?')
        };
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('x') => out.push(code(&mut letters, 2)),
            Some('u') => out.push(code(&mut letters, 4)),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_say_what_is_a_false_alarm() {
        for text in ["False Positive", "Known false positive with `Cut`", "False-positve: is it", "FP with word `x`"] {
            assert!(calls_false(text), "{text}");
        }
        for text in ["Positive test", "while(false)", "false", "FPM status page", "no desc"] {
            assert!(!calls_false(text), "{text}");
        }
    }

    #[test]
    fn the_forms_of_the_suite_are_read() {
        let text = r#"
tests:
  - test_id: 1
    stages:
      - input:
          headers:
            Host: "localhost"
            X-Odd: 'it''s' # note
          method: POST
          uri: "/get?x=\"\x41\\"
          data: |-
            line one
              line two
        output:
          log:
            expect_ids: [942100]
  - test_id: 2
    desc: "Known false positive: two lines"
    stages:
      - input:
          uri: /plain?a=b
          data: 'over
            two lines'
        output:
          log:
            no_expect_ids: [942100]
"#;
        let found = requests(text);
        let header = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            found,
            [
                Sent {
                    url: "/get?x=\"A\\".to_owned(),
                    headers: vec![header("Host", "localhost"), header("X-Odd", "it's")],
                    body: "line one\n  line two".to_owned(),
                    hostile: true,
                    mistaken: false,
                },
                Sent {
                    url: "/plain?a=b".to_owned(),
                    headers: Vec::new(),
                    body: "over two lines".to_owned(),
                    hostile: false,
                    mistaken: true,
                },
            ]
        );
    }
}
