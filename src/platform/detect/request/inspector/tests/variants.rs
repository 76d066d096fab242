//! Families of attacks, each spelled in many ways, and ordinary values that look alike: written for this project.
//!
//! One family a line of `variants/*.tsv`: `hit` or `pass`, where it stands, the text. `⟦a¦b⟧` in a text is one of each, so
//! that a line stands for the product of all of its alternatives. A value is sent as a browser would send it; `url`,
//! `cookie` and the bodies are sent as they are, with `¶` for a line break.

use super::*;
use crate::api::wire::percent;

/// What is told by each file: its name, its lines, how many of its ordinary values may be noted (with little confidence).
const FILES: &[(&str, &str, usize)] = &[
    ("sql", include_str!("variants/sql.tsv"), 15),
    ("script", include_str!("variants/script.tsv"), 19),
    ("file", include_str!("variants/file.tsv"), 5),
    ("command", include_str!("variants/command.tsv"), 26),
    ("expression", include_str!("variants/expression.tsv"), 12),
    ("address", include_str!("variants/address.tsv"), 4),
    ("object", include_str!("variants/object.tsv"), 6),
    ("code", include_str!("variants/code.tsv"), 20),
    ("protocol", include_str!("variants/protocol.tsv"), 0),
    ("probe", include_str!("variants/probe.tsv"), 0),
    ("piece", include_str!("variants/piece.tsv"), 9),
    ("program", include_str!("variants/program.tsv"), 3),
    ("hole", include_str!("variants/hole.tsv"), 0),
    ("sweep", include_str!("variants/sweep.tsv"), 0),
];

/// Most texts one line stands for.
const PRODUCT_MAX: usize = 512;

/// Every text that a line stands for.
fn texts(line: &str) -> Vec<String> {
    let mut done = vec![String::new()];
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('⟦') {
        let (choices, after) = after.split_once('⟧').unwrap_or_else(|| panic!("no end: {line}"));
        let add = |text: &String| choices.split('¦').map(|c| format!("{text}{before}{c}")).collect::<Vec<_>>();
        done = done.iter().flat_map(add).collect();
        rest = after;
    }
    assert!(done.len() <= PRODUCT_MAX, "{} of {line}", done.len());
    done.into_iter().map(|text| text + rest).collect()
}

/// What is found in a text that stands somewhere.
fn found(place: &str, text: &str) -> Vec<Hit> {
    let lines = text.replace('¶', "\r\n");
    let body = |content_type| {
        let body = lines.as_bytes();
        hits(&Request { method: "POST", url: "/item", content_type, body, ..Request::default() })
    };
    match place {
        "value" => on_url(&format!("/item?q={}", percent(&lines))),
        "name" => on_url(&format!("/item?{}=1", percent(&lines))),
        "post" => {
            let body = format!("a=1&q={}", percent(&lines));
            let content_type = "application/x-www-form-urlencoded";
            let body = body.as_bytes();
            hits(&Request { method: "POST", url: "/item", content_type, body, ..Request::default() })
        }
        "url" => on_url(text),
        "referer" => hits(&Request { url: "/", referer: text, ..Request::default() }),
        "agent" => hits(&Request { url: "/", agent: text, ..Request::default() }),
        "cookie" => hits(&Request { url: "/", cookie: text, ..Request::default() }),
        "form" => body("application/x-www-form-urlencoded"),
        "json" => body("application/json"),
        "xml" => body("text/xml"),
        "multipart" => body("multipart/form-data; boundary=q"),
        "method" => hits(&Request { method: text, url: "/", ..Request::default() }),
        "type" => hits(&Request { method: "POST", url: "/", content_type: text, body: b"a=b", ..Request::default() }),
        "headers" => {
            let ordinary = [("Host", "a.example"), ("Accept", "*/*")];
            let more = text.split('¶').map(|line| line.split_once(": ").unwrap_or((line, "")));
            let headers: Vec<(&str, &str)> = ordinary.into_iter().chain(more).collect();
            hits(&Request { method: "GET", url: "/", agent: "curl/8.5.0", headers: &headers, ..Request::default() })
        }
        other => panic!("no such place: {other}"),
    }
}

#[test]
fn families_are_found_in_every_spelling_and_what_looks_alike_is_not() {
    let mut faults = Vec::new();
    for (file, lines, most) in FILES {
        let (mut hit, mut all, mut passed, mut noted) = (0, 0, 0, 0);
        for line in lines.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let mut columns = line.splitn(3, '\t');
            let mut next = || columns.next().unwrap_or_else(|| panic!("three columns: {line}"));
            let (kind, place, text) = (next(), next(), next());
            for text in texts(text) {
                let found = found(place, &text);
                let told = || found.iter().map(|h| (h.rule, h.sign, h.confidence)).collect::<Vec<_>>();
                if kind == "hit" {
                    all += 1;
                    hit += usize::from(!found.is_empty());
                    if found.is_empty() {
                        faults.push(format!("{file}: missed {place} {text}"));
                    }
                    continue;
                }
                passed += 1;
                noted += usize::from(!found.is_empty());
                let told = told();
                if found.iter().any(|h| h.certain) || !found.is_empty() && *most == 0 {
                    faults.push(format!("{file}: noted {place} {text} {told:?}"));
                }
            }
        }
        println!("{file:12} {hit} of {all} found, {noted} of {passed} ordinary values noted");
        if noted > *most {
            faults.push(format!("{file}: {noted} noted"));
        }
        assert!(all >= 40 && passed >= 20, "{file}: {all} {passed}");
    }
    assert!(faults.is_empty(), "{} wrong:\n{}", faults.len(), faults.join("\n"));
}
