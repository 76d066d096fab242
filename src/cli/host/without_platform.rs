//! The same where the platform was left out: a sentence that says so.

use super::*;

fn absent() -> Problem {
    super::super::modes::absent("the platform")
}

pub(super) async fn own_console(_: &Here, _: &Global) -> Result<u8, Problem> {
    Err(super::super::modes::nothing_runs())
}

/// Not in this build.
pub fn inspect(_: &[u8]) -> Result<Inspection, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn serve(_: &Global, _: Option<&str>) -> Result<u8, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn replay(_: &Replay, _: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn explain(_: &Replay, _: u64) -> Result<Explanation, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn rules(_: &Folders, _: RulesAsk) -> Result<RulesAnswer, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn rules_layer(_: &Folders) -> Result<serde_json::Value, Problem> {
    Err(absent())
}

/// Not in this build.
pub fn verify_ledger(_: &Path) -> Result<LedgerCheck, Problem> {
    Err(absent())
}

/// No platform, nothing of it to check.
pub fn checks(_: &Here) -> Vec<Check> {
    Vec::new()
}
