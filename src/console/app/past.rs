//! The time machine: the whole console at a past instant.
//!
//! Every question of a screen is given the instant, every age counts from it, and live updates wait until one comes back.
//! What the platform does not keep of the past is said instead of shown. Nothing can be changed from there.

use super::msg::{Effect, Fetch};
use super::toast::Toast;
use super::{App, stack, step};
use crate::api::endpoint::knows_past;
use crate::api::{Method, Problem, ProblemKind, Timestamp, Wire};
use crate::command::{Command, Risk};
use crate::console::screen::compare::Compare;
use crate::query::when;

/// Steps land on whole minutes, in milliseconds.
const MINUTE_MS: i64 = 60_000;

impl App {
    /// The instant that is shown, by the platform's clock.
    pub(crate) fn shown_now(&self) -> i64 {
        self.past.map_or_else(|| self.platform_now(), |at| at.0)
    }

    /// The instant people mean.
    fn instant(&self, text: &str) -> Result<Timestamp, String> {
        let offset = if self.utc() { 0 } else { self.offset };
        let now = Timestamp(self.platform_now());
        when::parse(text, now, offset).map(|at| at.min(now))
    }
}

/// So many milliseconds through time.
pub(crate) fn travel(app: &mut App, by: i64, effects: &mut Vec<Effect>) {
    let to = app.shown_now().saturating_add(by);
    // Backwards to the minute before, forwards to the one after: a step never stands still.
    let whole = if by < 0 { to.div_euclid(MINUTE_MS) } else { to.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS) };
    arrive(app, Some(Timestamp(whole.saturating_mul(MINUTE_MS))), effects);
}

/// To an instant, as people write it.
pub(crate) fn travel_to(app: &mut App, text: &str, effects: &mut Vec<Effect>) {
    match app.instant(text) {
        Ok(at) => arrive(app, Some(at), effects),
        Err(why) => app.say(Toast::note(why)),
    }
}

/// Back to now.
pub(crate) fn come_back(app: &mut App, effects: &mut Vec<Effect>) {
    if app.past.is_some() {
        arrive(app, None, effects);
    }
}

/// Compares what is shown with an instant, as people write it.
pub(crate) fn compare(app: &mut App, text: &str, effects: &mut Vec<Effect>) {
    let shown = Timestamp(app.shown_now());
    match app.instant(text) {
        Ok(other) if other == shown => app.say(Toast::note("that is the instant shown: there is nothing to compare")),
        Ok(other) => {
            let screen = Compare::between(other.min(shown), other.max(shown));
            step::push(app, Box::new(screen), effects);
        }
        Err(why) => app.say(Toast::note(why)),
    }
}

fn arrive(app: &mut App, at: Option<Timestamp>, effects: &mut Vec<Effect>) {
    app.past = at.filter(|at| at.0 < app.platform_now());
    renew(app, effects);
}

/// Everything shown is of another instant, or to be shown otherwise: it is forgotten, and asked for anew.
pub(crate) fn renew(app: &mut App, effects: &mut Vec<Effect>) {
    app.dirty = true;
    for gone in app.stack.renew(&mut app.counter) {
        app.flights.forget(gone);
    }
    stack::refresh(app, effects);
}

/// Why a command cannot be used at a past instant, if it cannot.
pub(crate) fn forbids(command: &Command) -> Option<&'static str> {
    (command.risk != Risk::Look).then_some("nothing can be changed in the past: . comes back to now")
}

/// A screen's question, put to the instant that is shown.
///
/// # Errors
/// What it asks for is not kept of the past.
pub(crate) fn at(fetch: &Fetch, at: Option<Timestamp>) -> Result<Fetch, Problem> {
    let Some(at) = at else { return Ok(fetch.clone()) };
    if fetch.wire.method != Method::Get || !knows_past(fetch.wire.name) {
        let why =
            "only events, detections, incidents, actions, blocks, suppressions and the ledger are kept as they were";
        let problem = Problem::new(ProblemKind::NotFound, "This is not kept of the past", why);
        return Err(problem.hint("Press . to come back to now."));
    }
    let Fetch { part, turn, wire } = fetch.clone();
    let (_, asked) = wire.path.split_once('?').unwrap_or((&wire.path, ""));
    // A question that names its own instant keeps it.
    if asked.split('&').any(|pair| pair.starts_with("at=")) {
        return Ok(Fetch { part, turn, wire });
    }
    let joint = if wire.path.contains('?') { '&' } else { '?' };
    let instant = serde_urlencoded::to_string([("at", at.to_string())]).unwrap_or_default();
    let path = format!("{}{joint}{instant}", wire.path);
    Ok(Fetch { part, turn, wire: Wire { path, ..wire } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::List;
    use crate::api::endpoint::{Empty, ListIncidents, ListSources, Moment};

    #[test]
    fn questions_are_put_to_the_instant_and_what_is_not_kept_is_said() {
        let then = Some(Timestamp::parse("2026-11-21T03:12:00Z").unwrap());
        let list = Fetch::of::<ListIncidents>("head", 1, &List { query: "state:new".into(), ..List::default() });
        assert_eq!(at(&list, None).unwrap(), list);
        let asked = at(&list, then).unwrap().wire.path;
        assert_eq!(asked, "/v1/incidents?query=state%3Anew&at=2026-11-21T03%3A12%3A00.000Z");
        let other = Moment { at: Some(Timestamp(0)) };
        let own = Fetch::of::<crate::api::endpoint::GetOverview>("a", 0, &other);
        assert_eq!(at(&own, then).unwrap(), own, "a question with an instant of its own keeps it");
        let bare = Fetch::of::<crate::api::endpoint::GetOverview>("a", 0, &Moment::default());
        assert_eq!(at(&bare, then).unwrap().wire.path, "/v1/overview?at=2026-11-21T03%3A12%3A00.000Z");
        let sources = Fetch::of::<ListSources>("sources", 0, &Empty {});
        assert_eq!(at(&sources, then).unwrap_err().kind, ProblemKind::NotFound);
    }
}
