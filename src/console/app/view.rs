//! Draws the whole: header, screen, footer, notes, overlays. Cannot change the app.
//!
//! ```text
//!  Watchfloor › Triage › #7        DRILL   embedded http://127.0.0.1:8840   analyst responder   live
//!  ...the screen in front...
//!  j k move  Enter open  / filter  ? help                                          g-
//! ```

use super::held::Held;
use super::toast::{Tell, Toast};
use super::undo::Grace;
use super::{App, Line, Zone};
use crate::api::Timestamp;
use crate::command::Target;
use crate::console::theme::Tone;
use crate::console::widget::glyph;
use crate::console::widget::look::Hit;
use crate::console::widget::{Look, Span, line, muted, plain, put, wipe, wrap};
use crate::text::{fit, visible};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Below this many columns or rows only the essential is shown.
const LEAST: (u16, u16) = (40, 10);

/// The room of the screen in front.
#[must_use]
pub(crate) fn body(app: &App) -> Rect {
    let (columns, rows) = app.size;
    Rect::new(0, 1, columns, rows.saturating_sub(2))
}

/// Draws a frame. Returns when something on it becomes wrong, by the platform's clock.
pub fn view(app: &App, frame: &mut Frame) -> Option<i64> {
    let (look, clock) = looks(app);
    let area = frame.area();
    if let Some(cursor) = draw(app, frame.buffer_mut(), area, (&look, &clock)) {
        frame.set_cursor_position(cursor);
    }
    // What was so then does not become older.
    let shown = look.wake().filter(|_| app.past.is_none());
    shown.into_iter().chain(clock.wake()).min()
}

/// Local time minus UTC, as times are to be shown; nothing for UTC.
fn offset(app: &App) -> Option<i64> {
    match app.zone {
        Zone::Utc => None,
        Zone::Local => Some(app.offset),
        Zone::There => there(app).map(|(_, offset)| offset),
    }
}

/// The country of what is at hand and what its clocks are ahead of UTC by, in milliseconds, where it has one zone.
pub(crate) fn there(app: &App) -> Option<(String, i64)> {
    let country = match app.stack.top().selected()? {
        Target::Incident(i) => i.country.clone()?,
        Target::Event(e) => e.country.clone()?,
        _ => return None,
    };
    let offset = crate::text::zone::offset(country.raw(), app.shown_now())?;
    Some((country.cell(2), offset))
}

/// The past instant that is shown, where that is not now.
fn then(app: &App, look: &Look) -> Option<Span> {
    let at = app.past?;
    let day = crate::column::cell::day(Timestamp(look.shift(at.0)));
    Some((format!("PAST {day} {} {}", look.clock(at.0), look.zone()), Tone::Warn))
}

/// What lies at a column and a row of the frame.
pub(crate) fn hit(app: &App, at: (u16, u16)) -> Option<Hit> {
    let area = Rect::new(0, 0, app.size.0, app.size.1);
    let (look, clock) = looks(app);
    let look = look.noting_hits();
    draw(app, &mut Buffer::empty(area), area, (&look, &clock));
    look.hit(at)
}

/// Eyes for what is shown, and for the line and what waits, which go by the clock on the wall wherever one looks.
fn looks(app: &App) -> (Look<'_>, Look<'_>) {
    // Who looks at what then is not kept.
    let beside = app.past.is_none().then(|| app.company.beside());
    let at = |now| Look::new(&app.theme, now).in_zone(offset(app)).beside(beside);
    (at(app.shown_now()), at(app.platform_now()))
}

/// Draws everything; returns where the text cursor is.
fn draw(app: &App, buf: &mut Buffer, area: Rect, (look, clock): (&Look, &Look)) -> Option<Position> {
    let mut cursor = None;
    if area.width < LEAST.0 || area.height < LEAST.1 {
        essential(app, buf, area, clock);
    } else {
        header(app, buf, Rect { height: 1, ..area }, clock);
        let body = Rect::new(area.x, area.y + 1, area.width, area.height - 2);
        app.stack.top().view(body, buf, look);
        footer(app, buf, Rect { y: area.bottom() - 1, height: 1, ..area }, look);
        let body = waiting(app, buf, body, clock);
        toasts(app, buf, body, look);
        for (_, overlay) in &app.overlays {
            cursor = overlay.view(area, buf, look);
        }
    }
    if app.ascii {
        glyph::ascii(buf);
    }
    cursor
}

fn essential(app: &App, buf: &mut Buffer, area: Rect, look: &Look) {
    let (state, tone) = state(app, look);
    let drill = if shows_drill(app) { "DRILL · " } else { "" };
    let trouble = if app.trouble { "TROUBLE · " } else { "" };
    let past = then(app, look).map_or_else(String::new, |(text, _)| format!("{text} · "));
    let text = format!("{past}{trouble}{drill}{state} · {} · needs {}x{}", app.stack.top().title(), LEAST.0, LEAST.1);
    let text = fit::truncate(&text, area.width as usize);
    line(buf, area, 0, look, &[(text, tone)]);
}

fn shows_drill(app: &App) -> bool {
    app.drill || app.stack.top().drill()
}

/// The state of the connection in words, and how good that is.
fn state(app: &App, look: &Look) -> (String, Tone) {
    match &app.line {
        Line::Connecting => ("connecting".into(), Tone::Warn),
        Line::Live => ("live".into(), Tone::Good),
        Line::Lost { since, .. } => {
            let age = look.age(since.0.saturating_add(app.skew));
            (format!("stale {age}"), Tone::Bad)
        }
    }
}

fn header(app: &App, buf: &mut Buffer, area: Rect, look: &Look) {
    let mut right: Vec<Span> = Vec::new();
    let (state, tone) = state(app, look);
    right.push((format!("{} ", state), tone));
    let who = app.me.as_ref().map(|me| format!("{} {}", visible::escape(&me.name), me.role.label()));
    right.extend(who.map(muted));
    if !app.company.words.is_empty() {
        right.push((format!("with {}", app.company.words), Tone::Accent));
    }
    let said = app.privacy.is_some() || app.name == app.url;
    let url = if said { String::new() } else { format!(" {}", visible::escape(&app.url)) };
    right.push(muted(format!("{}{url}", visible::escape(&app.name))));
    if shows_drill(app) {
        right.insert(1, ("DRILL".into(), Tone::Drill));
    }
    if let Some(n) = app.paused {
        right.insert(1, (format!("PAUSED +{}", crate::text::human::count(n)), Tone::Warn));
    }
    if app.trouble {
        right.insert(1, ("TROUBLE".into(), Tone::Bad));
    }
    if app.privacy.is_some() {
        right.insert(1, ("PSEUDONYMS".into(), Tone::Accent));
    }
    if app.tempo.slow {
        right.insert(1, (format!("slow line: {}", super::adapt::words(app.tempo)), Tone::Warn));
    }
    if app.held.len() > 0 {
        right.insert(1, (format!("{} waiting", app.held.len()), Tone::Warn));
    }
    // The first piece is the last to go.
    then(app, look).into_iter().for_each(|past| right.insert(0, past));
    let crumbs = app.stack.crumbs();
    let own = crumbs.join(" › ");
    let need = fit::width(&own) + 14;
    // The least important piece goes first when there is no room.
    while right.len() > 1 && right.iter().map(|(t, _)| fit::width(t) + 3).sum::<usize>() + need > area.width as usize {
        right.pop();
    }
    line(buf, area, 0, look, &[("Watchfloor".into(), Tone::Accent), muted(" › "), (own, Tone::Title)]);
    let mut x = area.right();
    for (text, tone) in right {
        let width = u16::try_from(fit::width(&text)).unwrap_or(u16::MAX);
        x = x.saturating_sub(width);
        put(buf, (x, area.y), width, &text, look.style(tone));
        x = x.saturating_sub(3);
    }
}

/// The commands most worth knowing, by name; those that are bound here and fit are shown.
const HINTS: [(&str, &str); 13] = [
    ("row.open", "open"),
    ("screen.back", "back"),
    ("filter.edit", "filter"),
    ("incident.claim", "claim"),
    ("block.add", "block"),
    ("incident.close", "verdict"),
    ("action.undo", "undo"),
    ("row.mark", "mark"),
    ("panel.next", "panel"),
    ("drill.toggle", "drill"),
    ("palette.open", "commands"),
    ("help.open", "help"),
    ("program.quit", "quit"),
];

fn footer(app: &App, buf: &mut Buffer, area: Rect, look: &Look) {
    let place = app.stack.top().place();
    let here = app.keymap.here(place);
    let mut spans: Vec<Span> = Vec::new();
    let listed = app.stack.top().filter().is_some();
    let useful = |name: &&(&str, &str)| listed || !["filter.edit", "row.mark"].contains(&name.0);
    let bound = |name: &str| here.iter().find(|c| c.name == name).and_then(|c| app.keymap.keys_of(c).next());
    let back = [("time.now", "back to now")];
    let back = back.iter().filter(|_| app.past.is_some());
    let hints: Vec<_> =
        back.chain(HINTS.iter()).filter(useful).filter_map(|(name, word)| Some((bound(name)?, *word))).collect();
    let width = |(key, word): &(String, &str)| fit::width(key) + fit::width(word) + 3;
    // Who knows how to get help and how to leave can find the rest: these two go last.
    let (some, always) = hints.split_at(hints.len().saturating_sub(2));
    let mut room = (area.width as usize).saturating_sub(6 + always.iter().map(width).sum::<usize>());
    let fitting = some.iter().take_while(|hint| {
        let fits = width(hint) <= room;
        room = room.saturating_sub(width(hint));
        fits
    });
    for (key, word) in fitting.chain(always) {
        spans.extend([(key.clone(), Tone::Key), muted(format!(" {word}  "))]);
    }
    line(buf, area, 0, look, &spans);
    let pending: Vec<_> = app.pending.iter().map(ToString::to_string).collect();
    if !pending.is_empty() {
        let text = format!("{}-", pending.join(" "));
        put(buf, (area.right().saturating_sub(6), area.y), 6, &text, look.style(Tone::Key));
    }
}

/// Lines for what waits to be sent.
const WAITING: usize = 3;

/// What waits to be sent, above the footer. Returns what is left for notes.
fn waiting(app: &App, buf: &mut Buffer, body: Rect, look: &Look) -> Rect {
    let away = app.line != Line::Live;
    let grace = |g: &Grace| match away {
        false => format!("in {}: {}", look.until(g.due.saturating_add(app.skew)), g.done),
        true => format!("once the platform is back: {}", g.done),
    };
    let held = |h: &Held| match away {
        false => format!("is looked at again: {}", h.done),
        true => format!("once the platform is back: {}", h.done),
    };
    let all = app.graces.iter().rev().map(grace).chain(app.held.iter().rev().map(held));
    let more = (app.graces.len() + app.held.len()).saturating_sub(WAITING);
    let mut rest = body;
    for (i, text) in all.take(WAITING).enumerate() {
        if rest.height < 4 {
            break;
        }
        rest.height -= 1;
        let row = Rect { y: rest.bottom(), height: 1, ..rest };
        wipe(buf, row);
        let mut spans = vec![(format!("▌ {text}"), Tone::Accent)];
        if i == 0 {
            spans.extend([("   u".into(), Tone::Key), muted(" takes it back")]);
        }
        if i == 0 && more > 0 {
            spans.push(muted(format!("   and {more} more wait")));
        }
        line(buf, row, 0, look, &spans);
    }
    rest
}

fn toasts(app: &App, buf: &mut Buffer, body: Rect, look: &Look) {
    let width = body.width.min(76);
    let mut bottom = body.bottom();
    let shown: Vec<&Toast> = app.toasts.live().collect();
    for toast in shown.into_iter().rev() {
        let tone = match toast.tell {
            Tell::Done => Tone::Good,
            Tell::Note => Tone::Accent,
            Tell::Trouble => Tone::Bad,
        };
        let room = width.saturating_sub(12) as usize;
        let lines: Vec<String> = toast.text.lines().flat_map(|l| wrap(l, room.max(8))).take(6).collect();
        let height = u16::try_from(lines.len()).unwrap_or(1);
        if bottom < body.y + height {
            break;
        }
        bottom -= height;
        let area = Rect::new(body.right() - width, bottom, width, height);
        wipe(buf, area);
        for (i, text) in lines.into_iter().enumerate() {
            let head = if i == 0 { format!("▌ {:<7}", toast.word()) } else { "▌        ".into() };
            let mut spans = vec![(head, tone), plain(text)];
            if i == 0 && toast.undo {
                spans.push(("  u".into(), Tone::Key));
                spans.push(muted(" undo"));
            }
            line(buf, area, u16::try_from(i).unwrap_or(0), look, &spans);
        }
    }
}
