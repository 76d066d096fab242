//! What a response is aimed at: which addresses, range, incident or action the rows chosen on the console stand for.

use super::response::{request, usage};
use super::{Args, Context, Target};
use crate::api::{ActionId, ActionKind, ActionRequest, EntityKind, EntityRef, Problem};

/// What the rows chosen on the console mean: one address, one range, or the range that covers several addresses.
pub(super) fn pointed_at(ctx: &Context, args: &Args) -> Result<ActionRequest, Problem> {
    let subjects = ctx.subjects();
    let mut addresses: Vec<String> = Vec::new();
    let mut ranges: Vec<String> = Vec::new();
    for entity in subjects.iter().flat_map(|t| blockable(t, args.is_set("range"))) {
        let list = if entity.kind == EntityKind::Range { &mut ranges } else { &mut addresses };
        let value = entity.value.raw().to_owned();
        if !list.contains(&value) {
            list.push(value);
        }
    }
    let (kind, target) = match (addresses.as_slice(), ranges.as_slice()) {
        ([one], []) => (ActionKind::BlockAddress, one.clone()),
        ([], [one]) => (ActionKind::BlockRange, one.clone()),
        ([], []) => return Err(usage("No address to block", "the selected row names none")),
        (many, []) => (ActionKind::BlockRange, many.join(",")),
        _ => return Err(usage("Addresses and ranges are marked together", "one preview, one block")),
    };
    let mut request = request(kind, target, args)?;
    if let [only] = subjects.as_slice() {
        request.incident = request.incident.or_else(|| only.incident());
        if !args.is_set("reason") {
            request.reason = reason_of(only).into();
        }
    }
    Ok(request)
}

/// The addresses or ranges a row stands for; all of an incident's addresses when a range is wanted.
pub(super) fn blockable(target: &Target, all: bool) -> Vec<EntityRef> {
    let fits = |e: &EntityRef| matches!(e.kind, EntityKind::Address | EntityKind::Range);
    let of_incident = |i: &crate::api::Incident| -> Vec<EntityRef> {
        let every = || i.entities.iter().filter(|e| fits(e)).cloned();
        if all {
            every().filter(|e| e.kind == EntityKind::Address).collect()
        } else if fits(&i.entity) {
            vec![i.entity.clone()]
        } else {
            every().take(1).collect()
        }
    };
    match target {
        Target::Incident(i) => of_incident(i),
        other => other.entity().filter(fits).into_iter().collect(),
    }
}

/// A reason in words from the row it was asked on.
pub(super) fn reason_of(target: &Target) -> String {
    match target {
        Target::Incident(i) => format!("incident #{}: {}", i.id, i.title),
        Target::Detection(d) => format!("{}: {}", d.rule, d.title),
        Target::Event(e) => format!("event {} of {}", e.id, e.source),
        Target::Action(a) => format!("again after action #{}", a.id),
        Target::Block(b) => format!("again after action #{}", b.action),
        Target::Rule(r) => format!("rule {}", r.name),
        Target::Suppression(s) => format!("suppression #{}", s.id),
        Target::Entity(_) | Target::Source(_) | Target::Ledger(_) => "asked for by hand".into(),
    }
}

/// The action of a row that could be undone: itself, or the one action its proposals became.
pub(super) fn undoable(target: &Target) -> Option<ActionId> {
    match target {
        Target::Action(a) if a.state.is_active() => Some(a.id),
        Target::Block(b) => Some(b.action),
        Target::Incident(i) => {
            let mut made = i.proposals.iter().filter_map(|p| p.action);
            made.next().filter(|_| made.next().is_none())
        }
        _ => None,
    }
}
