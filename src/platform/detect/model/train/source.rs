//! Where the rows come from: the lists of `../shared/data`, read with hygiene, and the grammars.

use super::crs;
use super::grammar::Grammar;
use super::hygiene::{self, LeftOut};
use super::part::{Part, parts};
use crate::platform::detect::model::forest::Random;
use crate::platform::detect::model::request::{CLASSES, Field, is_harmless, shape};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

/// Something to learn from or to be tested on: a request or a single value.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub source: &'static str,
    /// Index into [`CLASSES`]; nothing for the ordinary.
    pub class: Option<u8>,
    pub parts: Vec<Part>,
}

/// Names of the sources, as manifests and cards write them.
pub(super) mod name {
    pub const HTTP_PARAMS: &str = "http-params";
    pub const WEB_PAYLOADS: &str = "web-payloads";
    pub const LIBINJECTION: &str = "libinjection";
    pub const PAYLOAD_LISTS: &str = "payload-lists";
    pub const CRS: &str = "crs-regression";
    pub const OCSF: &str = "ocsf";
    pub const ATTACK: &str = "attack-grammar";
    pub const BENIGN: &str = "benign-grammar";
}

/// Everything that is read: rows to learn from, and the two sets that are only ever tested on.
#[derive(Default)]
pub(super) struct Rows {
    pub train: Vec<Row>,
    /// The test split of http-params.
    pub params: Vec<Row>,
    /// The other half of the Core Rule Set's suite, with the rule's number.
    pub suite: Vec<(u32, Row)>,
    /// What grammars draw words from.
    pub words: Vec<String>,
    /// What was not taken from the lists.
    pub left_out: LeftOut,
}

/// Most attacks of one shape and most rows of one kind of the grammars.
const SAME_SHAPE: u32 = 3;
pub(super) const PER_ATTACK: usize = 1_200;
pub(super) const PER_BENIGN: usize = 1_500;

/// The index of a class by its name.
pub(super) fn class(name: &str) -> Option<u8> {
    CLASSES.iter().position(|c| *c == name).and_then(|at| u8::try_from(at).ok())
}

/// Reads everything below `shared/data`.
///
/// # Errors
/// A file is missing or cannot be read.
pub(super) fn read(data: &Path, seed: u64) -> io::Result<Rows> {
    let requests = data.join("requests");
    let mut rows = Rows::default();
    let train = &mut rows.train;
    params(&requests.join("http-params/payload_train.csv"), train)?;
    params(&requests.join("http-params/payload_test.csv"), &mut rows.params)?;
    web_payloads(&requests.join("web-payloads"), train, &mut rows.words)?;
    libinjection(&requests.join("libinjection"), train)?;
    payload_lists(&requests.join("payload-lists"), train)?;
    for cases in crs::read(&requests.join("crs-regression/tests"))? {
        for sent in cases.requests.iter().filter(|sent| sent.hostile) {
            if cases.teaches() && sent.mistaken {
                rows.left_out.entry(name::CRS).or_default()[1] += 1;
                continue;
            }
            let row = Row { source: name::CRS, class: crs::rule_class(cases.rule), parts: parts(sent) };
            if !cases.teaches() {
                rows.suite.push((cases.rule, row));
            } else if row.class.is_some() && !row.parts.is_empty() {
                train.push(row);
            }
        }
    }
    ocsf(&data.join("ocsf/schema-1.8.0"), train)?;
    hygiene::clean(train, &mut rows.left_out);
    generate(super::ATTACK, name::ATTACK, |_| PER_ATTACK, (&rows.words, seed), train);
    generate(super::BENIGN, name::BENIGN, |_| PER_BENIGN, (&rows.words, seed), train);
    rows.train = apart(std::mem::take(&mut rows.train), &rows);
    Ok(rows)
}

/// Rows of every kind of a grammar.
pub(super) fn generate(
    text: &str,
    source: &'static str,
    count: impl Fn(&str) -> usize,
    (words, seed): (&[String], u64),
    out: &mut Vec<Row>,
) {
    let grammar = Grammar::read(text, words);
    for (nth, kind) in grammar.kinds().enumerate() {
        let mut random = Random(seed.wrapping_mul(1_000).wrapping_add(nth as u64));
        let prefix = kind.split('.').next().unwrap_or_default();
        let field = Field::ALL.into_iter().find(|f| f.name() == prefix);
        for _ in 0..count(kind) {
            let made = grammar.make(kind, &mut random);
            let part = Part::of_line(field.unwrap_or(Field::Query), &made);
            out.push(Row { source, class: class(prefix), parts: vec![part] });
        }
    }
}

/// Drops what the scorer skips, what was there before, attacks that look like one of the test sets, and of attacks of one
/// shape all but a few.
fn apart(train: Vec<Row>, rows: &Rows) -> Vec<Row> {
    let tested = rows.params.iter().chain(rows.suite.iter().map(|(_, row)| row)).filter(|row| row.class.is_some());
    let tested: HashSet<u64> = tested.flat_map(|row| &row.parts).map(|part| shape(&part.plain)).collect();
    let mut shapes: HashMap<u64, u32> = HashMap::new();
    let mut seen: HashSet<(bool, Vec<u8>)> = HashSet::new();
    let mut kept = Vec::with_capacity(train.len());
    for mut row in train {
        let hostile = row.class.is_some();
        row.parts.retain(|part| !is_harmless(&part.plain));
        if hostile {
            row.parts.retain(|part| !tested.contains(&shape(&part.plain)));
        }
        let Some(first) = row.parts.first() else { continue };
        if row.parts.len() == 1 {
            if !seen.insert((hostile, first.plain.clone())) {
                continue;
            }
            let count = shapes.entry(shape(&first.plain)).or_default();
            *count += u32::from(hostile);
            if *count > SAME_SHAPE {
                continue;
            }
        }
        kept.push(row);
    }
    kept
}

fn lines(path: &Path) -> io::Result<Vec<String>> {
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    let text = text.trim_start_matches('\u{feff}');
    Ok(text.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect())
}

fn row(source: &'static str, class: Option<u8>, line: &str) -> Row {
    Row { source, class, parts: vec![Part::of_line(Field::Query, line)] }
}

fn params(path: &Path, out: &mut Vec<Row>) -> io::Result<()> {
    for line in lines(path)?.iter().skip(1) {
        // "value","length","kind","label", quotes doubled.
        let mut fields = line.rsplitn(4, ",\"");
        let (_, kind, _) = (fields.next(), fields.next().unwrap_or_default(), fields.next());
        let value = fields.next().unwrap_or_default().trim_start_matches('"');
        let value = value.strip_suffix('"').unwrap_or(value).replace("\"\"", "\"");
        let class = match kind.trim_end_matches('"') {
            "norm" => None,
            "sqli" => class("sql_injection"),
            "xss" => class("xss"),
            "path-traversal" => class("path_traversal"),
            _ => class("command_injection"),
        };
        // These were captured decoded: a plus sign is a plus sign only beside a space.
        out.push(row(name::HTTP_PARAMS, class, &value));
    }
    Ok(())
}

fn web_payloads(folder: &Path, out: &mut Vec<Row>, words: &mut Vec<String>) -> io::Result<()> {
    for (file, class, marks) in [
        ("SQLCollection.txt", class("sql_injection"), "'\"=();|-*#"),
        ("XSSCollection.txt", class("xss"), "<>()=:;&\"'"),
        ("ShellCollection.txt", class("command_injection"), ";|&$`(<\\"),
    ] {
        for line in lines(&folder.join(file))? {
            // A spreadsheet wrote some of them.
            let line = match line.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
                Some(inner) if inner.contains("\"\"") => inner.replace("\"\"", "\""),
                _ => line,
            };
            if line.len() >= 6 && line.contains(|c| marks.contains(c)) {
                out.push(row(name::WEB_PAYLOADS, class, &line));
            }
        }
    }
    for line in lines(&folder.join("non-maliciousCollection.txt"))? {
        if line.len() > 2 && line.len() < 16 && line.bytes().all(|b| b.is_ascii_lowercase()) {
            words.push(line);
        } else {
            out.push(row(name::WEB_PAYLOADS, None, &line));
        }
    }
    Ok(())
}

fn libinjection(folder: &Path, out: &mut Vec<Row>) -> io::Result<()> {
    for path in files(folder)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let class = match file.as_str() {
            "false_positives.txt" => None,
            _ if file.starts_with("sqli-") => class("sql_injection"),
            _ if file.contains("xss-") => class("xss"),
            _ => continue,
        };
        for line in lines(&path)? {
            if !line.starts_with('#') && (class.is_none() || line.len() > 5) {
                out.push(row(name::LIBINJECTION, class, &line));
            }
        }
    }
    Ok(())
}

/// Folder of the lists, class, and marks of which a line must have one: without, it is a bare word or a note.
const LISTS: [(&str, &str, &str); 10] = [
    ("Command Injection", "command_injection", ";|&`$<"),
    ("CRLF Injection", "header_injection", "%"),
    ("Directory Traversal", "path_traversal", "./\\%"),
    ("File Inclusion", "path_traversal", "/\\%"),
    ("LDAP Injection/Intruder/LDAP_FUZZ", "ldap_injection", "()*"),
    ("NoSQL Injection", "nosql_injection", "${(|["),
    ("SQL Injection", "sql_injection", "'\"=();|-@"),
    ("Server Side Include", "command_injection", "<"),
    ("XSS Injection", "xss", "<>():=&"),
    ("XXE Injection", "xxe", "<"),
];

/// Lists of names, of files that every site has, and of notes.
const NO_LISTS: [&str; 7] =
    ["php-filter-iconv", "Mac-files", "Web-files", "event_handlers", "MarioXSS", "LDAP_attributes", "Generic_Fuzz"];

fn payload_lists(folder: &Path, out: &mut Vec<Row>) -> io::Result<()> {
    for path in files(folder)? {
        let text = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        let Some((_, kind, marks)) = LISTS.iter().find(|(start, ..)| text.starts_with(start)) else { continue };
        if NO_LISTS.iter().any(|no| text.contains(no)) {
            continue;
        }
        for line in lines(&path)? {
            let line = line.replace("{FILE}", "etc/passwd");
            let note = line.starts_with('#') && !line.contains('=') || line.starts_with("//") && line.contains(' ');
            if line.len() >= 6 && !note && line.contains(|c| marks.contains(c)) {
                out.push(row(name::PAYLOAD_LISTS, class(kind), &line));
            }
        }
    }
    Ok(())
}

/// Descriptions and lines of the schema: prose and JSON that people wrote about security, and no attack.
fn ocsf(folder: &Path, out: &mut Vec<Row>) -> io::Result<()> {
    for path in files(folder)?.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
        for line in lines(path)? {
            let line = line.trim();
            let text = line.split_once("\": \"").map_or(line, |(_, text)| text.trim_end_matches(['"', ',']));
            if text.len() > 12 {
                out.push(row(name::OCSF, None, text));
            }
        }
    }
    Ok(())
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort_unstable();
    Ok(found)
}
