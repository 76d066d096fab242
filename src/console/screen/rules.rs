//! Rules of the running platform: in which state, how often they hit, what became of it. Only what the platform keeps:
//! verdicts of closed incidents and the time from claim to verdict; the drill is left out.

use super::Touched;
use super::rows::{Order, Row, Rows};
use super::sheet::{Pane, Subject};
use crate::api::endpoint::ListRules;
use crate::api::{Live, RuleStanding};
use crate::command::{Intent, Place, Resource, Target};
use crate::console::widget::{Look, Span, muted, plain};
use crate::text::{human, visible};

impl Row for RuleStanding {
    fn id(&self) -> u64 {
        self.id
    }
}

/// What is particular about it.
#[derive(Debug, Default)]
pub struct Rules;

impl Subject for Rules {
    type Call = ListRules;
    type Row = RuleStanding;

    const PLACE: Place = Place("screen.rules");
    const KEYS: &'static [&'static str] = &["9"];
    const ABOUT: &'static str = "Rules: state, hits, precision, time to a verdict";
    const TITLE: &'static str = "Rules";
    const ROWS: Resource = Resource::Rules;
    const ORDER: Order = Order::Shifting;
    const EMPTY: &'static str = "No rule fits this filter.";
    const PANE: Pane = Pane::Small;

    fn target(rule: &RuleStanding) -> Option<Target> {
        Some(Target::Rule(Box::new(rule.clone())))
    }

    fn open(rule: &RuleStanding) -> Option<Intent> {
        // The rows behind the hits; what the drill made is not counted.
        Some(Intent::SearchDetections(format!("{} drill=false", super::word::term("rule", &rule.name))))
    }

    fn live(update: &Live, _: &mut Rows<RuleStanding>) -> Touched {
        match update {
            Live::Detection(_) | Live::Incident(_) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience() -> i64 {
        5000
    }

    fn detail(&self, rule: &RuleStanding, _: usize, _: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        let open = rule.incidents.saturating_sub(rule.attacks + rule.benign + rule.false_alarms + rule.undetermined);
        let judged = format!(
            "{} · {} benign · {} · {} undetermined · {} not judged",
            human::counted(rule.attacks, "attacks"),
            human::count(rule.benign),
            human::counted(rule.false_alarms, "false alarms"),
            human::count(rule.undetermined),
            human::count(open)
        );
        let seconds = i64::try_from(rule.seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
        let time = match rule.timed {
            0 => "no incident was claimed and closed yet".to_owned(),
            n => format!("{} from claim to verdict over {}", human::duration(seconds), human::counted(n, "incidents")),
        };
        let about = format!(
            "{} · {} · {} · hits and verdicts without the drill's",
            visible::escape(&rule.family),
            visible::escape(&rule.class),
            rule.techniques.join(" ")
        );
        let lines = vec![
            vec![plain(visible::escape(&rule.title).into_owned())],
            vec![muted(visible::escape(&about).into_owned())],
            vec![muted("verdicts  "), plain(judged)],
            vec![muted("time      "), plain(time)],
        ];
        Some((visible::escape(&rule.name).into_owned(), lines))
    }
}
