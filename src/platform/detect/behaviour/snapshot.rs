//! What was learnt, written down: so that a baseline of weeks survives a restart.
//!
//! JSON with a version and the names of the features; another version or other features are not read. The running
//! windows and the forests are not in it: they are of hours, not of weeks.

use super::feature::NAMES;
use super::mind::{Known, Mind};
use super::peers::Peers;
use super::verdict::Verdicts;
use serde::{Deserialize, Serialize};

/// Changes whenever what is written changes.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    features: &'a [&'a str],
    first: Option<i64>,
    newest: i64,
    day: i64,
    peers: &'a [Option<Box<Peers>>],
    known: Vec<(u64, &'a Known)>,
    verdicts: &'a Verdicts,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    features: Vec<String>,
    first: Option<i64>,
    newest: i64,
    day: i64,
    peers: Vec<Option<Box<Peers>>>,
    known: Vec<(u64, Known)>,
    verdicts: Verdicts,
}

impl Mind {
    /// Everything learnt, as JSON.
    pub fn snapshot(&self) -> Result<Vec<u8>, String> {
        let mut known: Vec<(u64, &Known)> = self.known.iter().map(|(id, known)| (*id, known)).collect();
        known.sort_unstable_by_key(|(id, _)| *id);
        let (first, newest, day) = (self.first, self.newest, self.day);
        let (peers, verdicts) = (&self.peers[..], &self.verdicts);
        let written = Written { version: VERSION, features: &NAMES, first, newest, day, peers, known, verdicts };
        serde_json::to_vec(&written).map_err(|e| e.to_string())
    }

    /// Continues from what was written, or says why not and stays as it is.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let read: Read = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if read.version != VERSION || read.features != NAMES {
            return Err(format!("it was written by another version ({})", read.version));
        }
        if read.peers.len() != self.peers.len() || !read.peers.iter().flatten().all(|p| p.is_whole()) {
            return Err("it is not whole".into());
        }
        for (id, known) in read.known.into_iter().filter(|(_, k)| k.is_whole()) {
            *self.known.entry(id, read.newest) = known;
        }
        (self.first, self.newest, self.day) = (read.first, read.newest, read.day);
        (self.peers, self.verdicts) = (read.peers, read.verdicts);
        self.split(self.newest);
        Ok(())
    }
}

/// Numbers to a thousandth: nothing here is known better, and JSON is half as long.
pub mod thousandths {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes them as whole thousandths.
    #[expect(clippy::cast_possible_truncation, reason = "logarithms and their squares")]
    pub fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|v| (v * 1_000.0).round() as i32))
    }

    /// Reads whole thousandths.
    #[expect(clippy::cast_precision_loss, reason = "logarithms and their squares")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        Ok(Vec::<i32>::deserialize(deserializer)?.into_iter().map(|v| v as f32 / 1_000.0).collect())
    }
}
