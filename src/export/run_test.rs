//! Exports against a platform that pages, fails and grows.

use super::*;
use crate::api::{LedgerKind, ProblemKind, Reply, Wire};
use crate::command::Format;
use futures_util::future::BoxFuture;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

/// A platform with `rows` ledger entries, paged by sequence, that fails from its `fail_at`th call on.
struct Fake {
    rows: AtomicU64,
    page: usize,
    calls: AtomicU64,
    fail_at: u64,
    asked: Mutex<Vec<List>>,
}

impl Fake {
    fn new(rows: u64, page: usize) -> Self {
        Self { rows: rows.into(), page, calls: 0.into(), fail_at: u64::MAX, asked: Mutex::default() }
    }
}

fn entry(seq: u64) -> LedgerEntry {
    LedgerEntry {
        seq,
        time: Timestamp(i64::try_from(seq).unwrap()),
        kind: LedgerKind::Note,
        actor: "ana\u{1b}[31m".into(),
        action: "start".into(),
        target: "=1+1".into(),
        detail: "a, \"b\"\u{202e}".into(),
        prev: String::new(),
        hash: String::new(),
    }
}

impl Remote for Fake {
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        let query = wire.path.split_once('?').map_or("", |(_, q)| q);
        let list: List = crate::api::wire::decode(wire.method, &[], &[], query, None).unwrap();
        self.asked.lock().unwrap().push(list.clone());
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = if call >= self.fail_at {
            Err(Problem::new(ProblemKind::Unreachable, "The platform cannot be reached", "connection refused"))
        } else {
            let from: u64 = list.after.as_deref().map_or(0, |a| a.parse().unwrap());
            let all = self.rows.load(Ordering::Relaxed);
            let take = self.page.min(list.rows()) as u64;
            let items: Vec<_> = (from + 1..=all.min(from + take)).map(entry).collect();
            let last = from + items.len() as u64;
            let page = Page { items, next: (last < all).then(|| last.to_string()), covered: None, total: None };
            Ok(Reply { name: wire.name, body: serde_json::to_value(page).unwrap() })
        };
        Box::pin(async move { answer })
    }
}

fn export(format: Format, out: Option<&Path>) -> Export {
    Export {
        resource: Resource::Ledger,
        format,
        query: String::new(),
        since: None,
        until: None,
        at: None,
        pseudonyms: false,
        out: out.map(|p| p.to_str().unwrap().to_owned()),
        resume: false,
        limit: None,
        newest_first: false,
    }
}

static GO_ON: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(true);

/// Standard output that a test can read.
#[derive(Clone, Default)]
struct Shared(std::sync::Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn go(fake: &Fake, export: Export, stop: &AtomicBool) -> (Result<Done, Error>, String) {
    let stdout = Shared::default();
    let order = Order {
        export,
        reader: Reader::Machine,
        now: Timestamp(1_000_000),
        progress: false,
        stop,
        stdout: Box::new(stdout.clone()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let done = runtime.block_on(run(fake, order));
    let text = String::from_utf8(stdout.0.lock().unwrap().clone()).unwrap();
    (done, text)
}

#[test]
fn pages_until_the_end_in_every_format() {
    for format in [Format::Table, Format::Csv, Format::Ndjson, Format::Json] {
        let (done, text) = go(&Fake::new(25, 10), export(format, None), &GO_ON);
        assert_eq!(done.unwrap(), Done { rows: 25, ..Done::default() });
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        let lines = text.lines().count();
        match format {
            Format::Table | Format::Ndjson => assert_eq!(lines, 25),
            Format::Csv => assert_eq!(lines, 26),
            Format::Json => {
                let document: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(document["items"].as_array().unwrap().len(), 25);
                assert_eq!((&document["rows"], &document["resource"]), (&25.into(), &"ledger".into()));
            }
        }
    }
}

#[test]
fn the_end_of_the_range_is_fixed_at_the_start() {
    let fake = Fake::new(25, 10);
    go(&fake, export(Format::Ndjson, None), &GO_ON).0.unwrap();
    let asked = fake.asked.lock().unwrap();
    assert!(asked.iter().all(|l| l.until == Some(Timestamp(1_000_000)) && l.oldest_first && l.limit == Some(1000)));
}

#[test]
fn a_limit_says_that_there_is_more() {
    let mut asked = export(Format::Ndjson, None);
    asked.limit = Some(12);
    let (done, text) = go(&Fake::new(25, 10), asked.clone(), &GO_ON);
    assert_eq!(done.unwrap(), Done { rows: 12, more: true, ..Done::default() });
    assert_eq!(text.lines().count(), 12);
    let (done, _) = go(&Fake::new(12, 10), asked, &GO_ON);
    assert!(!done.unwrap().more);
}

#[test]
fn stopped_at_any_page_and_resumed_the_file_is_the_same() {
    for format in [Format::Table, Format::Csv, Format::Ndjson, Format::Json] {
        let dir = tempfile::tempdir().unwrap();
        let (whole, parts) = (dir.path().join("whole"), dir.path().join("parts"));
        go(&Fake::new(25, 10), export(format, Some(&whole)), &GO_ON).0.unwrap();
        let mut asked = export(format, Some(&parts));
        let mut runs = 0;
        loop {
            let fake = Fake::new(25, 10);
            let done = go(&fake, asked.clone(), &STOP).0.unwrap();
            asked.resume = true;
            runs += 1;
            if !done.interrupted {
                break;
            }
            // What a crash half-way through the next page would have left.
            let mut file = std::fs::OpenOptions::new().append(true).open(&parts).unwrap();
            file.write_all(b"half a row").unwrap();
        }
        assert_eq!(runs, 3);
        assert_eq!(std::fs::read(&whole).unwrap(), std::fs::read(&parts).unwrap());
        assert!(!resume::beside(&parts).exists());
    }
}

#[test]
fn a_platform_that_dies_leaves_a_file_that_can_be_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out");
    let mut fake = Fake::new(25, 10);
    fake.fail_at = 1;
    let problem = go(&fake, export(Format::Json, Some(&file)), &GO_ON).0.unwrap_err().problem();
    assert_eq!(problem.kind, ProblemKind::Unreachable);
    assert!(problem.hints.iter().any(|h| h.contains("10 rows are safe")), "{problem}");
    let mut asked = export(Format::Json, Some(&file));
    asked.resume = true;
    go(&Fake::new(25, 10), asked, &GO_ON).0.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(document["items"].as_array().unwrap().len(), 25);
}

#[test]
fn a_platform_that_never_answers_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out");
    let mut fake = Fake::new(25, 10);
    fake.fail_at = 0;
    go(&fake, export(Format::Json, Some(&file)), &GO_ON).0.unwrap_err();
    assert!(!file.exists() && !resume::beside(&file).exists());
}

#[test]
fn what_is_there_is_never_overwritten_and_other_arguments_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out");
    go(&Fake::new(25, 10), export(Format::Csv, Some(&file)), &STOP).0.unwrap();
    let said = |asked: Export| go(&Fake::new(25, 10), asked, &GO_ON).0.unwrap_err().problem().to_string();
    assert!(said(export(Format::Csv, Some(&file))).contains("interrupted export"));
    let mut other = export(Format::Ndjson, Some(&file));
    other.resume = true;
    assert!(said(other).contains("it was begun as: export ledger as csv"));
    let mut same = export(Format::Csv, Some(&file));
    same.resume = true;
    go(&Fake::new(25, 10), same.clone(), &GO_ON).0.unwrap();
    assert!(said(same).contains("nothing to resume"));
    assert!(said(export(Format::Csv, Some(&file))).contains("exists already"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_sentence() {
    let problem =
        go(&Fake::new(25, 10), export(Format::Csv, Some(Path::new("/dev/full"))), &GO_ON).0.unwrap_err().problem();
    assert_eq!(problem.kind, ProblemKind::Unavailable);
    assert!(problem.to_string().contains("/dev/full cannot be written"), "{problem}");
    assert!(problem.to_string().contains("Free some space"), "{problem}");
}

#[test]
fn a_reader_that_left_is_no_failure() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let order = Order {
        export: export(Format::Csv, None),
        reader: Reader::Machine,
        now: Timestamp(0),
        progress: false,
        stop: &GO_ON,
        stdout: Box::new(Gone),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(matches!(runtime.block_on(run(&Fake::new(25, 10), order)), Err(Error::ReaderGone)));
}
