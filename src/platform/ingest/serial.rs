//! Records over many lines: ModSecurity's serial audit log, and the blocks of Oracle's audit files and of OSSEC's alerts.
//!
//! `--c7036611-A--`, then `[time] id client port server port`; `-B--` the request's line and headers; `-F--` the answer's;
//! `-H--` what rules said (`Message: `, version 3 writes `ModSecurity: `) and whether it stepped in; `-Z--` the end.
//! Version 3 has more dashes. The letters between the dashes are made up for each record, so that no body can end it.
//! Sections with bodies are passed over; of every other no more is kept than a small part of what servers allow.

use super::{address, combined, modsecurity, oracle, ossec, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;

/// Bytes kept of one section and of a whole record, and its lines.
const SECTION_MAX: usize = 4 * 1024;
const TEXT_MAX: usize = 32 * 1024;
const LINES_MAX: usize = 16 * 1024;
/// Sections that are kept.
const KEPT: &[u8] = b"ABFH";
/// A block of lines that ends with one of its own.
const BLOCK: u8 = b'_';

/// A record that is not complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Serial {
    /// Its lines so far, without those of bodies.
    pub text: String,
    section: u8,
    /// Bytes of the section that are kept, and lines of the record that were seen.
    kept: usize,
    lines: usize,
}

/// What a line is to a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// No part of it: there is none, or it is given up.
    Other,
    /// A part of it.
    Part,
    /// Its end: the record.
    Whole(String),
}

/// The letters and the section of `--c7036611-A--`.
fn boundary(line: &str) -> Option<(&str, u8)> {
    let inner = line.strip_prefix("--")?.strip_suffix("--")?;
    let (head, part) = inner.rsplit_once('-')?;
    let id = head.trim_matches('-');
    let named = (4..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let [part @ b'A'..=b'Z'] = part.as_bytes() else { return None };
    named.then_some((id, *part))
}

impl Serial {
    /// Shows a record that may be open the next line.
    pub fn step(open: &mut Option<Self>, line: &str) -> Step {
        let mark = boundary(line);
        if let Some((_, b'A')) = mark {
            *open = Some(Self { text: format!("{line}\n"), section: b'A', ..Self::default() });
            return Step::Part;
        }
        if oracle::begins(line) || ossec::begins(line) {
            *open = Some(Self { text: format!("{line}\n"), section: BLOCK, ..Self::default() });
            return Step::Part;
        }
        let Some(record) = open else { return Step::Other };
        if record.section == BLOCK {
            return Self::block(open, line);
        }
        record.lines += 1;
        // The first section has one line, which begins with a time.
        let begun = record.lines > 1 || line.is_empty() || line.starts_with('[');
        if !begun || record.lines > LINES_MAX {
            *open = None;
            return Step::Other;
        }
        match mark.filter(|(id, _)| record.text.split('\n').next().and_then(boundary).is_some_and(|a| a.0 == *id)) {
            Some((_, b'Z')) => {
                let text = std::mem::take(&mut record.text);
                *open = None;
                return Step::Whole(text + line);
            }
            Some((_, section)) => {
                (record.section, record.kept) = (section, 0);
                if record.text.len() < TEXT_MAX {
                    record.text.extend([line, "\n"]);
                }
            }
            None if KEPT.contains(&record.section) && !line.is_empty() => {
                record.kept += line.len() + 1;
                if record.kept <= SECTION_MAX && record.text.len() < TEXT_MAX {
                    record.text.extend([line, "\n"]);
                }
            }
            None => {}
        }
        Step::Part
    }

    /// The next line of a block: its last, one of its own, or another's.
    fn block(open: &mut Option<Self>, line: &str) -> Step {
        let Some(record) = open else { return Step::Other };
        let (own, last) = if oracle::begins(&record.text) { oracle::line(line) } else { ossec::line(line) };
        if !own || record.text.len() + line.len() > TEXT_MAX {
            *open = None;
            return Step::Other;
        }
        record.text.extend([line, "\n"]);
        if !last {
            return Step::Part;
        }
        let text = std::mem::take(&mut record.text);
        *open = None;
        Step::Whole(text)
    }
}

/// Whether a line may be the first of such a record, by its first bytes.
pub(super) fn may_begin(line: &[u8]) -> bool {
    line.first() == Some(&b'-') || line.starts_with(b"LENGTH") || line.starts_with(b"** Alert ")
}

/// Whether a text is a whole record.
pub(super) fn recognise(text: &str) -> bool {
    text.split_once('\n').and_then(|(first, _)| boundary(first)).is_some_and(|(_, part)| part == b'A')
}

/// Reads a whole record; `None` when it is something else.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Record<'static>> {
    if oracle::begins(text) {
        return Some(oracle::block(text, now));
    }
    if ossec::begins(text) {
        return Some(ossec::parse(text, now));
    }
    let mut record = Record::bare(now, text.to_owned());
    let mut http = HttpRecord::default();
    let (mut section, mut first, mut intercepted) = (0, false, false);
    let mut alerts = Vec::new();
    for line in text.split('\n') {
        if let Some((_, part)) = boundary(line) {
            (section, first) = (part, true);
            continue;
        }
        match section {
            b'A' if first => {
                let (time, src_ip) = connection(line, now)?;
                (record.time, record.src_ip) = (time, Some(src_ip));
            }
            b'B' if first => {
                let (method, url) = combined::request(line, true);
                (http.method, http.url) = (Cow::Owned(method.into_owned()), Cow::Owned(url.into_owned()));
            }
            b'B' => header(&mut record, &mut http, line),
            b'F' if first => http.status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0),
            b'H' => {
                let said = line.strip_prefix("Message: ").or_else(|| line.strip_prefix("ModSecurity: "));
                alerts.extend(said.and_then(modsecurity::said));
                intercepted |= line.starts_with("Action: Intercepted");
            }
            _ => {}
        }
        first = false;
    }
    record.src_ip?;
    record.class = Class::HTTP;
    record.activity = combined::activity(&http.method);
    record.outcome = combined::outcome(http.status);
    let status = http.status;
    record.http = Some(http);
    if let Some((alert, severity)) = modsecurity::weigh(alerts.into_iter(), intercepted, status) {
        modsecurity::raise(&mut record, modsecurity::owned(alert), severity);
    }
    Some(record)
}

/// `[time] id client port server port`. The time may have microseconds.
fn connection(line: &str, now: Timestamp) -> Option<(Timestamp, std::net::IpAddr)> {
    let (time, ends) = line.strip_prefix('[')?.split_once("] ")?;
    let (clock, zone) = time.split_once(' ')?;
    let whole = format!("{} {zone}", clock.split('.').next()?);
    let time = stamp::clf(whole.as_bytes()).map_or(now, |time| stamp::sane(time, now));
    let client = ends.trim_end().rsplit(' ').nth(3).and_then(address::parse)?;
    Some((time, client))
}

/// A header of the request.
fn header(record: &mut Record<'static>, http: &mut HttpRecord<'static>, line: &str) {
    let Some((name, value)) = line.split_once(':') else { return };
    let value = value.trim();
    if name.eq_ignore_ascii_case("user-agent") {
        http.agent = Cow::Owned(value.to_owned());
    } else if name.eq_ignore_ascii_case("referer") {
        http.referer = Cow::Owned(value.to_owned());
    } else if name.eq_ignore_ascii_case("host") {
        record.host = Some(Cow::Owned(value.to_owned()));
    }
}

#[cfg(test)]
#[path = "serial_tests.rs"]
mod tests;
