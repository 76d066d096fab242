//! The values of the row at hand, and what can be done with one: only rows like it, no row like it, open it, block it,
//! copy it.

use super::{Overlay, Reaction, first_shown, leaves, move_in};
use crate::api::{EntityKind, EntityRef};
use crate::command::{Args, Context, Intent, Resource, Target};
use crate::console::keymap::{Key, Keymap};
use crate::console::screen::{Ask, FilterLine, word};
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, plain, wipe};
use crate::query::{Fields, Value, fields, group::groupable};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The menu.
#[derive(Debug)]
pub struct Values {
    /// Fields of the row that have a value.
    values: Vec<(&'static str, String)>,
    /// What kind of rows they are.
    rows: Resource,
    /// What the screen lists, if it can be narrowed by these fields.
    listed: Option<String>,
    block: Option<&'static crate::command::Command>,
    at: usize,
}

impl Values {
    /// Of the selected row. Nothing when it has none.
    #[must_use]
    pub fn new(cx: &Context, filter: Option<&FilterLine>, keymap: &Keymap) -> Option<Self> {
        let (rows, values) = values(cx.selected.as_ref()?)?;
        let listed = filter.filter(|line| line.rows == rows).map(|line| line.text.clone());
        (!values.is_empty()).then(|| Self { values, rows, listed, block: keymap.named("block.add"), at: 0 })
    }

    /// What an entity page could be about.
    fn entity(&self) -> Option<EntityRef> {
        let (field, value) = self.values.get(self.at)?;
        let kind = match *field {
            "src_ip" | "dst_ip" => EntityKind::Address,
            "user" | "owner" | "actor" => EntityKind::User,
            "session" => EntityKind::Session,
            "host" => EntityKind::Host,
            "key" => EntityKind::Key,
            "tenant" => EntityKind::Tenant,
            "entity" | "target" if value.parse::<std::net::IpAddr>().is_ok() => EntityKind::Address,
            _ => return None,
        };
        Some(EntityRef { kind, value: value.as_str().into() })
    }

    fn address(&self) -> Option<&str> {
        let (_, value) = self.values.get(self.at)?;
        value.parse::<std::net::IpAddr>().ok().map(|_| value.as_str())
    }

    /// The field of the value, where the screen lists rows that can be counted by it.
    fn group(&self) -> Option<&'static str> {
        let (field, _) = self.values.get(self.at)?;
        let field = match (*field, self.rows) {
            ("entity", Resource::Incidents) => "address",
            (field, _) => field,
        };
        let known = groupable(self.rows.fields()).contains(&field);
        Some(field).filter(|_| known && self.listed.is_some())
    }

    /// Narrows the list, or searches anew where the screen lists something else.
    fn narrow(&self, not: bool) -> Vec<Ask> {
        let Some((field, value)) = self.values.get(self.at) else { return Vec::new() };
        let term = format!("{}{}", if not { "-" } else { "" }, word::term(field, value));
        match (&self.listed, self.rows) {
            (Some(query), _) if query.trim().is_empty() => vec![Ask::Filter(term)],
            (Some(query), _) => vec![Ask::Filter(format!("{query} {term}"))],
            (None, Resource::Audit) => vec![Ask::Intent(Intent::Search(term))],
            (None, Resource::Detections) => vec![Ask::Intent(Intent::SearchDetections(term))],
            (None, _) => Vec::new(),
        }
    }
}

/// The fields of the query language that a row has a single value for.
fn values(target: &Target) -> Option<(Resource, Vec<(&'static str, String)>)> {
    fn of(row: &impl Fields, rows: Resource) -> (Resource, Vec<(&'static str, String)>) {
        let text = |name| match row.field(name) {
            Value::Missing | Value::Texts(_) | Value::Entities(_) | Value::Kind(..) => None,
            Value::Text(text) | Value::Word(text) | Value::Named(_, text) | Value::Target(text) => {
                Some(text.to_owned())
            }
            Value::Severity(severity) => Some(severity.as_str().to_owned()),
            Value::Number(n) => Some(n.to_string()),
            Value::Time(time) => Some(time.to_string()),
            Value::Address(ip) => Some(ip.to_canonical().to_string()),
            Value::Flag(flag) => Some(flag.to_string()),
        };
        let named =
            fields(rows.fields()).iter().filter_map(|f| Some((f.name, text(f.name).filter(|t| !t.is_empty())?)));
        (rows, named.collect())
    }
    Some(match target {
        Target::Incident(i) => {
            let (rows, mut all) = of(i.as_ref(), Resource::Incidents);
            all.insert(0, ("entity", i.entity.value.raw().to_owned()));
            (rows, all)
        }
        Target::Event(e) => of(e.as_ref(), Resource::Audit),
        Target::Detection(d) => of(d.as_ref(), Resource::Detections),
        Target::Action(a) => of(a.as_ref(), Resource::Actions),
        Target::Block(b) => of(b.as_ref(), Resource::Blocks),
        Target::Ledger(l) => of(l.as_ref(), Resource::Ledger),
        Target::Suppression(s) => of(s.as_ref(), Resource::Suppressions),
        Target::Rule(r) => of(r.as_ref(), Resource::Rules),
        Target::Source(s) => of(s.as_ref(), Resource::Sources),
        Target::Entity(_) => return None,
    })
}

impl Overlay for Values {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Enter | KeyCode::Char('i') => return Reaction::finish(self.narrow(false)),
            KeyCode::Char('g') => {
                if let Some(field) = self.group() {
                    return Reaction::finish(vec![Ask::Intent(Intent::GroupBy(Some(field.to_owned())))]);
                }
            }
            KeyCode::Char('n') => return Reaction::finish(self.narrow(true)),
            KeyCode::Char('o') => {
                if let Some(entity) = self.entity() {
                    return Reaction::finish(vec![Ask::Intent(Intent::OpenEntity(entity))]);
                }
            }
            KeyCode::Char('b') => {
                if let (Some(address), Some(block)) = (self.address(), self.block) {
                    return Reaction::finish(vec![Ask::Run(block, Args::default().with("target", address))]);
                }
            }
            KeyCode::Char('y') => {
                if let Some((name, value)) = self.values.get(self.at) {
                    return Reaction::finish(vec![Ask::Copy(name, visible::escape(value).into_owned())]);
                }
            }
            KeyCode::Char('j') => self.at = (self.at + 1).min(self.values.len().saturating_sub(1)),
            KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            _ => _ = move_in(key, &mut self.at, self.values.len()),
        }
        Reaction::stay()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let rows = u16::try_from(self.values.len()).unwrap_or(u16::MAX);
        let area = centred(area, 84, rows.saturating_add(3).min(area.height.saturating_sub(2)));
        wipe(buf, area);
        let inner = panel(buf, area, look, "A value of this row", true);
        let height = inner.height.saturating_sub(1) as usize;
        for (row, (i, (name, value))) in
            self.values.iter().enumerate().skip(first_shown(self.at, height)).take(height).enumerate()
        {
            let (mark, tone) = if i == self.at { ("›", Tone::Selected) } else { (" ", Tone::Text) };
            let shown: String = value.chars().take(300).collect();
            let spans = [(format!("{mark} {name:<12} "), tone), plain(visible::escape(&shown).into_owned())];
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &spans);
        }
        let mut keys = vec![];
        let mut key = |key: &str, word: &str| keys.extend([(key.to_owned(), Tone::Key), muted(format!(" {word}  "))]);
        key("Enter", "only this");
        key("n", "not this");
        if self.entity().is_some() {
            key("o", "open");
        }
        if self.address().is_some() {
            key("b", "block");
        }
        if self.group().is_some() {
            key("g", "group by");
        }
        key("y", "copy");
        line(buf, inner, inner.height.saturating_sub(1), look, &keys);
        None
    }
}
