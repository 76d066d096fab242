//! Who may come in: tokens, their roles and their end; revoking one cuts the connections it was used on.
//!
//! A token is `wf_<role>_<id>_<64 hex digits>_<crc>`; only its SHA-256 is kept (the secret is random, a slow hash would
//! add nothing), so comparing is a table look-up that tells an attacker nothing. The embedded platform keeps its one
//! token in memory; a served one keeps a file, see `token_file.rs`. Time comes from the caller.

use super::connection::Connection;
use super::token_file::{self, Error};
use super::token_text::{digest, is_well_formed, mint};
use crate::api::{Role, Timestamp, time::DAY_MS};
use crate::text::hex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The longest a token may live.
pub const MAX_DAYS: u64 = 90;

/// How much `last_used` may lag in the file.
const USE_LAG_MS: i64 = 60_000;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Short public name of the token itself, part of its text.
    pub id: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Made when.
    pub created: Timestamp,
    /// Ends when.
    pub expires: Timestamp,
    /// Revoked when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// Last used when, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
}

/// Why a token does not open the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It has not the form of a token, or was cut off when copied.
    Malformed,
    /// Nobody here made it.
    Unknown,
    /// It has ended.
    Expired,
    /// It was revoked.
    Revoked,
}

/// All tokens of a platform, and the connections they are in use on.
#[derive(Debug)]
pub struct Tokens {
    path: Option<PathBuf>,
    state: Mutex<State>,
    /// Held from reading the list to replacing it, so that an older list never replaces a newer one. Apart from
    /// `state`, so that a slow disk keeps nobody out.
    changing: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    tokens: HashMap<String, Token>,
    by_hash: HashMap<[u8; 32], String>,
    open: HashMap<String, Vec<Weak<Connection>>>,
    used: HashMap<String, Timestamp>,
}

impl Tokens {
    /// Tokens that live as long as the process, for the embedded platform.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { path: None, state: Mutex::default(), changing: Mutex::default() }
    }

    /// Tokens kept in a file, which need not exist yet.
    ///
    /// # Errors
    /// The file is not ours alone to read, or is not a token file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let tokens = Self { path: Some(path.to_owned()), ..Self::in_memory() };
        let listed = token_file::read(path)?;
        tokens.lock().replace(listed);
        Ok(tokens)
    }

    /// Makes a token and returns its text, which is never shown again, with what is kept of it.
    ///
    /// # Errors
    /// A name or role that cannot be used, a life over 90 days, or a file that cannot be written.
    pub fn create(&self, name: &str, role: Role, days: u64, now: Timestamp) -> Result<(String, Token), Error> {
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@-".contains(&b))
        {
            return Err(Error::Name);
        }
        if matches!(role, Role::Other(_)) {
            return Err(Error::Role);
        }
        if days == 0 || days > MAX_DAYS {
            return Err(Error::Days(days));
        }
        let (id, text) = mint(&role)?;
        let token = Token {
            id,
            sha256: hex::encode(digest(&text)),
            name: name.to_owned(),
            role,
            created: now,
            expires: now.plus(i64::try_from(days).unwrap_or(1).saturating_mul(DAY_MS)),
            revoked: None,
            last_used: None,
        };
        self.change(|tokens| {
            tokens.push(token.clone());
            Ok(())
        })?;
        Ok((text, token))
    }

    /// Revokes a token and cuts every connection it is in use on.
    ///
    /// # Errors
    /// There is no such token, or the file cannot be written.
    pub fn revoke(&self, id: &str, now: Timestamp) -> Result<Token, Error> {
        let mut revoked = None;
        self.change(|tokens| {
            let token = tokens.iter_mut().find(|t| t.id == id).ok_or_else(|| Error::NotFound(id.to_owned()))?;
            token.revoked.get_or_insert(now);
            revoked = Some(token.clone());
            Ok(())
        })?;
        revoked.ok_or_else(|| Error::NotFound(id.to_owned()))
    }

    /// Every token, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Token> {
        let state = self.lock();
        let mut list: Vec<Token> = state.tokens.values().cloned().collect();
        for token in &mut list {
            token.last_used = token.last_used.max(state.used.get(&token.id).copied());
        }
        list.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        list
    }

    /// The token with this text, if it opens the door.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&self, text: &str, now: Timestamp) -> Result<Token, Denied> {
        self.admit(text, now, None)
    }

    /// Like [`Tokens::check`], and remembers the connection so that revoking the token cuts it.
    pub(super) fn admit(
        &self,
        text: &str,
        now: Timestamp,
        connection: Option<&Arc<Connection>>,
    ) -> Result<Token, Denied> {
        if !is_well_formed(text) {
            return Err(Denied::Malformed);
        }
        let hash = digest(text);
        let mut state = self.lock();
        let token = state.by_hash.get(&hash).and_then(|id| state.tokens.get(id)).cloned().ok_or(Denied::Unknown)?;
        if token.revoked.is_some() {
            return Err(Denied::Revoked);
        }
        if token.expires <= now {
            return Err(Denied::Expired);
        }
        state.used.insert(token.id.clone(), now);
        // Under the same lock as the check: a token revoked meanwhile finds this connection in the list.
        if let Some(connection) = connection.filter(|c| c.carries(&token.id)) {
            let open = state.open.entry(token.id.clone()).or_default();
            if open.len() == open.capacity() {
                open.retain(|c| c.strong_count() > 0);
            }
            open.push(Arc::downgrade(connection));
        }
        drop(state);
        Ok(token)
    }

    /// Reads the file again: another process may have made or revoked a token.
    ///
    /// # Errors
    /// The file cannot be read; what was known stays in force.
    pub fn reload(&self) -> Result<(), Error> {
        let Some(path) = &self.path else { return Ok(()) };
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = token_file::read(path)?;
        self.lock().replace(listed);
        Ok(())
    }

    /// Where they are kept.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Cuts connections of tokens that have ended and writes down when tokens were last used. Returns how many
    /// milliseconds until it should be called again.
    pub fn tend(&self, now: Timestamp) -> i64 {
        let (used, next) = {
            let mut state = self.lock();
            let ended: Vec<String> = state.tokens.values().filter(|t| t.expires <= now).map(|t| t.id.clone()).collect();
            for id in ended {
                state.cut(&id);
            }
            state.open.retain(|_, open| {
                open.retain(|c| c.strong_count() > 0);
                !open.is_empty()
            });
            let next = state.tokens.values().filter(|t| t.expires > now).map(|t| t.expires.0 - now.0).min();
            (state.used.clone(), next)
        };
        if self.path.is_some() && self.use_is_news(&used) {
            let noted = self.change(|tokens| {
                for token in tokens.iter_mut() {
                    token.last_used = token.last_used.max(used.get(&token.id).copied());
                }
                Ok(())
            });
            if let Err(error) = noted {
                tracing::warn!(%error, "when tokens were last used could not be written down");
            }
        }
        next.unwrap_or(USE_LAG_MS).clamp(1, USE_LAG_MS)
    }

    fn use_is_news(&self, used: &HashMap<String, Timestamp>) -> bool {
        let state = self.lock();
        used.iter().any(|(id, at)| {
            state.tokens.get(id).is_some_and(|t| t.last_used.is_none_or(|last| at.0 - last.0 >= USE_LAG_MS))
        })
    }

    /// Changes the list: in the file under its lock where there is one, so that no writer undoes another's change.
    fn change(&self, edit: impl FnOnce(&mut Vec<Token>) -> Result<(), Error>) -> Result<(), Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = match &self.path {
            Some(path) => token_file::change(path, edit)?,
            None => {
                let mut listed: Vec<Token> = self.lock().tokens.values().cloned().collect();
                edit(&mut listed)?;
                listed
            }
        };
        self.lock().replace(listed);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn replace(&mut self, listed: Vec<Token>) {
        self.tokens = listed.into_iter().map(|t| (t.id.clone(), t)).collect();
        self.by_hash = self.tokens.values().filter_map(|t| Some((hex::decode(&t.sha256)?, t.id.clone()))).collect();
        let gone: Vec<String> =
            self.open.keys().filter(|id| self.tokens.get(*id).is_none_or(|t| t.revoked.is_some())).cloned().collect();
        for id in gone {
            self.cut(&id);
        }
        self.used.retain(|id, _| self.tokens.contains_key(id));
    }

    fn cut(&mut self, id: &str) {
        for connection in self.open.remove(id).unwrap_or_default().iter().filter_map(Weak::upgrade) {
            connection.cut();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn a_token_opens_until_it_ends_or_is_revoked() {
        let tokens = Tokens::in_memory();
        let (text, token) = tokens.create("ana", Role::Analyst, 1, NOW).unwrap();
        assert!(text.starts_with(&format!("wf_analyst_{}_", token.id)), "{text}");
        assert_eq!(tokens.check(&text, NOW).unwrap().name, "ana");
        assert_eq!(tokens.check(&text, NOW.plus(DAY_MS)), Err(Denied::Expired));
        assert_eq!(tokens.check(&text.replace("analyst", "admin"), NOW), Err(Denied::Malformed));
        assert_eq!(tokens.check("wf_analyst", NOW), Err(Denied::Malformed));
        let (other, _) = Tokens::in_memory().create("ana", Role::Analyst, 1, NOW).unwrap();
        assert_eq!(tokens.check(&other, NOW), Err(Denied::Unknown));
        tokens.revoke(&token.id, NOW).unwrap();
        assert_eq!(tokens.check(&text, NOW), Err(Denied::Revoked));
        assert!(!format!("{tokens:?}").contains(&text));
    }

    #[test]
    fn names_roles_and_lives_have_bounds() {
        let tokens = Tokens::in_memory();
        assert!(matches!(tokens.create("a b", Role::Viewer, 1, NOW), Err(Error::Name)));
        assert!(matches!(tokens.create("a", Role::Other("root".into()), 1, NOW), Err(Error::Role)));
        assert!(matches!(tokens.create("a", Role::Viewer, 91, NOW), Err(Error::Days(91))));
        assert!(matches!(tokens.revoke("nope", NOW), Err(Error::NotFound(_))));
    }

    #[test]
    fn changes_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for tokens in [Tokens::in_memory(), Tokens::open(&dir.path().join("tokens.json")).unwrap()] {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let (text, token) = tokens.create("ana", Role::Viewer, 1, NOW).unwrap();
                        tokens.reload().unwrap();
                        tokens.revoke(&token.id, NOW).unwrap();
                        assert_eq!(tokens.check(&text, NOW), Err(Denied::Revoked));
                    });
                }
            });
            assert_eq!(tokens.list().iter().filter(|t| t.revoked.is_some()).count(), 8);
        }
    }
}
