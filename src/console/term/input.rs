//! From the bytes a terminal sends to keys, pasted text, the mouse, and answers to our own questions, which are never
//! taken for keys.
//!
//! Reads what xterm and its descendants send without having been asked for more (CSI and SS3 keys, SGR mouse, bracketed
//! paste), and keys that some report as `CSI u`. A lone escape byte is the key Esc once nothing follows for a while:
//! [`Decoder::pending`]. Whatever comes, nothing is held without bound, and what cannot be read is dropped whole.

use crate::console::keymap::Key;
use crossterm::event::KeyCode;
use std::time::Duration;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// A press of the first mouse button, at a column and a row from 0.
    Click(u16, u16),
    /// A turn of the wheel, downwards or upwards.
    Wheel(bool),
    /// The terminal says that it is well: it has come to our question.
    Answer,
}

/// The longest sequence that means anything, in bytes.
const LONGEST: usize = 64;
/// The longest string (OSC, DCS and their like) waited for, in bytes.
const STRING: usize = 64 * 1024;
/// The most that is kept of one paste, in bytes.
const PASTE: usize = 1024 * 1024;
/// What ends a paste.
const PASTED: &[u8] = b"\x1b[201~";

/// What the beginning of the bytes held is.
enum Piece {
    /// Not whole yet.
    Part,
    /// So many bytes, and what they mean, if anything.
    Whole(usize, Option<Input>),
    /// So many bytes, after which pasted text begins.
    Paste(usize),
}

/// Takes bytes as they come.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    /// Text being pasted.
    paste: Option<Vec<u8>>,
}

impl Decoder {
    /// Takes bytes; gives what they make whole.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.held.extend_from_slice(bytes);
        let (mut found, mut at) = (Vec::new(), 0);
        while at < self.held.len() {
            let rest = &self.held[at..];
            if let Some(paste) = &mut self.paste {
                let (taken, ended) = pasted(rest);
                let room = PASTE.saturating_sub(paste.len()).min(taken);
                paste.extend_from_slice(&rest[..room]);
                at += taken + if ended { PASTED.len() } else { 0 };
                if !ended {
                    break;
                }
                let text = self.paste.take().unwrap_or_default();
                found.push(Input::Paste(String::from_utf8_lossy(&text).into_owned()));
                continue;
            }
            match piece(rest) {
                Piece::Part => break,
                Piece::Whole(taken, input) => {
                    at += taken;
                    found.extend(input);
                }
                Piece::Paste(taken) => {
                    at += taken;
                    self.paste = Some(Vec::new());
                }
            }
        }
        self.held.drain(..at);
        found
    }

    /// How long to wait for more before [`Decoder::settle`]; nothing when nothing is open. A paste is waited for as long
    /// as it takes: what follows must never be taken as keys.
    #[must_use]
    pub fn pending(&self) -> Option<Duration> {
        match self.held.len() {
            _ if self.paste.is_some() => None,
            0 => None,
            // Escape alone is most likely the key.
            1 => Some(Duration::from_millis(30)),
            _ => Some(Duration::from_millis(500)),
        }
    }

    /// Nothing more came: what is open is what it is.
    pub fn settle(&mut self) -> Option<Input> {
        if self.paste.is_some() {
            return None;
        }
        match std::mem::take(&mut self.held).as_slice() {
            [0x1b] => Some(Input::Key(Key::plain(KeyCode::Esc))),
            // No sequence after all: the key with Alt.
            [0x1b, c] => Some(Input::Key(Key { alt: true, ..byte(*c)? })),
            _ => None,
        }
    }
}

/// How much of this is pasted text, and whether the end follows.
fn pasted(bytes: &[u8]) -> (usize, bool) {
    if let Some(end) = memchr::memmem::find(bytes, PASTED) {
        return (end, true);
    }
    // The end may be cut in two.
    let open = (1..PASTED.len()).rev().find(|n| bytes.ends_with(&PASTED[..*n])).unwrap_or(0);
    (bytes.len() - open, false)
}

fn piece(bytes: &[u8]) -> Piece {
    match bytes {
        [0x1b] => Piece::Part,
        [0x1b, b'[', ..] => csi(bytes),
        [0x1b, b'O', rest @ ..] => match rest.first() {
            None => Piece::Part,
            Some(c) => Piece::Whole(3, letter(*c, 1).map(Input::Key)),
        },
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', ..] => string(bytes),
        [0x1b, 0x1b, ..] => Piece::Whole(1, Some(Input::Key(Key::plain(KeyCode::Esc)))),
        [0x1b, rest @ ..] => match character(rest) {
            Piece::Whole(taken, Some(Input::Key(key))) => {
                Piece::Whole(taken + 1, Some(Input::Key(Key { alt: true, ..key })))
            }
            Piece::Whole(taken, _) => Piece::Whole(taken + 1, None),
            other => other,
        },
        _ => character(bytes),
    }
}

/// A string that nobody asked for: skipped to its end.
fn string(bytes: &[u8]) -> Piece {
    let end = (2..bytes.len()).find_map(|i| match &bytes[i..] {
        [0x07, ..] => Some(i + 1),
        [0x1b, b'\\', ..] => Some(i + 2),
        _ => None,
    });
    match end {
        Some(end) => Piece::Whole(end, None),
        None if bytes.len() > STRING => Piece::Whole(bytes.len(), None),
        None => Piece::Part,
    }
}

/// A character, as a key.
fn character(bytes: &[u8]) -> Piece {
    let Some(first) = bytes.first().copied() else { return Piece::Part };
    let len = match first {
        0..0x80 => return Piece::Whole(1, byte(first).map(Input::Key)),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Piece::Whole(1, None),
    };
    let given = &bytes[..bytes.len().min(len)];
    match std::str::from_utf8(given) {
        Ok(text) => Piece::Whole(len, text.chars().next().map(|c| Input::Key(Key::plain(KeyCode::Char(c))))),
        Err(e) if e.error_len().is_none() => Piece::Part,
        Err(_) => Piece::Whole(1, None),
    }
}

/// A single byte, as a key.
fn byte(byte: u8) -> Option<Key> {
    let ctrl = |c: u8| Key { ctrl: true, ..Key::plain(KeyCode::Char(char::from(c))) };
    Some(match byte {
        0 => ctrl(b' '),
        b'\r' => Key::plain(KeyCode::Enter),
        b'\t' => Key::plain(KeyCode::Tab),
        0x1b => Key::plain(KeyCode::Esc),
        0x7f => Key::plain(KeyCode::Backspace),
        1..=0x1a => ctrl(byte - 1 + b'a'),
        0x1c..=0x1f => ctrl(byte - 0x1c + b'4'),
        b' '..=b'~' => Key::plain(KeyCode::Char(char::from(byte))),
        _ => return None,
    })
}

fn csi(bytes: &[u8]) -> Piece {
    // The Linux console's function keys: one letter follows.
    if bytes.get(2) == Some(&b'[') {
        return if bytes.len() < 4 { Piece::Part } else { Piece::Whole(4, None) };
    }
    let Some(end) = bytes.iter().skip(2).position(|c| !(0x20..0x40).contains(c)).map(|i| i + 2) else {
        return if bytes.len() > LONGEST { Piece::Whole(bytes.len(), None) } else { Piece::Part };
    };
    let (parameters, last) = (&bytes[2..end], bytes[end]);
    if !(0x40..0x7f).contains(&last) {
        // Broken off by something else, which is read by itself.
        return Piece::Whole(end, None);
    }
    let taken = end + 1;
    let text = std::str::from_utf8(parameters).unwrap_or_default();
    if let Some(text) = text.strip_prefix('<') {
        return Piece::Whole(taken, if last == b'M' { mouse(text) } else { None });
    }
    let numbers: Vec<u16> = text.split(';').map(|n| n.split(':').next().unwrap_or(n).parse().unwrap_or(0)).collect();
    let (first, second) = (numbers[0], numbers.get(1).copied().unwrap_or(1));
    let key = match last {
        b'~' if text == "200" => return Piece::Paste(taken),
        b'n' => return Piece::Whole(taken, (text == "0" || text == "3").then_some(Input::Answer)),
        // The oldest mouse reports, which three bytes follow.
        b'M' if text.is_empty() => return if bytes.len() < 6 { Piece::Part } else { Piece::Whole(6, None) },
        b'~' if first == 27 => numbers.get(2).and_then(|c| reported(*c, second)),
        b'~' => numbered(first).map(|code| held(code, second)),
        b'u' if !text.is_empty() => reported(first, second),
        // Answers of terminals to others' questions look like keys with parameters; keys have `1` or nothing in front.
        _ if first <= 1 && numbers.len() <= 2 => letter(last, second),
        _ => None,
    };
    Piece::Whole(taken, key.map(Input::Key))
}

/// A key with modifiers as xterm numbers them: one more than a sum of 1 (shift), 2 (alt), 4 (control).
fn held(code: KeyCode, modifiers: u16) -> Key {
    let set = modifiers.saturating_sub(1);
    let code = match code {
        KeyCode::Tab if set & 1 > 0 => KeyCode::BackTab,
        KeyCode::Char(c) if set & 1 > 0 => KeyCode::Char(c.to_uppercase().next().unwrap_or(c)),
        code => code,
    };
    Key { code, alt: set & 2 > 0, ctrl: set & 4 > 0 }
}

fn letter(last: u8, modifiers: u16) -> Option<Key> {
    let code = match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'Z' => KeyCode::BackTab,
        _ => return None,
    };
    Some(held(code, modifiers))
}

const fn numbered(n: u16) -> Option<KeyCode> {
    Some(match n {
        1 | 7 => KeyCode::Home,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        _ => return None,
    })
}

/// A key that is reported by its character.
fn reported(character: u16, modifiers: u16) -> Option<Key> {
    match u8::try_from(character) {
        Ok(c @ (b'\r' | b'\t' | 0x1b | 0x7f)) => byte(c).map(|key| held(key.code, modifiers)),
        _ => {
            char::from_u32(u32::from(character)).filter(|c| !c.is_control()).map(|c| held(KeyCode::Char(c), modifiers))
        }
    }
}

/// A mouse report: button, column, row from 1.
fn mouse(text: &str) -> Option<Input> {
    let mut numbers = text.split(';').map(|n| n.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    match button & 0b1110_0011 {
        // Held modifiers (4, 8, 16) do not matter.
        0 => Some(Input::Click(x.checked_sub(1)?, y.checked_sub(1)?)),
        64 => Some(Input::Wheel(false)),
        65 => Some(Input::Wheel(true)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "input_test.rs"]
mod tests;
