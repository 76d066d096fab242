//! `[console]` of the settings: what takes effect also while a console runs.

use super::settings::within;
use serde::{Deserialize, Deserializer};

/// `[console]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleSettings {
    /// Theme by name.
    pub theme: String,
    /// Show times in UTC instead of local time.
    pub utc: bool,
    /// What is drawn with.
    pub glyphs: Glyphs,
    /// Begin where the last session ended.
    pub restore: bool,
    /// Frames a second at most.
    #[serde(deserialize_with = "some_within::<1, 120, _>")]
    pub max_fps: Option<u16>,
    /// Take clicks and the wheel; the terminal then selects text only while Shift is held.
    pub mouse: bool,
    /// Say in the terminal's title where one is and how many new critical incidents there are.
    pub title: bool,
    /// How the terminal is asked to notify of new critical incidents.
    pub notify: Notify,
    /// Title and notifications over a slow line, too.
    pub news_when_slow: bool,
}

/// How a terminal is asked to notify.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// Not at all.
    Off,
    /// OSC 9: iTerm2, kitty, WezTerm, Ghostty, Windows Terminal.
    #[default]
    Osc9,
    /// OSC 777: urxvt, foot, and what is built on VTE.
    Osc777,
}

/// What the console draws with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    /// Lines and blocks.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            theme: "dark".into(),
            utc: false,
            glyphs: Glyphs::Unicode,
            restore: true,
            max_fps: None,
            mouse: false,
            title: true,
            notify: Notify::Osc9,
            news_when_slow: false,
        }
    }
}

fn some_within<'de, const LOW: u32, const HIGH: u32, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    within::<LOW, HIGH, u16, D>(from).map(Some)
}
