//! Where events come from, how each source is doing, and what to do about one that cannot be read.

use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched, grid, word};
use crate::api::endpoint::{Empty, ListSources};
use crate::api::{Live, Problem, Reply, Source};
use crate::command::{Context, Intent, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::panel::{panel, split_bottom};
use crate::console::widget::{Look, line, plain, wrap};
use crate::text::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
#[derive(Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
    loaded: bool,
    problem: Option<Problem>,
    shelf: Shelf,
}

/// Where it is.
pub const PLACE: Place = Place("screen.sources");

impl Station for Sources {
    const PLACE: Place = PLACE;
    const KEYS: &'static [&'static str] = &["7"];
    const ABOUT: &'static str = "Where events come from";
    const PICTURES: &'static [(&'static str, &'static str)] = &[("", "j j")];

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl Screen for Sources {
    fn place(&self) -> Place {
        PLACE
    }

    fn title(&self) -> String {
        "Sources".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        vec![Ask::Fetch(Fetch::of::<ListSources>("sources", 0, &Empty {}))]
    }

    fn replied(&mut self, _part: &'static str, _turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match result.and_then(Reply::read::<ListSources>) {
            Ok(sources) => {
                let name = self.sources.get(self.shelf.at).map(|s| s.name.clone());
                let at = name.and_then(|name| sources.iter().position(|s| s.name == name));
                (self.sources, self.loaded, self.problem) = (sources, true, None);
                self.shelf.at = at.unwrap_or(self.shelf.at);
                self.shelf.settle(self.sources.len());
            }
            Err(problem) => self.problem = Some(problem),
        }
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Source(_) | Live::Events { .. } => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience(&self) -> i64 {
        1000
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion) => {
                self.shelf.motion(*motion, self.sources.len());
                Some(Vec::new())
            }
            Intent::Open => {
                let source = self.sources.get(self.shelf.at);
                Some(source.map(|s| Ask::Intent(Intent::Search(word::term("source", &s.name)))).into_iter().collect())
            }
            _ => None,
        }
    }

    fn forget(&mut self) {
        *self = Self { shelf: self.shelf, ..Self::default() };
    }

    fn resized(&mut self, body: Rect) {
        self.shelf.height = body.height.saturating_sub(7) as usize;
        self.shelf.settle(self.sources.len());
    }

    fn selected(&self) -> Option<Target> {
        self.sources.get(self.shelf.at).map(|s| Target::Source(Box::new(s.clone())))
    }

    fn drill(&self) -> bool {
        self.sources.iter().any(|s| s.drill && s.events > 0)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        if self.sources.is_empty() {
            let text = word::nothing(self.loaded, self.problem.as_ref(), "There is no source. D starts the drill.");
            return word::note(buf, area, look, &text);
        }
        let (list, detail) = split_bottom(area, 6);
        let len = self.sources.len();
        let rows = self.sources[self.shelf.window(len)].iter().map(|source| Some((source, false)));
        grid::draw(buf, list, look, (rows, self.shelf.line(len)));
        let Some(source) = self.sources.get(self.shelf.at) else { return };
        let inner = panel(buf, detail, look, &visible::escape(&source.name), false);
        let why = visible::escape(&source.why).into_owned();
        for (i, text) in wrap(&why, inner.width.max(1) as usize).into_iter().enumerate() {
            line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, &[plain(text)]);
        }
    }
}
