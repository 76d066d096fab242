//! What is known about one address, range, user, session or host. Tab goes from panel to panel, Enter opens the rows
//! behind the line under the cursor.

use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched, grid, word};
use crate::api::endpoint::{EntityPath, GetEntity};
use crate::api::{ActionId, Count, Entity, EntityKind, EntityRef, Live, Problem, Reply};
use crate::command::{Context, Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::chart::{self, Bar};
use crate::console::widget::panel::{columns, panel, split_top};
use crate::console::widget::{Look, Span, line, muted, plain};
use crate::text::{Untrusted, human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Panel {
    Incidents,
    Addresses,
    Users,
    Sessions,
    Statuses,
    Paths,
}

const PANELS: [(Panel, &str); 6] = [
    (Panel::Incidents, "Incidents"),
    (Panel::Addresses, "Addresses"),
    (Panel::Users, "Users"),
    (Panel::Sessions, "Sessions"),
    (Panel::Statuses, "Response codes"),
    (Panel::Paths, "Paths"),
];

/// The screen.
#[derive(Debug)]
pub struct Profile {
    of: EntityRef,
    entity: Option<Box<Entity>>,
    problem: Option<Problem>,
    focus: usize,
    shelves: [Shelf; PANELS.len()],
}

/// The query for events about an entity.
pub(super) fn about(entity: &EntityRef) -> String {
    let value = entity.value.raw();
    match entity.kind {
        EntityKind::Address | EntityKind::Range => format!("src_ip:{value}"),
        EntityKind::Client => word::term("raw", value),
        EntityKind::User => word::term("user", value),
        EntityKind::Session => word::term("session", value),
        EntityKind::Key => word::term("key", value),
        EntityKind::Tenant => word::term("tenant", value),
        EntityKind::Host | EntityKind::Other(_) => word::term("host", value),
    }
}

impl Profile {
    /// Of this entity.
    #[must_use]
    pub fn new(of: EntityRef) -> Self {
        Self { of, entity: None, problem: None, focus: 0, shelves: [Shelf::default(); PANELS.len()] }
    }

    fn counts(&self, panel: Panel) -> &[Count] {
        let Some(e) = &self.entity else { return &[] };
        match panel {
            Panel::Incidents => &[],
            Panel::Addresses => &e.addresses,
            Panel::Users => &e.users,
            Panel::Sessions => &e.sessions,
            Panel::Statuses => &e.statuses,
            Panel::Paths => &e.paths,
        }
    }

    fn len(&self, panel: Panel) -> usize {
        match panel {
            Panel::Incidents => self.entity.as_ref().map_or(0, |e| e.incidents.len()),
            counted => self.counts(counted).len(),
        }
    }

    fn under_cursor(&self) -> Option<&Untrusted> {
        self.counts(PANELS[self.focus].0).get(self.shelves[self.focus].at).map(|c| &c.value)
    }

    /// The entity under the cursor, where the panel lists entities.
    fn other(&self) -> Option<EntityRef> {
        let kind = match PANELS[self.focus].0 {
            Panel::Addresses => EntityKind::Address,
            Panel::Users => EntityKind::User,
            Panel::Sessions => EntityKind::Session,
            _ => return None,
        };
        Some(EntityRef { kind, value: self.under_cursor()?.clone() })
    }

    fn open(&self) -> Option<Ask> {
        let search = |term: String| Ask::Intent(Intent::Search(format!("{} {term}", about(&self.of))));
        match PANELS[self.focus].0 {
            Panel::Incidents => {
                let incident = self.entity.as_ref()?.incidents.get(self.shelves[self.focus].at);
                Some(incident.map_or_else(
                    || Ask::Intent(Intent::Search(about(&self.of))),
                    |i| Ask::Intent(Intent::OpenIncident(i.id)),
                ))
            }
            Panel::Statuses => Some(search(word::term("status", self.under_cursor()?.raw()))),
            Panel::Paths => Some(search(word::term("path", self.under_cursor()?.raw()))),
            _ => self.other().filter(|e| *e != self.of).map(|e| Ask::Intent(Intent::OpenEntity(e))),
        }
    }
}

impl Station for Profile {
    const PLACE: Place = Place::ENTITY;
    const KEYS: &'static [&'static str] = &["5"];
    const ABOUT: &'static str = "The entity at hand";

    fn open(cx: &Context) -> Opening {
        match cx.selected.as_ref().and_then(Target::entity) {
            Some(entity) => Opening::Over(Box::new(Self::new(entity))),
            None => Opening::Choose("choose a row with an address first, or use :entity.open ADDRESS"),
        }
    }
}

impl Screen for Profile {
    fn place(&self) -> Place {
        Place::ENTITY
    }

    fn title(&self) -> String {
        word::entity(&self.of, 40)
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let path = EntityPath { kind: self.of.kind.clone(), value: self.of.value.raw().to_owned(), at: None };
        vec![Ask::Fetch(Fetch::of::<GetEntity>("entity", 0, &path))]
    }

    fn replied(&mut self, _part: &'static str, _turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match result.and_then(Reply::read::<GetEntity>) {
            Ok(entity) => (self.entity, self.problem) = (Some(Box::new(entity)), None),
            Err(problem) => self.problem = Some(problem),
        }
        for (i, (panel, _)) in PANELS.iter().enumerate() {
            let len = self.len(*panel);
            self.shelves[i].settle(len);
        }
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Incident(_) | Live::Action(_) | Live::Events { .. } => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience(&self) -> i64 {
        2000
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(Motion::NextPanel) => self.focus = (self.focus + 1) % PANELS.len(),
            Intent::Move(Motion::PreviousPanel) => self.focus = (self.focus + PANELS.len() - 1) % PANELS.len(),
            Intent::Move(motion) => {
                let len = self.len(PANELS[self.focus].0);
                self.shelves[self.focus].motion(*motion, len);
            }
            Intent::Open => return Some(self.open().into_iter().collect()),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn forget(&mut self) {
        (self.entity, self.problem) = (None, None);
    }

    fn resized(&mut self, body: Rect) {
        for (i, area) in areas(body).into_iter().enumerate() {
            let heading = u16::from(i == 0);
            self.shelves[i].height = area.height.saturating_sub(2 + heading) as usize;
            let len = self.len(PANELS[i].0);
            self.shelves[i].settle(len);
        }
    }

    fn selected(&self) -> Option<Target> {
        Some(Target::Entity(self.other().unwrap_or_else(|| self.of.clone())))
    }

    fn in_force(&self) -> Vec<ActionId> {
        // On another entity's line, undo does not mean the one at the top.
        let own = self.other().is_none_or(|e| e == self.of);
        let blocks = self.entity.iter().filter(|_| own).flat_map(|e| &e.blocks);
        blocks.map(|b| b.action).collect()
    }

    fn drill(&self) -> bool {
        self.entity.as_ref().is_some_and(|e| e.incidents.iter().any(|i| i.drill) || e.blocks.iter().any(|b| b.drill))
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let Some(entity) = &self.entity else {
            let text = word::nothing(false, self.problem.as_ref(), "");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        };
        let (top, _) = split_top(area, 3);
        summary(buf, top, look, entity);
        for (i, area) in areas(area).into_iter().enumerate() {
            let (of, name) = PANELS[i];
            let inner = panel(buf, area, look, &format!("{name}: {}", self.len(of)), self.focus == i);
            let shelf = self.shelves[i];
            let at = shelf.line(self.len(of)).filter(|_| self.focus == i);
            if of == Panel::Incidents {
                let window = shelf.window(entity.incidents.len());
                let rows = entity.incidents[window].iter().map(|incident| Some((incident, false)));
                grid::draw(buf, inner, look, (rows, at));
            } else {
                let counts = self.counts(of);
                let bar = |c: &Count| Bar { label: c.value.cell(60), count: c.count, tone: Tone::Text };
                let bars: Vec<Bar> = counts[shelf.window(counts.len())].iter().map(bar).collect();
                chart::bars(buf, inner, look, &bars, at);
            }
        }
    }
}

/// One rectangle for each panel.
fn areas(body: Rect) -> [Rect; PANELS.len()] {
    let (_, rest) = split_top(body, 3);
    let (incidents, rest) = split_top(rest, (rest.height / 3).max(4));
    let (upper, lower) = split_top(rest, rest.height / 2);
    let (upper, lower) = (columns(upper, &[1, 1, 1]), columns(lower, &[1, 2]));
    [incidents, upper[0], upper[1], upper[2], lower[0], lower[1]]
}

fn summary(buf: &mut Buffer, area: Rect, look: &Look, e: &Entity) {
    let country = e.country.as_ref().map_or_else(String::new, |c| format!("  {}", c.cell(30)));
    let seen = match (e.first_seen, e.last_seen) {
        (Some(first), Some(last)) => format!("  first seen {} ago, last {} ago", look.age(first.0), look.age(last.0)),
        _ => "  never seen".into(),
    };
    let head = format!(" {} {}", e.entity.kind.label(), e.entity.value.cell(80));
    line(buf, area, 0, look, &[(head, Tone::Title), plain(country), muted(seen)]);
    let counts = format!(" {}, {}", human::counted(e.events, "events"), human::counted(e.detections, "detections"));
    let mut spans: Vec<Span> = vec![plain(counts)];
    if e.events > Entity::SAMPLE {
        spans.push(muted(format!("   values of the newest {}", human::counted(Entity::SAMPLE, "events"))));
    }
    if let Some(why) = &e.allowed_by {
        spans.push((format!("   on the allow-list: {}", visible::escape(why)), Tone::Warn));
    }
    line(buf, area, 1, look, &spans);
    let mut spans: Vec<Span> = vec![muted(" in force: ")];
    for block in e.blocks.iter().take(4) {
        let text = format!(
            "#{} {} {} ends in {}   ",
            block.action,
            word::action_kind(&block.kind),
            block.target.cell(40),
            look.until(block.expires.0)
        );
        spans.push((text, Tone::Good));
    }
    if e.blocks.is_empty() {
        spans.push(plain("nothing"));
    }
    line(buf, area, 2, look, &spans);
}
