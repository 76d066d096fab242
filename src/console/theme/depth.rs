//! How many colours a terminal has, and the nearest of them to a wanted one.

use ratatui::style::Color;

/// Colour depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24-bit colours.
    True,
    /// The 256-colour cube.
    Indexed,
    /// The 16 named colours.
    Basic,
    /// No colours: attributes only.
    None,
}

impl Depth {
    /// Decides from the environment's words: `NO_COLOR`, `COLORTERM`, `TERM`.
    #[must_use]
    pub fn detect(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        if no_color.is_some_and(|v| !v.is_empty()) {
            return Self::None;
        }
        if matches!(colorterm, Some("truecolor" | "24bit")) {
            return Self::True;
        }
        match term.unwrap_or_default() {
            "" | "dumb" => Self::None,
            t if t.contains("direct") || t.contains("kitty") || t.contains("ghostty") => Self::True,
            t if t.contains("256color") => Self::Indexed,
            t if t.starts_with("vt1") || t.starts_with("vt2") => Self::None,
            _ => Self::Basic,
        }
    }

    /// The nearest colour of this depth.
    #[must_use]
    pub fn fit(self, (r, g, b): (u8, u8, u8)) -> Option<Color> {
        match self {
            Self::True => Some(Color::Rgb(r, g, b)),
            Self::Indexed => Some(Color::Indexed(nearest(16..=255, (r, g, b)))),
            Self::Basic => Some(basic((r, g, b))),
            Self::None => None,
        }
    }
}

fn nearest(of: std::ops::RangeInclusive<u8>, wanted: (u8, u8, u8)) -> u8 {
    of.min_by_key(|i| distance(cube(*i), wanted)).unwrap_or(15)
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let d = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    d(a.0, b.0) * 2 + d(a.1, b.1) * 4 + d(a.2, b.2) * 3
}

/// The colour of an index, with xterm's defaults for the first sixteen.
#[must_use]
pub fn cube(index: u8) -> (u8, u8, u8) {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..=15 => BASIC[index as usize].1,
        16..=231 => {
            let i = index as usize - 16;
            (LEVELS[i / 36], LEVELS[i / 6 % 6], LEVELS[i % 6])
        }
        grey => {
            let level = 8 + (grey - 232) * 10;
            (level, level, level)
        }
    }
}

const BASIC: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 92, 92)),
    (Color::LightGreen, (92, 255, 92)),
    (Color::LightYellow, (255, 255, 92)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 92, 255)),
    (Color::LightCyan, (92, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// Names of the sixteen colours, as themes write them.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
];

/// One of the sixteen colours, which every terminal shows as its owner likes.
#[must_use]
pub fn by_name(name: &str) -> Option<Color> {
    NAMES.iter().position(|n| *n == name).map(|i| BASIC[i].0)
}

/// Their names.
#[must_use]
pub const fn names() -> &'static [&'static str] {
    &NAMES
}

/// By hue rather than by distance: a dark blue must stay blue, not become black.
fn basic((r, g, b): (u8, u8, u8)) -> Color {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    if max - min < 40 {
        return match max {
            0..=63 => Color::Black,
            64..=179 => Color::DarkGray,
            180..=239 => Color::Gray,
            _ => Color::White,
        };
    }
    let half = min + (max - min) / 2;
    let bits = u8::from(r > half) | u8::from(g > half) << 1 | u8::from(b > half) << 2;
    BASIC[(bits + if max > 200 { 8 } else { 0 }) as usize].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides() {
        assert_eq!(Depth::detect(Some("1"), Some("truecolor"), Some("xterm-256color")), Depth::None);
        assert_eq!(Depth::detect(Some(""), Some("truecolor"), None), Depth::True);
        assert_eq!(Depth::detect(None, None, Some("xterm-256color")), Depth::Indexed);
        assert_eq!(Depth::detect(None, None, Some("linux")), Depth::Basic);
        assert_eq!(Depth::detect(None, None, Some("dumb")), Depth::None);
        assert_eq!(Depth::detect(None, None, None), Depth::None);
    }

    #[test]
    fn hues_survive_sixteen_colours() {
        assert_eq!(basic((0xff, 0x6a, 0x69)), Color::LightRed);
        assert_eq!(basic((0x57, 0xab, 0x5a)), Color::Green);
        assert_eq!(basic((0x6c, 0xb6, 0xff)), Color::LightCyan);
        assert_eq!(basic((0x2d, 0x4f, 0x76)), Color::Blue);
        assert_eq!(basic((0x8a, 0x94, 0xa6)), Color::DarkGray);
    }

    #[test]
    fn exact_colours_are_found_in_the_cube() {
        assert_eq!(Depth::Indexed.fit((95, 135, 175)), Some(Color::Indexed(67)));
    }
}
