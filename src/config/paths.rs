//! Where things are kept: the platform's conventions, or what the environment says.

use super::{Env, Error};
use std::path::PathBuf;

/// Directories of this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Settings, policy, themes, credentials.
    pub config: PathBuf,
    /// The embedded platform's store, ledger and tokens; export cursors.
    pub data: PathBuf,
}

impl Paths {
    /// From `WATCHFLOOR_CONFIG_DIR` and `WATCHFLOOR_DATA_DIR`, else the system's conventions (XDG on Linux).
    ///
    /// # Errors
    /// There is no home directory and the environment does not say either.
    pub fn find(env: Env<'_>) -> Result<Self, Error> {
        let named = |name| env(name).map(PathBuf::from);
        let known = directories::ProjectDirs::from("", "", "watchfloor");
        let of =
            |get: fn(&directories::ProjectDirs) -> &std::path::Path| known.as_ref().map(|dirs| get(dirs).to_owned());
        Ok(Self {
            config: named("WATCHFLOOR_CONFIG_DIR").or_else(|| of(|d| d.config_dir())).ok_or(Error::NoHome)?,
            data: named("WATCHFLOOR_DATA_DIR").or_else(|| of(|d| d.data_dir())).ok_or(Error::NoHome)?,
        })
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The policy file, unless the settings name another.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.config.join("policy.toml")
    }

    /// Themes of the user's own.
    #[must_use]
    pub fn themes(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// What outlives a session of the console.
    #[must_use]
    pub fn session(&self) -> PathBuf {
        self.data.join("console.toml")
    }

    /// Keys of the user's own.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// What pseudonyms are made with.
    #[must_use]
    pub fn pseudonyms(&self) -> PathBuf {
        self.config.join("pseudonyms.key")
    }

    /// Tokens of other platforms, one file each, stored with `--insecure-storage`.
    #[must_use]
    pub fn credentials(&self) -> PathBuf {
        self.config.join("credentials")
    }

    /// The tokens that open a platform serving from `data`.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.data.join("tokens.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins() {
        let env = |name: &str| name.ends_with("_DIR").then(|| format!("/x/{name}"));
        let paths = Paths::find(&env).unwrap();
        assert_eq!(paths.settings(), PathBuf::from("/x/WATCHFLOOR_CONFIG_DIR/settings.toml"));
        assert_eq!(paths.tokens(), PathBuf::from("/x/WATCHFLOOR_DATA_DIR/tokens.json"));
    }
}
