//! How far one group has come in one scenario.

use super::scenario::{Pace, Scenario};
use crate::api::EventId;
use crate::platform::detect::engine::seen::Evidence;
use std::collections::VecDeque;

/// Repeats of a story that has been quiet for so long begin anew, in milliseconds.
const QUIET_MS: i64 = 30 * 60_000;
/// Most examples of distinct values, and characters of each.
const EXAMPLES: (usize, usize) = (3, 60);

/// See the module.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Steps done.
    step: usize,
    /// Events of the running step.
    count: u32,
    level: f32,
    first: i64,
    last: i64,
    /// Time and value of what is in the window, or the values that a leaking bucket knows.
    window: VecDeque<(i64, u64)>,
    evidence: Evidence,
    total: u64,
    rare: Option<Box<Rare>>,
}

/// What most buckets never have; there are very many of them.
#[derive(Debug, Default)]
struct Rare {
    examples: Vec<Box<str>>,
    /// When it fired, and at how many events it speaks again.
    fired: Option<(i64, u64)>,
}

/// One event for a bucket.
pub struct Drop<'a> {
    /// Which step's filter it matched.
    pub step: usize,
    /// When.
    pub time: i64,
    /// For how many events it stands.
    pub repeat: u32,
    /// Hash and text of the distinct value.
    pub value: Option<(u64, &'a str)>,
    /// Its id.
    pub event: EventId,
}

/// What a full bucket says.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// Events since it began to fill.
    pub total: u64,
    /// When that was.
    pub first: i64,
    /// The newest of them.
    pub evidence: Vec<EventId>,
    /// Some of the distinct values.
    pub examples: String,
    /// Whether it was said before.
    pub again: bool,
}

impl Bucket {
    /// Takes one event in; something when it is to be told.
    pub fn add(&mut self, scenario: &Scenario, drop: &Drop<'_>) -> Option<Told> {
        if let Some((at, next)) = self.rare.as_ref().and_then(|rare| rare.fired) {
            let over = match scenario.blackhole_ms {
                Some(silence) => drop.time.saturating_sub(at) >= silence,
                None => drop.time.saturating_sub(self.last) > QUIET_MS,
            };
            if !over {
                return self.repeat(scenario, drop, next);
            }
            *self = Self::default();
        }
        let full = if scenario.steps.len() > 1 { self.advance(scenario, drop) } else { self.fill(scenario, drop) };
        if !full {
            return None;
        }
        self.rare.get_or_insert_default().fired = Some((drop.time, milestone(self.total)));
        (self.window, self.level, self.step) = (VecDeque::new(), 0.0, 0);
        Some(self.told(false))
    }

    fn repeat(&mut self, scenario: &Scenario, drop: &Drop<'_>, next: u64) -> Option<Told> {
        if drop.step + 1 != scenario.steps.len() {
            return None;
        }
        self.last = self.last.max(drop.time);
        self.note(drop);
        if scenario.blackhole_ms.is_some() || self.total < next {
            return None;
        }
        let next = milestone(self.total);
        if let Some((_, again)) = self.rare.as_mut().and_then(|rare| rare.fired.as_mut()) {
            *again = next;
        }
        Some(self.told(true))
    }

    fn told(&self, again: bool) -> Told {
        Told {
            total: self.total,
            first: self.first,
            evidence: self.evidence.list(),
            examples: self.rare.as_ref().map_or_else(String::new, |rare| rare.examples.join(", ")),
            again,
        }
    }

    fn note(&mut self, drop: &Drop<'_>) {
        if self.total == 0 {
            self.first = drop.time;
        }
        self.total += u64::from(drop.repeat.max(1));
        self.evidence.add(drop.event);
        if let Some((_, text)) = drop.value {
            let examples = &mut self.rare.get_or_insert_default().examples;
            if examples.len() < EXAMPLES.0 {
                examples.push(text.chars().take(EXAMPLES.1).collect::<String>().into());
            }
        }
    }

    /// What was counted is forgotten.
    fn empty(&mut self) {
        self.window.clear();
        self.evidence.clear();
        if let Some(rare) = &mut self.rare {
            rare.examples.clear();
        }
        (self.total, self.count, self.step, self.level) = (0, 0, 0, 0.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and times of a bucket are small")]
    fn fill(&mut self, scenario: &Scenario, drop: &Drop<'_>) -> bool {
        let (time, capacity, last) = (drop.time, scenario.capacity, self.last);
        self.last = last.max(time);
        let value = drop.value.map(|(hash, _)| hash);
        match scenario.pace {
            Pace::Leak(leak) => {
                let leaked = time.saturating_sub(last).max(0) as f32 / leak.max(1) as f32;
                self.level = (self.level - leaked).max(0.0);
                if self.level == 0.0 {
                    self.empty();
                }
                if let Some(value) = value {
                    if self.window.iter().any(|(_, known)| *known == value) {
                        return false;
                    }
                    if self.window.len() >= 2 * capacity as usize {
                        self.window.pop_front();
                    }
                    self.window.push_back((time, value));
                }
                self.level += if value.is_some() { 1.0 } else { drop.repeat.clamp(1, capacity) as f32 };
                self.note(drop);
                self.level > capacity as f32 - 1.0 + 1e-4
            }
            Pace::Within(within) => {
                while self.window.front().is_some_and(|(at, _)| time.saturating_sub(*at) > within) {
                    self.window.pop_front();
                }
                if self.window.is_empty() {
                    self.empty();
                }
                if let Some(value) = value
                    && let Some(at) = self.window.iter().position(|(_, known)| *known == value)
                {
                    // Seen again: it counts from now on, and still once.
                    self.window.remove(at);
                    self.window.push_back((time, value));
                    return false;
                }
                let copies = if value.is_some() { 1 } else { drop.repeat.clamp(1, capacity) };
                for _ in 0..copies {
                    if self.window.len() >= capacity as usize {
                        self.window.pop_front();
                    }
                    self.window.push_back((time, value.unwrap_or(0)));
                }
                self.note(drop);
                self.window.len() >= capacity as usize
            }
        }
    }

    /// One event of a sequence. The step done last may come again: the newest counts.
    fn advance(&mut self, scenario: &Scenario, drop: &Drop<'_>) -> bool {
        let limit = scenario.steps.get(self.step).map_or(0, |s| s.within_ms);
        if self.total > 0 && drop.time.saturating_sub(self.last) > limit {
            self.empty();
        }
        let again = drop.step + 1 == self.step && self.count == 0;
        if drop.step != self.step && !again {
            return false;
        }
        self.note(drop);
        self.last = self.last.max(drop.time);
        if again {
            return false;
        }
        self.count = self.count.saturating_add(drop.repeat.max(1));
        if self.count >= scenario.steps[self.step].count {
            self.step += 1;
            self.count = 0;
        }
        self.step >= scenario.steps.len()
    }
}

/// When to speak again: at ten times as many, then a hundred.
fn milestone(total: u64) -> u64 {
    total.max(1).saturating_mul(10)
}
