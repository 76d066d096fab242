//! A platform's token: where it is looked for, in which order, and where it may be stored.
//!
//! `--token-file`, then `WATCHFLOOR_TOKEN`, then the Secret Service, then a file that exists only because somebody
//! once said `--insecure-storage`. Nothing is ever written in plain text without that word.

use super::private;
use super::{Error, Vault};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Where a token was found or put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file named on the command line.
    TokenFile(PathBuf),
    /// `WATCHFLOOR_TOKEN`.
    Environment,
    /// The Secret Service.
    Vault,
    /// Our own file, unencrypted, on explicit wish.
    InsecureFile(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TokenFile(path) => write!(f, "the token file {}", path.display()),
            Self::Environment => f.write_str("the environment variable WATCHFLOOR_TOKEN"),
            Self::Vault => f.write_str("the Secret Service"),
            Self::InsecureFile(path) => write!(f, "the unencrypted file {}", path.display()),
        }
    }
}

/// A token and where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// The token itself.
    pub token: String,
    /// Where it was.
    pub place: Place,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("token", &"[redacted]").field("place", &self.place).finish()
    }
}

/// Where the token of one platform may be.
pub struct Ladder<'a> {
    /// The platform's URL.
    pub url: &'a str,
    /// From `--token-file`.
    pub token_file: Option<PathBuf>,
    /// From `WATCHFLOOR_TOKEN`.
    pub variable: Option<String>,
    /// Directory of files stored with `--insecure-storage`.
    pub dir: PathBuf,
    /// The Secret Service.
    pub vault: &'a dyn Vault,
}

impl Ladder<'_> {
    /// The token, from the highest rung that has one.
    ///
    /// # Errors
    /// A file that was named or stored cannot be used. A Secret Service that does not answer is no error here: see
    /// [`Ladder::describe`].
    pub fn find(&self) -> Result<Option<Found>, Error> {
        self.look().map(|(found, _)| found)
    }

    /// Stores the token in the Secret Service, or, when `insecure`, in an unencrypted file of ours.
    ///
    /// # Errors
    /// The Secret Service does not answer: the error lists the choices. Nothing was stored then.
    pub fn store(&self, token: &str, insecure: bool) -> Result<Place, Error> {
        let token = token.trim();
        if insecure {
            let path = self.file();
            private::replace(&path, token.as_bytes())?;
            return Ok(Place::InsecureFile(path));
        }
        let account = self.account();
        let kept = self.vault.set(&account, token).and_then(|()| self.vault.get(&account));
        match kept {
            Ok(Some(back)) if back == token => {
                // Now that it is safe, an older plain copy has no reason to stay.
                private::remove(&self.file())?;
                Ok(Place::Vault)
            }
            Ok(_) => Err(Error::NoVault { why: "the Secret Service took it but does not give it back".into() }),
            Err(why) => Err(Error::NoVault { why }),
        }
    }

    /// Forgets the stored token everywhere we may have put it; says whether the Secret Service could be asked.
    ///
    /// # Errors
    /// Our own file cannot be removed.
    pub fn forget(&self) -> Result<Result<(), String>, Error> {
        private::remove(&self.file())?;
        Ok(self.vault.remove(&self.account()))
    }

    /// One or two sentences for `doctor` and `auth status`: where the token comes from. Never the token.
    #[must_use]
    pub fn describe(&self) -> String {
        let missing = |why: Option<String>| why.map_or_else(String::new, |why| format!(" ({why})"));
        match self.look() {
            Ok((Some(found), None)) => format!("The token comes from {}.", found.place),
            Ok((Some(found), why)) => format!("The token comes from {}{}.", found.place, missing(why)),
            Ok((None, why)) => format!("There is no token for {}{}.", self.account(), missing(why)),
            Err(error) => format!("The token cannot be used: {error}."),
        }
    }

    /// The token and why the Secret Service said nothing, if it was asked and did not answer.
    fn look(&self) -> Result<(Option<Found>, Option<String>), Error> {
        if let Some(path) = &self.token_file {
            let text = private::read(path)?.ok_or_else(|| {
                let path = path.display().to_string();
                private::Error::Io { path, doing: "read", source: std::io::ErrorKind::NotFound.into() }
            })?;
            return Ok((Some(found(&text, Place::TokenFile(path.clone()))), None));
        }
        if let Some(text) = &self.variable {
            return Ok((Some(found(text, Place::Environment)), None));
        }
        let why = match self.vault.get(&self.account()) {
            Ok(Some(text)) => return Ok((Some(found(&text, Place::Vault)), None)),
            Ok(None) => None,
            Err(why) => Some(why),
        };
        let path = self.file();
        let stored = private::read(&path)?.map(|text| found(&text, Place::InsecureFile(path)));
        Ok((stored, why))
    }

    fn account(&self) -> String {
        self.url.trim().trim_end_matches('/').to_owned()
    }

    /// One file for each platform, named so that no URL can name another file.
    fn file(&self) -> PathBuf {
        let digest = Sha256::digest(self.account().as_bytes());
        let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(format!("{name}.token"))
    }
}

fn found(text: &str, place: Place) -> Found {
    Found { token: text.trim().to_owned(), place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Memory {
        secrets: Mutex<HashMap<String, String>>,
        silent: bool,
    }

    impl Memory {
        fn awake(&self) -> Result<(), String> {
            if self.silent { Err("the Secret Service did not answer within 2 seconds".into()) } else { Ok(()) }
        }
    }

    impl Vault for Memory {
        fn get(&self, account: &str) -> Result<Option<String>, String> {
            self.awake().map(|()| self.secrets.lock().unwrap().get(account).cloned())
        }
        fn set(&self, account: &str, secret: &str) -> Result<(), String> {
            self.awake().map(|()| drop(self.secrets.lock().unwrap().insert(account.into(), secret.into())))
        }
        fn remove(&self, account: &str) -> Result<(), String> {
            self.awake().map(|()| drop(self.secrets.lock().unwrap().remove(account)))
        }
    }

    fn ladder<'a>(dir: &Path, vault: &'a Memory) -> Ladder<'a> {
        Ladder { url: "https://a.example/", token_file: None, variable: None, dir: dir.join("credentials"), vault }
    }

    #[test]
    fn the_highest_rung_wins() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Memory::default();
        let mut ladder = ladder(dir.path(), &vault);
        assert_eq!(ladder.find().unwrap(), None);
        let place = |ladder: &Ladder<'_>| ladder.find().unwrap().unwrap();
        ladder.store("in-file\n", true).unwrap();
        assert!(matches!(place(&ladder).place, Place::InsecureFile(_)));
        assert_eq!(ladder.store("in-vault", false).unwrap(), Place::Vault);
        assert_eq!(place(&ladder).token, "in-vault");
        assert_eq!(std::fs::read_dir(&ladder.dir).unwrap().count(), 0, "the plain copy is gone");
        ladder.variable = Some("from-env".into());
        assert_eq!(place(&ladder).place, Place::Environment);
        let path = dir.path().join("token");
        private::replace(&path, b"named\n").unwrap();
        ladder.token_file = Some(path);
        assert_eq!(place(&ladder).token, "named");
        assert!(ladder.describe().contains("the token file"));
        assert!(!format!("{:?}", place(&ladder)).contains("named\""));
        ladder.token_file = None;
        ladder.variable = None;
        ladder.forget().unwrap().unwrap();
        assert_eq!(ladder.find().unwrap(), None);
    }

    #[test]
    fn a_silent_vault_never_means_plain_text() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Memory { silent: true, ..Memory::default() };
        let ladder = ladder(dir.path(), &vault);
        let said = ladder.store("secret", false).unwrap_err().to_string();
        for choice in ["--token-file", "WATCHFLOOR_TOKEN", "--insecure-storage", "2 seconds"] {
            assert!(said.contains(choice), "{said}");
        }
        assert!(!ladder.dir.exists(), "nothing was written");
        assert!(ladder.describe().contains("no token") && ladder.describe().contains("did not answer"));
        ladder.store("secret", true).unwrap();
        assert_eq!(ladder.find().unwrap().unwrap().token, "secret");
        assert!(ladder.describe().contains("unencrypted"));
    }

    #[test]
    fn a_named_file_must_be_there_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Memory::default();
        let mut ladder = ladder(dir.path(), &vault);
        let path = dir.path().join("token");
        ladder.token_file = Some(path.clone());
        assert!(ladder.find().unwrap_err().to_string().contains("cannot be read"));
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let said = ladder.find().unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
        assert!(ladder.describe().contains("cannot be used"));
    }
}
