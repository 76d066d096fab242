//! A request as the classifier sees it: its parts, each decoded by itself.

use super::crs::Sent;
use crate::platform::detect::model::request::{Field, is_harmless};
use crate::platform::detect::request::{Plus, plain};

/// One decoded part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub field: Field,
    pub plain: Vec<u8>,
}

impl Part {
    /// A value from a list, which may be encoded for a query or not: with a space in it, it is not.
    pub fn of_line(field: Field, line: &str) -> Self {
        let plus = if line.contains(' ') { Plus::Literal } else { Plus::Space };
        let plain = plain(line.as_bytes(), plus);
        let field = if matches!(field, Field::Query | Field::Text) { Field::of_value(&plain) } else { field };
        Self { field, plain }
    }
}

/// Headers that say nothing about the client's intentions.
const ORDINARY: [&str; 8] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
];

/// The parts of a request that are worth scoring.
pub(super) fn parts(sent: &Sent) -> Vec<Part> {
    let mut out = Vec::new();
    let (path, query) = sent.url.split_once('?').unwrap_or((&sent.url, ""));
    push(&mut out, Field::Path, path, Plus::Literal);
    pairs(&mut out, query, "&");
    let mut kind = String::new();
    for (name, value) in &sent.headers {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "cookie" => value.split(';').for_each(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or(("", pair));
                push(&mut out, Field::Cookie, value.trim(), Plus::Literal);
                push(&mut out, Field::Cookie, name.trim(), Plus::Literal);
            }),
            "content-type" => kind = value.to_ascii_lowercase(),
            _ if ORDINARY.contains(&name.as_str()) || value == "OWASP CRS test agent" => {}
            _ => push(&mut out, Field::Header, value, Plus::Literal),
        }
    }
    body(&mut out, &sent.body, &kind);
    out
}

fn body(out: &mut Vec<Part>, body: &str, kind: &str) {
    if kind.contains("json")
        && let Ok(value) = serde_json::from_str::<serde_json::Value>(body)
    {
        return leaves(out, &value);
    }
    if kind.contains("multipart") {
        return body.split("\n").for_each(|line| push(out, Field::Text, line.trim_end(), Plus::Literal));
    }
    if kind.contains("xml") || kind.contains("json") {
        return push(out, Field::Text, body, Plus::Literal);
    }
    pairs(out, body, "&");
}

fn leaves(out: &mut Vec<Part>, value: &serde_json::Value) {
    match value {
        serde_json::Value::String(text) => push(out, Field::Json, text, Plus::Literal),
        serde_json::Value::Array(items) => items.iter().for_each(|item| leaves(out, item)),
        serde_json::Value::Object(items) => items.iter().for_each(|(name, item)| {
            push(out, Field::Json, name, Plus::Literal);
            leaves(out, item);
        }),
        _ => {}
    }
}

fn pairs(out: &mut Vec<Part>, text: &str, between: &str) {
    for pair in text.split(between) {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        push(out, Field::Query, value, Plus::Space);
        push(out, Field::Query, name, Plus::Space);
    }
}

fn push(out: &mut Vec<Part>, field: Field, raw: &str, plus: Plus) {
    let plain = plain(raw.as_bytes(), plus);
    if !is_harmless(&plain) {
        let field = if field == Field::Query { Field::of_value(&plain) } else { field };
        out.push(Part { field, plain });
    }
}
