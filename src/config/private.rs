//! Files that hold secrets: their owner's alone, no links, whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Longest secret file read.
const LIMIT: u64 = 4 << 20;

/// Why a private file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others may read or write it.
    #[error(
        "{path} may be used by others than its owner (mode {mode:03o}); run: chmod 600 {path}, and replace the secret \
         in it if others may have read it"
    )]
    Open {
        /// Which file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// A link, or no file at all.
    #[error("{0} is a link or no plain file; name the file itself")]
    NotPlain(String),
    /// Reading or writing failed.
    #[error("{path} cannot be {doing}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// `read` or `written`.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    fn io(path: &Path, doing: &'static str) -> impl Fn(io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Io { path: path.clone(), doing, source }
    }
}

/// The text of a private file; nothing when it is not there.
///
/// # Errors
/// It is a link, or others may use it, or it cannot be read.
pub fn read(path: &Path) -> Result<Option<String>, Error> {
    let fail = Error::io(path, "read");
    let shown = || path.display().to_string();
    let named = match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
        Ok(meta) if !meta.is_file() => return Err(Error::NotPlain(shown())),
        Ok(meta) => meta,
    };
    let file = File::open(path).map_err(&fail)?;
    // Asked of the open file, not of the name: nobody can swap it in between.
    let opened = file.metadata().map_err(&fail)?;
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return Err(Error::NotPlain(shown()));
    }
    let mode = opened.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::Open { path: shown(), mode });
    }
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).map_err(&fail)?;
    Ok(Some(text))
}

/// Puts `text` into a private file in one step: a reader sees the old file or the new one, never half of one.
///
/// # Errors
/// The directory or the file cannot be written.
pub fn replace(path: &Path, text: &[u8]) -> Result<(), Error> {
    let fail = Error::io(path, "written");
    let dir = directory(path)?;
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|e| fail(io::Error::other(e.to_string())))?;
    let new = beside(path, &format!("{:016x}.new", u64::from_ne_bytes(random)));
    let written = options().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&dir)?.sync_all()
    });
    written.map_err(|e| {
        let _ = fs::remove_file(&new);
        fail(e)
    })
}

/// Holds the file's lock as long as the returned file lives, against other processes.
///
/// # Errors
/// The lock file cannot be made.
pub fn lock(path: &Path) -> Result<File, Error> {
    let fail = Error::io(path, "written");
    directory(path)?;
    let lock = options().create(true).truncate(false).open(beside(path, "lock")).map_err(&fail)?;
    lock.lock().map_err(&fail)?;
    Ok(lock)
}

/// Removes it; true when it was there.
///
/// # Errors
/// It cannot be removed.
pub fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io(path, "removed")(e)),
    }
}

/// The directory of `path`, made for its owner alone if it is not there.
fn directory(path: &Path) -> Result<PathBuf, Error> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::io(dir, "written"))?;
    Ok(dir.to_owned())
}

fn options() -> OpenOptions {
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
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_written_is_private_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/secret");
        assert!(read(&path).unwrap().is_none());
        for text in ["one", "two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
        }
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left over");
        assert!(remove(&path).unwrap() && !remove(&path).unwrap());
    }

    #[test]
    fn links_and_loose_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        replace(&path, b"x").unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(read(&link), Err(Error::NotPlain(_))));
        assert!(matches!(read(dir.path()), Err(Error::NotPlain(_))));
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let why = read(&path).unwrap_err().to_string();
            assert!(why.contains(&format!("{mode:o}")) && why.contains("chmod 600"), "{why}");
        }
    }
}
