//! A small site over some days: ordinary traffic stays within the budget, and a burst is told with its numbers.

use super::*;
use crate::api::{Class, EventId, Outcome, Timestamp};
use crate::platform::record::{HttpRecord, Record};

const START: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

struct Site {
    behaviour: Behaviour,
    out: Vec<Detection>,
}

impl Site {
    fn new() -> Self {
        Self { behaviour: Behaviour::new(Settings { on: true, ..Settings::default() }, 7, false), out: Vec::new() }
    }

    fn see(&mut self, record: &Record<'_>, login: Option<bool>) {
        self.behaviour.observe(&Fact::of(record, EventId(1), "test", login), &mut self.out);
    }

    fn page(&mut self, who: u8, n: i64, at: i64) {
        let mut record = Record::bare(Timestamp(START + at), "line");
        record.class = Class::HTTP;
        record.src_ip = Some([198, 51, 100, who].into());
        let url = format!("/page/{}", n % 40);
        record.http = Some(HttpRecord {
            url: url.into(),
            status: 200,
            bytes: 4_000 + 37 * (n as u64 % 90),
            ..HttpRecord::default()
        });
        self.see(&record, None);
    }

    fn failure(&mut self, ip: [u8; 4], user: i64, at: i64) {
        let mut record = Record::bare(Timestamp(START + at), "line");
        record.class = Class::AUTHENTICATION;
        record.outcome = Outcome::Failure;
        record.src_ip = Some(ip.into());
        record.user = Some(format!("user{user}").into());
        self.see(&record, Some(false));
    }

    /// Sixty visitors with a few pages each in every ten minutes.
    fn days(&mut self, days: i64) {
        for window in 0..days * DAY / (10 * MINUTE) {
            for who in 0..60u8 {
                let pages = (window * 7 + i64::from(who) * 13) % 5;
                for n in 0..pages {
                    self.page(who, window + n * i64::from(who), window * 10 * MINUTE + n * MINUTE + i64::from(who));
                }
            }
        }
    }
}

#[test]
fn an_ordinary_site_stays_within_the_budget_and_a_burst_is_told() {
    let mut site = Site::new();
    site.days(4);
    let allowed = Settings::default().false_alarms_per_day * 4.0;
    assert!(site.out.len() as f64 <= allowed, "{}: {:?}", site.out.len(), site.out.first());
    site.out.clear();
    for n in 0..900 {
        site.failure([203, 0, 113, 9], n, 4 * DAY + n * 500);
    }
    for n in 0..30 {
        site.page(1, n, 4 * DAY + 20 * MINUTE + n * MINUTE);
    }
    let told = site.out.iter().any(|d| {
        let why = d.why.raw();
        why.contains("failed") && why.contains("1 in ") && d.time.0 >= START + 4 * DAY
    });
    assert!(told, "{:?}", site.out);
}
