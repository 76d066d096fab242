//! The tree is complete, and its help is what was approved.

use super::*;
use crate::command::{ArgKind, Surface};

#[test]
fn clap_finds_nothing_wrong() {
    tree().debug_assert();
}

#[test]
fn every_command_of_the_registry_is_reachable_and_parses_from_its_usage_line() {
    for command in command::all().into_iter().filter(|c| c.surface != Surface::Console) {
        let mut words: Vec<String> = vec!["watchfloor".into()];
        for word in command.usage().split(' ') {
            words.push(word.trim_matches(['[', ']']).trim_end_matches("...").to_owned());
        }
        // Values stand where the usage line names them; where only certain words are allowed, one of those.
        for arg in command.args.iter().filter(|a| !a.words.is_empty()) {
            let name = arg.name.to_uppercase();
            words.iter_mut().filter(|w| **w == name).for_each(|w| *w = arg.words[0].to_owned());
        }
        let matches = tree().try_get_matches_from(&words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
        let (noun, sub) = matches.subcommand().unwrap();
        let (verb, args) = sub.subcommand().unwrap();
        assert_eq!(format!("{noun}.{verb}"), command.name);
        for arg in command.args {
            match arg.kind {
                ArgKind::Flag => assert!(args.get_flag(arg.name)),
                _ => assert!(args.get_raw(arg.name).is_some(), "{} {}", command.name, arg.name),
            }
        }
    }
}

#[test]
fn every_noun_has_a_line_and_every_exit_code_is_told() {
    for command in command::all().into_iter().filter(|c| c.surface != Surface::Console) {
        let noun = command.name.split('.').next().unwrap();
        assert!(NOUNS.iter().any(|(n, ..)| *n == noun), "{noun} is missing in NOUNS");
    }
    for kind in crate::api::ProblemKind::KNOWN {
        let code = crate::api::ProblemKind::from(*kind).exit_code();
        assert!(EXAMPLES.contains(&format!("\n    {code}  ")), "{code} of {kind}");
    }
    for code in [crate::cli::PARTLY, crate::cli::INTERRUPTED] {
        assert!(EXAMPLES.contains(&format!("{code}  ")));
    }
}

/// All help there is, one after another.
fn help(command: &mut Command, path: &str, out: &mut String) {
    out.push_str(&format!("$ {path} --help\n{}\n", command.clone().bin_name(path).term_width(100).render_long_help()));
    for sub in command.get_subcommands_mut().filter(|s| s.get_name() != "help") {
        let name = sub.get_name().to_owned();
        // The flags of the top are in its own help; repeated forty times they would bury what differs.
        help(sub, &format!("{path} {name}"), out);
    }
}

#[test]
fn the_help_is_what_was_approved() {
    let mut text = String::new();
    help(&mut tree(), "watchfloor", &mut text);
    assert!(text.lines().all(|line| line.chars().count() <= 120));
    let shown: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("help", shown);
    });
}
