//! What lies over the screens and how things look: filter, palette, help, message log, theme, redraw, suspend, quit.

use super::{Arg, ArgKind, Args, Command, Context, Effect, Intent, Risk, Step, Surface};
use crate::api::Problem;

/// The group.
pub const ALL: &[Command] = &[
    view("filter.edit", "Filter the rows of this screen", &["/"], |_, _| intent(Intent::EditFilter)),
    view("palette.open", "Run any command by its name", &[":"], |_, _| intent(Intent::OpenPalette)),
    view("help.open", "Show what can be done here, and by which keys", &["?"], |_, _| intent(Intent::OpenHelp)),
    view("messages.open", "Show what the console has said so far", &[], |_, _| intent(Intent::OpenMessages)),
    Command {
        args: &[Arg { name: "name", about: "dark or light", kind: ArgKind::Position, words: &["dark", "light"] }],
        ..view("theme.use", "Use another theme", &[], |_, args| intent(Intent::UseTheme(args.need("name")?.to_owned())))
    },
    view("screen.redraw", "Draw everything anew", &["ctrl-l"], |_, _| intent(Intent::Redraw)),
    view("program.suspend", "Go to the background; fg brings the console back", &["ctrl-z"], |_, _| {
        intent(Intent::Suspend)
    }),
    view("program.quit", "Leave the console", &["q", "ctrl-c"], |_, _| Ok(vec![Step::Effect(Effect::Quit)])),
];

const fn view(
    name: &'static str,
    about: &'static str,
    keys: &'static [&'static str],
    run: fn(&Context, &Args) -> Result<Vec<Step>, Problem>,
) -> Command {
    Command {
        name,
        about,
        keys,
        places: &[],
        surface: Surface::Console,
        risk: Risk::Look,
        args: &[],
        ready: |_| Ok(()),
        run,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of every command")]
fn intent(intent: Intent) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::Intent(intent)])
}

#[cfg(test)]
mod tests {
    use super::super::navigate;
    use super::*;

    #[test]
    fn commands_are_named_and_described() {
        let all: Vec<_> = navigate::ALL.iter().chain(ALL).collect();
        for (i, command) in all.iter().enumerate() {
            assert!(command.name.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()));
            assert!(command.about.chars().count() <= 72, "{}", command.name);
            assert!(!all[..i].iter().any(|c| c.name == command.name), "{} twice", command.name);
        }
    }

    #[test]
    fn a_theme_needs_a_name() {
        let run = ALL.iter().find(|c| c.name == "theme.use").unwrap().run;
        let cx = Context::default();
        assert!(run(&cx, &Args::default()).unwrap_err().to_string().contains("name is missing"));
        let steps = run(&cx, &Args::default().with("name", "light")).unwrap();
        assert_eq!(steps, vec![Step::Intent(Intent::UseTheme("light".into()))]);
    }
}
