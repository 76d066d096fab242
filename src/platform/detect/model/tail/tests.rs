//! What a tail promises.

use super::*;
use proptest::prelude::*;

/// Standard exponential.
fn exponential(random: &mut Random) -> f64 {
    -random.unit().ln()
}

/// `exp` of a normal with this deviation (Box and Muller).
fn lognormal(random: &mut Random, deviation: f64) -> f64 {
    let radius = (-2.0 * random.unit().ln()).sqrt();
    (deviation * radius * (std::f64::consts::TAU * random.unit()).cos()).exp()
}

/// Realised over target rate at 1 in `one_in`, after `n` values.
fn realised(n: usize, one_in: f64, seed: u64, draw: impl Fn(&mut Random) -> f64) -> f64 {
    let mut random = Random(seed);
    let mut tail = Tail::new(seed);
    (0..n).for_each(|_| tail.add(draw(&mut random)));
    let threshold = tail.threshold(one_in).unwrap();
    let tries = 1_000_000;
    let above = (0..tries).filter(|_| draw(&mut random) > threshold).count();
    above as f64 / f64::from(tries) * one_in
}

#[test]
fn a_target_of_one_in_a_thousand_is_kept_within_a_factor_of_two() {
    for seed in 1..=5 {
        for (name, ratio) in [
            ("exponential", realised(20_000, 1e3, seed, exponential)),
            ("lognormal 0.5", realised(20_000, 1e3, seed, |r| lognormal(r, 0.5))),
            ("lognormal 1", realised(20_000, 1e3, seed, |r| lognormal(r, 1.0))),
        ] {
            assert!((0.5..2.0).contains(&ratio), "{name}, seed {seed}: {ratio}");
        }
    }
}

#[test]
fn a_stream_that_drifts_is_followed() {
    let mut random = Random(3);
    let mut tail = Tail::new(3);
    (0..20_000).for_each(|_| tail.add(exponential(&mut random)));
    (0..400_000).for_each(|_| tail.add(5.0 + 2.0 * exponential(&mut random)));
    let threshold = tail.threshold(1e3).unwrap();
    let above = (0..1_000_000).filter(|_| 5.0 + 2.0 * exponential(&mut random) > threshold).count();
    assert!((500..2_000).contains(&above), "{above}");
}

#[test]
fn silent_until_warm_and_bounded_for_ever() {
    let mut tail = Tail::new(1);
    let mut random = Random(1);
    for n in 0..200_000u64 {
        assert_eq!(tail.one_in(1.0).is_some(), n >= WARM_UP);
        assert_eq!(tail.threshold(10.0).is_some(), n >= WARM_UP);
        tail.add(exponential(&mut random));
    }
    assert!(tail.excesses.len() <= EXCESSES && tail.body.len() <= BODY);
}

#[test]
fn one_wild_value_does_not_stretch_the_tail() {
    let mut random = Random(9);
    let mut tail = Tail::new(9);
    (0..20_000).for_each(|_| tail.add(exponential(&mut random)));
    let before = tail.threshold(1e4).unwrap();
    (0..20).for_each(|_| tail.add(1e30));
    tail.refit();
    let after = tail.threshold(1e4).unwrap();
    assert!(after < before * 1.5, "{before} {after}");
    tail.add(f64::NAN);
    tail.add(f64::INFINITY);
    assert!(tail.threshold(1e4).unwrap().is_finite());
}

#[test]
fn scores_that_are_all_alike_make_anything_above_them_as_rare_as_their_number() {
    let mut tail = Tail::new(1);
    (0..10_000).for_each(|_| tail.add(0.0));
    assert_eq!(tail.one_in(0.0), Some(1.0));
    let rare = tail.one_in(1.0).unwrap();
    assert!(rare > 1_000.0 && rare <= 10_001.0, "{rare}");
    assert!(tail.threshold(1e6).unwrap() > 0.0);
}

#[test]
fn a_tail_survives_being_written_down() {
    let mut random = Random(4);
    let mut tail = Tail::new(4);
    (0..5_000).for_each(|_| tail.add(exponential(&mut random)));
    let mut back: Tail = serde_json::from_str(&serde_json::to_string(&tail).unwrap()).unwrap();
    // JSON keeps a float to its last digit but one.
    let same = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    assert!(same(back.one_in(6.0).unwrap(), tail.one_in(6.0).unwrap()));
    for _ in 0..5_000 {
        let x = exponential(&mut random);
        tail.add(x);
        back.add(x);
    }
    assert!(same(back.one_in(6.0).unwrap(), tail.one_in(6.0).unwrap()));
    assert_eq!(back.count(), 10_000);
}

proptest! {
    #[test]
    fn a_higher_score_is_never_less_rare(values in prop::collection::vec(-1e6f64..1e6, 500..1_500), a in -2e6f64..2e6, b in -2e6f64..2e6) {
        let mut tail = Tail::new(7);
        values.iter().for_each(|v| tail.add(*v));
        tail.refit();
        let (low, high) = (a.min(b), a.max(b));
        let (one, other) = (tail.one_in(low).unwrap(), tail.one_in(high).unwrap());
        prop_assert!(one <= other * (1.0 + 1e-9), "{low} {one}, {high} {other}");
        prop_assert!(one >= 1.0 && other <= RAREST);
    }
}
