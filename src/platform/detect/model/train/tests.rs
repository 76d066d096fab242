//! The shipped model against the data: it is what training makes, and it does what its card says.

use super::*;
use std::path::PathBuf;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data")
}

/// Minutes without optimisation: `cargo run --release -- model train ../shared/data --out FILE` says the same in seconds.
#[test]
#[ignore = "needs ../shared/data"]
fn training_again_gives_the_shipped_file_byte_for_byte() {
    let made = train(&data()).unwrap();
    let shipped = include_bytes!("../classifier.wfm");
    assert_eq!(made.len(), shipped.len());
    assert!(made == shipped, "first at byte {:?}", made.iter().zip(shipped).position(|(a, b)| a != b));
}

/// The floors stand just below what was measured; `watchfloor model measure ../shared/data` prints the whole table.
#[test]
#[ignore = "needs ../shared/data"]
fn the_shipped_model_does_what_its_card_says() {
    let rows = source::read(&data(), SEED).unwrap();
    let classifier = Classifier::shipped();
    println!("{}", measure::summary(classifier, &rows));
    let suite = measure::share(classifier, measure::suite(&rows).map(|(_, row)| row)).rate();
    assert!(suite >= SUITE, "core rule set, other half: {suite}");
    let of = |hostile: bool| {
        measure::share(classifier, rows.params.iter().filter(|row| row.class.is_some() == hostile)).rate()
    };
    assert!(of(true) >= 0.995 && of(false) <= 0.001, "http-params: {} {}", of(true), of(false));
    let padded = measure::padded(classifier, &rows).rate();
    assert!(padded >= 0.99, "padded: {padded}");
    for (name, share) in measure::mutated(classifier, &rows) {
        assert!(share.rate() >= 0.945, "{name}: {share:?}");
    }
    let (right, all) = measure::deletion(classifier, &rows);
    assert!(right * 100 >= all * 95, "deleting the span: {right} of {all}");
    let (right, all) = measure::naming(classifier, &rows);
    assert!(right * 100 >= all * 84, "class: {right} of {all}");
    for (label, share) in measure::log(&data(), classifier).unwrap() {
        // The inspector does not ask it about agents.
        let most = if label.contains("agents") { 0.02 } else { 0.01 };
        // One of 32.
        let most = if label.contains("values") { 0.04 } else { most };
        assert!(share.rate() <= most, "{label}: {share:?}");
    }
}

/// Requests of the Core Rule Set's other half that have a part that is scored.
const SUITE: f64 = 0.86;

#[test]
fn thresholds_are_counted_and_continued() {
    let points: Vec<i32> = (0..10_000).collect();
    let anchors = anchors_of(points);
    assert_eq!(anchors[..3], [9_000, 9_900, 9_990]);
    assert!(anchors[3] > 9_990);
    assert!(anchors_of(Vec::new()).is_sorted());
    assert!(anchors_of(vec![-5; 100]).windows(2).all(|pair| pair[0] < pair[1]));
}
