//! What is blocked or revoked now; below, what each enforcer holds of the one under the cursor.

use super::rows::{Order, Row, Rows};
use super::sheet::{Pane, Subject};
use super::{Touched, actions, grid};
use crate::api::endpoint::ListBlocks;
use crate::api::{Block, Live};
use crate::column::cell::enforcer_state;
use crate::command::{Intent, Place, Resource, Target};
use crate::console::widget::{Look, Span, muted, plain};
use crate::text::{fit, visible};

impl Row for Block {
    fn id(&self) -> u64 {
        self.action.0
    }
}

/// What is particular about it.
#[derive(Debug, Default)]
pub struct Blocks;

impl Subject for Blocks {
    type Call = ListBlocks;
    type Row = Block;

    const PLACE: Place = Place::BLOCKS;
    const KEYS: &'static [&'static str] = &["8"];
    const ABOUT: &'static str = "What is blocked now, and until when";
    const TITLE: &'static str = "Blocks";
    const ROWS: Resource = Resource::Blocks;
    const ORDER: Order = Order::Shifting;
    const EMPTY: &'static str = "Nothing is blocked. b on a row blocks its address.";
    const PANE: Pane = Pane::Small;

    fn target(block: &Block) -> Option<Target> {
        Some(Target::Block(Box::new(block.clone())))
    }

    fn open(block: &Block) -> Option<Intent> {
        Self::target(block)?.entity().map(Intent::OpenEntity)
    }

    fn live(update: &Live, _: &mut Rows<Block>) -> Touched {
        match update {
            Live::Action(_) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn drill(block: &Block) -> bool {
        block.drill
    }

    fn detail(&self, block: &Block, _: usize, look: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        let view = |e: &crate::api::EnforcerView| {
            let tone = grid::tone(enforcer_state(&e.state));
            vec![
                plain(fit::pad(&visible::escape(&e.enforcer), 10)),
                (fit::pad(&e.state.label(), 10), tone),
                muted(format!("{}  {}", actions::read_back(e, look), visible::escape(&e.why))),
            ]
        };
        let mut lines: Vec<Vec<Span>> = block.enforcers.iter().map(view).collect();
        lines.push(vec![muted("why       "), plain(block.reason.visible())]);
        Some((format!("#{} by {}: at the enforcers", block.action, block.actor.cell(30)), lines))
    }
}
