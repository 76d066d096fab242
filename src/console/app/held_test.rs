//! Changes while the platform is away: kept, shown, taken back, looked at again.

use super::Line;
use crate::api::{Incident, IncidentState, Problem, ProblemKind};
use crate::console::app::{Feed, Msg};
use crate::console::fixture::{Desk, incident};

fn lost() -> Problem {
    Problem::new(ProblemKind::Unreachable, "The platform cannot be reached", "connection refused")
}

fn away(desk: &mut Desk) {
    desk.fake.away = true;
    desk.tell(Msg::Fed(Feed::Lost(lost())));
    desk.asked();
}

fn back(desk: &mut Desk) -> Vec<String> {
    desk.fake.away = false;
    desk.tell(Msg::Fed(Feed::Connected));
    desk.asked()
}

fn changes(asked: &[String]) -> Vec<&str> {
    let change =
        |p: &&String| ["/claim", "/escalate", "/archive", "/close", "/comment", "/undo"].iter().any(|e| p.ends_with(e));
    asked.iter().filter(change).map(String::as_str).collect()
}

#[test]
fn a_change_waits_and_is_done_when_nothing_has_changed() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c");
    assert_eq!(changes(&desk.asked()), [""; 0], "nothing is sent to nobody");
    let text = desk.text();
    assert!(text.contains("once the platform is back: claimed #1") && text.contains("1 waiting"), "{text}");
    let asked = back(&mut desk);
    let looked = asked.iter().position(|p| p == "/v1/incidents/1").expect("it is looked at");
    let done = asked.iter().position(|p| p == "/v1/incidents/1/claim").expect("it is done");
    assert!(looked < done);
    assert!(!desk.text().contains("waiting"), "{}", desk.text());
}

#[test]
fn what_was_changed_meanwhile_asks() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c");
    let claimed =
        Incident { revision: 9, state: IncidentState::Claimed, owner: Some("bob\u{1b}[2J".into()), ..incident(1) };
    desk.fake.changed = Some(Box::new(claimed));
    assert_eq!(changes(&back(&mut desk)), [""; 0]);
    let text = desk.text();
    assert!(text.contains("#1 was changed meanwhile") && text.contains("claimed, of bob␛[2J"), "{text}");
    desk.press("Enter");
    let claim = desk.fake.asked.iter().find(|w| w.path.ends_with("/claim")).expect("asked for once more");
    assert_eq!(claim.headers, [("if-match", "9".to_owned())], "decided on what was shown");
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c");
    desk.fake.changed = Some(Box::new(Incident { revision: 9, ..incident(1) }));
    back(&mut desk);
    desk.press("Esc");
    assert_eq!(changes(&desk.asked()), [""; 0]);
    assert!(desk.text().contains("not claimed #1"), "{}", desk.text());
}

#[test]
fn what_waits_is_taken_back_the_last_first() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c j s u");
    assert!(desk.text().contains("not escalated #2"), "{}", desk.text());
    assert_eq!(changes(&back(&mut desk)), ["/v1/incidents/1/claim"]);
}

#[test]
fn two_changes_of_one_incident_follow_one_another() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c s");
    assert_eq!(changes(&back(&mut desk)), ["/v1/incidents/1/claim", "/v1/incidents/1/escalate"]);
}

#[test]
fn a_block_that_nobody_saw_the_preview_of_asks_and_one_that_is_the_same_does_not() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("b");
    assert!(desk.text().contains("once the platform is back: block of 198.51.100.1"), "{}", desk.text());
    let asked = back(&mut desk);
    assert!(
        asked.contains(&"/v1/actions/preview".to_owned()) && !asked.contains(&"/v1/actions".to_owned()),
        "{asked:?}"
    );
    assert!(desk.text().contains("Block 198.51.100.1?"), "{}", desk.text());

    let mut desk = Desk::new((120, 40));
    desk.press("2 b");
    away(&mut desk);
    desk.press("Enter");
    assert!(desk.asked().is_empty(), "it waits");
    let asked = back(&mut desk);
    let looked = asked.iter().position(|p| p == "/v1/actions/preview").expect("it is looked at");
    let done = asked.iter().position(|p| p == "/v1/actions").expect("it is done");
    assert!(looked < done);

    let mut desk = Desk::new((120, 40));
    desk.press(":").type_in("block.add 192.0.2.9").press("Enter");
    away(&mut desk);
    desk.press("Enter");
    desk.fake.refuse = true;
    assert!(!back(&mut desk).contains(&"/v1/actions".to_owned()), "a guard rail came between");
    assert!(desk.text().contains("this is the machine itself"), "{}", desk.text());
}

#[test]
fn an_undo_waits_and_finds_that_nothing_is_left() {
    let mut desk = Desk::new((120, 40));
    desk.press("6 G");
    away(&mut desk);
    desk.press("g g u");
    assert!(desk.text().contains("once the platform is back: undid action"), "{}", desk.text());
    assert_eq!(changes(&back(&mut desk)).len(), 1);
    let mut desk = Desk::new((120, 40));
    desk.press(":").type_in("action.undo 3").press("Enter");
    let mut desk = Desk::new((120, 40));
    away(&mut desk);
    desk.press(":").type_in("action.undo 3").press("Enter");
    assert_eq!(changes(&back(&mut desk)), [""; 0], "it has expired");
    assert!(desk.text().contains("nothing to undo: action #3 is expired"), "{}", desk.text());
}

#[test]
fn a_line_that_breaks_under_a_change_is_no_answer() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    desk.fake.away = true;
    desk.press("c");
    assert!(desk.text().contains("1 waiting"), "whether it was done is not known: {}", desk.text());
    away(&mut desk);
    // It was done: the platform has another revision now.
    desk.fake.changed = Some(Box::new(Incident {
        revision: 4,
        state: IncidentState::Claimed,
        owner: Some("analyst".into()),
        ..incident(1)
    }));
    assert_eq!(changes(&back(&mut desk)), [""; 0]);
    assert!(desk.text().contains("#1 was changed meanwhile"), "{}", desk.text());
}

#[test]
fn a_platform_that_comes_and_goes_loses_nothing_and_is_not_flooded() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c");
    desk.tell(Msg::Fed(Feed::Connected));
    assert!(desk.asked().iter().filter(|p| *p == "/v1/incidents/1").count() == 1, "asked once, in vain");
    assert!(desk.app.line == Line::Live && desk.app.held.len() == 1);
    desk.tell(Msg::Fed(Feed::Lost(lost())));
    assert_eq!(changes(&back(&mut desk)), ["/v1/incidents/1/claim"]);
}

#[test]
fn leaving_tells_what_would_be_lost() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("c j s q");
    assert!(desk.text().contains("2 changes wait for the platform: not made if you leave"), "{}", desk.text());
    desk.press("n");
    for _ in 0..200 {
        desk.press("c");
    }
    assert!(desk.app.held.len() <= 100 && desk.text().contains("and 97 more wait"), "{}", desk.text());
}

#[test]
fn what_changes_the_platform_as_a_whole_does_not_wait() {
    let mut desk = Desk::new((120, 40));
    away(&mut desk);
    desk.press("D");
    assert!(desk.text().contains("drill.toggle: the platform does not answer"), "{}", desk.text());
    assert_eq!(desk.app.held.len(), 0);
}

#[test]
fn what_waits_shows_nobody_under_pseudonyms_and_means_the_same() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    away(&mut desk);
    desk.press("b");
    assert!(desk.text().contains("block of 198.51.100.1"), "{}", desk.text());
    desk.press("P");
    let text = desk.text();
    assert!(text.contains("once the platform is back: block of") && !text.contains("198.51.100.1"), "{text}");
    desk.press("P");
    back(&mut desk);
    let asked = desk.app.overlays.len();
    assert_eq!(asked, 1, "it is shown before it is done");
    assert!(desk.text().contains("Block 198.51.100.1?"), "{}", desk.text());
}
