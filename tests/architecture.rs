//! The picture of the house, enforced: who may import whom (`ARCHITECTURE`, section 4), and how long a file may grow.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use. A room may always use itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("query", &["text", "api"]),
    ("api", &["text", "query"]),
    ("client", &["api", "text"]),
    ("command", &["api", "text", "query"]),
    ("column", &["api", "text"]),
    ("export", &["api", "text", "column", "command"]),
    ("config", &["api", "text"]),
    ("platform", &["api", "query", "text", "config"]),
    ("console", &["api", "text", "query", "client", "command", "column", "export", "config"]),
    ("cli", &["api", "text", "query", "client", "command", "column", "export", "config", "console", "platform"]),
];

/// Inside the console: drawing sees values only, screens never see the client.
const CONSOLE: &[(&str, &[&str])] = &[
    ("widget", &["client", "api::endpoint", "command", "query"]),
    ("screen", &["client"]),
    ("app", &["client"]),
    ("theme", &["client", "api"]),
    ("keymap", &["client", "api"]),
];

/// Stages of the platform: none may name another; `platform/pipeline` and `platform/mod` string them together.
const STAGES: &[&str] =
    &["ingest", "detect", "incident", "enrich", "score", "policy", "respond", "ledger", "store", "drill", "http"];

/// What a stage may take from another all the same, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("incident", "score", "an incident file carries the facts its bill is computed from"),
    ("drill", "ingest", "the drill says in which format its lines are written"),
];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every `crate::a::b` path in a file, with its line; groups `crate::{a, b}` are taken apart.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find("crate::") {
            rest = &rest[at + 7..];
            if let Some(group) = rest.strip_prefix('{') {
                for part in group.split('}').next().unwrap_or("").split(',') {
                    found.push((number + 1, part.trim().to_owned()));
                }
            } else {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
                found.push((number + 1, rest[..end].to_owned()));
            }
        }
    }
    found
}

/// Code without its tests: a test may look wherever it needs to.
fn source() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    paths.retain(|p| !p.iter().any(|part| is_test(&part.to_string_lossy())));
    paths.into_iter().map(|p| (p.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&p).unwrap())).collect()
}

fn is_test(part: &str) -> bool {
    let stem = part.trim_end_matches(".rs");
    stem == "tests" || stem == "fixture" || stem.ends_with("_test") || stem.ends_with("_tests")
}

fn room(path: &Path) -> String {
    path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn rooms_import_downwards_only() {
    let mut faults = Vec::new();
    for (path, text) in source() {
        let room = room(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            assert!(["main", "lib"].contains(&room.as_str()), "{} is in no known room", path.display());
            continue;
        };
        for (line, used) in uses(&text) {
            let target = used.split("::").next().unwrap_or_default();
            let known = MAY_USE.iter().any(|(name, _)| *name == target);
            if known && target != room && !allowed.contains(&target) {
                faults.push(format!("{room} may not use {target} ({}:{line})", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn inside_the_console_drawing_sees_values_only() {
    let mut faults = Vec::new();
    for (path, text) in source().into_iter().filter(|(p, _)| p.starts_with("console")) {
        let part = path.iter().nth(1).unwrap().to_string_lossy().into_owned();
        let Some((_, forbidden)) = CONSOLE.iter().find(|(name, _)| *name == part) else { continue };
        for (line, used) in uses(&text) {
            if let Some(wrong) = forbidden.iter().find(|f| used == **f || used.starts_with(&format!("{f}::"))) {
                faults.push(format!("console/{part} may not use {wrong} ({}:{line})", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn stages_do_not_import_one_another() {
    let mut faults = Vec::new();
    for (path, text) in source().into_iter().filter(|(p, _)| p.starts_with("platform")) {
        let stage = path.iter().nth(1).unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if !STAGES.contains(&stage.as_str()) {
            continue;
        }
        for (line, used) in uses(&text) {
            let Some(target) = used.strip_prefix("platform::").and_then(|u| u.split("::").next()) else { continue };
            let excused = EXCEPTIONS.iter().any(|(from, to, _)| *from == stage && *to == target);
            if STAGES.contains(&target) && target != stage && !excused {
                faults.push(format!("stage {stage} may not use stage {target} ({}:{line})", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files that are tables of data, read a row at a time: splitting one would only hide rows from each other.
const TABLES: &[&str] = &["platform/detect/request/table"];

/// Section 6 says about 250 lines; tests beside the code count on top, so the limit here is for code without them.
#[test]
fn files_stay_small() {
    const LINES: usize = 300;
    let mut faults = Vec::new();
    for (path, text) in source() {
        let code = text.lines().take_while(|l| !l.starts_with("#[cfg(test)]")).count();
        if code > LINES && !TABLES.iter().any(|table| path.starts_with(table)) {
            faults.push(format!("{} has {code} lines of code, more than {LINES}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
