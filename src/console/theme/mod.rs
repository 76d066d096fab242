//! Names to styles. Theme files are TOML in `themes/`, embedded; users' own stand on them (`inherits`); each colour falls back to 256, 16 or no colours.
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

const BUILT_IN: [(&str, &str); 6] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("contrast", include_str!("../../../themes/contrast.toml")),
    ("colourblind", include_str!("../../../themes/colourblind.toml")),
    ("sixteen", include_str!("../../../themes/sixteen.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];

/// How many themes may stand on one another.
const STEPS: usize = 8;

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// There is none of that name.
    #[error("there is no theme \"{0}\"; there are: {known}, and files of your own", known = Theme::names().collect::<Vec<_>>().join(", "))]
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

#[derive(Debug, Default, Deserialize)]
struct File {
    /// The theme that gives what is not listed.
    inherits: Option<String>,
    #[serde(flatten)]
    entries: BTreeMap<String, Entry>,
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
        Self::find(name, depth, &|_| None)
    }

    /// The theme of that name: a built-in one, or one whose text `own` gives. A theme that `inherits` another takes every
    /// style from there that it does not list.
    ///
    /// # Errors
    /// There is none of that name, or it cannot be read, or themes inherit from one another in a circle.
    pub fn find(name: &str, depth: Depth, own: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut styles = [Style::new(); TONES.len()];
        let mut set = [false; TONES.len()];
        let mut next = Some(name.to_owned());
        for _ in 0..STEPS {
            let Some(at) = next else { return Ok(Self { name: name.to_owned(), depth, styles }) };
            let built_in = BUILT_IN.iter().find(|(n, _)| *n == at).map(|(_, text)| (*text).to_owned());
            let unknown = || Error::Unknown(crate::text::visible::escape(&at).into_owned());
            let text = built_in.or_else(|| own(&at)).ok_or_else(unknown)?;
            next = fill(&at, &text, depth, (&mut styles, &mut set))?;
        }
        let why = format!("themes inherit from one another more than {STEPS} times");
        Err(Error::Syntax { name: name.to_owned(), why })
    }

    /// Names of the built-in themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
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

/// Takes the styles of a theme's text that are not set yet; returns what it inherits from.
fn fill(
    name: &str,
    text: &str,
    depth: Depth,
    (styles, set): (&mut [Style; TONES.len()], &mut [bool; TONES.len()]),
) -> Result<Option<String>, Error> {
    let syntax = |why: String| Error::Syntax { name: crate::text::visible::escape(name).into_owned(), why };
    let file: File = toml::from_str(text).map_err(|e| syntax(e.to_string()))?;
    for (key, entry) in &file.entries {
        let at = TONES
            .iter()
            .position(|t| t == key)
            .ok_or_else(|| syntax(format!("\"{key}\" is not a style; the styles are {}", TONES.join(", "))))?;
        let style = style(entry, depth).map_err(|why| syntax(format!("in [{key}]: {why}")))?;
        if !std::mem::replace(&mut set[at], true) {
            styles[at] = style;
        }
    }
    Ok(file.inherits)
}

fn style(entry: &Entry, depth: Depth) -> Result<Style, String> {
    let mut style = Style::new();
    if let Some(fg) = &entry.fg {
        style.fg = colour(fg, depth)?;
    }
    if let Some(bg) = &entry.bg {
        style.bg = colour(bg, depth)?;
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

/// A colour of a theme: one of the terminal's sixteen by name, or `#rrggbb`, of which the nearest is taken.
fn colour(text: &str, depth: Depth) -> Result<Option<Color>, String> {
    match depth::by_name(text) {
        Some(named) => Ok(Some(named).filter(|_| depth != Depth::None)),
        None => parse_colour(text).map(|rgb| depth.fit(rgb)),
    }
}

fn parse_colour(text: &str) -> Result<(u8, u8, u8), String> {
    let bad = || format!("\"{text}\" is not a colour; write #rrggbb, or one of {}", depth::names().join(", "));
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
        let why = |text: &str| Theme::find("mine", Depth::True, &|_| Some(text.to_owned())).unwrap_err().to_string();
        assert!(why("[tekst]\nfg = \"#ffffff\"").contains("\"tekst\" is not a style"));
        assert!(why("[text]\nfg = \"rot\"").contains("in [text]: \"rot\" is not a colour"));
        assert!(why("[text]\nforeground = \"#ffffff\"").contains("foreground"));
        assert!(Theme::named("solar", Depth::True).unwrap_err().to_string().contains("dark, light"));
        assert!(why("inherits = \"mine\"").contains("inherit from one another"));
        assert!(why("inherits = \"nowhere\"").contains("inherit from one another"), "asked for by every name");
    }

    #[test]
    fn a_theme_takes_from_another_what_it_does_not_say() {
        let own =
            |name: &str| (name == "mine").then(|| "inherits = \"light\"\n[critical]\nfg = \"#010203\"\n".to_owned());
        let mine = Theme::find("mine", Depth::True, &own).unwrap();
        let light = Theme::named("light", Depth::True).unwrap();
        assert_eq!(mine.style(Tone::Critical).fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(mine.style(Tone::Good), light.style(Tone::Good));
        assert_eq!(mine.name(), "mine");
    }

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let channel = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |(r, g, b)| 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_high_contrast_theme_has_high_contrast() {
        let theme = Theme::named("contrast", Depth::True).unwrap();
        for (i, style) in theme.styles.iter().enumerate() {
            let Some(Color::Rgb(r, g, b)) = style.fg else { continue };
            let ground = if let Some(Color::Rgb(r, g, b)) = style.bg { (r, g, b) } else { (0, 0, 0) };
            assert!(contrast((r, g, b), ground) >= 7.0, "{}", TONES[i]);
        }
    }

    #[test]
    fn the_monochrome_theme_has_no_colours_and_the_other_sixteen() {
        let mono = Theme::named("mono", Depth::True).unwrap();
        assert!(mono.styles.iter().all(|s| s.fg.is_none() && s.bg.is_none()));
        let sixteen = Theme::named("sixteen", Depth::True).unwrap();
        let named = |c: Option<Color>| c.is_none_or(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_)));
        assert!(sixteen.styles.iter().all(|s| named(s.fg) && named(s.bg)));
    }
}
