//! Where the bytes go: standard output, or a file that nobody else may read.

use super::Error;
use crate::text::visible;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An output.
pub enum Sink {
    /// Standard output, or whatever stands in for it.
    Stream(Box<dyn Write + Send>),
    /// A file of our own.
    File(File, PathBuf),
    /// A device or pipe by name (`/dev/full`, a FIFO): written to, never resumed.
    Device(File, PathBuf),
}

impl Sink {
    /// A new file; what exists is never overwritten.
    ///
    /// # Errors
    /// It exists, or it cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
            let file = OpenOptions::new().write(true).open(path).map_err(|e| failed(path, e, false))?;
            return Ok(Self::Device(file, path.to_owned()));
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(file) => Ok(Self::File(file, path.to_owned())),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(Error::Standing {
                what: format!("{} exists already", name(path)),
                why: "an export does not overwrite anything".into(),
                hint: "Choose another name for --out, or remove the file.".into(),
            }),
            Err(e) => Err(failed(path, e, false)),
        }
    }

    /// The file of an interrupted export, cut back to the bytes that were safe.
    ///
    /// # Errors
    /// It is gone, is shorter than it was, or cannot be written.
    pub fn reopen(path: &Path, offset: u64) -> Result<Self, Error> {
        let mut file = OpenOptions::new().write(true).open(path).map_err(|e| failed(path, e, true))?;
        let length = file.metadata().map_err(|e| failed(path, e, true))?.len();
        if length < offset {
            return Err(Error::Standing {
                what: format!("{} cannot be resumed", name(path)),
                why: format!("it has {length} bytes, but {offset} were written"),
                hint: "It was changed since: remove it and its .cursor file and export anew.".into(),
            });
        }
        file.set_len(offset).and_then(|()| file.seek(SeekFrom::End(0))).map_err(|e| failed(path, e, true))?;
        Ok(Self::File(file, path.to_owned()))
    }

    /// Writes, and for a file waits until it is on the disk.
    ///
    /// # Errors
    /// Nobody reads on, or the disk is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Stream(out) => out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| {
                if e.kind() == io::ErrorKind::BrokenPipe {
                    Error::ReaderGone
                } else {
                    Error::Write { place: "Standard output".into(), error: e, resumable: false }
                }
            }),
            Self::File(file, path) => {
                file.write_all(bytes).and_then(|()| file.sync_data()).map_err(|e| failed(path, e, true))
            }
            Self::Device(file, path) => file.write_all(bytes).map_err(|e| {
                if e.kind() == io::ErrorKind::BrokenPipe { Error::ReaderGone } else { failed(path, e, false) }
            }),
        }
    }
}

pub(super) fn failed(path: &Path, error: io::Error, resumable: bool) -> Error {
    Error::Write { place: name(path), error, resumable }
}

/// A path for people.
pub(super) fn name(path: &Path) -> String {
    visible::escape(&path.to_string_lossy()).into_owned()
}
