//! Seams between stages that must not know one another: the responder's book over the store, its journal over the
//! ledger, the gate's question over HTTP, its inspection by the detectors, and what it saw as work for the pipeline.

use super::ask::{Answer, Checked, Hostile, Judged};
use super::detect::{Hit, Inspector, Request};
use super::ledger::Ledger;
use super::observe::{Inbox, Observed, Sessions};
use super::pipeline::Work;
use super::respond::enforcer::gate::{Inspect, Observe};
use super::respond::{Allowed, Book, Entry, Journal, Key};
use super::store::Store;
use crate::api::{Action, ActionId, ActionKind, LedgerKind, Timestamp, Touches};
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
        let (others, content_type) = (ask.others().collect::<Vec<_>>(), ask.content_type());
        let headers: Vec<(&str, &str)> = others.iter().map(|(name, value)| (*name, &**value)).collect();
        let request = Request {
            method: &ask.method,
            url: &ask.uri,
            agent: &ask.agent,
            referer: &ask.referer,
            cookie: &ask.cookie,
            headers: &headers,
            content_type: &content_type,
            body: ask.body,
            user: "",
        };
        let mut hits: Vec<Hit> = Vec::new();
        inspector.inspect(&request, &mut hits);
        let certain = hits.iter().find(|hit| hit.certain);
        let refuse = certain.map(|hit| Hostile { rule: hit.rule, why: super::inspection::refusal(hit) });
        Judged { hits, refuse }
    })
}

/// Parts of a request that no access log tells of.
const UNLOGGED: [&str; 3] = ["cookie", "header", "body"];
/// What is noted with less confidence in a request that passes is not told: proxies leave headers out, too.
const TOLD: f32 = 0.5;

/// What the gate saw becomes work, without waiting.
pub fn observation(inbox: Arc<Inbox>, work: SyncSender<Work>) -> Observe {
    let sessions = Sessions::default();
    Box::new(move |ask, Checked { answer, mut hits, session }, now| {
        let why = match answer {
            Answer::Pass => {
                hits.retain(|hit| UNLOGGED.contains(&hit.part) && hit.confidence >= TOLD);
                let news = session.is_some_and(|s| sessions.is_news(s, ask.client, now));
                if !news && hits.is_empty() {
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
            hits,
        };
        inbox.put(observed);
        // A full channel means that the pipeline is at work and will look into the inbox by itself.
        let _ = work.try_send(Work::Gate);
    })
}

/// The policy's allow-list as the guard rails take it.
pub fn allowed(policy: &super::policy::Policy, now: Timestamp) -> Vec<Allowed> {
    policy.allow_list(now).map(|a| Allowed { net: a.net, reason: format!("{} ({})", a.reason, a.owner) }).collect()
}
