//! Files as blocks of whole lines: a file is never in memory as a whole, however large it is.
//!
//! Several files are merged in order of time. For that each line is parsed once more here, by the thread that reads; one
//! file alone is handed on as it is.

use super::documents::Documents;
use crate::api::{Problem, ProblemKind, Timestamp};
use crate::platform::ingest::{self, Layout};
use crate::text::visible;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes read at once: what a processor's own cache holds with the records made of it.
const BLOCK: usize = 128 * 1024;

/// Bytes of a line; what is beyond is cut. Files of CloudTrail are one line.
const LINE_MAX: usize = 64 * 1024 * 1024;

/// How packed files begin, by what they were packed, and what unpacks those that are not unpacked here.
const PACKED: [(&[u8], &str, &str); 5] = [
    (b"\x1f\x8b", "gzip", ""),
    (b"\xfd7zXZ\0", "xz", "xzcat"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstdcat"),
    (b"BZh", "bzip2", "bzcat"),
    (b"PK\x03\x04", "zip", "unzip -p"),
];

/// Whole lines, oldest first.
#[derive(Default)]
pub(super) struct Block {
    /// The lines with their ends.
    pub text: Vec<u8>,
    /// The file, and the number in it of the line before the first. For a block of several files nothing here.
    pub first: Option<(usize, u64)>,
    /// File and number of every line of a block of several files.
    pub each: Vec<(usize, u64)>,
    /// What is known of each file's columns before its first line here.
    pub layouts: Vec<Layout>,
}

impl Block {
    /// The lines that are not empty, with file and number.
    pub fn lines<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, u64, &'a str)> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut from = 0;
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
        let all = ends.enumerate().map(move |(i, end)| (i, &text[std::mem::replace(&mut from, end + 1)..end]));
        let lines = all.filter_map(|(i, line)| {
            let (file, number) = match self.first {
                Some((file, before)) => (file, before + i as u64 + 1),
                None => *self.each.get(i)?,
            };
            let line = line.strip_suffix('\r').unwrap_or(line);
            (!line.is_empty()).then_some((file, number, line))
        });
        lines.take(if text.is_empty() { 0 } else { usize::MAX })
    }
}

/// All files, as one sequence of blocks.
pub(super) struct Input {
    files: Vec<File>,
    format: Option<ingest::Format>,
    now: Timestamp,
}

impl Input {
    /// Opens all of them.
    ///
    /// # Errors
    /// One cannot be opened.
    pub fn open(paths: &[PathBuf], format: Option<ingest::Format>, now: Timestamp) -> Result<Self, Problem> {
        let files = paths.iter().map(|path| File::open(path)).collect::<Result<_, _>>()?;
        Ok(Self { files, format, now })
    }

    /// Names of the files, fit to be printed.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|f| f.name.clone()).collect()
    }

    /// Fills `block` with the next lines; false when there are none.
    ///
    /// # Errors
    /// A file cannot be read on.
    pub fn next(&mut self, block: &mut Block) -> Result<bool, Problem> {
        block.text.clear();
        block.each.clear();
        block.first = None;
        block.layouts.clear();
        block.layouts.extend(self.files.iter().map(|f| f.layout.clone()));
        if let [file] = self.files.as_mut_slice() {
            block.first = Some((0, file.number));
            block.text = file.read().map_err(|e| cannot_read(&file.name, &e))?;
            file.layout.learn_all(&block.text);
            return Ok(!block.text.is_empty());
        }
        while block.text.len() < BLOCK {
            for file in &mut self.files {
                file.look_ahead(self.format, self.now).map_err(|e| cannot_read(&file.name, &e))?;
            }
            let heads = self.files.iter().enumerate().filter_map(|(i, f)| Some((f.head()?.time, i)));
            let Some((_, next)) = heads.min() else { break };
            let others = self.files.iter().enumerate().filter(|(i, _)| *i != next);
            let until = others.filter_map(|(i, f)| Some((f.head()?.time, i))).min();
            self.files[next].take(next, until, block);
        }
        Ok(!block.text.is_empty())
    }
}

/// Where a line stands in the text ahead, and when it belongs.
struct Head {
    time: Timestamp,
    end: usize,
}

struct File {
    name: String,
    input: Box<dyn Read + Send>,
    /// What was read last.
    chunk: Vec<u8>,
    /// Makes whole lines of what was read.
    lines: ingest::Lines,
    documents: Documents,
    /// What is known of its columns, up to the last line handed on.
    layout: Layout,
    /// Number of the last line that was read.
    number: u64,
    /// For merging: text read ahead, its lines, how many of them and of its bytes are taken, and the number before.
    ahead: Vec<u8>,
    heads: Vec<Head>,
    taken: (usize, usize),
    before: u64,
    /// For merging: what is known of its columns up to the last line read.
    columns: Layout,
    /// Time of the last line that says one.
    time: Timestamp,
}

impl File {
    fn open(path: &Path) -> Result<Self, Problem> {
        let name = visible::escape(&path.to_string_lossy()).into_owned();
        let input: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = std::fs::File::open(path).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(io::ErrorKind::IsADirectory.into()),
                false => Ok(file),
            });
            Box::new(file.map_err(|e| cannot_read(&name, &e))?)
        };
        let input = unpacked(&name, input)?;
        let (chunk, documents, layout, columns, ahead, heads) = Default::default();
        let lines = ingest::Lines::up_to(LINE_MAX);
        let time = Timestamp(i64::MIN);
        let taken = (0, 0);
        Ok(Self {
            name,
            input,
            chunk,
            lines,
            documents,
            layout,
            number: 0,
            ahead,
            heads,
            taken,
            before: 0,
            columns,
            time,
        })
    }

    /// The next whole lines, about [`BLOCK`] bytes; nothing at the end.
    fn read(&mut self) -> io::Result<Vec<u8>> {
        loop {
            self.chunk.clear();
            let read = self.input.by_ref().take(BLOCK as u64).read_to_end(&mut self.chunk)?;
            let lines = if read == 0 { self.lines.finish() } else { self.lines.push(&self.chunk) };
            let mut text = self.documents.push(lines);
            if read == 0 {
                text.append(&mut self.documents.finish());
            }
            if read == 0 || !text.is_empty() {
                self.number += memchr::memchr_iter(b'\n', &text).count() as u64;
                return Ok(text);
            }
        }
    }

    /// Reads on if nothing is ahead, and learns when each line belongs. One that says no time follows the one before it.
    fn look_ahead(&mut self, format: Option<ingest::Format>, now: Timestamp) -> io::Result<()> {
        if self.taken.0 < self.heads.len() {
            return Ok(());
        }
        self.heads.clear();
        self.taken = (0, 0);
        self.before = self.number;
        self.ahead = self.read()?;
        let mut end = 0;
        for line in self.ahead.split_inclusive(|b| *b == b'\n') {
            end += line.len();
            let line = visible::decode(line);
            let line = line.trim_end_matches(['\r', '\n']);
            // A bundle belongs where its first event does.
            let first = ingest::events(line).next().unwrap_or(line);
            if let Some(record) = self.columns.read(format, first, now).filter(|r| r.parsed) {
                self.time = record.time;
            }
            self.heads.push(Head { time: self.time, end });
        }
        Ok(())
    }

    /// The next line.
    fn head(&self) -> Option<&Head> {
        self.heads.get(self.taken.0)
    }

    /// Moves lines to `block` while they come before `until`, the head of another file, and the block has room.
    fn take(&mut self, file: usize, until: Option<(Timestamp, usize)>, block: &mut Block) {
        while let Some(head) = self.heads.get(self.taken.0) {
            if until.is_some_and(|other| other < (head.time, file)) || block.text.len() >= BLOCK {
                return;
            }
            let line = &self.ahead[self.taken.1..head.end];
            self.layout.learn_all(line);
            block.text.extend_from_slice(line);
            self.taken = (self.taken.0 + 1, head.end);
            block.each.push((file, self.before + self.taken.0 as u64));
        }
    }
}

/// What a file holds, which may be packed: rotated logs are.
fn unpacked(name: &str, mut input: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, Problem> {
    let mut start = Vec::new();
    input.by_ref().take(6).read_to_end(&mut start).map_err(|e| cannot_read(name, &e))?;
    let packed = PACKED.iter().find(|(magic, _, _)| start.starts_with(magic));
    let whole = Box::new(io::Cursor::new(start).chain(input));
    match packed {
        None => Ok(whole),
        Some((_, _, "")) => Ok(Box::new(MultiGzDecoder::new(whole))),
        Some((_, how, tool)) => {
            let problem = Problem::new(ProblemKind::Usage, format!("{name} is packed"), format!("by {how}"));
            Err(problem.hint(format!("Unpack it on the way: {tool} FILE | watchfloor replay -")))
        }
    }
}

fn cannot_read(name: &str, why: &io::Error) -> Problem {
    Problem::new(ProblemKind::Usage, format!("{name} cannot be read"), why.to_string())
        .hint("Check the path and that you may read the file.")
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
