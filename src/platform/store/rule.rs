//! How rules did, over everything that is stored but the drill: detections, incidents, verdicts, time to them.

use super::{Error, Store};
use crate::api::{Timestamp, Verdict};
use std::collections::HashMap;

/// Detections of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// How many.
    pub detections: u64,
    /// The newest.
    pub last: Timestamp,
}

/// An incident as far as its rules are concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleJudged {
    /// Rules that took part.
    pub rules: Vec<String>,
    /// The judgement, where it is closed.
    pub verdict: Option<Verdict>,
    /// From the first claim to the last closing, in milliseconds, where it was claimed and is closed.
    pub took: Option<i64>,
}

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

    /// Every incident's rules, verdict and time to it. The platform writes `Claimed` and `Closed as` itself; comments are
    /// entries of another kind.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn rule_judgements(&self) -> Result<Vec<RuleJudged>, Error> {
        self.read_state(|conn| {
            let sql = "SELECT json_extract(i.body, '$.rules'), json_extract(i.body, '$.verdict'), t.claimed, t.closed
                FROM incident i LEFT JOIN (
                    SELECT incident,
                        min(CASE WHEN json_extract(body, '$.text') LIKE 'Claimed%' THEN json_extract(body, '$.time') END) claimed,
                        max(CASE WHEN json_extract(body, '$.text') LIKE 'Closed as %' THEN json_extract(body, '$.time') END) closed
                    FROM timeline WHERE json_extract(body, '$.kind') = 'state' GROUP BY incident
                ) t ON t.incident = i.id WHERE i.drill = 0";
            let mut read = conn.prepare_cached(sql)?;
            let mut rows = read.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let rules: String = row.get(0)?;
                let verdict: Option<String> = row.get(1)?;
                let instant = |text: Option<String>| text.and_then(|text| Timestamp::parse(&text));
                let (claimed, closed) = (instant(row.get(2)?), instant(row.get(3)?));
                let took = claimed.zip(closed).map(|(from, to)| to.0.saturating_sub(from.0)).filter(|ms| *ms >= 0);
                all.push(RuleJudged {
                    rules: serde_json::from_str(&rules)?,
                    took: took.filter(|_| verdict.is_some()),
                    verdict: verdict.as_deref().map(Verdict::from),
                });
            }
            Ok(all)
        })
    }
}
