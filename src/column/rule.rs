//! Rules, their samples, what is odd about them, and what they cover.

use super::{Cell, Column, Field, Meaning, Record, Row, field, listed, maybe, told, yes_no};
use crate::api::{Covered, RuleRemark, RuleRow, RuleSample, RuleStanding};
use crate::text::human;

impl Row for RuleRow {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("mode", 8, 0, |r, _| Cell::own(r.mode).meaning(mode(r.mode))),
        Column::new("rule", 32, 0, |r, _| Cell::told(&r.name)),
        Column::new("class", 20, 2, |r, _| Cell::told(&r.class)),
        Column::new("techniques", 20, 3, |r, _| Cell::own(listed(&r.techniques)).faint()),
        Column::growing("title", 24, 0, |r, _| Cell::told(if r.why.is_empty() { &r.title } else { &r.why })),
        Column::new("author", 16, 4, |r, _| Cell::told(&r.author).faint()),
    ];
}

impl Row for RuleStanding {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("state", 8, 0, |r, _| Cell::told(&r.state).meaning(mode(&r.state))),
        Column::new("rule", 28, 0, |r, _| Cell::told(&r.name)),
        Column::new("kind", 9, 4, |r, _| Cell::told(&r.kind).faint()),
        Column::number("hits", 9, 0, |r, _| Cell::count(r.detections)),
        Column::number("last", 4, 2, |r, now| Cell::maybe(r.last, |at| Cell::age(at, now))),
        Column::number("incidents", 9, 1, |r, _| Cell::count(r.incidents)),
        Column::number("precise", 7, 1, |r, _| Cell::maybe(r.precision(), |p| Cell::own(format!("{p} %")))),
        Column::number("false", 5, 2, |r, _| Cell::count(r.false_alarms)),
        Column::number("to verdict", 10, 3, |r, _| Cell::maybe(spent(r), Cell::own)),
        Column::growing("title", 20, 1, |r, _| Cell::told(&r.title).faint()),
    ];
}

/// The mean time from claim to verdict.
fn spent(rule: &RuleStanding) -> Option<String> {
    let mean = rule.seconds.checked_div(rule.timed)?;
    Some(human::duration(i64::try_from(mean).unwrap_or(i64::MAX / 1000).saturating_mul(1000)))
}

impl Record for RuleStanding {
    const FIELDS: &'static [Field<Self>] = &[
        field("name", |r| told(&r.name)),
        field("state", |r| told(&r.state)),
        field("family", |r| told(&r.family)),
        field("kind", |r| told(&r.kind)),
        field("class", |r| told(&r.class)),
        field("title", |r| told(&r.title)),
        field("techniques", |r| listed(&r.techniques)),
        field("detections", |r| r.detections.to_string()),
        field("last", |r| maybe(r.last)),
        field("incidents", |r| r.incidents.to_string()),
        field("attacks", |r| r.attacks.to_string()),
        field("benign", |r| r.benign.to_string()),
        field("false_alarms", |r| r.false_alarms.to_string()),
        field("undetermined", |r| r.undetermined.to_string()),
        field("precision", |r| maybe(r.precision())),
        field("timed", |r| r.timed.to_string()),
        field("seconds", |r| r.seconds.to_string()),
    ];
}

fn mode(mode: &str) -> Meaning {
    match mode {
        "on" => Meaning::Good,
        "unusable" => Meaning::Bad,
        _ => Meaning::Warning,
    }
}

impl Record for RuleRow {
    const FIELDS: &'static [Field<Self>] = &[
        field("name", |r| told(&r.name)),
        field("family", |r| r.family.to_owned()),
        field("mode", |r| r.mode.to_owned()),
        field("kind", |r| told(&r.kind)),
        field("class", |r| told(&r.class)),
        field("severity", |r| told(&r.severity)),
        field("title", |r| told(&r.title)),
        field("techniques", |r| listed(&r.techniques)),
        field("author", |r| told(&r.author)),
        field("file", |r| told(&r.file)),
        field("why", |r| told(&r.why)),
    ];
}

impl Row for RuleSample {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("result", 6, 0, |s, _| {
            Cell::own(if s.passed { "ok" } else { "FAILED" }).meaning(if s.passed {
                Meaning::Good
            } else {
                Meaning::Bad
            })
        }),
        Column::new("rule", 36, 0, |s, _| Cell::told(&s.rule)),
        Column::new("sample", 8, 1, |s, _| Cell::own(s.kind)),
        Column::new("where", 24, 2, |s, _| Cell::own(place(&s.file, s.line)).faint()),
        Column::growing("why", 20, 0, |s, _| Cell::told(&s.why)),
    ];
}

impl Record for RuleSample {
    const FIELDS: &'static [Field<Self>] = &[
        field("rule", |s| told(&s.rule)),
        field("kind", |s| s.kind.to_owned()),
        field("passed", |s| yes_no(s.passed)),
        field("file", |s| told(&s.file)),
        field("line", |s| s.line.to_string()),
        field("why", |s| told(&s.why)),
    ];
}

impl Row for RuleRemark {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("where", 32, 0, |r, _| Cell::own(place(&r.file, r.line))),
        Column::growing("what is odd", 30, 0, |r, _| Cell::told(&r.why)),
    ];
}

impl Record for RuleRemark {
    const FIELDS: &'static [Field<Self>] =
        &[field("file", |r| told(&r.file)), field("line", |r| r.line.to_string()), field("why", |r| told(&r.why))];
}

impl Row for Covered {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("technique", 10, 0, |c, _| Cell::told(&c.technique)),
        Column::new("tactic", 20, 1, |c, _| Cell::told(&c.tactic).faint()),
        Column::growing("name", 24, 0, |c, _| Cell::told(&c.name)),
        Column::number("built in", 8, 2, |c, _| Cell::count(c.built_in)),
        Column::number("scenarios", 9, 2, |c, _| Cell::count(c.scenarios)),
        Column::number("sigma", 6, 2, |c, _| Cell::count(c.sigma)),
    ];
}

impl Record for Covered {
    const FIELDS: &'static [Field<Self>] = &[
        field("technique", |c| told(&c.technique)),
        field("name", |c| told(&c.name)),
        field("tactic", |c| told(&c.tactic)),
        field("built_in", |c| c.built_in.to_string()),
        field("scenarios", |c| c.scenarios.to_string()),
        field("sigma", |c| c.sigma.to_string()),
    ];
}

fn place(file: &str, line: usize) -> String {
    if line == 0 { told(file) } else { format!("{}:{line}", told(file)) }
}
