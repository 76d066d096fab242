//! Laws of every screen, and journeys by keys. Their pictures are in `picture_test.rs`.

use crate::api::{Live, Timestamp};
use crate::command::Context;
use crate::console::app::{Effect, Feed, Msg, Tag};
use crate::console::fixture::{self, Desk, NOW};
use crate::console::screen::{Entry, Opening, REGISTRY, SCREENS, entry};
use proptest::prelude::*;

/// A desk in front of a picture of the table.
pub(super) fn at(desk: &mut Desk, entry: &Entry, keys: &str) {
    if matches!((entry.open)(&Context::default()), Opening::Choose(_)) {
        desk.press("2");
    }
    desk.press(entry.command.keys[0]).press(keys);
}

/// Every picture there is: its name, the screen, the keys.
pub(super) fn pictures() -> impl Iterator<Item = (String, &'static Entry, &'static str)> {
    SCREENS.iter().flat_map(|entry| {
        entry.pictures.iter().map(move |(name, keys)| {
            let joint = if name.is_empty() { "" } else { "_" };
            (format!("{}{joint}{name}", entry.place.word()), entry, *keys)
        })
    })
}

#[test]
fn every_screen_is_reached_by_key_name_and_help() {
    for entry in SCREENS {
        let mut desk = Desk::new((140, 50));
        at(&mut desk, entry, "");
        assert_eq!(desk.app.stack.top().place(), entry.place);
        let mut desk = Desk::new((140, 50));
        desk.press("2 :").type_in(entry.place.0).press("Enter");
        assert_eq!(desk.app.stack.top().place(), entry.place, "by its name");
        let mut desk = Desk::new((140, 50));
        desk.press("2 ?").type_in(entry.place.0);
        assert!(desk.text().contains(entry.command.about), "{}", desk.text());
    }
}

#[test]
fn places_that_commands_are_limited_to_are_screens() {
    for command in crate::command::all() {
        for place in command.places {
            assert!(entry(*place).is_some(), "{} names {place:?}", command.name);
        }
    }
    let map = crate::console::keymap::Keymap::new(REGISTRY);
    assert_eq!(map.conflicts(), &[] as &[String]);
}

#[test]
fn nothing_dangerous_is_ever_drawn() {
    for (_, entry, keys) in pictures() {
        let mut desk = Desk::new((160, 48));
        at(&mut desk, entry, keys);
        let text = desk.text();
        assert!(text.chars().all(|c| c == '\n' || !crate::text::visible::is_dangerous(c)));
    }
    assert!(Desk::new((160, 48)).press("4 Enter").text().contains("␛]0;owned␇"));
}

#[test]
fn a_frame_drawn_twice_is_the_same_and_idle() {
    for (_, entry, keys) in pictures() {
        let mut desk = Desk::new((120, 40));
        at(&mut desk, entry, keys);
        assert_eq!(desk.draw().0, desk.draw().0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_size_panics(
        columns in 1u16..200, rows in 1u16..60, way in any::<prop::sample::Index>(), over in 0usize..7, tabs in 0usize..7,
    ) {
        let mut desk = Desk::new((columns, rows));
        let all: Vec<_> = pictures().collect();
        let (_, entry, keys) = way.get(&all);
        at(&mut desk, entry, keys);
        (0..tabs).for_each(|_| drop(desk.press("Tab").text()));
        desk.press(["?", ":", "/", "b", "G", "v", "f"][over]);
        let _ = desk.text();
        desk.tell(Msg::Resized(rows, columns));
        let _ = desk.text();
        desk.tell(Msg::Resized(1, 1));
        let _ = desk.text();
    }
}

#[test]
fn the_queue_is_worked_by_keys() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 j");
    desk.asked();
    desk.command("incident.claim");
    assert!(desk.asked().contains(&"/v1/incidents/2/claim".to_owned()));
    assert!(desk.text().contains("claimed #2"));
    desk.press("Esc x x").command("incident.archive");
    assert!(!desk.asked().contains(&"/v1/incidents/2/archive".to_owned()), "several are previewed first");
    desk.press("Enter");
    let asked = desk.asked();
    assert!(asked.contains(&"/v1/incidents/2/archive".to_owned()), "{asked:?}");
    assert!(asked.contains(&"/v1/incidents/3/archive".to_owned()), "{asked:?}");
}

fn later(desk: &mut Desk, ms: i64) {
    let now = desk.app.now.plus(ms);
    desk.tell(Msg::Passed(now));
}

#[test]
fn a_sweep_judges_with_one_key_and_sends_after_a_while() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 j S");
    assert!(
        desk.text().contains("Triage › Sweep") && desk.text().contains("Brute force against sshd"),
        "{}",
        desk.text()
    );
    assert!(desk.text().contains("the parameter id holds"), "its evidence is there\n{}", desk.text());
    desk.asked();
    desk.press("n");
    assert!(!desk.asked().iter().any(|p| p.ends_with("/close")));
    assert!(
        desk.text().contains("closed #2 as benign positive") && desk.text().contains("Crawling"),
        "{}",
        desk.text()
    );
    later(&mut desk, 4_000);
    assert!(!desk.asked().iter().any(|p| p.ends_with("/close")));
    later(&mut desk, 1_000);
    assert!(desk.asked().contains(&"/v1/incidents/2/close".to_owned()));
}

#[test]
fn a_verdict_is_taken_back_before_and_after_it_was_sent() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 S t u");
    assert!(desk.text().contains("not closed #1") && desk.text().contains("SQL injection"), "{}", desk.text());
    later(&mut desk, 10_000);
    assert!(!desk.asked().iter().any(|p| p.ends_with("/close")));
    desk.press("t");
    later(&mut desk, 5_000);
    desk.asked();
    desk.press("u");
    assert!(desk.asked().contains(&"/v1/incidents/1/restore".to_owned()));
}

#[test]
fn a_verdict_waits_for_a_platform_that_is_away_and_for_who_leaves() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 S t");
    let lost = crate::api::Problem::new(crate::api::ProblemKind::Unreachable, "gone", "refused");
    desk.tell(Msg::Fed(Feed::Lost(lost)));
    desk.asked();
    later(&mut desk, 60_000);
    assert!(!desk.asked().iter().any(|p| p.ends_with("/close")));
    assert!(desk.text().contains("once the platform is back"), "{}", desk.text());
    desk.tell(Msg::Fed(Feed::Connected));
    let close = desk.fake.asked.iter().find(|w| w.path.ends_with("/close")).expect("sent");
    assert_eq!(close.headers, [("if-match", "3".to_owned())], "what somebody changed meanwhile is refused");
    let mut desk = Desk::new((120, 40));
    desk.press("2 S t q");
    assert!(desk.asked().iter().any(|p| p.ends_with("/close")), "leaving sends what waits");
}

#[test]
fn w_explains_where_an_incident_stands() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 w");
    for words in ["ordered by what changed last", "Its score is 92", "repeat offender"] {
        assert!(desk.text().contains(words), "{}", desk.text());
    }
    desk.press("w 1 w");
    assert!(desk.text().contains("only what belongs to an incident"), "{}", desk.text());
}

#[test]
fn a_hunt_narrows_by_values_switches_rows_and_hides_columns() {
    let mut desk = Desk::new((140, 44));
    desk.press("4 f j Enter");
    assert!(desk.text().contains("filter  src_ip=\"198.51.100.8\""), "{}", desk.text());
    desk.press("Esc Esc d");
    assert!(desk.text().contains("40 detections") && desk.text().contains("web.sql_injection"), "{}", desk.text());
    desk.press("v j j Space Enter");
    assert!(!desk.text().contains("severity   rule"), "{}", desk.text());
    desk.press("d / ctrl-u").type_in("sta").press("Tab").type_in("404").press("Enter");
    assert!(desk.text().contains("filter  status:404"), "{}", desk.text());
    desk.press("/ ctrl-u").type_in("user:").press("Tab");
    assert!(desk.text().contains("/ user:198.51.100.7"), "values that occur are offered\n{}", desk.text());
}

#[test]
fn what_is_at_hand_is_copied_as_value_link_or_command() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 j y");
    assert!(desk.text().contains("watchfloor incident show 2"), "{}", desk.text());
    desk.press("c");
    assert!(desk.done.contains(&Effect::Copy("watchfloor incident show 2".into())), "{:?}", desk.done);
    desk.press("y v");
    assert!(desk.done.contains(&Effect::Copy("198.51.100.2".into())));
}

#[test]
fn a_value_narrows_is_left_out_opened_blocked_and_copied() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 a Enter");
    assert!(desk.text().contains("claimed,escalated snoozed:false entity=\"198.51.100.1\""), "{}", desk.text());
    desk.press("Esc 6 a j j j n");
    assert!(desk.text().contains("filter  -"), "{}", desk.text());
    desk.press("4 a").press("o");
    let mut desk = Desk::new((120, 40));
    desk.press("2 a b");
    assert!(desk.text().contains("Block 198.51.100.1?"), "{}", desk.text());
}

#[test]
fn the_view_is_piped_to_a_command() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 |").type_in("jq .title").press("Enter");
    let Some(Effect::Pipe(export, command)) = desk.done.last() else { panic!("{:?}", desk.done) };
    assert_eq!((command.as_str(), export.query.as_str()), ("jq .title", super::triage::OPEN));
    desk.tell(Msg::Piped("jq .title".into(), Ok("one\ntwo\u{1b}[31m\u{202e}\n".into())));
    assert!(desk.text().contains("| jq .title") && desk.text().contains("two␛[31m⟨202E⟩"), "{}", desk.text());
}

#[test]
fn a_paused_stream_counts_and_catches_up() {
    let mut desk = Desk::new((120, 40));
    desk.press("4 p");
    desk.asked();
    desk.fake.events += 12;
    let newest = fixture::event(desk.fake.events).id;
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Events { count: 12, last: newest, newest: Timestamp(NOW) }))));
    later(&mut desk, 5_000);
    assert!(desk.text().contains("PAUSED +12"), "{}", desk.text());
    // Updates that a flood replaced are updates all the same.
    desk.tell(Msg::Fed(Feed::Replaced(30)));
    assert!(desk.text().contains("PAUSED +42"), "{}", desk.text());
    assert!(desk.asked().is_empty() && !desk.text().contains("q=1252"));
    desk.press("p");
    assert!(desk.text().contains("q=1252") && !desk.text().contains("PAUSED"), "{}", desk.text());
}

#[test]
fn times_and_glyphs_are_as_the_operator_wants_them() {
    let mut desk = Desk::new((120, 40));
    desk.press("0");
    assert!(desk.text().contains("20:00:00"));
    desk.press("z");
    assert!(desk.text().contains("21:00:00") && !desk.text().contains("20:00:00 "), "{}", desk.text());
    desk.press(":").type_in("glyphs.use ascii").press("Enter");
    for key in ["1", "2", "4", "6", "?", "Esc", ":"] {
        assert!(desk.press(key).text().is_ascii(), "{}", desk.text());
    }
}

#[test]
fn views_are_saved_listed_opened_and_outlive_the_session() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 / ctrl-u").type_in("-severity:low,info -owner:analyst").press("Enter");
    desk.press(":").type_in("view.save hot ones").press("Enter");
    desk.press("4 '");
    assert!(desk.text().contains("hot ones") && desk.text().contains("-severity:low,info"), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("filter  -severity:low,info -owner:analyst"), "{}", desk.text());
    let kept = desk.app.kept();
    let (mut app, effects) =
        crate::console::app::App::open(crate::console::app::Setup { kept, ..fixture::setup((120, 40)) });
    desk.app = {
        app.touch();
        app
    };
    desk.settle(effects);
    assert!(desk.text().contains("filter  -severity:low,info -owner:analyst"), "{}", desk.text());
    desk.press("' d Esc '");
    assert!(desk.text().contains("None yet"), "{}", desk.text());
}

#[test]
fn a_rules_hits_are_opened_and_the_ledger_is_verified() {
    let mut desk = Desk::new((120, 40));
    desk.press("9 Enter");
    assert!(desk.text().contains("rule=\"web.sql_injection\" drill=false"), "{}", desk.text());
    desk.press("0 V");
    assert!(desk.text().contains("intact: 60 entries chained, 48 of them signed"), "{}", desk.text());
    desk.press("g h j Enter");
    assert!(desk.text().contains("Handover › Triage"), "{}", desk.text());
}

#[test]
fn a_block_is_previewed_confirmed_and_undone() {
    let mut desk = Desk::new((120, 40));
    desk.press("2").command("block.add");
    assert!(desk.text().contains("Block 198.51.100.1"), "{}", desk.text());
    assert!(!desk.asked().contains(&"/v1/actions".to_owned()), "nothing is done before it is confirmed");
    desk.press("R");
    assert!(desk.text().contains("Block the whole range 198.51.100.0/24?"), "{}", desk.text());
    desk.press("R t");
    assert!(desk.text().contains("4 h"), "{}", desk.text());
    desk.fake.asked.clear();
    desk.press("Enter");
    let create = desk.fake.asked.iter().find(|w| w.path == "/v1/actions").unwrap();
    assert_eq!(create.headers[0].0, "idempotency-key");
    assert_eq!(create.body.as_ref().unwrap()["ttl_seconds"], 14_400);
    assert!(desk.text().contains("verified after"), "{}", desk.text());
    desk.asked();
    desk.command("action.undo");
    assert!(desk.asked().contains(&"/v1/actions/9/undo".to_owned()));
}

#[test]
fn refused_blocks_cannot_be_confirmed() {
    let mut desk = Desk::new((120, 40));
    desk.press(":").type_in("block.add 127.0.0.1").press("Enter");
    assert!(desk.text().contains("this is the machine itself"), "{}", desk.text());
    desk.asked();
    desk.press("Enter");
    assert!(!desk.asked().contains(&"/v1/actions".to_owned()));
}

#[test]
fn drill_down_and_back() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 Enter Tab Tab Tab Enter");
    assert!(desk.text().contains("Triage › #1 › 198.51.100.1"), "{}", desk.text());
    desk.press("Esc Esc");
    assert!(!desk.text().contains("› #1"));
    desk.press("Esc Esc Esc");
    assert!(desk.text().contains("Watchfloor › Triage"));
}

#[test]
fn answers_for_screens_that_are_gone_are_dropped() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let mut late = Vec::new();
    for effect in
        crate::console::app::update(&mut desk.app, Msg::Pressed(crate::console::keymap::Key::parse("Enter").unwrap()))
    {
        if let Effect::Send(wire, tag) = effect {
            late.push((tag, desk.fake.answer(&wire)));
        }
    }
    desk.press("Esc");
    for (tag, result) in late {
        let asked = crate::console::app::update(&mut desk.app, Msg::Replied(tag, result));
        // Nothing but the console's own word on what is looked at now.
        assert!(
            asked.iter().all(|e| matches!(e, Effect::Send(w, Tag::Own(_)) if w.name == "presence.tell")),
            "{asked:?}"
        );
    }
    assert!(desk.text().contains("Triage"));
}

#[test]
fn a_wrong_filter_says_why_where_it_is_typed() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 / ctrl-u").type_in("scor:80").press("Enter");
    assert!(desk.text().contains("score"), "{}", desk.text());
    desk.press("ctrl-u").type_in("score>80").press("Enter");
    assert!(desk.text().contains("filter  score>80"), "{}", desk.text());
    desk.press("Esc");
    assert!(desk.text().contains("state:new,claimed,escalated"));
    assert!(desk.text().contains("14 incidents"));
}

#[test]
fn trouble_of_the_platform_stands_above_everything() {
    let mut desk = Desk::new((80, 24));
    desk.fake.full = true;
    desk.tell(Msg::Fed(Feed::Gap));
    assert!(desk.text().lines().nth(1).unwrap().contains("The platform is in trouble: the disk is full"));
    desk.press("2");
    assert!(desk.text().lines().next().unwrap().contains("TROUBLE"), "{}", desk.text());
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Trouble { why: None }))));
    assert!(!desk.text().contains("TROUBLE"));
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Trouble { why: Some("the disk is full".into()) }))));
    desk.tell(Msg::Resized(38, 8));
    assert!(desk.text().contains("TROUBLE"), "{}", desk.text());
}

#[test]
fn rows_behind_a_figure_are_opened_and_left_again() {
    let mut desk = Desk::new((120, 40));
    desk.press("j Enter");
    assert!(desk.text().contains("severity=high"), "{}", desk.text());
    desk.press("Esc");
    assert!(desk.text().contains("Events a minute"));
}

#[test]
fn what_the_platform_refuses_is_shown_under_the_filter() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 / ctrl-u").type_in("title:nonsense").press("Enter");
    assert!(desk.text().contains("\"nonsense\" is not a field"), "{}", desk.text());
}

#[test]
fn the_palette_runs_commands_with_arguments() {
    let mut desk = Desk::new((120, 40));
    desk.press(":").type_in("messages").press("Enter");
    assert!(desk.text().contains("Messages: "), "{}", desk.text());
    desk.press("Esc :").type_in("theme.use light").press("Enter");
    assert_eq!(desk.app.theme.name(), "light");
    desk.press(":").type_in("audit.search status:404").press("Enter");
    assert!(desk.text().contains("filter  status:404"), "{}", desk.text());
}

#[test]
fn pasted_text_is_never_taken_as_keys() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    desk.asked();
    desk.tell(Msg::Pasted("ceb\n:q\n".into()));
    assert!(desk.asked().is_empty() && desk.done.is_empty());
    desk.press("/ ctrl-u");
    desk.tell(Msg::Pasted("title:x\n\u{1b}[31m".into()));
    assert!(desk.text().contains("title:x [31m"), "{}", desk.text());
}

#[test]
fn a_list_pages_to_the_very_end() {
    let mut desk = Desk::new((120, 40));
    desk.fake.events = 12_345;
    desk.press("4");
    assert!(desk.text().contains("200+ events"), "{}", desk.text());
    desk.press("G");
    assert!(desk.text().contains("12,345 events"), "{}", desk.text());
    let bottom = desk.text();
    assert!(bottom.contains("?q=1␛"), "{bottom}");
    desk.press("g g");
    let top = desk.text();
    assert!(top.contains("?q=12345␛"), "{top}");
}

#[test]
fn new_rows_do_not_move_the_selected_one() {
    let mut desk = Desk::new((120, 24));
    desk.press("4 j j j ctrl-d ctrl-d ctrl-d");
    let chosen = |desk: &Desk| desk.text().lines().position(|l| l.starts_with('›')).unwrap();
    let (line, before) = (chosen(&desk), desk.app.stack.top().selected());
    desk.fake.events += 12;
    let newest = fixture::event(desk.fake.events).id;
    desk.tell(Msg::Passed(Timestamp(NOW + 5_000)));
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Events { count: 12, last: newest, newest: Timestamp(NOW) }))));
    desk.tell(Msg::Passed(Timestamp(NOW + 6_000)));
    assert_eq!(desk.app.stack.top().selected(), before);
    assert_eq!(chosen(&desk), line);
    assert!(desk.text().contains("12 new above (g g)"), "{}", desk.text());
}

#[test]
fn a_lost_platform_shows_the_age_of_the_data_and_catches_up() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let lost =
        crate::api::Problem::new(crate::api::ProblemKind::Unreachable, "The platform cannot be reached", "refused");
    desk.tell(Msg::Fed(Feed::Lost(lost)));
    desk.tell(Msg::Passed(Timestamp(NOW + 12_000)));
    assert!(desk.text().contains("stale 12s"), "{}", desk.text());
    desk.fake.incidents += 1;
    desk.tell(Msg::Fed(Feed::Connected));
    assert!(desk.text().contains("15 incidents") && desk.text().contains("live"), "{}", desk.text());
}

#[test]
fn updates_cost_two_requests_however_many_there_are() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    desk.tell(Msg::Passed(Timestamp(NOW + 5_000)));
    desk.asked();
    for i in 1..=100 {
        desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Incident(fixture::incident(i % 14 + 1))))));
    }
    desk.tell(Msg::Passed(Timestamp(NOW + 6_000)));
    let lists = desk.asked().into_iter().filter(|p| p.starts_with("/v1/incidents")).count();
    assert!(lists <= 2, "{lists} requests");
}

#[test]
fn three_opens_the_incident_of_the_selected_row() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 j 3");
    assert!(desk.text().contains("› #2"), "{}", desk.text());
    desk.press("1 3");
    assert!(desk.text().contains("choose an incident first"));
}

#[test]
fn leaving_asks_only_while_a_change_is_under_way() {
    let mut desk = Desk::new((120, 40));
    desk.press("q");
    assert!(desk.done.contains(&Effect::Quit));
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let claim = desk.app.keymap.named("incident.claim").unwrap().keys[0];
    let _unanswered =
        crate::console::app::update(&mut desk.app, Msg::Pressed(crate::console::keymap::Key::parse(claim).unwrap()));
    desk.press("q");
    assert!(!desk.done.contains(&Effect::Quit));
    assert!(desk.text().contains("A change is under way"));
    desk.press("y");
    assert!(desk.done.contains(&Effect::Quit));
}

#[test]
fn the_picture_of_the_overview_is_current() {
    use crate::console::picture::{Paper, svg};
    let desk = Desk::new((120, 36));
    let picture = svg(&desk.draw().0, Paper { fg: "#adbac7", bg: "#1c2128" });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/overview.svg");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|v| v == "always") {
        std::fs::write(path, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == picture, "snapshots/overview.svg is out of date: run the tests with INSTA_UPDATE=always");
}
