//! What is kept quiet, by whom, why and until when. Enter shows what a suppression kept quiet, `u` ends it.

use super::Touched;
use super::rows::{Order, Row, Rows};
use super::sheet::{Pane, Subject};
use crate::api::endpoint::ListSuppressions;
use crate::api::{Live, Suppression};
use crate::command::{Intent, Place, Resource, Target};
use crate::console::widget::{Look, Span, muted, plain, wrap};
use crate::text::human;

impl Row for Suppression {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// What is particular about it.
#[derive(Debug, Default)]
pub struct Hushed;

impl Subject for Hushed {
    type Call = ListSuppressions;
    type Row = Suppression;

    const PLACE: Place = Place::SUPPRESSIONS;
    const KEYS: &'static [&'static str] = &["g s"];
    const ABOUT: &'static str = "What is kept quiet, by whom and until when";
    const TITLE: &'static str = "Suppressions";
    const ROWS: Resource = Resource::Suppressions;
    const ORDER: Order = Order::Time;
    const HOME: &'static str = "state:in_force";
    const EMPTY: &'static str = "Nothing is kept quiet. H on an incident or a detection does that for a while.";
    const PANE: Pane = Pane::Small;

    fn target(suppression: &Suppression) -> Option<Target> {
        Some(Target::Suppression(Box::new(suppression.clone())))
    }

    fn open(suppression: &Suppression) -> Option<Intent> {
        Some(Intent::SearchDetections(format!("suppressed={}", suppression.id)))
    }

    fn live(update: &Live, rows: &mut Rows<Suppression>) -> Touched {
        match update {
            Live::Suppression(suppression) => {
                rows.patch(suppression);
                Touched::Stale
            }
            Live::Detection(d) if d.suppressed.is_some() => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience() -> i64 {
        2000
    }

    fn detail(&self, s: &Suppression, width: usize, _: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        let mut lines =
            vec![vec![muted("owner "), plain(s.owner.cell(30)), muted("  asked for by "), plain(s.actor.cell(30))]];
        let kept = human::counted(s.hidden, "detections");
        lines.push(vec![muted("kept quiet "), plain(kept), muted("  (Enter shows them, u ends it)")]);
        lines.extend(wrap(&s.reason.visible(), width.max(8)).into_iter().take(2).map(|text| vec![plain(text)]));
        Some((format!("#{} until {}", s.id, s.until), lines))
    }
}
