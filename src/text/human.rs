//! Durations, sizes, counts and ages in words that fit a column.

/// `950 ms`, `12 s`, `3 m 20 s`, `2 h 5 m`, `4 d 1 h`. Negative input is worded as its absolute value.
#[must_use]
pub fn duration(ms: i64) -> String {
    let ms = ms.unsigned_abs();
    let s = ms / 1000;
    match s {
        0 => format!("{ms} ms"),
        1..=59 => format!("{s} s"),
        60..=3599 => two(s / 60, "m", s % 60, "s"),
        3600..=86_399 => two(s / 3600, "h", s % 3600 / 60, "m"),
        _ => two(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

fn two(a: u64, a_unit: &str, b: u64, b_unit: &str) -> String {
    if b == 0 { format!("{a} {a_unit}") } else { format!("{a} {a_unit} {b} {b_unit}") }
}

/// One unit only, for narrow columns: `12s`, `3m`, `2h`, `4d`.
#[must_use]
pub fn short_duration(ms: i64) -> String {
    let s = ms.unsigned_abs() / 1000;
    match s {
        0..=59 => format!("{s}s"),
        60..=3599 => format!("{}m", s / 60),
        3600..=86_399 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86_400),
    }
}

/// How long before `now` something was, as [`short_duration`], and when that text becomes wrong. Milliseconds since
/// 1970.
#[must_use]
pub fn age(then: i64, now: i64) -> (String, i64) {
    let age = now.saturating_sub(then).max(0);
    let unit = unit(age);
    (short_duration(age), then.saturating_add((age / unit + 1).saturating_mul(unit)))
}

/// How long after `now` something will be, and when that text becomes wrong; `now`, for ever, when it has passed.
#[must_use]
pub fn until(then: i64, now: i64) -> (String, Option<i64>) {
    let left = then.saturating_sub(now);
    if left <= 0 {
        return ("now".into(), None);
    }
    let unit = unit(left);
    (short_duration(left), Some(then.saturating_sub(left / unit * unit).saturating_add(1)))
}

/// The one unit that [`short_duration`] shows of a duration.
const fn unit(ms: i64) -> i64 {
    match ms / 1000 {
        0..=59 => 1000,
        60..=3599 => 60_000,
        3600..=86_399 => 3_600_000,
        _ => 86_400_000,
    }
}

/// `812 B`, `1.4 KiB`, `3.0 GiB`.
#[must_use]
#[expect(clippy::cast_precision_loss)]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `1,234,567`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 event`, `2 events`: a count and its noun, given in the plural.
#[must_use]
pub fn counted(n: u64, nouns: &str) -> String {
    format!("{} {}", count(n), if n == 1 { nouns.strip_suffix('s').unwrap_or(nouns) } else { nouns })
}

/// `30m`, `4h`, `7d`, `90s`, or a bare number of seconds, as seconds.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let bad =
        || format!("\"{}\" is not a duration; write for example 90s, 30m, 4h or 7d", super::visible::escape(text));
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let n: u64 = number.parse().map_err(|_| bad())?;
    let factor = match unit.trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    n.checked_mul(factor).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(950), "950 ms");
        assert_eq!(duration(200_000), "3 m 20 s");
        assert_eq!(duration(7_500_000), "2 h 5 m");
        assert_eq!(short_duration(3_600_000), "1h");
        assert_eq!(parse_duration("4h"), Ok(14_400));
        assert!(parse_duration("4 weeks").unwrap_err().contains("90s, 30m"));
        assert!(parse_duration("99999999999999999999d").is_err());
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!([counted(0, "rows"), counted(1, "rows"), counted(1200, "rows")], ["0 rows", "1 row", "1,200 rows"]);
        assert_eq!(bytes(1434), "1.4 KiB");
    }
}
