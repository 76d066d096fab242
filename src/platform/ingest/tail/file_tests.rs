//! Whatever is done to a log, each of its lines comes once and in order: random histories, compared with what was
//! written.

use super::*;
use proptest::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::mpsc::{Receiver, sync_channel};

#[derive(Debug, Clone)]
enum Deed {
    Lines(u8),
    HalfLine,
    Rotate,
    CopyTruncate,
    Look,
    Restart,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1u8..40).prop_map(Deed::Lines),
        2 => Just(Deed::HalfLine),
        2 => Just(Deed::Rotate),
        1 => Just(Deed::CopyTruncate),
        4 => Just(Deed::Look),
        2 => Just(Deed::Restart),
    ]
}

/// A log, its writer and its follower.
struct World {
    dir: tempfile::TempDir,
    follower: Follower,
    out: SyncSender<Intake>,
    received: Receiver<Intake>,
    point: Option<Resume>,
    got: Vec<u8>,
    written: Vec<u8>,
    count: u32,
    rotations: u32,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (out, received) = sync_channel(10_000);
        let follower = Self::follower(dir.path(), None);
        let mut world = World {
            dir,
            follower,
            out,
            received,
            point: None,
            got: Vec::new(),
            written: Vec::new(),
            count: 0,
            rotations: 0,
        };
        world.write("begin\n");
        world.look();
        world
    }

    fn follower(dir: &Path, point: Option<Resume>) -> Follower {
        Follower::new(Watch { name: "t".into(), format: None, path: dir.join("log") }, point, true)
    }

    fn write(&mut self, text: &str) {
        let path = self.dir.path().join("log");
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self.written.extend(text.as_bytes());
    }

    fn look(&mut self) {
        let mut buffer = [0; 64];
        while self.follower.step(&mut buffer, &self.out).is_ok_and(|more| more) {}
        for intake in self.received.try_iter() {
            if let Intake::Batch(batch) = intake {
                self.got.extend(batch.text);
                self.point = batch.resume.or(self.point.take());
            }
        }
    }

    fn line(&mut self) -> String {
        self.count += 1;
        format!("line {} of this log", self.count)
    }

    /// Moves rotated files up and gives the log the name of the first.
    fn make_room(&mut self) {
        for n in (1..=self.rotations).rev() {
            fs::rename(self.dir.path().join(format!("log.{n}")), self.dir.path().join(format!("log.{}", n + 1)))
                .unwrap();
        }
        self.rotations += 1;
    }

    /// A writer ends its line before its log is taken away.
    fn end_line(&mut self) {
        if !self.written.ends_with(b"\n") {
            self.write("\n");
        }
    }

    fn act(&mut self, deed: &Deed) {
        let (log, first) = (self.dir.path().join("log"), self.dir.path().join("log.1"));
        match deed {
            Deed::Lines(n) => {
                for _ in 0..*n {
                    let line = self.line() + "\n";
                    self.write(&line);
                }
            }
            Deed::HalfLine => {
                let line = self.line();
                self.write(&line);
            }
            Deed::Rotate => {
                self.end_line();
                self.make_room();
                fs::rename(&log, &first).unwrap();
                let line = self.line() + "\n";
                self.write(&line);
            }
            Deed::CopyTruncate => {
                // A file of which nothing was seen before it was truncated leaves nothing to tell its copy by.
                for _seen_then_unseen in 0..2 {
                    self.end_line();
                    self.look();
                    let line = self.line() + "\n";
                    self.write(&line);
                }
                self.make_room();
                fs::copy(&log, &first).unwrap();
                OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
                self.look();
            }
            Deed::Look => self.look(),
            Deed::Restart => {
                self.look();
                self.follower = Self::follower(self.dir.path(), self.point.clone());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn each_line_comes_once_and_in_order(deeds in proptest::collection::vec(deed(), 1..25)) {
        let mut world = World::new();
        for deed in &deeds {
            world.act(deed);
        }
        world.end_line();
        world.look();
        prop_assert_eq!(String::from_utf8_lossy(&world.got), String::from_utf8_lossy(&world.written));
    }
}

/// Follows a log to its end and says what was handed over last.
fn last(follower: &mut Follower) -> Batch {
    let (out, received) = sync_channel(100);
    while follower.step(&mut [0; 64], &out).is_ok_and(|more| more) {}
    let batches = received.try_iter().filter_map(|intake| match intake {
        Intake::Batch(batch) => Some(batch),
        Intake::State(_) => None,
    });
    batches.filter(|batch| !batch.text.is_empty()).last().unwrap()
}

#[test]
fn columns_are_known_after_a_restart_and_where_reading_began_in_the_middle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let head = "#Software: x\n#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    fs::write(&path, format!("{head}2002-05-02 17:42:15 192.0.2.7 GET /old 200\n")).unwrap();
    let watch = Watch { name: "t".into(), format: None, path: path.clone() };
    let append = |text: &str| OpenOptions::new().append(true).open(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let urls = |batch: &Batch| -> Vec<String> {
        let (mut layout, text) = (batch.layout.clone(), String::from_utf8(batch.text.clone()).unwrap());
        let now = crate::api::Timestamp(1_795_000_000_000);
        let records =
            text.lines().filter_map(|line| layout.read(None, line, now).map(|r| r.http.unwrap().url.into_owned()));
        records.collect()
    };
    let mut late = Follower::new(watch.clone(), None, false);
    append("2002-05-02 17:42:16 192.0.2.7 GET /a 200\n");
    let batch = last(&mut late);
    assert_eq!(urls(&batch), ["/a"], "begun at the end");
    append("2002-05-02 17:42:17 192.0.2.7 GET /b 200\n");
    let stored = serde_json::to_string(&batch.resume.unwrap()).unwrap();
    let mut again = Follower::new(watch.clone(), Some(serde_json::from_str(&stored).unwrap()), true);
    let batch = last(&mut again);
    assert_eq!(urls(&batch), ["/b"], "after a restart");
    append("#Fields: date time cs-uri-stem c-ip cs-method sc-status\n2002-05-02 17:42:18 /c 192.0.2.7 GET 200\n");
    let batch = last(&mut again);
    append("2002-05-02 17:42:18 /d 192.0.2.7 GET 200\n");
    let mut third = Follower::new(watch.clone(), batch.resume.clone(), true);
    assert_eq!(urls(&last(&mut third)), ["/d"], "a header in mid-file counts from there on");
    let forgotten = Resume { layout: Layout::default(), ..batch.resume.unwrap() };
    append("2002-05-02 17:42:18 192.0.2.7 GET /e 200\n");
    let mut fourth = Follower::new(watch, Some(forgotten), true);
    assert!(last(&mut fourth).layout.recognise("17:42:15 x").is_some(), "a point without columns looks at the head");
}
