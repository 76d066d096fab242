//! How far an export to a file came: `FILE.cursor`, written anew by atomic rename after every page that is on disk.
//!
//! It holds the platform's cursor, the byte offset up to which the file is whole, and what was asked for. An export
//! that is taken up with another query or range is refused: the cursor would mean something else.

use super::Error;
use super::sink::{failed, name};
use crate::api::Timestamp;
use crate::command::Export;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where an export goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// At the first page.
    Start,
    /// At the page with this cursor.
    After(String),
    /// The rows are complete; only the end of the document is missing.
    End,
}

/// The state of an interrupted export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What was asked for, in words: resource, format, query, range and limit as given.
    pub asked: String,
    /// The end of the range, fixed when the export began.
    pub until: Option<Timestamp>,
    /// Where to go on.
    pub next: Next,
    /// Bytes that are whole.
    pub offset: u64,
    /// Rows in them.
    pub rows: u64,
}

/// Everything that must be the same when an export is taken up again.
#[must_use]
pub fn asked(export: &Export) -> String {
    let time = |t: Option<Timestamp>| t.map_or_else(|| "-".to_owned(), |t| t.to_string());
    format!(
        "export {} as {}{} since {} until {} at {} limit {} query {}",
        export.resource.word(),
        export.format.word(),
        if export.pseudonyms { " with pseudonyms" } else { "" },
        time(export.since),
        time(export.until),
        time(export.at),
        export.limit.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        export.query,
    )
}

/// `FILE.cursor`.
#[must_use]
pub fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".cursor");
    path.into()
}

/// The state of an interrupted export to `file`; nothing when there is none.
///
/// # Errors
/// It cannot be read, or is not ours.
pub fn load(file: &Path) -> Result<Option<State>, Error> {
    let path = beside(file);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(&path, e, false)),
    };
    serde_json::from_str(&text).map(Some).map_err(|e| Error::Standing {
        what: format!("{} cannot be read", name(&path)),
        why: e.to_string(),
        hint: "Remove it and the export beside it, and export anew.".into(),
    })
}

/// Writes the state: a new file, on disk, then renamed over the old one.
///
/// # Errors
/// It cannot be written; the old state stays.
pub fn save(file: &Path, state: &State) -> Result<(), Error> {
    let path = beside(file);
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&new)?;
        serde_json::to_writer(&mut out, state)?;
        out.flush()?;
        out.sync_data()?;
        fs::rename(&new, &path)
    };
    write().map_err(|e| failed(&path, e, true))
}

/// Removes the state: the export is complete.
///
/// # Errors
/// It cannot be removed.
pub fn remove(file: &Path) -> Result<(), Error> {
    let path = beside(file);
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed(&path, e, false)),
    }
}
