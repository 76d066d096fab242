//! Reads a secret without showing it: from a terminal key by key, else one line of standard input. Never an argument,
//! because everybody on the host can read those.

use super::say;
use crate::api::{Problem, ProblemKind};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{self, BufRead, IsTerminal};

/// Longer input is no token.
const MOST: usize = 4096;

/// Reads one.
///
/// # Errors
/// Nothing was given, or it cannot be a token.
pub fn ask() -> Result<String, Problem> {
    let stdin = io::stdin();
    let text = if stdin.is_terminal() {
        say::note("Paste the token and press Enter; it is not shown.");
        enable_raw_mode().map_err(|e| unreadable(&e))?;
        let typed = keys();
        // Whatever was typed, the terminal goes back first.
        let _ = disable_raw_mode();
        typed?
    } else {
        let mut line = String::new();
        io::Read::take(stdin.lock(), MOST as u64 + 1).read_line(&mut line).map_err(|e| unreadable(&e))?;
        line
    };
    let token = text.trim();
    if token.is_empty() {
        return Err(Problem::new(ProblemKind::Usage, "No token was given", "standard input was empty")
            .hint("For example: `watchfloor auth login < token.txt`."));
    }
    if token.len() > MOST || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Problem::new(ProblemKind::Usage, "That is no token", "a token is one word of plain characters"));
    }
    Ok(token.to_owned())
}

fn keys() -> Result<String, Problem> {
    let mut text = String::new();
    loop {
        match read().map_err(|e| unreadable(&e))? {
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) => match key.code {
                KeyCode::Enter => return Ok(text),
                KeyCode::Esc => return Ok(String::new()),
                KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(String::new()),
                KeyCode::Backspace => {
                    text.pop();
                }
                KeyCode::Char(c) if text.len() <= MOST => text.push(c),
                _ => {}
            },
            _ => {}
        }
    }
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::new(ProblemKind::Unavailable, "The token cannot be read", error.to_string())
}
