//! Plays the drill at its own pace into the pipeline, as any other source would speak.

use super::drill::Drill;
use super::ingest::{Batch, Intake, Layout};
use super::pipeline::Work;
use super::{Platform, lock};
use crate::api::{Source, SourceState};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Name of the drill's source.
pub const SOURCE: &str = "drill";

/// How long the drill waits when the pipeline is behind.
const FULL: Duration = Duration::from_millis(20);

/// Starts and stops the drill.
#[derive(Default)]
pub struct Switch {
    run: Mutex<bool>,
    bell: Condvar,
}

impl Switch {
    /// Starts or stops it.
    pub fn set(&self, run: bool) {
        *lock(&self.run) = run;
        self.bell.notify_all();
    }

    /// It is running.
    pub fn is_on(&self) -> bool {
        *lock(&self.run)
    }

    /// Hands work on while it is certain that it still runs; what is stopped says nothing more.
    fn speak(&self, work: &SyncSender<Work>, mut batch: Work) -> bool {
        loop {
            let run = lock(&self.run);
            if !*run {
                return false;
            }
            match work.try_send(batch) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(back)) => batch = back,
            }
            drop(run);
            self.pause(FULL);
        }
    }

    /// Waits until it runs, at most `patience`; says whether it does.
    fn wait(&self, patience: Duration) -> bool {
        let run = lock(&self.run);
        *self.bell.wait_timeout_while(run, patience, |on| !*on).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits `pause`, or until it is stopped; says whether it still runs.
    fn pause(&self, pause: Duration) -> bool {
        let run = lock(&self.run);
        *self.bell.wait_timeout_while(run, pause, |on| *on).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread that plays it.
pub fn start(platform: Arc<Platform>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while !platform.stopping(Duration::ZERO) {
            if platform.drill.wait(Duration::from_millis(500)) {
                play(&platform);
            }
        }
    })
}

fn play(platform: &Platform) {
    let start = platform.now();
    let source: Arc<str> = SOURCE.into();
    for step in Drill::new(start.0.unsigned_abs(), start) {
        let ahead = step.due.0 - platform.now().0;
        if ahead > 0 && !platform.drill.pause(Duration::from_millis(ahead.unsigned_abs())) {
            return;
        }
        if !platform.drill.is_on() || platform.stopping(Duration::ZERO) {
            return;
        }
        let mut text = step.text.into_bytes();
        text.push(b'\n');
        let format = step.format.parse().ok();
        let batch =
            Batch { source: Arc::clone(&source), format, text, layout: Layout::default(), resume: None, drill: true };
        if !platform.drill.speak(&platform.work, Work::Intake(Intake::Batch(batch))) {
            return;
        }
    }
}

/// What the source list says of it.
pub fn describe(source: &mut Source, run: bool) {
    source.drill = true;
    source.format = "drill".into();
    source.state = if run { SourceState::Reading } else { SourceState::Stopped };
    source.why = if run {
        "synthetic visitors and attacks, marked everywhere; D stops it, `watchfloor drill purge` removes its traces"
    } else {
        "stopped; D starts it"
    }
    .into();
}

/// Counters back to nothing after a purge.
pub fn forget(source: &mut Source) {
    source.events = 0;
    source.unparsed = 0;
    source.last_event = None;
    source.last_read = None;
    describe(source, false);
}
