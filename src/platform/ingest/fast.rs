//! Alerts of Snort and Suricata in one line: `fast.log`, and what they send through syslog.
//!
//! `11/10/2026-13:55:00.123456  [**] [1:2001219:20] TITLE [**] [Classification: KIND] [Priority: 2] {TCP} A:1 -> B:22`.
//! All of it is the sensor's own.

use super::{address, loose, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Flow, Record};
use std::borrow::Cow;

/// Whether a line looks like one of `fast.log`.
#[must_use]
pub fn recognise(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit()) && line.contains("[**] [") && line.contains("} ")
}

/// Reads a line of `fast.log`; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let (head, said) = line.split_once("[**] ")?;
    let mut record = Record::bare(stamp::sane(time(head.split(' ').next()?, now)?, now), line);
    let dropped = head.contains("[Drop]") || head.contains("[wDrop]") || head.contains("[Block]");
    alert(&mut record, said, dropped).then_some(record)
}

/// Month and day stand before the year, which Snort may leave out.
pub(super) fn time(word: &str, now: Timestamp) -> Option<Timestamp> {
    let (date, clock) = word.split_once('-')?;
    let whole = match date.matches('/').count() {
        1 => {
            let counted = format!("I{} {clock}", date.replace('/', ""));
            return loose::read(&counted, now, stamp::machine_offset).map(|(time, _)| time);
        }
        2 => {
            let mut parts = date.split('/');
            let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
            let century = if year.len() == 2 { "20" } else { "" };
            format!("{century}{year}-{month}-{day} {clock}")
        }
        _ => return None,
    };
    loose::read(&whole, now, stamp::machine_offset).map(|(time, _)| time)
}

/// Makes of a record the alert that a message of these sensors is; false when it is none.
pub fn describe<'a>(record: &mut Record<'a>, program: &str, text: &'a str) -> bool {
    matches!(program, "snort" | "suricata" | "barnyard2" | "SFIMS") && alert(record, text, false)
}

fn alert<'a>(record: &mut Record<'a>, text: &'a str, blocked: bool) -> bool {
    let Some((alert, severity)) = read(text, blocked) else { return false };
    let (_, ends) = text.rsplit_once("} ").unwrap_or_default();
    // Firepower's manager puts countries behind the ends.
    let first = |text: &'a str| text.trim().split(' ').next().unwrap_or("");
    let Some((from, to)) = ends.split_once("->").map(|(from, to)| (first(from), first(to))) else { return false };
    let Some(src_ip) = address::peer(from) else { return false };
    record.class = Class::DETECTION_FINDING;
    (record.activity, record.severity) = (1, severity);
    record.outcome = if blocked { Outcome::Failure } else { Outcome::Unknown };
    record.src_ip = Some(src_ip);
    let dst_port = to.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
    record.flow = Some(Flow { dst_ip: address::peer(to), dst_port, ..Flow::default() });
    record.message = alert.title.clone();
    record.alert = Some(alert);
    true
}

/// `[1:2001219:20] TITLE [**] [Classification: KIND] [Priority: 2]`.
fn read(text: &str, blocked: bool) -> Option<(Alert<'_>, Severity)> {
    let (id, rest) = text.trim_start().strip_prefix('[')?.split_once("] ")?;
    let numbers = id.contains(':') && id.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let end = [" [**]", " [Classification", " [Priority", " [Impact"].iter().filter_map(|mark| rest.find(mark)).min();
    let (title, after) = rest.split_at(end.filter(|_| numbers)?);
    let tag = |name: &str| after.split_once(name).and_then(|(_, value)| value.split(']').next());
    let severity = match tag("[Priority: ") {
        Some("1") => Severity::High,
        Some("2") => Severity::Medium,
        _ => Severity::Low,
    };
    let category = Cow::Borrowed(tag("[Classification: ").unwrap_or(""));
    let title = Cow::Borrowed(title.trim_matches('"'));
    Some((Alert { id: Cow::Borrowed(id.split(':').nth(1).unwrap_or(id)), title, category, blocked }, severity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::parse as parse_any;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn what_other_detectors_say_is_an_alert_about_the_address() {
        for line in include_str!("samples/alerts.tsv").lines().filter(|line| !line.starts_with('#')) {
            let (name, line) = line.split_once('\t').unwrap();
            let record = parse_any(None, line, NOW);
            assert_eq!(record.class, Class::DETECTION_FINDING, "{name}: {line}");
            assert_eq!(record.src_ip, "198.51.100.7".parse().ok(), "{name}");
            assert!(record.alert.is_some_and(|alert| !alert.title.is_empty()), "{name}");
            assert!(record.time.to_string().starts_with("2026-11-10T13:55:00"), "{name}: {}", record.time);
        }
    }

    #[test]
    fn every_part_of_a_line() {
        let line = "11/10/2026-13:55:00.123456  [Drop] [**] [1:2001219:20] ET SCAN x [**] [Classification: Leak] \
                    [Priority: 1] {TCP} 198.51.100.7:41220 -> 192.0.2.1:22";
        let record = parse_any(None, line, NOW);
        let alert = record.alert.unwrap();
        assert_eq!((&*alert.id, &*alert.title, &*alert.category), ("2001219", "ET SCAN x", "Leak"));
        assert!(alert.blocked && record.severity == Severity::High);
        assert_eq!(record.flow.map(|flow| flow.dst_port), Some(22));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[-0-9/:.\\[\\]*{}> ]{0,60}") {
            for text in [&text, &near, &format!("11/10-13:55:00.1 [**] [1:2:3] {near}")] {
                let mut record = Record::bare(NOW, "");
                let _ = (recognise(text), parse(text, NOW), describe(&mut record, "snort", text));
            }
        }
    }
}
