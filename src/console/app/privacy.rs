//! The privacy screen: while it is on, the console itself only knows pseudonyms.
//!
//! Answers and updates are hidden before a screen sees them and requests get their real names back on the way out, so
//! nothing that draws, copies or writes can show who it is about. What was shown before is forgotten when it is switched.

use super::msg::{Effect, Tag};
use super::stack::Stack;
use super::{App, greet, step};
use crate::api::veiled::{counted, hide, hide_live, hide_problem, reveal};
use crate::api::{Live, Problem, Reply};
use crate::command::Intent;
use crate::console::screen::{Opening, entry};
use crate::text::veil::Veil;
use std::collections::BTreeMap;

/// The screen in front of everything, while it is on.
#[derive(Debug)]
pub(crate) struct Privacy {
    pub(crate) veil: Veil,
    /// Of what the counts will be that a screen or overlay has asked for.
    counted: BTreeMap<(u64, &'static str), Option<&'static str>>,
}

/// Switches it. Every screen begins anew, and what was said is gone: it may name somebody.
pub(crate) fn switch(app: &mut App, effects: &mut Vec<Effect>) {
    app.privacy = match app.privacy.take() {
        Some(privacy) => {
            // What waits goes on as it was meant.
            app.held.amend(|text| privacy.veil.reveal(text), |wire| reveal(wire, &privacy.veil));
            None
        }
        None => Some(Privacy { veil: Veil::new(app.key), counted: BTreeMap::new() }),
    };
    let place = app.stack.root().place();
    for gone in app.stack.renew(&mut app.counter) {
        app.flights.forget(gone);
    }
    app.overlays.clear();
    app.toasts.forget();
    app.counter += 1;
    app.stack = Stack::new(app.counter);
    if let Some(privacy) = &mut app.privacy {
        for call in &mut app.calls {
            call.done = privacy.veil.scrub(&call.done);
        }
        for grace in &mut app.graces {
            grace.done = privacy.veil.scrub(&grace.done);
        }
        app.held.amend(|text| privacy.veil.scrub(text), |_| {});
    }
    app.me = None;
    app.company = super::company::Company::default();
    greet::greet(app, effects);
    if entry(place).is_some_and(|e| matches!((e.open)(&app.context()), Opening::Root(_))) {
        step::want(app, Intent::Go(place), effects);
    }
    let words =
        if app.privacy.is_some() { "pseudonyms are shown: P shows who it is again" } else { "real names are shown" };
    app.say(super::Toast::note(words));
}

impl App {
    /// A text of the operator's as it is meant: with real names.
    pub(crate) fn meant(&self, text: &str) -> String {
        self.privacy.as_ref().map_or_else(|| text.to_owned(), |p| p.veil.reveal(text))
    }

    /// A text of before as it may be shown.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.privacy.as_ref().map_or_else(|| text.to_owned(), |p| p.veil.scrub(text))
    }
}

/// Hides an answer.
pub(crate) fn answer(app: &mut App, tag: &Tag, result: &mut Result<Reply, Problem>) {
    let Some(privacy) = &mut app.privacy else { return };
    let counted = match tag {
        Tag::Part { asker, part, .. } => privacy.counted.remove(&(*asker, *part)).flatten(),
        _ => None,
    };
    match result {
        Ok(reply) => hide(reply, counted, &mut privacy.veil),
        Err(problem) => hide_problem(problem, &privacy.veil),
    }
}

/// Hides an update.
pub(crate) fn live(app: &mut App, update: Box<Live>) -> Box<Live> {
    match &mut app.privacy {
        Some(privacy) => Box::new(hide_live(&update, &mut privacy.veil)),
        None => update,
    }
}

/// Puts the real names back into everything that leaves.
pub(crate) fn out(app: &mut App, effects: &mut [Effect]) {
    let Some(privacy) = &mut app.privacy else { return };
    for effect in effects {
        match effect {
            Effect::Send(wire, tag) => {
                if let Tag::Part { asker, part, .. } = tag {
                    privacy.counted.insert((*asker, *part), counted(wire));
                }
                reveal(wire, &privacy.veil);
            }
            Effect::Export(export) | Effect::Pipe(export, _) => {
                export.query = privacy.veil.reveal(&export.query);
                export.pseudonyms = true;
            }
            _ => {}
        }
    }
}
