//! The responder with a fake book, ledger and enforcer, into which faults are put.

use super::enforcer::{Desired, Enforcer, Fault, Findings, Order, gate};
use super::*;
use crate::api::{ActionRequest, ActionState, EnforcerPlan, EnforcerState};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// What is shared between a test and the fakes it built the responder from.
#[derive(Default)]
struct World {
    broken_ledger: AtomicBool,
    broken_book: AtomicBool,
    apply_fails: AtomicBool,
    loses: AtomicBool,
    probe_lies: AtomicBool,
    skips: AtomicBool,
    actions: Mutex<HashMap<ActionId, Action>>,
    keys: Mutex<HashMap<(String, String), (ActionId, String)>>,
    steps: Mutex<Vec<String>>,
    held: Mutex<Vec<Order>>,
    told: Mutex<Vec<(ActionId, ActionState)>>,
    stall: Mutex<()>,
}

fn is(flag: &AtomicBool) -> bool {
    flag.load(Ordering::SeqCst)
}

impl World {
    fn set(&self, flag: fn(&Self) -> &AtomicBool, to: bool) {
        flag(self).store(to, Ordering::SeqCst);
    }
    fn step(&self, text: impl Into<String>) {
        self.steps.lock().unwrap().push(text.into());
    }
}

struct Fake(Arc<World>);

impl Book for Fake {
    fn save(&self, action: &Action, key: Option<Key<'_>>) -> Result<(), String> {
        if is(&self.0.broken_book) {
            return Err("disk full".into());
        }
        self.0.step(format!("book {}", action.state.as_str()));
        self.0.actions.lock().unwrap().insert(action.id, action.clone());
        if let Some(key) = key {
            let at = (key.actor.to_owned(), key.key.to_owned());
            self.0.keys.lock().unwrap().insert(at, (action.id, key.request.to_owned()));
        }
        Ok(())
    }
    fn by_key(&self, actor: &str, key: &str) -> Result<Option<(Action, String)>, String> {
        let keys = self.0.keys.lock().unwrap();
        let found = keys.get(&(actor.to_owned(), key.to_owned()));
        Ok(found.map(|(id, hash)| (self.0.actions.lock().unwrap()[id].clone(), hash.clone())))
    }
    fn action(&self, id: ActionId) -> Result<Option<Action>, String> {
        Ok(self.0.actions.lock().unwrap().get(&id).cloned())
    }
    fn touches(&self, _: &ActionKind, _: &str, _: Timestamp) -> Touches {
        Touches { requests: 7, ..Touches::default() }
    }
    fn prior(&self, _: &ActionKind, target: &str) -> Vec<Action> {
        self.0.actions.lock().unwrap().values().filter(|a| a.target.raw() == target).cloned().collect()
    }
}

impl Journal for Fake {
    fn intent(&self, entry: Entry<'_>, _: Timestamp) -> Result<(), String> {
        self.0.step(format!("intent {}", entry.action));
        if is(&self.0.broken_ledger) { Err("no space left on device".into()) } else { Ok(()) }
    }
    fn outcome(&self, entry: Entry<'_>, _: Timestamp) -> Result<(), String> {
        self.0.step(format!("outcome {}", entry.action));
        if is(&self.0.broken_ledger) { Err("no space left on device".into()) } else { Ok(()) }
    }
}

/// A slow enforcer.
impl Enforcer for Fake {
    fn name(&self) -> &'static str {
        "wall"
    }
    fn plan(&self, _: &Target) -> EnforcerPlan {
        let skips = is(&self.0.skips);
        EnforcerPlan { enforcer: "wall".into(), takes_part: !skips, why: "not installed".into() }
    }
    fn apply(&self, desired: &Desired, _: Timestamp) -> Result<String, Fault> {
        let _turn = self.0.stall.lock().unwrap();
        self.0.step(format!("apply {}", desired.orders.len()));
        if is(&self.0.apply_fails) {
            return Err(Fault("wall answered \"Operation not permitted\"".into()));
        }
        let held = if is(&self.0.loses) { Vec::new() } else { desired.orders.clone() };
        *self.0.held.lock().unwrap() = held;
        Ok("built".into())
    }
    fn read_back(&self, desired: &Desired, now: Timestamp) -> Result<Findings, Fault> {
        self.0.step("read");
        let held = self.0.held.lock().unwrap();
        let live: Vec<&Order> = desired.orders.iter().filter(|o| o.until > now).collect();
        let missing = live.iter().filter(|o| !held.contains(o)).map(|o| o.action).collect();
        let extra = held.iter().filter(|h| !desired.orders.contains(h)).map(|h| h.target.to_string()).collect();
        Ok(Findings { detail: format!("{} bricks", held.len()), missing, extra })
    }
    fn probe(&self, target: &Target, _: &Desired, _: Timestamp) -> Option<Result<String, Fault>> {
        is(&self.0.probe_lies).then(|| Err(Fault(format!("{target} is let pass although it should be refused"))))
    }
}

fn surroundings() -> Surroundings {
    Surroundings { own: vec!["192.0.2.10".parse().unwrap()], ..Surroundings::default() }
}

fn parts(world: &Arc<World>, enforcers: Vec<Arc<dyn Enforcer>>) -> Parts {
    let ear = Arc::clone(world);
    Parts {
        enforcers,
        book: Arc::new(Fake(Arc::clone(world))),
        journal: Arc::new(Fake(Arc::clone(world))),
        surroundings: Box::new(|| Ok(surroundings())),
        changed: Box::new(move |a| ear.told.lock().unwrap().push((a.id, a.state.clone()))),
        limits: Limits::default(),
        allow: Vec::new(),
        proxies: Vec::new(),
        next: ActionId(1),
    }
}

/// A responder with nothing but this enforcer.
pub(super) fn responder_with(enforcer: Arc<dyn Enforcer>) -> Responder {
    Responder::new(parts(&Arc::default(), vec![enforcer]))
}

fn setup() -> (Responder, Arc<World>, Arc<Gate>) {
    setup_with(Limits::default())
}

fn setup_with(limits: Limits) -> (Responder, Arc<World>, Arc<Gate>) {
    let world = Arc::new(World::default());
    let gate = Arc::new(Gate::new(gate::Settings::default()).unwrap());
    let enforcers = vec![Arc::clone(&gate) as Arc<dyn Enforcer>, Arc::new(Fake(Arc::clone(&world)))];
    (Responder::new(Parts { limits, ..parts(&world, enforcers) }), world, gate)
}

pub(super) fn request(target: &str, key: &str) -> ActionRequest {
    let kind = if target.contains(['/', ',']) {
        ActionKind::BlockRange
    } else if target.contains('.') {
        ActionKind::BlockAddress
    } else {
        ActionKind::RevokeSession
    };
    ActionRequest {
        kind,
        target: target.into(),
        ttl_seconds: Some(600),
        reason: "attack".into(),
        incident: None,
        idempotency_key: Some(key.into()),
    }
}

fn block(responder: &Responder, target: &str) -> Action {
    responder.create(&request(target, target), "operator", false, false, NOW).unwrap()
}

fn refused(gate: &Gate, ip: &str, now: Timestamp) -> bool {
    gate.check(&crate::platform::ask::Ask::from_client(ip.parse().unwrap()), now) != crate::platform::ask::Answer::Pass
}

fn kind_of(result: Result<Action, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

fn states(action: &Action, enforcer: &str) -> Vec<ActionState> {
    action.receipts.iter().filter(|r| r.enforcer.as_deref() == Some(enforcer)).map(|r| r.state.clone()).collect()
}

use ActionState::{Approved, Asked, Confirmed, Expired, Failed, Sent, Undone, Verified};

#[test]
fn a_block_walks_to_verified_in_the_order_of_the_plan() {
    let (responder, world, gate) = setup();
    let action = block(&responder, "198.51.100.7");
    assert_eq!(action.state, Verified);
    for name in ["gate", "wall"] {
        assert_eq!(states(&action, name), [Sent, Confirmed, Verified], "{name}");
    }
    assert_eq!(action.receipts[..2].iter().map(|r| r.state.clone()).collect::<Vec<_>>(), [Asked, Approved]);
    assert!(refused(&gate, "198.51.100.7", NOW) && !refused(&gate, "198.51.100.7", NOW.plus(600_000)));
    let steps = world.steps.lock().unwrap().clone();
    let at = |step: &str| steps.iter().position(|s| s == step).unwrap_or_else(|| panic!("{step}: {steps:?}"));
    assert!(at("intent block_address") < at("book approved") && at("book approved") < at("apply 1"));
    assert!(at("apply 1") < at("read") && at("read") < at("outcome block_address"));
    assert_eq!(world.told.lock().unwrap().last(), Some(&(action.id, Verified)));
    let blocks = responder.blocks(NOW);
    assert_eq!((blocks.len(), blocks[0].refused), (1, Some(1)));
    assert!(blocks[0].enforcers.iter().all(|e| e.state == EnforcerState::Verified), "{blocks:?}");
    assert_eq!(responder.next_deadline(), Some(action.expires));
}

#[test]
fn the_same_key_gives_the_same_action() {
    let (responder, _, _) = setup();
    let first = block(&responder, "198.51.100.7");
    assert_eq!(block(&responder, "198.51.100.7").id, first.id);
    let create = |r: &ActionRequest, actor| responder.create(r, actor, false, false, NOW);
    let other = ActionRequest { ttl_seconds: Some(700), ..request("198.51.100.7", "198.51.100.7") };
    assert_eq!(kind_of(create(&other, "operator")), ProblemKind::Conflict);
    assert_ne!(create(&other, "colleague").unwrap().id, first.id);
    let none = ActionRequest { idempotency_key: None, ..other.clone() };
    assert_eq!(kind_of(create(&none, "operator")), ProblemKind::Usage);
    let long = ActionRequest { idempotency_key: Some("k".repeat(201)), ..other };
    assert_eq!(kind_of(create(&long, "operator")), ProblemKind::Usage);
}

#[test]
fn the_same_key_at_the_same_time_acts_once() {
    let (responder, world, _) = setup();
    let ids: Vec<ActionId> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| block(&responder, "198.51.100.7").id)).collect();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(world.steps.lock().unwrap().iter().filter(|s| s.starts_with("intent")).count(), 1);
}

#[test]
fn undoing_one_of_two_overlapping_blocks_leaves_the_other() {
    let (responder, _, gate) = setup();
    let narrow = block(&responder, "198.51.100.7");
    let wide = block(&responder, "198.51.100.0/24");
    let again = responder.create(&request("198.51.100.7", "again"), "colleague", false, false, NOW).unwrap();
    assert_eq!(responder.undo(narrow.id, "operator", NOW).unwrap().state, Undone);
    assert!(refused(&gate, "198.51.100.7", NOW));
    assert_eq!(responder.undo(wide.id, "operator", NOW).unwrap().state, Undone);
    assert!(refused(&gate, "198.51.100.7", NOW) && !refused(&gate, "198.51.100.8", NOW));
    let last = responder.undo(again.id, "operator", NOW).unwrap();
    assert!(!refused(&gate, "198.51.100.7", NOW));
    let probe = &last.receipts.iter().rfind(|r| r.enforcer.as_deref() == Some("gate")).unwrap().detail;
    assert!(probe.contains("198.51.100.7 is let pass"), "{probe}");
    // Undoing twice is harmless; what never was cannot be undone.
    assert_eq!(responder.undo(last.id, "operator", NOW).unwrap().id, last.id);
    assert_eq!(kind_of(responder.undo(ActionId(99), "operator", NOW)), ProblemKind::NotFound);
}

#[test]
fn without_ledger_or_book_nothing_is_blocked_but_everything_is_released() {
    let (responder, world, gate) = setup();
    let held = block(&responder, "198.51.100.7");
    let other = block(&responder, "198.51.100.8");
    world.set(|w| &w.broken_ledger, true);
    let refusal = responder.create(&request("198.51.100.9", "k"), "operator", false, false, NOW).unwrap_err();
    assert_eq!(refusal.kind, ProblemKind::Unavailable);
    assert!(refusal.detail.contains("no space left"), "{refusal}");
    assert!(!refused(&gate, "198.51.100.9", NOW));
    world.set(|w| &w.broken_book, true);
    let undone = responder.undo(held.id, "operator", NOW).unwrap();
    assert!(undone.receipts.last().unwrap().detail.contains("not in the ledger"), "{undone:?}");
    assert_eq!(responder.release_all("operator", "mistake", NOW).unwrap(), 1);
    assert!(!refused(&gate, "198.51.100.8", NOW) && responder.blocks(NOW).is_empty());
    assert!(world.held.lock().unwrap().is_empty());
    assert_eq!(world.told.lock().unwrap().last(), Some(&(other.id, Undone)));
    // A broken book alone refuses too, and gives the place back.
    world.set(|w| &w.broken_ledger, false);
    assert_eq!(
        kind_of(responder.create(&request("198.51.100.9", "k"), "operator", false, false, NOW)),
        ProblemKind::Unavailable
    );
    assert_eq!(responder.state().pending, 0);
}

#[test]
fn an_enforcer_that_fails_is_named_and_the_other_counts() {
    let (responder, world, gate) = setup();
    world.set(|w| &w.apply_fails, true);
    let action = block(&responder, "198.51.100.7");
    assert_eq!((action.state.clone(), states(&action, "wall")), (Sent, vec![Sent, Failed]));
    assert_eq!(states(&action, "gate"), [Sent, Confirmed, Verified]);
    assert!(refused(&gate, "198.51.100.7", NOW));
    // Once it works again, reconciling brings it there.
    world.set(|w| &w.apply_fails, false);
    let report = responder.reconcile(NOW);
    assert!(report.drift[0].repaired && report.drift[0].missing == [action.id], "{report:?}");
    assert_eq!(responder.action(action.id).unwrap().state, Verified);
    assert_eq!(world.told.lock().unwrap().last(), Some(&(action.id, Verified)));
}

#[test]
fn a_lost_element_or_a_disagreeing_probe_is_not_verified() {
    let (responder, world, _) = setup();
    world.set(|w| &w.loses, true);
    let lost = block(&responder, "198.51.100.7");
    assert_eq!((lost.state.clone(), states(&lost, "wall")), (Confirmed, vec![Sent, Confirmed, Failed]));
    let view = &responder.blocks(NOW)[0].enforcers[1];
    assert_eq!(view.state, EnforcerState::Missing, "{view:?}");
    world.set(|w| &w.loses, false);
    world.set(|w| &w.probe_lies, true);
    let lied = block(&responder, "198.51.100.8");
    assert_eq!(lied.state, Confirmed);
    assert!(lied.receipts.last().unwrap().detail.contains("let pass although"), "{lied:?}");
}

#[test]
fn skipped_enforcers_do_not_count_and_none_at_all_is_a_failure() {
    let (responder, world, _) = setup();
    world.set(|w| &w.skips, true);
    let action = block(&responder, "198.51.100.7");
    assert_eq!(action.state, Verified);
    let named = action.receipts.iter().find(|r| r.enforcer.as_deref() == Some("wall")).unwrap();
    assert_eq!(named.detail, "skipped: not installed");
    assert_eq!(responder.blocks(NOW)[0].enforcers[1].state, EnforcerState::Skipped);
    let alone = Arc::new(World::default());
    alone.set(|w| &w.skips, true);
    let responder = responder_with(Arc::new(Fake(alone)));
    assert_eq!(block(&responder, "198.51.100.7").state, Failed);
    assert!(responder.blocks(NOW).is_empty());
}

#[test]
fn a_release_that_fails_is_tried_again() {
    let (responder, world, gate) = setup();
    let action = block(&responder, "198.51.100.7");
    world.set(|w| &w.apply_fails, true);
    assert_eq!(kind_of(responder.undo(action.id, "operator", NOW)), ProblemKind::Unavailable);
    assert!(!refused(&gate, "198.51.100.7", NOW));
    assert_eq!(responder.action(action.id).unwrap().state, Failed);
    responder.reconcile(NOW);
    world.set(|w| &w.apply_fails, false);
    responder.reconcile(NOW);
    let action = responder.action(action.id).unwrap();
    assert_eq!(action.state, Undone, "{action:?}");
    assert!(world.held.lock().unwrap().is_empty());
}

#[test]
fn time_runs_out() {
    let (responder, world, gate) = setup();
    let action = block(&responder, "198.51.100.7");
    assert!(responder.reconcile(action.expires.plus(-1)).expired.is_empty());
    assert!(!refused(&gate, "198.51.100.7", action.expires));
    assert_eq!(responder.reconcile(action.expires).expired, [action.id]);
    assert_eq!(responder.action(action.id).unwrap().state, Expired);
    assert!(world.held.lock().unwrap().is_empty() && responder.next_deadline().is_none());
    assert_eq!(kind_of(responder.undo(action.id, "operator", NOW)), ProblemKind::Conflict);
}

#[test]
fn drift_is_found_and_put_right() {
    let (responder, world, _) = setup();
    let action = block(&responder, "198.51.100.7");
    assert!(responder.reconcile(NOW).drift.is_empty());
    world.held.lock().unwrap().clear();
    let drift = responder.reconcile(NOW).drift.remove(0);
    assert_eq!((drift.enforcer.as_str(), drift.missing, drift.repaired), ("wall", vec![action.id], true));
    let stranger = Order { action: ActionId(77), target: Target::Address([198, 51, 100, 99].into()), until: NOW };
    world.held.lock().unwrap().push(stranger);
    assert_eq!(responder.reconcile(NOW).drift[0].extra, ["198.51.100.99"]);
    assert_eq!(world.held.lock().unwrap().len(), 1);
    assert!(world.steps.lock().unwrap().iter().any(|s| s == "outcome repair"));
}

#[test]
fn the_allow_list_wins_and_evicts() {
    let (responder, _, gate) = setup();
    let action = block(&responder, "198.51.100.7");
    let wide = block(&responder, "198.51.100.0/24");
    let entry = Allowed { net: "198.51.100.7/32".parse().unwrap(), reason: "monitoring".into() };
    let report = responder.set_allow(vec![entry], "operator", NOW).unwrap();
    assert_eq!(report.evicted[0].0, action.id);
    assert!(!refused(&gate, "198.51.100.7", NOW) && refused(&gate, "198.51.100.8", NOW));
    assert_eq!(responder.action(action.id).unwrap().state, Undone);
    let preview = responder.preview(&request("198.51.100.0/24", ""), NOW).unwrap();
    assert!(preview.refusals.is_empty() && preview.allow_list == ["198.51.100.7/32 (monitoring)"]);
    assert_eq!((preview.touches.requests, preview.prior.len(), preview.enforcers.len()), (7, 1, 2));
    assert_eq!(preview.prior[0].id, wide.id);
    let preview = responder.preview(&request("198.51.100.7", ""), NOW).unwrap();
    assert_eq!(preview.refusals[0].rule, "allow_list");
}

#[test]
fn an_operator_who_comes_from_a_blocked_address_is_let_back_in() {
    let (responder, _, gate) = setup();
    let action = block(&responder, "198.51.100.0/24");
    responder.operator("198.51.100.44".parse().unwrap(), NOW);
    let report = responder.reconcile(NOW);
    assert_eq!(report.evicted[0].0, action.id);
    assert!(report.evicted[0].1.contains("operator_address"), "{report:?}");
    assert!(!refused(&gate, "198.51.100.44", NOW));
    let refusal = responder.create(&request("198.51.100.44", "new"), "operator", false, false, NOW).unwrap_err();
    assert!(refusal.kind == ProblemKind::Refused && refusal.detail.starts_with("operator_address: "), "{refusal}");
}

#[test]
fn the_policy_has_a_budget_and_the_drill_its_own() {
    let (responder, _, _) = setup_with(Limits { automatic_per_hour: 2, max_blocks: 5, ..Limits::default() });
    let act = |n: u8, drill, now| {
        let target = format!("198.51.100.{n}");
        responder.create(&request(&target, &target), "policy", true, drill, now)
    };
    act(1, false, NOW).unwrap();
    act(2, false, NOW).unwrap();
    let refusal = act(3, false, NOW.plus(3_599_999)).unwrap_err();
    assert!(refusal.detail.starts_with("budget: "), "{refusal}");
    act(3, true, NOW).unwrap();
    block(&responder, "198.51.100.4");
    act(5, false, NOW.plus(3_600_000)).unwrap();
    let refusal = responder.create(&request("198.51.100.6", "k"), "operator", false, false, NOW).unwrap_err();
    assert!(refusal.detail.starts_with("too_many_blocks: "), "{refusal}");
    let inner = responder.create(&request("10.1.2.3", "k"), "policy", true, false, NOW).unwrap_err();
    assert!(inner.detail.contains("private_address"), "{inner}");
}

#[test]
fn after_a_restart_everything_is_in_force_again() {
    let (before, world, _) = setup();
    let live = block(&before, "198.51.100.7");
    let ended = block(&before, "198.51.100.8");
    // The process died between asking and carrying out.
    let cut = Action { id: ActionId(9), state: Approved, target: "198.51.100.9".into(), ..live.clone() };
    let actions = vec![live.clone(), Action { expires: NOW.plus(1_000), ..ended.clone() }, cut];
    drop((before, world));
    let (responder, world, gate) = setup();
    for action in &actions {
        world.actions.lock().unwrap().insert(action.id, action.clone());
    }
    let report = responder.restore(actions, NOW.plus(5_000));
    assert_eq!(report.expired, [ended.id]);
    assert!(report.faults.is_empty(), "{report:?}");
    assert!(refused(&gate, "198.51.100.7", NOW) && refused(&gate, "198.51.100.9", NOW));
    assert_eq!(responder.action(ActionId(9)).unwrap().state, Verified);
    assert_eq!(world.held.lock().unwrap().len(), 2);
    assert_eq!(block(&responder, "198.51.100.20").id, ActionId(10));
    // What it took to come into force is left to the book, and nothing of it is lost.
    assert!(responder.state().find(live.id).unwrap().action.receipts.len() < live.receipts.len());
    assert_eq!(responder.action(live.id).unwrap().receipts, live.receipts);
    let undone = responder.undo(live.id, "operator", NOW.plus(6_000)).unwrap();
    assert!(undone.receipts.starts_with(&live.receipts) && undone.receipts.len() > live.receipts.len());
    assert_eq!(world.actions.lock().unwrap()[&live.id], undone);
}

#[test]
fn a_slow_enforcer_holds_up_neither_the_gate_nor_the_next_block() {
    let (responder, world, gate) = setup();
    std::thread::scope(|scope| {
        let stalled = world.stall.lock().unwrap();
        let runs: Vec<_> = (1..=4)
            .map(|n| {
                let responder = &responder;
                scope.spawn(move || block(responder, &format!("198.51.100.{n}")))
            })
            .collect();
        let deadline = Instant::now() + std::time::Duration::from_secs(20);
        while !(1..=4).all(|n| refused(&gate, &format!("198.51.100.{n}"), NOW)) {
            assert!(Instant::now() < deadline, "the gate waits for the slow enforcer");
            std::thread::yield_now();
        }
        assert_eq!(responder.blocks(NOW).len(), 4);
        drop(stalled);
        for run in runs {
            assert_eq!(run.join().unwrap().state, Verified);
        }
    });
    // Who waited shared the work of the one before.
    let applies = world.steps.lock().unwrap().iter().filter(|s| s.starts_with("apply")).count();
    assert!(applies <= 4, "{applies}");
}

#[test]
fn sessions_are_revoked_and_let_back_in() {
    let (responder, _, gate) = setup();
    let print = enforcer::session::fingerprint("stolen");
    let action = block(&responder, &print);
    assert_eq!((action.state.clone(), action.kind.clone()), (Verified, ActionKind::RevokeSession));
    let ask = crate::platform::ask::Ask {
        cookie: "sid=stolen".into(),
        ..crate::platform::ask::Ask::from_client([203, 0, 113, 1].into())
    };
    assert_eq!(gate.check(&ask, NOW), crate::platform::ask::Answer::Revoked(action.id));
    responder.undo(action.id, "operator", NOW).unwrap();
    assert_eq!(gate.check(&ask, NOW), crate::platform::ask::Answer::Pass);
}

#[test]
fn unreadable_surroundings_refuse_everything_and_evict_nothing() {
    let (mut responder, _, gate) = setup();
    block(&responder, "198.51.100.7");
    responder.surroundings = Box::new(|| Err("/proc/net/route cannot be read".into()));
    let refusal = responder.create(&request("198.51.100.8", "k"), "operator", false, false, NOW).unwrap_err();
    assert_eq!(refusal.kind, ProblemKind::Unavailable);
    assert!(!responder.reconcile(NOW).faults.is_empty());
    assert!(refused(&gate, "198.51.100.7", NOW));
}

#[test]
fn everything_at_once_ends_in_one_truth() {
    let (responder, world, gate) = setup();
    std::thread::scope(|scope| {
        for worker in 0..6u8 {
            let responder = &responder;
            scope.spawn(move || {
                for n in 0..25u8 {
                    let target = format!("198.51.100.{}", 1 + (worker * 5 + n) % 40);
                    let asked = request(&target, &format!("{worker}/{n}"));
                    let made = responder.create(&asked, "operator", false, false, NOW).unwrap();
                    match n % 5 {
                        0 | 1 => drop(responder.undo(made.id, "operator", NOW)),
                        2 => drop(responder.reconcile(NOW)),
                        3 if worker == 0 => drop(responder.release_all("operator", "drill", NOW)),
                        _ => drop(responder.blocks(NOW)),
                    }
                }
            });
        }
    });
    responder.reconcile(NOW);
    let last = responder.reconcile(NOW);
    assert!(last.drift.is_empty() && last.faults.is_empty(), "{last:?}");
    let state = responder.state();
    assert!(state.releasing.is_empty() && state.pending == 0);
    assert!(gate.read_back(&state.desired(), NOW).unwrap().agree());
    assert_eq!(world.held.lock().unwrap().len(), state.active.len());
    for action in world.actions.lock().unwrap().values() {
        match state.active.get(&action.id) {
            Some(held) => {
                let whole = super::rest::whole(&held.action, held.left, Some(action.clone()));
                assert_eq!((whole.as_ref(), &action.state), (Some(action), &Verified));
            }
            None => assert_eq!(action.state, Undone, "{action:?}"),
        }
    }
}

#[test]
fn ten_thousand_blocks_are_carried_and_no_more() {
    let world = Arc::new(World::default());
    let gate = Arc::new(Gate::new(gate::Settings::default()).unwrap());
    let responder = Responder::new(parts(&world, vec![Arc::clone(&gate) as Arc<dyn Enforcer>]));
    let model = block(&responder, "198.51.100.7");
    let many = (2..10_000u64).map(|n| {
        let ip = format!("11.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
        Action { id: ActionId(n), target: ip.as_str().into(), ..model.clone() }
    });
    let clock = Instant::now();
    responder.restore(many, NOW);
    println!("10,000 blocks restored in {:?}", clock.elapsed());
    let clock = Instant::now();
    assert_eq!(block(&responder, "198.51.100.8").state, Verified);
    println!("one more in {:?}", clock.elapsed());
    let refusal = responder.create(&request("198.51.100.9", "k"), "operator", false, false, NOW).unwrap_err();
    assert!(refusal.detail.starts_with("too_many_blocks"), "{refusal}");
    let clock = Instant::now();
    assert_eq!(responder.reconcile(NOW), Reconciled::default());
    println!("reconciled in {:?}", clock.elapsed());
    let clock = Instant::now();
    assert_eq!(responder.release_all("operator", "enough", NOW).unwrap(), 10_000);
    println!("released in {:?}", clock.elapsed());
    assert!(!refused(&gate, "11.0.0.9", NOW));
}
