//! Keys to commands: sequences, scopes, conflicts, hints. Built from the command registry; knows no screen and no app.
//!
//! A command without places works everywhere; one with places wins there over one without. Start at [`Keymap::find`].

pub mod chord;
mod own;

pub use chord::Key;

use crate::command::{Command, Place, Surface};
use std::collections::BTreeMap;

/// The command groups the console offers.
pub type Registry = &'static [&'static [Command]];

/// What a sequence of keys means in a place.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// A command.
    Command(&'static Command),
    /// The start of a longer sequence.
    More,
    /// Nothing.
    Nothing,
}

#[derive(Debug, Clone)]
struct Binding {
    keys: Vec<Key>,
    command: &'static Command,
    /// Where it works; everywhere when empty.
    places: Vec<Place>,
}

/// All bindings.
#[derive(Debug, Clone)]
pub struct Keymap {
    registry: Registry,
    bindings: Vec<Binding>,
    conflicts: Vec<String>,
}

impl Keymap {
    /// Binds the default keys of every command that the console can reach. Of two commands that claim the same keys in
    /// the same scope the first wins, and [`Keymap::conflicts`] names both.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        let mut map = Self { registry, bindings: Vec::new(), conflicts: Vec::new() };
        for command in map.commands() {
            for text in command.keys {
                match Key::parse_all(text) {
                    Ok(keys) => map.bind(Binding { keys, command, places: command.places.to_vec() }),
                    Err(why) => map.conflicts.push(format!("{}: {why}", command.name)),
                }
            }
        }
        map
    }

    fn bind(&mut self, new: Binding) {
        let clash = self.bindings.iter().find(|b| b.meets(&new.keys) && overlap(&b.places, &new.places));
        if let Some(other) = clash {
            self.conflicts.push(format!(
                "the key {} ({}) is claimed by {} and by {}; the first keeps it",
                shown(&new.keys),
                scope(&new.places),
                other.command.name,
                new.command.name
            ));
            return;
        }
        self.bindings.push(new);
    }

    /// The same with the operator's own keys over the default ones. `text` is TOML: a table for each scope
    /// (`everywhere`, or a screen's word), in it keys and the names of commands; no name takes the key away. Mistakes and
    /// conflicts are told in [`Keymap::conflicts`] and leave the default as it is.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        match toml::from_str::<BTreeMap<String, BTreeMap<String, String>>>(text) {
            Ok(scopes) => own::bind(&mut self, &scopes),
            Err(e) => self.conflicts.push(format!("keys.toml cannot be read: {e}")),
        }
        self
    }

    /// What could not be bound, in sentences.
    #[must_use]
    pub fn conflicts(&self) -> &[String] {
        &self.conflicts
    }

    /// Every command that the console can reach, in registry order.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> + use<> {
        self.registry.iter().copied().flatten().filter(|c| c.surface != Surface::Cli)
    }

    /// The command of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&'static Command> {
        self.commands().find(|c| c.name == name)
    }

    /// What `keys` mean in `place`.
    #[must_use]
    pub fn find(&self, place: Place, keys: &[Key]) -> Found {
        let here = |b: &&Binding| b.places.is_empty() || b.places.contains(&place);
        let exact = |b: &&Binding| b.keys == keys;
        let matching = || self.bindings.iter().filter(here).filter(exact);
        if let Some(b) = matching().find(|b| !b.places.is_empty()).or_else(|| matching().next()) {
            return Found::Command(b.command);
        }
        match self.bindings.iter().filter(here).any(|b| b.keys.starts_with(keys)) {
            true => Found::More,
            false => Found::Nothing,
        }
    }

    /// The keys of a command, those that were bound first at the front.
    pub fn keys_of(&self, command: &Command) -> impl Iterator<Item = String> {
        self.bindings.iter().filter(|b| b.command.name == command.name).map(|b| shown(&b.keys))
    }

    /// Commands whose keys work in `place`, those of the place before those of everywhere.
    #[must_use]
    pub fn here(&self, place: Place) -> Vec<&'static Command> {
        let own = self.commands().filter(|c| c.places.contains(&place));
        own.chain(self.commands().filter(|c| c.places.is_empty())).collect()
    }
}

impl Binding {
    /// One of the two sequences begins with the other: only one of them can be typed.
    fn meets(&self, keys: &[Key]) -> bool {
        self.keys.starts_with(keys) || keys.starts_with(&self.keys)
    }
}

/// A sequence of keys as it is written.
fn shown(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// A scope in words.
fn scope(places: &[Place]) -> String {
    if places.is_empty() { "everywhere".into() } else { places.iter().map(|p| p.word()).collect::<Vec<_>>().join(", ") }
}

/// Two scopes meet when both are everywhere, or both name the same place. A place against everywhere is no conflict:
/// the place wins.
fn overlap(a: &[Place], b: &[Place]) -> bool {
    (a.is_empty() && b.is_empty()) || a.iter().any(|p| b.contains(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Args, Context, Intent, Motion, Risk, Step};

    const fn command(name: &'static str, keys: &'static [&'static str], places: &'static [Place]) -> Command {
        Command {
            name,
            about: "about",
            keys,
            places,
            surface: Surface::Both,
            risk: Risk::Look,
            args: &[],
            ready: |_| Ok(()),
            run: |_: &Context, _: &Args| Ok(vec![Step::Intent(Intent::Move(Motion::Down))]),
        }
    }

    fn name(found: Found) -> String {
        match found {
            Found::Command(c) => c.name.to_owned(),
            Found::More => "more".into(),
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn sequences_and_scopes() {
        const GROUP: &[Command] = &[
            command("cursor.first", &["g g"], &[]),
            command("world.b", &["b"], &[]),
            command("triage.b", &["b"], &[Place::TRIAGE]),
        ];
        let map = Keymap::new(&[GROUP]);
        assert!(map.conflicts().is_empty());
        let g = Key::parse("g").unwrap();
        let b = Key::parse("b").unwrap();
        assert_eq!(name(map.find(Place::HUNT, &[g])), "more");
        assert_eq!(name(map.find(Place::HUNT, &[g, g])), "cursor.first");
        assert_eq!(name(map.find(Place::HUNT, &[g, b])), "nothing");
        assert_eq!(name(map.find(Place::HUNT, &[b])), "world.b");
        assert_eq!(name(map.find(Place::TRIAGE, &[b])), "triage.b");
    }

    #[test]
    fn conflicts_name_both_commands() {
        const GROUP: &[Command] = &[
            command("a.one", &["g"], &[]),
            command("a.two", &["g g"], &[]),
            command("a.three", &["Entr"], &[Place::HUNT]),
        ];
        let map = Keymap::new(&[GROUP]);
        assert_eq!(map.conflicts().len(), 2);
        assert_eq!(map.conflicts()[0], "the key g g (everywhere) is claimed by a.one and by a.two; the first keeps it");
    }

    #[test]
    fn the_consoles_own_groups_do_not_conflict() {
        let map = Keymap::new(crate::console::screen::REGISTRY);
        assert_eq!(map.conflicts(), &[] as &[String]);
    }
}
