//! Times as people type them. The clock comes from the caller.

use crate::api::Timestamp;
use crate::api::time::DAY_MS;
use crate::text::{human, visible};

/// `24h`, `-24h`, `7d` (so long ago), `now`, `today`, `yesterday`, `03:12` (the last time it was that late),
/// `2026-11-21`, or RFC 3339. Days and times of day are those of a zone that is `offset` milliseconds ahead of UTC.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(text: &str, now: Timestamp, offset: i64) -> Result<Timestamp, String> {
    let text = text.trim();
    let midnight = Timestamp(now.plus(offset).day().saturating_mul(DAY_MS)).plus(-offset);
    match text {
        "now" => return Ok(now),
        "today" => return Ok(midnight),
        "yesterday" => return Ok(midnight.plus(-DAY_MS)),
        _ => {}
    }
    if let Some(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    if let Some(day) = Timestamp::parse(&format!("{text}T00:00:00Z")) {
        return Ok(day.plus(-offset));
    }
    if let Some(late) = time_of_day(text) {
        let today = midnight.plus(late);
        return Ok(if today > now { today.plus(-DAY_MS) } else { today });
    }
    let ago = text.strip_prefix('-').unwrap_or(text);
    // A bare number could be seconds ago or seconds since 1970: better asked than guessed.
    if ago.ends_with(['s', 'm', 'h', 'd'])
        && let Ok(seconds) = human::parse_duration(ago)
        && let Ok(ms) = i64::try_from(seconds.saturating_mul(1000))
    {
        return Ok(now.plus(-ms));
    }
    Err(format!(
        "\"{}\" is not a time; write for example 24h, 7d, today, 03:12, 2026-11-21 or 2026-11-21T20:26:51Z",
        visible::escape(text)
    ))
}

/// `03:12` or `03:12:30` in milliseconds since midnight.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|p| p.parse::<u8>().ok().filter(|_| p.len() <= 2));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let fits = hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    fits.then(|| ((i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds)) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let now = Timestamp::parse("2026-11-21T20:26:51Z").unwrap();
        let read = |text: &str| parse(text, now, 0).map(|t| t.to_string());
        assert_eq!(read("24h").unwrap(), "2026-11-20T20:26:51.000Z");
        assert_eq!(read("-90s").unwrap(), "2026-11-21T20:25:21.000Z");
        assert_eq!(read("today").unwrap(), "2026-11-21T00:00:00.000Z");
        assert_eq!(read("yesterday").unwrap(), "2026-11-20T00:00:00.000Z");
        assert_eq!(read("2026-11-01").unwrap(), "2026-11-01T00:00:00.000Z");
        assert_eq!(read("2026-11-01T10:00:00+02:00").unwrap(), "2026-11-01T08:00:00.000Z");
        assert_eq!(read("03:12").unwrap(), "2026-11-21T03:12:00.000Z");
        assert_eq!(read("20:26:52").unwrap(), "2026-11-20T20:26:52.000Z", "not later than now");
        let there = |text: &str| parse(text, now, 5 * 3_600_000).map(|t| t.to_string());
        assert_eq!(there("01:00").unwrap(), "2026-11-21T20:00:00.000Z");
        assert_eq!(there("today").unwrap(), "2026-11-21T19:00:00.000Z");
        assert_eq!(there("2026-11-01").unwrap(), "2026-10-31T19:00:00.000Z");
        for bad in [
            "24:00",
            "1:2:3:4",
            "003:12",
            "3",
            "-1:00",
            "",
            "soon",
            "12",
            "2026-13-01",
            "\u{1b}[31m",
            "99999999999999999999d",
        ] {
            let said = read(bad).unwrap_err();
            assert!(said.contains("write for example") && !said.contains('\u{1b}'), "{said}");
        }
    }
}
