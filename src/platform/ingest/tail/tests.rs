//! Following files through what happens to logs. Each test waits for what must come, never for time to pass.

use super::*;
use crate::api::{Source, SourceState};
use crate::platform::ingest::{Batch, Format};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// A follower of one file in a directory of its own.
struct Tail {
    dir: tempfile::TempDir,
    received: Receiver<Intake>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    text: Vec<u8>,
    point: Option<Resume>,
    states: Vec<Source>,
}

impl Tail {
    fn begin(dir: tempfile::TempDir, path: PathBuf, resume: Option<Resume>, from_start: bool) -> Self {
        let (out, received) = sync_channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let watch = Watch { name: "t".into(), format: Some(Format::Combined), path };
        let resume = resume.map(|r| ("t".to_owned(), r)).into_iter().collect();
        let thread = Some(follow(vec![watch], resume, from_start, out, stop.clone()));
        Self { dir, received, stop, thread, text: Vec::new(), point: None, states: Vec::new() }
    }

    fn new(text: &str, from_start: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, text).unwrap();
        Self::begin(dir, path, None, from_start).settled()
    }

    /// Waits until the file that is there has been read.
    fn settled(mut self) -> Self {
        self.until_state(|s| s.why.contains("as it is written") || s.why.contains("nothing has been written"));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn receive(&mut self) {
        match self.received.recv_timeout(PATIENCE).expect("nothing came") {
            Intake::Batch(Batch { text, resume, .. }) => {
                assert!(text.ends_with(b"\n"), "whole lines only");
                self.text.extend(text);
                self.point = resume.or(self.point.take());
            }
            Intake::State(source) => self.states.push(source),
        }
    }

    fn until_state(&mut self, wanted: impl Fn(&Source) -> bool) {
        while !self.states.last().is_some_and(&wanted) {
            self.receive();
        }
    }

    /// Waits until all received text is `text`.
    #[track_caller]
    fn until(&mut self, text: &str) {
        while self.text.len() < text.len() {
            self.receive();
        }
        assert_eq!(String::from_utf8_lossy(&self.text), text);
    }

    /// Stops, and gives back the directory and the last resume point.
    fn end(mut self) -> (tempfile::TempDir, Option<Resume>) {
        self.stop.store(true, Ordering::Release);
        while let Ok(more) = self.received.recv() {
            if let Intake::Batch(batch) = more {
                self.text.extend(batch.text);
            }
        }
        self.thread.take().unwrap().join().unwrap();
        (self.dir, self.point)
    }

    fn again(parts: (tempfile::TempDir, Option<Resume>)) -> Self {
        let path = parts.0.path().join("log");
        Self::begin(parts.0, path, parts.1, false)
    }
}

#[test]
fn lines_come_as_they_are_written_and_partial_ones_wait() {
    let mut tail = Tail::new("old\n", false);
    tail.append("log", "one\ntw");
    tail.until("one\n");
    tail.append("log", "o\n");
    tail.until("one\ntwo\n");
    tail.end();
}

#[test]
fn from_the_start_or_from_the_line_being_written() {
    let mut tail = Tail::new("a\nb\n", true);
    tail.until("a\nb\n");
    tail.end();
    let mut tail = Tail::new("a\nhal", false);
    tail.append("log", "f\nc\n");
    tail.until("half\nc\n");
    tail.end();
}

#[test]
fn rotation_by_rename_finishes_the_old_file_first() {
    let mut tail = Tail::new("", true);
    tail.append("log", "1\n");
    fs::rename(tail.path("log"), tail.path("log.1")).unwrap();
    tail.append("log.1", "2\n");
    tail.append("log", "3\n");
    tail.until("1\n2\n3\n");
    // The writer has not reopened yet.
    tail.append("log.1", "4\n");
    tail.until("1\n2\n3\n4\n");
    tail.append("log", "5\n");
    tail.until("1\n2\n3\n4\n5\n");
    let again = Tail::again(tail.end());
    again.append("log", "6\n");
    let mut again = again;
    again.until("6\n");
    again.end();
}

#[test]
fn truncation_and_copytruncate() {
    let mut tail = Tail::new("first line\n", true);
    tail.until("first line\n");
    fs::copy(tail.path("log"), tail.path("log.1")).unwrap();
    OpenOptions::new().write(true).open(tail.path("log")).unwrap().set_len(0).unwrap();
    tail.until_state(|s| s.why.contains("nothing has been written"));
    tail.append("log", "2\n");
    tail.until("first line\n2\n");
    // Truncated and refilled past the old size at once: only the first bytes tell.
    fs::write(tail.path("log"), "another beginning\nand more\n").unwrap();
    tail.until("first line\n2\nanother beginning\nand more\n");
    tail.end();
}

#[test]
fn deletion_and_late_creation_also_of_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b/log");
    let mut tail = Tail::begin(dir, path, None, false);
    tail.until_state(|s| s.state == SourceState::Waiting);
    fs::create_dir_all(tail.path("a/b")).unwrap();
    tail.append("a/b/log", "1\n");
    tail.until("1\n");
    fs::remove_file(tail.path("a/b/log")).unwrap();
    tail.until_state(|s| s.state == SourceState::Waiting);
    tail.append("a/b/log", "2\n");
    tail.until("1\n2\n");
    fs::remove_dir_all(tail.path("a")).unwrap();
    tail.until_state(|s| s.state == SourceState::Waiting);
    fs::create_dir_all(tail.path("a/b")).unwrap();
    tail.append("a/b/log", "3\n");
    tail.until("1\n2\n3\n");
    tail.end();
}

#[test]
fn a_link_is_followed_to_where_it_points() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    fs::write(dir.path().join("real/file"), "").unwrap();
    std::os::unix::fs::symlink(dir.path().join("real/file"), dir.path().join("log")).unwrap();
    let path = dir.path().join("log");
    let mut tail = Tail::begin(dir, path, None, false).settled();
    tail.append("real/file", "1\n");
    tail.until("1\n");
    tail.end();
}

#[test]
fn unreadable_then_readable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    // A directory cannot be read by anyone, root included.
    fs::create_dir(&path).unwrap();
    let mut tail = Tail::begin(dir, path, None, true);
    tail.until_state(|s| s.state == SourceState::Unreadable && s.why.contains("not a file"));
    fs::remove_dir(tail.path("log")).unwrap();
    tail.append("log", "1\n");
    tail.until("1\n");
    tail.end();
}

#[test]
fn a_restart_goes_on_where_it_stopped_through_rotations() {
    let mut tail = Tail::new("1\n", true);
    tail.append("log", "2\npart");
    tail.until("1\n2\n");
    let parts = tail.end();
    OpenOptions::new().append(true).open(parts.0.path().join("log")).unwrap().write_all(b"ial\n").unwrap();
    let mut tail = Tail::again(parts);
    tail.until("partial\n");
    let (dir, point) = tail.end();
    // Two rotations while nobody reads. Times are set, since they say which came later.
    let at = |secs| std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
    let mut file = OpenOptions::new().append(true).open(dir.path().join("log")).unwrap();
    file.write_all(b"3\n").unwrap();
    file.set_modified(at(1_000_000)).unwrap();
    fs::rename(dir.path().join("log"), dir.path().join("log.2")).unwrap();
    fs::write(dir.path().join("log.1"), "4\n").unwrap();
    OpenOptions::new().append(true).open(dir.path().join("log.1")).unwrap().set_modified(at(2_000_000)).unwrap();
    fs::write(dir.path().join("log"), "5\n").unwrap();
    let mut tail = Tail::again((dir, point));
    tail.until("3\n4\n5\n");
    tail.end();
}

#[test]
fn a_restart_finds_the_copy_that_a_truncating_rotation_left() {
    let mut tail = Tail::new("1\n", true);
    tail.until("1\n");
    let (dir, point) = tail.end();
    fs::write(dir.path().join("log.1"), "1\n2\n").unwrap();
    fs::write(dir.path().join("log"), "3\n").unwrap();
    let mut tail = Tail::again((dir, point));
    tail.until("2\n3\n");
    tail.end();
}

#[test]
fn a_file_that_is_gone_after_a_restart_is_said_so() {
    let mut tail = Tail::new("1\n", true);
    tail.until("1\n");
    let (dir, point) = tail.end();
    fs::write(dir.path().join("log"), "another\n").unwrap();
    let mut tail = Tail::again((dir, point));
    tail.until("another\n");
    assert!(tail.states.iter().any(|s| s.why.contains("is gone; the new one is read from its start")));
    tail.end();
}

#[test]
fn a_line_without_end_takes_bounded_memory() {
    let mut tail = Tail::new("", true);
    tail.append("log", &"x".repeat(3 * MAX_LINE));
    tail.append("log", "\nnext\n");
    tail.until(&format!("{}{}next\n", "x".repeat(MAX_LINE), String::from_utf8_lossy(lines::NOTE)));
    tail.end();
}

#[test]
fn nothing_is_dropped_when_the_receiver_is_slow() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let text: String = (0..400_000).map(|i| format!("line {i}\n")).collect();
    fs::write(&path, &text).unwrap();
    // The channel holds four batches; the file has many more.
    assert!(text.len() > 8 * CHUNK);
    let mut tail = Tail::begin(dir, path, None, true);
    tail.until(&text);
    tail.end();
}

#[test]
fn it_ends_when_the_receiver_is_gone() {
    let mut tail = Tail::new("", true);
    let thread = tail.thread.take().unwrap();
    tail.received = sync_channel(1).1;
    tail.append("log", "1\n");
    thread.join().unwrap();
}

fn fake_journalctl(dir: &Path, script: &str) -> PathBuf {
    let path = dir.join("journalctl");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_journal_is_followed_and_gone_on_with_after_its_child_ended() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"case "$*" in
*after-cursor=c1*) echo '{"__CURSOR":"c2","MESSAGE":"second"}'; exec cat /dev/zero >/dev/null;;
*) echo '{"__CURSOR":"c1","MESSAGE":"first"}'; echo "lost the journal" >&2; exit 1;;
esac"#;
    let program = fake_journalctl(dir.path(), script);
    let watch = Watch { name: "journald".into(), format: Some(Format::Journal), path: JOURNAL_PATH.into() };
    let (out, received) = sync_channel(4);
    let stop = Arc::new(AtomicBool::new(false));
    let following = journal::Journal { watch, program, cursor: None, from_start: false }.start(out, stop.clone());
    let (mut cursors, mut whys) = (Vec::new(), Vec::new());
    while cursors.len() < 2 {
        match received.recv_timeout(PATIENCE).unwrap() {
            Intake::Batch(batch) => cursors.push(batch.resume.unwrap().cursor.unwrap()),
            Intake::State(source) => whys.push(source.why),
        }
    }
    assert_eq!(cursors, ["c1", "c2"]);
    assert!(whys.iter().any(|w| w.contains("lost the journal")), "{whys:?}");
    stop.store(true, Ordering::Release);
    following.end();
}
