//! Following sources: files through the kernel's notifications, the journal through a `journalctl` child.
//!
//! A line written is handed over as soon as the kernel says so; nothing is polled but a slow look every two seconds
//! for what notifications cannot tell (a directory that came back, a file on a network). Nothing is dropped: the
//! channel is bounded, and a follower whose receiver is busy waits. Start at [`follow`], then `file`.

mod bell;
mod file;
mod journal;
mod lines;
mod reader;

use super::{Intake, Resume, Watch};
use bell::Bell;
use file::Follower;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use lines::{Lines, MAX_LINE};

/// The path that stands for the system's journal in a [`Watch`].
pub const JOURNAL_PATH: &str = "journald:";

/// How often what notifications cannot tell is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The same where the kernel gives no notifications.
const LOOK_BLIND: Duration = Duration::from_millis(250);
/// How long a request to stop may go unnoticed.
const STOP: Duration = Duration::from_millis(250);
/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// Nobody receives any more.
pub(super) struct Gone;

/// Follows all `watches` until `stop` is set or the receiver is gone. A source goes on at its point in `resume`;
/// without one it begins at its start (`from_start`) or at its end. Files that appear later are read from their start.
///
/// After setting `stop` the receiver must be drained or dropped, since a follower may be waiting for room.
#[must_use]
pub fn follow(
    watches: Vec<Watch>,
    resume: HashMap<String, Resume>,
    from_start: bool,
    out: SyncSender<Intake>,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || run(watches, resume, from_start, &out, &stop))
}

fn run(
    watches: Vec<Watch>,
    mut resume: HashMap<String, Resume>,
    from_start: bool,
    out: &SyncSender<Intake>,
    stop: &Arc<AtomicBool>,
) {
    let (journals, files): (Vec<_>, Vec<_>) = watches.into_iter().partition(|w| w.path == Path::new(JOURNAL_PATH));
    let mut children = Vec::new();
    for watch in journals {
        let cursor = resume.remove(&watch.name).and_then(|r| r.cursor);
        let program = Path::new("journalctl").to_path_buf();
        children.push(journal::Journal { watch, program, cursor, from_start }.start(out.clone(), stop.clone()));
    }
    let mut bell = Bell::new(files.iter().map(|w| w.path.clone()).collect());
    let mut followers: Vec<Follower> = files
        .into_iter()
        .map(|watch| {
            let point = resume.remove(&watch.name);
            Follower::new(watch, point, from_start)
        })
        .collect();
    let _gone = keep_up(&mut followers, &mut bell, out, stop);
    for child in children {
        child.end();
    }
}

/// Reads whatever there is, then waits to be told of more.
fn keep_up(
    followers: &mut [Follower],
    bell: &mut Bell,
    out: &SyncSender<Intake>,
    stop: &AtomicBool,
) -> Result<(), Gone> {
    let mut buffer = vec![0u8; CHUNK];
    let mut due = vec![true; followers.len()];
    let mut looked = Instant::now();
    while !stop.load(Ordering::Acquire) {
        let mut more = false;
        for (follower, due) in followers.iter_mut().zip(&mut due) {
            // One chunk each in turn, so that a huge file does not starve a small one.
            if *due {
                *due = follower.step(&mut buffer, out)?;
                more |= *due;
            }
        }
        bell.take(&mut due, if more { Duration::ZERO } else { STOP });
        if looked.elapsed() >= if bell.blind() { LOOK_BLIND } else { LOOK } {
            looked = Instant::now();
            bell.listen();
            due.fill(true);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
