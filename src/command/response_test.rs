//! What block and undo ask for.

use super::super::incident::tests::{incident, queue};
use super::super::{Effect, Place, Target, find};
use super::*;
use crate::api::{ActionKind, EntityRef, IncidentState, Wire};

fn run(name: &str, ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    (find(name).unwrap().run)(ctx, args)
}

fn preview(steps: Vec<Step>) -> ActionRequest {
    match <[Step; 1]>::try_from(steps) {
        Ok([Step::Intent(Intent::Preview(request))]) => request,
        other => panic!("{other:?}"),
    }
}

fn wires(steps: Vec<Step>) -> Vec<Wire> {
    steps
        .into_iter()
        .map(|s| match s {
            Step::Effect(Effect::Call { wire, .. }) => wire,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn b_previews_a_block_of_the_rows_address() {
    let request = preview(run("block.add", &queue(incident(7, IncidentState::New)), &Args::default()).unwrap());
    assert_eq!((request.kind, request.target.as_str()), (ActionKind::BlockAddress, "198.51.100.7"));
    assert_eq!(request.incident, Some(IncidentId(7)));
    assert_eq!(request.reason.raw(), "incident #7: SQL injection");
}

#[test]
fn a_range_covers_all_addresses_of_an_incident() {
    let args = Args::default().with("range", "");
    let request = preview(run("block.add", &queue(incident(7, IncidentState::New)), &args).unwrap());
    assert_eq!((request.kind, request.target.as_str()), (ActionKind::BlockRange, "198.51.100.7,198.51.100.9"));
}

#[test]
fn the_command_line_acts_at_once_with_a_key_for_each_target() {
    let ctx = Context { fresh_key: "k".into(), ..Context::default() };
    let args = Args::default().with("target", "198.51.100.7,::ffff:198.51.100.8,203.0.113.9/24").with("ttl", "4h");
    let wires = wires(run("block.add", &ctx, &args).unwrap());
    let said: Vec<_> = wires.iter().map(|w| w.body.as_ref().unwrap()["target"].as_str().unwrap()).collect();
    assert_eq!(said, ["198.51.100.7", "198.51.100.8", "203.0.113.0/24"]);
    let keys: Vec<_> = wires.iter().map(|w| w.headers[0].1.as_str()).collect();
    assert_eq!(keys, ["k-1", "k-2", "k-3"]);
    assert_eq!(wires[0].body.as_ref().unwrap()["ttl_seconds"], 14_400);
}

#[test]
fn a_dry_run_only_previews() {
    let args = Args::default().with("target", "198.51.100.7").with("dry-run", "");
    let wires = wires(run("block.add", &Context::default(), &args).unwrap());
    assert_eq!(wires[0].name, "action.preview");
}

#[test]
fn nonsense_is_refused_with_a_sentence() {
    let bare = Context::default();
    for (target, ttl) in
        [("999.1.1.1", "4h"), ("evil\u{1b}[31m", "4h"), ("198.51.100.7", "soon"), ("198.51.100.7", "0")]
    {
        let args = Args::default().with("target", target).with("ttl", ttl);
        let problem = run("block.add", &bare, &args).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Usage);
        assert!(!problem.to_string().contains('\u{1b}'));
    }
}

#[test]
fn undo_takes_what_is_in_force() {
    let action = |state: crate::api::ActionState| crate::api::Action {
        id: ActionId(4),
        kind: ActionKind::BlockAddress,
        target: "198.51.100.7".into(),
        reason: "".into(),
        actor: "ana".into(),
        automatic: false,
        created: crate::api::Timestamp(0),
        expires: crate::api::Timestamp(0),
        state,
        receipts: vec![],
        incident: None,
        drill: false,
    };
    let mut ctx = queue(incident(7, IncidentState::New));
    assert!((find("action.undo").unwrap().ready)(&ctx).is_err());
    ctx.selected = Some(Target::Action(Box::new(action(crate::api::ActionState::Verified))));
    assert_eq!(wires(run("action.undo", &ctx, &Args::default()).unwrap())[0].path, "/v1/actions/4/undo");
    ctx.selected = Some(Target::Action(Box::new(action(crate::api::ActionState::Expired))));
    assert!((find("action.undo").unwrap().ready)(&ctx).is_err());
    let wires = wires(run("block.undo", &Context::default(), &Args::default().with("id", "4 5")).unwrap());
    assert_eq!(wires.len(), 2);
}

#[test]
fn undo_takes_the_only_one_in_force_against_what_the_screen_is_about() {
    let mut ctx = Context { place: Some(Place::ENTITY), ..queue(incident(7, IncidentState::New)) };
    ctx.selected = Some(Target::Entity(EntityRef::address([198, 51, 100, 7].into())));
    ctx.in_force = vec![ActionId(4)];
    assert_eq!((find("action.undo").unwrap().ready)(&ctx), Ok(()));
    assert_eq!(wires(run("action.undo", &ctx, &Args::default()).unwrap())[0].path, "/v1/actions/4/undo");
    ctx.in_force.push(ActionId(5));
    assert!((find("action.undo").unwrap().ready)(&ctx).is_err());
    assert!(run("action.undo", &ctx, &Args::default()).is_err());
}

#[test]
fn r_previews_the_session_of_the_row() {
    let request = preview(run("session.revoke", &queue(incident(7, IncidentState::New)), &Args::default()).unwrap());
    assert_eq!((request.kind, request.target.as_str()), (ActionKind::RevokeSession, "5e55"));
}
