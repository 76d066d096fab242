//! Times as applications write them at the start of a line, in any of the customary orders.
//!
//! `2026-01-02 03:04:05,123 +0100`, `2026/01/02 03:04:05`, `02/Jan/2026:03:04:05`, `2 Jan 2026 03:04:05.1`,
//! `Fri Jan  2 03:04:05.123456 2026`, `Fri Jan 2 2026 03:04:05`, `Jan  2 03:04:05`, `20260102-03:04:05`,
//! `20260102:030405.123`, `1/2/2026, 3:04:05 PM`, seconds or milliseconds since 1970. A time without a zone is this
//! machine's; `03:04:05.123` alone is the last such time. Web servers' and syslog's own stamps have readers that cost
//! less in `stamp`.

use super::stamp::{self, days, digits, epoch, month, rfc3164, seconds, zone_seconds};
use crate::api::Timestamp;

/// Reads a time at the start of `text` and says how long it is. `offset` gives this machine's seconds east of UTC for
/// a local time.
#[must_use]
pub fn read(text: &str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize)> {
    let bytes = text.as_bytes();
    if let Some(found) = since_1970(text) {
        return Some(found);
    }
    if let Some(found) = counted(bytes, now, &offset) {
        return Some(found);
    }
    let start = weekday(bytes);
    let rest = &bytes[start..];
    let date = numeric(rest).or_else(|| named(rest)).or_else(|| compact(rest));
    let Some((date, length)) = date.or_else(|| year_third(rest)).or_else(|| slashed(rest, now)) else {
        return month_first(bytes, start, now, &offset).or_else(|| today(bytes, now, &offset));
    };
    let length = start + length;
    let (time, ms, length) =
        clock(bytes, length).or_else(|| twelve_hours(bytes, length)).or_else(|| run_together(bytes, length))?;
    let (zone, length) = zone(bytes, length);
    Some((instant(date * 86_400 + time, ms, zone, offset), length))
}

fn instant(local: i64, ms: i64, zone: Option<i64>, offset: impl Fn(i64) -> i64) -> Timestamp {
    Timestamp((local - zone.unwrap_or_else(|| offset(local))) * 1000 + ms)
}

/// `1767323045`, `1767323045.123`, `1767323045123`, and nothing else behind them in the word.
fn since_1970(text: &str) -> Option<(Timestamp, usize)> {
    let bytes = text.as_bytes();
    let whole = bytes.iter().take(14).take_while(|b| b.is_ascii_digit()).count();
    let fraction = match bytes.get(whole) {
        Some(b'.') => bytes[whole + 1..].iter().take(9).take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    let end = whole + if fraction > 0 { fraction + 1 } else { 0 };
    let ended = bytes.get(end).is_none_or(|b| matches!(b, b' ' | b'\t' | b']' | b',' | b':' | b'"'));
    let time = epoch(&text[..end]).filter(|_| ended && (whole == 10 || (whole == 13 && fraction == 0)))?;
    Some((time, end))
}

/// `I0102 03:04:05.123456`: a level's letter, month and day, as Go's programs write it.
fn counted(t: &[u8], now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize)> {
    let level = matches!(t.first()?, b'I' | b'W' | b'E' | b'F' | b'D');
    // CockroachDB has the year, too: `I260102 03:04:05.123456`.
    let year = t.get(5..7).and_then(digits).filter(|_| level && t.get(7) == Some(&b' '));
    if let Some((time, ms, end)) = year.and_then(|_| clock(t, 8)) {
        let date = days(2000 + digits(&t[1..3])?, digits(&t[3..5])?, digits(&t[5..7])?)?;
        return Some((instant(date * 86_400 + time, ms, None, offset), end));
    }
    let (month, day) = (digits(t.get(1..3).filter(|_| level)?)?, digits(t.get(3..5)?)?);
    let (time, ms, end) = clock(t, 6).filter(|_| t[5] == b' ')?;
    let today = now.0.div_euclid(86_400_000);
    let this_year = stamp::year_of(now.day());
    let date =
        days(this_year, month, day).filter(|date| *date <= today + 1).or_else(|| days(this_year - 1, month, day))?;
    Some((instant(date * 86_400 + time, ms, None, offset), end))
}

/// Length of `Fri ` or `Fri, ` in front.
fn weekday(bytes: &[u8]) -> usize {
    let known = bytes.get(..3).is_some_and(|d| {
        [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"].iter().any(|day| d.eq_ignore_ascii_case(*day))
    });
    match (known, bytes.get(3), bytes.get(4)) {
        (true, Some(b' '), _) => 4,
        (true, Some(b','), Some(b' ')) => 5,
        _ => 0,
    }
}

/// `2026-01-02`, `2026/01/02`, `2026.01.02`, with what stands before the time.
fn numeric(t: &[u8]) -> Option<(i64, usize)> {
    let separator = *t.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.' | b':') || t.get(7) != Some(&separator) {
        return None;
    }
    let date = days(digits(&t[0..4])?, digits(&t[5..7])?, digits(t.get(8..10)?)?)?;
    let gap = t[10..].iter().take_while(|b| matches!(b, b' ' | b'T' | b't' | b'-' | b':' | b'_' | b',')).count();
    (gap > 0).then_some((date, 10 + gap))
}

/// `20260102-`, `20260102 `, `20260102:`.
fn compact(t: &[u8]) -> Option<(i64, usize)> {
    let date = days(digits(t.get(0..4)?)?, digits(t.get(4..6)?)?, digits(t.get(6..8)?)?)?;
    matches!(t.get(8)?, b'-' | b' ' | b':' | b'T' | b'_').then_some((date, 9))
}

/// `Jan 2 2026 `, `Jan  2 2026 ` and `Jan 2, 2026 `.
fn year_third(t: &[u8]) -> Option<(i64, usize)> {
    let month = month(t.get(..3)?)?;
    let gap = t[3..].iter().take_while(|b| **b == b' ').count();
    let day = t[3 + gap..].iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let comma = usize::from(t.get(3 + gap + day) == Some(&b','));
    let year = 3 + gap + day + comma + 1;
    let spaced = gap > 0 && t.get(year - 1) == Some(&b' ') && t.get(year + 4) == Some(&b' ');
    let date = days(digits(t.get(year..year + 4)?)?, month, digits(t.get(3 + gap..3 + gap + day)?)?)?;
    spaced.then_some((date, year + 5))
}

/// `1/2/2026, `, `01/02/26 `, `01-02-2026 `, `02.01.2026 `: the month or the day is first, whichever makes it the nearer to now.
fn slashed(t: &[u8], now: Timestamp) -> Option<(i64, usize)> {
    let number = |at: usize| t.get(at..)?.iter().take(4).position(|b| !b.is_ascii_digit()).filter(|n| *n > 0);
    let one = number(0).filter(|n| *n <= 2 && matches!(t[*n], b'/' | b'-' | b'.'))?;
    let two = number(one + 1).filter(|n| *n <= 2 && t[one + 1 + n] == t[one])?;
    let separator = t[one];
    let at = one + two + 2;
    let length = t[at..].iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    let year = digits(&t[at..at + length])? + if length == 2 { 2000 } else { 0 };
    let (one, two) = (digits(&t[..one])?, digits(&t[one + 1..at - 1])?);
    let gap = t[at + length..].iter().take_while(|b| matches!(b, b' ' | b',' | b'-' | b'_')).count();
    let today = now.0.div_euclid(86_400_000);
    let dates = [days(year, one, two), days(year, two, one)];
    let date = dates.into_iter().flatten().min_by_key(|date| (date - today).abs())?;
    (gap > 0 && (length == 4 || length == 2 && separator == b'/')).then_some((date, at + length + gap))
}

/// `3:04:05 PM` and `03:04PM` at `at`: seconds of the day, no milliseconds, where it ends.
fn twelve_hours(bytes: &[u8], at: usize) -> Option<(i64, i64, usize)> {
    let mut parts = [0; 3];
    let mut end = at;
    for (i, part) in parts.iter_mut().enumerate() {
        let length = bytes.get(end..)?.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
        *part = digits(bytes.get(end..end + length).filter(|d| !d.is_empty())?)?;
        end += length;
        if bytes.get(end) != Some(&b':') || i == 2 {
            break;
        }
        end += 1;
    }
    end += usize::from(bytes.get(end) == Some(&b' '));
    let [hour, minute, second] = parts;
    let noon = match bytes.get(end..end + 2)? {
        b"AM" | b"am" => 0,
        b"PM" | b"pm" => 12,
        _ => return None,
    };
    (1..=12).contains(&hour).then_some(())?;
    Some((seconds(hour % 12 + noon, minute, second)?, 0, end + 2))
}

/// `030405[.123]` at `at`.
fn run_together(bytes: &[u8], at: usize) -> Option<(i64, i64, usize)> {
    let t = bytes.get(at..at + 6)?;
    let time = seconds(digits(&t[0..2])?, digits(&t[2..4])?, digits(&t[4..6])?)?;
    let (ms, end) = fraction(bytes, at + 6);
    bytes.get(end).is_none_or(|b| !b.is_ascii_digit()).then_some((time, ms, end))
}

/// `03:04:05.123 `: today's, or yesterday's when that is still to come.
fn today(bytes: &[u8], now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize)> {
    let (time, ms, length) = clock(bytes, 0)?;
    (length == 12 && bytes.get(12) == Some(&b' ')).then_some(())?;
    let local = now.0.div_euclid(1000) + offset(now.0.div_euclid(1000));
    let found = instant(local.div_euclid(86_400) * 86_400 + time, ms, None, offset);
    let later = found.0 > now.0 + 60_000;
    Some((if later { found.plus(-86_400_000) } else { found }, length))
}

/// `02/Jan/2026:`, `2-Jan-2026 `, `02 Jan 2026 `.
fn named(t: &[u8]) -> Option<(i64, usize)> {
    let n = t.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let separator = *t.get(n).filter(|b| n > 0 && matches!(b, b'/' | b'-' | b' '))?;
    let rest = &t[n + 1..];
    if rest.get(3) != Some(&separator) {
        return None;
    }
    let name = [rest[0].to_ascii_uppercase(), rest[1].to_ascii_lowercase(), rest[2].to_ascii_lowercase()];
    let date = days(digits(rest.get(4..8)?)?, month(&name)?, digits(&t[..n])?)?;
    let gap = rest[8..].iter().take_while(|b| matches!(b, b' ' | b':' | b',')).count();
    (gap > 0).then_some((date, n + 1 + 8 + gap))
}

/// `Jan  2 03:04:05[.123456][ 2026]`, `start` bytes in.
fn month_first(bytes: &[u8], start: usize, now: Timestamp, offset: &impl Fn(i64) -> i64) -> Option<(Timestamp, usize)> {
    let t = &bytes[start..];
    let (latest, _) = rfc3164(t, now, offset)?;
    let (time, ms, end) = clock(t, 7)?;
    let year = t.get(end + 1..end + 5).filter(|_| t[end] == b' ').and_then(digits).filter(|y| *y >= 1970);
    let ended = t.get(end + 5).is_none_or(|b| !b.is_ascii_digit());
    match year.filter(|_| ended) {
        None => Some((latest.plus(ms), start + end)),
        Some(year) => {
            let day = if t[4] == b' ' { digits(&t[5..6])? } else { digits(&t[4..6])? };
            let date = days(year, month(&t[0..3])?, day)?;
            Some((instant(date * 86_400 + time, ms, None, offset), start + end + 5))
        }
    }
}

/// `03:04:05[.123]` at `at`: seconds of the day, milliseconds, where it ends.
fn clock(bytes: &[u8], at: usize) -> Option<(i64, i64, usize)> {
    let t = bytes.get(at..at + 8)?;
    if t[2] != b':' || t[5] != b':' {
        return None;
    }
    let time = seconds(digits(&t[0..2])?, digits(&t[3..5])?, digits(&t[6..8])?)?;
    let (ms, end) = fraction(bytes, at + 8);
    // `1:55:00 PM` is not 01:55.
    let half = bytes.get(end..end + 3).is_some_and(|h| matches!(h, b" AM" | b" PM" | b" am" | b" pm"));
    (!half).then_some((time, ms, end))
}

/// `.123456` at `at`: milliseconds, where it ends.
fn fraction(bytes: &[u8], at: usize) -> (i64, usize) {
    if !matches!(bytes.get(at), Some(b'.' | b',' | b':')) {
        return (0, at);
    }
    let digits = bytes[at + 1..].iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    let places = [100, 10, 1].into_iter().zip(&bytes[at + 1..at + 1 + digits]);
    let ms = places.map(|(place, byte)| i64::from(byte - b'0') * place).sum();
    (ms, at + if digits > 0 { digits + 1 } else { 0 })
}

/// `Z`, ` UTC`, ` GMT`, `+0100`, ` +01:00`, or nothing.
fn zone(bytes: &[u8], at: usize) -> (Option<i64>, usize) {
    let gap = usize::from(bytes.get(at) == Some(&b' '));
    let rest = &bytes[(at + gap).min(bytes.len())..];
    let ends = |n: usize| rest.get(n).is_none_or(|b| !b.is_ascii_alphanumeric());
    if matches!(rest.first(), Some(b'Z' | b'z')) && ends(1) {
        return (Some(0), at + gap + 1);
    }
    if rest.get(..3).is_some_and(|z| z == b"UTC" || z == b"GMT") && ends(3) {
        return (Some(0), at + gap + 3);
    }
    let read = || {
        let sign = *rest.first().filter(|b| matches!(b, b'+' | b'-'))?;
        let hours = digits(rest.get(1..3)?)?;
        let colon = usize::from(rest.get(3) == Some(&b':'));
        let minutes = digits(rest.get(3 + colon..5 + colon)?)?;
        zone_seconds(sign, hours, minutes).filter(|_| ends(5 + colon)).map(|zone| (zone, 5 + colon))
    };
    read().map_or((None, at), |(zone, length)| (Some(zone), at + gap + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn the_customary_orders() {
        for (text, want, rest) in [
            ("2026-01-02 03:04:05 x", "2026-01-02T03:04:05.000Z", " x"),
            ("2026-01-02 03:04:05.5 Z x", "2026-01-02T03:04:05.500Z", " x"),
            ("20260102-03:04:05 x", "2026-01-02T03:04:05.000Z", " x"),
            ("03:04:05.123 [x", "2026-11-18T03:04:05.123Z", " [x"),
            ("12:04:05.123 [x", "2026-11-17T12:04:05.123Z", " [x"),
            ("2026:01:02-03:04:05: x", "2026-01-02T03:04:05.000Z", ": x"),
            ("2026-01-02 03:04:05,123 +0100 x", "2026-01-02T02:04:05.123Z", " x"),
            ("2026-01-02T03:04:05.123456 x", "2026-01-02T03:04:05.123Z", " x"),
            ("2026/01/02 03:04:05 [error]", "2026-01-02T03:04:05.000Z", " [error]"),
            ("2026-01-02 03:04:05.123 UTC [7]", "2026-01-02T03:04:05.123Z", " [7]"),
            ("02/Jan/2026 03:04:05] x", "2026-01-02T03:04:05.000Z", "] x"),
            ("02-Jan-2026 03:04:05 +0000]: x", "2026-01-02T03:04:05.000Z", "]: x"),
            ("02 Jan 2026 03:04:05.123 * x", "2026-01-02T03:04:05.123Z", " * x"),
            ("Fri Jan  2 03:04:05.123456 2026] x", "2026-01-02T03:04:05.123Z", "] x"),
            ("Fri Jan  2 03:04:05 2026 x", "2026-01-02T03:04:05.000Z", " x"),
            ("Jan  2 03:04:05] x", "2026-01-02T03:04:05.000Z", "] x"),
            ("Fri Jan 2 2026 03:04:05 x", "2026-01-02T03:04:05.000Z", " x"),
            ("20260102:030405.123 x", "2026-01-02T03:04:05.123Z", " x"),
            ("17/11/2026 03:04:05 x", "2026-11-17T03:04:05.000Z", " x"),
            ("11/10/2026, 3:04:05 PM x", "2026-11-10T15:04:05.000Z", " x"),
            ("10/11/2026, 12:04:05 AM x", "2026-11-10T00:04:05.000Z", " x"),
            ("17.11.2026 03:04:05] x", "2026-11-17T03:04:05.000Z", "] x"),
            ("11/10/26 03:04:05.5 x", "2026-11-10T03:04:05.500Z", " x"),
            ("2026/01/02 03:04PM x", "2026-01-02T15:04:00.000Z", " x"),
            ("I260102 03:04:05.123456 7 x", "2026-01-02T03:04:05.123Z", " 7 x"),
            ("Jan 2, 2026 03:04:05.123 [x", "2026-01-02T03:04:05.123Z", " [x"),
            ("Jan 2, 2026 3:04:05 PM x", "2026-01-02T15:04:05.000Z", " x"),
            ("1767323045.12 x", "2026-01-02T03:04:05.120Z", " x"),
            ("1767323045123 x", "2026-01-02T03:04:05.123Z", " x"),
        ] {
            let (time, length) = read(text, NOW, |_| 0).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((time.to_string().as_str(), &text[length..]), (want, rest), "{text}");
        }
        assert_eq!(read("2026-01-02 03:04:05", NOW, |_| 3600).unwrap().0.to_string(), "2026-01-02T02:04:05.000Z");
        for text in [
            "",
            "hello",
            "2026-13-02 03:04:05",
            "12345678901 x",
            "1767323045x",
            "99/Jan/2026:00:00:00",
            "Fri ",
            "13:04 PM",
            "31/31/2026 03:04:05",
            "20260102:0304051",
        ] {
            assert_eq!(read(text, NOW, |_| 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[0-9JanFri /:.,T+-]{0,40}") {
            for text in [&text, &near] {
                if let Some((_, length)) = read(text, NOW, |_| 0) {
                    prop_assert!(text.is_char_boundary(length));
                }
            }
        }
    }
}
