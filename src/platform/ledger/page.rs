//! Reading entries by pages, straight from the log.

use super::{Error, LOG, Ledger, line};
use crate::api::{LedgerEntry, List, Page, Span, Timestamp};
use crate::platform::cursor::{self, Position};
use crate::query::{Query, Resource};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// Lines read at once.
const BLOCK: u64 = 256;
/// How long one page may search.
const BUDGET: Duration = Duration::from_secs(2);

impl Ledger {
    /// A page of entries by number, newest first unless asked otherwise.
    ///
    /// # Errors
    /// A wrong query or cursor; the log cannot be read, or could not be opened when the platform started.
    pub fn entries(&self, list: &List) -> Result<Page<LedgerEntry>, Error> {
        if self.send.is_none() {
            // An empty list would be a lie about a record that is there but does not hold.
            return Err(self.shared.closed());
        }
        let now = Timestamp(chrono::Utc::now().timestamp_millis());
        let query = Query::parse_for(Resource::Ledger, &list.query)
            .map_err(|e| Error::Usage(format!("the query is wrong at character {}: {e}", e.at.start + 1)))?
            .at(list.at.unwrap_or(now));
        let from = cursor::read("ledger", list).map_err(Error::Usage)?;
        let count = self.head().0;
        // What is left to read: entries `low + 1 ..= high`.
        let after = u64::try_from(from.id.max(0)).unwrap_or(0).min(count);
        let (mut low, mut high) = if list.oldest_first { (after, count) } else { (0, after.saturating_sub(1)) };
        if list.after.is_none() {
            (low, high) = (0, count);
        }
        let deadline = Instant::now() + BUDGET;
        let wanted =
            |e: &LedgerEntry| list.since.is_none_or(|s| e.time >= s) && e.time < list.end() && query.matches(e);
        let mut items: Vec<LedgerEntry> = Vec::new();
        while low < high {
            let (first, last) = if list.oldest_first {
                (low, high.min(low + BLOCK))
            } else {
                (high.saturating_sub(BLOCK).max(low), high)
            };
            let mut block = self.lines(first, last)?;
            if !list.oldest_first {
                block.reverse();
            }
            for entry in block {
                let (seq, time, wanted) = (entry.seq, entry.time, wanted(&entry));
                if wanted {
                    items.push(entry);
                }
                if list.oldest_first {
                    low = seq
                } else {
                    high = seq - 1
                }
                if low < high && (items.len() == list.rows() || Instant::now() >= deadline) {
                    let full = items.len() == list.rows();
                    return Ok(Page {
                        items,
                        next: Some(mark(list, seq)),
                        covered: (!full).then(|| covered(list, time)),
                        total: None,
                    });
                }
            }
        }
        Ok(Page { items, next: None, covered: None, total: None })
    }

    /// Entries `first + 1 ..= last`.
    fn lines(&self, first: u64, last: u64) -> Result<Vec<LedgerEntry>, Error> {
        let at = |i: u64| usize::try_from(i).unwrap_or(usize::MAX);
        let (start, end) = self.shared.read(|d| {
            let place = |i: u64| d.starts.get(at(i)).copied().unwrap_or(d.end);
            (place(first), place(last))
        });
        let path = self.dir.join(LOG);
        let mut bytes = vec![0; at(end - start)];
        File::open(&path).and_then(|log| log.read_exact_at(&mut bytes, start)).map_err(|e| Error::io(&path, &e))?;
        bytes
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .zip(first + 1..)
            .map(|(l, seq)| line::read(l).map_err(|why| Error::Damaged(format!("entry {seq} {why}"))))
            .collect()
    }
}

fn mark(list: &List, seq: u64) -> String {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    cursor::write("ledger", list, Position { key: seq, id: seq })
}

/// The range searched when time ran out at an entry of that time.
fn covered(list: &List, time: Timestamp) -> Span {
    let (since, until) = (list.since.unwrap_or(Timestamp(i64::MIN)), list.until.unwrap_or(Timestamp(i64::MAX)));
    if list.oldest_first { Span { since, until: time } } else { Span { since: time.plus(1), until } }
}
