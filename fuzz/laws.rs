//! What must hold for every byte string, one function per door that foreign bytes come in by. The fuzz targets run them
//! over what a coverage-guided fuzzer makes up, `tests/foreign_bytes.rs` over mutated samples with every `cargo test`.

use std::sync::{LazyLock, Mutex, PoisonError};
use watchfloor::api::{EventId, Timestamp};
use watchfloor::config::Settings;
use watchfloor::platform::detect::{Engine, Inspector, Settings as Thresholds};
use watchfloor::platform::{ingest, inspection, ledger, pipeline, policy, store};
use watchfloor::query::{Query, Resource};
use watchfloor::text::visible;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Made once: they cost more than what they are shown.
static INSPECTOR: LazyLock<Inspector> = LazyLock::new(Inspector::new);
static ENGINE: LazyLock<Mutex<Engine>> = LazyLock::new(|| Mutex::new(Engine::new(Thresholds::default())));

/// Lines of logs, all the way to detections: nothing panics, and what would reach a terminal has no dangerous character.
pub fn line(bytes: &[u8]) {
    let text = visible::decode(bytes);
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut layout, mut hits, mut detections) = (ingest::Layout::default(), Vec::new(), Vec::new());
    for line in ingest::lines(&text) {
        for event in ingest::events(line) {
            let Some(record) = layout.read(None, event, NOW) else { continue };
            pipeline::inspect(&INSPECTOR, &record, &mut hits);
            engine.observe(&record, &hits, EventId(1), "fuzz", false, &mut detections);
            let event = record.to_event(EventId(1), NOW, "fuzz", false);
            assert!(!event.message.visible().chars().any(visible::is_dangerous), "{event:?}");
        }
    }
    for detection in detections {
        assert!((0.0..=1.0).contains(&detection.confidence), "{detection:?}");
        assert!(!detection.why.visible().chars().any(visible::is_dangerous), "{detection:?}");
    }
}

/// One request as it goes over the wire.
pub fn request(bytes: &[u8]) {
    if let Ok(seen) = inspection::inspect(bytes) {
        assert!(seen.hits.iter().all(|hit| (0.0..=1.0).contains(&hit.confidence)), "{seen:?}");
    }
}

/// The filter language: what is understood means the same after it was printed.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Query::parse_for(Resource::Event, &text);
    if let Ok(query) = Query::parse(&text) {
        assert_eq!(Query::parse(&query.to_string()).as_ref(), Ok(&query), "{text:?}");
    }
}

/// Files that an operator or an accident may have changed: settings, policy, ledger.
pub fn file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Settings::parse(&text, "settings.toml".as_ref());
    let _ = policy::Policy::parse(&text);
    let dir = tempfile::tempdir().expect("a place for a ledger");
    std::fs::write(dir.path().join("ledger.jsonl"), bytes).expect("a ledger");
    let _ = ledger::verify(dir.path());
    let _ = store::decode_block(bytes);
}
