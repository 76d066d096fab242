//! Actions and blocks: preview, create, list, undo, release.

use super::audit::{gone, problem};
use crate::api::endpoint::{
    ActionPath, CreateAction, GetAction, ListActions, ListBlocks, PreviewAction, ReleaseBlocks, ReleaseInput, Removed,
    UndoAction,
};
use crate::api::{Action, ActionId, ActionRequest, Block, List, Page, Problem, ProblemKind, Timestamp};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::query::{Fields, Query, Value};

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

/// Blocks looked at without letting others look.
const CHUNK: usize = 1000;

/// Blocks in force, now or at an instant.
pub(super) fn in_force(platform: &Platform, at: Option<Timestamp>) -> Result<Vec<Block>, Problem> {
    match at {
        Some(at) => platform.store.blocks_then(at).map_err(problem),
        None => Ok(platform.responder.blocks(platform.now())),
    }
}

/// The action of a block, answering what a filter of blocks asks of it.
struct Held<'a>(&'a Action);

impl Fields for Held<'_> {
    const BARE: &'static [&'static str] = Block::BARE;

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "action" => self.0.field("id"),
            "since" => self.0.field("time"),
            "id" | "kind" | "target" | "expires" | "actor" | "reason" | "drill" => self.0.field(name),
            _ => Value::Missing,
        }
    }
}

/// Some blocks beyond one in the order asked for, and where to go on: those of now are looked at in pieces.
fn beyond(
    platform: &Platform,
    (list, query): (&List, &Query),
    after: Option<ActionId>,
) -> Result<(Vec<Block>, Option<ActionId>), Problem> {
    if list.at.is_none() {
        // What an enforcer says of a block is not known before it is asked.
        let asked = query.names(Block::BARE).iter().any(|name| ["refused", "drifted"].contains(name));
        let fits = |action: &Action| asked || query.matches(&Held(action));
        return Ok(platform.responder.blocks_beyond((after, list.oldest_first), CHUNK, platform.now(), fits));
    }
    let mut blocks = in_force(platform, list.at)?;
    blocks.retain(|b| after.is_none_or(|id| if list.oldest_first { b.action > id } else { b.action < id }));
    blocks.sort_by_key(|b| b.action);
    if !list.oldest_first {
        blocks.reverse();
    }
    Ok((blocks, None))
}

/// The cursor is the id of the last one shown.
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
    let in_time = |b: &Block| list.since.is_none_or(|t| b.since >= t) && b.since < list.end();
    let (mut at, mut items) = (after.map(ActionId), Vec::<Block>::new());
    loop {
        let (chunk, more) = beyond(platform, (list, &query), at)?;
        for block in chunk.into_iter().filter(|b| in_time(b) && query.matches(b)) {
            if items.len() == list.rows() {
                let next = items.last().map(|b| b.action.to_string());
                return Ok(Page { items, next, covered: None, total: None });
            }
            items.push(block);
        }
        at = more;
        if at.is_none() {
            return Ok(Page { items, next: None, covered: None, total: None });
        }
    }
}
