//! Committing: events, what was made of them, and how far their sources were read, all or nothing, exactly once.
//!
//! Events and state are in different files, and SQLite cannot commit to two at once. So every commit has a number, and:
//! - the resume points travel in the *day file*, in the transaction of the events they stand for: never ahead of them;
//! - what does not fit into that one transaction (other days' events, detections, incidents) travels there too, as JSON
//!   in `mark.outbox`, is applied right after, and is applied by [`Store::recover`] if a crash came between. Each file
//!   remembers the number of its last commit, so applying twice does nothing;
//! - a day file syncs only when something durable is about to refer to it: before state, and before another day file
//!   goes on. After a power cut the newest events may be missing, then their resume point is too, and they are read again.

use super::day::{Day, Extra};
use super::draft::Drafts;
use super::{Error, Store, lock, partition, schema, state};
use crate::api::{Bill, Detection, EventRef, Incident, Source, TimelineEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Day files open for writing at once.
const OPEN_MAX: usize = 2;

/// An incident with the facts its bill was made from, its bill, and what is new in its timeline.
pub type IncidentFile = (Incident, Value, Bill, Vec<TimelineEntry>);

/// What is stored together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Commit {
    /// New events, with ids of [`Store::next_event_id`].
    pub events: Drafts,
    /// New or changed detections.
    pub detections: Vec<Detection>,
    /// New or changed incidents.
    pub incidents: Vec<IncidentFile>,
    /// How far sources were read once these events are stored.
    pub resume: Vec<(String, Value)>,
    /// Sources with their counters.
    pub sources: Vec<Source>,
}

/// The writing side of all day files.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Open day files, the longest unused first.
    open: Vec<(i64, Day)>,
    /// Days whose last commits may not have reached the disk.
    dirty: BTreeSet<i64>,
    /// Number of the last commit.
    pub(super) n: u64,
    /// A commit that is in a day file's outbox but not yet applied.
    pending: Option<(u64, Commit)>,
    /// (kind, name) to (commit, JSON): see `day.rs`.
    pub(super) progress: HashMap<(String, String), (u64, String)>,
}

impl Writer {
    pub(super) fn sources(&self) -> Vec<Source> {
        let mut all: Vec<Source> = self
            .progress
            .iter()
            .filter(|((kind, _), _)| kind == "s")
            .filter_map(|(_, (_, body))| serde_json::from_str(body).ok())
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    pub(super) fn resume_points(&self) -> HashMap<String, Value> {
        let points = self.progress.iter().filter(|((kind, _), _)| kind == "r");
        points.filter_map(|((_, name), (_, body))| Some((name.clone(), serde_json::from_str(body).ok()?))).collect()
    }

    fn remember(&mut self, n: u64, progress: Vec<(&'static str, String, String)>) {
        for (kind, name, body) in progress {
            self.learn(kind.to_owned(), name, n, body);
        }
    }

    /// Keeps the furthest.
    pub(super) fn learn(&mut self, kind: String, name: String, n: u64, body: String) {
        let held = self.progress.entry((kind, name)).or_insert_with(|| (0, String::new()));
        if n >= held.0 {
            *held = (n, body);
        }
    }

    /// Makes every day but `except` reach the disk.
    pub(super) fn sync(&mut self, store: &Store, except: Option<i64>) -> Result<(), Error> {
        for day in self.dirty.iter().copied().filter(|d| Some(*d) != except).collect::<Vec<_>>() {
            self.day(store, day)?.sync()?;
            self.dirty.remove(&day);
        }
        Ok(())
    }

    /// The writing side of a day, opened or created.
    pub(super) fn day(&mut self, store: &Store, day: i64) -> Result<&mut Day, Error> {
        if let Some(i) = self.open.iter().position(|(d, _)| *d == day) {
            let held = self.open.remove(i);
            self.open.push(held);
        } else {
            if self.open.len() >= OPEN_MAX {
                let (oldest, mut file) = self.open.remove(0);
                file.sync()?;
                self.dirty.remove(&oldest);
            }
            let file = Day::open(&schema::day_path(&store.dir, day))?;
            store.days.write().unwrap_or_else(PoisonError::into_inner).entry(day).or_insert(None);
            self.open.push((day, file));
        }
        let last = self.open.len() - 1;
        Ok(&mut self.open[last].1)
    }

    pub(super) fn close(&mut self, day: i64) {
        self.open.retain(|(d, _)| *d != day);
        self.dirty.remove(&day);
    }

    fn write(&mut self, store: &Store, day: i64, events: &[EventRef<'_>], extra: &Extra<'_>) -> Result<(), Error> {
        let written = self.day(store, day).and_then(|file| file.write(events, extra));
        if written.is_err() {
            self.open.retain(|(d, _)| *d != day);
        } else if extra.sync {
            self.dirty.remove(&day);
        } else {
            self.dirty.insert(day);
        }
        written
    }

    /// Writes to a day; if its file turns out damaged, moves it aside and starts the day anew.
    fn write_or_renew(
        &mut self,
        store: &Store,
        day: i64,
        events: &[EventRef<'_>],
        extra: &Extra<'_>,
    ) -> Result<(), Error> {
        match self.write(store, day, events, extra) {
            Err(Error::Damaged { why, .. }) => {
                store.note_damage(day, &why);
                self.close(day);
                schema::move_aside(&store.dir, day)?;
                store.days.write().unwrap_or_else(PoisonError::into_inner).insert(day, None);
                self.write(store, day, events, extra)
            }
            other => other,
        }
    }
}

impl Store {
    /// Stores all of it, or on error nothing of it: then it can be tried again as it is.
    ///
    /// # Errors
    /// [`Error::Full`] when the disk is; an event with an id of another day or one that is stored already.
    pub fn commit(&self, batch: &Commit) -> Result<(), Error> {
        if let Some(event) = batch.events.heads().find(|e| e.id.day() != partition(e.time)) {
            return Err(Error::Usage(format!("event {} does not belong to the day of {}", event.id, event.time)));
        }
        let mut writer = lock(&self.writer);
        self.apply_pending(&mut writer)?;
        let n = writer.n + 1;
        let progress = progress(batch)?;
        let mut days: BTreeMap<i64, Vec<EventRef<'_>>> = BTreeMap::new();
        for event in batch.events.iter() {
            days.entry(event.id.day()).or_default().push(event);
        }
        let stateful = !batch.detections.is_empty() || !batch.incidents.is_empty();
        match days.pop_last() {
            None if !stateful && progress.is_empty() => return Ok(()),
            None => {
                writer.sync(self, None)?;
                state::apply(&mut lock(&self.state), n, batch, &progress)?;
                self.stored(&batch.incidents);
            }
            Some((day, events)) if days.is_empty() && !stateful => {
                writer.sync(self, Some(day))?;
                let extra = Extra { n, progress: &progress, outbox: None, sync: false };
                writer.write_or_renew(self, day, &events, &extra)?;
            }
            Some((day, events)) => {
                writer.sync(self, Some(day))?;
                let rest = Commit {
                    events: days.into_values().flatten().collect(),
                    detections: batch.detections.clone(),
                    incidents: batch.incidents.clone(),
                    ..Commit::default()
                };
                let outbox = serde_json::to_string(&rest)?;
                let extra = Extra { n, progress: &progress, outbox: Some(&outbox), sync: true };
                writer.write_or_renew(self, day, &events, &extra)?;
                writer.pending = Some((n, rest));
            }
        }
        writer.n = n;
        writer.remember(n, progress);
        if batch.events.heads().any(|e| e.drill) || batch.detections.iter().any(|d| d.drill) {
            self.drill.store(true, Ordering::Relaxed);
        }
        // From here on the commit is safe in the day file: what fails now is applied before the next one.
        if let Err(e) = self.apply_pending(&mut writer) {
            tracing::warn!(error = %e, "a commit waits in its day file until it can be applied");
        }
        Ok(())
    }

    /// Applies the rest of a commit that is only in an outbox yet.
    pub(super) fn apply_pending(&self, writer: &mut Writer) -> Result<(), Error> {
        let Some((n, rest)) = writer.pending.take() else { return Ok(()) };
        let applied = self.apply_rest(writer, n, &rest);
        if applied.is_err() {
            writer.pending = Some((n, rest));
        }
        applied
    }

    pub(super) fn apply_rest(&self, writer: &mut Writer, n: u64, rest: &Commit) -> Result<(), Error> {
        let mut days: BTreeMap<i64, Vec<EventRef<'_>>> = BTreeMap::new();
        for event in rest.events.iter() {
            days.entry(event.id.day()).or_default().push(event);
        }
        for (day, events) in days {
            let done = writer.day(self, day).and_then(|file| file.mark()).is_ok_and(|(last, _)| last >= n);
            if !done {
                writer.write_or_renew(self, day, &events, &Extra { n, sync: true, ..Extra::default() })?;
            }
        }
        state::apply(&mut lock(&self.state), n, rest, &[])?;
        self.stored(&rest.incidents);
        Ok(())
    }

    /// Tells those who hold something of incidents in memory that these were stored.
    fn stored(&self, incidents: &[IncidentFile]) {
        self.judged.touch(incidents);
        self.roll.touch(incidents);
    }
}

fn progress(batch: &Commit) -> Result<Vec<(&'static str, String, String)>, Error> {
    let mut all = Vec::with_capacity(batch.resume.len() + batch.sources.len());
    for (name, point) in &batch.resume {
        all.push(("r", name.clone(), serde_json::to_string(point)?));
    }
    for source in &batch.sources {
        all.push(("s", source.name.clone(), serde_json::to_string(source)?));
    }
    Ok(all)
}
