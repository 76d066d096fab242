//! Actions, newest first; below, the receipts of the one under the cursor and what each enforcer says now.

use super::listing::Listing;
use super::rows::{Order, Row};
use super::{Ask, FilterLine, Screen, Touched, grid, triage, word};
use crate::api::endpoint::{ListActions, ListBlocks};
use crate::api::{Action, Block, EnforcerView, List, Live, Problem, Reply};
use crate::column::cell::enforcer_state;
use crate::command::{Intent, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::panel::{panel, split_bottom};
use crate::console::widget::{Look, Span, line, muted, plain, table};
use crate::text::{fit, human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Row for Action {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// The screen.
#[derive(Debug)]
pub struct Actions {
    list: Listing<ListActions, Action>,
    blocks: Vec<Block>,
}

impl Default for Actions {
    fn default() -> Self {
        Self { list: Listing::new(Order::Time, ""), blocks: Vec::new() }
    }
}

impl Screen for Actions {
    fn place(&self) -> Place {
        Place::Actions
    }

    fn title(&self) -> String {
        "Actions".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let mut asks = self.list.refresh();
        let all = List { limit: Some(1000), ..List::default() };
        asks.push(Ask::Fetch(Fetch::of::<ListBlocks>("blocks", 0, &all)));
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if part != "blocks" {
            return self.list.replied(part, turn, result);
        }
        if let Ok(page) = result.and_then(Reply::read::<ListBlocks>) {
            self.blocks = page.items;
        }
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Action(action) => {
                self.list.rows.patch(action);
                Touched::Stale
            }
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Open => {
                let entity = self.selected().and_then(|t| t.entity());
                Some(entity.map(|e| Ask::Intent(Intent::OpenEntity(e))).into_iter().collect())
            }
            Intent::Back if self.list.rows.clear_marks() => Some(Vec::new()),
            Intent::Back if !self.list.query().is_empty() => Some(self.list.set_query(String::new())),
            _ => self.list.intent(intent),
        }
    }

    fn resized(&mut self, body: Rect) {
        let (table, _) = split_bottom(Rect { height: body.height.saturating_sub(1), ..body }, detail(body));
        self.list.rows.resize(table::room(table));
    }

    fn selected(&self) -> Option<Target> {
        self.list.rows.selected().map(|a| Target::Action(Box::new(a.clone())))
    }

    fn marked(&self) -> Vec<Target> {
        self.list.rows.marked().map(|a| Target::Action(Box::new(a.clone()))).collect()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        self.list.set_query(query)
    }

    fn drill(&self) -> bool {
        self.list.rows.window().into_iter().flatten().any(|a| a.drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let rows = &self.list.rows;
        let below = detail(area);
        let area = triage::head(buf, area, look, &self.list.line(), &rows.summary("actions"));
        if rows.is_empty() {
            let text =
                word::nothing(rows.is_loaded(), rows.problem(), "Nothing was done yet. b on a row blocks its address.");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        }
        let (list, detail) = split_bottom(area, below);
        grid::window(buf, list, look, rows);
        if let Some(action) = rows.selected() {
            self.receipts(buf, detail, look, action);
        }
    }
}

/// Rows of the pane below.
const fn detail(area: Rect) -> u16 {
    if area.height < 14 { 0 } else { area.height / 2 }
}

impl Actions {
    fn receipts(&self, buf: &mut Buffer, area: Rect, look: &Look, action: &Action) {
        if area.height < 3 {
            return;
        }
        let title = format!("#{} {} {}: receipts", action.id, word::action_kind(&action.kind), action.target.cell(40));
        let inner = panel(buf, area, look, &title, false);
        let mut lines: Vec<Vec<Span>> = Vec::new();
        for receipt in &action.receipts {
            let (state, tone) = word::action_state(&receipt.state);
            let enforcer = receipt.enforcer.as_deref().unwrap_or("platform");
            let after = receipt.at.0.saturating_sub(action.created.0);
            lines.push(vec![
                muted(format!("{} +{:<9}", receipt.at.clock(), human::duration(after))),
                (fit::pad(&state, 10), tone),
                plain(fit::pad(&visible::escape(enforcer), 10)),
                muted(visible::escape(&receipt.detail).into_owned()),
            ]);
        }
        if let Some(block) = self.blocks.iter().find(|b| b.action == action.id) {
            lines.push(vec![
                muted("refused since "),
                plain(human::count(block.refused)),
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
        // The newest receipts matter most when not all fit.
        let skip = lines.len().saturating_sub(inner.height as usize);
        for (i, spans) in lines.iter().skip(skip).enumerate() {
            line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
        }
    }
}

/// When an enforcer was last asked what it holds; one that takes no part never is.
fn read_back(view: &EnforcerView, look: &Look) -> String {
    match view.checked.0 {
        0 => "never read back".into(),
        at => format!("read back {} ago", look.age(at)),
    }
}
