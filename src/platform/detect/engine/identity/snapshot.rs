//! What is known of identities, written down: it took weeks to learn who signs in from where.
//!
//! JSON. Names stand in it as hashes under the process's secret, so it is of use only to a process with the same.

use super::Identities;
use crate::platform::keyed::hash;
use serde::{Deserialize, Serialize};

/// Changes whenever what is written, or its meaning, changes.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    secret: u64,
    identities: &'a Identities,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
    secret: u64,
}

#[derive(Deserialize)]
struct Read {
    identities: Identities,
}

/// Tells processes with the same secret from others.
fn secret() -> u64 {
    hash("identities")
}

impl Identities {
    /// Everything known, as JSON.
    pub fn snapshot(&self) -> Result<Vec<u8>, String> {
        let written = Written { version: VERSION, secret: secret(), identities: self };
        serde_json::to_vec(&written).map_err(|e| e.to_string())
    }

    /// Continues from what was written, or says why not and stays as it is. `now` bounds how far it can reach.
    pub fn restore(&mut self, bytes: &[u8], now: i64) -> Result<(), String> {
        let head: Head = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if head.version != VERSION {
            return Err("it is of another version".into());
        }
        if head.secret != secret() {
            return Err("it was written under another secret".into());
        }
        let read: Read = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        *self = read.identities;
        self.since = self.newest.min(now);
        Ok(())
    }

    /// An event of this time is in what it continued from.
    pub const fn knows(&self, time: i64) -> bool {
        time <= self.since
    }
}
