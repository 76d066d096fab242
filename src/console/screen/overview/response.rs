//! The lines about what was done and what is owed: each says one thing, and Enter opens exactly the rows it counts.

use super::Overview;
use crate::api::{Overview as Figures, Timestamp, Waiting};
use crate::command::{Intent, Place};
use crate::console::screen::sheet::Sheet;
use crate::console::screen::{Ask, actions, blocks, suppressions, triage, word};
use crate::console::theme::Tone;
use crate::console::widget::{Look, Span, line, muted, plain};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What Enter opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rows {
    /// Blocks that fit.
    Blocks(String),
    /// Incidents that fit.
    Incidents(String),
    /// Actions that fit.
    Actions(String),
    /// Suppressions in force.
    Suppressions,
    /// Nothing stands behind it.
    None,
}

impl Rows {
    pub(super) fn open(self) -> Vec<Ask> {
        vec![match self {
            Self::Blocks(query) => Ask::Push(Box::new(Sheet::<blocks::Blocks>::of(&query))),
            Self::Incidents(query) => Ask::Push(Box::new(triage::Triage::of(&query))),
            Self::Actions(query) => Ask::Push(Box::new(Sheet::<actions::Deeds>::of(&query))),
            Self::Suppressions => Ask::Push(Box::new(Sheet::<suppressions::Hushed>::default())),
            Self::None => Ask::Intent(Intent::Go(Place::ACTIONS)),
        }]
    }
}

/// A line: what it is about, what it says, what it opens.
type Line = (&'static str, Vec<Span>, Rows);

/// The lines, what needs somebody first.
pub(super) fn lines(f: &Figures, look: Option<&Look>) -> Vec<Line> {
    let mut all = vec![("in force", vec![plain(human::count(f.active_blocks))], Rows::Blocks(String::new()))];
    if f.drifted_blocks > 0 {
        let text = format!("{} missing at an enforcer", human::count(f.drifted_blocks));
        all.push(("drift", vec![(text, Tone::Bad)], Rows::Blocks("drifted:true".into())));
    }
    let next = f.next_expiry.as_ref().map(|(entity, at)| {
        let left = look.map_or_else(String::new, |look| look.until(at.0));
        let rows = Rows::Blocks(word::term("target", entity.value.raw()));
        (plain(format!("{} in {left}", word::entity(entity, 30))), rows)
    });
    let (next, rows) = next.unwrap_or((muted("nothing"), Rows::None));
    all.push(("expires", vec![next], rows));
    let mut waiting: Vec<&Waiting> = f.waiting.iter().filter(|w| w.incidents > 0).collect();
    waiting.sort_by_key(|w| std::cmp::Reverse((share(w, f.now), w.severity.id())));
    if waiting.is_empty() {
        all.push(("waits", vec![muted("nobody's turn: every open incident is somebody's")], Rows::None));
    }
    // The latest first, the others after what was done.
    let mut waiting = waiting.into_iter().map(|w| ("waits", waits(w, f.now), queue(w)));
    all.extend(waiting.next());
    let day = f.acts.since;
    all.push(("contained", contained(f), Rows::Incidents(format!("contained>{day}"))));
    let one = |n: u64, noun: &str, nouns: &str| if n == 1 { format!(" {noun}") } else { format!(" {nouns}") };
    let acted = |n: u64, who: &str| vec![plain(human::count(n)), muted(one(n, "action", "actions") + who + " in 24 h")];
    all.push((
        "by itself",
        acted(f.acts.automatic, " by the policy"),
        Rows::Actions(format!("time>={day} automatic:true")),
    ));
    all.push(("by hand", acted(f.acts.manual, " by people"), Rows::Actions(format!("time>={day} automatic:false"))));
    all.extend(waiting);
    let asleep = vec![
        plain(human::count(f.snoozed)),
        muted(one(f.snoozed, "open incident", "open incidents") + " out of sight"),
    ];
    all.push(("snoozed", asleep, Rows::Incidents("state:new,claimed,escalated snoozed:true".into())));
    let quiet = vec![
        plain(human::count(f.suppressions)),
        muted(one(f.suppressions, "suppression", "suppressions") + " in force"),
    ];
    all.push(("kept quiet", quiet, Rows::Suppressions));
    if f.not_kept.is_empty() {
        all.push(("gate", vec![plain(gate(f))], Rows::None));
        all.push(("drill", vec![drill(f)], Rows::None));
    }
    all.extend(f.not_kept.iter().map(|why| ("then", vec![muted(visible::escape(why))], Rows::None)));
    all
}

/// The queue of one severity.
fn queue(w: &Waiting) -> Rows {
    Rows::Incidents(format!("state:new snoozed:false severity={}", w.severity.as_str()))
}

/// How much of the service level the oldest has used up, in per cent.
fn share(w: &Waiting, now: Timestamp) -> u64 {
    let age = w.oldest.map_or(0, |at| now.0.saturating_sub(at.0).max(0).unsigned_abs() / 1000);
    age.saturating_mul(100) / w.level_seconds.max(1)
}

fn waits(w: &Waiting, now: Timestamp) -> Vec<Span> {
    let (severity, tone) = word::severity(&w.severity);
    let ms = |seconds: u64| human::duration(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    let age = w.oldest.map_or(0, |at| now.0.saturating_sub(at.0).max(0));
    let of = format!(" for {} of {}", human::duration(age / 1000 * 1000), ms(w.level_seconds));
    let late = if share(w, now) >= 100 { ("  LATE".to_owned(), Tone::Bad) } else { muted("") };
    // Where there is little room the last words go first.
    vec![(severity, tone), plain(format!("  {} nobody's", human::count(w.incidents))), late, muted(of)]
}

/// From the first hostile event to the verified block, in words.
fn contained(f: &Figures) -> Vec<Span> {
    let c = &f.containment;
    let ms = |n: u64| human::duration(i64::try_from(n).unwrap_or(i64::MAX));
    vec![match c.count {
        0 => muted("nothing in the last 24 h"),
        n => plain(format!(
            "{} in 24 h: median {}, p95 {}, {} % automatic",
            human::count(n),
            ms(c.median_ms),
            ms(c.p95_ms),
            c.automatic * 100 / n
        )),
    }]
}

fn gate(f: &Figures) -> String {
    let g = &f.gate;
    format!(
        "{} checked, refused: {} blocked, {} hostile, {} revoked",
        human::count(g.checked),
        human::count(g.blocked),
        human::count(g.hostile),
        human::count(g.revoked)
    )
}

fn drill(f: &Figures) -> Span {
    match (f.drill, f.drill_data) {
        (true, _) => ("running: what it makes is marked ◊drill".to_owned(), Tone::Drill),
        (false, true) => ("stopped; its data is still here (:drill.purge)".to_owned(), Tone::Drill),
        (false, false) => ("off".to_owned(), Tone::Muted),
    }
}

impl Overview {
    pub(super) fn draw_response(&self, buf: &mut Buffer, inner: Rect, look: &Look, (f, at): (&Figures, Option<usize>)) {
        let lines = lines(f, Some(look));
        let height = inner.height as usize;
        let first = at.map_or(0, |at| (at + 1).saturating_sub(height).min(at));
        let mut before = "";
        for (row, (i, (name, spans, _))) in lines.iter().enumerate().skip(first).take(height).enumerate() {
            let (mark, tone) = if at == Some(i) { ("›", Tone::Selected) } else { (" ", Tone::Muted) };
            // What several lines are about is said once.
            let shown = if *name == before && at != Some(i) { "" } else { name };
            before = name;
            let mut all = vec![(format!("{mark}{shown:<10} "), tone)];
            all.extend(spans.iter().cloned());
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &all);
        }
    }
}
