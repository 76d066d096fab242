//! One file source: finding its file, following it through rotation, truncation, deletion and bad permissions.

use super::Gone;
use super::reader::{Found, Reader};
use crate::api::SourceState;
use crate::platform::ingest::{Batch, Intake, Layout, Resume, Watch, discover};
use std::cmp::Reverse;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// A rotated file is still written to until its writer reopens; after this much quiet it is let go.
const QUIET: Duration = Duration::from_secs(60);
/// The same for one that was deleted, whose space is wanted back.
const QUIET_DELETED: Duration = Duration::from_secs(10);

/// Where a file that is found begins.
enum Begin {
    /// Nothing was tried yet.
    Resume(Resume),
    /// At its start.
    Start,
    /// Where it ended when it was first seen, if its size could be seen.
    End(Option<u64>),
}

/// Follows one file.
pub struct Follower {
    watch: Watch,
    source: Arc<str>,
    begin: Begin,
    current: Option<Reader>,
    /// Rotated files with when they last had something new; the oldest first.
    old: Vec<(Reader, Instant)>,
    told: Option<(SourceState, String)>,
}

impl Follower {
    /// A follower that has not looked yet.
    pub fn new(watch: Watch, resume: Option<Resume>, from_start: bool) -> Self {
        let begin = match resume {
            Some(point) => Begin::Resume(point),
            None if from_start => Begin::Start,
            None => match std::fs::metadata(&watch.path) {
                Ok(meta) => Begin::End(Some(meta.len())),
                Err(e) if e.kind() == ErrorKind::NotFound => Begin::Start,
                Err(_) => Begin::End(None),
            },
        };
        Self { source: watch.name.as_str().into(), watch, begin, current: None, old: Vec::new(), told: None }
    }

    /// Hands over at most one chunk of each file; true when there may be more at once.
    pub fn step(&mut self, buffer: &mut [u8], out: &SyncSender<Intake>) -> Result<bool, Gone> {
        // An old file is read to its end before the new one is begun, so lines keep their order.
        if self.read_old(buffer, out)? {
            return Ok(true);
        }
        match std::fs::metadata(&self.watch.path) {
            Ok(meta) => {
                if let Some(rotated) = self.current.take_if(|r| !r.is(&meta)) {
                    let between = rotated_after(&self.watch.path, &rotated);
                    self.old.extend(std::iter::once(rotated).chain(between).map(|r| (r, Instant::now())));
                    return Ok(true);
                }
                if self.current.is_none() && !self.open(out)? {
                    return Ok(false);
                }
                if !self.old.is_empty() && self.read_old(buffer, out)? {
                    return Ok(true);
                }
                self.read_current(buffer, &meta, out)
            }
            Err(error) => {
                // Whoever has the file open may still be writing to it.
                let more = self.read_gone(buffer, error.kind() == ErrorKind::NotFound, out)?;
                self.tell_error(&error, out)?;
                Ok(more)
            }
        }
    }

    fn read_current(&mut self, buffer: &mut [u8], meta: &Metadata, out: &SyncSender<Intake>) -> Result<bool, Gone> {
        let Some(reader) = &mut self.current else { return Ok(false) };
        match reader.read(buffer) {
            Ok(Found::Lines(text)) => {
                self.send(text, out)?;
                Ok(true)
            }
            Ok(Found::End) => {
                let (state, why) = if meta.len() == 0 {
                    (SourceState::Waiting, "there, but nothing has been written to it yet")
                } else {
                    (SourceState::Reading, "read as it is written")
                };
                self.tell(state, why.to_owned(), out)?;
                Ok(false)
            }
            Ok(Found::Truncated(text, point)) => {
                // What was written between the last look and the truncation is in the copy that was made before it.
                match copy(&self.watch.path, &point) {
                    Some(reader) => self.old.push((reader, Instant::now())),
                    None => self.send(text, out)?,
                }
                self.tell(SourceState::Reading, "it was truncated, and is read again from its start".to_owned(), out)?;
                Ok(true)
            }
            Err(error) => {
                self.current = None;
                self.tell_error(&error, out)?;
                Ok(false)
            }
        }
    }

    /// Reads what has no path any more.
    fn read_gone(&mut self, buffer: &mut [u8], missing: bool, out: &SyncSender<Intake>) -> Result<bool, Gone> {
        if missing && matches!(self.begin, Begin::End(_)) {
            self.begin = Begin::Start;
        }
        let Some(reader) = &mut self.current else { return Ok(false) };
        match reader.read(buffer) {
            Ok(Found::Lines(text) | Found::Truncated(text, _)) => {
                self.send(text, out)?;
                Ok(true)
            }
            _ => {
                if reader.deleted() {
                    self.old.extend(self.current.take().map(|r| (r, Instant::now())));
                }
                Ok(false)
            }
        }
    }

    /// Reads rotated files, oldest first, and lets go of those that are done.
    fn read_old(&mut self, buffer: &mut [u8], out: &SyncSender<Intake>) -> Result<bool, Gone> {
        let Some(index) = self.old.iter().position(|(reader, _)| reader.pending()) else {
            let done =
                |(r, since): &(Reader, Instant)| since.elapsed() > if r.deleted() { QUIET_DELETED } else { QUIET };
            let (mut done, keep): (Vec<_>, Vec<_>) = std::mem::take(&mut self.old).into_iter().partition(done);
            self.old = keep;
            for (reader, _) in &mut done {
                let text = reader.finish();
                let point = self.current.as_ref().map(Reader::point);
                self.send_as(text, reader.before(), point, out)?;
            }
            return Ok(false);
        };
        let (reader, since) = &mut self.old[index];
        match reader.read(buffer) {
            Ok(Found::Lines(text) | Found::Truncated(text, _)) => {
                *since = Instant::now();
                // Once the new file is begun its point is what counts; until then a restart must come back here.
                let (point, layout) = (reader.point(), reader.before());
                let begun = self.current.as_ref().map(Reader::point).filter(|p| p.offset > 0);
                self.send_as(text, layout, Some(begun.unwrap_or(point)), out)?;
            }
            Ok(Found::End) => {}
            Err(_) => {
                self.old.remove(index);
            }
        }
        Ok(true)
    }

    /// Opens the file and goes to where it begins; false when it cannot be read.
    fn open(&mut self, out: &SyncSender<Intake>) -> Result<bool, Gone> {
        let mut reader = match Reader::open(&self.watch.path) {
            Ok(reader) => reader,
            Err(error) => {
                self.tell_error(&error, out)?;
                return Ok(false);
            }
        };
        let went = match std::mem::replace(&mut self.begin, Begin::Start) {
            Begin::Start => Ok(()),
            Begin::End(seen) => reader.skip_to(seen.unwrap_or(u64::MAX)),
            Begin::Resume(point) => {
                if !reader.resume(&point, false) {
                    self.old = missed(&self.watch.path, &point).into_iter().map(|r| (r, Instant::now())).collect();
                    if self.old.is_empty() {
                        let why = "the file it was read from is gone; the new one is read from its start";
                        self.tell(SourceState::Reading, why.to_owned(), out)?;
                    }
                }
                Ok(())
            }
        };
        if let Err(error) = went {
            self.tell_error(&error, out)?;
            return Ok(false);
        }
        self.current = Some(reader);
        Ok(true)
    }

    fn send(&mut self, text: Vec<u8>, out: &SyncSender<Intake>) -> Result<(), Gone> {
        let (point, layout) = self.current.as_ref().map(|reader| (reader.point(), reader.before())).unzip();
        self.send_as(text, layout.unwrap_or_default(), point, out)
    }

    fn send_as(
        &mut self,
        text: Vec<u8>,
        layout: Layout,
        resume: Option<Resume>,
        out: &SyncSender<Intake>,
    ) -> Result<(), Gone> {
        if text.is_empty() {
            return Ok(());
        }
        let (source, format) = (self.source.clone(), self.watch.format);
        out.send(Intake::Batch(Batch { source, format, text, layout, resume, drill: false })).map_err(|_| Gone)
    }

    fn tell_error(&mut self, error: &std::io::Error, out: &SyncSender<Intake>) -> Result<(), Gone> {
        let (state, why) = discover::explain(&self.watch.path, error, Path::new("/"));
        self.tell(state, why, out)
    }

    /// Says how the source is doing, if that changed.
    fn tell(&mut self, state: SourceState, why: String, out: &SyncSender<Intake>) -> Result<(), Gone> {
        if self.told.as_ref().is_some_and(|told| (&told.0, &told.1) == (&state, &why)) {
            return Ok(());
        }
        let mut source = self.watch.source(state.clone(), why.clone());
        source.offset = self.current.as_ref().map_or(0, |r| r.point().offset);
        self.told = Some((state, why));
        out.send(Intake::State(source)).map_err(|_| Gone)
    }
}

/// The files that were written while nobody read: the one that `point` speaks of under its rotated name (or the copy
/// that a truncating rotation left), and those rotated after it, oldest first.
fn missed(path: &Path, point: &Resume) -> Vec<Reader> {
    let paths = siblings(path);
    for copied in [false, true] {
        for (i, sibling) in paths.iter().enumerate() {
            let Ok(mut reader) = Reader::open(sibling) else { continue };
            if reader.resume(point, copied) {
                let later = paths[i + 1..].iter().filter_map(|p| Reader::open(p).ok());
                return std::iter::once(reader).chain(later).collect();
            }
        }
    }
    Vec::new()
}

/// Files that came and were rotated away again since `rotated` had the path, oldest first.
fn rotated_after(path: &Path, rotated: &Reader) -> Vec<Reader> {
    let paths = siblings(path);
    let is = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|meta| rotated.is(&meta));
    let Some(at) = paths.iter().position(is) else { return Vec::new() };
    paths[at + 1..].iter().filter_map(|p| Reader::open(p).ok()).collect()
}

/// The newest copy of the file that `point` speaks of, if there is more in it.
fn copy(path: &Path, point: &Resume) -> Option<Reader> {
    siblings(path).iter().rev().find_map(|sibling| {
        let mut reader = Reader::open(sibling).ok()?;
        (reader.resume(point, true) && reader.pending()).then_some(reader)
    })
}

/// Files named like this one with something behind, uncompressed; the one written last comes last. Of several written
/// at once the higher number is the older.
fn siblings(path: &Path) -> Vec<PathBuf> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name().map(|n| n.to_string_lossy().into_owned())) else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let other = entry.file_name().to_string_lossy().into_owned();
            let end = other.strip_prefix(&name).filter(|rest| rest.starts_with(['.', '-']))?;
            let packed = [".gz", ".xz", ".bz2", ".zst"].iter().any(|packed| end.ends_with(packed));
            let number = end.trim_start_matches(['.', '-']).parse::<u64>().unwrap_or(0);
            let modified = entry.metadata().ok()?.modified().ok()?;
            (!packed).then(|| (modified, Reverse(number), entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, _, path)| path).collect()
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
