//! The drill: a synthetic stream of raw log lines, ordinary visitors and labelled attacks, for demonstration, training
//! and load tests.
//!
//! The same seed gives the same stream. Lines are in real formats and go through the same intake as real ones; knows
//! nothing of what is detected in them. Attackers come from documentation and benchmark addresses only, visitors from
//! others of these, so nothing that is done about them touches anyone. Start at [`Drill::next`].

mod geography;
mod rng;
mod scene;
mod story;
mod visit;
pub mod week;

pub use geography::country;
pub use story::STORIES;

use crate::api::Timestamp;
use rng::Rng;
use scene::Scene;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How much ordinary history comes before the start, in milliseconds.
pub const HISTORY_MS: i64 = 10 * 60_000;

/// The first attack begins this long after the start, in milliseconds.
const FIRST_STORY_MS: i64 = 800;

/// From the beginning of one attack to the next, in milliseconds.
const STORY_EVERY_MS: i64 = 20_000;

/// A line of the stream. Ordered by when it is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// When it is to be written; lines of the history are due before the start.
    pub due: Timestamp,
    /// Which of the drill's logs it belongs to: `web`, `ssh` or `ids`.
    pub source: &'static str,
    /// The format's name: `combined`, `syslog` or `eve`.
    pub format: &'static str,
    /// The raw line, without line end.
    pub text: String,
    /// The attack it is part of, for scoring detection; `None` for ordinary traffic.
    pub story: Option<&'static str>,
}

/// The stream. Endless.
#[derive(Debug, Clone)]
pub struct Drill {
    rng: Rng,
    waiting: BinaryHeap<Reverse<(Timestamp, u64, Line)>>,
    count: u64,
    next_visit: Timestamp,
    next_crawl: Timestamp,
    next_login: Timestamp,
    next_story: Timestamp,
    stories: usize,
}

impl Drill {
    /// A stream that begins [`HISTORY_MS`] before `start`; the first attack follows within three seconds of `start`.
    #[must_use]
    pub fn new(seed: u64, start: Timestamp) -> Self {
        let begin = start.plus(-HISTORY_MS);
        Self {
            rng: Rng::new(seed),
            waiting: BinaryHeap::new(),
            count: 0,
            next_visit: begin,
            next_crawl: begin.plus(1_500),
            next_login: begin.plus(9_000),
            next_story: start.plus(FIRST_STORY_MS),
            stories: 0,
        }
    }

    /// The next line, in the order of `due`.
    pub fn next_line(&mut self) -> Line {
        loop {
            let next = self.next_visit.min(self.next_crawl).min(self.next_login).min(self.next_story);
            if let Some(Reverse((_, _, line))) = self.waiting.pop_if_due(next) {
                return line;
            }
            self.play(next);
        }
    }

    /// Begins what is to begin at `at`.
    fn play(&mut self, at: Timestamp) {
        let mut scene = Scene::new(&mut self.rng, at);
        if at == self.next_story {
            story::play(self.stories, &mut scene);
            self.stories += 1;
            self.next_story = at.plus(STORY_EVERY_MS);
        } else if at == self.next_visit {
            visit::person(&mut scene);
            self.next_visit = at.plus(scene.rng.gap(1_500));
        } else if at == self.next_crawl {
            visit::search_engine(&mut scene);
            self.next_crawl = at.plus(20_000 + scene.rng.gap(20_000));
        } else {
            visit::administrator(&mut scene);
            self.next_login = at.plus(20_000 + scene.rng.gap(40_000));
        }
        for line in scene.lines {
            self.count += 1;
            self.waiting.push(Reverse((line.due, self.count, line)));
        }
    }
}

impl Iterator for Drill {
    type Item = Line;
    fn next(&mut self) -> Option<Line> {
        Some(self.next_line())
    }
}

/// Taking what is due from a heap.
trait PopIfDue {
    type Entry;
    fn pop_if_due(&mut self, now: Timestamp) -> Option<Self::Entry>;
}

impl PopIfDue for BinaryHeap<Reverse<(Timestamp, u64, Line)>> {
    type Entry = Reverse<(Timestamp, u64, Line)>;
    fn pop_if_due(&mut self, now: Timestamp) -> Option<Self::Entry> {
        if self.peek().is_some_and(|Reverse((due, _, _))| *due < now) { self.pop() } else { None }
    }
}

#[cfg(test)]
mod tests;
