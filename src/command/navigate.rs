//! Moving about and looking: cursor, panels, in and out, what lies over the screens, how things look. Console only;
//! everything here but leaving is an intent of the console. The commands that go to a screen are made from the table of
//! screens (`console/screen/mod.rs`).

use super::{Arg, ArgKind, Args, Command, Context, Effect, Intent, Motion, Risk, Step, Surface};
use crate::api::{EntityKind, EntityRef, IncidentId, Problem};

/// The group.
pub const ALL: &[Command] = &[
    look("cursor.down", "Move down one row", &["j", "Down"], |_, _| motion(Motion::Down)),
    look("cursor.up", "Move up one row", &["k", "Up"], |_, _| motion(Motion::Up)),
    look("cursor.first", "Go to the first row; shows rows that came in meanwhile", &["g g", "Home"], |_, _| {
        motion(Motion::First)
    }),
    look("cursor.last", "Go to the very last row, loading what is needed", &["G", "End"], |_, _| motion(Motion::Last)),
    look("cursor.half_down", "Move down half a page", &["ctrl-d"], |_, _| motion(Motion::HalfDown)),
    look("cursor.half_up", "Move up half a page", &["ctrl-u"], |_, _| motion(Motion::HalfUp)),
    look("cursor.page_down", "Move down a page", &["PageDown"], |_, _| motion(Motion::PageDown)),
    look("cursor.page_up", "Move up a page", &["PageUp"], |_, _| motion(Motion::PageUp)),
    look("panel.next", "Go to the next panel or tab", &["Tab", "Right"], |_, _| motion(Motion::NextPanel)),
    look("panel.previous", "Go to the panel or tab before", &["BackTab", "Left"], |_, _| motion(Motion::PreviousPanel)),
    look("row.open", "Open what the cursor is on", &["Enter"], |_, _| intent(Intent::Open)),
    look("row.mark", "Mark or unmark the row; changes apply to marked rows", &["x"], |_, _| intent(Intent::ToggleMark)),
    look("row.mark_all", "Mark everything that fits the filter, also what is not loaded", &["X"], |_, _| {
        intent(Intent::MarkAll)
    }),
    look("row.why", "Explain why this row stands here and scores as it does", &["w"], |_, _| intent(Intent::Why)),
    look("screen.back", "Go back; clears marks and filter first", &["Esc"], |_, _| intent(Intent::Back)),
    Command {
        args: &[Arg::position("id", "Its number")],
        ..look("incident.open", "Open an incident by its number", &[], |_, args| {
            args.need("id")?;
            let id = args.read::<IncidentId>("id", "an incident's number, for example 42")?;
            id.map_or(Ok(Vec::new()), |id| intent(Intent::OpenIncident(id)))
        })
    },
    Command {
        args: &[Arg::position("name", "An address, a range or a user")],
        ..look("entity.open", "Open an address, a range or a user by name", &[], |_, args| {
            intent(Intent::OpenEntity(entity_from(args.need("name")?)))
        })
    },
    Command {
        args: &[Arg { name: "query", about: "Filter; empty for all", kind: ArgKind::OptionalPosition, words: &[] }],
        ..look("audit.search", "Search events", &[], |_, args| {
            intent(Intent::Search(args.get("query").unwrap_or_default().to_owned()))
        })
    },
    look("filter.edit", "Filter the rows of this screen", &["/"], |_, _| intent(Intent::EditFilter)),
    look("palette.open", "Run any command by its name", &[":"], |_, _| intent(Intent::OpenPalette)),
    look("help.open", "Show what can be done here, and by which keys", &["?"], |_, _| intent(Intent::OpenHelp)),
    look("messages.open", "Show what the console has said so far", &[], |_, _| intent(Intent::OpenMessages)),
    Command {
        args: &[Arg::position("name", "A built-in theme, or a file of yours without .toml")],
        ..look("theme.use", "Use another theme", &[], |_, args| intent(Intent::UseTheme(args.need("name")?.to_owned())))
    },
    Command {
        args: &[Arg::position("set", "Lines and blocks, or ASCII only").of(&["unicode", "ascii"])],
        ..look("glyphs.use", "Draw with lines and blocks, or with ASCII only", &[], |_, args| {
            match args.need("set")? {
                "ascii" => intent(Intent::UseGlyphs(true)),
                _ => intent(Intent::UseGlyphs(false)),
            }
        })
    },
    look("screen.redraw", "Draw everything anew", &["ctrl-l"], |_, _| intent(Intent::Redraw)),
    look("program.suspend", "Go to the background; fg brings the console back", &["ctrl-z"], |_, _| {
        intent(Intent::Suspend)
    }),
    look("program.quit", "Leave the console", &["q", "ctrl-c"], |_, _| Ok(vec![Step::Effect(Effect::Quit)])),
];

/// A command of the console that changes nothing on the platform.
#[must_use]
pub const fn look(
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

/// What such a command yields.
///
/// # Errors
/// Never; it is the type of every command.
pub fn intent(intent: Intent) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::Intent(intent)])
}

fn motion(motion: Motion) -> Result<Vec<Step>, Problem> {
    intent(Intent::Move(motion))
}

/// What kind of thing a name is: an address, a prefix, else a user.
pub(super) fn entity_from(name: &str) -> EntityRef {
    if let Ok(ip) = name.parse::<std::net::IpAddr>() {
        return EntityRef::address(ip);
    }
    match name.parse::<ipnet::IpNet>() {
        Ok(net) => EntityRef { kind: EntityKind::Range, value: net.trunc().to_string().into() },
        Err(_) => EntityRef::user(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static Command {
        ALL.iter().find(|c| c.name == name).unwrap()
    }

    #[test]
    fn names_are_read_as_what_they_are() {
        let open = |name: &str| (named("entity.open").run)(&Context::default(), &Args::default().with("name", name));
        let kind = |name: &str| match open(name).unwrap().remove(0) {
            Step::Intent(Intent::OpenEntity(entity)) => entity,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind("::ffff:198.51.100.7").value.raw(), "198.51.100.7");
        assert_eq!(kind("198.51.100.7/24").value.raw(), "198.51.100.0/24");
        assert_eq!(kind("intruder").kind, EntityKind::User);
    }

    #[test]
    fn a_number_must_be_one() {
        let open = |id: &str| (named("incident.open").run)(&Context::default(), &Args::default().with("id", id));
        assert_eq!(open("#42").unwrap(), vec![Step::Intent(Intent::OpenIncident(IncidentId(42)))]);
        assert!(open("many").unwrap_err().to_string().contains("for example 42"));
    }

    #[test]
    fn a_theme_needs_a_name() {
        let run = named("theme.use").run;
        let cx = Context::default();
        assert!(run(&cx, &Args::default()).unwrap_err().to_string().contains("name is missing"));
        let steps = run(&cx, &Args::default().with("name", "light")).unwrap();
        assert_eq!(steps, vec![Step::Intent(Intent::UseTheme("light".into()))]);
    }
}
