//! Flags that every command takes.

use crate::api::{Problem, ProblemKind};
use crate::command::Format;
use crate::text::human;
use clap::ArgMatches;
use std::path::PathBuf;
use std::time::Duration;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// As terminal and environment say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What was given for all commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Global {
    /// A platform by its URL.
    pub url: Option<String>,
    /// A platform by its name in the settings.
    pub server: Option<String>,
    /// A file with the token.
    pub token_file: Option<PathBuf>,
    /// Directory of settings and themes.
    pub config_dir: Option<PathBuf>,
    /// Directory of the platform's data.
    pub data_dir: Option<PathBuf>,
    /// Colours.
    pub color: Color,
    /// Only data and errors.
    pub quiet: bool,
    /// The console as a dialogue of lines.
    pub linear: bool,
    /// Output format, if one was asked for.
    pub format: Option<Format>,
    /// How long to wait for one answer.
    pub timeout: Option<Duration>,
}

impl Global {
    /// Reads the flags.
    ///
    /// # Errors
    /// A duration makes no sense.
    pub fn read(matches: &ArgMatches) -> Result<Self, Problem> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let timeout = match text("timeout") {
            Some(given) => match human::parse_duration(&given) {
                Ok(seconds @ 1..) => Some(Duration::from_secs(seconds)),
                Ok(_) => {
                    return Err(Problem::new(ProblemKind::Usage, "--timeout cannot be 0", "no answer is that fast"));
                }
                Err(why) => return Err(Problem::new(ProblemKind::Usage, "--timeout cannot be used", why)),
            },
            None => None,
        };
        Ok(Self {
            url: text("url"),
            server: text("server"),
            token_file: text("token-file").map(PathBuf::from),
            config_dir: text("config-dir").map(PathBuf::from),
            data_dir: text("data-dir").map(PathBuf::from),
            color: match text("color").as_deref() {
                Some("always") => Color::Always,
                Some("never") => Color::Never,
                _ => Color::Auto,
            },
            quiet: matches.get_flag("quiet"),
            linear: matches.get_flag("linear"),
            format: text("output").and_then(|word| word.parse().ok()),
            timeout,
        })
    }

    /// The format for lists.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format.unwrap_or(Format::Table)
    }

    /// Machines read the errors too.
    #[must_use]
    pub fn json(&self) -> bool {
        matches!(self.format, Some(Format::Json | Format::Ndjson))
    }
}
