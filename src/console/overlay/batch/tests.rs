//! Batches through a whole console.

use crate::console::fixture::Desk;

fn posts(desk: &Desk, end: &str) -> usize {
    desk.fake.asked.iter().filter(|w| w.path.ends_with(end)).count()
}

#[test]
fn a_whole_query_is_previewed_changed_and_taken_back() {
    let mut desk = Desk::new((120, 40));
    desk.fake.incidents = 2_500;
    desk.press("2 X");
    assert!(desk.text().contains("all marked"), "{}", desk.text());
    desk.fake.asked.clear();
    desk.command("incident.escalate");
    assert!(desk.text().contains("Escalate: 2,500 incidents?"), "{}", desk.text());
    assert!(desk.text().contains("2,500 will be changed"), "{}", desk.text());
    assert_eq!(posts(&desk, "/escalate"), 0, "nothing is done before it is confirmed");
    desk.press("Enter");
    assert_eq!(posts(&desk, "/escalate"), 2_500);
    assert!(desk.text().contains("2,500 done · 0 failed"), "{}", desk.text());
    desk.press("u");
    assert_eq!(posts(&desk, "/restore"), 2_500);
    assert!(desk.text().contains("Take back: 2,500 incidents"), "{}", desk.text());
    desk.press("Enter");
    assert!(!desk.text().contains("Take back"));
}

#[test]
fn what_cannot_be_changed_is_told_and_not_tried() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 / ctrl-u Enter X");
    desk.command("incident.reopen");
    assert!(desk.text().contains("0 will be changed, 14 will not:"), "{}", desk.text());
    desk.press("Enter");
    assert_eq!(posts(&desk, "/reopen"), 0);
}

#[test]
fn each_failure_has_its_reason_and_a_lost_platform_stops_the_rest() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 x x x");
    desk.fake.conflict = Some(2);
    desk.command("incident.archive").press("Enter");
    assert!(desk.text().contains("2 done · 1 failed"), "{}", desk.text());
    assert!(desk.text().contains("#2"), "{}", desk.text());
    desk.press("Enter u");
    assert_eq!(posts(&desk, "/restore"), 2, "only what was done is taken back");
    let mut desk = Desk::new((120, 40));
    desk.fake.incidents = 100;
    desk.press("2 X");
    desk.command("incident.archive");
    desk.fake.away = true;
    desk.fake.asked.clear();
    desk.press("Enter");
    assert_eq!(posts(&desk, "/archive"), 4, "no more than were under way");
    assert!(desk.text().contains("96 not tried"), "{}", desk.text());
}

#[test]
fn one_change_is_taken_back_to_the_exact_state_before() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 j");
    let before = desk.app.stack.top().selected();
    desk.command("incident.escalate").press("u");
    let back = desk.fake.asked.iter().find(|w| w.path == "/v1/incidents/2/restore").unwrap();
    assert_eq!(back.body.as_ref().unwrap()["state"], "claimed");
    assert_eq!(back.body.as_ref().unwrap()["owner"], "analyst");
    assert_eq!(back.headers, [("if-match", "3".to_owned())]);
    assert!(before.is_some() && desk.text().contains("took back the change of #2"), "{}", desk.text());
}
