//! Names to styles. Theme files are TOML in `themes/`, embedded; each colour falls back to 256, 16 or no colours.
//!
//! Screens ask for a [`Tone`], never for a colour, and no tone is the only carrier of a meaning. Knows no app.

pub mod depth;

pub use depth::Depth;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the documentation; themes/dark.toml lists them with their looks.
pub enum Tone {
    Text,
    Muted,
    Accent,
    Title,
    Border,
    Focus,
    Selected,
    Mark,
    Critical,
    High,
    Medium,
    Low,
    Info,
    Good,
    Warn,
    Bad,
    Drill,
    Key,
    Chart,
    Alarm,
    Problem,
}

const TONES: [&str; 21] = [
    "text", "muted", "accent", "title", "border", "focus", "selected", "mark", "critical", "high", "medium", "low",
    "info", "good", "warn", "bad", "drill", "key", "chart", "alarm", "problem",
];

const BUILT_IN: [(&str, &str); 2] =
    [("dark", include_str!("../../../themes/dark.toml")), ("light", include_str!("../../../themes/light.toml"))];

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// There is none of that name.
    #[error("there is no theme \"{0}\"; there are: dark, light")]
    Unknown(String),
    /// Its file cannot be read.
    #[error("the theme {name} cannot be read: {why}")]
    Syntax {
        /// Which theme.
        name: String,
        /// What is wrong where.
        why: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
    /// What to do instead where there are no colours: `reverse`, `bold` or `underline`.
    plain: Option<String>,
}

/// Styles for one terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    depth: Depth,
    styles: [Style; TONES.len()],
}

impl Theme {
    /// The built-in theme of that name, for a terminal of that colour depth.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn named(name: &str, depth: Depth) -> Result<Self, Error> {
        let text = BUILT_IN.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
        Self::parse(name, text.ok_or_else(|| Error::Unknown(crate::text::visible::escape(name).into_owned()))?, depth)
    }

    /// Names of the built-in themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// Names the style and what is wrong with it.
    pub fn parse(name: &str, text: &str, depth: Depth) -> Result<Self, Error> {
        let syntax = |why: String| Error::Syntax { name: name.to_owned(), why };
        let entries: BTreeMap<String, Entry> = toml::from_str(text).map_err(|e| syntax(e.to_string()))?;
        let mut styles = [Style::new(); TONES.len()];
        for (key, entry) in &entries {
            let at = TONES
                .iter()
                .position(|t| t == key)
                .ok_or_else(|| syntax(format!("\"{key}\" is not a style; the styles are {}", TONES.join(", "))))?;
            styles[at] = style(entry, depth).map_err(|why| syntax(format!("in [{key}]: {why}")))?;
        }
        Ok(Self { name: name.to_owned(), depth, styles })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Colour depth it was made for.
    #[must_use]
    pub const fn depth(&self) -> Depth {
        self.depth
    }

    /// The style of a tone.
    #[must_use]
    pub const fn style(&self, tone: Tone) -> Style {
        self.styles[tone as usize]
    }
}

fn style(entry: &Entry, depth: Depth) -> Result<Style, String> {
    let mut style = Style::new();
    if let Some(fg) = &entry.fg {
        style.fg = depth.fit(parse_colour(fg)?);
    }
    if let Some(bg) = &entry.bg {
        style.bg = depth.fit(parse_colour(bg)?);
    }
    let attributes = [
        (entry.bold, Modifier::BOLD),
        (entry.dim, Modifier::DIM),
        (entry.italic, Modifier::ITALIC),
        (entry.underline, Modifier::UNDERLINED),
        (entry.reverse, Modifier::REVERSED),
    ];
    for (set, modifier) in attributes {
        if set {
            style = style.add_modifier(modifier);
        }
    }
    if let (Some(plain), Depth::None) = (&entry.plain, depth) {
        style = style.add_modifier(match plain.as_str() {
            "reverse" => Modifier::REVERSED,
            "bold" => Modifier::BOLD,
            "underline" => Modifier::UNDERLINED,
            other => return Err(format!("plain = \"{other}\" is not reverse, bold or underline")),
        });
    }
    Ok(style)
}

fn parse_colour(text: &str) -> Result<(u8, u8, u8), String> {
    let bad = || format!("\"{text}\" is not a colour; write #rrggbb");
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii()).ok_or_else(bad)?;
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| bad());
    Ok((part(0)?, part(2)?, part(4)?))
}

/// `#rrggbb` of a colour as a true-colour terminal shows it; nothing for the terminal's own default.
#[must_use]
pub fn hex(colour: Color) -> Option<String> {
    match colour {
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(i) => {
            let (r, g, b) = depth::cube(i);
            Some(format!("#{r:02x}{g:02x}{b:02x}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_reads_at_every_depth() {
        for (name, _) in BUILT_IN {
            for depth in [Depth::True, Depth::Indexed, Depth::Basic, Depth::None] {
                let theme = Theme::named(name, depth).unwrap();
                if depth == Depth::None {
                    assert!(theme.styles.iter().all(|s| s.fg.is_none() && s.bg.is_none()));
                    assert!(theme.style(Tone::Selected).add_modifier.contains(Modifier::REVERSED));
                }
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        let why = |text| Theme::parse("mine", text, Depth::True).unwrap_err().to_string();
        assert!(why("[tekst]\nfg = \"#ffffff\"").contains("\"tekst\" is not a style"));
        assert!(why("[text]\nfg = \"red\"").contains("in [text]: \"red\" is not a colour"));
        assert!(why("[text]\nforeground = \"#ffffff\"").contains("foreground"));
        assert!(Theme::named("solar", Depth::True).unwrap_err().to_string().contains("dark, light"));
    }
}
