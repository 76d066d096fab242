//! How rules did, over everything that is stored but the drill: detections, incidents, verdicts, time to them.

use super::{Error, IncidentFile, Store, lock};
use crate::api::{Timestamp, Verdict};
use rusqlite::{OptionalExtension, Row};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// Detections of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// How many.
    pub detections: u64,
    /// The newest.
    pub last: Timestamp,
}

/// Incidents with the same rules and the same judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleJudged {
    /// Rules that took part.
    pub rules: Vec<String>,
    /// The judgement, where they are closed.
    pub verdict: Option<Verdict>,
    /// How many.
    pub incidents: u64,
    /// Those of them that were claimed and are closed.
    pub timed: u64,
    /// From the first claim to the last closing of those, in whole seconds each.
    pub seconds: u64,
}

/// What is remembered of one incident: its group, and the seconds from claim to closing.
#[derive(Debug, Clone, Copy)]
struct Judgement {
    group: u32,
    took: Option<u32>,
}

/// Every incident's judgement. Reading a million of them from disk takes seconds, so it is done once, and after that only
/// for those that were written since.
#[derive(Debug, Default)]
pub(super) struct Judgements {
    /// Nothing until somebody asks.
    known: Mutex<Option<Known>>,
    /// Written since they were read; nothing while nobody has asked.
    written: Mutex<Option<BTreeSet<u64>>>,
}

#[derive(Debug, Default)]
struct Known {
    of: HashMap<u64, Judgement>,
    groups: Vec<(Vec<String>, Option<Verdict>)>,
    numbers: HashMap<(String, Option<String>), u32>,
}

impl Judgements {
    /// These incidents were written.
    pub(super) fn touch(&self, incidents: &[IncidentFile]) {
        if let Some(written) = lock(&self.written).as_mut() {
            written.extend(incidents.iter().map(|(incident, ..)| incident.id.0));
        }
    }
}

impl Known {
    fn remember(&mut self, row: Read) -> Result<(), Error> {
        let took = row.claimed.zip(row.closed).map(|(from, to)| to.0.saturating_sub(from.0)).filter(|ms| *ms >= 0);
        let took = took.filter(|_| row.verdict.is_some()).map(|ms| u32::try_from(ms / 1000).unwrap_or(u32::MAX));
        let key = (row.rules, row.verdict);
        let group = match self.numbers.get(&key) {
            Some(group) => *group,
            None => {
                let group = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
                self.groups.push((serde_json::from_str(&key.0)?, key.1.as_deref().map(Verdict::from)));
                self.numbers.insert(key, group);
                group
            }
        };
        self.of.insert(row.id, Judgement { group, took });
        Ok(())
    }

    fn sum(&self) -> Vec<RuleJudged> {
        let group = |(rules, verdict): &(Vec<String>, Option<Verdict>)| RuleJudged {
            rules: rules.clone(),
            verdict: verdict.clone(),
            incidents: 0,
            timed: 0,
            seconds: 0,
        };
        let mut all: Vec<RuleJudged> = self.groups.iter().map(group).collect();
        for judgement in self.of.values() {
            let group = &mut all[judgement.group as usize];
            group.incidents += 1;
            if let Some(took) = judgement.took {
                group.timed += 1;
                group.seconds = group.seconds.saturating_add(u64::from(took));
            }
        }
        all.retain(|group| group.incidents > 0);
        all
    }
}

/// One incident as it is stored.
struct Read {
    id: u64,
    rules: String,
    verdict: Option<String>,
    claimed: Option<Timestamp>,
    closed: Option<Timestamp>,
}

impl Read {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant = |text: Option<String>| text.and_then(|text| Timestamp::parse(&text));
        Ok(Self {
            id: row.get(0)?,
            rules: row.get(1)?,
            verdict: row.get(2)?,
            claimed: instant(row.get(3)?),
            closed: instant(row.get(4)?),
        })
    }
}

/// The platform writes `Claimed` and `Closed as` itself; comments are entries of another kind.
const EACH: &str = "SELECT i.id, json_extract(i.body, '$.rules'), json_extract(i.body, '$.verdict'),
    (SELECT min(json_extract(body, '$.time')) FROM timeline WHERE incident = i.id
        AND json_extract(body, '$.kind') = 'state' AND json_extract(body, '$.text') LIKE 'Claimed%'),
    (SELECT max(json_extract(body, '$.time')) FROM timeline WHERE incident = i.id
        AND json_extract(body, '$.kind') = 'state' AND json_extract(body, '$.text') LIKE 'Closed as %')
    FROM incident i WHERE i.drill = 0";

impl Store {
    /// Detections by rule.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn rule_counts(&self) -> Result<HashMap<String, RuleCount>, Error> {
        self.read_state(|conn| {
            let sql = "SELECT rule, count(*), max(time) FROM detection WHERE drill = 0 GROUP BY rule";
            let mut read = conn.prepare_cached(sql)?;
            let rows = read.query_map([], |row| {
                Ok((row.get(0)?, RuleCount { detections: row.get(1)?, last: Timestamp(row.get(2)?) }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What became of the incidents that rules took part in, all of them but the drill's.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn rule_judgements(&self) -> Result<Vec<RuleJudged>, Error> {
        let mut known = lock(&self.judged.known);
        // From here on what is written is noted, so that nothing is missed between this look and the next.
        let written = lock(&self.judged.written).replace(BTreeSet::new());
        let read = match (known.take(), written) {
            (Some(before), Some(written)) => self.judge_written(before, &written),
            _ => self.judge_all(),
        };
        // After a failure everything is read anew.
        Ok(known.insert(read?).sum())
    }

    fn judge_all(&self) -> Result<Known, Error> {
        self.read_state(|conn| {
            let (mut read, mut all) = (conn.prepare_cached(EACH)?, Known::default());
            for row in read.query_map([], Read::of)? {
                all.remember(row?)?;
            }
            Ok(all)
        })
    }

    fn judge_written(&self, mut known: Known, written: &BTreeSet<u64>) -> Result<Known, Error> {
        self.read_state(|conn| {
            let mut read = conn.prepare_cached(&format!("{EACH} AND i.id = ?"))?;
            for id in written {
                known.of.remove(id);
                if let Some(row) = read.query_row([id], Read::of).optional()? {
                    known.remember(row)?;
                }
            }
            Ok(known)
        })
    }
}
