//! Actions, newest first; below, the receipts of the one under the cursor and what each enforcer says now.

use super::rows::{Order, Row, Rows};
use super::sheet::{Pane, Subject};
use super::{Ask, Touched, grid, word};
use crate::api::endpoint::{ListActions, ListBlocks};
use crate::api::{Action, Block, EnforcerView, List, Live, Problem, Reply};
use crate::column::cell::enforcer_state;
use crate::command::{Intent, Place, Resource, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::{Look, Span, muted, plain};
use crate::text::{fit, human, visible};

impl Row for Action {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// What is particular about it: the blocks in force, for what enforcers say.
#[derive(Debug, Default)]
pub struct Deeds {
    blocks: Vec<Block>,
}

impl Subject for Deeds {
    type Call = ListActions;
    type Row = Action;

    const PLACE: Place = Place::ACTIONS;
    const KEYS: &'static [&'static str] = &["6"];
    const ABOUT: &'static str = "Actions, their receipts and expiry";
    const TITLE: &'static str = "Actions";
    const ROWS: Resource = Resource::Actions;
    const ORDER: Order = Order::Time;
    const EMPTY: &'static str = "Nothing was done yet. b on a row blocks its address.";
    const PANE: Pane = Pane::Half;

    fn target(action: &Action) -> Option<Target> {
        Some(Target::Action(Box::new(action.clone())))
    }

    fn open(action: &Action) -> Option<Intent> {
        Self::target(action)?.entity().map(Intent::OpenEntity)
    }

    fn live(update: &Live, rows: &mut Rows<Action>) -> Touched {
        let Live::Action(action) = update else { return Touched::Nothing };
        rows.patch(action);
        Touched::Stale
    }

    fn drill(action: &Action) -> bool {
        action.drill
    }

    fn besides(&mut self) -> Vec<Ask> {
        let all = List { limit: Some(1000), ..List::default() };
        vec![Ask::Fetch(Fetch::of::<ListBlocks>("blocks", 0, &all))]
    }

    fn took(&mut self, part: &'static str, result: &Result<Reply, Problem>) -> bool {
        if part == "blocks"
            && let Ok(page) = result.clone().and_then(Reply::read::<ListBlocks>)
        {
            self.blocks = page.items;
        }
        part == "blocks"
    }

    fn detail(&self, action: &Action, _: usize, look: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        let title = format!("#{} {} {}: receipts", action.id, word::action_kind(&action.kind), action.target.cell(40));
        Some((title, self.receipts(action, look)))
    }
}

impl Deeds {
    fn receipts(&self, action: &Action, look: &Look) -> Vec<Vec<Span>> {
        let mut lines: Vec<Vec<Span>> = Vec::new();
        for receipt in &action.receipts {
            let (state, tone) = word::action_state(&receipt.state);
            let enforcer = receipt.enforcer.as_deref().unwrap_or("platform");
            let after = receipt.at.0.saturating_sub(action.created.0);
            lines.push(vec![
                muted(format!("{} +{:<9}", look.clock(receipt.at.0), human::duration(after))),
                (fit::pad(&state, 10), tone),
                plain(fit::pad(&visible::escape(enforcer), 10)),
                muted(visible::escape(&receipt.detail).into_owned()),
            ]);
        }
        if let Some(block) = self.blocks.iter().find(|b| b.action == action.id) {
            lines.push(vec![
                muted("refused since "),
                plain(block.refused.map_or_else(|| "-".into(), human::count)),
                muted(" requests; at the enforcers now:"),
            ]);
            for view in &block.enforcers {
                let tone = grid::tone(enforcer_state(&view.state));
                lines.push(vec![
                    plain(format!("  {}", fit::pad(&visible::escape(&view.enforcer), 10))),
                    (fit::pad(&view.state.label(), 10), tone),
                    muted(format!("{}  {}", read_back(view, look), visible::escape(&view.why))),
                ]);
            }
        }
        lines
    }
}

/// When an enforcer was last asked what it holds; one that takes no part never is.
pub(super) fn read_back(view: &EnforcerView, look: &Look) -> String {
    match view.checked.0 {
        0 => "never read back".into(),
        at => format!("read back {} ago", look.age(at)),
    }
}
