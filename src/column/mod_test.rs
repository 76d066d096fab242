//! Cells are safe, and columns have one name each.

use super::*;
use crate::api::{Action, Block, Detection, Event, Incident, LedgerEntry, Source, Suppression};

fn names_are_unique<R: Record>() {
    let screen = R::SCREEN.iter().map(|c| c.name).filter(|name| !name.is_empty()).collect::<Vec<_>>();
    for names in [screen, R::FIELDS.iter().map(|f| f.name).collect()] {
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len(), "{names:?}");
    }
}

#[test]
fn every_column_has_one_name() {
    names_are_unique::<Event>();
    names_are_unique::<Detection>();
    names_are_unique::<Incident>();
    names_are_unique::<Action>();
    names_are_unique::<Block>();
    names_are_unique::<Source>();
    names_are_unique::<LedgerEntry>();
    names_are_unique::<Suppression>();
}

/// A row in which every text is hostile.
fn hostile<R: serde::de::DeserializeOwned>(json: &str) -> R {
    serde_json::from_str(&json.replace("EVIL", r"\u001b]0;x\u0007\u202e\u200b\u009b")).unwrap()
}

fn safe(name: &str, text: &str) {
    assert!(!text.chars().any(visible::is_dangerous), "{name}: {text:?}");
}

fn all_cells_are_safe<R: Record>(row: &R) {
    R::SCREEN.iter().for_each(|c| safe(c.name, &(c.cell)(row, Timestamp(0)).text));
    R::FIELDS.iter().for_each(|f| safe(f.name, &(f.text)(row)));
}

#[test]
fn no_cell_lets_a_control_through() {
    all_cells_are_safe::<Source>(&hostile(
        r#"{"name":"EVIL","format":"EVIL","state":"EVIL","why":"EVIL","events":1,"unparsed":2,"offset":3,
            "last_event":null,"last_read":null,"drill":true}"#,
    ));
    all_cells_are_safe::<LedgerEntry>(&hostile(
        r#"{"seq":1,"time":"2026-11-21T20:00:00Z","kind":"EVIL","actor":"EVIL","action":"EVIL","target":"EVIL",
            "detail":"EVIL","prev":"EVIL","hash":"EVIL"}"#,
    ));
    all_cells_are_safe::<Action>(&hostile(
        r#"{"id":1,"kind":"EVIL","target":"EVIL","reason":"EVIL","actor":"EVIL","automatic":false,
            "created":"2026-11-21T20:00:00Z","expires":"2026-11-21T20:00:00Z","state":"EVIL","incident":null,
            "receipts":[{"state":"EVIL","at":"2026-11-21T20:00:00Z","enforcer":"EVIL","detail":"EVIL"}],"drill":true}"#,
    ));
    all_cells_are_safe::<Block>(&hostile(
        r#"{"action":1,"kind":"EVIL","target":"EVIL","since":"2026-11-21T20:00:00Z","expires":"2026-11-21T20:00:00Z",
            "actor":"EVIL","reason":"EVIL","refused":0,"enforcers":[{"enforcer":"EVIL","state":"EVIL",
            "checked":"2026-11-21T20:00:00Z","why":"EVIL"}],"drill":true}"#,
    ));
    all_cells_are_safe::<Detection>(&hostile(
        r#"{"id":1,"time":"2026-11-21T20:00:00Z","rule":"EVIL","title":"EVIL","class":"EVIL","kind":"EVIL",
            "severity":"EVIL","confidence":0.5,"entity":{"kind":"EVIL","value":"EVIL"},"src_ip":null,"user":"EVIL",
            "why":"EVIL","evidence":[],"evidence_count":0,"techniques":["EVIL"],"source":"EVIL","incident":null,
            "refused":false,"drill":true}"#,
    ));
    all_cells_are_safe::<Event>(&hostile(
        r#"{"id":1,"time":"2026-11-21T20:00:00Z","observed":"2026-11-21T20:00:00Z","source":"EVIL","class":4002,
            "activity":1,"severity":"EVIL","outcome":"EVIL","country":"EVIL","user":"EVIL","session":"EVIL",
            "host":"EVIL","http":{"method":"EVIL","url":"EVIL","status":200,"bytes":1,"referer":"EVIL","agent":"EVIL"},
            "message":"EVIL","raw":"EVIL","parsed":true,"drill":true}"#,
    ));
    all_cells_are_safe::<Incident>(&hostile(
        r#"{"id":1,"revision":1,"state":"EVIL","title":"EVIL","severity":"EVIL","score":1,
            "entity":{"kind":"EVIL","value":"EVIL"},"entities":[],"rules":["EVIL"],"techniques":["EVIL"],"detections":1,
            "events":1,"opened":"2026-11-21T20:00:00Z","updated":"2026-11-21T20:00:00Z",
            "first_event":"2026-11-21T20:00:00Z","last_event":"2026-11-21T20:00:00Z","contained":null,"owner":"EVIL",
            "verdict":"EVIL","country":"EVIL","proposals":[],"drill":true}"#,
    ));
}

#[test]
fn the_drill_is_marked_on_every_screen() {
    fn marked<R: Row>(row: &R) -> bool {
        R::SCREEN.iter().any(|c| (c.cell)(row, Timestamp(0)).text == "◊drill")
    }
    let source: Source = hostile(
        r#"{"name":"x","format":"x","state":"x","why":"","events":1,"unparsed":2,"offset":3,
            "last_event":null,"last_read":null,"drill":true}"#,
    );
    assert!(marked(&source) && !marked(&Source { drill: false, ..source.clone() }));
}

#[test]
fn ages_say_when_they_become_wrong() {
    let cell = Cell::age(Timestamp(1_000), Timestamp(62_500));
    assert_eq!((cell.text.as_str(), cell.changes), ("1m", Some(Timestamp(121_000))));
    assert_eq!(Cell::until(Timestamp(0), Timestamp(1)).changes, None);
    assert_eq!(cell::date(Timestamp(0)).text, "01-01");
}
