//! Actions and blocks: preview, create, list, undo, release.

use super::audit::{gone, problem};
use crate::api::endpoint::{
    ActionPath, CreateAction, GetAction, ListActions, ListBlocks, PreviewAction, ReleaseBlocks, ReleaseInput, Removed,
    UndoAction,
};
use crate::api::{ActionRequest, Block, List, Page, Problem, ProblemKind, Timestamp};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::query::Query;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<PreviewAction>(|p, _, request: ActionRequest| p.responder.preview(&request, p.now()))
        .on::<CreateAction>(|p, by, request: ActionRequest| p.create_action(&request, &by.name))
        .on::<ListActions>(|p, _, list: List| p.store.actions(&list).map_err(problem))
        .on::<GetAction>(|p, _, ActionPath { id }| {
            p.store.action(id).map_err(problem)?.ok_or_else(|| gone("action", id.0))
        })
        .on::<UndoAction>(|p, by, ActionPath { id }| p.undo_action(id, &by.name))
        .on::<ListBlocks>(|p, _, list: List| blocks(p, &list))
        .on::<ReleaseBlocks>(|p, by, ReleaseInput { reason }| {
            let rows = p.responder.release_all(&by.name, reason.raw(), p.now())?;
            Ok(Removed { rows })
        })
}

/// Blocks in force, now or at an instant.
pub(super) fn in_force(platform: &Platform, at: Option<Timestamp>) -> Result<Vec<Block>, Problem> {
    match at {
        Some(at) => platform.store.blocks_then(at).map_err(problem),
        None => Ok(platform.responder.blocks(platform.now())),
    }
}

/// Blocks in force are few enough to sort in memory; the cursor is the id of the last one shown.
fn blocks(platform: &Platform, list: &List) -> Result<Page<Block>, Problem> {
    let query = Query::parse(&list.query)
        .map_err(|e| Problem::new(ProblemKind::Usage, "The filter cannot be read", e.to_string()))?
        .at(list.at.unwrap_or_else(|| platform.now()));
    let after: Option<u64> = match &list.after {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            Problem::new(ProblemKind::Usage, "The cursor cannot be used", "it is not one that this list gave out")
        })?),
    };
    let mut blocks = in_force(platform, list.at)?;
    blocks.sort_by_key(|b| b.action);
    if !list.oldest_first {
        blocks.reverse();
    }
    let beyond = |b: &Block| match after {
        None => true,
        Some(id) if list.oldest_first => b.action.0 > id,
        Some(id) => b.action.0 < id,
    };
    let in_time = |b: &Block| list.since.is_none_or(|t| b.since >= t) && b.since < list.end();
    let mut rows = blocks.into_iter().filter(|b| beyond(b) && in_time(b) && query.matches(b));
    let items: Vec<Block> = rows.by_ref().take(list.rows()).collect();
    let next = rows.next().and(items.last()).map(|b| b.action.to_string());
    Ok(Page { items, next, covered: None })
}
