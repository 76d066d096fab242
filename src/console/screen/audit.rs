//! Event search: the query, a histogram of the time around it, the events, the one under the cursor in full.
//!
//! ```text
//! filter  status:404                                              1,240+ events
//! ▁▂▃▅▂▁▃▇ 24 h to 14:03
//!   time      class  who            from           country  status  what
//! › 14:03:11  http   -              198.51.100.7   NL       404     GET /wp-login.php
//! ...the event under the cursor: fields and the raw record...
//! ```
//!
//! Enter shows the event alone, Esc comes back; Tab widens the histogram.

use super::listing::Listing;
use super::rows::{Order, Row};
use super::shelf::Shelf;
use super::{Ask, FilterLine, Screen, Touched, triage, word};
use crate::api::endpoint::{AuditHistogram, Histogram, HistogramInput, ListEvents};
use crate::api::{Event, Live, Outcome, Problem, Reply, Timestamp};
use crate::command::{Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::chart;
use crate::console::widget::panel::{panel, split_bottom, split_top};
use crate::console::widget::table::{self, Column, Table, cell, fixed, flex, toned};
use crate::console::widget::{Look, Span, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Row for Event {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// Ranges of the histogram: name, length in milliseconds, one bar in seconds.
const SPANS: [(&str, i64, u32); 4] =
    [("24 h", 86_400_000, 900), ("7 d", 604_800_000, 7200), ("1 h", 3_600_000, 60), ("6 h", 21_600_000, 240)];

const COLUMNS: &[Column] = &[
    fixed("date", 5, 4),
    fixed("time", 8, 0),
    fixed("class", 7, 3),
    fixed("outcome", 7, 5),
    fixed("from", 16, 0),
    fixed("cc", 2, 4),
    fixed("user", 12, 2),
    fixed("status", 6, 2),
    flex("what happened", 20, 0),
    fixed("", 6, 1),
];

/// The screen.
#[derive(Debug)]
pub struct Audit {
    list: Listing<ListEvents, Event>,
    histogram: Option<Histogram>,
    span: usize,
    turn: u32,
    now: i64,
    /// The event under the cursor fills the screen.
    alone: bool,
    text: Shelf,
    body: Rect,
}

impl Audit {
    /// With this query.
    #[must_use]
    pub fn new(query: &str) -> Self {
        Self {
            list: Listing::new(Order::Stream, query),
            histogram: None,
            span: 0,
            turn: 0,
            now: 0,
            alone: false,
            text: Shelf::default(),
            body: Rect::ZERO,
        }
    }

    /// Asks for the bars of the range that ends with the newest event known, or now if that is newer.
    fn bars(&mut self) -> Vec<Ask> {
        let (_, length, step) = SPANS[self.span];
        let newest = self.list.rows.get(0).map_or(self.now, |e| e.time.0);
        if newest <= 0 {
            return Vec::new();
        }
        self.turn += 1;
        let step_ms = i64::from(step) * 1000;
        let until = (newest / step_ms + 1) * step_ms;
        let input = HistogramInput {
            query: self.list.query().to_owned(),
            since: Timestamp(until - length),
            until: Timestamp(until),
            step_seconds: step,
        };
        vec![Ask::Fetch(Fetch::of::<AuditHistogram>("bars", self.turn, &input))]
    }

    fn lines(&self) -> Vec<Vec<Span>> {
        let width = self.body.width.saturating_sub(4).max(1) as usize;
        self.list.rows.selected().map(|e| describe(e, width)).unwrap_or_default()
    }

    /// Chart, table, detail.
    fn parts(&self, area: Rect) -> (Rect, Rect, Rect) {
        let chart = if area.height >= 24 { 4 } else { 0 };
        let detail = if area.height >= 28 { (area.height / 3).min(14) } else { 0 };
        let (chart, rest) = split_top(area, chart);
        let (table, detail) = split_bottom(rest, detail);
        (chart, table, detail)
    }
}

/// Everything known about an event, field by field, then the record as it was received.
fn describe(e: &Event, width: usize) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    let mut say = |label: &str, text: String, tone: Tone| {
        for (i, part) in wrap(&text, width.saturating_sub(12).max(8)).into_iter().enumerate() {
            lines.push(vec![muted(format!("{:<12}", if i == 0 { label } else { "" })), (part, tone)]);
        }
    };
    say("event", format!("{} · {} · {}", e.id, e.time, visible::escape(&e.source)), Tone::Text);
    say("what", e.message.visible(), Tone::Text);
    let class = format!("{} {} · {} · severity {}", e.class.word(), e.activity, e.outcome.label(), e.severity.label());
    say("class", class, Tone::Text);
    let from = e.src_ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
    let country = e.country.as_ref().map_or_else(String::new, |c| format!(" ({})", c.cell(20)));
    say("from", format!("{from}{country}"), Tone::Text);
    for (label, value) in [("user", &e.user), ("session", &e.session), ("host", &e.host)] {
        if let Some(value) = value {
            say(label, value.visible(), Tone::Text);
        }
    }
    if let Some(http) = &e.http {
        let head = format!(
            "{} {} · {} · {}",
            http.method.visible(),
            http.url.visible(),
            http.status,
            human::bytes(http.bytes)
        );
        say("request", head, Tone::Text);
        for (label, value) in [("referer", &http.referer), ("agent", &http.agent)] {
            if let Some(value) = value {
                say(label, value.visible(), Tone::Text);
            }
        }
    }
    if !e.parsed {
        say("parsed", "no: no parser understood this line; it is kept as it came".into(), Tone::Warn);
    }
    if e.drill {
        say("drill", "◊drill: synthetic".into(), Tone::Drill);
    }
    say("raw", e.raw.visible(), Tone::Muted);
    lines
}

fn row(e: &Event, marked: bool) -> table::Row {
    let date = e.time.to_string();
    let outcome = match e.outcome {
        Outcome::Failure => toned("failure", Tone::Warn),
        Outcome::Success => toned("success", Tone::Muted),
        _ => toned("-", Tone::Muted),
    };
    let status = e.http.as_ref().map_or(0, |h| h.status);
    let tone = if status >= 500 {
        Tone::Bad
    } else if status >= 400 {
        Tone::Warn
    } else {
        Tone::Muted
    };
    table::Row {
        marked,
        cells: vec![
            toned(date.get(5..10).unwrap_or_default(), Tone::Muted),
            toned(e.time.clock(), Tone::Muted),
            toned(e.class.word(), Tone::Muted),
            outcome,
            cell(e.src_ip.map_or_else(|| "-".into(), |ip| ip.to_canonical().to_string())),
            toned(e.country.as_ref().map_or_else(|| "??".into(), |c| c.cell(2)), Tone::Muted),
            cell(e.user.as_ref().map_or_else(|| "-".into(), |u| u.cell(12))),
            toned(if status == 0 { "-".into() } else { status.to_string() }, tone),
            if e.parsed { cell(e.message.cell(300)) } else { toned(e.message.cell(300), Tone::Warn) },
            word::drill(e.drill),
        ],
    }
}

impl Screen for Audit {
    fn place(&self) -> Place {
        Place::Audit
    }

    fn title(&self) -> String {
        if self.alone { "Audit › event".into() } else { "Audit".into() }
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let mut asks = self.list.refresh();
        if self.list.rows.is_loaded() {
            asks.extend(self.bars());
        }
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if part == "bars" {
            if turn == self.turn {
                self.histogram = result.and_then(Reply::read::<AuditHistogram>).ok();
            }
            return Vec::new();
        }
        let first = !self.list.rows.is_loaded();
        let mut asks = self.list.replied(part, turn, result);
        if first {
            asks.extend(self.bars());
        }
        asks
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Events { .. } => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(Motion::NextPanel | Motion::PreviousPanel) => {
                let back = *intent == Intent::Move(Motion::PreviousPanel);
                self.span = (self.span + if back { SPANS.len() - 1 } else { 1 }) % SPANS.len();
                Some(self.bars())
            }
            Intent::Move(motion) if self.alone => {
                let len = self.lines().len();
                self.text.motion(*motion, len);
                Some(Vec::new())
            }
            Intent::Open => {
                self.alone = !self.alone && self.list.rows.selected().is_some();
                self.text = Shelf { height: self.text.height, ..Shelf::default() };
                Some(Vec::new())
            }
            Intent::Back if self.alone => {
                self.alone = false;
                Some(Vec::new())
            }
            Intent::Search(query) => Some(self.set_filter(query.clone())),
            _ => self.list.intent(intent),
        }
    }

    fn resized(&mut self, body: Rect) {
        self.body = body;
        let inner = split_top(body, 1).1;
        let (_, table, _) = self.parts(inner);
        self.list.rows.resize(table::room(table));
        self.text.height = body.height.saturating_sub(2) as usize;
    }

    fn selected(&self) -> Option<Target> {
        self.list.rows.selected().map(|e| Target::Event(Box::new(e.clone())))
    }

    fn marked(&self) -> Vec<Target> {
        self.list.rows.marked().map(|e| Target::Event(Box::new(e.clone()))).collect()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        (self.alone, self.histogram) = (false, None);
        self.list.set_query(query)
    }

    fn drill(&self) -> bool {
        self.list.rows.window().into_iter().flatten().any(|e| e.drill)
    }

    fn passed(&mut self, now: i64) -> Touched {
        self.now = now;
        Touched::Nothing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let rows = &self.list.rows;
        if self.alone {
            let inner = panel(buf, area, look, "Event", true);
            let lines = self.lines();
            for (i, spans) in lines[self.text.window(lines.len())].iter().enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
            }
            return;
        }
        let area = triage::head(buf, area, look, &self.list.line(), &rows.summary("events"));
        let (chart, table_area, detail) = self.parts(area);
        self.draw_bars(buf, chart, look);
        if rows.len() == 0 {
            let text = word::nothing(rows.is_loaded(), rows.problem(), "No event fits this query.");
            return line(buf, table_area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        }
        let drawn = rows.window().into_iter().map(|e| e.map(|e| row(e, rows.is_marked(e)))).collect();
        table::draw(buf, table_area, look, &Table { columns: COLUMNS, rows: drawn, selected: rows.line() });
        if detail.height > 2 {
            let inner = panel(buf, detail, look, "Event", false);
            for (i, spans) in self.lines().iter().take(inner.height as usize).enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
            }
        }
    }
}

impl Audit {
    fn draw_bars(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let Some(h) = self.histogram.as_ref().filter(|_| area.height > 1) else { return };
        let (bars, foot) = split_bottom(area, 1);
        chart::bars_over_time(buf, bars, look, &h.counts, Tone::Chart);
        let until = h.since.plus(i64::from(h.step_seconds) * 1000 * i64::try_from(h.counts.len()).unwrap_or(0));
        let sum = human::count(h.counts.iter().copied().fold(0, u64::saturating_add));
        let when = until.to_string();
        let text =
            format!(" {} events in the {} to {} UTC  (Tab)", sum, SPANS[self.span].0, when.get(..16).unwrap_or(""));
        line(buf, foot, 0, look, &[muted(text), plain("")]);
    }
}
