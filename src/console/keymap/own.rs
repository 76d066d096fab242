//! The operator's own keys, over the default ones.

use super::{Binding, Key, Keymap, overlap, scope, shown};
use crate::command::Place;
use crate::text::visible::escape;
use std::collections::BTreeMap;

/// Keys and what they run, by scope.
type Scopes = BTreeMap<String, BTreeMap<String, String>>;

/// Binds them all, then tells what cannot be.
pub(super) fn bind(map: &mut Keymap, scopes: &Scopes) {
    let mut own: Vec<Binding> = Vec::new();
    for (word, keys) in scopes {
        let Some(places) = places(map, word) else {
            map.conflicts
                .push(format!("keys.toml: [{}] is no screen; write [everywhere] or a screen's name", escape(word)));
            continue;
        };
        for (text, name) in keys {
            match read(map, &places, text, name) {
                Ok(Some(binding)) => take(map, &mut own, binding),
                Ok(None) => {}
                Err(why) => map.conflicts.push(format!("keys.toml: {why}")),
            }
        }
    }
    map.bindings.splice(0..0, own);
}

/// The places of a scope: every place that is the end of a command's name `screen.WORD`.
fn places(map: &Keymap, word: &str) -> Option<Vec<Place>> {
    if word == "everywhere" {
        return Some(Vec::new());
    }
    let screen = map.commands().find(|c| c.name.strip_prefix("screen.") == Some(word))?;
    Some(vec![Place(screen.name)])
}

/// A binding; nothing where the key was taken away.
fn read(map: &mut Keymap, places: &[Place], text: &str, name: &str) -> Result<Option<Binding>, String> {
    let keys = Key::parse_all(text)?;
    if keys.is_empty() {
        return Err(format!("\"{}\" is no key", escape(text)));
    }
    if name.is_empty() {
        map.bindings.retain(|b| b.keys != keys || !overlap(&b.places, places));
        return Ok(None);
    }
    let command =
        map.named(name).ok_or_else(|| format!("{} runs \"{}\", which is no command", shown(&keys), escape(name)))?;
    Ok(Some(Binding { keys, command, places: places.to_vec() }))
}

/// Takes a binding in. The same key of the defaults gives way; a default that it only hides is told of.
fn take(map: &mut Keymap, own: &mut Vec<Binding>, new: Binding) {
    let claimed = |other: &Binding, end: &str| {
        let (a, b) = (other.command.name, new.command.name);
        format!("keys.toml: the key {} ({}) is claimed by {a} and by {b}; {end}", shown(&new.keys), scope(&new.places))
    };
    if let Some(other) = own.iter().find(|b| b.meets(&new.keys) && overlap(&b.places, &new.places)) {
        map.conflicts.push(claimed(other, "the first keeps it"));
        return;
    }
    let hidden =
        map.bindings.iter().find(|b| b.keys != new.keys && b.meets(&new.keys) && overlap(&b.places, &new.places));
    let told = hidden.map(|other| claimed(other, "yours has it"));
    map.conflicts.extend(told);
    map.bindings.retain(|b| !(b.meets(&new.keys) && overlap(&b.places, &new.places)));
    own.push(new);
}

#[cfg(test)]
mod tests {
    use super::super::Found;
    use super::*;
    use crate::console::screen::REGISTRY;

    fn run(map: &Keymap, place: Place, keys: &str) -> String {
        match map.find(place, &Key::parse_all(keys).unwrap()) {
            Found::Command(command) => command.name.to_owned(),
            Found::More => "more".into(),
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn own_keys_come_over_the_default_ones() {
        let text = "[everywhere]\n\"ctrl-p\" = \"palette.open\"\n\", t\" = \"screen.triage\"\nq = \"\"\n[triage]\nE = \"incident.escalate\"\n";
        let map = Keymap::new(REGISTRY).with(text);
        assert_eq!(map.conflicts(), &[] as &[String]);
        assert_eq!(run(&map, Place::HUNT, "ctrl-p"), "palette.open");
        assert_eq!(run(&map, Place::HUNT, ","), "more");
        assert_eq!(run(&map, Place::HUNT, ", t"), "screen.triage");
        assert_eq!(run(&map, Place::HUNT, "q"), "nothing");
        assert_eq!(run(&map, Place::TRIAGE, "E"), "incident.escalate");
        assert_eq!(run(&map, Place::HUNT, "E"), "nothing");
        let keys: Vec<_> = map.keys_of(map.named("incident.escalate").unwrap()).collect();
        assert_eq!(keys, ["E", "s"]);
    }

    #[test]
    fn mistakes_name_key_scope_and_both_commands() {
        let text = "[everywhere]\ng = \"help.open\"\nGG = \"help.open\"\nh = \"no.such\"\n\"k k\" = \"palette.open\"\n[nowhere]\na = \"help.open\"\n";
        let map = Keymap::new(REGISTRY).with(text);
        let all = map.conflicts().join("\n");
        assert!(
            all.contains("the key g (everywhere) is claimed by screen.suppressions and by help.open; yours has it"),
            "{all}"
        );
        assert!(all.contains("\"GG\" is not a key") && all.contains("\"no.such\", which is no command"), "{all}");
        assert!(all.contains("the key k k (everywhere) is claimed by cursor.up and by palette.open"), "{all}");
        assert!(all.contains("[nowhere] is no screen"), "{all}");
        let broken = Keymap::new(REGISTRY).with("[everywhere");
        assert!(broken.conflicts()[0].starts_with("keys.toml cannot be read"));
    }
}
