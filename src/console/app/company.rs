//! Colleagues: who else has a console open, and which incident they look at. The platform is told what is looked at here
//! only when that changes; it forgets by itself when the console ends.

use super::msg::{Effect, Tag};
use super::{App, Line};
use crate::api::endpoint::{Looking, TellPresence};
use crate::api::{Colleague, IncidentId, Problem, Reply, Wire};
use crate::text::{Untrusted, fit};
use std::collections::BTreeMap;

/// What answers to what is told here are called.
pub(crate) const PART: &str = "presence";
/// Cells that a name takes at most.
const NAME: usize = 16;
/// Names that are said; of more only how many.
const NAMES: usize = 3;

/// The others.
#[derive(Debug, Default)]
pub(crate) struct Company {
    all: Vec<Colleague>,
    /// What the platform was told last, since the line is open.
    told: Option<Option<IncidentId>>,
    /// That is under way.
    telling: bool,
    /// Who looks at which incident, in words.
    beside: BTreeMap<u64, String>,
    /// Everybody else, in words; empty when there is nobody.
    pub(crate) words: String,
}

impl Company {
    /// Who looks at which incident, in words.
    pub(crate) const fn beside(&self) -> &BTreeMap<u64, String> {
        &self.beside
    }
}

/// A connection begins: the platform knows nothing of this console.
pub(crate) fn begin(app: &mut App) {
    (app.company.told, app.company.telling) = (None, false);
}

/// Tells the platform what is looked at, if that is news to it.
pub(crate) fn tell(app: &mut App, effects: &mut Vec<Effect>) {
    let incident = app.stack.top().about().filter(|_| app.past.is_none());
    let company = &mut app.company;
    if app.line == Line::Live && !company.telling && company.told != Some(incident) {
        (company.told, company.telling) = (Some(incident), true);
        let looking = Looking { incident, console: Some(app.seed.as_str().into()) };
        effects.push(Effect::Send(Wire::of::<TellPresence>(&looking), Tag::Own(PART)));
    }
}

/// The platform's answer. One of before presence was known has none, and nothing is missed but that.
pub(crate) fn told(app: &mut App, result: Result<Reply, Problem>) {
    app.company.telling = false;
    if let Ok(all) = result.and_then(Reply::read::<TellPresence>) {
        hear(app, all);
    }
}

/// Everybody who is there now.
pub(crate) fn hear(app: &mut App, all: Vec<Colleague>) {
    app.company.all = all;
    count(app);
}

/// Makes the words anew: the others changed, or who is meant by oneself.
pub(crate) fn count(app: &mut App) {
    let own = app.me.as_ref().map(|me| me.name.as_str());
    let mut all: Vec<&Colleague> = app.company.all.iter().collect();
    // Of several consoles of one person the one that was opened first goes by the bare name.
    all.sort_by_key(|c| (c.colleague.raw(), c.since, c.console.as_ref().map(Untrusted::raw)));
    let of_one = all.chunk_by(|a, b| a.colleague == b.colleague).flat_map(|of_one| (1..).zip(of_one.iter().copied()));
    // Without a name of its own a console of somebody who has ours may be ours.
    let is_own = |c: &Colleague| {
        Some(c.colleague.raw()) == own && c.console.as_ref().is_none_or(|console| console.raw() == app.seed)
    };
    let others: Vec<Other> = of_one.filter(|(_, c)| !is_own(c)).collect();
    let mut at: BTreeMap<u64, Vec<Other>> = BTreeMap::new();
    for (nth, colleague) in &others {
        colleague.incident.into_iter().for_each(|id| at.entry(id.0).or_default().push((*nth, colleague)));
    }
    // Until it is known who one is oneself, everybody might be.
    let known = own.is_some();
    let words = if known { said(&others) } else { String::new() };
    let beside = at.into_iter().filter(|_| known).map(|(id, them)| (id, said(&them))).collect();
    app.dirty |= (&words, &beside) != (&app.company.words, &app.company.beside);
    (app.company.words, app.company.beside) = (words, beside);
}

/// A colleague, and which of that person's consoles it is, from 1.
type Other<'a> = (usize, &'a Colleague);

fn said(colleagues: &[Other]) -> String {
    let name = |(nth, c): &Other| {
        let name = fit::truncate(&c.colleague.visible(), NAME);
        if *nth > 1 { format!("{name} ({nth})") } else { name }
    };
    let names: Vec<String> = colleagues.iter().take(NAMES).map(name).collect();
    let more = colleagues.len() - names.len();
    names.join(", ") + &if more > 0 { format!(" +{more}") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Live, Timestamp};
    use crate::console::app::{Feed, Msg};
    use crate::console::fixture::Desk;

    /// The platform says who is there.
    fn come(desk: &mut Desk, names: &[(&str, Option<u64>)]) {
        let colleague = |(name, id): &(&str, Option<u64>)| Colleague {
            colleague: (*name).into(),
            console: None,
            since: Timestamp(0),
            incident: id.map(IncidentId),
        };
        desk.fake.here = names.iter().map(colleague).collect();
        desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Presence { here: desk.fake.here.clone() }))));
    }

    #[test]
    fn another_console_of_ones_own_is_seen_and_this_one_is_not() {
        let mut desk = Desk::new((120, 40));
        desk.press("2");
        let own = desk.app.seed.clone();
        let at = |console: &str, since, incident: Option<u64>| Colleague {
            colleague: "analyst".into(),
            console: Some(console.into()),
            since: Timestamp(since),
            incident: incident.map(IncidentId),
        };
        let mut hear = |here: Vec<Colleague>| {
            desk.tell(Msg::Fed(Feed::Update(Box::new(Live::Presence { here }))));
            desk.text()
        };
        assert!(!hear(vec![at(&own, 1, Some(1))]).contains("with analyst"));
        assert!(hear(vec![at("b", 2, Some(1)), at(&own, 1, None)]).contains("with analyst (2)"));
        let third = hear(vec![at("b", 1, None), at(&own, 2, None), at("c", 3, None)]);
        assert!(third.contains("with analyst, analyst (3)"), "{third}");
    }

    fn told(desk: &Desk) -> Vec<Option<u64>> {
        let told = desk.fake.asked.iter().filter(|wire| wire.name == "presence.tell");
        told.map(|wire| wire.body.as_ref().unwrap()["incident"].as_u64()).collect()
    }

    #[test]
    fn the_platform_is_told_what_fills_the_screen_and_only_once() {
        let mut desk = Desk::new((120, 40));
        assert_eq!(told(&desk), [None]);
        desk.press("2 j k").press("Enter").press("Tab Tab").press("Esc").press("S");
        assert_eq!(told(&desk), [None, Some(1), None, Some(1)]);
        desk.tell(Msg::Fed(Feed::Connected));
        assert_eq!(told(&desk).len(), 5, "a platform that begins anew is told anew");
    }

    #[test]
    fn colleagues_are_seen_in_the_status_line_the_queue_and_the_incident() {
        let mut desk = Desk::new((120, 40));
        desk.press("2");
        let before = desk.text();
        come(&mut desk, &[("analyst", Some(1))]);
        assert_eq!(desk.text(), before, "oneself is no colleague");
        come(&mut desk, &[("analyst", None), ("ben", Some(1)), ("ev\u{1b}[2Jil", Some(2))]);
        assert!(desk.text().contains("with ben, ev"), "{}", desk.text());
        assert!(!desk.text().contains('\u{1b}'));
        let rows = desk.text();
        assert!(rows.lines().any(|l| l.starts_with("›@") && l.contains(" 1 ")), "{rows}");
        assert!(rows.lines().any(|l| l.starts_with(" @") && l.contains(" 2 ")), "{rows}");
        assert!(rows.contains("ben looking · "), "{rows}");
        desk.press("Enter");
        assert!(desk.text().contains("ben looking"), "{}", desk.text());
        come(&mut desk, &[]);
        assert!(!desk.text().contains("ben"), "{}", desk.text());
    }

    #[test]
    fn with_the_privacy_screen_colleagues_have_pseudonyms() {
        let mut desk = Desk::new((160, 40));
        desk.press("2 P");
        come(&mut desk, &[("analyst", None), ("benjamin", Some(1))]);
        let text = desk.text();
        assert!(text.contains("with user-") && !text.contains("benjamin"), "{text}");
        assert_eq!(text.matches("with user-").count(), 1);
        assert!(!text.contains("+1"), "oneself is known as such under a pseudonym, too\n{text}");
    }
}
