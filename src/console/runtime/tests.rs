//! The loop against a scripted world: what is drawn when, and what that costs in bytes and writes.

use super::*;
use crate::api::{Live, Source};
use crate::console::app::Feed;
use crate::console::fixture::{self, Desk, Fake, NOW};
use crate::console::keymap::Key;
use crate::console::screen::SCREENS;
use crate::console::term::Painter;
use std::collections::VecDeque;

/// Counts writes and bytes.
#[derive(Debug, Default)]
struct Counter {
    writes: Vec<Vec<u8>>,
}

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line that makes nobody wait.
const GOOD: Pace = Pace {
    frame: Duration::from_millis(33),
    calm: Duration::from_millis(33),
    tick: Duration::ZERO,
    busy: Duration::ZERO,
};

/// A world whose time moves only when the console waits.
struct Script {
    ms: u64,
    /// Messages and when they come.
    coming: VecDeque<(u64, Msg)>,
    fake: Fake,
    painter: Painter<Counter>,
    frames: Vec<u64>,
    naps: usize,
    end: u64,
    /// How often may be drawn.
    pace: Pace,
    told: Vec<News>,
}

impl Script {
    fn new(size: (u16, u16), coming: Vec<(u64, Msg)>, end: u64) -> Self {
        let fake = Fake { incidents: 14, events: 1240, ..Fake::default() };
        let painter = Painter::new(Counter::default(), size).unwrap();
        Self {
            ms: 0,
            coming: coming.into(),
            fake,
            painter,
            frames: Vec::new(),
            naps: 0,
            end,
            pace: GOOD,
            told: Vec::new(),
        }
    }

    fn due(&mut self) -> Option<Msg> {
        if self.coming.front().is_some_and(|(at, _)| *at <= self.ms) {
            self.coming.pop_front().map(|(_, m)| m)
        } else {
            None
        }
    }
}

impl World for Script {
    fn now(&self) -> Timestamp {
        Timestamp(NOW + self.ms as i64)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.ms)
    }

    fn poll(&mut self) -> Option<Msg> {
        self.due()
    }

    async fn next(&mut self, most: Option<Duration>) -> Option<Msg> {
        self.naps += 1;
        let wake = most.map_or(u64::MAX, |m| self.ms.saturating_add(m.as_millis() as u64));
        let message = self.coming.front().map_or(u64::MAX, |(at, _)| *at);
        self.ms = wake.min(message).max(self.ms);
        if self.ms >= self.end {
            return Some(Msg::Told);
        }
        self.due()
    }

    fn send(&mut self, wire: Wire, tag: Tag) {
        let answer = Msg::Replied(tag, self.fake.answer(&wire));
        self.coming.push_front((self.ms, answer));
    }

    fn export(&mut self, _export: Export) {}

    fn theme(&mut self, _name: String) {}

    fn keep(&mut self, _kept: &crate::console::app::kept::Kept) {}

    fn pipe(&mut self, _export: Export, _command: String) {}

    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn draw(&mut self, app: &App) -> io::Result<Option<i64>> {
        self.frames.push(self.ms);
        Ok(self.painter.paint(app)?.wake)
    }

    fn tell(&mut self, news: &News) -> io::Result<()> {
        self.told.push(news.clone());
        Ok(())
    }

    fn set(&mut self, _settings: &ConsoleSettings) -> io::Result<()> {
        Ok(())
    }

    fn pace(&mut self) -> Pace {
        self.pace
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.painter.clear()
    }

    async fn suspend(&mut self) -> io::Result<()> {
        self.painter.clear()
    }
}

fn run(desk: &mut Desk, mut world: Script) -> Script {
    let future = drive(&mut desk.app, Vec::new(), &mut world);
    futures_util::FutureExt::now_or_never(future).expect("the script never waits").unwrap();
    world
}

fn key(text: &str) -> Msg {
    Msg::Pressed(Key::parse(text).unwrap())
}

/// Bytes of the frame that follows each key.
fn cost(size: (u16, u16), before: &str, keys: &[&str]) -> (usize, Vec<String>) {
    let mut desk = Desk::new(size);
    desk.press(before);
    let mut painter = Painter::new(Counter::default(), size).unwrap();
    painter.paint(&desk.app).unwrap();
    let first = painter.out().writes.concat().len();
    let mut costs = Vec::new();
    for key in keys {
        painter.out_mut().writes.clear();
        desk.press(key);
        painter.paint(&desk.app).unwrap();
        assert!(painter.out().writes.len() <= 1, "one frame, one write");
        costs.push(String::from_utf8(painter.out().writes.concat()).unwrap());
    }
    assert_eq!(painter.guard_hits(), 0);
    (first, costs)
}

#[test]
fn frames_stay_within_their_bytes() {
    let mut faults = Vec::new();
    for entry in SCREENS {
        let name = entry.place.word();
        let before = format!("2 {}", entry.command.keys[0]);
        let (first, moves) = cost((200, 50), &before, &["j", "j", "k"]);
        let down = ["ctrl-d", "ctrl-d", "ctrl-d", "PageDown"];
        let (_, scrolls) = cost((200, 50), &before, &down);
        let sizes = |frames: &[String]| frames.iter().map(String::len).collect::<Vec<_>>();
        println!("{name}: first paint {first}, cursor {:?}, scrolling {:?} bytes", sizes(&moves), sizes(&scrolls));
        if first > 20_000 {
            faults.push(format!("{name}: first paint {first} bytes"));
        }
        let over = |frames: &[String], most| frames.iter().find(|frame| frame.len() > most).cloned();
        for (what, frame) in [("cursor", over(&moves, 700)), ("scrolling", over(&scrolls, 8_000))] {
            faults.extend(frame.map(|frame| format!("{name}: {what}, {} bytes: {frame:?}", frame.len())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_frame_is_one_write_inside_synchronized_output() {
    let desk = Desk::new((120, 40));
    let mut painter = Painter::new(Counter::default(), (120, 40)).unwrap();
    painter.paint(&desk.app).unwrap();
    painter.paint(&desk.app).unwrap();
    let writes = &painter.out().writes;
    assert_eq!(writes.len(), 1, "a frame that changes nothing writes nothing");
    assert!(writes[0].starts_with(b"\x1b[?2026h") && writes[0].ends_with(b"\x1b[?2026l"));
}

#[test]
fn a_quiet_console_draws_nothing_and_wakes_rarely() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let world = run(&mut desk, Script::new((120, 40), vec![], 50_000));
    assert_eq!(world.frames, [0], "only the first frame");
    assert!(world.naps <= 3, "{} wake-ups", world.naps);
}

#[test]
fn an_idle_console_writes_nothing_for_minutes() {
    // What is shown is forty days old: no age changes within ten minutes.
    const BEGIN: u64 = 40 * 86_400_000 + 43_200_000;
    let colleagues = || Live::Presence { here: Vec::new() };
    for key in ["2", "8"] {
        let mut desk = Desk::new((200, 50));
        desk.tell(Msg::Passed(Timestamp(NOW + BEGIN as i64)));
        desk.press(key);
        let said = |i: u64| (BEGIN + i * 15_000, Msg::Fed(Feed::Update(Box::new(colleagues()))));
        let mut script = Script::new((200, 50), (1..40).map(said).collect(), BEGIN + 600_000);
        script.ms = BEGIN;
        let world = run(&mut desk, script);
        assert_eq!(world.frames, [BEGIN], "only the first frame");
        assert_eq!(world.painter.out().writes.len(), 1, "and no byte after it");
        assert!(world.naps <= 41, "{} wake-ups", world.naps);
    }
}

#[test]
fn a_line_that_broke_and_is_back_is_told_of_in_two_frames() {
    let mut desk = Desk::new((200, 50));
    desk.press("2");
    let lost = crate::api::Problem::new(crate::api::ProblemKind::Unreachable, "The live stream broke off", "");
    let coming = vec![(1_000, Msg::Fed(Feed::Lost(lost))), (1_200, Msg::Fed(Feed::Connected))];
    let world = run(&mut desk, Script::new((200, 50), coming, 1_900));
    let sizes: Vec<usize> = world.painter.out().writes.iter().map(Vec::len).collect();
    println!("{:?} {sizes:?}", world.frames);
    assert_eq!(sizes.len(), 3, "the first frame, and one for each");
    assert!(sizes[1..].iter().sum::<usize>() <= 700, "{sizes:?}");
}

#[test]
fn young_ages_are_drawn_once_a_second() {
    let mut desk = Desk::new((120, 40));
    let lost = crate::api::Problem::new(crate::api::ProblemKind::Unreachable, "gone", "");
    desk.tell(Msg::Fed(Feed::Lost(lost)));
    desk.app.toasts.dismiss();
    let world = run(&mut desk, Script::new((120, 40), vec![], 10_500));
    assert!((9..=12).contains(&world.frames.len()), "{:?}", world.frames);
}

#[test]
fn a_flood_is_drawn_at_the_cap_and_the_first_at_once() {
    let mut desk = Desk::new((120, 40));
    desk.press("7");
    let source = |i: u64| Source { events: i, ..fixture::sources().remove(0) };
    let update = |i| Msg::Fed(Feed::Update(Box::new(Live::Source(source(i)))));
    let mut coming: Vec<_> = (0..1000).map(|i| (1000 + i, update(i))).collect();
    coming.push((1500, key("j")));
    coming.sort_by_key(|(at, _)| *at);
    let world = run(&mut desk, Script::new((120, 40), coming, 2_000));
    let frames: Vec<_> = world.frames.iter().filter(|at| **at >= 1000).collect();
    assert!(frames.len() <= 31, "{} frames in a second", frames.len());
    assert!(frames.windows(2).all(|w| w[1] - w[0] >= 33), "{frames:?}");
}

#[test]
fn a_key_after_quiet_is_drawn_at_once() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let world = run(&mut desk, Script::new((120, 40), vec![(5_000, key("j"))], 9_000));
    assert!(world.frames.contains(&5_000), "{:?}", world.frames);
}

#[test]
fn the_quit_key_ends_the_loop() {
    let mut desk = Desk::new((120, 40));
    let world = run(&mut desk, Script::new((120, 40), vec![(10, key("q"))], 60_000));
    assert_eq!(world.ms, 10);
}

#[test]
fn on_a_slow_line_keys_are_drawn_soon_and_the_rest_seldom() {
    let mut desk = Desk::new((120, 40));
    desk.press("7");
    let ms = Duration::from_millis;
    let source = |i: u64| Source { events: i, ..fixture::sources().remove(0) };
    let update = |i| Msg::Fed(Feed::Update(Box::new(Live::Source(source(i)))));
    let mut coming: Vec<_> = (0..200).map(|i| (100 * i, update(i))).collect();
    coming.push((12_350, key("j")));
    coming.sort_by_key(|(at, _)| *at);
    let mut script = Script::new((120, 40), coming, 20_000);
    script.pace = Pace { frame: ms(100), calm: ms(1000), tick: ms(10_000), busy: Duration::ZERO };
    let world = run(&mut desk, script);
    let calm: Vec<_> = world.frames.iter().filter(|at| **at < 12_300).collect();
    assert!(calm.windows(2).all(|w| w[1] - w[0] >= 1000), "{calm:?}");
    assert!(world.frames.contains(&12_350), "a key is drawn at once: {:?}", world.frames);
    let after: Vec<_> = world.frames.iter().filter(|at| **at >= 12_350).collect();
    assert!(after.windows(2).all(|w| w[1] - w[0] >= 100), "{after:?}");
}

#[test]
fn ages_do_not_tick_on_a_slow_line() {
    let mut desk = Desk::new((120, 40));
    let lost = crate::api::Problem::new(crate::api::ProblemKind::Unreachable, "gone", "");
    desk.tell(Msg::Fed(Feed::Lost(lost)));
    desk.app.toasts.dismiss();
    let mut script = Script::new((120, 40), vec![], 45_000);
    script.pace.tick = Duration::from_secs(10);
    let world = run(&mut desk, script);
    assert!((4..=6).contains(&world.frames.len()), "{:?}", world.frames);
}

#[test]
fn nothing_is_drawn_while_the_line_is_busy() {
    let mut desk = Desk::new((120, 40));
    desk.press("2");
    let mut script = Script::new((120, 40), vec![(1_000, key("j")), (1_010, key("j"))], 3_000);
    script.pace.busy = Duration::from_millis(10_000);
    assert_eq!(run(&mut desk, script).frames, [] as [u64; 0]);
}

#[test]
fn the_question_goes_with_the_frame_in_one_write() {
    let mut desk = Desk::new((120, 40));
    let mut painter = Painter::new(Counter::default(), (120, 40)).unwrap();
    painter.ask_along();
    painter.paint(&desk.app).unwrap();
    desk.press("2");
    painter.paint(&desk.app).unwrap();
    let writes = &painter.out().writes;
    assert_eq!(writes.len(), 2);
    assert!(writes[0].ends_with(b"\x1b[5n\x1b[?2026l"));
    assert!(!writes[1].windows(4).any(|w| w == b"\x1b[5n"));
}
