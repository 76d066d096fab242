//! W3C extended logs: AWS CloudFront's standard logs (tabs) and IIS (spaces).
//!
//! The columns are named by `#Fields:`; without one they are taken in the order that the writers have by default
//! (CloudFront's standard logging reference; IIS 7 and later). Both writers encode spaces in whatever a client sent, so
//! a client cannot make a column: a line with more columns than were named is none of these. Times are UTC.
//! `x-forwarded-for` is the client's word and not believed.

use super::layout::{COLUMNS, Column, Header, columns, w3c};
use super::{address, combined, quoted, stamp};
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;
use std::sync::LazyLock;

static CLOUDFRONT: LazyLock<Vec<Option<Column>>> = LazyLock::new(|| {
    columns(
        "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) \
         cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header",
        w3c,
    )
});

static IIS: LazyLock<Vec<Option<Column>>> = LazyLock::new(|| {
    columns(
        "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) \
         sc-status sc-substatus sc-win32-status time-taken",
        w3c,
    )
});

/// Whether a line looks like CloudFront's.
#[must_use]
pub fn is_cloudfront(line: &str) -> bool {
    dated(line.as_bytes(), b'\t')
}

/// Whether a line looks like IIS's. Many programs begin their lines with such a date: the columns must be there too.
#[must_use]
pub fn is_iis(line: &str) -> bool {
    dated(line.as_bytes(), b' ') && line.split(' ').nth(10).is_some() && line.split(' ').any(is_method)
}

fn is_method(word: &str) -> bool {
    (3..=12).contains(&word.len()) && combined::activity(word) != 99
}

/// `2019-12-04 21:02:31 `, with this separator.
fn dated(bytes: &[u8], separator: u8) -> bool {
    bytes.get(10) == Some(&separator)
        && bytes.get(19) == Some(&separator)
        && stamp::plain(&bytes[..10], &bytes[11..19]).is_some()
}

/// Reads a line of unnamed columns; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let columns = if is_cloudfront(line) { &*CLOUDFRONT } else { &*IIS };
    read(line, now, columns, "", true)
}

/// Reads a line of named columns; `None` when it is something else.
pub(super) fn parse_laid_out<'a>(line: &'a str, now: Timestamp, header: &Header) -> Option<Record<'a>> {
    read(line, now, &header.columns, &header.date, false)
}

fn read<'a>(line: &'a str, now: Timestamp, columns: &[Option<Column>], date: &str, more: bool) -> Option<Record<'a>> {
    let tabs = memchr::memchr(b'\t', line.as_bytes()).is_some();
    let slots = slots(line, if tabs { b'\t' } else { b' ' }, columns, more)?;
    let at = |column: Column| slots[column as usize];
    let date = if at(Column::Date).is_empty() { date } else { at(Column::Date) };
    let time = Timestamp(stamp::plain(date.as_bytes(), at(Column::Time).as_bytes())?.checked_mul(1000)?);
    let mut record = Record::bare(stamp::sane(time, now), line);
    record.src_ip = address::peer(at(Column::Source));
    record.user = some(at(Column::User)).map(|user| decoded(user, false));
    record.host = some(at(Column::HostHeader)).or_else(|| some(at(Column::Host))).map(Cow::Borrowed);
    if at(Column::Status).is_empty() && at(Column::Method).is_empty() {
        // A log of something else than requests, or a line cut short.
        return Some(record).filter(|r| r.src_ip.is_some() && !columns.contains(&Some(Column::Status)));
    }
    let status = at(Column::Status).parse().ok().filter(|status| *status <= 999)?;
    record.src_ip?;
    if let Some(outcome) = ftp(at(Column::Method), status) {
        (record.class, record.activity, record.outcome) = (Class::AUTHENTICATION, 1, outcome);
        return Some(record);
    }
    record.class = Class::HTTP;
    record.activity = combined::activity(at(Column::Method));
    record.outcome = combined::outcome(status);
    record.http = Some(HttpRecord {
        method: Cow::Borrowed(at(Column::Method)),
        url: url(at(Column::Path), at(Column::Query)),
        status,
        bytes: at(Column::Bytes).parse().unwrap_or(0),
        referer: some(at(Column::Referer)).map_or(Cow::Borrowed(""), Cow::Borrowed),
        agent: decoded(at(Column::Agent), !tabs),
    });
    Some(record)
}

/// What IIS' FTP server says to a password: `PASS` or `[7]PASS`, and 530 or 230.
fn ftp(method: &str, status: u16) -> Option<Outcome> {
    let password = method.rsplit(']').next() == Some("PASS");
    match status {
        530 if password => Some(Outcome::Failure),
        230 if password => Some(Outcome::Success),
        _ => None,
    }
}

/// The columns asked for, each in its place; what is `-` is empty. `None` when there are more than were named.
fn slots<'a>(line: &'a str, separator: u8, columns: &[Option<Column>], more: bool) -> Option<[&'a str; COLUMNS]> {
    let mut slots = [""; COLUMNS];
    let mut start = 0;
    for column in columns {
        let end = memchr::memchr(separator, line.as_bytes().get(start..)?).map_or(line.len(), |i| start + i);
        if let Some(column) = column {
            let text = line.get(start..end)?;
            slots[*column as usize] = if text == "-" { "" } else { text };
        }
        start = end + 1;
    }
    (more || start > line.len()).then_some(slots)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Path and query.
fn url<'a>(path: &'a str, query: &str) -> Cow<'a, str> {
    if query.is_empty() { Cow::Borrowed(path) } else { Cow::Owned([path, "?", query].concat()) }
}

/// A text without its percent escapes, and with `plus` its spaces back. Old CloudFront logs escaped the escapes too.
fn decoded(text: &str, plus: bool) -> Cow<'_, str> {
    if plus && memchr::memchr(b'+', text.as_bytes()).is_some() {
        let spaced = text.replace('+', " ");
        return Cow::Owned(quoted::hex(&spaced, b'%').into_owned());
    }
    let once = quoted::hex(text, b'%');
    let again = !once.contains(' ') && once.contains("%20");
    if again { Cow::Owned(quoted::hex(&once, b'%').into_owned()) } else { once }
}

#[cfg(test)]
#[path = "w3c_tests.rs"]
mod tests;
