//! Actions and the keys that make asking twice harmless.

use super::incident::bodies;
use super::state::Table;
use super::{Error, Store, lock};
use crate::api::{Action, ActionId, ActionKind, List, Page};
use crate::query::Resource;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

const ACTION: Table = Table {
    resource: Resource::Action,
    name: "action",
    key: "created",
    past: None,
    changes: true,
    columns: &[("state", "state"), ("kind", "kind"), ("incident", "incident"), ("drill", "drill")],
};

impl Store {
    /// Keeps an action as it now is. `idempotency` is (actor, key, hash of the request) and is kept with it.
    ///
    /// # Errors
    /// [`Error::KeyUsed`] when the key already stands for another action; the state file cannot be written.
    pub fn save_action(&self, action: &Action, idempotency: Option<(&str, &str, &str)>) -> Result<(), Error> {
        let mut conn = lock(&self.state);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO action(id, created, state, active, kind, target, incident, automatic, drill, body)
             VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            action.id.0,
            action.created.0,
            action.state.as_str(),
            action.state.is_active(),
            action.kind.as_str(),
            action.target.raw(),
            action.incident.map(|i| i.0),
            action.automatic,
            action.drill,
            serde_json::to_string(action)?,
        ])?;
        if let Some((actor, key, hash)) = idempotency {
            tx.prepare_cached("INSERT OR IGNORE INTO idempotency(actor, key, hash, action) VALUES(?, ?, ?, ?)")?
                .execute(params![actor, key, hash, action.id.0])?;
            let held: u64 = tx
                .prepare_cached("SELECT action FROM idempotency WHERE actor = ? AND key = ?")?
                .query_row([actor, key], |r| r.get(0))?;
            if held != action.id.0 {
                return Err(Error::KeyUsed);
            }
        }
        if action.drill {
            self.drill.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(tx.commit()?)
    }

    /// One action.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn action(&self, id: ActionId) -> Result<Option<Action>, Error> {
        self.one(ACTION, id.0)
    }

    /// A page of actions by (created, id).
    ///
    /// # Errors
    /// A wrong query or cursor; the state file cannot be read.
    pub fn actions(&self, list: &List) -> Result<Page<Action>, Error> {
        self.page(ACTION, list)
    }

    /// All actions that are meant to be in force, oldest first, each as `keep` wants it: there may be very many.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn active_actions<T>(&self, keep: impl Fn(Action) -> T) -> Result<Vec<T>, Error> {
        self.read_state(|conn| {
            let mut read = conn.prepare_cached("SELECT body FROM action WHERE active = 1 ORDER BY id")?;
            let (mut rows, mut all) = (read.query([])?, Vec::new());
            while let Some(row) = rows.next()? {
                all.push(keep(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?));
            }
            Ok(all)
        })
    }

    /// Actions on the same target before, newest first, at most `limit`.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn prior_actions(&self, kind: &ActionKind, target: &str, limit: u32) -> Result<Vec<Action>, Error> {
        let sql = "SELECT body FROM action WHERE kind = ? AND target = ? ORDER BY created DESC, id DESC LIMIT ?";
        self.read_state(|conn| bodies(conn, sql, params![kind.as_str(), target, limit]))
    }

    /// The action that a key stands for, and the hash of the request it was first used for.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn action_by_key(&self, actor: &str, key: &str) -> Result<Option<(Action, String)>, Error> {
        let found: Option<(String, String)> = self.read_state(|conn| {
            let sql = "SELECT a.body, i.hash FROM idempotency i JOIN action a ON a.id = i.action WHERE i.actor = ? AND i.key = ?";
            Ok(conn.prepare_cached(sql)?.query_row([actor, key], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
        })?;
        found.map(|(body, hash)| Ok((serde_json::from_str(&body)?, hash))).transpose()
    }
}
