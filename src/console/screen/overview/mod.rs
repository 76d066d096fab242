//! The first screen: how much happens, what is open, who is behind it, what was done about it.
//!
//! ```text
//! ┏ Events a minute ━━━━━━━━━━━┓ ┌ Detections a minute ───────┐
//! ┃ ▁▂▃▅▂▁▃▇                   ┃ │ ▁▁█▂                       │
//! ┌ Open incidents ─┐ ┌ Response ───────────────────────────────┐
//! ┌ Top talkers ────┐ ┌ Countries ────┐ ┌ Sources ──────────────┐
//! ```
//!
//! Tab goes from panel to panel; Enter opens the rows behind the line under the cursor.

mod draw;
mod response;

use super::{Ask, Opening, Screen, Station, Touched, triage};
use crate::api::endpoint::{GetOverview, Moment};
use crate::api::{EntityRef, Live, Overview as Figures, Problem, Reply, Severity, Timestamp};
use crate::command::{Context, Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Panels in the order Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Panel {
    Open,
    Response,
    Talkers,
    Countries,
    Sources,
    Events,
    Detections,
}

const PANELS: [Panel; 7] =
    [Panel::Open, Panel::Response, Panel::Talkers, Panel::Countries, Panel::Sources, Panel::Events, Panel::Detections];

const SEVERITIES: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// The screen.
#[derive(Debug, Default)]
pub struct Overview {
    figures: Option<Box<Figures>>,
    problem: Option<Problem>,
    focus: usize,
    at: [usize; PANELS.len()],
}

impl Overview {
    fn focused(&self) -> Panel {
        PANELS[self.focus]
    }

    fn lines(&self, panel: Panel) -> usize {
        let Some(f) = &self.figures else { return 0 };
        match panel {
            Panel::Open => SEVERITIES.len(),
            Panel::Talkers => f.top_addresses.len(),
            Panel::Countries => f.countries.len(),
            Panel::Sources => f.sources.len(),
            Panel::Response => response::lines(f, None).len(),
            Panel::Detections => SEVERITIES.len(),
            Panel::Events => 0,
        }
    }

    fn at(&self, panel: Panel) -> Option<usize> {
        let i = PANELS.iter().position(|p| *p == panel)?;
        (i == self.focus && self.lines(panel) > 0).then(|| self.at[i].min(self.lines(panel) - 1))
    }

    fn go(&mut self, motion: Motion) {
        let last = self.lines(self.focused()).saturating_sub(1);
        let at = &mut self.at[self.focus];
        *at = match motion {
            Motion::Up => at.saturating_sub(1),
            Motion::Down => *at + 1,
            Motion::HalfUp | Motion::PageUp => at.saturating_sub(5),
            Motion::HalfDown | Motion::PageDown => *at + 5,
            Motion::First => 0,
            Motion::Last => last,
            Motion::NextPanel | Motion::PreviousPanel => *at,
        }
        .min(last);
        match motion {
            Motion::NextPanel => self.focus = (self.focus + 1) % PANELS.len(),
            Motion::PreviousPanel => self.focus = (self.focus + PANELS.len() - 1) % PANELS.len(),
            _ => {}
        }
    }

    fn open(&self) -> Vec<Ask> {
        let Some(f) = &self.figures else { return Vec::new() };
        let panel = self.focused();
        let at = self.at(panel).unwrap_or_default();
        match panel {
            Panel::Open => {
                let query = format!("{} severity={}", triage::OPEN, SEVERITIES[at].as_str());
                vec![Ask::Push(Box::new(triage::Triage::of(&query)))]
            }
            Panel::Response => {
                let line = response::lines(f, None).into_iter().nth(at);
                line.map(|(_, _, rows)| rows.open()).unwrap_or_default()
            }
            Panel::Talkers => self.talker().map(|e| Ask::Intent(Intent::OpenEntity(e))).into_iter().collect(),
            Panel::Countries => {
                let country = f.countries.get(at).filter(|c| c.value.raw().chars().all(|c| c.is_ascii_alphabetic()));
                country.map(|c| Ask::Intent(Intent::Search(format!("country={}", c.value.raw())))).into_iter().collect()
            }
            Panel::Sources => vec![Ask::Intent(Intent::Go(super::sources::PLACE))],
            Panel::Events => vec![Ask::Intent(Intent::Go(Place::HUNT))],
            Panel::Detections => {
                // The hour of the figures: the running minute and the 59 before.
                let since = Timestamp((f.now.minute() - 59) * 60_000);
                let query = format!("severity={} time>={since} time<={}", SEVERITIES[at].as_str(), f.now);
                vec![Ask::Intent(Intent::SearchDetections(query))]
            }
        }
    }

    fn talker(&self) -> Option<EntityRef> {
        let at = self.at(Panel::Talkers)?;
        let ip = self.figures.as_ref()?.top_addresses.get(at)?.value.raw().parse().ok()?;
        Some(EntityRef::address(ip))
    }
}

impl Station for Overview {
    const PLACE: Place = Place::OVERVIEW;
    const KEYS: &'static [&'static str] = &["1"];
    const ABOUT: &'static str = "Figures of the last hour";

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl Screen for Overview {
    fn place(&self) -> Place {
        Place::OVERVIEW
    }

    fn title(&self) -> String {
        "Overview".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        vec![Ask::Fetch(Fetch::of::<GetOverview>("figures", 0, &Moment::default()))]
    }

    fn replied(&mut self, _part: &'static str, _turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match result.and_then(Reply::read::<GetOverview>) {
            Ok(figures) => (self.figures, self.problem) = (Some(Box::new(figures)), None),
            Err(problem) => self.problem = Some(problem),
        }
        Vec::new()
    }

    fn live(&mut self, _update: &Live) -> Touched {
        Touched::Stale
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion) => {
                self.go(*motion);
                Some(Vec::new())
            }
            Intent::Open => Some(self.open()),
            _ => None,
        }
    }

    fn forget(&mut self) {
        (self.figures, self.problem) = (None, None);
    }

    fn resized(&mut self, _body: Rect) {}

    fn selected(&self) -> Option<Target> {
        self.talker().map(Target::Entity)
    }

    fn drill(&self) -> bool {
        self.figures.as_ref().is_some_and(|f| f.drill || f.drill_data)
    }

    fn trouble(&self) -> Option<bool> {
        self.figures.as_ref().map(|f| f.trouble.is_some())
    }

    fn patience(&self) -> i64 {
        1000
    }

    fn passed(&mut self, now: i64) -> Touched {
        let moved_on = |f: &Figures| {
            now / 60_000 > f.now.minute() && f.events_per_minute.iter().chain(&f.detections_per_minute).any(|n| *n > 0)
        };
        if self.figures.as_deref().is_some_and(moved_on) { Touched::Stale } else { Touched::Nothing }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
