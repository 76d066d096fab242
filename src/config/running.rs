//! The platform that runs on this host for this user: where it listens and the token that opens it.
//!
//! A platform writes `platform.json` (mode 600) into its data directory when it listens and removes it when it stops;
//! the command line reads it when no server is named.

use super::{Error, private};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A platform that runs here, or did until it was killed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Where it listens.
    pub url: String,
    /// A token made for this user.
    pub token: String,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("url", &self.url).field("token", &"[redacted]").finish()
    }
}

impl Running {
    /// Where it is written, in a platform's data directory.
    #[must_use]
    pub fn path(data: &Path) -> PathBuf {
        data.join("platform.json")
    }

    /// Reads it; nothing when no platform runs there.
    ///
    /// # Errors
    /// Others may read it, or it makes no sense.
    pub fn read(data: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(data);
        let Some(text) = private::read(&path)? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| Error::Unreadable { path: path.display().to_string(), why: e.to_string() })
    }

    /// Writes it.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn write(&self, data: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Ok(private::replace(&Self::path(data), &text)?)
    }

    /// Removes it, if it is still this one: another platform may have started meanwhile.
    ///
    /// # Errors
    /// It cannot be read or removed.
    pub fn remove(&self, data: &Path) -> Result<(), Error> {
        if Self::read(data)?.as_ref() == Some(self) {
            private::remove(&Self::path(data))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_removes_only_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        assert_eq!(Running::read(&data).unwrap(), None);
        let one = Running { url: "http://127.0.0.1:1".into(), token: "wf_one".into() };
        let two = Running { url: "http://127.0.0.1:2".into(), token: "wf_two".into() };
        one.write(&data).unwrap();
        assert_eq!(Running::read(&data).unwrap(), Some(one.clone()));
        two.remove(&data).unwrap();
        assert_eq!(Running::read(&data).unwrap(), Some(one.clone()));
        one.remove(&data).unwrap();
        assert_eq!(Running::read(&data).unwrap(), None);
        assert!(!format!("{one:?}").contains("wf_one"));
    }
}
