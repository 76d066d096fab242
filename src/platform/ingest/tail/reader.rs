//! One open file: how far it was taken in, and whether it is still the file it was.
//!
//! A file is known by device, inode and its first bytes: the first two alone would take a truncated file, or a new one
//! on a reused inode, for the old one.

use super::lines::Lines;
use crate::platform::ingest::{Layout, Resume};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// First bytes a file is known by.
const HEAD: usize = 256;
/// First bytes that are looked through for header lines of a file that is begun elsewhere.
const HEADERS: usize = 16 * 1024;

/// What a read found.
pub enum Found {
    /// Whole lines; maybe none yet, but there may be more to read.
    Lines(Vec<u8>),
    /// The end, for now.
    End,
    /// The file was truncated: what waited for its line end, and where it was left.
    Truncated(Vec<u8>, Resume),
}

/// An open file.
pub struct Reader {
    file: File,
    dev: u64,
    inode: u64,
    read: u64,
    head: Vec<u8>,
    lines: Lines,
    /// The header lines in force before what was handed over last, and now.
    before: Layout,
    layout: Layout,
}

impl Reader {
    /// Opens a file at its start.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe would wait for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let file = File::open(path)?;
        let meta = file.metadata()?;
        let (head, lines) = (Vec::new(), Lines::default());
        let (before, layout) = Default::default();
        Ok(Self { file, dev: meta.dev(), inode: meta.ino(), read: 0, head, lines, before, layout })
    }

    /// Whether the file at a path is this one.
    pub fn is(&self, meta: &std::fs::Metadata) -> bool {
        (meta.dev(), meta.ino()) == (self.dev, self.inode)
    }

    /// Whether the file has no name any more.
    pub fn deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|m| m.nlink() == 0)
    }

    /// Whether there is something left to read.
    pub fn pending(&self) -> bool {
        self.file.metadata().is_ok_and(|m| m.len() > self.read)
    }

    /// Goes on where `point` says, if this is the file (or, `copied`, a copy of it) that it speaks of.
    pub fn resume(&mut self, point: &Resume, copied: bool) -> bool {
        let same = copied || (point.dev, point.inode) == (self.dev, self.inode);
        let long = self.file.metadata().is_ok_and(|m| m.len() >= point.offset);
        if !same || !long || (copied && point.head_len == 0) {
            return false;
        }
        let mut head = vec![0; HEAD.min(usize::try_from(point.offset.max(point.head_len)).unwrap_or(HEAD))];
        let Ok(n) = self.file.read_at(&mut head, 0) else { return false };
        head.truncate(n);
        let known = usize::try_from(point.head_len).unwrap_or(usize::MAX);
        if head.get(..known).map(hash) != Some(point.head) {
            return false;
        }
        self.read = point.offset;
        // What was hashed may reach past the offset, into a line that was not complete.
        head.truncate(HEAD.min(usize::try_from(point.offset).unwrap_or(HEAD)));
        self.head = head;
        self.lines.cut = point.cut;
        self.layout = point.layout.clone();
        if self.layout.is_empty() {
            self.learn_head();
        }
        true
    }

    /// Learns the header lines at the file's beginning, as far as they lie before what is read next.
    fn learn_head(&mut self) {
        let mut head = vec![0; HEADERS.min(usize::try_from(self.read).unwrap_or(HEADERS))];
        let Ok(n) = self.file.read_at(&mut head, 0) else { return };
        let whole = memchr::memrchr(b'\n', &head[..n]).unwrap_or(0);
        self.layout.learn_all(&head[..whole]);
    }

    /// Goes to the first line that begins at or after `offset`, or to the line that is being written there.
    pub fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        let offset = offset.min(self.file.metadata()?.len());
        let mut head = vec![0; HEAD.min(usize::try_from(offset).unwrap_or(HEAD))];
        self.file.read_exact_at(&mut head, 0)?;
        self.head = head;
        self.read = offset;
        let mut tail = vec![0; usize::try_from(offset).unwrap_or(usize::MAX).min(super::CHUNK)];
        let start = offset - tail.len() as u64;
        self.file.read_exact_at(&mut tail, start)?;
        // A line longer than the look back is passed over.
        match memchr::memrchr(b'\n', &tail) {
            Some(end) => self.read = start + end as u64 + 1,
            None if start == 0 => self.read = 0,
            None => self.lines.cut = true,
        }
        self.head.truncate(usize::try_from(self.read).unwrap_or(HEAD));
        self.learn_head();
        Ok(())
    }

    /// Reads on by one chunk.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Found> {
        let size = self.file.metadata()?.len();
        if size < self.read || !self.head_stands()? {
            let point = self.point();
            self.read = 0;
            self.head.clear();
            self.before = std::mem::take(&mut self.layout);
            return Ok(Found::Truncated(self.lines.finish(), point));
        }
        if size == self.read {
            return Ok(Found::End);
        }
        let n = match self.file.read_at(buffer, self.read) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
            other => other?,
        };
        let chunk = &buffer[..n];
        if self.head.len() < HEAD && self.head.len() as u64 == self.read {
            self.head.extend_from_slice(&chunk[..n.min(HEAD - self.head.len())]);
        }
        self.read += n as u64;
        let lines = self.lines.push(chunk);
        self.before = self.layout.clone();
        self.layout.learn_all(&lines);
        Ok(Found::Lines(lines))
    }

    /// The header lines in force before what was handed over last.
    pub fn before(&self) -> Layout {
        self.before.clone()
    }

    /// Whether the first bytes are what they were: a file truncated and refilled past the offset has others.
    fn head_stands(&self) -> io::Result<bool> {
        let mut head = [0u8; HEAD];
        let n = self.file.read_at(&mut head[..self.head.len()], 0)?;
        Ok(head[..n] == *self.head)
    }

    /// A last line that will never be ended.
    pub fn finish(&mut self) -> Vec<u8> {
        self.before = self.layout.clone();
        self.lines.finish()
    }

    /// Where to go on after what was handed over so far.
    pub fn point(&self) -> Resume {
        Resume {
            dev: self.dev,
            inode: self.inode,
            offset: self.read - self.lines.waiting() as u64,
            head: hash(&self.head),
            head_len: self.head.len() as u64,
            cut: self.lines.cut,
            layout: self.layout.clone(),
            cursor: None,
        }
    }
}

/// FNV-1a, 64 bits: the same in every build, since it is stored.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
