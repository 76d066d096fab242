//! Times as logs write them, read by hand: no allocation, no calendar library on the hot path.
//!
//! Must not know the formats around the stamps. Start at [`clf`], the one that every web request pays for.

use crate::api::{Timestamp, time::DAY_MS};
use chrono::{Local, LocalResult, TimeZone};
use std::cell::Cell;

/// `17/May/2015:10:05:03 +0000`: 26 bytes.
pub const CLF_LEN: usize = 26;

/// Reads the stamp of common and combined logs; `text` is exactly [`CLF_LEN`] bytes.
#[must_use]
pub fn clf(text: &[u8]) -> Option<Timestamp> {
    let t: &[u8; CLF_LEN] = text.try_into().ok()?;
    if t[14] != b':' || t[17] != b':' || t[20] != b' ' {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (t[at].wrapping_sub(b'0'), t[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let time = seconds(two(12)?, two(15)?, two(18)?)?;
    Some(Timestamp((midnight(t)? + time) * 1000))
}

/// What a stamp's day and zone are written as.
type Written = ([u8; 12], [u8; 5]);

/// When the day of a stamp began, in seconds. A log's lines are of the same day for long.
#[inline]
fn midnight(t: &[u8; CLF_LEN]) -> Option<i64> {
    thread_local!(static LAST: Cell<Option<(Written, i64)>> = const { Cell::new(None) });
    let written = (*t.first_chunk()?, *t.last_chunk()?);
    if let Some((known, begin)) = LAST.get()
        && known == written
    {
        return Some(begin);
    }
    if t[2] != b'/' || t[6] != b'/' || t[11] != b':' {
        return None;
    }
    let date = days(digits(&t[7..11])?, month(&t[3..6])?, digits(&t[0..2])?)?;
    let begin = date * 86_400 - zone_seconds(t[21], digits(&t[22..24])?, digits(&t[24..26])?)?;
    LAST.set(Some((written, begin)));
    Some(begin)
}

/// Reads an RFC 3339 stamp at the start of `text` and says how long it is. A zone without a colon (`+0000`) will do;
/// a stamp without a zone will not.
#[must_use]
pub fn rfc3339(text: &[u8]) -> Option<(Timestamp, usize)> {
    let t = text.get(..19)?;
    if t[4] != b'-' || t[7] != b'-' || !matches!(t[10], b'T' | b't' | b' ') || t[13] != b':' || t[16] != b':' {
        return None;
    }
    let date = days(digits(&t[0..4])?, digits(&t[5..7])?, digits(&t[8..10])?)?;
    let time = seconds(digits(&t[11..13])?, digits(&t[14..16])?, digits(&t[17..19])?)?;
    let mut at = 19;
    let mut ms = 0;
    if text.get(at) == Some(&b'.') {
        let fraction = text[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if fraction == 0 {
            return None;
        }
        for (i, place) in [100, 10, 1].into_iter().enumerate().take(fraction) {
            ms += i64::from(text[at + 1 + i] - b'0') * place;
        }
        at += 1 + fraction;
    }
    let zone = match *text.get(at)? {
        b'Z' | b'z' => {
            at += 1;
            0
        }
        sign => {
            let hours = digits(text.get(at + 1..at + 3)?)?;
            at += 3;
            at += usize::from(text.get(at) == Some(&b':'));
            let minutes = digits(text.get(at..at + 2)?)?;
            at += 2;
            zone_seconds(sign, hours, minutes)?
        }
    };
    Some((Timestamp((date * 86_400 + time - zone) * 1000 + ms), at))
}

/// Reads the stamp of RFC 3164 (`Mar 27 13:06:56`, `Mar  7 13:06:56`), 15 bytes, which has neither year nor zone.
///
/// The year is the latest that does not put the stamp more than a day after `now`, so December read in January is
/// last year's. The zone is this machine's: `offset` gives its seconds east of UTC for a local time.
#[must_use]
pub fn rfc3164(text: &[u8], now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize)> {
    let t = text.get(..15)?;
    if t[3] != b' ' || t[6] != b' ' || t[9] != b':' || t[12] != b':' {
        return None;
    }
    let month = month(&t[0..3])?;
    let day = if t[4] == b' ' { digits(&t[5..6])? } else { digits(&t[4..6])? };
    let time = seconds(digits(&t[7..9])?, digits(&t[10..12])?, digits(&t[13..15])?)?;
    let this_year = year_of(now.day());
    // Eight years back covers 29 February across a century that is no leap year.
    (0..=8).find_map(|back| {
        let local = days(this_year + 1 - back, month, day)? * 86_400 + time;
        let at = Timestamp((local - offset(local)) * 1000);
        (at <= now.plus(DAY_MS)).then_some((at, 15))
    })
}

/// Reads seconds since 1970 with or without a fraction (`1258531221.486539`); what has more digits than seconds do is
/// milliseconds.
#[must_use]
pub fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let value = digits(whole.as_bytes()).filter(|_| (1..=13).contains(&whole.len()))?;
    if whole.len() > 11 {
        return Some(Timestamp(value));
    }
    let thousandths = fraction.bytes().chain(*b"000").take(3);
    let ms =
        thousandths.map(|b| b.wrapping_sub(b'0')).try_fold(0, |ms, d| (d <= 9).then_some(ms * 10 + i64::from(d)))?;
    Some(Timestamp(value * 1000 + ms))
}

/// Reads `2026-06-08`, or `2026/06/08`, then any one byte, then `20:01:52`: a time whose zone is known otherwise.
#[must_use]
pub fn plain(date: &[u8], time: &[u8]) -> Option<i64> {
    let (d, t): (&[u8; 10], &[u8]) = (date.try_into().ok()?, time.get(..8)?);
    if !matches!(d[4], b'-' | b'/') || d[7] != d[4] || t[2] != b':' || t[5] != b':' {
        return None;
    }
    let date = days(digits(&d[0..4])?, digits(&d[5..7])?, digits(&d[8..10])?)?;
    Some(date * 86_400 + seconds(digits(&t[0..2])?, digits(&t[3..5])?, digits(&t[6..8])?)?)
}

/// Reads C's `Tue Mar 26 14:43:03 2019`, also with a fraction of the second; a time without a zone.
#[must_use]
pub fn ctime(text: &str) -> Option<i64> {
    let mut words = text.split(' ').filter(|w| !w.is_empty()).skip(1);
    let month = month(words.next()?.as_bytes())?;
    let day = words.next().and_then(|d| digits(d.as_bytes()).filter(|_| d.len() <= 2))?;
    let time = words.next()?.as_bytes().get(..8)?;
    let year = words.next().and_then(|y| digits(y.as_bytes()).filter(|_| y.len() == 4))?;
    if time[2] != b':' || time[5] != b':' {
        return None;
    }
    Some(days(year, month, day)? * 86_400 + seconds(digits(&time[0..2])?, digits(&time[3..5])?, digits(&time[6..8])?)?)
}

/// A time without a zone as the clock of this machine meant it; `offset` as for [`rfc3164`].
#[must_use]
pub fn local(seconds: i64, offset: impl Fn(i64) -> i64) -> Timestamp {
    Timestamp((seconds - offset(seconds)) * 1000)
}

/// Seconds east of UTC on this machine at a local time; asked of the system once per thread and hour of log time.
#[must_use]
pub fn machine_offset(local: i64) -> i64 {
    thread_local!(static LAST: Cell<(i64, i64)> = const { Cell::new((i64::MIN, 0)) });
    let hour = local.div_euclid(3600);
    let (known, offset) = LAST.get();
    if known == hour {
        return offset;
    }
    let naive = chrono::DateTime::from_timestamp(local, 0).map(|t| t.naive_utc());
    let offset = naive.map_or(0, |naive| match Local.offset_from_local_datetime(&naive) {
        LocalResult::Single(o) | LocalResult::Ambiguous(o, _) => i64::from(o.local_minus_utc()),
        LocalResult::None => 0,
    });
    LAST.set((hour, offset));
    offset
}

/// A time that cannot be meant (more than a day after `now`, or before 1990) becomes `now`.
#[must_use]
pub fn sane(time: Timestamp, now: Timestamp) -> Timestamp {
    const YEAR_1990: Timestamp = Timestamp(631_152_000_000);
    if time > now.plus(DAY_MS) || time < YEAR_1990 { now } else { time }
}

/// A number of at most a few digits; `None` when anything else is among them.
#[inline]
pub(super) fn digits(text: &[u8]) -> Option<i64> {
    let mut value = 0i64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

#[inline]
pub(super) fn month(name: &[u8]) -> Option<i64> {
    Some(match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

#[inline]
pub(super) fn seconds(hour: i64, minute: i64, second: i64) -> Option<i64> {
    // 60 is a leap second.
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

pub(super) fn zone_seconds(sign: u8, hours: i64, minutes: i64) -> Option<i64> {
    let size = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
    match sign {
        b'+' => Some(size),
        b'-' => Some(-size),
        _ => None,
    }
}

/// Days since 1970-01-01 of a date; `None` when there is no such day. Howard Hinnant's `days_from_civil`.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// The year that a day since 1970-01-01 lies in.
pub(super) fn year_of(day: i64) -> i64 {
    let guess = 1970 + day.div_euclid(366);
    (guess..guess + 200).find(|y| days(y + 1, 1, 1).is_none_or(|first| first > day)).unwrap_or(guess)
}

#[cfg(test)]
#[path = "stamp_tests.rs"]
mod tests;
