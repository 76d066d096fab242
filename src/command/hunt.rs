//! Searching events and detections, and choosing what a list shows. Console only.

use super::navigate::{intent, look};
use super::{Command, Intent, Place};

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
    look("columns.choose", "Choose the columns of this list", &["v"], |_, _| intent(Intent::ChooseColumns)),
];
