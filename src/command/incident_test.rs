//! What the keys of the queue ask for.

use super::super::{Context, Effect, Intent, Place, Step, Target, find};
use super::*;
use crate::api::{EntityRef, IncidentState, Me, Role, Severity, Timestamp};

/// An incident for tests.
pub(crate) fn incident(id: u64, state: IncidentState) -> Incident {
    Incident {
        id: IncidentId(id),
        revision: id * 10,
        state,
        title: "SQL injection".into(),
        severity: Severity::High,
        score: 70,
        entity: EntityRef::address([198, 51, 100, 7].into()),
        entities: vec![
            EntityRef::address([198, 51, 100, 7].into()),
            EntityRef::address([198, 51, 100, 9].into()),
            EntityRef { kind: crate::api::EntityKind::Session, value: "5e55".into() },
        ],
        rules: vec![],
        techniques: vec![],
        kinds: vec![],
        detections: 1,
        events: 1,
        opened: Timestamp(0),
        updated: Timestamp(0),
        first_event: Timestamp(0),
        last_event: Timestamp(0),
        contained: None,
        owner: None,
        verdict: None,
        snoozed: None,
        country: None,
        proposals: vec![],
        drill: false,
    }
}

/// The queue with one row selected.
pub(crate) fn queue(selected: Incident) -> Context {
    Context {
        place: Some(Place::TRIAGE),
        selected: Some(Target::Incident(Box::new(selected))),
        me: Some(Me { name: "ana".into(), role: Role::Responder, expires: None }),
        connected: true,
        fresh_key: "key".into(),
        ..Context::default()
    }
}

fn run(name: &str, ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    (find(name).unwrap().run)(ctx, args)
}

fn paths(steps: &[Step]) -> Vec<(String, Option<String>)> {
    steps
        .iter()
        .map(|s| match s {
            Step::Effect(Effect::Call { wire, .. }) => {
                (wire.path.clone(), wire.headers.first().map(|(_, v)| v.clone()))
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn claiming_carries_the_revision_seen() {
    let steps = run("incident.claim", &queue(incident(7, IncidentState::New)), &Args::default()).unwrap();
    assert_eq!(paths(&steps), [("/v1/incidents/7/claim".into(), Some("70".into()))]);
}

#[test]
fn marked_rows_come_before_the_selected_one() {
    let mut ctx = queue(incident(7, IncidentState::New));
    ctx.marked = [2, 3].map(|id| Target::Incident(Box::new(incident(id, IncidentState::New)))).to_vec();
    let steps = run("incident.archive", &ctx, &Args::default()).unwrap();
    let [Step::Intent(Intent::Batch(Change::Archive, Which::These(these)))] = steps.as_slice() else {
        panic!("{steps:?}")
    };
    assert_eq!(these.iter().map(|i| i.id.0).collect::<Vec<_>>(), [2, 3]);
    ctx.marked.truncate(1);
    let steps = run("incident.archive", &ctx, &Args::default()).unwrap();
    assert_eq!(paths(&steps), [("/v1/incidents/2/archive".into(), Some("20".into()))]);
}

#[test]
fn a_whole_query_is_a_batch_and_nothing_else_takes_it_for_one_row() {
    let mut ctx = queue(incident(7, IncidentState::New));
    (ctx.all, ctx.listed) = (true, Some((Resource::Incidents, "state:new".into())));
    let steps = run("incident.claim", &ctx, &Args::default()).unwrap();
    assert_eq!(steps, [Step::Intent(Intent::Batch(Change::Claim, Which::Query("state:new".into())))]);
    assert!((find("block.add").unwrap().ready)(&ctx).is_err());
    assert!(run("block.add", &ctx, &Args::default()).is_err());
}

#[test]
fn several_numbers_on_the_command_line_are_one_call_each() {
    let steps = run("incident.escalate", &Context::default(), &Args::default().with("id", "7,#8,7")).unwrap();
    assert_eq!(paths(&steps), [("/v1/incidents/7/escalate".into(), None), ("/v1/incidents/8/escalate".into(), None)]);
}

#[test]
fn closing_asks_for_a_verdict_on_the_console_and_needs_one_on_the_command_line() {
    let steps = run("incident.close", &queue(incident(7, IncidentState::New)), &Args::default()).unwrap();
    assert_eq!(steps, [Step::Intent(Intent::AskVerdict(Which::These(vec![incident(7, IncidentState::New)])))]);
    let bare = Context::default();
    let problem = run("incident.close", &bare, &Args::default().with("id", "7")).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Usage);
    let odd = Args::default().with("id", "7").with("verdict", "guilty");
    assert!(run("incident.close", &bare, &odd).unwrap_err().detail.contains("true_positive"));
}

#[test]
fn no_says_why() {
    let ready = |ctx: &Context| (find("incident.claim").unwrap().ready)(ctx).unwrap_err();
    let mut ctx = queue(incident(7, IncidentState::Closed));
    assert_eq!(ready(&ctx), "#7 is closed: reopen it first");
    ctx.me = Some(Me { name: "vic".into(), role: Role::Viewer, expires: None });
    assert!(ready(&ctx).contains("your role is viewer"));
    // A platform that is away keeps nobody from asking: it is looked at again once it is back.
    ctx.connected = false;
    assert!(ready(&ctx).contains("your role is viewer"));
    let mut empty = queue(incident(7, IncidentState::New));
    empty.selected = None;
    assert_eq!(ready(&empty), "no incident is selected");
}
