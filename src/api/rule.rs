//! Rules: as a running platform tells of them ([`RuleStanding`], on the wire), and as `watchfloor rules` reads them from
//! files.

use super::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule of a running platform, and how it does. Counts are over what is stored; the drill is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleStanding {
    /// Place in the list, from 1.
    pub id: u64,
    /// For example `web.xss`, `scenario.ssh_slow_guessing`.
    pub name: String,
    /// In words; why it cannot be used when it is `unusable` or was switched off.
    pub title: String,
    /// `built in`, `scenario`, `sigma`.
    pub family: String,
    /// `rule`, `model` or `behaviour`.
    pub kind: String,
    /// What kind of attack.
    pub class: String,
    /// `on`, `shadow`, `off`, `unusable`.
    pub state: String,
    /// ATT&CK.
    pub techniques: Vec<String>,
    /// Detections.
    pub detections: u64,
    /// The newest of them.
    pub last: Option<Timestamp>,
    /// Incidents it took part in.
    pub incidents: u64,
    /// Of these, closed as attacks.
    pub attacks: u64,
    /// Of these, closed as real but allowed.
    pub benign: u64,
    /// Of these, closed as false, for either reason.
    pub false_alarms: u64,
    /// Of these, closed without knowing.
    pub undetermined: u64,
    /// Of these, closed by somebody who had claimed them.
    pub timed: u64,
    /// From claim to verdict over those, together, in seconds. Time on the clock, not work.
    pub seconds: u64,
}

impl RuleStanding {
    /// Attacks among what was judged, in per cent; nothing while nothing was.
    #[must_use]
    pub fn precision(&self) -> Option<u64> {
        let judged = self.attacks + self.benign + self.false_alarms;
        (self.attacks * 100).checked_div(judged)
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleRow {
    /// For example `web.xss`, `scenario.ssh_slow_guessing`, `sigma.ada3bc4f-...`.
    pub name: String,
    /// Where it comes from: `built in`, `scenario`, `sigma`.
    pub family: &'static str,
    /// `on`, `shadow` (what it finds is counted and nothing follows), `off`, `unusable`.
    pub mode: &'static str,
    /// Rule, model or behaviour.
    pub kind: String,
    /// What kind of attack.
    pub class: String,
    /// How serious; empty where each case says.
    pub severity: String,
    /// In words.
    pub title: String,
    /// ATT&CK.
    pub techniques: Vec<String>,
    /// Who wrote it; empty for our own.
    pub author: String,
    /// File, and line where there is one; empty for what is built in as code.
    pub file: String,
    /// Why it cannot be used; empty where it can.
    pub why: String,
}

/// One sample that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSample {
    /// The scenario.
    pub rule: String,
    /// `positive` must fire, `negative` must not.
    pub kind: &'static str,
    /// Whether it did as it must.
    pub passed: bool,
    /// The file.
    pub file: String,
    /// The line of the sample.
    pub line: usize,
    /// What happened instead; empty where it passed.
    pub why: String,
}

/// Something odd or wrong about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRemark {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong and what is expected.
    pub why: String,
}

/// Rules for one ATT&CK technique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// For example `T1110.003`.
    pub technique: String,
    /// Its name; empty when it is not known here.
    pub name: String,
    /// Its first tactic.
    pub tactic: String,
    /// Built-in rules.
    pub built_in: u64,
    /// Scenarios.
    pub scenarios: u64,
    /// Sigma rules.
    pub sigma: u64,
}

/// What to do with the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesAsk {
    /// List every rule.
    List,
    /// Run the samples.
    Test,
    /// Look for what is odd.
    Lint,
    /// Count by technique.
    Coverage,
}

/// The answer to each.
#[derive(Debug, Clone, PartialEq)]
pub enum RulesAnswer {
    /// Every rule.
    List(Vec<RuleRow>),
    /// Every sample.
    Test(Vec<RuleSample>),
    /// Everything odd.
    Lint(Vec<RuleRemark>),
    /// Every technique that has a rule.
    Coverage(Vec<Covered>),
}
