//! Asks what to keep quiet: which rule, of whom, how long, why. Shows what that would have kept quiet in the last seven days
//! before anything is done. Everybody is only meant once the rule's name has been typed.

use super::{Overlay, Reaction, leaves};
use crate::api::endpoint::PreviewSuppression;
use crate::api::{EntityRef, Problem, Reply, SuppressionPreview, SuppressionRequest};
use crate::command::suppress::{Draft, create_step};
use crate::command::{Effect, Step};
use crate::console::app::msg::Fetch;
use crate::console::keymap::Key;
use crate::console::screen::{Ask, word};
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, Span, centred, line, muted, plain, wipe, wrap};
use crate::text::{human, visible};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Lengths to choose from, in seconds.
const LENGTHS: [u64; 6] = [3_600, 4 * 3_600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400];

/// The lines one goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Rule,
    Whom,
    Length,
    Reason,
    /// The rule's name, typed, where everybody is meant.
    Sure,
}

const ROWS: [Row; 5] = [Row::Rule, Row::Whom, Row::Length, Row::Reason, Row::Sure];

/// The question.
#[derive(Debug)]
pub struct Suppress {
    rules: Vec<String>,
    /// Whom; nothing is everybody.
    whom: Vec<Option<EntityRef>>,
    lengths: Vec<u64>,
    /// What is chosen of rules, whom and lengths.
    chosen: [usize; 3],
    row: Row,
    reason: Input,
    sure: Input,
    owner: Option<String>,
    preview: Option<Result<SuppressionPreview, Problem>>,
    turn: u32,
    /// What is still missing.
    missing: &'static str,
}

impl Suppress {
    /// With what the row at hand says.
    #[must_use]
    pub fn new(draft: Draft) -> (Self, Vec<Ask>) {
        let mut whom: Vec<_> = draft.entities.into_iter().map(Some).collect();
        whom.push(None);
        let mut lengths = LENGTHS.to_vec();
        lengths.extend(draft.seconds);
        lengths.sort_unstable();
        lengths.dedup();
        let wanted = draft.seconds.unwrap_or(86_400);
        let at = lengths.iter().position(|l| *l == wanted).unwrap_or(0);
        let mut reason = Input::default();
        reason.set(&draft.reason);
        let mut dialog = Self {
            chosen: [0, if draft.everywhere { whom.len() - 1 } else { 0 }, at],
            rules: draft.rules,
            whom,
            lengths,
            row: Row::Reason,
            reason,
            sure: Input::default(),
            owner: draft.owner,
            preview: None,
            turn: 0,
            missing: "",
        };
        let asks = dialog.look();
        (dialog, asks)
    }

    fn request(&self) -> Option<SuppressionRequest> {
        let entity = self.whom.get(self.chosen[1])?.clone();
        Some(SuppressionRequest {
            rule: self.rules.get(self.chosen[0])?.clone(),
            everywhere: entity.is_none(),
            entity,
            seconds: *self.lengths.get(self.chosen[2])?,
            reason: self.reason.text().trim().into(),
            owner: self.owner.as_deref().map(Into::into),
        })
    }

    /// Asks what it would do.
    fn look(&mut self) -> Vec<Ask> {
        self.turn += 1;
        self.preview = None;
        let request = self.request();
        request.map(|r| Ask::Fetch(Fetch::of::<PreviewSuppression>("preview", self.turn, &r))).into_iter().collect()
    }

    fn everybody(&self) -> bool {
        self.whom.get(self.chosen[1]).is_none_or(Option::is_none)
    }

    fn step(&mut self, by: usize) {
        let rows = if self.everybody() { ROWS.len() } else { ROWS.len() - 1 };
        let at = ROWS.iter().position(|r| *r == self.row).unwrap_or(0).min(rows - 1);
        self.row = ROWS[(at + by) % rows];
    }

    /// Another choice on the line at hand; nothing where that is a text.
    fn choose(&mut self, by: usize) -> Option<Vec<Ask>> {
        let (i, len) = match self.row {
            Row::Rule => (0, self.rules.len()),
            Row::Whom => (1, self.whom.len()),
            Row::Length => (2, self.lengths.len()),
            Row::Reason | Row::Sure => return None,
        };
        let len = len.max(1);
        self.chosen[i] = (self.chosen[i] + if by == 1 { 1 } else { len - 1 }) % len;
        Some(self.look())
    }

    fn finish(&mut self) -> Reaction {
        let Some(request) = self.request() else { return Reaction::close() };
        self.missing = if request.reason.raw().is_empty() {
            self.row = Row::Reason;
            "say why: whoever finds it in a month will want to know"
        } else if request.everywhere && self.sure.text().trim() != request.rule {
            self.row = Row::Sure;
            "this is about everybody: type the rule's name"
        } else if !self.preview.as_ref().is_some_and(|p| p.as_ref().is_ok_and(|p| p.refusals.is_empty())) {
            "it cannot be done like this"
        } else {
            ""
        };
        match (self.missing, create_step(&request)) {
            ("", Step::Effect(Effect::Call { wire, done })) => Reaction::finish(vec![Ask::Call(wire, done)]),
            _ => Reaction::stay(),
        }
    }

    fn input(&mut self) -> &mut Input {
        if self.row == Row::Sure { &mut self.sure } else { &mut self.reason }
    }

    /// What it would do, in lines.
    fn told(&self, width: usize) -> Vec<Vec<Span>> {
        let preview = match &self.preview {
            None => return vec![vec![muted("Looking back seven days …")]],
            Some(Err(problem)) => {
                let text = problem.to_string();
                return wrap(&text.replace('\n', " "), width).into_iter().map(|t| vec![(t, Tone::Problem)]).collect();
            }
            Some(Ok(preview)) => preview,
        };
        let least = if preview.complete { "" } else { "at least " };
        let quiet = format!(
            "In the last seven days it would have kept {least}{} of {} quiet.",
            human::counted(preview.detections, "detections"),
            human::counted(preview.incidents, "incidents")
        );
        let mut lines = vec![vec![plain(quiet)]];
        if preview.attacks > 0 {
            let text = format!("{} of these were closed as attacks.", human::count(preview.attacks));
            lines.push(vec![(text, Tone::Bad)]);
        }
        for refusal in &preview.refusals {
            let text = format!("{} {}", visible::escape(&refusal.why), visible::escape(&refusal.hint));
            lines.extend(wrap(&text, width).into_iter().map(|t| vec![(t, Tone::Problem)]));
        }
        lines
    }
}

impl Overlay for Suppress {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Enter => return self.finish(),
            KeyCode::Down | KeyCode::Tab => self.step(1),
            KeyCode::Up | KeyCode::BackTab => self.step(ROWS.len() * (ROWS.len() - 1) - 1),
            KeyCode::Left | KeyCode::Right => {
                if let Some(asks) = self.choose(usize::from(key.code == KeyCode::Right)) {
                    return Reaction::ask(asks);
                }
                self.input().press(key);
            }
            _ => _ = self.input().press(key),
        }
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input().paste(text);
        Vec::new()
    }

    fn replied(&mut self, _part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if turn == self.turn {
            self.preview = Some(result.and_then(Reply::read::<PreviewSuppression>));
        }
        Vec::new()
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 84, 15);
        wipe(buf, area);
        let inner = panel(buf, area, look, "Keep quiet: detected and counted, but no incident and no action", true);
        let whom = match self.whom.get(self.chosen[1]) {
            Some(Some(entity)) => format!("{} {}", entity.kind.label(), word::entity(entity, 50)),
            _ => "everybody".into(),
        };
        let long = self.lengths.get(self.chosen[2]).copied().unwrap_or_default();
        let rows = [
            (
                Row::Rule,
                "rule",
                self.rules.get(self.chosen[0]).map(|r| visible::escape(r).into_owned()),
                self.rules.len(),
            ),
            (Row::Whom, "of", Some(whom), self.whom.len()),
            (Row::Length, "for", Some(human::duration(i64::try_from(long * 1000).unwrap_or(0))), self.lengths.len()),
        ];
        for (y, (row, name, value, choices)) in (0..).zip(rows) {
            let tone = if self.row == row { Tone::Selected } else { Tone::Text };
            let mark = if self.row == row { "›" } else { " " };
            let more = if choices > 1 && self.row == row { "  ← →" } else { "" };
            let spans = [muted(format!("{mark} {name:<7} ")), (value.unwrap_or_default(), tone), muted(more)];
            line(buf, inner, y, look, &spans);
        }
        let mut cursor = self.field(buf, inner, look, (3, Row::Reason, "why", &self.reason));
        if self.everybody() {
            cursor = self.field(buf, inner, look, (4, Row::Sure, "rule again", &self.sure)).or(cursor);
        }
        let width = inner.width.saturating_sub(2).max(8) as usize;
        for (y, spans) in (6..inner.height.saturating_sub(2)).zip(self.told(width)) {
            line(buf, inner, y, look, &spans);
        }
        let last = inner.height.saturating_sub(1);
        line(buf, inner, last.saturating_sub(1), look, &[(self.missing.to_owned(), Tone::Problem)]);
        line(
            buf,
            inner,
            last,
            look,
            &[muted("Enter keeps it quiet   ↑ ↓ ← → choose   Esc leaves; the gate goes on refusing")],
        );
        cursor
    }
}

impl Suppress {
    /// A line of text; where the cursor is, if it is there.
    fn field(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        (y, row, name, input): (u16, Row, &str, &Input),
    ) -> Option<Position> {
        let here = self.row == row;
        line(buf, inner, y, look, &[muted(format!("{} {name:<10} ", if here { "›" } else { " " }))]);
        let at = Rect { x: inner.x + 13, y: inner.y + y, width: inner.width.saturating_sub(13), height: 1 };
        if at.y >= inner.bottom() || at.width == 0 {
            return None;
        }
        let cursor = input.draw(buf, at, look, None);
        here.then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SuppressionId;
    use crate::console::fixture::{address, suppression_preview};

    fn draft() -> Draft {
        Draft { rules: vec!["web.crawl".into(), "web.xss".into()], entities: vec![address(7)], ..Draft::default() }
    }

    fn answered(dialog: &mut Suppress) {
        let body = serde_json::to_value(suppression_preview()).unwrap();
        dialog.replied("preview", dialog.turn, Ok(Reply { name: "suppression.preview", body }));
    }

    fn press(dialog: &mut Suppress, keys: &str) -> Reaction {
        let mut last = Reaction::stay();
        for key in Key::parse_all(keys).unwrap() {
            last = dialog.press(key);
        }
        last
    }

    #[test]
    fn nothing_is_suppressed_without_a_reason_and_a_preview() {
        let (mut dialog, asks) = Suppress::new(draft());
        assert_eq!(asks.len(), 1, "what it would do is asked for at once");
        assert!(!press(&mut dialog, "Enter").close);
        dialog.paste("our crawler");
        assert!(!press(&mut dialog, "Enter").close, "the preview is not there yet");
        answered(&mut dialog);
        let reaction = press(&mut dialog, "Enter");
        let [Ask::Call(wire, done)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!(wire.path, "/v1/suppressions");
        let body = wire.body.as_ref().unwrap();
        assert_eq!((&body["rule"], &body["seconds"]), (&"web.crawl".into(), &86_400.into()));
        assert_eq!(done, "suppressed web.crawl of 198.51.100.7 for 1 d");
        let _ = SuppressionId(1);
    }

    #[test]
    fn everybody_needs_the_rule_typed_again() {
        let (mut dialog, _) = Suppress::new(draft());
        dialog.paste("noise");
        press(&mut dialog, "Up Up Right");
        answered(&mut dialog);
        assert!(!press(&mut dialog, "Enter").close);
        dialog.paste("web.cra");
        assert!(!press(&mut dialog, "Enter").close);
        dialog.paste("wl");
        let reaction = press(&mut dialog, "Enter");
        let [Ask::Call(wire, _)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!(wire.body.as_ref().unwrap()["everywhere"], true);
    }

    #[test]
    fn another_choice_is_looked_at_anew_and_old_answers_are_dropped() {
        let (mut dialog, _) = Suppress::new(draft());
        let old = dialog.turn;
        assert_eq!(press(&mut dialog, "Up Right").asks.len(), 1);
        let body = serde_json::to_value(suppression_preview()).unwrap();
        dialog.replied("preview", old, Ok(Reply { name: "suppression.preview", body }));
        assert!(dialog.preview.is_none());
    }
}
