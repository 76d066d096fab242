//! Version, caller, and the figures of the first screen.

use super::audit::problem;
use crate::api::endpoint::{Empty, GetMe, GetOverview, GetVersion};
use crate::api::{EnforcerState, EntityKind, EntityRef, GateFigures, Me, Overview, Problem, Version};
use crate::platform::http::Routes;
use crate::platform::{Platform, lock};

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
    let blocks = platform.responder.blocks(now);
    let missing = |b: &&crate::api::Block| b.enforcers.iter().any(|e| e.state == EnforcerState::Missing);
    let next = blocks.iter().min_by_key(|b| b.expires);
    let counters = platform.gate.counters();
    Ok(Overview {
        now,
        events_per_minute: parts.events_per_minute,
        detections_per_minute: parts.detections_per_minute,
        top_addresses: parts.top_addresses,
        countries: parts.countries,
        countries_note: platform.countries_note.clone(),
        open_by_severity: parts.open_by_severity,
        sources: platform.sources(),
        active_blocks: blocks.len() as u64,
        drifted_blocks: blocks.iter().filter(missing).count() as u64,
        next_expiry: next.map(|b| {
            let kind = match b.kind {
                crate::api::ActionKind::BlockRange => EntityKind::Range,
                crate::api::ActionKind::RevokeSession => EntityKind::Session,
                _ => EntityKind::Address,
            };
            (EntityRef { kind, value: b.target.clone() }, b.expires)
        }),
        containment: parts.containment,
        gate: GateFigures {
            checked: counters.checked,
            blocked: counters.blocked,
            hostile: counters.hostile,
            revoked: counters.revoked,
        },
        trouble: lock(&platform.trouble).clone(),
        drill: platform.drill.is_on(),
        drill_data: parts.drill_data,
    })
}
