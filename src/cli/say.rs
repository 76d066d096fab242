//! The one door out: everything printed passes here, so that nothing from outside drives the terminal.

use crate::api::{Problem, ProblemKind};
use crate::export::to_json;
use crate::text::visible;
use std::ffi::OsString;
use std::io::{self, Write};

/// Prints finished text to standard output. A reader that went away is content.
///
/// # Errors
/// It cannot be written, for example because the disk is full.
pub fn out(text: &str) -> Result<u8, Problem> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(safe(text).as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(0),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(e) => Err(Problem::new(ProblemKind::Unavailable, "Standard output cannot be written", e.to_string())
            .hint("Free some space or choose another place, then run the command again.")),
    }
}

/// Says something to people on standard error.
pub fn note(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = io::stderr().lock().write_all(format!("{}\n", safe(text)).as_bytes());
}

/// Says what went wrong; returns the exit code.
#[must_use]
pub fn problem(problem: &Problem, json: bool) -> u8 {
    if json {
        note(to_json(problem).trim_end());
    } else {
        note(&format!("watchfloor: {problem}"));
    }
    problem.kind.exit_code()
}

/// Says what clap has to say: help and version go to standard output, mistakes to standard error, escaped, because
/// they repeat what was typed. Returns the exit code.
#[must_use]
pub fn clap(error: &clap::Error, json: bool) -> u8 {
    let text = error.render().to_string();
    if !error.use_stderr() {
        return match out(&text) {
            Ok(code) => code,
            Err(p) => problem(&p, json),
        };
    }
    if json {
        let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let told = Problem::new(ProblemKind::Usage, "The arguments cannot be used", sentence);
        return problem(&told.hint("See `watchfloor --help`."), true);
    }
    note(text.trim_end());
    ProblemKind::Usage.exit_code()
}

/// Whether the arguments ask for JSON, even if they cannot be read otherwise.
#[must_use]
pub fn wants_json(arguments: &[OsString]) -> bool {
    let is = |word: &str| matches!(word, "json" | "ndjson");
    let words: Vec<_> = arguments.iter().map(|a| a.to_string_lossy()).take_while(|a| a != "--").collect();
    words.iter().enumerate().any(|(i, word)| match word.as_ref() {
        "-o" | "--output" => words.get(i + 1).is_some_and(|w| is(w)),
        other => ["--output=", "-o=", "-o"].iter().any(|flag| other.strip_prefix(flag).is_some_and(is)),
    })
}

/// Line by line through the escape: line ends are ours, everything else that drives a terminal is not.
fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            shown.push('\n');
        }
        for (j, part) in line.split('\t').enumerate() {
            if j > 0 {
                shown.push('\t');
            }
            shown.push_str(&visible::escape(part));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_however_it_is_written() {
        let wants = |words: &[&str]| wants_json(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(wants(&["w", "-o", "json"]) && wants(&["w", "-ojson"]) && wants(&["w", "--output=ndjson"]));
        assert!(!wants(&["w", "-o", "csv"]) && !wants(&["w", "--", "-o", "json"]) && !wants(&["w", "-o"]));
    }

    #[test]
    fn only_line_ends_and_tabs_pass() {
        assert_eq!(safe("a\tb\n\u{1b}[31m\u{9b}\r"), "a\tb\n␛[31m⟨009B⟩␍");
    }
}
