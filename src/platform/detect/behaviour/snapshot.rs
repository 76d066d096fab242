//! What was learnt, written down: so that a baseline of weeks survives a restart.
//!
//! JSON with the names of the features: what was learnt of other features is not read. The running windows and the
//! forests are not in it: they are of hours, not of weeks. Of very many entities those are kept that are known best.

use super::budget::Purse;
use super::feature::NAMES;
use super::mind::{Known, Mind};
use super::peers::Peers;
use super::verdict::Verdicts;
use serde::{Deserialize, Serialize};

/// Most entities written down, about a kilobyte each.
const ENTITIES: usize = 32_768;

#[derive(Serialize)]
struct Written<'a> {
    features: &'a [&'a str],
    lived: i64,
    newest: i64,
    day: i64,
    peers: &'a [Option<Box<Peers>>],
    known: Vec<(u64, &'a Known)>,
    verdicts: &'a Verdicts,
    purse: &'a Purse,
}

#[derive(Deserialize)]
struct Read {
    features: Vec<String>,
    lived: i64,
    newest: i64,
    day: i64,
    peers: Vec<Option<Box<Peers>>>,
    known: Vec<(u64, Known)>,
    verdicts: Verdicts,
    purse: Purse,
}

impl Mind {
    /// Everything learnt, as JSON.
    pub fn snapshot(&self) -> Result<Vec<u8>, String> {
        let mut known: Vec<(u64, &Known)> = self.known.iter().map(|(id, known)| (*id, known)).collect();
        known.sort_unstable_by_key(|(id, known)| (std::cmp::Reverse((known.rich.is_some(), known.windows)), *id));
        known.truncate(ENTITIES);
        let written = Written {
            features: &NAMES,
            lived: self.lived,
            newest: self.newest,
            day: self.day,
            peers: &self.peers,
            known,
            verdicts: &self.verdicts,
            purse: &self.purse,
        };
        serde_json::to_vec(&written).map_err(|e| e.to_string())
    }

    /// Continues from what was written, or says why not and stays as it is.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let read: Read = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if read.features != NAMES {
            return Err("it is about other features".into());
        }
        let whole = read.peers.iter().flatten().all(|p| p.is_whole());
        if read.peers.len() != self.peers.len() || !whole {
            return Err("it is not whole".into());
        }
        for (id, known) in read.known {
            *self.known.entry(id, read.newest) = known;
        }
        (self.lived, self.newest, self.day) = (read.lived, read.newest, read.day);
        (self.peers, self.verdicts, self.purse) = (read.peers, read.verdicts, read.purse);
        self.split(self.newest);
        Ok(())
    }
}

/// Numbers to a thousandth: nothing here is known better, and JSON is half as long.
pub mod thousandths {
    use super::super::feature::Vector;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes them as whole thousandths.
    #[expect(clippy::cast_possible_truncation, reason = "logarithms and their squares")]
    pub fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|v| (v * 1_000.0).round() as i32))
    }

    /// Reads whole thousandths, one of each feature.
    #[expect(clippy::cast_precision_loss, reason = "logarithms and their squares")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vector, D::Error> {
        let read: Vec<i32> = Vec::deserialize(deserializer)?;
        let read: Vec<f32> = read.into_iter().map(|v| v as f32 / 1_000.0).collect();
        Vector::try_from(read).map_err(|read| D::Error::invalid_length(read.len(), &"one of each feature"))
    }
}
