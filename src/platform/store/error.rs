//! What can go wrong with the store, in words for whoever reads the answer.

use rusqlite::ErrorCode;
use std::path::Path;

/// A failure of the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The disk is full. Nothing of the change was kept; it can be tried again.
    #[error("the disk that holds the store is full: nothing was changed; free some space and it goes on by itself")]
    Full,
    /// The question makes no sense: a bad query, or a cursor of another list.
    #[error("{0}")]
    Usage(String),
    /// The answer would take too long to count.
    #[error("{0}")]
    TooWide(String),
    /// A file is not what it should be.
    #[error("{file} is damaged: {why}")]
    Damaged {
        /// Name of the file.
        file: String,
        /// What SQLite says.
        why: String,
    },
    /// A file was written by a newer version.
    #[error("{file} was written by a newer version of this program (schema {found}, this one knows {known})")]
    Newer {
        /// Name of the file.
        file: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: usize,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was already used")]
    KeyUsed,
    /// Anything else of the file system or of SQLite.
    #[error("the store cannot be used: {0}")]
    Io(String),
}

impl Error {
    pub(super) fn io(path: &Path, e: &std::io::Error) -> Self {
        if e.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full;
        }
        Self::Io(format!("{}: {e}", path.display()))
    }

    /// Names the file a SQLite error came from.
    pub(super) fn of(self, path: &Path) -> Self {
        match self {
            Self::Damaged { why, .. } => {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Self::Damaged { file, why }
            }
            Self::Io(why) => Self::Io(format!("{}: {why}", path.display())),
            other => other,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { file: String::new(), why: e.to_string() }
            }
            _ => Self::Io(e.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Self::Io(format!("a stored record cannot be read: {e}"))
    }
}

impl From<crate::query::Error> for Error {
    fn from(e: crate::query::Error) -> Self {
        Self::Usage(format!("the query is wrong at character {}: {e}", e.at.start + 1))
    }
}
