//! Settings, paths and credentials. Read at the edge (`main`, `cli`, the platform's start); inner rooms get values.
//!
//! The environment comes in as a function, so that tests need none. Start at `settings.rs`; `server.rs` decides which
//! platform is spoken to, `credentials.rs` with which token.

pub mod console;
pub mod credentials;
pub mod paths;
pub mod private;
pub mod pseudonym;
mod requests;
mod running;
mod server;
mod service;
mod settings;
mod vault;

pub use console::{ConsoleSettings, Glyphs, Notify};
pub use credentials::{Found, Ladder, Place};
pub use paths::Paths;
pub use requests::RequestSettings;
pub use running::Running;
pub use server::{EMBEDDED, Server, choose, ssh_client};
pub use service::ServiceLevels;
pub use settings::{DEFAULT_TEXT, Settings};
pub use settings::{Drill, EnforcerSettings, NewRules, PlatformSettings, ServerSettings, SourceSettings};
pub use vault::{SystemVault, Vault};

/// Looks up an environment variable; empty counts as absent.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The real environment.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What is wrong with settings, paths or credentials. Each is a sentence that says what, why and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No home directory.
    #[error("the home directory is unknown; set HOME, or WATCHFLOOR_CONFIG_DIR and WATCHFLOOR_DATA_DIR")]
    NoHome,
    /// A settings file that cannot be read.
    #[error("the settings {path} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// A settings file that makes no sense.
    #[error("{path}, line {line}: {what}")]
    Settings {
        /// Which file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        what: String,
    },
    /// A server that is not in the settings.
    #[error("there is no server \"{name}\" in the settings; {known}")]
    NoServer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A private file that is none.
    #[error(transparent)]
    Private(#[from] private::Error),
    /// The token could not be stored safely.
    #[error(
        "the token was not stored: {why}. Choose: keep it in a file of your own with mode 600 and pass --token-file \
         FILE; set WATCHFLOOR_TOKEN; or store it here unencrypted with --insecure-storage"
    )]
    NoVault {
        /// Why the Secret Service could not take it.
        why: String,
    },
}

impl From<Error> for crate::api::Problem {
    fn from(error: Error) -> Self {
        let what = match error {
            Error::Private(_) => "The token cannot be read or kept",
            Error::NoVault { .. } => "The token cannot be kept safely",
            _ => "The configuration cannot be used",
        };
        Self::new(crate::api::ProblemKind::Usage, what, error.to_string())
    }
}
