//! What people do with incidents: claim, escalate, archive, close with a verdict, reopen, comment.
//!
//! `if_match` is the revision the person was looking at. It is refused when another *person* has changed the incident
//! since; new detections alone do not stand in the way of somebody claiming an incident that is under way.

use super::{Error, File, Incidents};
use crate::api::{IncidentId, IncidentState, Snooze, TimelineKind, Timestamp, Verdict};
use crate::text::{Untrusted, visible};

impl Incidents {
    /// Takes an incident. Claiming what one already owns is no error.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or no longer open.
    pub fn claim(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            must_be_open(file, "claimed")?;
            if file.incident.state == IncidentState::New {
                file.incident.state = IncidentState::Claimed;
            }
            let before = file.incident.owner.replace(actor.into());
            Ok(match before.filter(|o| o.raw() != actor) {
                Some(other) => format!("Claimed, taken over from {}", other.cell(64)),
                None => "Claimed".to_owned(),
            })
        })
    }

    /// Passes an incident up, with a note.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or no longer open.
    pub fn escalate(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            must_be_open(file, "escalated")?;
            file.incident.state = IncidentState::Escalated;
            Ok(with_note("Escalated", note))
        })
    }

    /// Puts an incident aside without a judgement.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or no longer open.
    pub fn archive(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            must_be_open(file, "archived")?;
            file.incident.state = IncidentState::Archived;
            Ok(with_note("Archived", note))
        })
    }

    /// Closes an incident with a judgement. An archived one may be closed too.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or closed already.
    pub fn close(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        verdict: Verdict,
        note: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        let file = self.change(id, if_match, actor, now, |file| {
            if file.incident.state == IncidentState::Closed {
                return Err(Error::State(format!(
                    "incident #{} is closed already; reopen it to judge it anew",
                    file.incident.id
                )));
            }
            let text = with_note(&format!("Closed as {}", verdict.label().replace('_', " ")), note);
            file.incident.state = IncidentState::Closed;
            file.incident.verdict = Some(verdict);
            Ok(text)
        })?;
        let incident = file.incident.clone();
        self.index.learn(&incident);
        self.files.get(&id).ok_or(Error::NotFound(id))
    }

    /// Brings an archived or closed incident back into the queue.
    ///
    /// # Errors
    /// Not known (a closed one must be `load`ed), changed meanwhile, or open anyway.
    pub fn reopen(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            if file.incident.state.is_open() {
                return Err(Error::State(format!("incident #{} is open", file.incident.id)));
            }
            file.incident.state =
                if file.incident.owner.is_some() { IncidentState::Claimed } else { IncidentState::New };
            let before = file.incident.verdict.take();
            let was = before.map(|v| format!(" (was {})", v.label().replace('_', " "))).unwrap_or_default();
            Ok(with_note(&format!("Reopened{was}"), note))
        })
    }

    /// Hands an incident to somebody.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or no longer open.
    pub fn assign(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        owner: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            must_be_open(file, "assigned")?;
            if file.incident.state == IncidentState::New {
                file.incident.state = IncidentState::Claimed;
            }
            file.incident.owner = Some(owner.into());
            Ok(format!("Assigned to {}", visible::escape(owner)))
        })
    }

    /// Takes a change back: puts state, owner, judgement and snooze as they were before it.
    ///
    /// # Errors
    /// Not known, or changed meanwhile.
    pub fn restore(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        (state, owner, verdict, snoozed): (IncidentState, Option<Untrusted>, Option<Verdict>, Option<Snooze>),
        now: Timestamp,
    ) -> Result<&File, Error> {
        self.change(id, if_match, actor, now, |file| {
            let text = format!("Put back from {} to {}", file.incident.state.label(), state.label());
            (file.incident.state, file.incident.owner, file.incident.verdict) = (state, owner, verdict);
            file.incident.snoozed = snoozed.filter(|s| s.until > now);
            Ok(text)
        })
    }

    /// Adds a comment, in any state.
    ///
    /// # Errors
    /// Not known, changed meanwhile, or empty.
    pub fn comment(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<&File, Error> {
        if text.trim().is_empty() {
            return Err(Error::State("the comment is empty".into()));
        }
        let file = self.guarded(id, if_match)?;
        file.changed(now);
        file.signed(actor);
        file.enter(now, TimelineKind::Comment, actor, text);
        file.stir(now, "somebody commented");
        Ok(file)
    }

    /// Whoever changes an incident has it in sight again, unless the change says otherwise.
    pub(super) fn change(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        actor: &str,
        now: Timestamp,
        edit: impl FnOnce(&mut File) -> Result<String, Error>,
    ) -> Result<&File, Error> {
        let file = self.guarded(id, if_match)?;
        let asleep = file.incident.snoozed.take();
        let text = edit(file).inspect_err(|_| file.incident.snoozed = asleep)?;
        file.changed(now);
        file.signed(actor);
        file.enter(now, TimelineKind::State, actor, Untrusted::from(text));
        Ok(file)
    }

    fn guarded(&mut self, id: IncidentId, if_match: Option<u64>) -> Result<&mut File, Error> {
        let file = self.files.get_mut(&id).ok_or(Error::NotFound(id))?;
        let revision = file.incident.revision;
        match if_match {
            Some(seen) if seen < file.facts.changed_at || seen > revision => {
                let by = visible::escape(&file.facts.changed_by).into_owned();
                Err(Error::Conflict { revision, by: if by.is_empty() { "the platform".into() } else { by } })
            }
            _ => Ok(file),
        }
    }
}

impl File {
    /// A person made the newest revision.
    fn signed(&mut self, actor: &str) {
        actor.clone_into(&mut self.facts.changed_by);
        self.facts.changed_at = self.incident.revision;
    }
}

pub(super) fn must_be_open(file: &File, done: &str) -> Result<(), Error> {
    if file.incident.state.is_open() {
        return Ok(());
    }
    let (id, state) = (file.incident.id, file.incident.state.label());
    Err(Error::State(format!("incident #{id} is {state} and cannot be {done}; reopen it first")))
}

fn with_note(what: &str, note: &str) -> String {
    if note.trim().is_empty() { what.to_owned() } else { format!("{what}: {}", note.trim()) }
}
