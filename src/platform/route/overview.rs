//! Version, caller, and the figures of the first screen.

use super::audit::problem;
use crate::api::endpoint::{Empty, GetMe, GetOverview, GetVersion, Moment};
use crate::api::{ActionKind, Block, EntityKind, EntityRef, List, Me, Overview, Problem, Timestamp, Version};
use crate::platform::Platform;
use crate::platform::http::Routes;
use std::sync::PoisonError;

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
        .on::<GetOverview>(|p, _, Moment { at }| at.map_or_else(|| overview(p), |at| overview_then(p, at)))
}

fn overview(platform: &Platform) -> Result<Overview, Problem> {
    let now = platform.now();
    let parts = levelled(platform, platform.store.overview_parts(now, false).map_err(problem)?);
    let (active_blocks, drifted_blocks, next) = platform.responder.in_force(now);
    Ok(Overview {
        now,
        countries_note: platform.countries_note.clone(),
        sources: platform.sources(),
        active_blocks,
        drifted_blocks,
        next_expiry: next.map(|b| (subject(&b), b.expires)),
        suppressions: platform.quiet().len() as u64,
        gate: platform.gate.figures(),
        trouble: platform.trouble(),
        drill: platform.drill.is_on(),
        ..parts
    })
}

/// The figures of an instant; what is not kept of it is said so and left out.
fn overview_then(platform: &Platform, at: Timestamp) -> Result<Overview, Problem> {
    let mut parts = levelled(platform, platform.store.overview_parts(at, true).map_err(problem)?);
    let blocks = platform.store.blocks_then(at).map_err(problem)?;
    let next = blocks.iter().min_by_key(|b| b.expires);
    let mut not_kept: Vec<String> = ["how sources stood", "what enforcers held", "what the gate counted"]
        .map(|what| format!("{what} then is not kept"))
        .into();
    if super::incident::kept(platform, Some(at)).is_err() {
        not_kept.push("how incidents stood then is not kept".into());
    }
    parts.sources.clear();
    let asked = List { query: "state:in_force".into(), at: Some(at), limit: Some(1000), ..List::default() };
    Ok(Overview {
        active_blocks: blocks.len() as u64,
        next_expiry: next.map(|b| (subject(b), b.expires)),
        suppressions: platform.store.suppressions(&asked).map_err(problem)?.items.len() as u64,
        countries_note: platform.countries_note.clone(),
        not_kept,
        ..parts
    })
}

/// With the service levels of the settings.
fn levelled(platform: &Platform, mut figures: Overview) -> Overview {
    let levels = *platform.levels.read().unwrap_or_else(PoisonError::into_inner);
    figures.waiting.iter_mut().for_each(|w| w.level_seconds = levels.of(&w.severity));
    figures
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
