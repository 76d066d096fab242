//! Searching events and detections, and choosing what a list shows. Console only.

use super::navigate::{intent, look};
use super::{Arg, ArgKind, Command, Intent, Place};
use crate::query::{Resource, group::groupable};

/// What incidents can be grouped by.
const INCIDENT_GROUPS: &[&str] = groupable(Resource::Incident);

/// The group.
pub const ALL: &[Command] = &[
    Command {
        places: &[Place::HUNT],
        ..look("hunt.switch", "Search detections instead of events, and back", &["d"], |_, _| {
            intent(Intent::SwitchRows)
        })
    },
    Command {
        places: &[Place::HUNT],
        ..look("hunt.facets", "Count the values of a field; again: leave them", &["f"], |_, _| intent(Intent::Facets))
    },
    Command {
        places: &[Place::TRIAGE],
        args: &[Arg { name: "field", about: "Which field", kind: ArgKind::OptionalPosition, words: INCIDENT_GROUPS }],
        ..look("group.by", "Count the incidents of this list by a field", &["f"], |_, args| {
            intent(Intent::GroupBy(args.get("field").map(str::to_owned)))
        })
    },
    look("columns.choose", "Choose the columns of this list", &["v"], |_, _| intent(Intent::ChooseColumns)),
];
