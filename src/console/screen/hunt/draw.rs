//! How events are drawn: as rows, as bars over time, and one in full.

use super::{Hunt, SPANS};
use crate::api::{Detection, Event};
use crate::console::screen::{sheet, word};
use crate::console::theme::Tone;
use crate::console::widget::panel::{panel, split_bottom};
use crate::console::widget::{Look, Span, chart, line, muted, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fmt::Write;

/// Everything known about an event, field by field, then the record as it was received.
pub(super) fn event(e: &Event, width: usize) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    let mut say = |label: &str, text: String, tone: Tone| {
        for (i, part) in wrap(&text, width.saturating_sub(12).max(8)).into_iter().enumerate() {
            lines.push(vec![muted(format!("{:<12}", if i == 0 { label } else { "" })), (part, tone)]);
        }
    };
    // What only some events have shares a line or comes last: from row to row most lines then stay where they are.
    let drill = if e.drill { " · ◊drill: synthetic" } else { "" };
    say("event", format!("{} · {} · {}{drill}", e.id, e.time, visible::escape(&e.source)), Tone::Text);
    say("what", e.message.visible(), Tone::Text);
    let class = format!("{} {} · {} · severity {}", e.class.word(), e.activity, e.outcome.label(), e.severity.label());
    say("class", class, Tone::Text);
    let from = e.src_ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
    let country = e.country.as_ref().map_or_else(String::new, |c| format!(" ({})", c.cell(20)));
    let user = e.user.as_ref().map_or_else(String::new, |u| format!(" · user {}", u.visible()));
    say("from", format!("{from}{country}{user}"), Tone::Text);
    for (label, value) in [("session", &e.session), ("host", &e.host)] {
        if let Some(value) = value {
            say(label, value.visible(), Tone::Text);
        }
    }
    if let Some(http) = &e.http {
        let mut head = format!("{} {}", http.method.visible(), http.url.visible());
        // An alert about a request knows no answer.
        if http.status > 0 {
            let _ = write!(head, " · {} · {}", http.status, human::bytes(http.bytes));
        }
        say("request", head, Tone::Text);
        for (label, value) in [("referer", &http.referer), ("agent", &http.agent)] {
            if let Some(value) = value {
                say(label, value.visible(), Tone::Text);
            }
        }
    }
    let kind = if e.admin { "admin" } else { "action" };
    let call = [(kind, &e.action), ("object", &e.object), ("key", &e.key), ("tenant", &e.tenant), ("agent", &e.agent)];
    for (label, value) in call {
        if let Some(value) = value {
            say(label, value.visible(), Tone::Text);
        }
    }
    if e.dst_ip.is_some() || e.dst_port.is_some() {
        say("to", connection(e), Tone::Text);
    }
    say("raw", e.raw.visible(), Tone::Muted);
    if !e.parsed {
        say("parsed", "no: no parser understood this line; it is kept as it came".into(), Tone::Warn);
    }
    lines
}

/// `192.0.2.1 port 22 · 5.0 KB sent · 1.0 KB received`, as far as it is known.
fn connection(e: &Event) -> String {
    let mut text = e.dst_ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
    if let Some(port) = e.dst_port {
        let _ = write!(text, " port {port}");
    }
    for (bytes, way) in [(e.sent, "sent"), (e.received, "received")] {
        if let Some(bytes) = bytes {
            let _ = write!(text, " · {} {way}", human::bytes(bytes));
        }
    }
    text.trim_start().to_owned()
}

/// Everything known about a detection.
pub(super) fn detection(d: &Detection, width: usize) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    let mut say = |label: &str, text: String, tone: Tone| {
        for (i, part) in wrap(&text, width.saturating_sub(12).max(8)).into_iter().enumerate() {
            lines.push(vec![muted(format!("{:<12}", if i == 0 { label } else { "" })), (part, tone)]);
        }
    };
    say("detection", format!("{} · {} · {}", d.id, d.time, visible::escape(&d.source)), Tone::Text);
    say("rule", format!("{} · {}", visible::escape(&d.rule), visible::escape(&d.title)), Tone::Text);
    let (severity, tone) = word::severity(&d.severity);
    say("severity", format!("{severity} · confidence {:.2} · {}", d.confidence, d.kind.label()), tone);
    say("about", word::entity(&d.entity, 80), Tone::Text);
    if let Some(ip) = d.src_ip {
        say("from", ip.to_canonical().to_string(), Tone::Text);
    }
    if let Some(user) = &d.user {
        say("user", user.visible(), Tone::Text);
    }
    say("why", d.why.visible(), Tone::Text);
    say("evidence", human::counted(d.evidence_count, "events"), Tone::Text);
    say("techniques", visible::escape(&d.techniques.join(" ")).into_owned(), Tone::Text);
    if let Some(id) = d.incident {
        say("incident", format!("#{id}  (3 opens it)"), Tone::Text);
    }
    if d.refused {
        say("refused", "the gate had already refused the request".into(), Tone::Good);
    }
    lines
}

impl Hunt {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let name = if self.found.is_events() { "Event" } else { "Detection" };
        if self.alone {
            let inner = panel(buf, area, look, name, true);
            let lines = self.lines();
            for (i, spans) in lines[self.text.window(lines.len())].iter().enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
            }
            return;
        }
        let area = sheet::head(buf, area, look, &self.found.line(), &self.found.summary());
        let [chart, table, facet, detail] = self.parts(area);
        self.draw_bars(buf, chart, look);
        if let Some(values) = &self.facet {
            values.draw(buf, facet, look);
        }
        if let Some(why) = self.found.nothing() {
            return word::note(buf, table, look, &why);
        }
        self.found.draw(buf, table, look);
        if detail.height > 2 {
            let inner = panel(buf, detail, look, name, false);
            for (i, spans) in self.lines().iter().take(inner.height as usize).enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
            }
        }
    }

    fn draw_bars(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let Some(h) = self.histogram.as_ref().filter(|_| area.height > 1) else { return };
        let (bars, foot) = split_bottom(area, 1);
        chart::bars_over_time(buf, bars, look, &h.counts, Tone::Chart);
        let until = h.since.plus(i64::from(h.step_seconds) * 1000 * i64::try_from(h.counts.len()).unwrap_or(0));
        let sum = human::counted(h.counts.iter().copied().fold(0, u64::saturating_add), "events");
        let when = until.to_string();
        let text = format!(" {} in the {} to {} UTC  (Tab)", sum, SPANS[self.span].0, when.get(..16).unwrap_or(""));
        line(buf, foot, 0, look, &[muted(text)]);
    }
}
