//! The rows of the roll in the order of lists: by when they were last changed, then by number. An incident that changes gets
//! a new row at the end; the old one stays empty until there are too many of those.

use super::row::{Held, View};
use crate::api::{EntityKind, EntityRef, Incident, IncidentId, Snooze, Timestamp};
use crate::platform::cursor::Position;
use crate::query::pack;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ops::Range;

/// The shape of an empty row.
const GONE: u32 = u32::MAX;
/// Replaced rows that are put up with, beside an eighth of all.
const REPLACED_MIN: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// (changed, number) of every row, ascending.
    keys: Vec<(i64, u64)>,
    /// Which shape it has.
    shape: Vec<u32>,
    held: Vec<Held>,
    /// When each incident last changed: with that its row is found.
    changed: HashMap<u64, i64>,
    /// Packed entities of all rows.
    entities: Vec<u8>,
    shapes: Vec<Incident>,
    /// Shapes by the SHA-256 of what they are, cut to half.
    known: HashMap<[u8; 16], u32>,
    /// Rows that were replaced since they were last tidied up.
    replaced: usize,
}

impl Table {
    /// Incidents.
    pub(super) fn len(&self) -> usize {
        self.changed.len()
    }

    pub(super) fn shapes(&self) -> &[Incident] {
        &self.shapes
    }

    /// Which shape a row has; nothing for an empty one.
    pub(super) fn shape_of(&self, at: u32) -> Option<usize> {
        Some(self.shape[at as usize]).filter(|shape| *shape != GONE).map(|shape| shape as usize)
    }

    pub(super) fn position(&self, at: u32) -> Position {
        let (key, id) = self.keys[at as usize];
        Position { key, id: id.cast_signed() }
    }

    pub(super) fn row(&self, at: u32) -> Option<View<'_>> {
        let shape = &self.shapes[self.shape_of(at)?];
        let ((updated, id), held) = (self.keys[at as usize], self.held[at as usize]);
        let entities = &self.entities[held.from..held.from + held.bytes as usize];
        Some(View { shape, id, updated: Timestamp(updated), held, entities })
    }

    /// Rows that changed from one instant on and before another.
    pub(super) fn between(&self, since: Timestamp, until: Timestamp) -> Range<u32> {
        let cut = |time: Timestamp| self.keys.partition_point(|(updated, _)| *updated < time.0);
        let end = u32::try_from(cut(until)).unwrap_or(u32::MAX);
        u32::try_from(cut(since)).unwrap_or(u32::MAX).min(end)..end
    }

    /// Takes an incident in, unless a later revision of it is there.
    pub(super) fn put(&mut self, incident: &Incident) {
        let key = (incident.updated.0, incident.id.0);
        let known = self.changed.get(&incident.id.0).and_then(|at| self.keys.binary_search(&(*at, key.1)).ok());
        if known.is_some_and(|at| self.held[at].revision > incident.revision) {
            return;
        }
        let shape = self.shape_for(incident);
        let held = self.hold(incident);
        self.changed.insert(key.1, key.0);
        if let Some(at) = known {
            self.replaced += 1;
            if self.keys[at] == key {
                (self.shape[at], self.held[at]) = (shape, held);
                return;
            }
            self.shape[at] = GONE;
        }
        match self.keys.binary_search(&key) {
            // An empty row of the same incident from before its clock was set back.
            Ok(at) => (self.shape[at], self.held[at]) = (shape, held),
            Err(at) => {
                self.keys.insert(at, key);
                self.shape.insert(at, shape);
                self.held.insert(at, held);
            }
        }
        self.tidy();
    }

    /// Takes the incidents of some shapes away.
    pub(super) fn forget(&mut self, gone: impl Fn(&Incident) -> bool) {
        let gone: Vec<bool> = self.shapes.iter().map(gone).collect();
        for (shape, (_, id)) in self.shape.iter_mut().zip(&self.keys) {
            if gone.get(*shape as usize) == Some(&true) {
                *shape = GONE;
                self.changed.remove(id);
                self.replaced += 1;
            }
        }
        self.tidy();
    }

    /// The number of its shape, a new one if need be.
    fn shape_for(&mut self, incident: &Incident) -> u32 {
        let shape = shape(incident);
        let text = serde_json::to_vec(&shape).unwrap_or_default();
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(text)[..16]);
        *self.known.entry(key).or_insert_with(|| {
            self.shapes.push(shape);
            u32::try_from(self.shapes.len() - 1).unwrap_or(GONE)
        })
    }

    fn hold(&mut self, incident: &Incident) -> Held {
        let from = self.entities.len();
        let alone = incident.entities.is_empty();
        let all: &[EntityRef] = if alone { std::slice::from_ref(&incident.entity) } else { &incident.entities };
        pack(all, &mut self.entities);
        Held {
            revision: incident.revision,
            opened: incident.opened,
            contained: incident.contained,
            detections: incident.detections,
            events: incident.events,
            from,
            bytes: u32::try_from(self.entities.len() - from).unwrap_or(0),
            alone,
        }
    }

    /// Drops empty rows, and with them entities and shapes that no row has any more, once there are many.
    fn tidy(&mut self) {
        if self.replaced <= REPLACED_MIN + self.changed.len() / 8 {
            return;
        }
        let old = std::mem::take(self);
        let mut moved = vec![GONE; old.shapes.len()];
        let mut shapes: Vec<Option<Incident>> = old.shapes.into_iter().map(Some).collect();
        for (at, (key, mut held)) in old.keys.into_iter().zip(old.held).enumerate() {
            let Some(shape) = shapes.get_mut(old.shape[at] as usize) else { continue };
            let number = &mut moved[old.shape[at] as usize];
            if let Some(shape) = shape.take() {
                *number = u32::try_from(self.shapes.len()).unwrap_or(GONE);
                self.shapes.push(shape);
            }
            let entities = &old.entities[held.from..held.from + held.bytes as usize];
            held.from = self.entities.len();
            self.entities.extend_from_slice(entities);
            self.keys.push(key);
            self.shape.push(*number);
            self.held.push(held);
        }
        self.known = old.known.into_iter().map(|(key, shape)| (key, moved[shape as usize])).collect();
        self.known.retain(|_, shape| *shape != GONE);
        self.changed = old.changed;
    }
}

/// An incident without what is its own: number, times, counts and whom it is about.
fn shape(incident: &Incident) -> Incident {
    let never = Timestamp(0);
    Incident {
        id: IncidentId(0),
        revision: 0,
        entity: EntityRef { kind: EntityKind::Other(String::new()), value: String::new().into() },
        entities: Vec::new(),
        kinds: Vec::new(),
        detections: 0,
        events: 0,
        opened: never,
        updated: never,
        first_event: never,
        last_event: never,
        contained: None,
        proposals: Vec::new(),
        snoozed: incident.snoozed.as_ref().map(|_| Snooze { until: never, on_change: false, by: String::new().into() }),
        state: incident.state.clone(),
        title: incident.title.clone(),
        severity: incident.severity.clone(),
        score: incident.score,
        rules: incident.rules.clone(),
        techniques: incident.techniques.clone(),
        owner: incident.owner.clone(),
        verdict: incident.verdict.clone(),
        country: incident.country.clone(),
        drill: incident.drill,
    }
}
