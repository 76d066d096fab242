//! A sample's lines written out: repeated, numbered, with the time in them.

use super::Sample;
use crate::api::Timestamp;
use chrono::DateTime;

/// When samples begin.
pub const START: Timestamp = Timestamp(1_763_632_800_000);

/// The lines of a sample, in order of time.
#[must_use]
pub fn lines(sample: &Sample) -> Vec<String> {
    let pattern: Vec<&str> = sample.lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut lines = Vec::new();
    for n in 0..sample.times {
        for line in &pattern {
            let at = i64::try_from(lines.len()).unwrap_or(0).saturating_mul(sample.every_ms);
            lines.push(written(line, n, START.plus(at)));
        }
    }
    lines
}

/// `{n}` is the number of the repetition, `{clf}`, `{bsd}`, `{iso}`, `{unix}` the time.
fn written(line: &str, n: u32, time: Timestamp) -> String {
    let at = DateTime::from_timestamp_millis(time.0).unwrap_or_default();
    let mut text = line.replace("{n}", &n.to_string());
    for (word, format) in [
        ("{clf}", "%d/%b/%Y:%H:%M:%S +0000"),
        ("{bsd}", "%b %e %H:%M:%S"),
        ("{iso}", "%Y-%m-%dT%H:%M:%SZ"),
        ("{unix}", "%s"),
    ] {
        if text.contains(word) {
            text = text.replace(word, &at.format(format).to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_timed() {
        let sample = Sample {
            lines: "[{clf}] {n}\n {bsd} {iso} {unix}".into(),
            format: None,
            times: 2,
            every_ms: 30_000,
            entity: None,
            line: 1,
        };
        assert_eq!(
            lines(&sample),
            [
                "[20/Nov/2025:10:00:00 +0000] 0",
                "Nov 20 10:00:30 2025-11-20T10:00:30Z 1763632830",
                "[20/Nov/2025:10:01:00 +0000] 1",
                "Nov 20 10:01:30 2025-11-20T10:01:30Z 1763632890",
            ]
        );
    }
}
