//! What the operator takes away from a screen, and how the console behaves while one looks at it. Console only.

use super::navigate::{intent, look};
use super::{Arg, Args, Command, Context, Effect, Export, Format, Intent, Step};
use crate::api::{Problem, ProblemKind};

/// The group.
pub const ALL: &[Command] = &[
    look("copy.choose", "Copy the value, the row, its link or the command for it", &["y"], |_, _| intent(Intent::Copy)),
    look("value.menu", "Only this, not this, open, block, copy: a value of the row", &["a"], |_, _| {
        intent(Intent::Values)
    }),
    Command {
        args: &[Arg::position("command", "A shell command; the rows come as NDJSON on its input")],
        ..look("view.pipe", "Pipe what this screen lists to a command", &["|"], pipe)
    },
    Command {
        args: &[Arg::position("name", "What to call it")],
        ..look("view.save", "Keep this screen with its filter as a view", &[], |_, args| match args.get("name") {
            Some(name) => intent(Intent::SaveView(name.to_owned())),
            None => {
                let title = "Save this view as".to_owned();
                intent(Intent::Ask { command: "view.save", arg: "name", title, args: args.clone() })
            }
        })
    },
    look("view.choose", "Go to a view that was saved", &["'"], |_, _| intent(Intent::ChooseView)),
    look("screen.privacy", "Show pseudonyms instead of users, addresses, hosts, sessions", &["P"], |_, _| {
        intent(Intent::Privacy)
    }),
    look("stream.pause", "Pause the stream and count what arrives; again: go on", &["p"], |_, _| intent(Intent::Pause)),
    look("time.zone", "Show times in UTC, local time, or that of the row's country", &["z"], |_, _| {
        intent(Intent::Zone)
    }),
];

fn pipe(cx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let Some((resource, query)) = &cx.listed else {
        return Err(Problem::new(ProblemKind::Usage, "There is no list on this screen", "a pipe needs rows"));
    };
    let Some(command) = args.get("command") else {
        let title = format!("Pipe {} to", resource.rows());
        return intent(Intent::Ask { command: "view.pipe", arg: "command", title, args: args.clone() });
    };
    let export = Export {
        resource: *resource,
        format: Format::Ndjson,
        query: query.clone(),
        since: None,
        until: None,
        at: None,
        pseudonyms: false,
        out: None,
        resume: false,
        limit: None,
        newest_first: true,
    };
    Ok(vec![Step::Effect(Effect::Pipe(export, command.to_owned()))])
}
