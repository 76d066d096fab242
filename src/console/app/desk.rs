//! What the operator takes away from a screen, and how the console behaves while one looks at it.

use super::msg::Effect;
use super::toast::Toast;
use super::{App, kept, stack, step};
use crate::command::{Intent, Resource};
use crate::console::screen;
use crate::query::group::groupable;

/// In which zone times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// UTC.
    Utc,
    /// That of this host.
    Local,
    /// That of the country of what is at hand.
    There,
}

/// Shows times in the next zone.
pub(crate) fn zone(app: &mut App) {
    let there = super::view::there(app);
    app.zone = match app.zone {
        Zone::Utc => Zone::Local,
        Zone::Local if there.is_some() => Zone::There,
        Zone::Local | Zone::There => Zone::Utc,
    };
    app.say(Toast::note(match (app.zone, there) {
        (Zone::Utc, _) => "times are UTC".to_owned(),
        (Zone::Local, _) => "times are those of this host".to_owned(),
        (Zone::There, Some((country, _))) => format!("times are those of {country}, as its clocks stand now"),
        (Zone::There, None) => "times are UTC where the country has one zone that is known".to_owned(),
    }));
}

/// Counts what is listed by a field.
pub(crate) fn group(app: &mut App, field: Option<&str>, effects: &mut Vec<Effect>) {
    let Some(line) = app.stack.top().filter() else {
        return app.say(Toast::note("there is no list on this screen to be counted"));
    };
    if line.rows == Resource::Audit {
        // Events have their values counted beside them.
        return step::want(app, Intent::Facets, effects);
    }
    if !groupable(line.rows.fields()).iter().any(|f| field.is_none_or(|name| name == *f)) {
        return app.say(Toast::note(format!("{} cannot be counted by that", line.rows.rows())));
    }
    step::push(app, Box::new(screen::groups::Groups::new(line.rows, &line.text, field)), effects);
}

/// Keeps the screen in front with its filter under a name.
pub(crate) fn save_view(app: &mut App, name: &str, effects: &mut Vec<Effect>) {
    let name: String = name.trim().chars().take(kept::NAME).collect();
    if app.views.len() >= kept::VIEWS && !app.views.contains_key(&name) {
        return app.say(Toast::note(format!("not saved: {} views are kept; forget one first (')", kept::VIEWS)));
    }
    let view = kept::View::of(app);
    app.say(Toast::done(format!("saved the view \"{}\": ' lists views", crate::text::visible::escape(&name))));
    app.views.insert(name, view);
    effects.push(Effect::Keep(kept::keep(app)));
}

/// The most text that terminals take as a clipboard, in bytes.
const CLIPBOARD: usize = 70_000;

/// Puts a text on the terminal's clipboard.
pub(crate) fn copy(app: &mut App, what: &str, text: String, effects: &mut Vec<Effect>) {
    if text.len() > CLIPBOARD {
        return app.say(Toast::note("not copied: it is longer than terminals take (70,000 bytes)"));
    }
    app.say(Toast::done(format!("copied the {what}, if this terminal lets programs do so (OSC 52)")));
    effects.push(Effect::Copy(text));
}

/// Stops taking updates in, and goes on with everything that was missed.
pub(crate) fn pause(app: &mut App, effects: &mut Vec<Effect>) {
    app.paused = match app.paused {
        None => Some(0),
        Some(_) => None,
    };
    if app.paused.is_none() {
        app.stack.stale_now();
        stack::refresh(app, effects);
    }
}
