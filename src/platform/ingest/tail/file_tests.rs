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
