//! The note a running platform leaves in its data folder, so that commands of the same user find it: URL and token, for
//! its owner's eyes only. It is removed when the platform stops.

use super::private;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How to reach the platform that runs on this data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Where it listens.
    pub url: String,
    /// A token of role admin; it ends with the platform.
    pub token: String,
    /// Its process.
    pub pid: u32,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime {{ url: {:?}, token: [redacted], pid: {} }}", self.url, self.pid)
    }
}

impl Runtime {
    /// The note's path in a data folder.
    #[must_use]
    pub fn path(data: &Path) -> PathBuf {
        data.join("platform.json")
    }

    /// Leaves the note.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, data: &Path) -> Result<(), private::Error> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        private::replace(&Self::path(data), &text)
    }

    /// Reads the note; nothing when no platform left one.
    ///
    /// # Errors
    /// Others than its owner could have written it, or it cannot be read.
    pub fn read(data: &Path) -> Result<Option<Self>, private::Error> {
        let text = private::read(&Self::path(data))?;
        Ok(text.and_then(|t| serde_json::from_str(&t).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_is_found_again_and_keeps_its_secret() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Runtime::read(dir.path()).unwrap(), None);
        let note = Runtime { url: "http://127.0.0.1:1".into(), token: "wf_admin_x".into(), pid: 7 };
        note.write(dir.path()).unwrap();
        assert_eq!(Runtime::read(dir.path()).unwrap(), Some(note.clone()));
        assert!(!format!("{note:?}").contains("wf_admin_x"));
    }
}
