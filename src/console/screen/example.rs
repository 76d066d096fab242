//! The worked example of README's "Adding a screen": a whole screen, in the table only while tests run, so that what the
//! README shows is compiled, drawn at every size and tried with hostile texts like any other.

use super::Touched;
use super::rows::Rows;
use super::sheet::Subject;
use crate::api::endpoint::ListActions;
use crate::api::{Action, Live};
use crate::command::{Intent, Place, Resource};

/// Actions that did not come to pass.
#[derive(Debug, Default)]
pub struct Failures;

impl Subject for Failures {
    type Call = ListActions; // the endpoint that pages through the rows
    type Row = Action; // with its columns in `column/action.rs`

    const PLACE: Place = Place("screen.failures");
    const KEYS: &'static [&'static str] = &["g x"];
    const ABOUT: &'static str = "Actions that failed";
    const TITLE: &'static str = "Failures";
    const ROWS: Resource = Resource::Actions;
    const HOME: &'static str = "state:failed";
    const EMPTY: &'static str = "Nothing failed.";

    fn open(action: &Action) -> Option<Intent> {
        action.incident.map(Intent::OpenIncident)
    }

    fn live(update: &Live, rows: &mut Rows<Action>) -> Touched {
        let Live::Action(action) = update else { return Touched::Nothing };
        rows.patch(action);
        Touched::Stale
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_this_very_screen() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let own = include_str!("example.rs");
        let (_, code) = own.split_once("\n\n").unwrap();
        let (code, _) = code.split_once("\n#[cfg(test)]\nmod tests").unwrap();
        assert!(readme.contains(code.trim_end()), "copy example.rs into the README");
        assert!(readme.contains("    Entry::of::<Sheet<example::Failures>>(),"));
    }
}
