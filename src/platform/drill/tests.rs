//! The drill keeps its promises.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

const START: Timestamp = Timestamp(1_795_000_000_000);

/// Lines due until so long after the start.
fn until(seed: u64, ms: i64) -> Vec<Line> {
    Drill::new(seed, START).take_while(|l| l.due < START.plus(ms)).collect()
}

fn reserved(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            matches!(ip.octets(), [198, 18 | 19, ..] | [203, 0, 113, _] | [198, 51, 100, _] | [192, 0, 2, _])
        }
        IpAddr::V6(ip) => matches!(ip.segments(), [0x2001, 0xdb8, ..]),
    }
}

#[test]
fn one_seed_one_stream_in_order() {
    let lines = until(7, 60_000);
    assert_eq!(lines, until(7, 60_000));
    assert_ne!(lines, until(8, 60_000));
    assert!(lines.windows(2).all(|w| w[0].due <= w[1].due));
}

#[test]
fn history_is_ordinary_and_the_first_attack_comes_soon() {
    for seed in 0..20 {
        let lines = until(seed, 10_000);
        let attacks: Vec<_> = lines.iter().filter(|l| l.story.is_some()).collect();
        assert!(attacks[0].due >= START && attacks[0].due < START.plus(3_000));
        assert!(lines[0].due == START.plus(-HISTORY_MS));
        let history = lines.iter().filter(|l| l.due < START).count() as i64;
        assert!((5..=20).contains(&(history * 1000 / HISTORY_MS)), "{history} lines of history");
    }
}

#[test]
fn the_pace_is_that_of_a_small_shop_under_attack() {
    let live = until(1, 300_000).iter().filter(|l| l.due >= START).count();
    assert!((5 * 300..=20 * 300).contains(&live), "{live} lines in five minutes");
}

#[test]
fn all_stories_are_told_from_reserved_addresses_in_real_formats() {
    let mut told: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    let mut ordinary = BTreeSet::new();
    for line in until(3, 10 * STORY_EVERY_MS) {
        let format = line.format.parse().unwrap();
        assert_eq!(crate::platform::ingest::recognise(&line.text), Some(format), "{}", line.text);
        let record = crate::platform::ingest::parse(Some(format), &line.text, START.plus(3_600_000));
        assert!(record.parsed, "{}", line.text);
        assert_eq!(record.time.0 / 1000, line.due.0 / 1000);
        let Some(ip) = record.src_ip else { continue };
        assert!(reserved(ip) && country(ip).is_some(), "{ip}");
        match line.story {
            Some(story) => told.entry(story).or_default().insert(ip),
            None => ordinary.insert(ip),
        };
        for user in record.user.iter().filter(|_| line.story.is_none()) {
            assert!(user.starts_with("visitor"), "{user}");
        }
    }
    assert_eq!(told.keys().copied().collect::<BTreeSet<_>>(), STORIES.into_iter().collect());
    for (story, addresses) in &told {
        assert_eq!(addresses.len() > 1, *story == "password-spray", "{story}");
        assert!(addresses.is_disjoint(&ordinary), "{story}");
    }
    let net = |ip: &IpAddr| ip.to_string().rsplit_once('.').unwrap().0.to_owned();
    assert_eq!(told["password-spray"].iter().map(net).collect::<BTreeSet<_>>().len(), 1);
}

#[test]
fn a_visitor_signs_in_from_one_country() {
    let mut homes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for line in until(5, 40 * 60_000).into_iter().filter(|l| l.story.is_none()) {
        let record = crate::platform::ingest::parse(Some(line.format.parse().unwrap()), &line.text, line.due);
        let (Some(user), Some(ip)) = (record.user, record.src_ip) else { continue };
        homes.entry(user.to_string()).or_default().extend(country(ip));
    }
    assert!(homes.len() > 20 && homes.values().any(|h| !homes["visitor1"].is_subset(h)), "{homes:?}");
    assert!(homes.values().all(|home| home.len() == 1), "{homes:?}");
}

#[test]
fn the_map_ends_where_the_drill_does() {
    for other in ["127.0.0.1", "8.8.8.8", "2001:db9::1", "198.20.0.1"] {
        assert_eq!(country(other.parse().unwrap()), None, "{other}");
    }
    assert_eq!(country("::ffff:198.19.200.3".parse().unwrap()), country("198.19.200.77".parse().unwrap()));
}
