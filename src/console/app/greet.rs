//! The console's own questions: who am I, what is the platform, does the drill run, is there trouble.

use super::msg::{Effect, Fetch, Tag};
use super::toast::Toast;
use super::{App, adapt, company, update, view};
use crate::api::endpoint::{Empty, GetMe, GetOverview, GetVersion, ListSources, Moment};
use crate::api::{Problem, ProblemKind, Reply, SourceState};

/// The console's own questions, asked whenever a connection begins.
pub(crate) fn greet(app: &mut App, effects: &mut Vec<Effect>) {
    for fetch in [
        Fetch::of::<GetMe>("me", 0, &Empty {}),
        Fetch::of::<GetVersion>("version", 0, &Empty {}),
        Fetch::of::<ListSources>("sources", 0, &Empty {}),
        Fetch::of::<GetOverview>("trouble", 0, &Moment::default()),
    ] {
        effects.push(Effect::Send(fetch.wire, Tag::Own(fetch.part)));
    }
    let body = view::body(app);
    app.stack.top_mut().resized(body);
}

/// An answer to one of them.
pub(crate) fn heard(app: &mut App, what: &'static str, result: Result<Reply, Problem>) {
    let problem = match (what, result) {
        (company::PART, result) => return company::told(app, result),
        ("me", Ok(reply)) => {
            let read = reply.read::<GetMe>().map(|me| app.me = Some(me));
            company::count(app);
            read.err()
        }
        ("trouble", Ok(reply)) => {
            reply.read::<GetOverview>().map(|f| _ = update::note_trouble(app, f.trouble.as_deref())).err()
        }
        ("version", Ok(reply)) => reply.read::<GetVersion>().map(|version| adapt::meet(app, version)).err(),
        (_, Ok(reply)) => reply
            .read::<ListSources>()
            .map(|sources| app.drill = sources.iter().any(|s| s.drill && s.state == SourceState::Reading))
            .err(),
        // While the platform is away the header says so; other refusals are said.
        (_, Err(problem)) => Some(problem).filter(|p| p.kind != ProblemKind::Unreachable),
    };
    app.dirty = true;
    if let Some(problem) = problem {
        app.say(Toast::trouble(&problem));
    }
}
