//! Working through the queue one incident at a time: a key for each verdict. Console only; what is judged is sent after
//! a few seconds, so that a slip of a finger can be taken back.

use super::navigate::{intent, look};
use super::{Command, Intent, Place, Risk, ready};
use crate::api::Verdict;

const BASE: Command = Command {
    places: &[Place::SWEEP],
    risk: Risk::Change,
    ready: ready::analyst,
    ..look("", "", &[], |_, _| Ok(Vec::new()))
};

/// The group.
pub const ALL: &[Command] = &[
    Command {
        name: "sweep.attack",
        about: "Judge it: an attack, and hostile",
        keys: &["t"],
        run: |_, _| intent(Intent::Judge(Verdict::TruePositive)),
        ..BASE
    },
    Command {
        name: "sweep.benign",
        about: "Judge it: real, but allowed",
        keys: &["n"],
        run: |_, _| intent(Intent::Judge(Verdict::BenignPositive)),
        ..BASE
    },
    Command {
        name: "sweep.logic",
        about: "Judge it: false, the rule is wrong about this",
        keys: &["f"],
        run: |_, _| intent(Intent::Judge(Verdict::FalsePositiveLogic)),
        ..BASE
    },
    Command {
        name: "sweep.data",
        about: "Judge it: false, what it was told is wrong",
        keys: &["d"],
        run: |_, _| intent(Intent::Judge(Verdict::FalsePositiveData)),
        ..BASE
    },
    Command {
        name: "sweep.undetermined",
        about: "Judge it: cannot be told from what there is",
        keys: &["i"],
        run: |_, _| intent(Intent::Judge(Verdict::Undetermined)),
        ..BASE
    },
];
