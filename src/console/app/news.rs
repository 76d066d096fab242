//! What is told outside the screen: new critical incidents, in the terminal's title and as a notification. At most one
//! notification in ten seconds: a flood is one sentence.

use super::App;
use super::msg::Effect;
use crate::api::{Incident, IncidentId, IncidentState, Severity, Timestamp};
use crate::config::Notify;
use crate::console::term::{News, Way};
use crate::text::visible;
use std::collections::VecDeque;

/// Least time between two notifications, milliseconds.
const PAUSE: i64 = 10_000;
/// Incidents remembered as told of.
const KNOWN: usize = 1024;

/// What was not told or seen yet.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Older incidents are no news.
    since: Timestamp,
    known: VecDeque<IncidentId>,
    /// New ones since the operator last touched a key.
    count: u64,
    /// Not notified of yet: how many, and the last of them in words.
    waiting: Option<(u64, String)>,
    notified: i64,
    /// The title as the terminal has it.
    title: String,
}

impl Unread {
    pub(crate) const fn since(since: Timestamp) -> Self {
        Self { since, known: VecDeque::new(), count: 0, waiting: None, notified: i64::MIN, title: String::new() }
    }

    /// When the next notification is due, by the local clock.
    pub(crate) fn wake(&self) -> Option<i64> {
        self.waiting.as_ref().map(|_| self.notified.saturating_add(PAUSE))
    }

    /// The operator is there.
    pub(crate) const fn read(&mut self) {
        self.count = 0;
    }
}

/// An incident came in or changed.
pub(crate) fn hear(app: &mut App, incident: &Incident) {
    let since = app.news.since.0.saturating_add(app.skew);
    let fresh = incident.severity == Severity::Critical
        && incident.state == IncidentState::New
        && incident.opened.0 >= since
        && !app.news.known.contains(&incident.id);
    if !fresh {
        return;
    }
    let news = &mut app.news;
    news.known.push_back(incident.id);
    if news.known.len() > KNOWN {
        news.known.pop_front();
    }
    news.count += 1;
    if app.settings.notify != Notify::Off {
        let drill = if incident.drill { "drill: " } else { "" };
        let text = format!("{drill}critical #{}: {}", incident.id, visible::escape(&incident.title));
        let before = news.waiting.take().map_or(0, |(n, _)| n);
        news.waiting = Some((before + 1, text));
    }
}

/// Tells what is to be told.
pub(crate) fn tell(app: &mut App, effects: &mut Vec<Effect>) {
    let way = match app.settings.notify {
        Notify::Off => None,
        Notify::Osc9 => Some(Way::Osc9),
        Notify::Osc777 => Some(Way::Osc777),
    };
    if app.news.waiting.is_some() && app.news.notified.saturating_add(PAUSE) <= app.now.0 {
        app.news.notified = app.now.0;
        let (n, text) = app.news.waiting.take().unwrap_or_default();
        let text = if n > 1 { format!("{n} new critical incidents, the last {text}") } else { text };
        effects.extend(way.map(|way| Effect::Tell(News::Notice(way, text))));
    }
    if app.settings.title {
        let count = if app.news.count > 0 { format!("({}) ", app.news.count) } else { String::new() };
        let title = format!("{count}Watchfloor: {}", app.stack.top().title());
        if title != app.news.title {
            app.news.title.clone_from(&title);
            effects.push(Effect::Tell(News::Title(title)));
        }
    }
}
