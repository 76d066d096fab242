//! Text that came from outside: log lines, addresses as written, user names, agents, comments.

use super::{fit, visible};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text an attacker may have written.
///
/// It has no `Display` and no `AsRef<str>` on purpose: the only ways out make it safe for where it goes. On the wire
/// it is a plain JSON string; [`Untrusted::raw`] is for matching and hashing, never for drawing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps text from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Visible text of at most `max` cells, for a terminal.
    #[must_use]
    pub fn cell(&self, max: usize) -> String {
        fit::truncate(&visible::escape(self.head(max)), max)
    }

    /// The whole text made visible, for a terminal that wraps.
    #[must_use]
    pub fn visible(&self) -> String {
        visible::escape(&self.0).into_owned()
    }

    /// A JSON string literal in which everything that is not plain printable text is a `\u` escape.
    #[must_use]
    pub fn json(&self) -> String {
        let mut out = String::with_capacity(self.0.len() + 2);
        push_json(&mut out, &self.0);
        out
    }

    /// A CSV field: quoted, and defused with a leading `'` where a spreadsheet would run it as a formula.
    #[must_use]
    pub fn csv(&self) -> String {
        let shown = visible::escape(&self.0);
        let active = self.0.trim_start().starts_with(['=', '+', '-', '@']) || self.0.starts_with(['\t', '\r', '\n']);
        format!("\"{}{}\"", if active { "'" } else { "" }, shown.replace('"', "\"\""))
    }

    /// One argument for a POSIX shell.
    ///
    /// # Errors
    /// Refuses text with control or invisible characters: nobody can check what they would paste.
    pub fn shell_arg(&self) -> Result<String, String> {
        if self.0.chars().any(visible::is_dangerous) {
            return Err("the value holds control or invisible characters, so it cannot be put into a command".into());
        }
        Ok(format!("'{}'", self.0.replace('\'', "'\\''")))
    }

    /// The text itself, for matching, hashing and storing. Never draw or print what this returns.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// No text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Enough of the text for `max` cells without escaping a megabyte for forty of them.
    fn head(&self, max: usize) -> &str {
        let limit = max.saturating_mul(4).saturating_add(64);
        match self.0.char_indices().nth(limit) {
            Some((end, _)) => &self.0[..end],
            None => &self.0,
        }
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Untrusted({})", self.json())
    }
}

/// Appends `text` as a JSON string literal with everything unprintable or invisible written as `\u` escapes.
pub fn push_json(out: &mut String, text: &str) {
    use std::fmt::Write;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if visible::is_dangerous(c) || visible::is_mark(c) => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_exit_defuses() {
        let hostile = Untrusted::from("=cmd|'/c calc'!A1\x1b[31m\u{202e}\"");
        assert_eq!(hostile.cell(80), "=cmd|'/c calc'!A1␛[31m⟨202E⟩\"");
        assert_eq!(hostile.csv(), "\"'=cmd|'/c calc'!A1␛[31m⟨202E⟩\"\"\"");
        assert!(hostile.shell_arg().is_err());
        assert_eq!(Untrusted::from("it's").shell_arg().unwrap(), "'it'\\''s'");
        assert!(!format!("{hostile:?}").contains('\x1b'));
    }

    proptest! {
        #[test]
        fn json_reads_back_the_same(text in any::<String>()) {
            let literal = Untrusted::from(text.as_str()).json();
            prop_assert!(literal.chars().all(|c| !visible::is_dangerous(c)));
            let back: String = serde_json::from_str(&literal).unwrap();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn a_cell_is_as_narrow_as_asked(text in any::<String>(), max in 0usize..60) {
            let cell = Untrusted::from(text).cell(max);
            prop_assert!(fit::width(&cell) <= max);
            prop_assert!(cell.chars().all(|c| !visible::is_dangerous(c)));
        }
    }
}
