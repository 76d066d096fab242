//! The ledger: every change anyone or anything made, chained by hashes; whether the chain holds, as far as it was asked.
//!
//! The newest entries are followed. Whether each resident entry names the hash of the one before is seen here; the whole
//! chain and its signatures are verified by the platform (`V`), which reads all of it.

use super::rows::{Order, Row, Rows};
use super::sheet::{Pane, Subject};
use super::{Ask, Touched};
use crate::api::endpoint::{Empty, ListLedger, VerifyLedger};
use crate::api::{LedgerCheck, LedgerEntry, Live, Problem, Reply};
use crate::command::{Intent, Place, Resource, Target};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::{Look, Span, muted, plain, wrap};
use crate::text::{human, visible};

impl Row for LedgerEntry {
    fn id(&self) -> u64 {
        self.seq
    }
}

/// What is particular about it: the last verification.
#[derive(Debug, Default)]
pub struct Chain {
    check: Option<Result<LedgerCheck, Problem>>,
    asked: bool,
}

impl Subject for Chain {
    type Call = ListLedger;
    type Row = LedgerEntry;

    const PLACE: Place = Place("screen.ledger");
    const KEYS: &'static [&'static str] = &["0"];
    const ABOUT: &'static str = "Who and what changed something, chained and signed";
    const TITLE: &'static str = "Ledger";
    const ROWS: Resource = Resource::Ledger;
    const ORDER: Order = Order::Stream;
    const EMPTY: &'static str = "Nothing was recorded yet.";
    const PANE: Pane = Pane::Small;
    const HEADLINE: bool = true;

    fn target(entry: &LedgerEntry) -> Option<Target> {
        Some(Target::Ledger(Box::new(entry.clone())))
    }

    fn open(entry: &LedgerEntry) -> Option<Intent> {
        let id = entry.target.raw().strip_prefix("incident ")?.parse().ok()?;
        Some(Intent::OpenIncident(id))
    }

    fn live(update: &Live, _: &mut Rows<LedgerEntry>) -> Touched {
        match update {
            Live::Action(_) | Live::Incident(_) | Live::Source(_) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        if *intent != Intent::Verify {
            return None;
        }
        self.asked = true;
        Some(vec![Ask::Fetch(Fetch::of::<VerifyLedger>("check", 0, &Empty {}))])
    }

    fn took(&mut self, part: &'static str, result: &Result<Reply, Problem>) -> bool {
        if part == "check" {
            self.asked = false;
            self.check = Some(result.clone().and_then(Reply::read::<VerifyLedger>));
        }
        part == "check"
    }

    fn headline(&self, _: &Look) -> Vec<Span> {
        match &self.check {
            _ if self.asked => vec![muted(" verifying the whole chain …")],
            None => vec![muted(" not verified in this session: V verifies the whole chain and its signatures")],
            Some(Err(problem)) => vec![(
                format!(" cannot be verified: {}", visible::escape(&problem.to_string()).replace('\n', " ")),
                Tone::Warn,
            )],
            Some(Ok(check)) if check.intact => {
                let signed = human::count(check.signed);
                let words =
                    format!(" intact: {} chained, {signed} of them signed", human::counted(check.entries, "entries"));
                vec![(words, Tone::Good), muted(format!("  head {}", head(&check.head)))]
            }
            Some(Ok(check)) => {
                let fault = check.fault.as_deref().unwrap_or("the platform does not say where");
                vec![(format!(" BROKEN: {}", visible::escape(fault)), Tone::Bad)]
            }
        }
    }

    fn detail(&self, entry: &LedgerEntry, width: usize, _: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        let mut lines: Vec<Vec<Span>> =
            wrap(&entry.detail.visible(), width.max(8)).into_iter().take(2).map(|text| vec![plain(text)]).collect();
        lines.push(vec![muted("hash  "), plain(head(&entry.hash))]);
        lines.push(vec![muted("after "), plain(head(&entry.prev))]);
        Some((format!("#{} {}", entry.seq, entry.time), lines))
    }
}

/// The beginning of a hash, made visible.
fn head(hash: &str) -> String {
    visible::escape(hash.get(..32).unwrap_or(hash)).into_owned()
}
