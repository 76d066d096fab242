//! What an action would do, before it is done: the target as the platform understood it, whom it touches, who carries
//! it out, what speaks against it. Enter does it; nothing is done without this.

use super::{Overlay, Reaction, leaves};
use crate::api::endpoint::PreviewAction;
use crate::api::{ActionKind, ActionRequest, Preview, Problem, Reply};
use crate::console::app::msg::Fetch;
use crate::console::app::step::action_words;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, Span, centred, line, muted, plain, wipe, wrap};
use crate::text::{human, visible};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What `t` goes through, in seconds.
const TTLS: [u64; 4] = [900, 3600, 14_400, 86_400];

#[derive(Debug)]
enum State {
    Asked,
    Known(Box<Preview>),
    Failed(Problem),
}

/// The dialog.
#[derive(Debug)]
pub struct Dialog {
    request: ActionRequest,
    /// As asked for, to come back to from a range.
    single: Option<(ActionKind, String)>,
    state: State,
    turn: u32,
}

impl Dialog {
    /// Opens it and asks for the preview.
    #[must_use]
    pub fn new(request: ActionRequest) -> (Self, Vec<Ask>) {
        let mut dialog = Self { request, single: None, state: State::Asked, turn: 0 };
        let asks = dialog.ask();
        (dialog, asks)
    }

    fn ask(&mut self) -> Vec<Ask> {
        self.turn += 1;
        self.state = State::Asked;
        let request = ActionRequest { idempotency_key: None, ..self.request.clone() };
        vec![Ask::Fetch(Fetch::of::<PreviewAction>("preview", self.turn, &request))]
    }

    fn is_block(&self) -> bool {
        matches!(self.request.kind, ActionKind::BlockAddress | ActionKind::BlockRange)
    }

    /// Address to its range and back; a range that was asked for as such stays one.
    fn toggle_range(&mut self) -> bool {
        if let Some((kind, target)) = self.single.take() {
            (self.request.kind, self.request.target) = (kind, target);
            return true;
        }
        if self.request.kind != ActionKind::BlockAddress {
            return false;
        }
        let Some(range) = range_of(&self.request.target) else { return false };
        let single = std::mem::replace(&mut self.request.target, range);
        self.single = Some((std::mem::replace(&mut self.request.kind, ActionKind::BlockRange), single));
        true
    }

    fn cycle_ttl(&mut self) {
        let now = match (&self.state, self.request.ttl_seconds) {
            (_, Some(ttl)) => ttl,
            (State::Known(preview), None) => preview.ttl_seconds,
            _ => TTLS[0],
        };
        self.request.ttl_seconds = TTLS.iter().copied().find(|t| *t > now).or(Some(TTLS[0]));
    }

    fn confirm(&self) -> Option<Vec<Ask>> {
        let State::Known(preview) = &self.state else { return None };
        if !preview.refusals.is_empty() {
            return None;
        }
        let words = action_words(&preview.kind, &visible::escape(&preview.target));
        Some(vec![Ask::Act(self.request.clone(), preview.clone(), words)])
    }
}

/// The widest range the platform takes around one address: /24, or /56 for IPv6.
fn range_of(target: &str) -> Option<String> {
    let ip: std::net::IpAddr = target.trim().parse().ok()?;
    let prefix = if ip.is_ipv4() { 24 } else { 56 };
    Some(ipnet::IpNet::new(ip, prefix).ok()?.trunc().to_string())
}

impl Overlay for Dialog {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => Reaction::close(),
            KeyCode::Char('q' | 'n') => Reaction::close(),
            KeyCode::Enter => self.confirm().map_or_else(Reaction::stay, Reaction::finish),
            KeyCode::Char('t') => {
                self.cycle_ttl();
                Reaction::ask(self.ask())
            }
            KeyCode::Char('R') if self.is_block() && self.toggle_range() => Reaction::ask(self.ask()),
            _ => Reaction::stay(),
        }
    }

    fn replied(&mut self, _part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if turn == self.turn {
            self.state = match result.and_then(Reply::read::<PreviewAction>) {
                Ok(preview) => State::Known(Box::new(preview)),
                Err(problem) => State::Failed(problem),
            };
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(88);
        let room = (width as usize).saturating_sub(18).max(10);
        let mut lines: Vec<Vec<Span>> = Vec::new();
        let (title, keys) = match &self.state {
            State::Asked => {
                let target = visible::escape(&self.request.target).into_owned();
                lines.push(vec![muted(format!("Asking the platform what this would do to {target} …"))]);
                ("Preview".into(), vec![("Esc".to_owned(), Tone::Key), muted(" leave")])
            }
            State::Failed(problem) => {
                lines.extend(problem.to_string().lines().flat_map(|l| wrap(l, room + 12)).map(|l| vec![plain(l)]));
                ("It cannot be previewed".into(), vec![("Esc".to_owned(), Tone::Key), muted(" leave")])
            }
            State::Known(preview) => {
                describe(preview, room, look, &mut lines);
                (title(preview), self.keys(preview))
            }
        };
        let height = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX);
        let area = centred(area, width, height.min(area.height));
        wipe(buf, area);
        let inner = panel(buf, area, look, &title, true);
        let shown = inner.height.saturating_sub(2) as usize;
        for (i, spans) in lines.iter().take(shown.max(1)).enumerate() {
            line(buf, inner, i as u16, look, spans);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &keys);
        None
    }
}

impl Dialog {
    fn keys(&self, preview: &Preview) -> Vec<Span> {
        let mut keys = Vec::new();
        let mut key =
            |key: &str, word: String| keys.extend([(key.to_owned(), Tone::Key), muted(format!(" {word}   "))]);
        if preview.refusals.is_empty() {
            key("Enter", "do it".into());
        }
        key("Esc", "leave".into());
        key("t", format!("for how long: {}", human::duration(i64::try_from(preview.ttl_seconds).unwrap_or(0) * 1000)));
        if self.single.is_some() {
            key("R", "the address only".into());
        } else if self.request.kind == ActionKind::BlockAddress {
            key("R", "its whole range".into());
        }
        keys
    }
}

fn title(preview: &Preview) -> String {
    let target = visible::escape(&preview.target);
    match &preview.kind {
        ActionKind::BlockAddress => format!("Block {target}?"),
        ActionKind::BlockRange => format!("Block the whole range {target}?"),
        ActionKind::RevokeSession => format!("Revoke session {target}?"),
        ActionKind::Other(_) => format!("{} {target}?", preview.kind.label()),
    }
}

fn describe(preview: &Preview, room: usize, look: &Look, lines: &mut Vec<Vec<Span>>) {
    let touches = &preview.touches;
    let mut say = |label: &str, text: String, tone: Tone| {
        for (i, part) in wrap(&text, room).into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            lines.push(vec![muted(format!("{label:<14}")), (part, tone)]);
        }
    };
    for refusal in &preview.refusals {
        let text = format!("{} ({}). {}", refusal.why, refusal.rule, refusal.hint);
        say("refused", visible::escape(&text).into_owned(), Tone::Bad);
    }
    let ttl = i64::try_from(preview.ttl_seconds).unwrap_or(0).saturating_mul(1000);
    say("ends", format!("by itself after {}", human::duration(ttl)), Tone::Text);
    let text = format!(
        "requests in the last 24 h {} · addresses seen {} · sessions live now {}",
        human::count(touches.requests),
        human::count(touches.addresses),
        human::count(touches.live_sessions)
    );
    say("touches", text, if touches.live_sessions > 0 { Tone::Warn } else { Tone::Text });
    if !touches.users.is_empty() {
        let users: Vec<_> =
            touches.users.iter().map(|u| format!("{} ({})", u.value.cell(30), human::count(u.count))).collect();
        say("users", users.join(", "), Tone::Warn);
    }
    if !preview.allow_list.is_empty() {
        let text = preview.allow_list.join(", ");
        say("allow-list", format!("stays open for {}", visible::escape(&text)), Tone::Warn);
    }
    let prior: Vec<_> = preview
        .prior
        .iter()
        .take(3)
        .map(|a| format!("#{} {} {} ago", a.id, a.state.label(), look.age(a.created.0)))
        .collect();
    let more = if preview.prior.len() > 3 { format!(" and {} more", preview.prior.len() - 3) } else { String::new() };
    say("before", if prior.is_empty() { "never".into() } else { format!("{}{more}", prior.join(", ")) }, Tone::Text);
    for plan in &preview.enforcers {
        let word = if plan.takes_part { "takes part" } else { "skips" };
        let text = format!("{} {word}: {}", visible::escape(&plan.enforcer), visible::escape(&plan.why));
        say("enforcer", text, if plan.takes_part { Tone::Good } else { Tone::Warn });
    }
    if !preview.enforcers.iter().any(|p| p.takes_part) {
        say("enforcer", "none takes part: nothing would be enforced".into(), Tone::Bad);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_around_addresses() {
        assert_eq!(range_of("198.51.100.7").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(range_of("2001:db8:1:2:3::4").as_deref(), Some("2001:db8:1::/56"));
        assert_eq!(range_of("198.51.100.0/24"), None);
    }
}
