//! Keeps what was decided true while nothing else happens: blocks end on time, enforcers are read back, retention and
//! silent sources are looked after. No decision about an attack waits for this thread.

use super::Platform;
use crate::api::{Live, SourceState};
use crate::config::Settings;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How often enforcers are read back when nothing ends before.
const LOOK: Duration = Duration::from_secs(10);
/// How often retention is applied.
const SWEEP: Duration = Duration::from_secs(3600);
/// A source that spoke within the last day and has said nothing for this long is silent, in milliseconds.
const SILENT_MS: i64 = 3_600_000;

/// The thread.
pub fn start(platform: Arc<Platform>, settings: PathBuf) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut swept: Option<Instant> = None;
        // Read once more at the first look: they may have changed while the platform started.
        let mut settings = (None, settings);
        loop {
            if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                sweep(&platform);
                swept = Some(Instant::now());
            }
            let now = platform.now();
            let next = platform.responder.next_deadline().map(|at| at.0.saturating_sub(now.0).max(1).unsigned_abs());
            let patience = next.map_or(LOOK, |ms| Duration::from_millis(ms).min(LOOK));
            if platform.stopping(patience) {
                return;
            }
            look(&platform);
            set(&platform, &mut settings);
        }
    })
}

fn look(platform: &Platform) {
    let now = platform.now();
    platform.save_again();
    let report = platform.responder.reconcile(now);
    for drift in &report.drift {
        tracing::warn!(enforcer = drift.enforcer, repaired = drift.repaired, "drift: {}", drift.detail);
    }
    for fault in &report.faults {
        tracing::warn!("{fault}");
    }
    platform.tell_trouble();
    platform.end_suppressions();
    platform.wake_incidents();
    for source in platform.sources() {
        let quiet = source.last_read.is_some_and(|at| now.0 - at.0 > SILENT_MS);
        if source.state == SourceState::Reading && quiet && !source.drill {
            let silent = platform.change_source(&source.name, |s| {
                s.state = SourceState::Silent;
                s.why = "it spoke before and has said nothing for over an hour".into();
            });
            platform.hub.publish(&Live::Source(silent));
        }
    }
}

/// When a file was last changed.
fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|m| m.modified()).ok()
}

/// Takes up service levels when the settings were changed; settings that cannot be used change nothing.
fn set(platform: &Platform, (read, file): &mut (Option<SystemTime>, PathBuf)) {
    let now = changed(file);
    if std::mem::replace(read, now) == now {
        return;
    }
    match Settings::load(file) {
        Ok(settings) => {
            let new = settings.platform.service_level;
            let old = std::mem::replace(&mut *platform.levels.write().unwrap_or_else(PoisonError::into_inner), new);
            if old != new {
                // Figures that were read before are no longer right.
                platform.hub.publish(&Live::Gap);
            }
        }
        Err(error) => tracing::warn!(%error, "the settings were changed and cannot be used: those of before hold"),
    }
}

fn sweep(platform: &Platform) {
    match platform.store.retain(platform.retention_days, platform.now()) {
        Ok(removed) if removed.rows > 0 => tracing::info!(rows = removed.rows, "retention removed old events"),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "retention could not be applied"),
    }
}
