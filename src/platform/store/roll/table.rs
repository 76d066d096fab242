//! The rows of the roll in the order of lists: by when they were last changed, then by number. An incident that changes gets
//! a new row at the end; the old one stays empty until there are too many of those.

use super::names::Names;
use super::row::{Held, View};
use crate::api::{EntityKind, EntityRef, Incident, IncidentId, Snooze, Timestamp};
use crate::platform::cursor::Position;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ops::Range;

/// The shape of an empty row.
const GONE: u32 = u32::MAX;
/// Set in the count of names where a row lists nobody: its name is whom it is about first of all.
const ALONE: u32 = 1 << 31;
/// Replaced rows that are put up with, beside an eighth of all.
const REPLACED_MIN: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// (changed, number) of every row, ascending.
    keys: Vec<(i64, u64)>,
    /// Which shape it has.
    shape: Vec<u32>,
    who: Vec<Who>,
    held: Vec<Held>,
    /// When each incident last changed: with that its row is found.
    changed: HashMap<u64, i64>,
    names: Names,
    /// Names of all rows that have not just one.
    several: Vec<u32>,
    shapes: Vec<Incident>,
    /// Shapes by the SHA-256 of what they are, cut to half.
    known: HashMap<[u8; 16], u32>,
    /// Rows that were replaced since they were last tidied up.
    replaced: usize,
    /// There are more names than can be held: rows are missing.
    full: bool,
}

/// Whom a row is about.
#[derive(Debug, Clone, Copy)]
struct Who {
    /// The one name, or where in `several` they begin.
    from: u32,
    /// How many, and whether [`ALONE`].
    count: u32,
}

impl Table {
    /// Incidents.
    pub(super) fn len(&self) -> usize {
        self.changed.len()
    }

    /// It could not take everything in: it must not be asked any more.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    /// Numbers of the names of a row, and whether it lists them: else they are only whom it is about first of all.
    pub(super) fn who(&self, at: u32) -> (&[u32], bool) {
        let who = &self.who[at as usize];
        let listed = who.count & ALONE == 0;
        (numbers(who, &self.several), listed)
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
        Some(View { shape, id, updated: Timestamp(updated), held })
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
        let Some(who) = self.name(incident) else {
            self.full = true;
            return;
        };
        let (shape, held) = (self.shape_for(incident), hold(incident));
        self.changed.insert(key.1, key.0);
        if let Some(at) = known {
            self.replaced += 1;
            if self.keys[at] == key {
                (self.shape[at], self.who[at], self.held[at]) = (shape, who, held);
                return;
            }
            self.shape[at] = GONE;
        }
        match self.keys.binary_search(&key) {
            // An empty row of the same incident from before its clock was set back.
            Ok(at) => (self.shape[at], self.who[at], self.held[at]) = (shape, who, held),
            Err(at) => {
                self.keys.insert(at, key);
                self.shape.insert(at, shape);
                self.who.insert(at, who);
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

    /// The names of those it is about; nothing where they are too many.
    fn name(&mut self, incident: &Incident) -> Option<Who> {
        let alone = incident.entities.is_empty();
        let all: &[EntityRef] = if alone { std::slice::from_ref(&incident.entity) } else { &incident.entities };
        let numbers = all.iter().map(|entity| self.names.number(entity.kind.as_str(), entity.value.raw()));
        let numbers: Vec<u32> = numbers.collect::<Option<_>>()?;
        let who = keep(&numbers, &mut self.several)?;
        Some(Who { count: who.count | if alone { ALONE } else { 0 }, ..who })
    }

    /// Drops empty rows, and with them entities and shapes that no row has any more, once there are many.
    fn tidy(&mut self) {
        if self.replaced <= REPLACED_MIN + self.changed.len() / 8 {
            return;
        }
        let old = std::mem::take(self);
        let mut moved = vec![GONE; old.shapes.len()];
        let mut shapes: Vec<Option<Incident>> = old.shapes.into_iter().map(Some).collect();
        for (at, (key, held)) in old.keys.into_iter().zip(old.held).enumerate() {
            let Some(shape) = shapes.get_mut(old.shape[at] as usize) else { continue };
            let number = &mut moved[old.shape[at] as usize];
            if let Some(shape) = shape.take() {
                *number = u32::try_from(self.shapes.len()).unwrap_or(GONE);
                self.shapes.push(shape);
            }
            let again = |number: &u32| {
                let (kind, name) = old.names.get(*number);
                self.names.number(kind, name)
            };
            let numbers: Option<Vec<u32>> = numbers(&old.who[at], &old.several).iter().map(again).collect();
            let Some(who) = numbers.and_then(|numbers| keep(&numbers, &mut self.several)) else {
                self.full = true;
                break;
            };
            self.who.push(Who { count: who.count | old.who[at].count & ALONE, ..who });
            self.keys.push(key);
            self.shape.push(*number);
            self.held.push(held);
        }
        self.known = old.known.into_iter().map(|(key, shape)| (key, moved[shape as usize])).collect();
        self.known.retain(|_, shape| *shape != GONE);
        self.changed = old.changed;
    }
}

/// The numbers of a row's names.
fn numbers<'a>(who: &'a Who, several: &'a [u32]) -> &'a [u32] {
    match who.count & !ALONE {
        1 => std::slice::from_ref(&who.from),
        count => &several[who.from as usize..][..count as usize],
    }
}

/// Keeps the names of a row; nothing where there is no room for so many.
fn keep(numbers: &[u32], several: &mut Vec<u32>) -> Option<Who> {
    let count = u32::try_from(numbers.len()).ok().filter(|count| *count < ALONE)?;
    if let [one] = numbers {
        return Some(Who { from: *one, count });
    }
    let from = u32::try_from(several.len()).ok()?;
    several.extend_from_slice(numbers);
    Some(Who { from, count })
}

const fn hold(incident: &Incident) -> Held {
    Held {
        revision: incident.revision,
        opened: incident.opened,
        contained: incident.contained,
        detections: incident.detections,
        events: incident.events,
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
