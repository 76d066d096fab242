//! Seams between stages that must not know one another: the responder's book over the store, its journal over the
//! ledger, the gate's question over HTTP, its inspection by the detectors, and what it saw as work for the pipeline.

use super::detect::{Hit, Inspector, Request};
use super::http::{GateAnswer, GateAsk};
use super::ledger::Ledger;
use super::observe::{Inbox, Observed, Sessions};
use super::pipeline::Work;
use super::respond::enforcer::ask::{Ask, PROBE, PROBE_SESSION};
use super::respond::enforcer::gate::{Answer, Hostile, Inspect, Observe};
use super::respond::{Allowed, Book, Entry, Gate, Journal, Key};
use super::store::Store;
use crate::api::{Action, ActionId, ActionKind, LedgerKind, Timestamp, Touches};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// The responder's book, kept in the store.
pub struct StoreBook(pub Arc<Store>);

impl Book for StoreBook {
    fn save(&self, action: &Action, key: Option<Key<'_>>) -> Result<(), String> {
        let key = key.map(|k| (k.actor, k.key, k.request));
        self.0.save_action(action, key).map_err(|e| e.to_string())
    }

    fn by_key(&self, actor: &str, key: &str) -> Result<Option<(Action, String)>, String> {
        self.0.action_by_key(actor, key).map_err(|e| e.to_string())
    }

    fn action(&self, id: ActionId) -> Result<Option<Action>, String> {
        self.0.action(id).map_err(|e| e.to_string())
    }

    fn touches(&self, kind: &ActionKind, target: &str, now: Timestamp) -> Touches {
        self.0.touches(kind, target, now).unwrap_or_else(|error| {
            tracing::warn!(%error, "a preview cannot say whom it touches");
            Touches::default()
        })
    }

    fn prior(&self, kind: &ActionKind, target: &str) -> Vec<Action> {
        self.0.prior_actions(kind, target, 20).unwrap_or_else(|error| {
            tracing::warn!(%error, "a preview cannot say what was done before");
            Vec::new()
        })
    }
}

/// The responder's journal, kept in the ledger.
pub struct LedgerJournal(pub Arc<Ledger>);

impl LedgerJournal {
    fn write(&self, kind: LedgerKind, entry: Entry<'_>, now: Timestamp) -> Result<(), String> {
        let Entry { actor, action, target, detail } = entry;
        self.0.append(kind, actor, action, target, detail, now).map(drop).map_err(|e| e.to_string())
    }
}

impl Journal for LedgerJournal {
    fn intent(&self, entry: Entry<'_>, now: Timestamp) -> Result<(), String> {
        self.write(LedgerKind::Intent, entry, now)
    }

    fn outcome(&self, entry: Entry<'_>, now: Timestamp) -> Result<(), String> {
        self.write(LedgerKind::Outcome, entry, now)
    }
}

/// The gate refuses a request by itself only for what is certain; the rest is the policy's business.
pub fn inspection(inspector: Arc<Inspector>) -> Inspect {
    Box::new(move |ask| {
        let mut hits: Vec<Hit> = Vec::new();
        let request = Request {
            method: &ask.method,
            url: &ask.uri,
            agent: &ask.agent,
            referer: &ask.referer,
            cookie: &ask.cookie,
            ..Request::default()
        };
        inspector.inspect(&request, &mut hits);
        let hit = hits.into_iter().find(|h| h.certain)?;
        let why = super::inspection::refusal(&hit);
        Some(Hostile { rule: hit.rule.to_owned(), why })
    })
}

/// What the gate saw becomes work, without waiting.
pub fn observation(inbox: Arc<Inbox>, work: SyncSender<Work>) -> Observe {
    let sessions = Sessions::default();
    Box::new(move |ask, answer, session, now| {
        let why = match answer {
            Answer::Pass => {
                if !session.is_some_and(|s| sessions.is_news(s, ask.client, now)) {
                    return;
                }
                String::new()
            }
            Answer::Blocked(action) => format!("the address is blocked by action {action}"),
            Answer::Revoked(action) => format!("the session is revoked by action {action}"),
            Answer::Hostile(hostile) => hostile.why.clone(),
        };
        let observed = Observed {
            time: now,
            client: ask.client,
            session: session.map(str::to_owned),
            user: ask.user.as_deref().map(str::to_owned),
            method: ask.method.clone().into_owned(),
            uri: ask.uri.clone().into_owned(),
            agent: ask.agent.clone().into_owned(),
            referer: ask.referer.clone().into_owned(),
            status: answer.status(),
            why,
        };
        inbox.put(observed);
        // A full channel means that the pipeline is at work and will look into the inbox by itself.
        let _ = work.try_send(Work::Gate);
    })
}

/// Judges what a proxy asks.
pub fn judge(gate: &Gate, ask: &GateAsk<'_>, user_header: Option<&str>, now: Timestamp) -> GateAnswer {
    let header = |name: &str| ask.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()));
    let ask = Ask {
        client: ask.client,
        method: Cow::Borrowed(&ask.method),
        uri: Cow::Borrowed(&ask.uri),
        host: Cow::Borrowed(&ask.host),
        agent: Cow::Borrowed(&ask.user_agent),
        referer: Cow::Borrowed(&ask.referer),
        cookie: Cow::Borrowed(&ask.cookie),
        authorization: Cow::Borrowed(&ask.authorization),
        user: user_header.and_then(header).filter(|u| !u.is_empty()),
        probe: header(PROBE),
        probe_session: header(PROBE_SESSION),
    };
    match gate.check(&ask, now) {
        Answer::Pass => GateAnswer::Pass,
        Answer::Blocked(action) => GateAnswer::Blocked { action },
        Answer::Revoked(action) => GateAnswer::Revoked { action },
        Answer::Hostile(hostile) => GateAnswer::Hostile { rule: Cow::Owned(hostile.rule) },
    }
}

/// The policy's allow-list as the guard rails take it.
pub fn allowed(policy: &super::policy::Policy, now: Timestamp) -> Vec<Allowed> {
    policy.allow_list(now).map(|a| Allowed { net: a.net, reason: format!("{} ({})", a.reason, a.owner) }).collect()
}
