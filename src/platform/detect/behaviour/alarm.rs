//! What is said of a window that stands out: the features that made it so, what is usual, what would not have alerted.

use super::budget::{FOREST, SUMS};
use super::feature::{self, NAMES, Vector};
use super::kind::{Kind, LEVEL_NAMES, LEVELS, Name, entity};
use super::peers::{Basis, Peers};
use super::window::Row;
use crate::api::{Detection, DetectionId, DetectionKind, Severity, Timestamp};
use crate::text::{Untrusted, human};

/// A judged window with the numbers that everything said of it comes from.
pub struct Case<'a> {
    pub level: usize,
    /// Which detector spoke.
    pub detector: usize,
    /// And by which aspect.
    pub aspect: usize,
    pub x: &'a Vector,
    /// Features, the most telling first.
    pub leading: Vec<usize>,
    pub score: f64,
    /// One in how many windows scores so high.
    pub one_in: f64,
    /// What is told: one in so many, and the score that is.
    pub limit: f64,
    pub threshold: f64,
    /// Its own history had a say.
    pub own: bool,
}

/// Puts it in words.
pub fn detection(
    row: &Row,
    case: &Case<'_>,
    peers: &Peers,
    basis: Option<Basis<'_>>,
    sure: bool,
    now: i64,
) -> Detection {
    let label = feature::label(row.kind, &case.leading, case.x);
    let (severity, confidence) = match (row.crawler, sure) {
        (true, _) => (Severity::Info, 0.3),
        (_, true) => (Severity::High, 0.9),
        _ if case.one_in >= case.limit * 10.0 => (Severity::Medium, 0.7),
        _ => (Severity::Medium, 0.6),
    };
    Detection {
        id: DetectionId(0),
        time: Timestamp(now),
        rule: label.rule.to_owned(),
        title: label.title.to_owned(),
        class: if row.crawler { "crawler" } else { label.class }.to_owned(),
        kind: DetectionKind::Behaviour,
        severity,
        confidence,
        entity: entity(row.kind, &row.name),
        src_ip: row.name.ip().filter(|_| row.kind == Kind::Address),
        user: match (row.kind, &row.name) {
            (Kind::User, Name::Text(user)) => Some(Untrusted::from(&***user)),
            _ => None,
        },
        why: why(row, case, peers, basis).into(),
        evidence: row.evidence(),
        evidence_count: u64::from(row.counts.requests.max(1)),
        techniques: label.techniques.iter().map(|t| (*t).to_owned()).collect(),
        source: row.heavy.as_ref().map(|h| h.source.to_string()).unwrap_or_default(),
        incident: None,
        suppressed: None,
        refused: false,
        drill: false,
    }
}

fn why(row: &Row, case: &Case<'_>, peers: &Peers, basis: Option<Basis<'_>>) -> String {
    let told: Vec<String> = case.leading.iter().map(|f| told(*f, case.x[*f], peers, basis)).collect();
    let window = match case.detector {
        SUMS => "day by day more than it used to".to_owned(),
        _ => format!("within {}", LEVEL_NAMES[case.level]),
    };
    let past = basis.and_then(|b| b.own).map(|own| human::count(u64::from(own.windows)));
    let against = match (past, basis.is_none_or(|b| b.crowd)) {
        (Some(windows), true) => format!("its own {windows} windows and its peers"),
        (Some(windows), false) => format!("its own {windows} windows"),
        (None, _) => format!("its peers ({} windows)", human::count(peers.count())),
    };
    let model = if case.detector == FOREST { ", by the forest" } else { "" };
    let less = basis.and_then(|b| unremarkable(case, peers, b)).map(|l| format!("; {l}")).unwrap_or_default();
    format!(
        "{window}: {}; against {against} this is 1 in {}{model} (told at 1 in {} of {}){less}",
        told.join(", "),
        human::count(case.one_in as u64),
        human::count(case.limit as u64),
        row.kind.plural(),
    )
}

fn told(f: usize, x: f32, peers: &Peers, basis: Option<Basis<'_>>) -> String {
    let own = basis
        .and_then(|b| b.own)
        .map(|h| format!("own median {}, ", feature::shown(f, h.usual(f))))
        .unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a count")]
    let peer = peers.median(f).unwrap_or(0.0) as f32;
    format!("{} {} ({own}peers {})", NAMES[f], feature::shown(f, x), feature::shown(f, peer))
}

/// How little of the leading feature would have been nothing to tell, if that alone can be said.
fn unremarkable(case: &Case<'_>, peers: &Peers, basis: Basis<'_>) -> Option<String> {
    if case.detector >= LEVELS {
        return None;
    }
    let f = *case.leading.first()?;
    let with = |v: f32| {
        let mut x = *case.x;
        x[f] = v;
        peers.judge(&x, basis).aspects[case.aspect].score
    };
    if with(0.0) >= case.threshold {
        return Some(format!("it would have alerted without the {} too", NAMES[f]));
    }
    let (mut low, mut high) = (0.0, case.x[f]);
    for _ in 0..24 {
        let middle = f32::midpoint(low, high);
        if with(middle) < case.threshold { low = middle } else { high = middle }
    }
    Some(format!("would not have alerted at <= {} {}", feature::shown(f, low), NAMES[f]))
}
