//! Request hits and other detectors' alerts: the first one is told at once, repeats at 10, 100, 1,000 ...

use super::bounded::Bounded;
use super::seen::{Evidence, Finding, Seen, Spec, milestone};
use super::{FOLDS_MAX, Settings};
use crate::api::{Detection, DetectionKind, EntityRef, Severity, Timestamp};
use crate::platform::detect::request::{Hit, Kinds};
use crate::platform::keyed::hash;
use crate::text::Untrusted;
use std::net::IpAddr;

/// Stories that are going on.
pub(super) struct Folds {
    stories: Bounded<(Option<IpAddr>, u64), Story>,
}

#[derive(Default)]
struct Story {
    count: u64,
    refused: u64,
    first: i64,
    last: i64,
    next: u64,
    /// The strongest confidence told so far.
    told: f32,
    evidence: Evidence,
}

impl Story {
    /// Takes one event in; true if it is worth telling.
    fn add(&mut self, settings: &Settings, seen: &Seen<'_>, confidence: f32) -> bool {
        let time = seen.time();
        if self.count > 0 && time.saturating_sub(self.last) > settings.repeat_window_ms {
            *self = Self::default();
        }
        if self.count == 0 {
            self.first = time;
        }
        self.count += u64::from(seen.record.repeat.max(1));
        self.refused += if seen.record.refused { u64::from(seen.record.repeat.max(1)) } else { 0 };
        self.last = self.last.max(time);
        self.evidence.add(seen.event);
        // A stronger sign than any told before is news, however often the weaker one was seen.
        let news = self.told == 0.0 || self.count >= self.next || confidence > self.told + 0.1;
        if news {
            self.next = milestone(10, self.count);
            self.told = self.told.max(confidence);
        }
        news
    }

    /// `; 100 such requests since 12:00:01, 3 of them refused by the gate`.
    fn so_far(&self, what: &str) -> String {
        let refused = match self.refused {
            0 => String::new(),
            n if n == self.count => ", refused by the gate".to_owned(),
            n => format!(", {n} of them refused by the gate"),
        };
        if self.count < 2 {
            return refused;
        }
        format!("; {} {what} since {}{refused}", crate::text::human::count(self.count), Timestamp(self.first).clock())
    }
}

impl Folds {
    pub fn new() -> Self {
        Self { stories: Bounded::new(FOLDS_MAX) }
    }

    /// The inspector's hits of one request.
    pub fn hits(&mut self, settings: &Settings, seen: &Seen<'_>, hits: &[Hit], out: &mut Vec<Detection>) {
        for hit in hits {
            let story = self.stories.entry((seen.ip(), hash(hit.rule)), seen.time());
            if !story.add(settings, seen, hit.confidence) {
                continue;
            }
            let (method, url) = seen.record.http.as_ref().map_or(("", ""), |h| (&*h.method, &*h.url));
            let why = format!(
                "{} in the {}: \"{}\" ({method} {}){}",
                first_upper(hit.sign),
                hit.place(),
                hit.matched,
                clip(url),
                story.so_far("such requests"),
            );
            let spec = Spec {
                rule: hit.rule,
                title: hit.title,
                class: hit.class,
                kind: if hit.kinds == Kinds::MODEL { DetectionKind::Model } else { DetectionKind::Rule },
                techniques: hit.techniques,
            };
            let mut d = seen.detection(
                &spec,
                Finding {
                    severity: hit.severity.clone(),
                    confidence: hit.confidence,
                    entity: who(seen),
                    why,
                    evidence: &story.evidence,
                    count: story.count,
                },
            );
            d.refused = story.refused == story.count;
            d.user = seen.record.user.as_deref().map(Untrusted::from);
            out.push(d);
        }
    }

    /// Another detector's alert.
    pub fn alert(&mut self, settings: &Settings, seen: &Seen<'_>, out: &mut Vec<Detection>) {
        let Some(alert) = &seen.record.alert else { return };
        let story = self.stories.entry((seen.ip(), hash(("alert", &alert.id, &alert.title))), seen.time());
        let (severity, confidence) = (seen.record.severity.clone(), 0.8);
        if !story.add(settings, seen, confidence) {
            return;
        }
        let category = if alert.category.is_empty() { String::new() } else { format!(", {}", alert.category) };
        let blocked = if alert.blocked { "; that detector says it blocked it" } else { "" };
        let why = format!(
            "{} reports signature {} \"{}\"{category}{blocked}{}",
            seen.source,
            alert.id,
            alert.title,
            story.so_far("such alerts"),
        );
        let spec = Spec {
            rule: "ids.alert",
            title: "Alert of another detector",
            class: "alert",
            kind: DetectionKind::Rule,
            techniques: &[],
        };
        let mut d = seen.detection(
            &spec,
            Finding {
                severity: if severity == Severity::Info { Severity::Low } else { severity },
                confidence,
                entity: who(seen),
                why,
                evidence: &story.evidence,
                count: story.count,
            },
        );
        d.refused = alert.blocked && story.count == 1;
        d.user = seen.record.user.as_deref().map(Untrusted::from);
        out.push(d);
    }
}

/// Whom an event is about first of all.
fn who(seen: &Seen<'_>) -> EntityRef {
    let named = |kind, text: &Option<std::borrow::Cow<'_, str>>| {
        text.as_deref().map(|value| EntityRef { kind, value: value.into() })
    };
    seen.ip()
        .map(EntityRef::address)
        .or_else(|| named(crate::api::EntityKind::User, &seen.record.user))
        .or_else(|| named(crate::api::EntityKind::Host, &seen.record.host))
        .unwrap_or_else(|| EntityRef { kind: crate::api::EntityKind::Host, value: seen.source.into() })
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A URL short enough for a sentence.
fn clip(url: &str) -> String {
    if url.chars().count() <= 160 { url.to_owned() } else { url.chars().take(160).chain(['…']).collect() }
}
