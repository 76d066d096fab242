//! What this shift leaves to the next: what was opened, what is still open, what was judged, what was blocked, what ends
//! soon, what was changed. Each line counts rows and Enter opens exactly these. Tab takes a longer shift.

use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched, actions, blocks, ledger, sheet::Sheet, triage};
use crate::api::endpoint::{ListActions, ListBlocks, ListIncidents, ListLedger};
use crate::api::{Endpoint, List, Live, Page, Problem, Reply, Timestamp};
use crate::command::{Context, Intent, Motion, Place};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::panel::split_top;
use crate::console::widget::{Look, line, muted, plain};
use crate::text::human;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Lengths of a shift, in hours.
const SHIFTS: [i64; 3] = [8, 12, 24];
/// Rows that are counted at most; beyond that a count says `+`.
const MOST: u32 = 1000;

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Incidents,
    Actions,
    Blocks,
    Ledger,
}

/// A line: its part, what it says, which rows it counts. `{since}` and `{soon}` stand for the beginning of this shift
/// and the end of the next.
struct Item(&'static str, &'static str, Of, &'static str);

const ITEMS: [Item; 11] = [
    Item("opened", "incidents opened in this shift", Of::Incidents, "opened>={since}"),
    Item("left", "of these still open", Of::Incidents, "opened>={since} state:new,claimed,escalated"),
    Item("open", "incidents open altogether", Of::Incidents, "state:new,claimed,escalated"),
    Item("escalated", "of these escalated", Of::Incidents, "state:escalated"),
    Item("nobody", "of these nobody's yet", Of::Incidents, "state:new"),
    Item("closed", "incidents closed, last changed in this shift", Of::Incidents, "state:closed updated>={since}"),
    Item("attacks", "of these attacks", Of::Incidents, "state:closed updated>={since} verdict:true_positive"),
    Item("acted", "actions in this shift", Of::Actions, "time>={since}"),
    Item("failed", "of these failed", Of::Actions, "time>={since} state:failed"),
    Item("ends", "blocks in force that end within the next shift", Of::Blocks, "expires<{soon}"),
    Item("changed", "entries of the ledger in this shift", Of::Ledger, "time>={since}"),
];

/// Rows counted, and whether there are more.
type Counted = Result<(usize, bool), Problem>;

/// The screen.
#[derive(Debug, Default)]
pub struct Handover {
    shift: usize,
    now: i64,
    turn: u32,
    counts: [Option<Counted>; ITEMS.len()],
    shelf: Shelf,
}

impl Handover {
    fn query(&self, item: &Item) -> String {
        let length = SHIFTS[self.shift] * 3_600_000;
        // By whole minutes, so that the query reads well and the rows behind a count stay the same for a while.
        let minute = |ms: i64| Timestamp(ms.div_euclid(60_000) * 60_000).to_string();
        item.3.replace("{since}", &minute(self.now - length)).replace("{soon}", &minute(self.now + length))
    }

    fn count(&self, item: &Item) -> Ask {
        let list = List { query: self.query(item), limit: Some(MOST), ..List::default() };
        let fetch = match item.2 {
            Of::Incidents => Fetch::of::<ListIncidents>(item.0, self.turn, &list),
            Of::Actions => Fetch::of::<ListActions>(item.0, self.turn, &list),
            Of::Blocks => Fetch::of::<ListBlocks>(item.0, self.turn, &list),
            Of::Ledger => Fetch::of::<ListLedger>(item.0, self.turn, &list),
        };
        Ask::Fetch(fetch)
    }

    fn open_rows(&self) -> Option<Ask> {
        let item = ITEMS.get(self.shelf.at)?;
        let query = self.query(item);
        Some(Ask::Push(match item.2 {
            Of::Incidents => Box::new(triage::Triage::of(&query)),
            Of::Actions => Box::new(Sheet::<actions::Deeds>::of(&query)),
            Of::Blocks => Box::new(Sheet::<blocks::Blocks>::of(&query)),
            Of::Ledger => Box::new(Sheet::<ledger::Chain>::of(&query)),
        }))
    }
}

fn rows<E: Endpoint<Output = Page<T>>, T>(reply: Reply) -> Counted {
    reply.read::<E>().map(|page| (page.items.len(), page.next.is_some()))
}

impl Station for Handover {
    const PLACE: Place = Place("screen.handover");
    const KEYS: &'static [&'static str] = &["g h"];
    const ABOUT: &'static str = "What this shift leaves to the next";

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl Screen for Handover {
    fn place(&self) -> Place {
        Self::PLACE
    }

    fn title(&self) -> String {
        "Handover".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        self.turn += 1;
        ITEMS.iter().map(|item| self.count(item)).collect()
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        let Some(at) = ITEMS.iter().position(|item| item.0 == part).filter(|_| turn == self.turn) else {
            return Vec::new();
        };
        self.counts[at] = Some(result.and_then(|reply| match ITEMS[at].2 {
            Of::Incidents => rows::<ListIncidents, _>(reply),
            Of::Actions => rows::<ListActions, _>(reply),
            Of::Blocks => rows::<ListBlocks, _>(reply),
            Of::Ledger => rows::<ListLedger, _>(reply),
        }));
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Incident(_) | Live::Action(_) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience(&self) -> i64 {
        5000
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion @ (Motion::NextPanel | Motion::PreviousPanel)) => {
                let by = if *motion == Motion::NextPanel { 1 } else { SHIFTS.len() - 1 };
                self.shift = (self.shift + by) % SHIFTS.len();
                Some(self.refresh())
            }
            Intent::Move(motion) => {
                self.shelf.motion(*motion, ITEMS.len());
                Some(Vec::new())
            }
            Intent::Open => Some(self.open_rows().into_iter().collect()),
            _ => None,
        }
    }

    fn forget(&mut self) {
        self.counts = Default::default();
        self.turn += 1;
    }

    fn resized(&mut self, body: Rect) {
        self.shelf.height = body.height.saturating_sub(2) as usize;
        self.shelf.settle(ITEMS.len());
    }

    fn passed(&mut self, now: i64) -> Touched {
        self.now = now;
        Touched::Nothing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let (head, rest) = split_top(area, 2);
        let hours = SHIFTS[self.shift];
        let since = Timestamp(self.now - hours * 3_600_000);
        line(
            buf,
            head,
            0,
            look,
            &[
                plain(format!(" the last {hours} hours, since {} {}", look.clock(since.0), look.zone())),
                muted("  (Tab)"),
            ],
        );
        let window = self.shelf.window(ITEMS.len());
        let first = window.start;
        for (row, item) in ITEMS[window].iter().enumerate() {
            let at = first + row;
            let chosen = at == self.shelf.at;
            let (count, tone) = match &self.counts[at] {
                None => ("…".to_owned(), Tone::Muted),
                Some(Err(_)) => ("?".to_owned(), Tone::Bad),
                Some(Ok((n, more))) => {
                    let more = if *more { "+" } else { "" };
                    (format!("{}{more}", human::count(*n as u64)), if *n > 0 { Tone::Accent } else { Tone::Muted })
                }
            };
            let mark = if chosen { "›" } else { " " };
            let why = match &self.counts[at] {
                Some(Err(problem)) => format!("  {}", crate::text::visible::escape(&problem.title)),
                _ => String::new(),
            };
            let words = if chosen { (item.1.to_owned(), Tone::Selected) } else { plain(item.1) };
            let spans = [(format!("{mark} {count:>7}  "), tone), words, (why, Tone::Bad)];
            line(buf, rest, u16::try_from(row).unwrap_or(u16::MAX), look, &spans);
        }
    }
}
