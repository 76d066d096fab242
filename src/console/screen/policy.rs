//! The policy: the file as it stands, how it differs from the built-in one, and what it would have done over the last
//! days beside what the policy in force says. Reading and trying only: the file is changed with an editor.

mod difference;

use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched, word};
use crate::api::endpoint::{Empty, GetPolicy, RehearsePolicy};
use crate::api::{Live, PolicyPaper, PolicyRehearsal, PolicyTrial, Problem, Proposal, Reply};
use crate::command::{Context, Intent, Motion, Place};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::panel::split_top;
use crate::console::widget::{Look, Span, line, muted, plain};
use crate::text::{human, visible};
use difference::{Side, differences};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const TABS: [&str; 3] = ["policy", "against the built-in one", "tried over the past"];
/// Days the policy is tried over.
const DAYS: u32 = 7;

/// A line of a tab; those about an incident open it.
type Line = (Vec<Span>, Option<crate::api::IncidentId>);

/// The screen.
#[derive(Debug, Default)]
pub struct Papers {
    paper: Option<PolicyPaper>,
    rehearsal: Option<Result<PolicyRehearsal, Problem>>,
    problem: Option<Problem>,
    tab: usize,
    shelf: Shelf,
}

impl Papers {
    /// The policy is tried once its tab is in front.
    fn try_it(&mut self) -> Vec<Ask> {
        if self.tab != 2 || self.rehearsal.is_some() {
            return Vec::new();
        }
        let trial = PolicyTrial { text: None, days: Some(DAYS) };
        vec![Ask::Fetch(Fetch::of::<RehearsePolicy>("trial", 0, &trial))]
    }

    fn lines(&self) -> Vec<Line> {
        let Some(paper) = &self.paper else { return Vec::new() };
        let shown = |text: &str| visible::escape(text).into_owned();
        match self.tab {
            0 => {
                let numbered = (1..).zip(paper.text.raw().lines());
                numbered.map(|(n, text)| (vec![muted(format!("{n:>4} ")), plain(shown(text))], None)).collect()
            }
            1 => differences(&paper.default, paper.text.raw())
                .into_iter()
                .map(|(side, text)| {
                    let (mark, tone) = match side {
                        Side::Both => (" ", Tone::Muted),
                        Side::Old => ("-", Tone::Bad),
                        Side::New => ("+", Tone::Good),
                    };
                    (vec![(format!(" {mark} {}", shown(text)), tone)], None)
                })
                .collect(),
            _ => match &self.rehearsal {
                None => vec![(vec![muted(" Trying it …")], None)],
                Some(Err(problem)) => vec![(vec![(format!(" {}", shown(&problem.to_string())), Tone::Problem)], None)],
                Some(Ok(rehearsal)) => tried(rehearsal),
            },
        }
    }

    /// File and state, in words.
    fn standing(&self) -> Span {
        let Some(paper) = &self.paper else { return muted("") };
        let file = paper.file.cell(80);
        match &paper.fault {
            Some(why) => (format!(" {file} cannot be used: {}", why.cell(200)), Tone::Problem),
            None if !paper.found && paper.in_force => plain(format!(" built in, in force; {file} is not there")),
            None if !paper.found => {
                (format!(" {file} is gone: the built-in policy holds from the next start"), Tone::Warn)
            }
            None if paper.in_force => (format!(" {file}: valid and in force"), Tone::Good),
            None => (format!(" valid, but changed: in force from the next start of the platform · {file}"), Tone::Warn),
        }
    }
}

/// A rehearsal in lines.
fn tried(r: &PolicyRehearsal) -> Vec<Line> {
    if let Some(why) = &r.fault {
        return vec![(vec![(format!(" It cannot be tried: {}", why.cell(300)), Tone::Problem)], None)];
    }
    let more = if r.more { ", the newest of more" } else { "" };
    let counts = |[suggest, ask, act]: [u64; 3]| {
        format!(
            "{} suggested, {} asked, {} done by itself",
            human::count(suggest),
            human::count(ask),
            human::count(act)
        )
    };
    let head =
        format!(" {} of the last {DAYS} days{more}; ranges are left out", human::counted(r.incidents, "incidents"));
    let mut lines = vec![
        (vec![plain(head)], None),
        (vec![muted(" in force     "), plain(counts(r.before))], None),
        (vec![muted(" the file     "), plain(counts(r.after))], None),
    ];
    if r.changes.is_empty() {
        lines.push((vec![muted(" Both say the same of each of them.")], None));
    }
    for change in &r.changes {
        let (severity, tone) = word::severity(&change.severity);
        let spans = vec![
            plain(format!(" #{} ", change.incident)),
            (format!("{severity} {:>3} ", change.score), tone),
            plain(format!("{}: ", visible::escape(&change.title))),
            muted(format!("{} → ", told(&change.before))),
            plain(told(&change.after)),
        ];
        lines.push((spans, Some(change.incident)));
    }
    lines
}

fn told(proposals: &[Proposal]) -> String {
    let words = proposals.iter().map(|p| {
        let ttl = i64::try_from(p.ttl_seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
        format!("{} {} {} {}", p.mode.label(), word::action_kind(&p.kind), p.target.cell(40), human::duration(ttl))
    });
    let all: Vec<_> = words.collect();
    if all.is_empty() { "nothing".into() } else { all.join(", ") }
}

impl Station for Papers {
    const PLACE: Place = Place("screen.policy");
    const KEYS: &'static [&'static str] = &["g p"];
    const ABOUT: &'static str = "The policy: as it stands, and tried over the past";
    const PICTURES: &'static [(&'static str, &'static str)] =
        &[("", ""), ("difference", "Tab G"), ("rehearsal", "Tab Tab")];

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl Screen for Papers {
    fn place(&self) -> Place {
        Self::PLACE
    }

    fn title(&self) -> String {
        "Policy".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        self.rehearsal = None;
        let mut asks = vec![Ask::Fetch(Fetch::of::<GetPolicy>("paper", 0, &Empty {}))];
        asks.extend(self.try_it());
        asks
    }

    fn replied(&mut self, part: &'static str, _turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if part == "trial" {
            self.rehearsal = Some(result.and_then(Reply::read::<RehearsePolicy>));
        } else {
            match result.and_then(Reply::read::<GetPolicy>) {
                Ok(paper) => (self.paper, self.problem) = (Some(paper), None),
                Err(problem) => self.problem = Some(problem),
            }
        }
        let len = self.lines().len();
        self.shelf.settle(len);
        Vec::new()
    }

    fn live(&mut self, _: &Live) -> Touched {
        Touched::Nothing
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion @ (Motion::NextPanel | Motion::PreviousPanel)) => {
                let by = if *motion == Motion::NextPanel { 1 } else { TABS.len() - 1 };
                self.tab = (self.tab + by) % TABS.len();
                self.shelf = Shelf { height: self.shelf.height, ..Shelf::default() };
                Some(self.try_it())
            }
            Intent::Move(motion) => {
                let len = self.lines().len();
                self.shelf.motion(*motion, len);
                Some(Vec::new())
            }
            Intent::Open => {
                let id = self.lines().get(self.shelf.at).and_then(|(_, id)| *id);
                Some(id.map(|id| Ask::Intent(Intent::OpenIncident(id))).into_iter().collect())
            }
            _ => None,
        }
    }

    fn forget(&mut self) {
        *self = Self { tab: self.tab, shelf: self.shelf, ..Self::default() };
    }

    fn resized(&mut self, body: Rect) {
        self.shelf.height = body.height.saturating_sub(2) as usize;
        let len = self.lines().len();
        self.shelf.settle(len);
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        if self.paper.is_none() {
            return word::note(buf, area, look, &word::nothing(false, self.problem.as_ref(), ""));
        }
        let (head, rest) = split_top(area, 2);
        line(buf, head, 0, look, &[self.standing()]);
        let bar = Rect { y: head.y + 1, height: 1, ..head };
        line(buf, head, 1, look, &word::tabs(look, bar, TABS.iter().copied(), self.tab));
        let lines = self.lines();
        let at = self.shelf.line(lines.len());
        for (row, (spans, _)) in lines[self.shelf.window(lines.len())].iter().enumerate() {
            let mark = if at == Some(row) { ("›".to_owned(), Tone::Selected) } else { plain(" ") };
            let spans: Vec<Span> = std::iter::once(mark).chain(spans.iter().cloned()).collect();
            line(buf, rest, u16::try_from(row).unwrap_or(u16::MAX), look, &spans);
        }
    }
}
