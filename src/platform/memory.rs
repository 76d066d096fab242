//! What the detectors learnt, kept in a file of the data folder so that it outlives the process.
//!
//! One line says what it is, in which version, and the SHA-256 of all that follows. It is replaced in one step, once an
//! hour and at the end. A file that is damaged, foreign or too large is left alone until then, and learning begins anew.

use super::detect::Engine;
use crate::api::Timestamp;
use crate::config::private;
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is written while the platform runs.
const EVERY: Duration = Duration::from_secs(3600);
/// First word of the file, and its version: changes whenever what is written changes.
const KIND: &str = "watchfloor-learnt 1";
/// Most that is read or written.
const BYTES_MAX: u64 = 128 << 20;

/// The file, and when it was written.
pub struct Memory {
    path: PathBuf,
    written: Instant,
}

impl Memory {
    /// In this data folder.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join("learnt"), written: Instant::now() }
    }

    /// Has the engine continue from it.
    pub fn recall(&self, engine: &mut Engine, now: Timestamp) {
        match self.read().and_then(|bytes| bytes.map_or(Ok(()), |bytes| engine.restore(&bytes, now))) {
            Ok(()) => tracing::info!("{}", engine.model_state()),
            Err(why) => tracing::warn!("what was learnt before cannot be used, learning begins anew: {why}"),
        }
    }

    /// The body; nothing if there is no file yet.
    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err("the file is too large".into());
        }
        let end = bytes.iter().take(128).position(|b| *b == b'\n').ok_or("the file is foreign")?;
        let body = bytes.split_off(end + 1);
        if !bytes.starts_with(KIND.as_bytes()) {
            return Err("the file is foreign or of another version".into());
        }
        if bytes != head(&body) {
            return Err("the file is damaged".into());
        }
        Ok(Some(body))
    }

    /// Writes it once an hour.
    pub fn keep_hourly(&mut self, engine: &Engine) {
        if self.written.elapsed() >= EVERY {
            self.keep(engine);
        }
    }

    /// Writes it now, whole or not at all.
    pub fn keep(&mut self, engine: &Engine) {
        self.written = Instant::now();
        let write = |body: Vec<u8>| {
            let mut bytes = head(&body);
            bytes.extend_from_slice(&body);
            if bytes.len() as u64 > BYTES_MAX {
                return Err("it is too large".into());
            }
            private::replace(&self.path, &bytes).map_err(|e| e.to_string())
        };
        if let Err(why) = engine.snapshot().and_then(write) {
            tracing::warn!("what was learnt could not be written down: {why}");
        }
    }
}

/// The first line, for this body.
fn head(body: &[u8]) -> Vec<u8> {
    format!("{KIND} {}\n", hex::encode(Sha256::digest(body))).into_bytes()
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
        let mut memory = Memory::new(dir.path());
        assert!(memory.read().unwrap().is_none());
        memory.recall(&mut engine, NOW);
        memory.keep(&engine);
        let body = memory.read().unwrap().unwrap();
        assert_eq!(body, engine.snapshot().unwrap());
        engine.restore(&body, NOW).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_version_is_foreign() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::new(dir.path());
        std::fs::write(&memory.path, "watchfloor-learnt 2 00\n{}").unwrap();
        assert!(memory.read().unwrap_err().contains("version"));
        std::fs::write(&memory.path, "no line at all").unwrap();
        assert!(memory.read().unwrap_err().contains("foreign"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let dir = tempfile::tempdir().unwrap();
            let mut engine = Engine::new(Settings::default());
            let mut memory = Memory::new(dir.path());
            memory.keep(&engine);
            let mut bytes = std::fs::read(&memory.path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            std::fs::write(&memory.path, &bytes).unwrap();
            prop_assert!(memory.read().is_err());
            memory.recall(&mut engine, NOW);
        }
    }
}
