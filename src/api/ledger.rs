//! The ledger on the wire: every change anyone or anything made, hash-chained.

use super::{Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// What a ledger entry records.
    LedgerKind {
        /// Something is about to be changed.
        Intent => "intent",
        /// What came of it.
        Outcome => "outcome",
        /// A start, a stop, a recovery, a checkpoint.
        Note => "note",
    }
);

/// One entry. `hash = SHA-256(0x00 || the line without its hash field)`, `prev` is the hash before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerEntry {
    /// Dense, from 1.
    pub seq: u64,
    /// Wall time, for reading only; order is by `seq`.
    pub time: Timestamp,
    /// Intent, outcome or note.
    pub kind: LedgerKind,
    /// Who: an operator, `policy`, `platform`.
    pub actor: Untrusted,
    /// What, e.g. `block_address`, `incident.close`, `undo`.
    pub action: String,
    /// To what.
    pub target: Untrusted,
    /// Parameters or outcome in words.
    pub detail: Untrusted,
    /// Hash of the entry before, hex; zeros for the first.
    pub prev: String,
    /// This entry's hash, hex.
    pub hash: String,
}

/// What a verification of the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerCheck {
    /// Chain and signatures hold.
    pub intact: bool,
    /// Entries read.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: String,
    /// Entries covered by the last signed checkpoint.
    pub signed: u64,
    /// The first entry that does not hold, and why.
    pub fault: Option<String>,
}
