//! What the detectors learnt, kept in a file of the data folder so that it outlives the process.
//!
//! One line says what it is, in which version, the SHA-256 of all that follows, and the secret that names are hashed under
//! in it; only the file's owner may read it. It is replaced in one step, once an hour and at the end. A file that is
//! damaged, foreign or too large is left alone until then, and learning begins anew.

use super::detect::Engine;
use super::keyed;
use crate::api::Timestamp;
use crate::config::private;
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is written while the platform runs.
const EVERY: Duration = Duration::from_secs(3600);
/// First word of the file, and its version: changes whenever what is written changes.
const KIND: &str = "watchfloor-learnt 2";
/// Most that is read or written.
const BYTES_MAX: u64 = 256 << 20;

/// The file, what was in it, and when it was written.
pub struct Memory {
    path: PathBuf,
    found: Result<Vec<u8>, String>,
    written: Instant,
    writing: Option<JoinHandle<()>>,
}

impl Memory {
    /// In this data folder. Goes before everything that hashes under the process's secret: it may bring its own.
    #[must_use]
    pub fn open(dir: &Path) -> Self {
        let path = dir.join("learnt");
        Self { found: read(&path), path, written: Instant::now(), writing: None }
    }

    /// Has the engine continue from it.
    pub fn recall(&mut self, engine: &mut Engine, now: Timestamp) {
        let found = std::mem::replace(&mut self.found, Ok(Vec::new()));
        match found.and_then(|bytes| if bytes.is_empty() { Ok(()) } else { engine.restore(&bytes, now) }) {
            Ok(()) => tracing::info!("{}", engine.model_state()),
            Err(why) => tracing::warn!("what was learnt before cannot be used, learning begins anew: {why}"),
        }
    }

    /// Writes it once an hour, on a thread of its own: no line waits for the disk.
    pub fn keep_hourly(&mut self, engine: &Engine) {
        let busy = self.writing.as_ref().is_some_and(|writing| !writing.is_finished());
        if self.written.elapsed() >= EVERY && !busy {
            self.begin(engine);
        }
    }

    /// Writes it now, whole or not at all, and returns when that is done.
    pub fn keep(&mut self, engine: &Engine) {
        self.begin(engine);
        self.wait();
    }

    fn begin(&mut self, engine: &Engine) {
        self.wait();
        self.written = Instant::now();
        let path = self.path.clone();
        let told = |why: String| tracing::warn!("what was learnt could not be written down: {why}");
        let begun = engine.snapshot().and_then(|body| {
            let write = move || write(&path, &body).unwrap_or_else(told);
            std::thread::Builder::new().name("learnt".into()).spawn(write).map_err(|e| e.to_string())
        });
        match begun {
            Ok(writing) => self.writing = Some(writing),
            Err(why) => told(why),
        }
    }

    fn wait(&mut self) {
        // A writer that panicked has told why, and left the file as it was.
        self.writing.take().map(JoinHandle::join);
    }
}

fn write(path: &Path, body: &[u8]) -> Result<(), String> {
    let mut bytes = head(&keyed::secret(), body);
    bytes.extend_from_slice(body);
    if bytes.len() as u64 > BYTES_MAX {
        return Err("it is too large".into());
    }
    private::replace(path, &bytes).map_err(|e| e.to_string())
}

/// The body; nothing if there is no file yet. The secret becomes the process's, unless that has one already.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err("the file is too large".into());
    }
    let end = bytes.iter().take(256).position(|b| *b == b'\n').ok_or("the file is foreign")?;
    let body = bytes.split_off(end + 1);
    if !bytes.starts_with(KIND.as_bytes()) {
        return Err("the file is foreign or of another version".into());
    }
    let secret = secret(&bytes[KIND.len()..]).filter(|secret| bytes == head(secret, &body));
    keyed::adopt(secret.ok_or("the file is damaged")?);
    Ok(body)
}

/// The secret, out of what follows the kind in the first line.
fn secret(rest: &[u8]) -> Option<[u64; 2]> {
    let mut words = std::str::from_utf8(rest).ok()?.split_ascii_whitespace().skip(1);
    let mut word = || u64::from_str_radix(words.next()?, 16).ok();
    Some([word()?, word()?])
}

/// The first line, for this secret and this body.
fn head([start, factor]: &[u64; 2], body: &[u8]) -> Vec<u8> {
    let secret = format!("{start:016x} {factor:016x}");
    let mut sum = Sha256::new_with_prefix(&secret);
    sum.update(body);
    format!("{KIND} {} {secret}\n", hex::encode(sum.finalize())).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::detect::Settings;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn what_was_written_is_read_back_and_nothing_else_lies_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = Engine::new(Settings::default());
        let mut memory = Memory::open(dir.path());
        assert!(memory.found.as_ref().unwrap().is_empty());
        memory.recall(&mut engine, NOW);
        memory.keep(&engine);
        let body = Memory::open(dir.path()).found.unwrap();
        assert_eq!(body, engine.snapshot().unwrap());
        engine.restore(&body, NOW).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_version_is_foreign() {
        let dir = tempfile::tempdir().unwrap();
        let wrong = |text: &str| {
            std::fs::write(dir.path().join("learnt"), text).unwrap();
            Memory::open(dir.path()).found.unwrap_err()
        };
        assert!(wrong("watchfloor-learnt 1 00\n{}").contains("version"));
        assert!(wrong("no line at all").contains("foreign"));
        assert!(wrong("watchfloor-learnt 2 00\n{}").contains("damaged"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let dir = tempfile::tempdir().unwrap();
            let mut engine = Engine::new(Settings::default());
            let mut memory = Memory::open(dir.path());
            memory.keep(&engine);
            let mut bytes = std::fs::read(&memory.path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            std::fs::write(&memory.path, &bytes).unwrap();
            let mut memory = Memory::open(dir.path());
            prop_assert!(memory.found.is_err());
            memory.recall(&mut engine, NOW);
        }
    }
}
