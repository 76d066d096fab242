//! Going back in time: the whole console as it was at an instant. Console only; nothing can be changed there.

use super::navigate::{intent, look};
use super::{Arg, ArgKind, Command, Intent};
use crate::api::Problem;

/// One step, in milliseconds, and a large one.
const STEP_MS: i64 = 5 * 60_000;
const LEAP_MS: i64 = 3_600_000;

/// The group.
pub const ALL: &[Command] = &[
    look("time.back", "Go back in time by five minutes: everything as it was then", &["["], |_, _| {
        intent(Intent::Travel(-STEP_MS))
    }),
    look("time.forward", "Go forward by five minutes, at most to now", &["]"], |_, _| intent(Intent::Travel(STEP_MS))),
    look("time.hour_back", "Go back in time by an hour", &["{"], |_, _| intent(Intent::Travel(-LEAP_MS))),
    look("time.hour_forward", "Go forward by an hour, at most to now", &["}"], |_, _| intent(Intent::Travel(LEAP_MS))),
    Command {
        args: &[Arg::position("instant", "03:12, 2h (ago), yesterday, 2026-11-21 or 2026-11-21T03:12:00Z")],
        ..look("time.at", "Go to an instant: everything as it was then", &[], |_, args| match args.get("instant") {
            Some(text) => intent(Intent::TravelTo(text.to_owned())),
            None => ask("time.at", "Go to which instant?"),
        })
    },
    look("time.now", "Come back to now", &["."], |_, _| intent(Intent::Return)),
    Command {
        args: &[Arg {
            name: "instant",
            about: "The other instant, as time.at takes it; now when empty",
            kind: ArgKind::OptionalPosition,
            words: &[],
        }],
        ..look("time.compare", "Compare what is shown with another instant", &["="], |cx, args| {
            match args.get("instant") {
                Some(text) => intent(Intent::Compare(text.to_owned())),
                // In the past the other instant is most likely now.
                None if cx.past.is_some() => intent(Intent::Compare("now".into())),
                None => ask("time.compare", "Compare now with which instant?"),
            }
        })
    },
];

fn ask(command: &'static str, title: &str) -> Result<Vec<super::Step>, Problem> {
    intent(Intent::Ask { command, arg: "instant", title: title.to_owned(), args: super::Args::default() })
}
