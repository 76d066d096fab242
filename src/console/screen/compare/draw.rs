//! How two instants are drawn: figures above, what is another below.

use super::Compare;
use crate::api::{Block, EntityRef, Incident, Overview, Page, Suppression};
use crate::console::screen::word;
use crate::console::theme::Tone;
use crate::console::widget::panel::split_top;
use crate::console::widget::{Look, Span, line, muted, plain};
use crate::text::{fit, human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Lines of figures, with the heading.
const FIGURES: u16 = 10;

/// A line of what is another, and the incident it is about.
type Line<'a> = (Vec<Span>, Option<&'a Incident>);

/// How many lines of it there is room for.
pub(super) fn room(body: Rect) -> usize {
    body.height.saturating_sub(FIGURES + 2) as usize
}

impl Compare {
    pub(super) fn incident(&self) -> Option<&Incident> {
        self.lines().into_iter().nth(self.shelf.at).and_then(|(_, incident)| incident)
    }

    /// Everything that is another at the later instant.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = self.changed.iter().map(|i| (self.incident_line(i), Some(i))).collect();
        let block = |b: &Block| (b.action.0, format!("{} {}", word::action_kind(&b.kind), b.target.cell(48)));
        lines.extend(added_and_gone(
            &self.sides.each_ref().map(|s| s.blocks.as_ref()),
            block,
            ("in force", "no longer in force"),
        ));
        let whom = |e: &Option<EntityRef>| e.as_ref().map_or_else(|| "everybody".into(), |e| word::entity(e, 40));
        let quiet =
            |s: &Suppression| (s.id.0, format!("suppression of {} for {}", visible::escape(&s.rule), whom(&s.entity)));
        lines.extend(added_and_gone(&self.sides.each_ref().map(|s| s.quiet.as_ref()), quiet, ("in force", "ended")));
        lines
    }

    fn incident_line(&self, i: &Incident) -> Vec<Span> {
        let mut spans =
            vec![plain(format!("#{:<5} ", i.id)), plain(fit::pad(&visible::escape(&i.title), 44)), muted("  ")];
        let Some(before) = self.before.get(&i.id.0) else {
            let (state, tone) = word::incident_state(&i.state);
            spans.extend([("new since: ".into(), Tone::Accent), (state, tone), muted(format!("  score {}", i.score))]);
            return spans;
        };
        let mut told = false;
        let mut differs = |what: &str, from: String, to: String| {
            if from != to {
                told = true;
                spans.extend([muted(format!("{what} {from} → ")), plain(format!("{to}  "))]);
            }
        };
        let name = |o: &Option<crate::text::Untrusted>| o.as_ref().map_or_else(|| "-".to_owned(), |o| o.cell(20));
        let asleep = |i: &Incident| if i.snoozed.is_some() { "yes" } else { "no" }.to_owned();
        differs("", before.state.label().into_owned(), i.state.label().into_owned());
        differs("severity", before.severity.label().into_owned(), i.severity.label().into_owned());
        differs("score", before.score.to_string(), i.score.to_string());
        differs("owner", name(&before.owner), name(&i.owner));
        differs("snoozed", asleep(before), asleep(i));
        differs("detections", human::count(before.detections), human::count(i.detections));
        if !told {
            spans.push(muted("its timeline only"));
        }
        spans
    }

    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let (head, rest) = split_top(area, FIGURES);
        let when = |side: usize| {
            let at = self.sides[side].at.0;
            format!("{} {}", crate::column::cell::day(crate::api::Timestamp(look.shift(at))), look.clock(at))
        };
        let title = format!(" {:<28}{:>16}{:>16}   {}", "", when(0), when(1), look.zone());
        line(buf, head, 0, look, &[(title, Tone::Title)]);
        for (row, (name, figure)) in (1..).zip(FIGURE) {
            let [a, b] = self.sides.each_ref().map(|side| side.figures.as_deref().map(figure));
            let shown = |n: Option<u64>| n.map_or_else(|| "…".into(), human::count);
            let tone = if a == b { Tone::Muted } else { Tone::Text };
            let text = format!(" {name:<28}{:>16}{:>16}", shown(a), shown(b));
            line(buf, head, row, look, &[(text, tone)]);
        }
        let not_kept = self
            .sides
            .iter()
            .filter_map(|s| s.figures.as_ref())
            .any(|f| f.not_kept.iter().any(|why| why.contains("incidents")));
        let why = if not_kept {
            "  How incidents stood at one of them is not kept: those figures are not known."
        } else {
            ""
        };
        let (foot, rest) = split_top(rest, 1);
        let lines = self.lines();
        let more = if self.more { "+" } else { "" };
        let summary = match &self.problem {
            Some(problem) => (format!(" {}", visible::escape(&problem.to_string()).replace('\n', " ")), Tone::Problem),
            None if !self.loaded => muted(" Comparing …"),
            None => plain(format!(
                " {}{more} incidents, blocks and suppressions are others",
                human::count(lines.len() as u64)
            )),
        };
        line(buf, foot, 0, look, &[summary, (why.into(), Tone::Warn)]);
        let window = self.shelf.window(lines.len());
        let first = window.start;
        for (row, (spans, _)) in lines[window].iter().enumerate() {
            let chosen = first + row == self.shelf.at;
            let mut all = vec![(if chosen { "› " } else { "  " }.to_owned(), Tone::Selected)];
            all.extend(spans.iter().cloned());
            line(buf, rest, u16::try_from(row).unwrap_or(u16::MAX), look, &all);
        }
    }
}

/// What is in one list and not in the other.
fn added_and_gone<'a, T>(
    sides: &[Option<&Page<T>>; 2],
    told: impl Fn(&T) -> (u64, String),
    (here, gone): (&'static str, &'static str),
) -> Vec<Line<'a>> {
    let [Some(before), Some(after)] = sides else { return Vec::new() };
    let all = |page: &Page<T>| page.items.iter().map(&told).collect::<std::collections::BTreeMap<_, _>>();
    let (before, after) = (all(before), all(after));
    let line = |mark: &str, (id, what): (&u64, &String), tone, word: &str| {
        (vec![(format!("{mark} "), tone), plain(format!("{what}  ")), muted(format!("#{id} {word}"))], None)
    };
    let new = after.iter().filter(|(id, _)| !before.contains_key(id)).map(|row| line("+", row, Tone::Accent, here));
    let old = before.iter().filter(|(id, _)| !after.contains_key(id)).map(|row| line("-", row, Tone::Muted, gone));
    new.chain(old).collect()
}

/// A figure of an instant.
type Figure = fn(&Overview) -> u64;

const FIGURE: [(&str, Figure); 9] = [
    ("open incidents", |f| f.open_by_severity.iter().sum()),
    ("  of these critical", |f| f.open_by_severity[4]),
    ("  of these high", |f| f.open_by_severity[3]),
    ("  of these nobody's", |f| f.waiting.iter().map(|w| w.incidents).sum()),
    ("incidents out of sight", |f| f.snoozed),
    ("blocks in force", |f| f.active_blocks),
    ("suppressions in force", |f| f.suppressions),
    ("detections in the last hour", |f| f.detections_per_minute.iter().sum()),
    ("events in the last hour", |f| f.events_per_minute.iter().sum()),
];
