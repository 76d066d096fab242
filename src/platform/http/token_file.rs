//! The token file: JSON, readable by its owner alone, replaced as a whole, changed under a lock.
//!
//! It refuses a file that others may read or that is a link: whoever can write it decides who may come in.

use super::tokens::Token;
use crate::config::private;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is wrong with a token or the token file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or written, or is not its owner's alone.
    #[error("the tokens of this platform cannot be used: {0}")]
    File(#[from] private::Error),
    /// Its contents make no sense.
    #[error("the token file {path} cannot be understood: {why}; restore it, or remove it and make new tokens")]
    Contents {
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// A name that cannot be used.
    #[error("an operator's name has 1 to 64 characters: letters, digits and . _ @ -")]
    Name,
    /// A role nobody knows.
    #[error("the role must be one of viewer, analyst, responder, admin, ingest, gate")]
    Role,
    /// A life that is none or too long.
    #[error("a token lives 1 to 90 days, not {0}")]
    Days(u64),
    /// No such token.
    #[error("there is no token with id {0}; see the list of tokens")]
    NotFound(String),
    /// No random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

#[derive(Serialize, Deserialize)]
struct Contents {
    tokens: Vec<Token>,
}

/// Every token in the file; none when there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<Token>, Error> {
    let Some(text) = private::read(path)? else { return Ok(Vec::new()) };
    match serde_json::from_str::<Contents>(&text) {
        Ok(contents) => Ok(contents.tokens),
        Err(e) => Err(Error::Contents { path: path.display().to_string(), why: e.to_string() }),
    }
}

/// Reads, edits and replaces the file under its lock, so that no process undoes another's change; returns the new
/// list.
pub(super) fn change(
    path: &Path,
    edit: impl FnOnce(&mut Vec<Token>) -> Result<(), Error>,
) -> Result<Vec<Token>, Error> {
    let _lock = private::lock(path)?;
    let mut contents = Contents { tokens: read(path)? };
    edit(&mut contents.tokens)?;
    let text = serde_json::to_vec_pretty(&contents)
        .map_err(|e| Error::Contents { path: path.display().to_string(), why: e.to_string() })?;
    private::replace(path, &text)?;
    Ok(contents.tokens)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{Denied, Tokens};
    use super::*;
    use crate::api::{Role, Timestamp};
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn tokens_survive_and_the_file_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/tokens.json");
        let (text, token) = Tokens::open(&path).unwrap().create("ana", Role::Admin, 90, NOW).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&path).unwrap().contains(&text));
        let again = Tokens::open(&path).unwrap();
        assert_eq!(again.check(&text, NOW).unwrap(), token);
    }

    #[test]
    fn a_revocation_by_another_process_is_heard_and_never_undone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        let server = Tokens::open(&path).unwrap();
        let (text, token) = server.create("ana", Role::Admin, 90, NOW).unwrap();
        server.check(&text, NOW).unwrap();
        Tokens::open(&path).unwrap().revoke(&token.id, NOW).unwrap();
        // The server writes down the last use: this must not bring the token back.
        server.tend(NOW);
        assert_eq!(server.check(&text, NOW), Err(Denied::Revoked));
        assert!(server.list()[0].last_used.is_some());
    }

    #[test]
    fn a_loose_file_and_nonsense_are_refused_with_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        private::replace(&path, b"{").unwrap();
        assert!(matches!(Tokens::open(&path), Err(Error::Contents { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let why = Tokens::open(&path).unwrap_err().to_string();
        assert!(why.contains("chmod 600") && why.contains("640"), "{why}");
    }
}
