//! How the overview is drawn, panel by panel.

use super::{Overview, Panel, SEVERITIES};
use crate::api::Overview as Figures;
use crate::console::screen::word;
use crate::console::theme::Tone;
use crate::console::widget::chart::{self, Bar};
use crate::console::widget::heat;
use crate::console::widget::panel::{columns, panel, rows, split_top};
use crate::console::widget::{Look, Span, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Overview {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let Some(f) = &self.figures else {
            let text = word::nothing(false, self.problem.as_ref(), "");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        };
        if f.events_per_minute.iter().any(|n| *n > 0) {
            look.wake_at((f.now.minute() + 1) * 60_000);
        }
        let area = trouble(buf, area, look, f);
        let area = match &self.problem {
            Some(problem) => {
                let (top, rest) = split_top(area, 1);
                let text = format!(" Figures of {}: {}", look.clock(f.now.0), visible::escape(&problem.title));
                line(buf, top, 0, look, &[(text, Tone::Problem)]);
                rest
            }
            None => area,
        };
        let charts = (area.height / 4).clamp(3, 9);
        let (top, rest) = split_top(area, charts);
        // Where there is room the whole of it is said without moving the cursor.
        let (middle, bottom) = split_top(
            rest,
            match area.height {
                44.. => 16,
                36.. => 12,
                _ => 7,
            },
        );
        let top = columns(top, &[1, 1]);
        self.chart(buf, top[0], look, (Panel::Events, "Events a minute", &f.events_per_minute, Tone::Chart));
        self.severities(buf, top[1], look, f);
        let middle = columns(middle, &[1, 2]);
        self.open_incidents(buf, middle[0], look, f);
        self.response(buf, middle[1], look, f);
        let bottom = if area.width < 100 { rows(bottom, &[1, 1]) } else { columns(bottom, &[1, 1]) };
        let lists = columns(bottom[0], &[3, 2]);
        self.talkers(buf, lists[0], look, f);
        self.countries(buf, lists[1], look, f);
        self.sources(buf, bottom[1], look, f);
    }

    fn frame(&self, buf: &mut Buffer, area: Rect, look: &Look, (panel_of, title): (Panel, &str)) -> Rect {
        panel(buf, area, look, title, self.focused() == panel_of)
    }

    fn chart(&self, buf: &mut Buffer, area: Rect, look: &Look, (of, title, values, tone): (Panel, &str, &[u64], Tone)) {
        let sum = human::count(values.iter().copied().fold(0, u64::saturating_add));
        let peak = human::count(values.iter().copied().max().unwrap_or(0));
        let inner = self.frame(buf, area, look, (of, &format!("{title}: {sum} in 1 h, peak {peak}")));
        chart::bars_over_time(buf, inner, look, values, tone);
    }

    fn open_incidents(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let total: u64 = f.open_by_severity.iter().sum();
        let inner = self.frame(buf, area, look, (Panel::Open, &format!("Open incidents: {}", human::count(total))));
        let bars: Vec<Bar> = SEVERITIES
            .iter()
            .zip(f.open_by_severity.iter().rev())
            .map(|(severity, count)| {
                let (label, tone) = word::severity(severity);
                Bar { label, count: *count, tone: if *count == 0 { Tone::Muted } else { tone } }
            })
            .collect();
        chart::bars(buf, inner, look, &bars, self.at(Panel::Open));
    }

    fn response(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let inner = self.frame(buf, area, look, (Panel::Response, "Response"));
        self.draw_response(buf, inner, look, (f, self.at(Panel::Response)));
    }

    /// Detections by minute and severity.
    fn severities(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let sum = human::count(f.detections_per_minute.iter().copied().fold(0, u64::saturating_add));
        let title = format!("Detections a minute: {sum} in 1 h");
        let inner = self.frame(buf, area, look, (Panel::Detections, &title));
        let at = self.at(Panel::Detections);
        let first = at.map_or(0, |at| (at + 1).saturating_sub(inner.height as usize).min(at));
        let rows: Vec<heat::Row<'_>> = SEVERITIES
            .iter()
            .zip(f.severity_per_minute.iter().rev())
            .map(|(severity, values)| {
                let (label, tone) = word::severity(severity);
                heat::Row { label, tone, values }
            })
            .collect();
        heat::rows(buf, inner, look, &rows[first..], at.map(|at| at - first));
    }

    fn talkers(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let inner = self.frame(buf, area, look, (Panel::Talkers, "Top talkers, last hour"));
        let bars: Vec<Bar> =
            f.top_addresses.iter().map(|c| Bar { label: c.value.cell(39), count: c.count, tone: Tone::Text }).collect();
        self.bars(buf, inner, look, (Panel::Talkers, &bars, "Nobody was seen in the last hour."));
    }

    fn countries(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let inner = self.frame(buf, area, look, (Panel::Countries, "Countries"));
        let bars: Vec<Bar> =
            f.countries.iter().map(|c| Bar { label: c.value.cell(12), count: c.count, tone: Tone::Text }).collect();
        let note = f.countries_note.as_deref().unwrap_or("None known.");
        self.bars(buf, inner, look, (Panel::Countries, &bars, note));
    }

    fn bars(&self, buf: &mut Buffer, inner: Rect, look: &Look, (of, bars, empty): (Panel, &[Bar], &str)) {
        if bars.is_empty() {
            let lines = crate::console::widget::wrap(&visible::escape(empty), inner.width.max(1) as usize);
            for (i, text) in lines.into_iter().enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, &[muted(text)]);
            }
            return;
        }
        let at = self.at(of);
        // A panel squeezed to no height at all still has a cursor.
        let first = at.map_or(0, |at| (at + 1).saturating_sub(inner.height as usize).min(at));
        chart::bars(buf, inner, look, &bars[first..], at.map(|at| at - first));
    }

    fn sources(&self, buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) {
        let reading = f.sources.iter().filter(|s| s.state == crate::api::SourceState::Reading).count();
        let title = format!("Sources: {reading} of {} being read", f.sources.len());
        let inner = self.frame(buf, area, look, (Panel::Sources, &title));
        if !f.not_kept.is_empty() {
            return line(buf, inner, 0, look, &[muted("How sources stood then is not kept.")]);
        }
        let at = self.at(Panel::Sources);
        let first = at.map_or(0, |at| (at + 1).saturating_sub(inner.height as usize));
        for (row, (i, source)) in f.sources.iter().enumerate().skip(first).take(inner.height as usize).enumerate() {
            let (state, state_tone) = word::source_state(&source.state);
            let events = crate::text::fit::pad_left(&human::count(source.events), 9);
            let room = (inner.width as usize).saturating_sub(32).max(6);
            let name = crate::text::fit::pad(&visible::escape(&source.name), room);
            let (mark, tone) = if at == Some(i) { ("›", Tone::Selected) } else { (" ", Tone::Text) };
            let spans: [Span; 4] = [
                (format!("{mark} {name} "), tone),
                (crate::text::fit::pad(&state, 11), state_tone),
                plain(events),
                word_span(source.drill),
            ];
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &spans);
        }
    }
}

fn word_span(drill: bool) -> Span {
    (if drill { " ◊drill".into() } else { String::new() }, Tone::Drill)
}

/// What keeps the platform from its work stands above everything else. Returns what is left.
fn trouble(buf: &mut Buffer, area: Rect, look: &Look, f: &Figures) -> Rect {
    let Some(trouble) = &f.trouble else { return area };
    let text = format!("The platform is in trouble: {}", visible::escape(trouble));
    let lines = wrap(&text, area.width.saturating_sub(2).max(1) as usize);
    let (top, rest) = split_top(area, u16::try_from(lines.len()).unwrap_or(1));
    for (i, text) in lines.into_iter().enumerate() {
        line(buf, top, u16::try_from(i).unwrap_or(u16::MAX), look, &[(format!(" {text}"), Tone::Bad)]);
    }
    rest
}
