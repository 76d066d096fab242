//! What a list has in it that it should not: hostile rows among the ordinary, harmless ones among the hostile, and what the
//! requests of a suite have in common. By rule, not by hand; how much was left out stands in the manifest.

use super::part::Part;
use super::source::{Row, class, name};
use crate::platform::detect::model::request::Field;
use std::collections::{BTreeMap, HashMap};

/// Rows left out of each source: ordinary and hostile.
pub(super) type LeftOut = BTreeMap<&'static str, [u32; 2]>;

/// Takes out what must not be taught, and counts it.
pub(super) fn clean(rows: &mut Vec<Row>, left_out: &mut LeftOut) {
    frames(rows);
    rows.retain(|row| {
        let is_captured = matches!(row.source, name::WEB_PAYLOADS | name::HTTP_PARAMS);
        let drop = match row.class {
            None => is_captured && row.parts.iter().any(|part| is_probe(&part.plain)),
            Some(_) => row.parts.iter().all(|part| is_bare(&part.plain)),
        };
        left_out.entry(row.source).or_default()[usize::from(row.class.is_some())] += u32::from(drop);
        !drop
    });
}

/// Takes out of the requests of the suite the parts that many of its tests have: paths, agents and referers, with which the
/// hostile part of a request must not share the blame; and paths without marks where the attack is about no path.
fn frames(rows: &mut [Row]) {
    const MANY: usize = 4;
    let mut tests: HashMap<Vec<u8>, usize> = HashMap::new();
    for part in rows.iter().filter(|row| row.source == name::CRS).flat_map(|row| &row.parts) {
        *tests.entry(part.plain.clone()).or_default() += 1;
    }
    for row in rows.iter_mut().filter(|row| row.source == name::CRS) {
        let is_about_paths = row.class == class("path_traversal");
        let is_frame = |part: &Part| {
            tests[&part.plain] >= MANY || part.field == Field::Path && !is_about_paths && is_name(&part.plain)
        };
        row.parts.retain(|part| !is_frame(part));
    }
}

/// Whether a value of a list of harmless ones is what a scanner asked: such lists were captured while some were running, so
/// that commands, sums of functions of databases and files of Windows stand among names and addresses.
fn is_probe(plain: &[u8]) -> bool {
    const COMMANDS: [&str; 12] = ["rm", "del", "ping", "net", "nc", "dir", "id", "sleep", "cat", "type", "wget", "ls"];
    const SIGNS: [&str; 8] = ["<script", "/etc/", "select ", "union ", "@@version", "..\\", "../", "...."];
    let mut text = String::from_utf8_lossy(plain).into_owned();
    // Odd bytes were written down as what they are called, blanks of many kinds among them.
    let is_escaped = text.contains("\\x");
    for blank in ["\\x09", "\\x0a", "\\x0b", "\\x0c", "\\x0d", "\\xa0", ","] {
        text = text.replace(blank, " ");
    }
    let is_argument = |word: &str| word.starts_with(['-', '/']) || word.bytes().any(|b| b.is_ascii_digit());
    let is_command = |text: &str| {
        let mut words = text.split_ascii_whitespace();
        words.next().is_some_and(|word| COMMANDS.contains(&word)) && words.any(is_argument)
    };
    let is_number = text.trim_start_matches(['-', '(']).starts_with(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let is_sum = text.starts_with('(') && (text.contains("@@") || text.matches('(').count() > 1);
    let is_sql = is_sum || text.trim_end().ends_with("--") || matches!(words[..], [_, "or", _]);
    is_escaped
        || text.starts_with('|')
        || text.get(1..3) == Some(":\\")
        || text.split(['|', ';', '&']).any(is_command)
        || is_number && is_sql
        || SIGNS.iter().any(|sign| text.contains(sign))
}

/// Whether a text of a hostile list has nothing hostile in it: words alone, or an address without anything odd.
fn is_bare(plain: &[u8]) -> bool {
    let all = |marks: &[u8]| plain.iter().all(|b| b.is_ascii_alphanumeric() || marks.contains(b));
    let is_address = plain.starts_with(b"http://") || plain.starts_with(b"https://");
    let is_odd = plain.windows(2).any(|pair| pair == b"--" || pair == b"..");
    !is_odd && (all(b" ,.?-_") || is_address && all(b":/.-_?=&"))
}

/// Whether a path is made of nothing but names.
fn is_name(path: &[u8]) -> bool {
    path.iter().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_told_from_names_and_addresses() {
        for text in [
            "rm q37787214",
            "ping\\x0b-w\\x0b11000\\x0b-n\\x0b1\\x0b4.3.2.1",
            "|ping,-n,1,1.2.3.4|rem",
            "net user someone /add",
            "(96766-pg_backend_pid() 60582)",
            "c:\\inetpub\\wwwroot",
            "-143 or 1",
            "1 xw9j37fm -- ",
        ] {
            assert!(is_probe(text.as_bytes()), "{text}");
        }
        for text in [
            "del rio moral",
            "id of the cat",
            "c/ de l' atlantic 166",
            "el*emolar",
            "indiana--maps",
            "history -- 20th century -- maps",
            "(3 2)",
            "http://www.example.org/a/b.html?c=d",
        ] {
            assert!(!is_probe(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn words_and_addresses_are_bare_and_payloads_are_not() {
        for text in ["pip install something", "it is yours?", "http://a.example/b?c=d"] {
            assert!(is_bare(text.as_bytes()), "{text}");
        }
        for text in ["id;ls", "/etc/passwd", "/.git/config", "http://a.example/../b", "1 or 1=1", "--", "o'x"] {
            assert!(!is_bare(text.as_bytes()), "{text}");
        }
    }
}
