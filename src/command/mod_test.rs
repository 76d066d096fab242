//! The laws of the registry.

use super::*;
use std::collections::HashSet;

#[test]
fn names_are_unique_and_noun_verb() {
    let mut seen = HashSet::new();
    for command in all() {
        assert!(seen.insert(command.name), "twice: {}", command.name);
        let (noun, verb) = command.name.split_once('.').expect(command.name);
        assert!(!noun.is_empty() && !verb.is_empty() && !verb.contains('.'), "{}", command.name);
        assert!(command.name.chars().all(|c| c.is_ascii_lowercase() || "._-".contains(c)), "{}", command.name);
        assert_eq!(find(command.name).map(|c| c.name), Some(command.name));
    }
}

#[test]
fn every_line_about_a_command_fits() {
    for command in all() {
        let length = command.about.chars().count();
        assert!((8..=72).contains(&length), "{}: {length}", command.name);
        assert!(!command.about.ends_with('.'), "{}", command.name);
        for arg in command.args {
            assert!(!arg.about.is_empty() && !arg.about.ends_with('.'), "{} {}", command.name, arg.name);
        }
    }
}

#[test]
fn several_by_position_come_last_among_positions() {
    for command in all() {
        let positions: Vec<_> = command
            .args
            .iter()
            .filter(|a| !matches!(a.kind, ArgKind::Option | ArgKind::Flag))
            .map(|a| a.kind)
            .collect();
        let many = positions.iter().position(|k| *k == ArgKind::Positions);
        assert!(many.is_none_or(|at| at + 1 == positions.len()), "{}", command.name);
    }
}

/// Arguments that every command accepts one way or another.
fn plausible(command: &Command) -> Args {
    command.args.iter().filter(|a| !matches!(a.kind, ArgKind::Flag)).fold(Args::default(), |args, arg| {
        let value = match (arg.words.first(), arg.name) {
            (Some(word), _) => word,
            (None, "id" | "incident" | "limit" | "revision") => "7",
            (None, "target") => "198.51.100.7",
            (None, "since") => "2026-11-20T00:00:00Z",
            (None, "until") => "2026-11-21T00:00:00Z",
            (None, "ttl" | "for") => "4h",
            (None, "at") => "2026-11-20T00:00:00Z",
            _ => "text",
        };
        args.with(arg.name, value)
    })
}

#[test]
fn on_the_command_line_commands_yield_effects_only() {
    let ctx = Context { fresh_key: "k".into(), connected: true, ..Context::default() };
    for command in all().into_iter().filter(|c| c.surface != Surface::Console) {
        assert_eq!((command.ready)(&ctx), Ok(()), "{}", command.name);
        let steps = (command.run)(&ctx, &plausible(command)).unwrap_or_else(|e| panic!("{}: {e}", command.name));
        assert!(!steps.is_empty(), "{}", command.name);
        assert!(steps.iter().all(|s| matches!(s, Step::Effect(_))), "{}: {steps:?}", command.name);
    }
}

#[test]
fn an_exports_format_follows_its_files_ending_unless_told() {
    let format = |pairs: &[(&str, &str)], place| {
        let args = pairs.iter().fold(Args::default(), |args, (name, value)| args.with(name, *value));
        let ctx = Context { place, connected: true, ..Context::default() };
        (find("export.audit").unwrap().run)(&ctx, &args).map(|steps| match steps.as_slice() {
            [Step::Effect(Effect::Export(export))] => export.format,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(format(&[("out", "x.CSV")], None), Ok(Format::Csv));
    assert_eq!(format(&[("out", "x.csv"), ("output", "json")], None), Ok(Format::Json));
    assert_eq!(format(&[("out", "x.jsonl")], Some(Place::HUNT)), Ok(Format::Ndjson));
    assert_eq!(format(&[], None), Ok(Format::Table));
    assert!(format(&[], Some(Place::HUNT)).is_err());
}

#[test]
fn every_action_in_the_world_can_be_previewed_or_takes_something_back() {
    for command in all().into_iter().filter(|c| c.risk == Risk::Act) {
        let previewed = command.args.iter().any(|a| a.name == "dry-run");
        assert!(previewed || command.name.ends_with(".undo") || command.name == "block.release", "{}", command.name);
    }
}

#[test]
fn no_key_means_two_things_in_one_place() {
    let all = all();
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            let shared = a.keys.iter().find(|k| b.keys.contains(k));
            let together = a.places.is_empty() || b.places.is_empty() || a.places.iter().any(|p| b.places.contains(p));
            assert!(shared.is_none() || !together, "{:?}: {} and {}", shared, a.name, b.name);
        }
    }
}

/// Keys of dialogues, which no command has.
const IN_THE_PREVIEW: [&str; 2] = ["R", "t"];

#[test]
fn the_readme_tells_the_keys_as_they_are() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## In the console").nth(1).unwrap().split("\n\n").nth(1).unwrap();
    let told: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    let all = crate::console::screen::REGISTRY.concat();
    let bound = |key: &&str| all.iter().any(|c| c.keys.contains(key)) || IN_THE_PREVIEW.contains(key);
    assert_eq!(told.iter().filter(|key| !bound(key)).collect::<Vec<_>>(), Vec::<&&str>::new());
    for (key, name) in [
        ("c", "incident.claim"),
        ("s", "incident.escalate"),
        ("e", "incident.archive"),
        ("C", "incident.close"),
        ("m", "incident.comment"),
        ("O", "incident.reopen"),
        ("b", "block.add"),
        ("r", "session.revoke"),
        ("u", "action.undo"),
        ("x", "row.mark"),
        ("D", "drill.toggle"),
        ("A", "incident.assign"),
        ("X", "row.mark_all"),
        ("w", "row.why"),
        ("y", "copy.choose"),
        ("a", "value.menu"),
    ] {
        assert!(told.contains(&key), "{key} is not in the README");
        assert!(find(name).unwrap().keys.contains(&key), "{key} does not run {name}");
    }
}
