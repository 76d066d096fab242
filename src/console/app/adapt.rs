//! How the console takes to its surroundings while it runs: the platform it meets, the line to the terminal, and settings
//! that were changed.

use super::msg::Effect;
use super::toast::Toast;
use super::{App, Zone, step};
use crate::command::Intent;
use crate::config::{ConsoleSettings, Glyphs};
use crate::console::term::gauge::Tempo;
use crate::text::human;

/// The line was measured.
pub(crate) fn measured(app: &mut App, tempo: Tempo) {
    app.dirty = true;
    let before = std::mem::replace(&mut app.tempo, tempo);
    if tempo.slow && !before.slow {
        app.say(Toast::note(format!("the line is slow ({}): fewer frames, ages change every 10 s", words(tempo))));
    }
}

/// `310 ms, 31 KB/s`, as far as it is known.
pub(crate) fn words(tempo: Tempo) -> String {
    let trip = tempo.round_trip.map(|ms| format!("{ms} ms"));
    let rate = tempo.rate.map(|rate| format!("{}/s", human::bytes(u64::from(rate))));
    [trip, rate].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The settings were changed; `rest` says that others than the console's were, too.
pub(crate) fn set(app: &mut App, read: Result<(ConsoleSettings, bool), String>, effects: &mut Vec<Effect>) {
    let (new, rest) = match read {
        Ok(read) => read,
        // Those in force stay.
        Err(why) => return app.say(Toast::note(format!("the settings stay as they were: {why}"))),
    };
    let old = std::mem::replace(&mut app.settings, new.clone());
    let changes = [
        ("theme", old.theme != new.theme),
        ("utc", old.utc != new.utc),
        ("glyphs", old.glyphs != new.glyphs),
        ("max_fps", old.max_fps != new.max_fps),
        ("mouse", old.mouse != new.mouse),
        ("title", old.title != new.title),
        ("notify", old.notify != new.notify),
        ("news_when_slow", old.news_when_slow != new.news_when_slow),
    ];
    if old.theme != new.theme {
        step::want(app, Intent::UseTheme(new.theme.clone()), effects);
    }
    // What the operator chose by a key stays, unless it is this that was changed.
    if old.utc != new.utc {
        app.zone = if new.utc { Zone::Utc } else { Zone::Local };
    }
    app.ascii = if old.glyphs == new.glyphs { app.ascii } else { new.glyphs == Glyphs::Ascii };
    let changed: Vec<&str> = changes.iter().filter(|(_, changed)| *changed).map(|(name, _)| *name).collect();
    let mut said = Vec::new();
    if !changed.is_empty() {
        said.push(format!("in force now: {}", changed.join(", ")));
        effects.push(Effect::Set(Box::new(new.clone())));
    }
    if rest || old.restore != new.restore {
        said.push("the rest takes effect at the next start".to_owned());
    }
    if !said.is_empty() {
        app.say(Toast::note(format!("settings read again: {}", said.join("; "))));
    }
}

/// The platform said what it is.
pub(crate) fn meet(app: &mut App, version: crate::api::Version) {
    // Within two seconds the difference is the network's, not the clocks'.
    let skew = version.now.0.saturating_sub(app.now.0);
    app.skew = if skew.abs() > 2000 { skew } else { 0 };
    if !version.api.iter().any(|v| v == "v1") {
        app.say(Toast::note(format!(
            "the platform is version {} and does not speak v1: install the console that belongs to it",
            crate::text::visible::escape(&version.version)
        )));
    }
    app.version = Some(version);
}
