//! Exit codes of headless runs against a platform that answers as told.

use super::*;
use crate::api::Method;
use crate::cli::tree;
use futures_util::future::BoxFuture;
use std::ffi::OsString;
use std::sync::Mutex;

/// Answers by path: a problem kind, or a body.
struct Fake {
    answer: fn(&Wire) -> Result<serde_json::Value, ProblemKind>,
    sent: Mutex<Vec<Wire>>,
}

impl Remote for Fake {
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        let answer = (self.answer)(&wire)
            .map(|body| Reply { name: wire.name, body })
            .map_err(|kind| Problem::new(kind, "No", "told so"));
        self.sent.lock().unwrap().push(wire);
        Box::pin(async move { answer })
    }
}

/// Runs the words and returns exit code and what was sent.
fn go(words: &str, answer: fn(&Wire) -> Result<serde_json::Value, ProblemKind>) -> (u8, Vec<Wire>) {
    let words = std::iter::once("watchfloor").chain(words.split(' ')).chain(["-q"]).map(OsString::from);
    let matches = tree::tree().try_get_matches_from(words).unwrap();
    let global = Global::read(&matches).unwrap();
    let (noun, sub) = matches.subcommand().unwrap();
    let (verb, args) = sub.subcommand().unwrap();
    let command = crate::command::find(&format!("{noun}.{verb}")).unwrap();
    let now = Timestamp::parse("2026-11-21T20:00:00Z").unwrap();
    let fake = Fake { answer, sent: Mutex::default() };
    let ctx = Context { connected: true, fresh_key: "key".into(), ..Context::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = arguments(command, args, &global, now)
        .and_then(|args| (command.run)(&ctx, &args))
        .and_then(|steps| runtime.block_on(effects(&fake, steps, &global, now)))
        .unwrap_or_else(|problem| problem.kind.exit_code());
    (code, fake.sent.into_inner().unwrap())
}

fn fine(_: &Wire) -> Result<serde_json::Value, ProblemKind> {
    Ok(serde_json::json!({}))
}

#[test]
fn each_kind_of_no_has_its_exit_code() {
    assert_eq!(go("incident claim 7", fine).0, 0);
    assert_eq!(go("incident claim seven", fine).0, 2);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::NotFound)).0, 3);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::Unauthenticated)).0, 4);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::Forbidden)).0, 5);
    assert_eq!(go("block add 127.0.0.1", |_| Err(ProblemKind::Refused)).0, 5);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::Conflict)).0, 7);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::Unreachable)).0, 8);
    assert_eq!(go("incident claim 7", |_| Err(ProblemKind::Internal)).0, 1);
    assert_eq!(go("incident list", |_| Err(ProblemKind::Unreachable)).0, 8);
}

#[test]
fn a_batch_goes_on_and_says_that_a_part_failed() {
    let second_fails = |wire: &Wire| {
        if wire.path.contains("/2/") { Err(ProblemKind::Conflict) } else { Ok(serde_json::json!({})) }
    };
    let (code, sent) = go("incident archive 1 2 3", second_fails);
    assert_eq!((code, sent.len()), (PARTLY, 3));
    assert_eq!(go("incident archive 1 2", |_| Err(ProblemKind::Conflict)).0, 7);
}

#[test]
fn a_revision_travels_as_if_match() {
    let (_, sent) = go("incident close 7 --verdict true_positive --comment seen --revision 3", fine);
    assert_eq!(sent[0].headers, [("if-match", "3".to_owned())]);
    assert_eq!(sent[0].body.as_ref().unwrap()["text"], "seen");
    assert_eq!(sent[0].method, Method::Post);
}

#[test]
fn times_become_instants_before_the_command_sees_them() {
    let (_, sent) =
        go("audit list --since 24h --until now --limit 5 -o ndjson", |_| Ok(serde_json::json!({"items": []})));
    assert!(sent[0].path.contains("since=2026-11-20T20%3A00%3A00.000Z"), "{}", sent[0].path);
    assert!(sent[0].path.contains("until=2026-11-21T20%3A00%3A00.000Z") && sent[0].path.contains("limit=5"));
    assert_eq!(go("audit list --since soon", fine).0, 2);
    assert_eq!(go("audit list --since 1h --until 2h", fine).0, 2);
}

#[test]
fn a_failed_action_is_a_failed_command() {
    fn action(state: &str) -> serde_json::Value {
        serde_json::json!({
            "id": 4, "kind": "block_address", "target": "198.51.100.7", "reason": "x", "actor": "ana",
            "automatic": false, "created": "2026-11-21T20:00:00Z", "expires": "2026-11-21T21:00:00Z", "state": state,
            "receipts": [], "incident": null, "drill": false,
        })
    }
    assert_eq!(go("block add 198.51.100.7", |_| Ok(action("verified"))).0, 0);
    assert_eq!(go("block add 198.51.100.7", |_| Ok(action("failed"))).0, 1);
    assert_eq!(go("block add 198.51.100.7", |_| Ok(serde_json::json!({"id": 4}))).0, 1);
    let (_, sent) = go("block add 198.51.100.7 --key again", |_| Ok(action("verified")));
    assert_eq!(sent[0].headers, [("idempotency-key", "again".to_owned())]);
}

#[test]
fn a_refused_preview_and_a_broken_ledger_are_bad_news() {
    let refused = |_: &Wire| {
        Ok(serde_json::json!({
            "kind": "block_address", "target": "127.0.0.1", "ttl_seconds": 60, "touches":
            {"requests": 0, "addresses": 0, "live_sessions": 0, "users": []}, "allow_list": [], "prior": [],
            "enforcers": [], "refusals": [{"rule": "loopback", "why": "w", "hint": "h"}],
        }))
    };
    assert_eq!(go("block add 127.0.0.1 --dry-run", refused).0, 5);
    let broken =
        |_: &Wire| Ok(serde_json::json!({"intact": false, "entries": 3, "head": "", "signed": 0, "fault": "entry 2"}));
    assert_eq!(go("ledger verify", broken).0, 1);
}
