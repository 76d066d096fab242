//! The room's front door: recognition, and lines that nobody understands.

use super::*;
use crate::api::{Class, time::DAY_MS};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

const SAMPLES: [(&str, Format); 8] = [
    (r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "x""#, Format::Combined),
    (r#"shop.example:80 192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#, Format::Combined),
    (
        r#"https 2018-07-02T22:23:00.186641Z app/x/1 192.0.2.7:2817 10.0.0.1:80 0 0 0 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl""#,
        Format::Alb,
    ),
    ("Mar 27 13:06:56 web1 sshd[1291]: Server listening on 0.0.0.0 port 22.", Format::Syslog),
    ("2026-03-27T13:06:56.123456+00:00 web1 sshd[1291]: x", Format::Syslog),
    (r#"{"__REALTIME_TIMESTAMP":"1790000000123456","MESSAGE":"x \"event_type\" \"timestamp\""}"#, Format::Journal),
    (r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","event_type":"flow","src_ip":"192.0.2.7"}"#, Format::Eve),
    (r#"{"class_uid":4002,"time":1790000000123,"message":"\"event_type\""}"#, Format::Ocsf),
];

#[test]
fn lines_are_recognised_and_read_alike_with_and_without_a_format() {
    for (line, format) in SAMPLES {
        assert_eq!(recognise(line), Some(format), "{line}");
        let record = parse(None, line, NOW);
        assert!(record.parsed, "{line}");
        assert_eq!(record, parse(Some(format), line, NOW));
        assert_eq!(record, parse(None, &format!("{line}\r\n"), NOW));
        assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
    }
    assert!("nonsense".parse::<Format>().is_err());
}

#[test]
fn what_nobody_understands_is_kept() {
    for line in ["", "hello", "{", "\u{0}\u{1b}[2J", "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /"] {
        let record = parse(None, line, NOW);
        assert_eq!((record.parsed, record.class, record.time, &*record.raw), (false, Class::BASE, NOW, line));
    }
    assert!(!parse(Some(Format::Alb), SAMPLES[0].0, NOW).parsed, "a given format is not guessed around");
}

#[test]
fn a_time_far_ahead_is_now() {
    let early = Timestamp::parse("2015-05-10T00:00:00Z").unwrap();
    assert_eq!(parse(None, SAMPLES[0].0, early).time, early);
    assert_eq!(parse(None, SAMPLES[0].0, early.plus(7 * DAY_MS)).time.to_string(), "2015-05-17T10:05:03.000Z");
}

#[test]
fn bytes_that_are_no_text_stay_visible() {
    let batch =
        Batch { source: "x".into(), format: None, text: b"a\xffb\r\n\n\ncd\ne".to_vec(), resume: None, drill: false };
    assert_eq!(lines(&batch.text()).collect::<Vec<_>>(), ["a\\xFFb", "cd", "e"]);
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0usize..8, cut in 0usize..80) {
        let batch = Batch { source: "x".into(), format: None, text: bytes, resume: None, drill: false };
        let (sample, _) = SAMPLES[which];
        let text = format!("{}{}", &sample[..cut.min(sample.len())], batch.text());
        for format in Format::all().map(Some).chain([None]) {
            for line in lines(&text) {
                let record = parse(format, line, NOW);
                prop_assert_eq!(&*record.raw, line);
                prop_assert!(record.time <= NOW.plus(DAY_MS) && record.repeat >= 1);
            }
        }
    }
}
