//! Stamps, against a calendar library.

use super::*;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

proptest! {
    #[test]
    fn agrees_with_the_calendar(s in -2_000_000_000i64..4_000_000_000, zone in -14i32 * 60..=14 * 60) {
        let zone = chrono::FixedOffset::east_opt(zone * 60).unwrap();
        let t = chrono::DateTime::from_timestamp(s, 0).unwrap().with_timezone(&zone);
        prop_assert_eq!(clf(t.format("%d/%b/%Y:%H:%M:%S %z").to_string().as_bytes()), Some(Timestamp(s * 1000)));
        let text = t.to_rfc3339();
        prop_assert_eq!(rfc3339(text.as_bytes()), Some((Timestamp(s * 1000), text.len())));
    }

    #[test]
    fn a_yearless_stamp_of_the_past_year_is_found_again(s in 946_684_800i64..4_000_000_000, back in 0i64..364 * 86_400) {
        let then = Timestamp((s - back) * 1000);
        let text = chrono::DateTime::from_timestamp(s - back, 0).unwrap().format("%b %e %H:%M:%S").to_string();
        prop_assert_eq!(rfc3164(text.as_bytes(), Timestamp(s * 1000), |_| 0), Some((then, 15)));
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..40), now in any::<i64>()) {
        let _ = (clf(&bytes), rfc3339(&bytes), rfc3164(&bytes, Timestamp(now / 1000), |_| 0));
        let text = String::from_utf8_lossy(&bytes);
        let _ = (epoch(&text), ctime(&text), plain(&bytes, &bytes));
    }
}

#[test]
fn times_without_a_zone_and_seconds_since_1970() {
    assert_eq!(epoch("1258531221.486539"), Some(Timestamp(1_258_531_221_486)));
    assert_eq!(epoch("1258531221.5"), Some(Timestamp(1_258_531_221_500)));
    assert_eq!(
        (epoch("1258531221"), epoch("1258531221486")),
        (Some(Timestamp(1_258_531_221_000)), epoch("1258531221.486"))
    );
    assert_eq!((epoch(""), epoch("1.x"), epoch("99999999999999"), epoch("-1")), (None, None, None, None));
    let noon = at("2019-03-26T14:43:03Z").0 / 1000;
    assert_eq!(ctime("Tue Mar 26 14:43:03 2019"), Some(noon));
    assert_eq!(ctime("Tue Mar 26 14:43:03.123456 2019"), Some(noon));
    assert_eq!((plain(b"2019-03-26", b"14:43:03"), plain(b"2019/03/26", b"14:43:03.5")), (Some(noon), Some(noon)));
    assert_eq!(plain(b"2019-13-26", b"14:43:03"), None);
    assert_eq!(local(noon, |_| 3600), at("2019-03-26T13:43:03Z"));
}

#[test]
fn fractions_and_zones_without_a_colon() {
    let (t, n) = rfc3339(b"2016-06-08T20:01:52.875791+0000\",").unwrap();
    assert_eq!((t, n), (at("2016-06-08T20:01:52.875Z"), 31));
    assert_eq!(rfc3339(b"2016-06-08T20:01:52.5-01:30 x").unwrap().0, at("2016-06-08T21:31:52.500Z"));
    assert_eq!(rfc3339(b"2016-06-08T20:01:52"), None);
    assert_eq!(rfc3339(b"2016-06-31T20:01:52Z"), None);
}

#[test]
fn december_read_in_january_is_last_year() {
    let now = at("2026-01-02T00:00:00Z");
    assert_eq!(rfc3164(b"Dec 31 23:59:59", now, |_| 0).unwrap().0, at("2025-12-31T23:59:59Z"));
    assert_eq!(rfc3164(b"Jan  2 00:00:05", now, |_| 0).unwrap().0, at("2026-01-02T00:00:05Z"));
    assert_eq!(rfc3164(b"Feb 29 12:00:00", now, |_| 0).unwrap().0, at("2024-02-29T12:00:00Z"));
    assert_eq!(rfc3164(b"Feb 30 12:00:00", now, |_| 0), None);
}

#[test]
fn the_machine_s_zone_counts() {
    let now = at("2026-06-02T00:00:00Z");
    assert_eq!(rfc3164(b"Jun  1 12:00:00", now, |_| 7200).unwrap().0, at("2026-06-01T10:00:00Z"));
    let noon = at("2026-06-01T12:00:00Z").0 / 1000;
    assert_eq!(machine_offset(noon), machine_offset(noon + 1));
}

#[test]
fn times_that_cannot_be_meant_become_now() {
    let now = at("2026-06-02T00:00:00Z");
    assert_eq!(sane(now.plus(2 * DAY_MS), now), now);
    assert_eq!(sane(Timestamp(i64::MIN), now), now);
    assert_eq!(sane(now.plus(DAY_MS), now), now.plus(DAY_MS));
}
