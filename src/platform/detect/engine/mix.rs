//! Each client's mix of response codes, judged by an isolation forest against the population of clients.
//!
//! Learning: one vector per client, never of a client that something was detected about. Warm-up: silent until enough
//! clients are known. Only mixes that lean to errors are told; a client that is odd by volume alone is none of ours.

use super::bounded::Bounded;
use super::crawler::{self, Crawler};
use super::seen::{Evidence, Finding, Seen, Spec};
use super::{Client, Settings};
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::detect::model::{Forest, median};
use crate::platform::keyed::Keys;
use crate::platform::record::HttpRecord;
use crate::text::human;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Features: shares of response codes, then the volume.
const FEATURES: usize = 9;
const NAMES: [&str; FEATURES] = [
    "2xx share",
    "3xx share",
    "401 share",
    "403 share",
    "404 share",
    "other 4xx share",
    "429 share",
    "5xx share",
    "number of requests",
];
/// Features that speak of errors.
const ERRORS: std::ops::Range<usize> = 2..8;
/// Requests before a client is learnt from.
const LEARN_MIN: u32 = 5;
/// Most clients in one training; more add nothing to trees of 256 samples.
const TRAIN_MAX: usize = 4_096;
/// The score must reach this at least (Liu, Ting and Zhou: well above 0.5 is anomalous).
const SCORE_MIN: f64 = 0.6;
/// And be above this quantile of the clients it learnt from.
const QUANTILE: f64 = 0.99;
/// At least this share of the requests must be errors.
const ERROR_SHARE: f64 = 0.3;
/// A client that something was detected about is not learnt from for a day.
const FLAG_MS: i64 = 86_400_000;

const SPEC: Spec = Spec {
    rule: "model.status_mix",
    title: "Unusual mix of response codes",
    class: "anomaly",
    kind: DetectionKind::Model,
    techniques: &["T1595"],
};

type Vector = [f64; FEATURES];

/// One client's counts: two halves of a sliding window.
#[derive(Default)]
pub(super) struct Mix {
    start: i64,
    now: [u32; 8],
    judged_at: u32,
    past: Option<Box<Past>>,
    evidence: Evidence,
}

/// What most clients are gone too soon to have.
#[derive(Default)]
struct Past {
    before: [u32; 8],
    told: Option<i64>,
}

impl Mix {
    fn add(&mut self, half: i64, time: i64, status: u16) {
        let passed = time.saturating_sub(self.start);
        if passed >= 2 * half || passed < -half || self.start == 0 {
            let told = self.told().map(|told| Box::new(Past { told: Some(told), ..Past::default() }));
            *self = Self { start: time, past: told, ..Self::default() };
        } else if passed >= half {
            self.past.get_or_insert_default().before = std::mem::take(&mut self.now);
            self.start = self.start.saturating_add(half);
            self.judged_at = 0;
        }
        let slot = &mut self.now[class(status)];
        *slot = slot.saturating_add(1);
    }

    fn told(&self) -> Option<i64> {
        self.past.as_ref()?.told
    }

    /// Counts of both halves.
    fn counts(&self) -> [u32; 8] {
        let mut counts = self.now;
        if let Some(past) = &self.past {
            counts.iter_mut().zip(past.before).for_each(|(now, before)| *now = now.saturating_add(before));
        }
        counts
    }

    /// The counts, in words.
    pub fn describe(&self) -> Option<String> {
        let named = self.counts().into_iter().zip(NAMES).map(|(n, name)| (n, name.trim_end_matches(" share")));
        let told: Vec<String> = named.filter(|(n, _)| *n > 0).map(|(n, name)| format!("{name}: {n}")).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    fn total(&self) -> u32 {
        self.counts().into_iter().fold(0, u32::saturating_add)
    }

    /// So many of its requests were errors that it is worth a look.
    fn errs(&self) -> bool {
        self.vector()[ERRORS].iter().sum::<f64>() >= ERROR_SHARE
    }

    fn vector(&self) -> Vector {
        let total = f64::from(self.total().max(1));
        let mut vector = [0.0; FEATURES];
        for (slot, count) in vector.iter_mut().zip(self.counts()) {
            *slot = f64::from(count) / total;
        }
        vector[8] = total.ln_1p();
        vector
    }
}

const fn class(status: u16) -> usize {
    match status {
        300..=399 => 1,
        401 => 2,
        403 => 3,
        404 => 4,
        429 => 6,
        400..=499 => 5,
        500..=599 => 7,
        _ => 0,
    }
}

/// The forest and what it was trained on.
#[derive(Default)]
pub(super) struct Model {
    /// Grown when somebody is first judged by it: mostly nobody is before the next one is due.
    trained: Option<LazyLock<Trained, Box<dyn FnOnce() -> Trained + Send>>>,
    requests: u64,
    due: u64,
    rounds: u64,
}

struct Trained {
    forest: Forest<FEATURES>,
    medians: Vector,
    threshold: f64,
    clients: usize,
}

impl Model {
    /// Counts a request and judges the client when it has made enough of them: at 20, 40, 80 ... in a window.
    pub fn count(
        &mut self,
        settings: &Settings,
        seen: &Seen<'_>,
        ip: IpAddr,
        http: &HttpRecord<'_>,
        client: &mut Client,
        out: &mut Vec<Detection>,
    ) {
        self.requests += 1;
        let mix = &mut client.mix;
        mix.add(settings.mix_window_ms / 2, seen.time(), http.status);
        if ERRORS.contains(&class(http.status)) {
            mix.evidence.add(seen.event);
        }
        let total = mix.total();
        if total < settings.mix_requests.max(mix.judged_at.saturating_mul(2)) {
            return;
        }
        mix.judged_at = total;
        if mix.told().is_some_and(|t| seen.time().saturating_sub(t) < settings.mix_window_ms) {
            return;
        }
        if let Some(why) = self.trained.as_ref().filter(|_| mix.errs()).and_then(|t| t.judge(settings, mix)) {
            mix.past.get_or_insert_default().told = Some(seen.time());
            let known = client.crawler.map(Crawler::name);
            let class = if known.is_some() { crawler::CLASS } else { SPEC.class };
            let (severity, confidence) = if known.is_some() { (Severity::Info, 0.3) } else { (Severity::Medium, 0.6) };
            let why = match known {
                Some(name) => format!("{why}; it calls itself {name}"),
                None => why,
            };
            let (evidence, count) = (&mix.evidence, u64::from(total));
            let finding = Finding { severity, confidence, entity: EntityRef::address(ip), why, evidence, count };
            out.push(seen.detection(&Spec { class, ..SPEC }, finding));
        }
    }

    /// Trains anew after half as many requests again as it had seen, at least 1,000 and at most 50,000.
    pub fn train_if_due(&mut self, settings: &Settings, seen: &Seen<'_>, clients: &Bounded<IpAddr, Client>) {
        if self.requests < self.due.max(64) {
            return;
        }
        self.due = self.requests + (self.requests / 2).clamp(1_000, 50_000);
        let time = seen.time();
        let innocent = |c: &Client| c.flagged.is_none_or(|t| time.saturating_sub(t.get()) > FLAG_MS);
        let known = clients.iter().filter(|(_, c)| c.mix.total() >= LEARN_MIN && innocent(c));
        let mut peers: Vec<(&IpAddr, &Mix)> = known.map(|(ip, c)| (ip, &c.mix)).collect();
        if peers.len() < settings.mix_clients {
            return;
        }
        // The map has no order of its own; the same events must give the same forest.
        peers.sort_unstable_by_key(|(ip, _)| **ip);
        let step = peers.len().div_ceil(TRAIN_MAX);
        let peers: Vec<Vector> = peers.into_iter().step_by(step).map(|(_, mix)| mix.vector()).collect();
        self.rounds += 1;
        let seed = settings.seed ^ self.rounds;
        self.trained = Some(LazyLock::new(Box::new(move || Trained::of(&peers, seed))));
    }

    /// In one sentence.
    pub fn state(&self, settings: &Settings) -> String {
        match &self.trained {
            Some(t) => format!(
                "response-code model: trained {} times, last on {} clients, threshold {:.2}",
                self.rounds, t.clients, t.threshold
            ),
            None => format!(
                "response-code model: learning; it needs {} clients with {LEARN_MIN} requests each before it judges anybody",
                settings.mix_clients
            ),
        }
    }
}

/// The score of each peer. Many clients were answered alike: a score that was worked out serves all of them.
fn scores(forest: &Forest<FEATURES>, peers: &[Vector]) -> Vec<f64> {
    let mut known: HashMap<[u64; FEATURES], f64, Keys> = HashMap::default();
    peers.iter().map(|p| *known.entry(p.map(f64::to_bits)).or_insert_with(|| forest.score(p))).collect()
}

impl Trained {
    fn of(peers: &[Vector], seed: u64) -> Self {
        let medians: Vector = std::array::from_fn(|f| median(peers.iter().map(|p| p[f])));
        // One made-up client per kind of error that got nothing else, so that an error nobody has had yet is seen.
        let anchors: Vec<Vector> = ERRORS
            .map(|error| std::array::from_fn(|f| if f == 8 { medians[8] } else { f64::from(u8::from(f == error)) }))
            .collect();
        let forest = Forest::train(peers, &anchors, seed);
        let mut scores = scores(&forest, peers);
        scores.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = ((scores.len() as f64 * QUANTILE) as usize).min(scores.len().saturating_sub(1));
        let threshold = scores.get(at).copied().unwrap_or(1.0).max(SCORE_MIN);
        Self { forest, medians, threshold, clients: peers.len() }
    }

    /// Why a client that errs stands out, if it does and errors are the reason.
    fn judge(&self, settings: &Settings, mix: &Mix) -> Option<String> {
        let vector = mix.vector();
        let score = self.forest.score(&vector);
        if score < self.threshold {
            return None;
        }
        let parts = self.forest.contributions(&vector);
        let positive: f64 = parts.iter().filter(|p| **p > 0.0).sum();
        let mut ranked: Vec<usize> = (0..FEATURES).filter(|f| parts[*f] > 0.0).collect();
        ranked.sort_by(|a, b| parts[*b].total_cmp(&parts[*a]));
        // A small share of good answers is how an error share looks from the other side.
        let telling = ranked.iter().take(3).any(|f| ERRORS.contains(f) && vector[*f] > self.medians[*f]);
        if !telling {
            return None;
        }
        let told: Vec<String> =
            ranked.iter().take(3).map(|f| self.told(*f, vector[*f], parts[*f] / positive)).collect();
        Some(format!(
            "{} requests within {} were answered unlike those of {} other clients: {}; anomaly score {score:.2}, threshold {:.2}",
            human::count(u64::from(mix.total())),
            human::duration(settings.mix_window_ms),
            self.clients,
            told.join(", "),
            self.threshold,
        ))
    }

    fn told(&self, feature: usize, value: f64, weight: f64) -> String {
        let median = self.medians[feature];
        let (own, peers) = if feature == 8 {
            (format!("{:.0}", value.exp_m1()), format!("{:.0}", median.exp_m1()))
        } else {
            (format!("{:.0} %", value * 100.0), format!("{:.0} %", median * 100.0))
        };
        format!("{} {own} (median of the others {peers}, {:.0} % of the reason)", NAMES[feature], weight * 100.0)
    }
}
