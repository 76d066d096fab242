//! Logs of flows that have lines of their own: AWS', with the usual columns or with those that a header names, Azure's
//! tuples, Windows' firewall.

use super::{Packet, packet, record};
use crate::api::Timestamp;
use crate::platform::ingest::layout::{COLUMNS, Column, Header};
use crate::platform::ingest::{address, loose, stamp};
use crate::platform::record::Record;

/// Whether a line is one of AWS' flow logs or of Windows' firewall.
#[must_use]
pub fn recognise(line: &str) -> bool {
    parse(line, Timestamp(0)).is_some()
}

/// Reads such a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((time, found)) = tuple(line) {
        return Some(record(line, stamp::sane(time, now), found));
    }
    let words: Vec<&str> = line.splitn(24, ' ').collect();
    let (time, found) = vpc(&words).or_else(|| windows(&words, now))?;
    Some(record(line, stamp::sane(time, now), found))
}

/// Azure's `SECONDS,SRC,DST,SPT,DPT,T,I,D,...`: protocol, direction, and whether it was allowed; newer ones have the
/// protocol's number and say what they did by the kind of encryption (`NX`) after a letter.
fn tuple(line: &str) -> Option<(Timestamp, Packet)> {
    let columns: Vec<&str> = line.splitn(14, ',').collect();
    let [when, src, dst, _, port, protocol, direction, decision, ..] = columns[..] else { return None };
    let passed = !matches!(decision, "D");
    let known = matches!(protocol, "T" | "U" | "6" | "17") && matches!(direction, "I" | "O");
    (known && matches!(decision, "A" | "D" | "B" | "C" | "E")).then_some(())?;
    let mut found = packet(address::parse(src)?, address::parse(dst)?, port.parse().ok()?, passed);
    // A flow that goes on was told of at its beginning.
    if matches!((decision, columns.get(8)), ("C" | "E", _) | ("A", Some(&"C" | &"E"))) {
        found.flow = None;
    }
    Some((stamp::epoch(when)?, found))
}

/// `2 ACCOUNT eni-1 SRC DST SPT DPT 6 PACKETS BYTES START END REJECT OK`, the default columns.
fn vpc(words: &[&str]) -> Option<(Timestamp, Packet)> {
    let [version, _, interface, src, dst, from, to, protocol, _, bytes, start, _, action, ..] = words else {
        return None;
    };
    (version.len() == 1 && interface.starts_with("eni-")).then_some(())?;
    aws(&Aws { src, dst, from, to, protocol, bytes, start, action })
}

/// What AWS says of a flow; columns that are not logged are empty.
struct Aws<'a> {
    src: &'a str,
    dst: &'a str,
    from: &'a str,
    to: &'a str,
    protocol: &'a str,
    bytes: &'a str,
    start: &'a str,
    action: &'a str,
}

fn aws(flow: &Aws<'_>) -> Option<(Timestamp, Packet)> {
    let passed = flow.action == "ACCEPT";
    (passed || flow.action == "REJECT").then_some(())?;
    let (from, to): (u16, u16) = (flow.from.parse().unwrap_or(u16::MAX), flow.to.parse().ok()?);
    let mut found = packet(address::parse(flow.src)?, address::parse(flow.dst)?, to, passed);
    // Both directions are told; whoever sends from the lower port answers.
    if from < to || !matches!(flow.protocol, "6" | "17" | "") {
        found.flow = None;
    }
    if let Some(told) = &mut found.flow {
        told.sent = flow.bytes.parse().unwrap_or(0);
    }
    Some((stamp::epoch(flow.start)?, found))
}

/// Whether a line has the columns that a header of AWS' names.
pub(in crate::platform::ingest) fn fits(line: &str, header: &Header) -> bool {
    parse_laid_out(line, Timestamp(0), header).is_some()
}

/// Reads a line of AWS' flow log with columns of its own; `None` when it is something else.
pub(in crate::platform::ingest) fn parse_laid_out<'a>(
    line: &'a str,
    now: Timestamp,
    header: &Header,
) -> Option<Record<'a>> {
    let mut slots = [""; COLUMNS];
    let mut words = line.split(' ');
    for column in &header.columns {
        let word = words.next()?;
        if let Some(column) = column {
            slots[*column as usize] = word;
        }
    }
    words.next().is_none().then_some(())?;
    let at = |column: Column| slots[column as usize];
    let (src, dst) = (at(Column::Source), at(Column::Target));
    let (from, to, protocol) = (at(Column::SourcePort), at(Column::TargetPort), at(Column::Proto));
    let flow = Aws {
        src,
        dst,
        from,
        to,
        protocol,
        bytes: at(Column::Sent),
        start: at(Column::Time),
        action: at(Column::Actions),
    };
    let (time, found) = aws(&flow)?;
    Some(record(line, stamp::sane(time, now), found))
}

/// `DATE TIME DROP TCP SRC DST SPT DPT SIZE FLAGS ... RECEIVE`.
fn windows(words: &[&str], now: Timestamp) -> Option<(Timestamp, Packet)> {
    let [date, time, action, protocol, src, dst, _, port, _, flags, ..] = words else { return None };
    let passed = *action == "ALLOW";
    (matches!(*protocol, "TCP" | "UDP" | "ICMP") && (passed || *action == "DROP")).then_some(())?;
    let mut found = packet(address::parse(src)?, address::parse(dst)?, port.parse().unwrap_or(0), passed);
    let answer = *protocol == "ICMP" || flags.contains('A') || flags.contains('R');
    if answer || words.get(16).is_some_and(|path| *path == "SEND") {
        found.flow = None;
    }
    let when = loose::read(&format!("{date} {time}"), now, stamp::machine_offset)?.0;
    Some((when, found))
}
