//! Keys to commands: sequences, scopes, conflicts, hints. Built from the command registry; knows no screen and no app.
//!
//! A command without places works everywhere; one with places wins there over one without. Start at [`Keymap::find`].

pub mod chord;

pub use chord::Key;

use crate::command::{Command, Place, Surface};

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
                    Ok(keys) => map.bind(keys, command),
                    Err(why) => map.conflicts.push(format!("{}: {why}", command.name)),
                }
            }
        }
        map
    }

    fn bind(&mut self, keys: Vec<Key>, command: &'static Command) {
        let clash = self.bindings.iter().find(|b| {
            (b.keys.starts_with(&keys) || keys.starts_with(&b.keys)) && overlap(b.command.places, command.places)
        });
        if let Some(other) = clash {
            let shown: Vec<_> = keys.iter().map(Key::to_string).collect();
            self.conflicts.push(format!(
                "the key {} is claimed by {} and by {}; the first keeps it",
                shown.join(" "),
                other.command.name,
                command.name
            ));
            return;
        }
        self.bindings.push(Binding { keys, command });
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
        let here = |b: &&Binding| b.command.places.is_empty() || b.command.places.contains(&place);
        let exact = |b: &&Binding| b.keys == keys;
        let matching = || self.bindings.iter().filter(here).filter(exact);
        if let Some(b) = matching().find(|b| !b.command.places.is_empty()).or_else(|| matching().next()) {
            return Found::Command(b.command);
        }
        match self.bindings.iter().filter(here).any(|b| b.keys.starts_with(keys)) {
            true => Found::More,
            false => Found::Nothing,
        }
    }

    /// The keys of a command as text, e.g. `j, Down`.
    #[must_use]
    pub fn keys_of(command: &Command) -> String {
        command.keys.join(", ")
    }

    /// Commands whose keys work in `place`, those of the place before those of everywhere.
    #[must_use]
    pub fn here(&self, place: Place) -> Vec<&'static Command> {
        let own = self.commands().filter(|c| c.places.contains(&place));
        own.chain(self.commands().filter(|c| c.places.is_empty())).collect()
    }
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
        assert!(map.conflicts()[0].contains("a.one") && map.conflicts()[0].contains("a.two"));
    }

    #[test]
    fn the_consoles_own_groups_do_not_conflict() {
        let map = Keymap::new(crate::console::screen::REGISTRY);
        assert_eq!(map.conflicts(), &[] as &[String]);
    }
}
