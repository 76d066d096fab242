//! What the detectors learnt, kept in a file of the data folder so that it outlives the process.

use super::detect::Engine;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is written while the platform runs.
const EVERY: Duration = Duration::from_secs(3600);

/// The file, and when it was written.
pub struct Memory {
    path: PathBuf,
    written: Instant,
}

impl Memory {
    /// In this data folder.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join("behaviour.json"), written: Instant::now() }
    }

    /// Has the engine continue from it. One that cannot be used is left where it is, and the engine learns anew.
    pub fn recall(&self, engine: &mut Engine) {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return tracing::warn!(%error, "what was learnt of behaviour cannot be read"),
        };
        if let Err(why) = engine.restore(&bytes) {
            tracing::warn!(why, "what was learnt of behaviour cannot be used: learning anew");
        }
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
        let fresh = self.path.with_extension("new");
        let write = |bytes: Vec<u8>| std::fs::write(&fresh, bytes).and_then(|()| std::fs::rename(&fresh, &self.path));
        if let Err(why) = engine.snapshot().and_then(|bytes| write(bytes).map_err(|e| e.to_string())) {
            tracing::warn!(why, "what was learnt of behaviour could not be written down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::detect::Settings;

    #[test]
    fn a_damaged_file_is_no_obstacle_and_a_good_one_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = Engine::new(Settings::default());
        let mut memory = Memory::new(dir.path());
        memory.recall(&mut engine);
        std::fs::write(dir.path().join("behaviour.json"), b"{\"version\":1").unwrap();
        memory.recall(&mut engine);
        memory.keep(&engine);
        assert!(engine.restore(&std::fs::read(dir.path().join("behaviour.json")).unwrap()).is_ok());
        memory.recall(&mut engine);
        assert!(!dir.path().join("behaviour.new").exists());
    }
}
