//! Version, caller, and the figures of the first screen.

use super::audit::problem;
use crate::api::endpoint::{Empty, GetMe, GetOverview, GetVersion};
use crate::api::{ActionKind, Block, EntityKind, EntityRef, Me, Overview, Problem, Version};
use crate::platform::Platform;
use crate::platform::http::Routes;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<GetVersion>(|p, _, Empty {}| {
            Ok(Version {
                product: "watchfloor".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                api: vec!["v1".into()],
                now: p.now(),
            })
        })
        .on::<GetMe>(|_, by, Empty {}| Ok(Me { name: by.name.clone(), role: by.role.clone(), expires: by.expires }))
        .on::<GetOverview>(|p, _, Empty {}| overview(p))
}

fn overview(platform: &Platform) -> Result<Overview, Problem> {
    let now = platform.now();
    let parts = platform.store.overview_parts(now).map_err(problem)?;
    let (active_blocks, drifted_blocks, next) = platform.responder.in_force(now);
    Ok(Overview {
        now,
        countries_note: platform.countries_note.clone(),
        sources: platform.sources(),
        active_blocks,
        drifted_blocks,
        next_expiry: next.map(|b| (subject(&b), b.expires)),
        gate: platform.gate.figures(),
        trouble: platform.trouble(),
        drill: platform.drill.is_on(),
        ..parts
    })
}

/// Whom a block is about.
fn subject(block: &Block) -> EntityRef {
    let kind = match block.kind {
        ActionKind::BlockRange => EntityKind::Range,
        ActionKind::RevokeSession => EntityKind::Session,
        _ => EntityKind::Address,
    };
    EntityRef { kind, value: block.target.clone() }
}
