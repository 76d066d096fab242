//! Sources and the drill.

use crate::api::endpoint::{DrillSwitch, Empty, ListSources, PurgeDrill, SwitchDrill};
use crate::platform::Platform;
use crate::platform::http::Routes;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<ListSources>(|p, _, Empty {}| Ok(p.sources()))
        .on::<SwitchDrill>(|p, by, DrillSwitch { run }| p.switch_drill(run, &by.name))
        .on::<PurgeDrill>(|p, by, Empty {}| p.purge_drill(&by.name))
}
