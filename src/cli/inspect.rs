//! `watchfloor inspect REQUEST`: what every stage of the detectors makes of one request.

use super::{Global, Modes, say};
use crate::api::{InspectedHit, InspectedText, Inspection, Problem, ProblemKind};
use crate::export::to_json;
use clap::ArgMatches;
use std::fmt::Write;
use std::io::Read;

/// Longest request that is read, in bytes.
const REQUEST_MAX: u64 = 1 << 20;

/// Runs an inspection.
///
/// # Errors
/// The request cannot be read or is none, or the output not be written.
pub fn run(matches: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let asked = matches.get_one::<String>("request").map_or("", String::as_str);
    let seen = modes.inspect(&read(asked)?)?;
    if global.json() { say::out(&to_json(&seen)) } else { say::out(&show(&seen)) }
}

/// A request itself, `-` for standard input, or a file.
fn read(asked: &str) -> Result<Vec<u8>, Problem> {
    let unread = |e: &std::io::Error| {
        let shown = crate::text::visible::escape(asked).into_owned();
        Problem::new(ProblemKind::NotFound, format!("{shown} cannot be read"), e.to_string())
            .hint("Give a request line in quotes: watchfloor inspect 'GET /?q=x'")
    };
    let mut bytes = Vec::new();
    if asked == "-" {
        std::io::stdin().take(REQUEST_MAX).read_to_end(&mut bytes).map_err(|e| unread(&e))?;
    } else if asked.contains(' ') && !std::path::Path::new(asked).exists() {
        bytes.extend_from_slice(asked.as_bytes());
    } else {
        let file = std::fs::File::open(asked).map_err(|e| unread(&e))?;
        file.take(REQUEST_MAX).read_to_end(&mut bytes).map_err(|e| unread(&e))?;
    }
    Ok(bytes)
}

fn show(seen: &Inspection) -> String {
    let mut out = format!("{} {}\n", seen.method.visible(), seen.url.visible());
    for text in &seen.texts {
        text_lines(text, &mut out);
    }
    for hit in &seen.hits {
        hit_lines(hit, &mut out);
    }
    if seen.hits.is_empty() {
        out.push_str("\nnothing found\n");
    }
    let verdict = match &seen.refused {
        Some(why) => format!("refuse it: {}", why.visible()),
        None => "let it pass".to_owned(),
    };
    let _ = writeln!(out, "\na gate would {verdict}");
    out
}

fn text_lines(text: &InspectedText, out: &mut String) {
    let name = if text.name.is_empty() { String::new() } else { format!(" \"{}\"", text.name.visible()) };
    let _ = writeln!(out, "\n{}{name}", text.part);
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {label:<10} {value}");
        }
    };
    line("raw", &text.raw.visible());
    line("taken off", &text.layers.join(", "));
    match &text.decoded {
        Some(decoded) if decoded != &text.raw => line("decoded", &decoded.visible()),
        Some(_) => {}
        None => line("prefilter", "nothing"),
    }
    for sign in &text.prefilter {
        line("prefilter", sign);
    }
    for opinion in &text.opinions {
        line("says", opinion);
    }
}

fn hit_lines(hit: &InspectedHit, out: &mut String) {
    let certain = if hit.certain { ", certain" } else { "" };
    let _ = writeln!(
        out,
        "\n{} ({:.2}{certain}; {}): {} in the {}\n  \"{}\"",
        hit.rule,
        hit.confidence,
        hit.kinds.join(" and "),
        hit.sign,
        hit.place.visible(),
        hit.matched.visible(),
    );
}
