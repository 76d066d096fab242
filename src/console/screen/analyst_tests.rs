//! What an analyst does beyond the queue, by keys: suppress, snooze, count, look back, hide.

use crate::api::{Incident, Live, Snooze, Timestamp};
use crate::command::{Context, Export, Resource};
use crate::console::app::{Effect, Feed, Msg};
use crate::console::fixture::{self, Desk, NOW};
use crate::console::screen::{Opening, SCREENS};

fn paths(desk: &mut Desk, part: &str) -> Vec<String> {
    desk.asked().into_iter().filter(|path| path.contains(part)).collect()
}

#[test]
fn h_keeps_a_rule_quiet_after_a_look_at_what_that_would_have_hidden() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 H");
    for words in
        ["web.sql_injection", "198.51.100.1", "412 detections of 3 incidents", "1 of these were closed as attacks"]
    {
        assert!(desk.text().contains(words), "{words}\n{}", desk.text());
    }
    desk.press("Enter");
    assert!(desk.text().contains("say why"), "{}", desk.text());
    desk.asked();
    desk.type_in("our own scanner").press("Enter");
    assert_eq!(paths(&mut desk, "suppressions"), ["/v1/suppressions"]);
    assert!(desk.text().contains("suppressed web.sql_injection of 198.51.100.1 for 1 d"), "{}", desk.text());
    desk.asked();
    desk.press("u");
    assert_eq!(paths(&mut desk, "/undo"), ["/v1/suppressions/5/undo"], "u takes it back wherever one is");
    desk.press("g s");
    assert!(
        desk.text().contains("filter  state:in_force") && desk.text().contains("our own search"),
        "{}",
        desk.text()
    );
    desk.press("u");
    assert!(paths(&mut desk, "/undo").iter().all(|p| p.starts_with("/v1/suppressions/")));
    assert!(desk.text().contains("ended suppression #"), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("filter  suppressed="), "{}", desk.text());
}

#[test]
fn z_puts_incidents_out_of_sight_and_u_brings_them_back() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 Z").type_in("soon").press("Enter");
    assert!(desk.text().contains("a duration such as 4h"), "{}", desk.text());
    desk.asked();
    desk.press("Z").type_in("4h").press("Enter");
    let wire = desk.fake.asked.iter().find(|w| w.path.ends_with("/snooze")).expect("sent").clone();
    assert_eq!(wire.headers, [("if-match", "3".to_owned())]);
    assert_eq!(wire.body.as_ref().unwrap()["seconds"], 14_400);
    assert!(desk.text().contains("snoozed #1 for 4 h"), "{}", desk.text());
    desk.press("u");
    assert!(desk.asked().contains(&"/v1/incidents/1/restore".to_owned()));
    desk.press("x x Z").type_in("change").press("Enter");
    assert!(desk.text().contains("Snooze until it changes"), "several are previewed first\n{}", desk.text());
}

#[test]
fn what_sleeps_leaves_the_queue() {
    let mut asleep: Incident = fixture::incident(1);
    let queue = crate::query::Query::parse(super::triage::OPEN).unwrap();
    assert!(queue.matches(&asleep));
    asleep.snoozed = Some(Snooze { until: Timestamp(NOW + 1), on_change: false, by: "ana".into() });
    assert!(!queue.matches(&asleep));
}

#[test]
fn f_counts_the_queue_and_enter_opens_what_was_counted() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 f");
    assert!(desk.text().contains("14 incidents in 5 groups") && desk.text().contains("[severity]"), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("severity=\"") && desk.text().contains("3 incidents"), "{}", desk.text());
    desk.press("Esc Tab Tab");
    assert!(desk.text().contains("198.51.100.0/24") && desk.text().contains("14"), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("address=\"198.51.100.0/24\""), "{}", desk.text());
    let mut desk = Desk::new((120, 40));
    desk.press("2 a j j g");
    assert!(desk.text().contains("by severity") || desk.text().contains("by state"), "{}", desk.text());
}

#[test]
fn groups_are_counted_part_after_part_to_the_end() {
    use crate::api::Reply;
    use crate::console::screen::Screen;
    let mut groups = super::groups::Groups::new(Resource::Incidents, "", Some("rule"));
    groups.refresh();
    let part = |next: Option<&str>| {
        let body = serde_json::json!({"groups": [{"value": "web.xss", "count": 2}], "rows": 3, "next": next});
        Ok(Reply { name: "group.count", body })
    };
    let asks = groups.replied("groups", 1, part(Some("abc")));
    let [super::Ask::Fetch(fetch)] = asks.as_slice() else { panic!("{asks:?}") };
    assert!(fetch.wire.path.contains("after=abc"));
    assert!(groups.replied("groups", 1, part(None)).is_empty());
    let mut buf = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 10));
    let theme = crate::console::theme::Theme::named("dark", crate::console::theme::Depth::None).unwrap();
    groups.view(buf.area, &mut buf, &crate::console::widget::Look::new(&theme, NOW));
    let text: String = buf.content.iter().map(|c| c.symbol()).collect();
    assert!(text.contains("6 incidents in 1 group") && text.contains("web.xss 4"), "{text}");
}

#[test]
fn the_console_goes_back_in_time_and_changes_nothing_there() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    desk.asked();
    desk.press("[");
    assert!(desk.text().contains("PAST 11-21 19:55:00 UTC"), "{}", desk.text());
    let asked = desk.asked();
    assert!(asked.iter().all(|p| p.contains("at=2026-11-21T19%3A55%3A00.000Z")) && !asked.is_empty(), "{asked:?}");
    for (key, name) in [
        ("c", "incident.claim"),
        ("b", "block.add"),
        ("D", "drill.toggle"),
        ("Z", "incident.snooze"),
        ("u", "action.undo"),
    ] {
        desk.press(key);
        let text = desk.text();
        assert!(text.contains(&format!("{name}: nothing can be changed in the past")), "{text}");
    }
    assert!(desk.fake.asked.iter().all(|w| w.method == crate::api::Method::Get), "{:?}", desk.fake.asked);
    desk.press("Esc ? c l a i m");
    assert!(desk.text().contains("not now: nothing can be changed in the past"), "{}", desk.text());
    desk.press("Esc ] ]");
    assert!(!desk.text().contains("PAST"), "forwards ends at now\n{}", desk.text());
    desk.press(":").type_in("at 03:12").press("Enter");
    assert!(desk.text().contains("PAST 11-21 03:12:00 UTC"), "{}", desk.text());
    desk.press(".");
    assert!(!desk.text().contains("PAST"), "{}", desk.text());
    assert!(desk.asked().last().is_some_and(|p| !p.contains("at=")));
    desk.press(":").type_in("time.at tomorrow").press("Enter");
    assert!(desk.text().contains("is not a time"), "{}", desk.text());
}

#[test]
fn the_mark_of_the_past_is_on_every_screen_at_every_size() {
    for entry in SCREENS {
        for size in [(140, 40), (80, 24), (41, 11), (30, 5)] {
            let mut desk = Desk::new(size);
            if matches!((entry.open)(&Context::default()), Opening::Choose(_)) {
                desk.press("2");
            }
            desk.press("[").press(entry.command.keys[0]);
            assert!(desk.text().contains("PAST"), "{:?} {size:?}\n{}", entry.place, desk.text());
        }
    }
}

#[test]
fn what_is_not_kept_of_the_past_is_said_and_the_present_is_never_shown_for_it() {
    for (key, gone) in [("7", "nginx:/var/log"), ("9", "web.sql_injection"), ("g p", "policy.toml")] {
        let mut desk = Desk::new((120, 40));
        desk.press(key);
        assert!(desk.text().contains(gone), "{}", desk.text());
        desk.press("[");
        assert!(!desk.text().contains(gone) && desk.text().contains("This is not kept of the past"), "{}", desk.text());
    }
    // Answers to what was asked before do not come.
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    desk.fake.away = true;
    desk.press("[");
    assert!(!desk.text().contains("SQL injection"), "{}", desk.text());
}

#[test]
fn live_updates_wait_until_one_comes_back_and_ages_stand_still() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 [");
    let before = desk.draw();
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Incident(fixture::incident(99))))));
    let later = desk.app.now.plus(60_000);
    desk.tell(Msg::Passed(later));
    assert_eq!(desk.draw().0, before.0);
    assert_eq!(desk.draw().1, None, "nothing on it becomes wrong");
    assert!(!desk.app.is_dirty() || desk.app.wake().is_none());
}

#[test]
fn exports_pipes_and_copied_commands_are_of_the_past_that_is_shown() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 [ |").type_in("jq .id").press("Enter");
    let Some(Effect::Pipe(Export { at, .. }, _)) = desk.done.last() else { panic!("{:?}", desk.done) };
    assert_eq!(at.unwrap().to_string(), "2026-11-21T19:55:00.000Z");
    desk.press("y c");
    assert!(
        desk.done.contains(&Effect::Copy("watchfloor incident show 1 --at 2026-11-21T19:55:00.000Z".into())),
        "{:?}",
        desk.done
    );
    let mut desk = Desk::new((120, 40));
    desk.press("9 [ |").type_in("jq").press("Enter");
    assert!(!desk.done.iter().any(|e| matches!(e, Effect::Pipe(..))), "{:?}", desk.done);
}

#[test]
fn two_instants_are_compared() {
    let mut desk = Desk::new((120, 40));
    desk.press("=").type_in("2h").press("Enter");
    for words in ["18:00:00", "20:00:00", "open incidents", "are others"] {
        assert!(desk.text().contains(words), "{words}\n{}", desk.text());
    }
    let asked = desk.asked();
    assert!(
        asked.iter().any(|p| p.contains("at=2026-11-21T18")) && asked.iter().any(|p| p.contains("at=2026-11-21T20"))
    );
    desk.press("Esc [ =");
    assert!(
        desk.text().contains("19:55:00") && desk.text().contains("Compare"),
        "in the past the other instant is now\n{}",
        desk.text()
    );
}

/// What the fixture's answers tell of people.
const SECRETS: [&str; 6] = ["198.51.100.", "intruder", "5e55a0", "www.example.com", "analyst", "127.0.0.1"];

#[test]
fn the_privacy_screen_hides_everybody_on_every_screen_and_in_what_is_copied() {
    for entry in SCREENS {
        for (_, keys) in entry.pictures {
            let mut desk = Desk::new((160, 48));
            desk.press("P");
            if matches!((entry.open)(&Context::default()), Opening::Choose(_)) {
                desk.press("2");
            }
            desk.press(entry.command.keys[0]).press(keys);
            let text = desk.text();
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret} on {:?} {keys}\n{text}", entry.place);
            }
            assert!(text.contains("PSEUDONYMS"), "{text}");
            desk.press("y v y r y l");
            for effect in &desk.done {
                let said = format!("{effect:?}");
                assert!(
                    !SECRETS
                        .iter()
                        .any(|secret| said.contains(secret)
                            && !matches!(effect, Effect::Copy(t) if t.starts_with("http"))),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn what_is_done_behind_the_privacy_screen_is_done_to_the_real_ones() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 P");
    assert!(desk.text().contains("Triage") && !desk.text().contains("198.51.100."), "{}", desk.text());
    desk.press("b");
    desk.asked();
    assert!(desk.text().contains("Block 100::"), "{}", desk.text());
    desk.press("Enter");
    let block = desk.fake.asked.iter().find(|w| w.path == "/v1/actions").expect("asked").clone();
    assert_eq!(block.body.unwrap()["target"], "198.51.100.1");
    desk.press("Esc Esc a Enter");
    let filtered = paths(&mut desk, "198.51.100.1");
    assert!(!filtered.is_empty(), "the platform is asked for the real one");
    assert!(!desk.text().contains("198.51.100."), "{}", desk.text());
    desk.press("|").type_in("jq").press("Enter");
    let Some(Effect::Pipe(export, _)) = desk.done.last() else { panic!("{:?}", desk.done) };
    assert!(export.pseudonyms && export.query.contains("198.51.100.1"));
    desk.press("P");
    assert!(desk.text().contains("198.51.100.1"), "{}", desk.text());
}

#[test]
fn updates_and_refusals_are_hidden_too() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 P");
    let mut incident = fixture::incident(1);
    incident.title = "SQL injection by mallory@example.org from 198.51.100.1".into();
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Incident(incident)))));
    assert!(!desk.text().contains("mallory") && desk.text().contains("user-"), "{}", desk.text());
    let view = crate::console::app::kept::View { screen: "triage".into(), query: "entity:198.51.100.1".into() };
    desk.app.views.insert("one".into(), view);
    desk.press("'");
    assert!(!desk.text().contains("198.51.100."), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("may name somebody"), "{}", desk.text());
    assert!(desk.app.kept().views["one"].query.contains("198.51.100.1"), "it is kept as it was");
}

#[test]
fn every_line_of_the_overview_opens_the_rows_it_counts() {
    let mut desk = Desk::new((200, 50));
    desk.press("Tab");
    let open = |down: usize, words: &str| {
        let mut desk = Desk::new((200, 50));
        desk.press("Tab");
        (0..down).for_each(|_| _ = desk.press("j"));
        desk.press("Enter");
        assert!(desk.text().contains(&format!("filter  {words}")), "{words}\n{}", desk.text());
    };
    for words in ["1 missing at an enforcer", "LATE", "actions by people", "suppressions in force"] {
        assert!(desk.text().contains(words), "{words}\n{}", desk.text());
    }
    open(0, "everything");
    open(1, "drifted:true");
    open(2, "target=\"198.51.100.3\"");
    open(3, "state:new snoozed:false severity=");
    open(4, "contained>2026-11-20T20:00:00.000Z");
    open(5, "time>=2026-11-20T20:00:00.000Z automatic:true");
    open(6, "time>=2026-11-20T20:00:00.000Z automatic:false");
    open(10, "state:new,claimed,escalated snoozed:true");
    open(11, "state:in_force");
    let mut desk = Desk::new((200, 50));
    desk.press("BackTab j Enter");
    assert!(desk.text().contains("filter  severity=high time>=2026-11-21T19:01:00.000Z"), "{}", desk.text());
}

#[test]
fn z_goes_on_to_the_zone_of_the_rows_country() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 z");
    assert!(desk.text().contains("those of this host"));
    desk.press("z");
    assert!(desk.text().contains("those of NL"), "{}", desk.text());
    desk.press("z");
    assert!(desk.text().contains("times are UTC"), "{}", desk.text());
}
