//! Scans, fast and slow, and networks at work.

use super::*;

#[test]
fn scans_of_ports_and_hosts_are_told_fast_and_slow() {
    for (step, severity) in [(1_000, "medium"), (HOUR, "low")] {
        let mut bench = Bench::new();
        for n in 0..60 {
            bench.see(&flow("203.0.113.7", "198.51.100.1", 20 + n, true, i64::from(n) * step));
        }
        assert_eq!(bench.rules(), ["sweep.ports"], "{step}");
        assert_eq!(bench.out[0].severity.as_str(), severity);
        let mut bench = Bench::new();
        for n in 0..60 {
            bench.see(&flow("203.0.113.7", &format!("198.51.100.{n}"), 22, true, i64::from(n) * step));
        }
        assert_eq!(bench.rules(), ["sweep.hosts"], "{step}");
        assert!(bench.out[0].why.raw().contains("different hosts at port 22"), "{:?}", bench.out[0].why);
        bench.sound();
    }
    let mut random = Bench::new();
    for n in 0..60u16 {
        random.see(&flow("203.0.113.7", &format!("198.51.{}.9", n), 1_000 + n * 7, true, i64::from(n) * 1_000));
    }
    assert_eq!(random.rules(), ["sweep.hosts"], "{:?}", random.out);
}

#[test]
fn hosts_at_changing_ports_are_one_sweep_also_over_a_week() {
    for (count, step) in [(48, 15 * MINUTE), (70, 4 * HOUR)] {
        let mut bench = Bench::new();
        for n in 0..count {
            let port = [22, 445, 3_389][n as usize % 3];
            bench.see(&flow("203.0.113.7", &format!("198.51.100.{n}"), port, true, n * step));
        }
        assert_eq!(bench.rules(), ["sweep.hosts"], "{step}");
        bench.sound();
    }
    let mut few = Bench::new();
    for n in 0..200 {
        few.see(&flow("203.0.113.7", &format!("198.51.100.{}", n % 12), 22, true, n * HOUR));
    }
    assert_eq!(few.rules(), Vec::<&str>::new(), "a handful of hosts that are gone");
}

#[test]
fn monitoring_browsing_and_a_broken_client_are_no_scans() {
    let mut bench = Bench::new();
    for n in 0..2_000i64 {
        let host = format!("10.0.{}.{}", n % 4, n % 250);
        bench.see(&flow("10.9.0.1", &host, 9_100, n % 9 == 0, n * 1_000));
        bench.see(&flow("10.9.0.2", &format!("93.{}.{}.4", n % 90, n % 200), 443, n % 20 == 0, n * 1_000));
        bench.see(&flow("10.9.0.3", "10.0.0.5", 5_432, true, n * 1_000));
        bench.see(&flow("10.9.0.4", "10.0.0.6", u16::try_from(30_000 + n).unwrap(), false, n * 1_000));
    }
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
}

#[test]
fn a_flood_of_made_up_senders_stays_in_bounds() {
    let mut bench = Bench::new();
    for n in 0..70_000u32 {
        let from = std::net::Ipv4Addr::from(n.wrapping_mul(2_654_435_761)).to_string();
        bench.see(&flow(&from, "198.51.100.1", 80, true, i64::from(n)));
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
}
