//! What outlives a session: the screen one left with its filter, theme, zone, and the views one has saved.

use super::msg::Effect;
use super::{App, Zone, stack, step};
use crate::console::screen::{self, Opening};
use crate::console::theme::Theme;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Views that are kept.
pub const VIEWS: usize = 100;
/// The longest name of a view, in characters.
pub const NAME: usize = 60;

/// A screen with a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The screen's word, e.g. `triage`.
    pub screen: String,
    /// Its filter.
    #[serde(default)]
    pub query: String,
}

/// All of it, as its file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where one left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<View>,
    /// Theme by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Times in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc: Option<bool>,
    /// Saved views by name.
    #[serde(default)]
    pub views: BTreeMap<String, View>,
}

impl View {
    /// In place of one that may name somebody.
    pub(crate) fn hidden() -> Self {
        Self { screen: String::new(), query: "(hidden by the privacy screen)".into() }
    }

    /// The view in front.
    pub(crate) fn of(app: &App) -> Self {
        let screen = app.stack.root();
        let query = screen.filter().map(|line| line.text).unwrap_or_default();
        Self { screen: screen.place().word().to_owned(), query: app.meant(&query) }
    }
}

/// What to keep of this session.
pub(crate) fn keep(app: &App) -> Kept {
    Kept {
        last: Some(View::of(app)),
        theme: Some(app.theme.name().to_owned()),
        utc: Some(app.zone == Zone::Utc),
        views: app.views.clone(),
    }
}

/// Takes up where the last session ended. What cannot be taken up is left out.
pub(crate) fn restore(app: &mut App, kept: Kept, effects: &mut Vec<Effect>) {
    app.views = kept.views.into_iter().take(VIEWS).collect();
    if let Some(utc) = kept.utc {
        app.zone = if utc { Zone::Utc } else { Zone::Local };
    }
    if let Some(theme) = kept.theme.and_then(|name| Theme::named(&name, app.theme.depth()).ok()) {
        app.theme = theme;
    }
    if let Some(last) = kept.last {
        open(app, &last, effects);
    }
}

/// Goes to a view; false where its screen cannot be opened by itself.
pub(crate) fn open(app: &mut App, view: &View, effects: &mut Vec<Effect>) -> bool {
    let Some(entry) = screen::SCREENS.iter().find(|e| e.place.word() == view.screen) else { return false };
    let Opening::Root(_) = (entry.open)(&app.context()) else { return false };
    step::want(app, crate::command::Intent::Go(entry.place), effects);
    let same = app.stack.top().filter().is_none_or(|line| line.text == view.query);
    if !same {
        let asks = app.stack.top_mut().set_filter(view.query.clone());
        let asker = app.stack.generation();
        step::take(app, asker, asks, effects);
        stack::refresh(app, effects);
    }
    true
}
