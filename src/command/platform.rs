//! The platform itself: the drill, who is there, the ledger.

use super::{Args, Command, Context, Intent, Place, Resource, Risk, Step, Surface, lookup, ready};
use crate::api::Problem;
use crate::api::endpoint::{DrillSwitch, Empty, ListPresence, PurgeDrill, SwitchDrill, VerifyLedger};

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Both,
    risk: Risk::Change,
    args: &[],
    ready: ready::responder_here,
    run: start,
};

/// Commands on the platform.
pub const ALL: &[Command] = &[
    Command {
        name: "drill.toggle",
        about: "Start or stop the drill: labelled, synthetic attacks",
        keys: &["D"],
        surface: Surface::Console,
        run: |ctx, args| if ctx.drill { stop(ctx, args) } else { start(ctx, args) },
        ..BASE
    },
    Command { name: "drill.start", about: "Start the drill: labelled, synthetic attacks", run: start, ..BASE },
    Command { name: "drill.stop", about: "Stop the drill; what it stored stays", run: stop, ..BASE },
    Command { name: "drill.purge", about: "Remove everything the drill stored", run: purge, ..BASE },
    Command {
        name: "presence.list",
        about: "Who has a console open, and which incident each looks at",
        surface: Surface::Cli,
        risk: Risk::Look,
        ready: ready::connected,
        run: |_, _| Ok(vec![Step::call::<ListPresence>(&Empty {}, "")]),
        ..BASE
    },
    Command {
        name: "ledger.list",
        about: "List ledger entries, the newest first",
        surface: Surface::Cli,
        risk: Risk::Look,
        args: lookup::LIST,
        ready: ready::connected,
        run: |_, args| lookup::list(Resource::Ledger, args),
        ..BASE
    },
    Command {
        name: "ledger.verify",
        about: "Verify the whole ledger; reads the data directory without --url",
        keys: &["V"],
        places: &[Place("screen.ledger")],
        risk: Risk::Look,
        ready: ready::connected,
        run: |ctx, _| match ctx.place {
            Some(_) => Ok(vec![Step::Intent(Intent::Verify)]),
            None => Ok(vec![Step::call::<VerifyLedger>(&Empty {}, "")]),
        },
        ..BASE
    },
];

fn start(_: &Context, _: &Args) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::call::<SwitchDrill>(&DrillSwitch { run: true }, "the drill is running")])
}

fn stop(_: &Context, _: &Args) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::call::<SwitchDrill>(&DrillSwitch { run: false }, "the drill has stopped")])
}

fn purge(_: &Context, _: &Args) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::call::<PurgeDrill>(&Empty {}, "drill data removed")])
}
