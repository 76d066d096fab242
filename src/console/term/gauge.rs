//! How the line to the terminal is: how long it takes there and back, how fast it drains, and so how much may be under
//! way at once.
//!
//! Frames carry a question (DSR 5) that the terminal answers when it has come to it, so an answer tells how long
//! everything before it took. A terminal that does not answer is not asked any more. Times are those of a clock that
//! never goes back, given from outside; nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

/// What was found, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tempo {
    /// Too slow for frames as they come.
    pub slow: bool,
    /// There and back, in milliseconds; nothing while it is not known.
    pub round_trip: Option<u32>,
    /// Bytes a second; nothing when it never made anything wait.
    pub rate: Option<u32>,
}

/// How often may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Least time between two frames.
    pub frame: Duration,
    /// The same while the operator only looks on.
    pub calm: Duration,
    /// What only ages on the screen is renewed no sooner than this.
    pub tick: Duration,
    /// The line is busy for so long with what was written.
    pub busy: Duration,
}

/// A question that is not answered yet.
#[derive(Debug)]
struct Question {
    at: Duration,
    /// Bytes written since the question before.
    bytes: u64,
    /// Bytes on their way when it was asked.
    ahead: u64,
    /// Bytes that had arrived by then.
    arrived: u64,
}

/// An answer: how long it took, and how much was on its way then, what was asked with included.
#[derive(Debug, Clone, Copy)]
struct Sample {
    took: Duration,
    bytes: u64,
    /// Bytes a second that answers spoke for meanwhile: at most twice what the line carries, where half of them had
    /// arrived before and only their answers were on the way.
    carried: u64,
}

/// Looks kept: what is older says nothing about now.
const SAMPLES: usize = 8;
/// Looks before anything is called slow: a terminal may be busy with its own start.
const LEAST: usize = 3;
/// Time between two questions on a line that is not slow.
const SELDOM: Duration = Duration::from_secs(2);
/// A question that is not answered by then never is.
const PATIENCE: Duration = Duration::from_secs(4);
/// Unanswered questions in a row after which none is asked any more.
const SILENT: u8 = 2;
/// Slow from here on, and no longer slow below or above these.
const SLOW: (Duration, u64) = (Duration::from_millis(200), 64 * 1024);
const QUICK: (Duration, u64) = (Duration::from_millis(120), 128 * 1024);
/// Fewer bytes say nothing about how fast a line drains.
const TELLING: u64 = 1024;
/// No more may be under way than a line carries in this time, however long a round trip takes.
const LONG: Duration = Duration::from_millis(300);
/// What may be under way on a slow line at least, in bytes: a moved cursor must never wait for one before it.
const WINDOW: u64 = 8192;
/// What may be under way on any line whose terminal answers: more would make keys wait behind it.
const ROOM: u64 = 64 * 1024;

/// The measurements.
#[derive(Debug, Default)]
pub struct Gauge {
    asked: VecDeque<Question>,
    last_asked: Option<Duration>,
    /// Bytes written since the last question.
    behind: u64,
    /// Bytes that answers spoke for.
    arrived: u64,
    samples: VecDeque<Sample>,
    unanswered: u8,
    /// The rate of a write that had to wait.
    blocked: Option<u64>,
    slow: bool,
}

impl Gauge {
    /// Whether the next frame should carry a question.
    #[must_use]
    pub fn asks(&self, now: Duration) -> bool {
        if self.is_mute() {
            return false;
        }
        let known = !self.samples.is_empty();
        if known && (self.slow || self.samples.len() < LEAST || self.behind >= ROOM / 4) {
            return self.asked.len() < SAMPLES;
        }
        self.asked.is_empty() && self.last_asked.is_none_or(|at| known && now >= at + SELDOM || now >= at + PATIENCE)
    }

    /// The terminal does not answer.
    const fn is_mute(&self) -> bool {
        self.unanswered >= SILENT
    }

    /// A frame of so many bytes was written at that time, which took so long; with a question or without.
    pub fn wrote(&mut self, (at, took): (Duration, Duration), bytes: usize, asked: bool) {
        self.behind += bytes as u64;
        if took >= Duration::from_millis(100) {
            self.blocked = Some((bytes as f64 / took.as_secs_f64()) as u64);
        } else if bytes as u64 >= TELLING {
            self.blocked = None;
        }
        if asked {
            let ahead = self.under_way();
            self.asked.push_back(Question {
                at,
                bytes: std::mem::take(&mut self.behind),
                ahead,
                arrived: self.arrived,
            });
            self.last_asked = Some(at);
        }
        self.judge();
    }

    /// An answer came. One that nobody waits for any more says nothing.
    pub fn answered(&mut self, now: Duration) {
        let Some(question) = self.asked.pop_front() else { return };
        self.unanswered = 0;
        self.arrived += question.bytes;
        let took = now.saturating_sub(question.at);
        let carried = (self.arrived - question.arrived) as f64 / took.as_secs_f64().max(0.001);
        self.samples.push_back(Sample { took, bytes: question.ahead, carried: carried as u64 });
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
        self.judge();
    }

    /// Gives up waiting for what should have been answered.
    pub fn pass(&mut self, now: Duration) {
        if self.asked.front().is_some_and(|q| now >= q.at + PATIENCE) {
            // Which of the later ones an answer would belong to cannot be told.
            self.asked.clear();
            self.behind = 0;
            self.unanswered = self.unanswered.saturating_add(1);
        }
    }

    fn judge(&mut self) {
        if self.is_mute() || self.samples.len() < LEAST {
            self.slow = self.blocked.is_some_and(|rate| rate < SLOW.1);
            return;
        }
        let (trip, rate) = (self.round_trip().unwrap_or_default(), self.drains().unwrap_or(u64::MAX));
        let limit = if self.slow { QUICK } else { SLOW };
        self.slow = trip >= limit.0 || rate <= limit.1;
    }

    /// There and back with nothing in the way: the shortest of late.
    fn round_trip(&self) -> Option<Duration> {
        self.samples.iter().map(|s| s.took).min()
    }

    /// Bytes written that no answer speaks for yet.
    fn under_way(&self) -> u64 {
        self.asked.iter().map(|q| q.bytes).sum::<u64>() + self.behind
    }

    /// Bytes a second: how much longer it took where more was on its way than at the shortest look.
    fn rate(&self) -> Option<u64> {
        let base = self.samples.iter().min_by_key(|s| s.took)?;
        let later = |s: &&Sample| s.bytes >= base.bytes + TELLING && s.took > base.took + Duration::from_millis(5);
        let (bytes, time) = self.samples.iter().filter(later).fold((0, Duration::ZERO), |(bytes, time), s| {
            (bytes + (s.bytes - base.bytes), time + s.took.saturating_sub(base.took))
        });
        (bytes > 0).then(|| (bytes as f64 / time.as_secs_f64()) as u64)
    }

    /// The slower of that and of a write that had to wait.
    fn drains(&self) -> Option<u64> {
        [self.rate(), self.blocked].into_iter().flatten().min()
    }

    /// Time until another frame may follow. No more is under way than a slow line takes in one round trip, so that a key
    /// never waits behind a queue of frames; a terminal that does not answer is not waited for.
    #[must_use]
    pub fn busy(&self, now: Duration) -> Duration {
        let Some(first) = self.asked.front().filter(|_| !self.samples.is_empty()) else { return Duration::ZERO };
        let trip = self.round_trip().unwrap_or_default();
        // With the line full every look takes longer: what that adds must not make room for more.
        let trip = trip.min(LONG);
        let carries = self.samples.iter().map(|s| s.carried).max().unwrap_or(0);
        let window = if self.slow { ((carries as f64 * trip.as_secs_f64()) as u64).max(WINDOW) } else { ROOM };
        if self.under_way() < window {
            return Duration::ZERO;
        }
        // An answer ends the wait before that.
        (first.at + PATIENCE).saturating_sub(now)
    }

    /// How often may be drawn, where `frame` is the least time between two frames on a good line.
    #[must_use]
    pub fn pace(&self, now: Duration, frame: Duration) -> Pace {
        if !self.slow {
            return Pace { frame, calm: frame, tick: Duration::ZERO, busy: self.busy(now) };
        }
        let frame = frame.max(Duration::from_millis(100));
        Pace { frame, calm: Duration::from_secs(1), tick: Duration::from_secs(10), busy: self.busy(now) }
    }

    /// Questions that may still be answered.
    #[must_use]
    pub fn open(&self) -> usize {
        if self.samples.is_empty() { 0 } else { self.asked.len() }
    }

    /// What was found, coarsely: it is only worth telling when it differs by a lot.
    #[must_use]
    pub fn tempo(&self) -> Tempo {
        let coarse = |n: u64| {
            // Two figures.
            let unit = 10u64.pow(n.max(1).ilog10().saturating_sub(1));
            u32::try_from(n / unit * unit).unwrap_or(u32::MAX)
        };
        let trip = self.round_trip().map(|t| coarse(u64::try_from(t.as_millis()).unwrap_or(u64::MAX)));
        Tempo { slow: self.slow, round_trip: trip, rate: self.drains().map(coarse) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Duration = Duration::from_millis(33);

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// A line of that round trip and rate over which frames of these sizes go at that distance, each when the gauge lets
    /// it; also the most that was under way once the line was known to be slow.
    fn run((trip, rate): (u64, u64), every: u64, sizes: &[usize]) -> (Gauge, u64) {
        let (mut gauge, mut now, mut free) = (Gauge::default(), Duration::ZERO, Duration::ZERO);
        let (mut answers, mut most, mut settled) = (VecDeque::<Duration>::new(), 0, false);
        for size in sizes {
            now += ms(every);
            while let Some(at) = answers.front().copied().filter(|at| *at <= now || !gauge.busy(now).is_zero()) {
                answers.pop_front();
                now = now.max(at);
                gauge.answered(at);
            }
            let asked = gauge.asks(now);
            gauge.wrote((now, Duration::ZERO), *size, asked);
            // What was written before the line was known to be slow has to drain first.
            if settled {
                most = most.max(gauge.under_way());
            }
            settled |= gauge.slow && gauge.under_way() <= 2 * *size as u64;
            free = free.max(now) + Duration::from_secs_f64(*size as f64 / rate as f64);
            if asked {
                answers.push_back(free + ms(trip));
            }
        }
        answers.into_iter().for_each(|at| gauge.answered(at));
        (gauge, most)
    }

    #[test]
    fn a_good_line_is_left_alone_and_asked_seldom() {
        let (gauge, _) = run((20, 10_000_000), 33, &[700; 300]);
        assert_eq!(gauge.tempo(), Tempo { slow: false, round_trip: Some(20), rate: None });
        assert_eq!(gauge.pace(ms(1), FRAME), Pace { frame: FRAME, calm: FRAME, tick: ms(0), busy: ms(0) });
        assert!(!gauge.asks(gauge.last_asked.unwrap() + ms(1999)) && gauge.asks(gauge.last_asked.unwrap() + ms(2000)));
    }

    #[test]
    fn a_slow_line_is_measured_and_spared() {
        let (gauge, _) = run((300, 32_000), 1000, &[16_000, 700, 700, 700, 8_000, 700, 8_000, 700, 700]);
        let found = gauge.tempo();
        assert!(found.slow && (300..=330).contains(&found.round_trip.unwrap()), "{found:?}");
        assert!((28_000..=33_000).contains(&found.rate.unwrap()), "{found:?}");
        let pace = gauge.pace(ms(100_000), FRAME);
        assert!(pace.frame >= ms(100) && pace.calm >= ms(1000) && pace.tick >= ms(10_000), "{pace:?}");
    }

    #[test]
    fn a_long_but_wide_line_is_slow_too_and_one_that_gets_better_is_not() {
        let (mut gauge, _) = run((400, 10_000_000), 500, &[700; 20]);
        assert!(gauge.tempo().slow);
        for i in 0..20 {
            let at = ms(100_000 + i * 3000);
            gauge.wrote((at, Duration::ZERO), 700, true);
            gauge.answered(at + ms(30));
        }
        assert!(!gauge.tempo().slow);
    }

    #[test]
    fn a_terminal_that_does_not_answer_is_given_up() {
        let mut gauge = Gauge::default();
        for (at, asks) in [(0, true), (100, false), (4_000, true), (4_100, false), (8_100, false), (100_000, false)] {
            gauge.pass(ms(at));
            assert_eq!(gauge.asks(ms(at)), asks, "at {at}");
            gauge.wrote((ms(at), Duration::ZERO), 700, asks);
            assert_eq!(gauge.busy(ms(at)), Duration::ZERO);
        }
        gauge.answered(ms(100_001));
        assert_eq!(gauge.tempo(), Tempo::default());
    }

    #[test]
    fn writes_that_wait_tell_as_much() {
        let mut gauge = Gauge::default();
        gauge.wrote((ms(0), ms(500)), 16_000, false);
        assert_eq!(gauge.tempo(), Tempo { slow: true, round_trip: None, rate: Some(32_000) });
        gauge.wrote((ms(900), ms(0)), 16_000, false);
        assert!(!gauge.tempo().slow);
    }

    proptest! {
        /// However the line is: once it is known to be slow, what is under way is what it takes in one round trip, or the
        /// least window, and a frame or two.
        #[test]
        fn what_is_under_way_is_bounded(trip in 250u64..1000, rate in 8_000u64..64_000, frame in 100usize..8_000) {
            let (gauge, most) = run((trip, rate), 33, &vec![frame; 400]);
            prop_assert!(gauge.tempo().slow);
            let bound = (rate * 6 / 10).max(WINDOW) + 2 * frame as u64;
            prop_assert!(most <= bound, "{} of {}", most, bound);
        }

        #[test]
        fn nothing_overflows(steps in prop::collection::vec((any::<u32>(), any::<u32>(), 0u8..4), 0..100)) {
            let mut gauge = Gauge::default();
            for (at, n, what) in steps {
                let at = ms(u64::from(at));
                match what {
                    0 => gauge.wrote((at, ms(u64::from(n))), n as usize, true),
                    1 => gauge.wrote((at, ms(0)), n as usize, false),
                    2 => gauge.answered(at),
                    _ => gauge.pass(at),
                }
                let _ = (gauge.asks(at), gauge.busy(at), gauge.pace(at, FRAME), gauge.tempo());
            }
        }
    }
}
