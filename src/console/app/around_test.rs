//! The surroundings of the console: the line, the settings, the mouse, what is told outside the screen.

use crate::api::{Incident, Live, Severity, Timestamp};
use crate::config::{ConsoleSettings, Glyphs, Notify};
use crate::console::app::{Effect, Feed, Msg};
use crate::console::fixture::{Desk, NOW, incident, setup};
use crate::console::term::gauge::Tempo;
use crate::console::term::{News, Way};

fn told(desk: &mut Desk) -> Vec<News> {
    std::mem::take(&mut desk.done)
        .into_iter()
        .filter_map(|e| if let Effect::Tell(n) = e { Some(n) } else { None })
        .collect()
}

fn attack(id: u64) -> Msg {
    let fresh = Incident { severity: Severity::Critical, opened: Timestamp(NOW + 1), ..incident(id * 4 + 1) };
    Msg::Fed(Feed::Update(Box::new(Live::Incident(fresh))))
}

#[test]
fn a_slow_line_is_said_in_the_header() {
    let mut desk = Desk::new((120, 40));
    desk.tell(Msg::Measured(Tempo { slow: true, round_trip: Some(310), rate: Some(32_000) }));
    let text = desk.text();
    assert!(text.lines().next().unwrap().contains("slow line: 310 ms, 31.2 KiB/s"), "{text}");
    assert!(text.contains("fewer frames"), "{text}");
    desk.tell(Msg::Measured(Tempo { slow: false, round_trip: Some(20), rate: None }));
    assert!(!desk.text().lines().next().unwrap().contains("slow line"));
}

#[test]
fn new_critical_incidents_are_told_once_and_a_flood_as_one() {
    let mut desk = Desk::new((120, 40));
    desk.app.settings = ConsoleSettings { title: true, notify: Notify::Osc9, ..ConsoleSettings::default() };
    desk.tell(attack(1));
    let found = told(&mut desk);
    assert!(
        found.iter().any(|n| matches!(n, News::Notice(Way::Osc9, t) if t.starts_with("critical #5: "))),
        "{found:?}"
    );
    assert!(found.contains(&News::Title("(1) Watchfloor: Overview".into())), "{found:?}");
    desk.tell(attack(1));
    assert_eq!(told(&mut desk), [], "it is known");
    for id in 2..30 {
        desk.tell(attack(id));
    }
    assert!(told(&mut desk).iter().all(|n| matches!(n, News::Title(_))), "not one for each");
    assert!(desk.app.wake().is_some_and(|at| at.0 <= NOW + 10_000));
    desk.tell(Msg::Passed(Timestamp(NOW + 10_000)));
    let found = told(&mut desk);
    assert!(
        matches!(&found[..], [News::Notice(Way::Osc9, t)] if t.starts_with("28 new critical incidents")),
        "{found:?}"
    );
    desk.press("2");
    assert_eq!(told(&mut desk), [News::Title("Watchfloor: Triage".into())], "a key: they were seen");
    let old = Incident { severity: Severity::Critical, opened: Timestamp(NOW - 1), ..incident(41) };
    desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Incident(old)))));
    assert_eq!(told(&mut desk), [], "what was there before is no news");
}

#[test]
fn settings_take_effect_while_it_runs_and_mistakes_change_nothing() {
    let mut desk = Desk::new((120, 40));
    let now = setup((120, 40)).settings;
    let set = |new: ConsoleSettings, rest| Msg::Set(Box::new(Ok((new, rest))));
    let new = ConsoleSettings { theme: "light".into(), glyphs: Glyphs::Ascii, mouse: true, ..now.clone() };
    desk.tell(set(new.clone(), false));
    assert_eq!(desk.app.theme_name(), "light");
    assert!(desk.text().is_ascii() && desk.text().contains("in force now: theme, glyphs, mouse"), "{}", desk.text());
    assert!(desk.done.contains(&Effect::Set(Box::new(new.clone()))));
    desk.done.clear();
    desk.tell(set(ConsoleSettings { restore: false, ..new.clone() }, true));
    assert!(desk.text().contains("the rest takes effect at the next start"), "{}", desk.text());
    assert!(desk.done.is_empty());
    desk.tell(Msg::Set(Box::new(Err("settings.toml line 3: unknown key \"utz\"".into()))));
    assert!(desk.text().contains("the settings stay as they were: settings.toml line 3"), "{}", desk.text());
    assert_eq!(desk.app.theme_name(), "light");
    // What was chosen by a key stays when something else is set.
    desk.press("z");
    desk.tell(set(ConsoleSettings { mouse: false, restore: false, ..new }, true));
    assert!(!desk.app.utc());
}

#[test]
fn a_click_chooses_and_opens_and_the_wheel_scrolls() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let row = |desk: &Desk, text: &str| desk.text().lines().position(|l| l.contains(text)).unwrap() as u16;
    let chosen = |desk: &Desk| desk.text().lines().position(|l| l.starts_with('›')).unwrap() as u16;
    let third = chosen(&desk) + 2;
    desk.tell(Msg::Clicked(20, third));
    assert_eq!(chosen(&desk), third);
    desk.tell(Msg::Wheeled(true));
    assert_eq!(chosen(&desk), third + 3);
    desk.tell(Msg::Wheeled(false));
    desk.tell(Msg::Clicked(20, third));
    assert!(desk.text().contains("Triage › #3"), "{}", desk.text());
    let tabs = row(&desk, "[bill]");
    let line = desk.text().lines().nth(tabs as usize).unwrap().to_owned();
    let at = line.split("entities").next().unwrap().chars().count() as u16;
    desk.tell(Msg::Clicked(at, tabs));
    assert!(desk.text().contains("[entities]"), "{}", desk.text());
    desk.tell(Msg::Clicked(3, tabs));
    assert!(desk.text().contains("[bill]"), "{}", desk.text());
}

#[test]
fn a_click_on_a_figure_goes_there_and_opens_it() {
    let mut desk = Desk::new((120, 40));
    let at = |desk: &Desk, text: &str| {
        let shown = desk.text();
        let (y, line) = shown.lines().enumerate().find(|(_, l)| l.contains(text)).unwrap();
        (line.split(text).next().unwrap().chars().count() as u16, y as u16)
    };
    let (x, y) = at(&desk, "Response");
    desk.tell(Msg::Clicked(x, y));
    assert!(desk.text().contains("┏━ Response"), "{}", desk.text());
    desk.tell(Msg::Clicked(x, y));
    assert!(desk.text().contains("Watchfloor › Overview › Blocks"), "{}", desk.text());
    desk.press("1");
    let (x, y) = at(&desk, "198.51.100.4 ");
    desk.tell(Msg::Clicked(x, y));
    desk.tell(Msg::Clicked(x, y));
    assert!(desk.text().contains("› 198.51.100.4"), "{}", desk.text());
    // Outside of everything, and where something lies over it.
    desk.tell(Msg::Clicked(0, 0));
    desk.tell(Msg::Clicked(u16::MAX, u16::MAX));
    desk.press("?");
    let before = desk.text();
    desk.tell(Msg::Clicked(x, y));
    assert_eq!(desk.text(), before);
}

#[test]
fn escape_and_a_key_that_came_together_are_two_keys() {
    let mut desk = Desk::new((120, 40));
    desk.press("2 Enter");
    assert!(desk.text().contains("Triage › #1"));
    desk.press("alt-j");
    assert!(!desk.text().contains("› #1"), "{}", desk.text());
    assert!(desk.text().lines().any(|l| l.starts_with('›') && l.contains(" 2 H high")), "{}", desk.text());
}
