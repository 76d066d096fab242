//! What the clocks of a country are ahead of UTC by, for countries where nearly everybody lives by one clock. Countries with
//! several zones, or with a summer time that is decided anew each year, are left out: no answer is better than a wrong one.
//!
//! Offsets as of the IANA time zone database of 2025; European summer time by Directive 2000/84/EC: from the last Sunday of
//! March to the last Sunday of October, both at 01:00 UTC.

/// Minutes ahead of UTC in winter, countries with European summer time, countries without any.
const ZONES: &[(i64, &str, &str)] = &[
    (0, "GB IE PT", "IS GH CI SN ML BF TG GM GN SL LR"),
    (
        60,
        "AL AD AT BA BE CH CZ DE DK ES FR HR HU IT LI LU MC ME MK MT NL NO PL RS SE SI SK SM VA",
        "DZ TN NG AO CM GA BJ NE TD CF CG GQ",
    ),
    (120, "BG CY EE FI GR LT LV RO UA", "ZA BW ZW ZM MZ MW RW BI LS SZ LY SD NA"),
    (180, "", "TR SA IQ KW QA BH YE BY KE ET TZ UG SO DJ ER MG JO SY"),
    (210, "", "IR"),
    (240, "", "AE OM AZ AM GE MU SC"),
    (270, "", "AF"),
    (300, "", "PK UZ TM TJ MV KZ"),
    (330, "", "IN LK"),
    (345, "", "NP"),
    (360, "", "BD BT KG"),
    (390, "", "MM"),
    (420, "", "TH VN LA KH"),
    (480, "", "CN HK MO TW SG MY PH BN"),
    (540, "", "JP KR KP TL"),
    (-180, "", "AR UY SR"),
    (-240, "", "BO VE GY DO PR"),
    (-300, "", "CO PE PA JM"),
    (-360, "", "CR GT HN NI SV BZ"),
];

/// Milliseconds that clocks there are ahead of UTC by at an instant, in milliseconds since 1970; nothing where that is not
/// known. The country is a code of two letters.
#[must_use]
pub fn offset(country: &str, at: i64) -> Option<i64> {
    let listed = |list: &str| list.split(' ').any(|code| code.eq_ignore_ascii_case(country) && !code.is_empty());
    let (minutes, summer, _) = ZONES.iter().find(|(_, summer, plain)| listed(summer) || listed(plain))?;
    let hour = i64::from(listed(summer) && is_summer(at)) * 60;
    Some((minutes + hour) * 60_000)
}

/// European summer time.
fn is_summer(at: i64) -> bool {
    use chrono::{DateTime, Datelike, NaiveDate, Utc};
    let Some(now) = DateTime::<Utc>::from_timestamp_millis(at) else { return false };
    let turn = |month: u32| {
        // March and October have 31 days.
        let last = NaiveDate::from_ymd_opt(now.year(), month, 31)?;
        let sunday = last - chrono::Days::new(u64::from(last.weekday().num_days_from_sunday()));
        sunday.and_hms_opt(1, 0, 0).map(|t| t.and_utc().timestamp_millis())
    };
    turn(3).zip(turn(10)).is_some_and(|(from, to)| (from..to).contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(country: &str, at: &str) -> Option<f64> {
        offset(country, chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis())
            .map(|ms| ms as f64 / 3_600_000.0)
    }

    #[test]
    fn clocks_turn_on_the_last_sundays_at_one() {
        for (at, ahead) in [
            ("2026-03-29T00:59:59Z", 1.0),
            ("2026-03-29T01:00:00Z", 2.0),
            ("2026-10-25T00:59:59Z", 2.0),
            ("2026-10-25T01:00:00Z", 1.0),
            ("2027-03-28T01:00:00Z", 2.0),
        ] {
            assert_eq!(hours("NL", at), Some(ahead), "{at}");
            assert_eq!(hours("gb", at), Some(ahead - 1.0), "{at}");
        }
        assert_eq!(hours("IN", "2026-07-01T00:00:00Z"), Some(5.5));
        assert_eq!(hours("JP", "2026-07-01T00:00:00Z"), Some(9.0));
        for several in ["US", "RU", "AU", "??", "", "EU"] {
            assert_eq!(hours(several, "2026-07-01T00:00:00Z"), None);
        }
    }

    #[test]
    fn no_country_is_listed_twice() {
        let mut all: Vec<&str> = ZONES.iter().flat_map(|(_, a, b)| a.split(' ').chain(b.split(' '))).collect();
        all.retain(|code| !code.is_empty());
        let len = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), len);
        assert!(all.iter().all(|code| code.len() == 2));
    }

    proptest! {
        #[test]
        fn any_text_and_instant_is_answered(country in "\\PC{0,4}", at: i64) {
            let _ = offset(&country, at);
        }
    }
}
