//! Times as people type them. The clock comes from the caller.

use crate::api::Timestamp;
use crate::api::time::DAY_MS;
use crate::text::{human, visible};

/// `24h`, `-24h`, `7d` (so long ago), `now`, `today`, `yesterday`, `2026-11-21`, or RFC 3339; all in UTC.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let midnight = Timestamp(now.day() * DAY_MS);
    match text {
        "now" => return Ok(now),
        "today" => return Ok(midnight),
        "yesterday" => return Ok(midnight.plus(-DAY_MS)),
        _ => {}
    }
    if let Some(time) = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z"))) {
        return Ok(time);
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
        "\"{}\" is not a time; write for example 24h, 7d, today, 2026-11-21 or 2026-11-21T20:26:51Z",
        visible::escape(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let now = Timestamp::parse("2026-11-21T20:26:51Z").unwrap();
        let read = |text: &str| parse(text, now).map(|t| t.to_string());
        assert_eq!(read("24h").unwrap(), "2026-11-20T20:26:51.000Z");
        assert_eq!(read("-90s").unwrap(), "2026-11-21T20:25:21.000Z");
        assert_eq!(read("today").unwrap(), "2026-11-21T00:00:00.000Z");
        assert_eq!(read("yesterday").unwrap(), "2026-11-20T00:00:00.000Z");
        assert_eq!(read("2026-11-01").unwrap(), "2026-11-01T00:00:00.000Z");
        assert_eq!(read("2026-11-01T10:00:00+02:00").unwrap(), "2026-11-01T08:00:00.000Z");
        for bad in ["", "soon", "12", "2026-13-01", "\u{1b}[31m", "99999999999999999999d"] {
            let said = read(bad).unwrap_err();
            assert!(said.contains("write for example") && !said.contains('\u{1b}'), "{said}");
        }
    }
}
