//! Whatever is done to the files is found, except a cut after the last checkpoint, which is stated; crashes are not tampering.

use super::verify::Seals;
use super::writer::{Order, Sink, Writer};
use super::*;
use crate::api::List;
use proptest::prelude::*;
use std::fs;
use std::sync::{Arc, LazyLock};

const NOW: Timestamp = Timestamp(1_763_000_000_000);

fn append(ledger: &Ledger, i: u64) -> Result<LedgerEntry, Error> {
    let kind = if i.is_multiple_of(2) { LedgerKind::Intent } else { LedgerKind::Outcome };
    ledger.append(
        kind,
        "anna",
        "block_address",
        &format!("198.51.100.{i}"),
        "why \"\u{1b}\u{202e}ü\u{1f600}",
        NOW.plus(i as i64),
    )
}

/// A ledger of `n` entries and the start note, signed only at the start and (if `close`) at the end.
fn build(dir: &Path, n: u64, close: bool) {
    let ledger = Ledger::open(dir, NOW).unwrap();
    for i in 0..n {
        append(&ledger, i).unwrap();
    }
    if !close {
        // As in a crash: what would be signed at the end is not.
        let seals = fs::read(dir.join(SEALS)).unwrap();
        drop(ledger);
        fs::write(dir.join(SEALS), seals).unwrap();
    }
}

/// The files of a ledger of 201 entries, signed to the end.
static SIGNED: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| files(true));
/// The same, signed only at the start.
static UNSIGNED: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| files(false));

fn files(close: bool) -> [Vec<u8>; 3] {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), 200, close);
    [LOG, SEALS, PUB].map(|name| fs::read(dir.path().join(name)).unwrap())
}

fn check(files: &[Vec<u8>; 3]) -> LedgerCheck {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [LOG, SEALS, PUB].iter().zip(files) {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    verify(dir.path()).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn an_honest_ledger_holds_and_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), 50, true);
    let found = verify(dir.path()).unwrap();
    assert_eq!((found.intact, found.entries, found.signed, found.fault), (true, 51, 51, None));
    let text = fs::read(dir.path().join(LOG)).unwrap();
    assert!(text.iter().all(|b| *b == b'\n' || (0x20..0x7f).contains(b)), "only printable ASCII");
    let ledger = Ledger::open(dir.path(), NOW).unwrap();
    let entry = append(&ledger, 7).unwrap();
    assert_eq!((entry.seq, ledger.head().1), (53, entry.hash.clone()));
    let live = ledger.check().unwrap();
    assert!(live.intact && live.signed == 52 && live.entries == 53, "{live:?}");
    assert!(matches!(Ledger::open(dir.path(), NOW), Err(Error::InUse)));
    let key = fs::read_to_string(dir.path().join(PUB)).unwrap();
    drop(ledger);
    assert!(verify_with(dir.path(), &key).unwrap().intact);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(dir.path().join(KEY)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn pages_are_complete_in_both_directions() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path(), NOW).unwrap();
    for i in 0..600 {
        append(&ledger, i).unwrap();
    }
    for (query, count) in
        [("", 601), ("kind:intent", 300), ("target:198.51.100.0/25", 128), ("nothing", 0), ("seq>590", 11)]
    {
        for oldest_first in [false, true] {
            let mut list = List { query: query.into(), limit: Some(50), oldest_first, ..List::default() };
            let mut seqs = Vec::new();
            loop {
                let page = ledger.entries(&list).unwrap();
                assert!(page.items.len() <= 50);
                seqs.extend(page.items.iter().map(|e| e.seq));
                match page.next {
                    Some(next) => list.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(seqs.len(), count, "{query}");
            assert!(seqs.windows(2).all(|w| if oldest_first { w[0] < w[1] } else { w[0] > w[1] }));
        }
    }
    let mut list = List { limit: Some(5), ..List::default() };
    list.after = ledger.entries(&list).unwrap().next;
    list.query = "seq>1".into();
    assert!(matches!(ledger.entries(&list), Err(Error::Usage(_))));
    assert!(matches!(ledger.entries(&List { query: "rule:x".into(), ..List::default() }), Err(Error::Usage(_))));
}

#[test]
fn a_checkpoint_stands_at_every_thousandth_entry_under_many_writers() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path(), NOW).unwrap();
    std::thread::scope(|scope| {
        for t in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || (0..270).for_each(|i| assert!(append(ledger, t * 1000 + i).is_ok())));
        }
    });
    drop(ledger);
    let found = verify(dir.path()).unwrap();
    assert_eq!((found.intact, found.entries, found.signed), (true, 2161, 2161), "{:?}", found.fault);
    let key = seal::public(dir.path()).unwrap();
    let seals = Seals::read(dir.path(), &key, false).unwrap();
    assert!(seals.sizes.contains_key(&1000) && seals.sizes.contains_key(&2000));
    // Without the one at 1,000 the rest does not follow, and without all from there on it is missed.
    let kept = lines(&fs::read(dir.path().join(SEALS)).unwrap());
    for keep in [vec![0, 2, 3], vec![0]] {
        fs::write(dir.path().join(SEALS), keep.iter().flat_map(|i| kept[*i].clone()).collect::<Vec<_>>()).unwrap();
        assert!(!verify(dir.path()).unwrap().intact);
        assert!(matches!(Ledger::open(dir.path(), NOW), Err(Error::Damaged(_))));
    }
}

/// What somebody with write access may do to the log or the checkpoints.
#[derive(Debug, Clone)]
enum Mutation {
    Flip {
        file: usize,
        at: usize,
        bit: u8,
    },
    Delete {
        file: usize,
        line: usize,
    },
    Swap {
        file: usize,
        a: usize,
        b: usize,
    },
    Repeat {
        file: usize,
        line: usize,
    },
    Cut {
        file: usize,
        at: usize,
    },
    Insert {
        file: usize,
        at: usize,
        byte: u8,
    },
    /// Changes an entry and computes every hash after it anew, as anybody can.
    Reseal {
        line: usize,
    },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let (n, file) = (any::<prop::sample::Index>(), 0usize..2);
    let n = n.prop_map(|i| i.index(1_000_000));
    prop_oneof![
        (0usize..3, n.clone(), 0u8..8).prop_map(|(file, at, bit)| Mutation::Flip { file, at, bit }),
        (file.clone(), n.clone()).prop_map(|(file, line)| Mutation::Delete { file, line }),
        (file.clone(), n.clone(), n.clone()).prop_map(|(file, a, b)| Mutation::Swap { file, a, b }),
        (file.clone(), n.clone()).prop_map(|(file, line)| Mutation::Repeat { file, line }),
        (file.clone(), n.clone()).prop_map(|(file, at)| Mutation::Cut { file, at }),
        (file, n.clone(), any::<u8>()).prop_map(|(file, at, byte)| Mutation::Insert { file, at, byte }),
        n.prop_map(|line| Mutation::Reseal { line }),
    ]
}

fn mutate(files: &mut [Vec<u8>; 3], mutation: &Mutation) {
    let edit = |bytes: &mut Vec<u8>, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut all = lines(bytes);
        change(&mut all);
        *bytes = all.concat();
    };
    match *mutation {
        Mutation::Flip { file, at, bit } => {
            let at = at % files[file].len();
            files[file][at] ^= 1 << bit;
        }
        Mutation::Delete { file, line } => edit(&mut files[file], &|l| drop(l.remove(line % l.len()))),
        Mutation::Swap { file, a, b } => edit(&mut files[file], &|l| {
            let n = l.len();
            l.swap(a % n, b % n);
        }),
        Mutation::Repeat { file, line } => edit(&mut files[file], &|l| {
            let i = line % l.len();
            let copy = l[i].clone();
            l.insert(i, copy);
        }),
        Mutation::Cut { file, at } => {
            let at = at % files[file].len();
            files[file].truncate(at);
        }
        Mutation::Insert { file, at, byte } => {
            let at = at % (files[file].len() + 1);
            files[file].insert(at, byte);
        }
        Mutation::Reseal { line } => edit(&mut files[0], &|l| {
            let start = line % l.len();
            let mut head = line::GENESIS.to_owned();
            for (i, line) in l.iter_mut().enumerate() {
                let e = line::read(line.trim_ascii_end()).unwrap();
                let actor = if i == start { "intruder".into() } else { e.actor };
                let draft =
                    Draft { kind: e.kind, actor, action: e.action, target: e.target, detail: e.detail, now: e.time };
                let (entry, text) = line::make(e.seq, &head, &draft);
                head = entry.hash;
                *line = format!("{text}\n").into_bytes();
            }
        }),
    }
}

/// White space around the key and its case mean nothing.
fn meaning(files: &[Vec<u8>; 3]) -> [Vec<u8>; 3] {
    let [log, seals, key] = files.clone();
    [log, seals, String::from_utf8_lossy(&key).trim().to_ascii_lowercase().into_bytes()]
}

#[test]
fn the_last_checkpoint_has_one_spelling() {
    let mut files = SIGNED.clone();
    let last = files[1].iter().rposition(|b| b.is_ascii_lowercase() && b.is_ascii_hexdigit()).unwrap();
    files[1][last] ^= 1 << 5;
    assert!(!check(&files).intact);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn whatever_is_done_to_a_signed_ledger_is_found(mutation in mutation()) {
        let mut files = SIGNED.clone();
        mutate(&mut files, &mutation);
        prop_assume!(meaning(&files) != meaning(&SIGNED));
        let found = check(&files);
        let shortened = files[1].len() < SIGNED[1].len() && SIGNED[1].starts_with(&files[1]);
        // Checkpoints cut off at the end cannot be missed, but then it is stated how little is signed.
        if found.intact {
            prop_assert!(shortened && found.signed < found.entries, "{mutation:?} {found:?}");
        }
    }

    #[test]
    fn what_is_not_signed_yet_is_stated(mutation in mutation()) {
        let mut files = UNSIGNED.clone();
        mutate(&mut files, &mutation);
        prop_assume!(files[..2] != UNSIGNED[..2]);
        let found = check(&files);
        prop_assert!(!found.intact || found.signed == 1, "{mutation:?} {found:?}");
        // Without computing hashes anew, only a cut at a line's end can pass.
        let cut = UNSIGNED[0].starts_with(&files[0]);
        prop_assert!(!found.intact || cut || matches!(mutation, Mutation::Reseal { .. }), "{mutation:?} {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_torn_tail_is_cut_off_kept_and_noted(cut in 1usize..400, garbage in prop::collection::vec(any::<u8>(), 0..40)) {
        let dir = tempfile::tempdir().unwrap();
        build(dir.path(), 12, false);
        let log = dir.path().join(LOG);
        let mut bytes = fs::read(&log).unwrap();
        let last = lines(&bytes).pop().unwrap().len();
        bytes.truncate(bytes.len() - cut.min(last - 1));
        bytes.extend(garbage);
        fs::write(&log, &bytes).unwrap();
        let ledger = Ledger::open(dir.path(), NOW).unwrap();
        let first = ledger.entries(&List { query: "action:recovered".into(), ..List::default() }).unwrap();
        prop_assert_eq!((first.items.len(), first.items[0].seq), (1, 13));
        drop(ledger);
        prop_assert!(verify(dir.path()).unwrap().intact);
        let torn = fs::read_dir(dir.path()).unwrap().filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with("torn-")).count();
        prop_assert_eq!(torn, 1);
    }
}

#[test]
fn tampering_is_not_taken_for_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), 20, false);
    let log = dir.path().join(LOG);
    let honest = fs::read(&log).unwrap();
    let mut flipped = honest.clone();
    flipped[honest.len() / 2] ^= 1;
    fs::write(&log, &flipped).unwrap();
    assert!(matches!(Ledger::open(dir.path(), NOW), Err(Error::Damaged(_))));
    assert_eq!(fs::read(&log).unwrap(), flipped, "nothing was changed");
    fs::write(&log, &honest).unwrap();
    drop(Ledger::open(dir.path(), NOW).unwrap());
    let signed = fs::read(&log).unwrap();
    fs::write(&log, &signed[..signed.len() - 10]).unwrap();
    assert!(matches!(Ledger::open(dir.path(), NOW), Err(Error::Damaged(_))), "it was signed");
    fs::write(&log, &signed).unwrap();
    fs::remove_file(dir.path().join(KEY)).unwrap();
    assert!(matches!(Ledger::open(dir.path(), NOW), Err(Error::Key(_))));
    fs::remove_file(dir.path().join(SEALS)).unwrap();
    assert!(!verify(dir.path()).unwrap().intact, "stripped of its checkpoints");
}

/// A disk that fails from some write on.
#[derive(Debug)]
struct Failing {
    left: usize,
    tried: Arc<Mutex<usize>>,
}

impl Sink for Failing {
    fn append(&mut self, _: &[u8]) -> std::io::Result<()> {
        *self.tried.lock().unwrap() += 1;
        self.left = self.left.checked_sub(1).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(())
    }
}

#[test]
fn a_failed_write_closes_it_for_good() {
    for (left, seals) in [(3, 100), (100, 1)] {
        let tried = Arc::new(Mutex::new(0));
        let sink = |left| Box::new(Failing { left, tried: tried.clone() });
        let shared = Arc::new(Shared::default());
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let writer = Writer::on(sink(left), sink(seals), &Seals::default(), key, shared.clone());
        let (send, orders) = mpsc::channel();
        let thread = std::thread::spawn(move || writer.run(&orders));
        let ledger = Ledger { dir: PathBuf::new(), shared, send: Some(send.clone()), thread: Some(thread) };
        for i in 0..3 {
            append(&ledger, i).unwrap();
        }
        if seals == 1 {
            ledger.checkpoint().unwrap();
            append(&ledger, 3).unwrap();
            assert!(matches!(ledger.checkpoint(), Err(Error::Closed(_))));
        } else {
            assert!(matches!(append(&ledger, 3), Err(Error::Closed(_))));
        }
        assert!(!ledger.is_open());
        let before = *tried.lock().unwrap();
        for i in 4..8 {
            assert!(matches!(append(&ledger, i), Err(Error::Closed(_))));
        }
        let (reply, answer) = mpsc::sync_channel(1);
        send.send(Order::Seal(reply)).unwrap();
        assert!(answer.recv().unwrap().is_err());
        drop(send);
        drop(ledger);
        assert_eq!(*tried.lock().unwrap(), before, "it never writes again");
    }
}
