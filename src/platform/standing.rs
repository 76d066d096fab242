//! How each rule stands: what it found, what became of it, how long that took.

use super::store::{RuleCount, RuleJudged};
use super::{Platform, lock, rules};
use crate::api::{List, Page, Problem, ProblemKind, RuleRow, RuleStanding, Verdict};
use crate::platform::desk::unavailable;
use crate::query::Query;
use std::collections::HashMap;

impl Platform {
    /// A page of rules, in the order of the catalogue; the cursor is the place of the last one given.
    pub(super) fn rule_standings(&self, list: &List) -> Result<Page<RuleStanding>, Problem> {
        if list.at.is_some() {
            let why = "detections, verdicts and what was switched off are only counted as they stand now";
            return Err(Problem::new(ProblemKind::NotFound, "How rules did then is not kept", why));
        }
        let query = Query::parse(&list.query)
            .map_err(|e| Problem::new(ProblemKind::Usage, "The filter cannot be read", e.to_string()))?
            .at(self.now());
        let after: u64 = match &list.after {
            None => 0,
            Some(text) => text.parse().map_err(|_| {
                Problem::new(ProblemKind::Usage, "The cursor cannot be used", "it is not one that this list gave out")
            })?,
        };
        let counts = self.store.rule_counts().map_err(unavailable)?;
        let judged = self.store.rule_judgements().map_err(unavailable)?;
        let off = lock(&self.rules_off).clone();
        let all = standings(rules::list(&self.rules), &counts, &judged, &off);
        let mut fitting = all.into_iter().filter(|r| r.id > after && query.matches(r));
        let items: Vec<RuleStanding> = fitting.by_ref().take(list.rows()).collect();
        let next = fitting.next().and(items.last()).map(|r| r.id.to_string());
        Ok(Page { items, next, covered: None, total: None })
    }
}

/// The rules a sentence about what was switched off begins with.
fn names_in(why: &str) -> impl Iterator<Item = &str> {
    why.split_once(" is switched off").map_or("", |(names, _)| names).split(", ")
}

fn standings(
    rows: Vec<RuleRow>,
    counts: &HashMap<String, RuleCount>,
    judged: &[RuleJudged],
    off: &[String],
) -> Vec<RuleStanding> {
    let standing = |(id, row): (u64, RuleRow)| {
        let count = counts.get(&row.name);
        let switched_off = off.iter().find(|why| names_in(why).any(|name| name == row.name));
        RuleStanding {
            id,
            detections: count.map_or(0, |c| c.detections),
            last: count.map(|c| c.last),
            state: if switched_off.is_some() { "off".into() } else { row.mode.into() },
            title: switched_off.cloned().unwrap_or(if row.why.is_empty() { row.title } else { row.why }),
            name: row.name,
            family: row.family.into(),
            kind: row.kind,
            class: row.class,
            techniques: row.techniques,
            ..RuleStanding::default()
        }
    };
    let mut all: Vec<RuleStanding> = (1..).zip(rows).map(standing).collect();
    let at: HashMap<String, usize> = all.iter().enumerate().map(|(i, r)| (r.name.clone(), i)).collect();
    for group in judged {
        for rule in &group.rules {
            let Some(standing) = at.get(rule).map(|i| &mut all[*i]) else { continue };
            let n = group.incidents;
            standing.incidents += n;
            match &group.verdict {
                Some(Verdict::TruePositive) => standing.attacks += n,
                Some(Verdict::BenignPositive) => standing.benign += n,
                Some(Verdict::FalsePositiveLogic | Verdict::FalsePositiveData) => standing.false_alarms += n,
                Some(Verdict::Undetermined | Verdict::Other(_)) => standing.undetermined += n,
                None => {}
            }
            standing.timed += group.timed;
            standing.seconds = standing.seconds.saturating_add(group.seconds);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;
    use crate::platform::detect::rules::Rules;

    #[test]
    fn verdicts_and_time_go_to_every_rule_of_an_incident() {
        let judged = |rules: &[&str], verdict: Option<Verdict>, took: Option<u64>| RuleJudged {
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
            verdict,
            incidents: 1,
            timed: u64::from(took.is_some()),
            seconds: took.unwrap_or(0),
        };
        let counts = HashMap::from([("web.xss".to_owned(), RuleCount { detections: 7, last: Timestamp(1_000) })]);
        let all = standings(
            rules::list(&Rules::shipped()),
            &counts,
            &[
                judged(&["web.xss", "web.crawl"], Some(Verdict::TruePositive), Some(90)),
                judged(&["web.xss"], Some(Verdict::FalsePositiveLogic), Some(30)),
                judged(&["web.xss"], Some(Verdict::BenignPositive), None),
                judged(&["web.xss", "a rule that is gone"], None, None),
            ],
            &["scenario.own, web.crawl is switched off: it costs 70 comparisons an event".to_owned()],
        );
        let find = |name: &str| all.iter().find(|r| r.name == name).unwrap();
        let xss = find("web.xss");
        assert_eq!((xss.detections, xss.incidents, xss.attacks, xss.benign, xss.false_alarms), (7, 4, 1, 1, 1));
        assert_eq!((xss.precision(), xss.timed, xss.seconds), (Some(33), 2, 120));
        assert_eq!((find("web.crawl").precision(), find("web.crawl").state.as_str()), (Some(100), "off"));
        assert_eq!((find("web.ssrf").precision(), find("web.ssrf").last), (None, None));
    }
}
