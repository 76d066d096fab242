//! The token file: JSON, readable by its owner alone, replaced as a whole, changed under a lock.
//!
//! It refuses a file that others may read or that is a link: whoever can write it decides who may come in.

use super::tokens::Token;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is wrong with a token or the token file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others may read or write it.
    #[error(
        "the token file {path} may be used by others than its owner (mode {mode:03o}); run: chmod 600 {path}, and make \
         new tokens if others may have read it"
    )]
    Open {
        /// Which file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// A link or something else that is no file.
    #[error("the token file {0} is a link or no plain file; put the file itself there")]
    NotPlain(String),
    /// Its contents make no sense.
    #[error("the token file {path} cannot be understood: {why}; restore it, or remove it and make new tokens")]
    Contents {
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// Reading or writing failed.
    #[error("the token file {path} cannot be {doing}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// `read` or `written`.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
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
    let shown = path.display().to_string();
    let fail = |source| Error::Io { path: shown.clone(), doing: "read", source };
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fail(e)),
        Ok(meta) if !meta.is_file() => return Err(Error::NotPlain(shown)),
        Ok(_) => {}
    }
    let mut file = File::open(path).map_err(fail)?;
    // Asked of the open file, not of the name: nobody can swap it in between.
    let mode = file.metadata().map_err(fail)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::Open { path: shown, mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(fail)?;
    match serde_json::from_str::<Contents>(&text) {
        Ok(contents) => Ok(contents.tokens),
        Err(e) => Err(Error::Contents { path: shown, why: e.to_string() }),
    }
}

/// Reads, edits and replaces the file under its lock; returns the new list.
pub(super) fn change(
    path: &Path,
    edit: impl FnOnce(&mut Vec<Token>) -> Result<(), Error>,
) -> Result<Vec<Token>, Error> {
    let fail = |source| Error::Io { path: path.display().to_string(), doing: "written", source };
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(fail)?;
    }
    let lock = private().create(true).truncate(false).open(beside(path, "lock")).map_err(fail)?;
    lock.lock().map_err(fail)?;
    let mut tokens = read(path)?;
    edit(&mut tokens)?;
    let text = serde_json::to_vec_pretty(&Contents { tokens: tokens.clone() }).map_err(|e| fail(e.into()))?;
    let new = beside(path, "new");
    // Left over from a crash; we hold the lock, so nobody is writing it.
    let _ = fs::remove_file(&new);
    let written = private().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    });
    if let Err(e) = written {
        let _ = fs::remove_file(&new);
        return Err(fail(e));
    }
    Ok(tokens)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{Denied, Tokens};
    use super::*;
    use crate::api::{Role, Timestamp};
    use std::os::unix::fs::PermissionsExt;

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
    fn loose_permissions_links_and_nonsense_are_refused_with_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        Tokens::open(&path).unwrap().create("ana", Role::Admin, 90, NOW).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let why = Tokens::open(&path).unwrap_err().to_string();
        assert!(why.contains("chmod 600") && why.contains("640"), "{why}");
        let link = dir.path().join("link.json");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Tokens::open(&link), Err(Error::NotPlain(_))));
        let bad = dir.path().join("bad.json");
        private().create_new(true).open(&bad).unwrap().write_all(b"{").unwrap();
        assert!(matches!(Tokens::open(&bad), Err(Error::Contents { .. })));
    }
}
