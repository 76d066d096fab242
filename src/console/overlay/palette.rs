//! Any command by its name: found by the letters of its name, its words or its keys; arguments follow the name.

use super::{Overlay, Reaction, first_shown, leaves, move_in};
use crate::command::{Arg, ArgKind, Args, Command};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, put, wipe};
use crate::text::fit;
use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A command as it is listed.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The command.
    pub command: &'static Command,
    /// Its keys.
    pub keys: Vec<String>,
    /// Why it cannot be used now, if it cannot.
    pub blocked: Option<String>,
}

/// Entries that fit a pattern, best first; all of them, in their order, for an empty one.
#[must_use]
pub fn matching(entries: &[Entry], text: &str) -> Vec<usize> {
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |hay: &str| pattern.score(Utf32Str::new(hay, &mut buffer), &mut matcher);
    let mut found: Vec<(usize, u32)> = Vec::new();
    for (i, Entry { command, keys, .. }) in entries.iter().enumerate() {
        // A key typed as it is wins over letters that happen to occur in a sentence.
        let key = if keys.iter().any(|k| k == text) { 1000 } else { 0 };
        let name = score(command.name).map(|s| s * 2);
        let about = score(command.about);
        if let Some(best) = name.max(about).or((key > 0).then_some(0)) {
            found.push((i, best + key));
        }
    }
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    found.into_iter().map(|(i, _)| i).collect()
}

/// The palette.
#[derive(Debug)]
pub struct Palette {
    entries: Vec<Entry>,
    input: Input,
    found: Vec<usize>,
    at: usize,
}

impl Palette {
    /// Of these commands.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let found = matching(&entries, "");
        Self { entries, input: Input::default(), found, at: 0 }
    }

    fn search(&mut self) {
        let text = self.input.text();
        let named = text.split_once(' ').and_then(|(name, _)| self.named(name));
        self.found = match named {
            Some(i) => vec![i],
            None => matching(&self.entries, text.trim()),
        };
        self.at = 0;
    }

    /// The command of this name, or the only one whose name ends with it: `at` is `time.at`.
    fn named(&self, name: &str) -> Option<usize> {
        let exact = self.entries.iter().position(|e| e.command.name == name);
        let verb = |e: &Entry| e.command.name.split_once('.').is_some_and(|(_, verb)| verb == name);
        let mut ending = (0..self.entries.len()).filter(|i| verb(&self.entries[*i]));
        exact.or_else(|| ending.next().filter(|_| ending.next().is_none()))
    }

    fn run(&mut self) -> Reaction {
        let Some(command) = self.found.get(self.at).map(|i| self.entries[*i].command) else { return Reaction::stay() };
        let rest = match self.input.text().split_once(' ') {
            Some((name, rest)) if self.named(name) == self.found.get(self.at).copied() => rest.trim(),
            _ => "",
        };
        if rest.is_empty() && command.args.iter().any(|a| a.kind == ArgKind::Position) && !self.completed(command) {
            self.input.set(&format!("{} ", command.name));
            self.search();
            return Reaction::stay();
        }
        Reaction::finish(vec![Ask::Run(command, arguments(command.args, rest))])
    }

    /// The name is typed in full; a second Enter without arguments runs it and lets it say what is missing.
    fn completed(&self, command: &Command) -> bool {
        self.input.text().trim_end() == command.name && self.input.text().ends_with(' ')
    }
}

/// `--name value` and `--flag` by name, other words by position; the last position takes all words that are left.
fn arguments(specs: &[Arg], text: &str) -> Args {
    let mut args = Args::default();
    let mut places = specs.iter().filter(|a| !matches!(a.kind, ArgKind::Option | ArgKind::Flag)).peekable();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let named = word.strip_prefix("--").and_then(|name| specs.iter().find(|a| a.name == name));
        match named {
            Some(arg) if arg.kind == ArgKind::Flag => args = args.with(arg.name, ""),
            Some(arg) => args = args.with(arg.name, words.next().unwrap_or_default()),
            None => {
                let Some(place) = places.next() else { continue };
                let mut value = word.to_owned();
                let joint = if place.kind == ArgKind::Positions { ',' } else { ' ' };
                while places.peek().is_none() && words.peek().is_some_and(|w| !w.starts_with("--")) {
                    value.push(joint);
                    value.push_str(words.next().unwrap_or_default());
                }
                args = args.with(place.name, value);
            }
        }
    }
    args
}

/// How a command is written here, e.g. `theme.use NAME`.
fn usage(command: &Command) -> String {
    command.usage().replacen(' ', ".", 1)
}

impl Overlay for Palette {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) {
            return Reaction::close();
        }
        match key.code {
            KeyCode::Enter => return self.run(),
            KeyCode::Tab => {
                if let Some(i) = self.found.get(self.at) {
                    self.input.set(&format!("{} ", self.entries[*i].command.name));
                    self.search();
                }
            }
            _ if move_in(key, &mut self.at, self.found.len()) => {}
            _ => {
                if self.input.press(key) {
                    self.search();
                }
            }
        }
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        self.search();
        Vec::new()
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 90, area.height.saturating_sub(4).clamp(5, 20));
        wipe(buf, area);
        let inner = panel(buf, area, look, "Commands", true);
        let row = Rect { height: inner.height.min(1), ..inner };
        let used = put(buf, (row.x, row.y), row.width, ":", look.style(Tone::Key));
        let cursor =
            self.input.draw(buf, Rect { x: row.x + used, width: row.width.saturating_sub(used), ..row }, look, None);
        let below = Rect { y: inner.y + row.height, height: inner.height - row.height, ..inner };
        list(buf, below, look, (&self.entries, &self.found, self.at, usage));
        Some(cursor)
    }
}

/// Commands, which of them to show, the one under the cursor, and how each is named.
pub(super) type Choice<'a> = (&'a [Entry], &'a [usize], usize, fn(&Command) -> String);

/// Draws a list of commands: keys, how it is written, what it does or why it cannot be done now.
pub(super) fn list(buf: &mut Buffer, area: Rect, look: &Look, (entries, found, at, named): Choice) {
    if found.is_empty() {
        line(buf, area, 0, look, &[muted("No command fits.")]);
    }
    let first = first_shown(at, area.height as usize);
    let shown = || found.iter().skip(first).take(area.height as usize).map(|entry| &entries[*entry]);
    // No wider than what is shown, so that as much as possible is left for what it does.
    let keys_width = shown().map(|e| fit::width(&e.keys.join(", "))).max().unwrap_or(0).min(14);
    let name_width = shown().map(|e| fit::width(&named(e.command))).max().unwrap_or(0).min(26);
    for (row, (i, entry)) in found.iter().enumerate().skip(first).take(area.height as usize).enumerate() {
        let Entry { command, keys, blocked } = &entries[*entry];
        let tone = if i == at {
            Tone::Selected
        } else if blocked.is_some() {
            Tone::Muted
        } else {
            Tone::Text
        };
        let keys = fit::pad(&keys.join(", "), keys_width);
        let name = fit::pad(&named(command), name_width);
        let about = blocked.as_ref().map_or_else(|| command.about.to_owned(), |why| format!("not now: {why}"));
        let key_tone = if i == at { Tone::Selected } else { Tone::Key };
        let mark = if i == at { "›" } else { " " };
        let spans = [
            (format!("{mark} {keys}"), key_tone),
            (format!(" {name} "), tone),
            (about, if i == at { tone } else { Tone::Muted }),
        ];
        line(buf, area, row as u16, look, &spans);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::navigate;

    fn entries() -> Vec<Entry> {
        let keys = |c: &Command| c.keys.iter().map(|k| (*k).to_owned()).collect();
        navigate::ALL.iter().map(|command| Entry { command, keys: keys(command), blocked: None }).collect()
    }

    fn best(text: &str) -> &'static str {
        let entries = entries();
        entries[matching(&entries, text)[0]].command.name
    }

    #[test]
    fn commands_are_found_by_name_words_and_keys() {
        assert_eq!(best("messages"), "messages.open");
        assert_eq!(best("thm"), "theme.use");
        assert_eq!(best("background"), "program.suspend");
        assert_eq!(best("ctrl-l"), "screen.redraw");
        assert_eq!(matching(&entries(), "zzzzqqq"), [] as [usize; 0]);
    }

    fn type_in(palette: &mut Palette, text: &str) {
        for c in text.chars() {
            palette.press(Key::plain(KeyCode::Char(c)));
        }
    }

    #[test]
    fn arguments_follow_the_name() {
        let mut palette = Palette::new(entries());
        type_in(&mut palette, "audit.search status:404 path:/admin");
        let reaction = palette.press(Key::plain(KeyCode::Enter));
        let [Ask::Run(command, args)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!(command.name, "audit.search");
        assert_eq!(args.get("query"), Some("status:404 path:/admin"));
    }

    #[test]
    fn the_last_part_of_a_name_is_enough_where_it_is_the_only_one() {
        let mut palette = Palette::new(entries());
        type_in(&mut palette, "use light");
        assert!(palette.press(Key::plain(KeyCode::Enter)).asks.is_empty(), "theme.use and glyphs.use");
        let mut palette = Palette::new(entries());
        type_in(&mut palette, "search status:404");
        let reaction = palette.press(Key::plain(KeyCode::Enter));
        let [Ask::Run(command, args)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!((command.name, args.get("query")), ("audit.search", Some("status:404")));
    }

    #[test]
    fn a_missing_argument_is_asked_for_first() {
        let mut palette = Palette::new(entries());
        type_in(&mut palette, "theme");
        assert!(!palette.press(Key::plain(KeyCode::Enter)).close);
        assert_eq!(palette.input.text(), "theme.use ");
        type_in(&mut palette, "light");
        let reaction = palette.press(Key::plain(KeyCode::Enter));
        let [Ask::Run(_, args)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!(args.get("name"), Some("light"));
    }

    #[test]
    fn options_and_flags_go_by_name() {
        const SPECS: &[Arg] = &[
            Arg { name: "target", about: "", kind: ArgKind::Position, words: &[] },
            Arg { name: "ttl", about: "", kind: ArgKind::Option, words: &[] },
            Arg { name: "force", about: "", kind: ArgKind::Flag, words: &[] },
            Arg { name: "reason", about: "", kind: ArgKind::OptionalPosition, words: &[] },
        ];
        let args = arguments(SPECS, "198.51.100.7 --ttl 4h scans all day --force");
        assert_eq!(args.get("target"), Some("198.51.100.7"));
        assert_eq!(args.get("ttl"), Some("4h"));
        assert_eq!(args.get("reason"), Some("scans all day"));
        assert!(args.is_set("force"));
    }
}
