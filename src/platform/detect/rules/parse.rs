//! TOML to scenarios. Every mistake is told with its line, its key and what was probably meant.

use super::scenario::{CAPACITY_MAX, Group, LEVEL_MAX, Mode, Pace, STEPS_MAX, Sample, Scenario, Step};
use crate::api::Severity;
use crate::platform::catalogue::is_word;
use crate::platform::written::{Error, Reader, one_of, quoted, tree};
use crate::query::{self, Query, Resource};

/// Keys of a scenario.
const KEYS: &[&str] = &[
    "name",
    "address_after",
    "title",
    "class",
    "description",
    "techniques",
    "severity",
    "confidence",
    "filter",
    "group_by",
    "distinct",
    "capacity",
    "leak",
    "within",
    "step",
    "blackhole",
    "mode",
    "positive",
    "negative",
];

/// Most lines a sample may grow to.
const SAMPLE_LINES_MAX: i64 = 2_000;

/// Reads the scenarios of a file; those with a mistake are left out and told. Those that do not say are `new`.
#[must_use]
pub fn scenarios(text: &str, file: &str, new: Mode) -> (Vec<Scenario>, Vec<Error>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let root = match tree(text) {
        Ok(root) => root,
        Err(error) => return (good, vec![error]),
    };
    let top = Reader::top(text, &root);
    bad.extend(top.known(&["scenario"]).err());
    match top.tables("scenario") {
        Ok(tables) => {
            for table in &tables {
                match scenario(table, file, new) {
                    Ok(one) => good.push(one),
                    Err(error) => bad.push(error),
                }
            }
        }
        Err(error) => bad.push(error),
    }
    (good, bad)
}

fn scenario(table: &Reader<'_, '_>, file: &str, new: Mode) -> Result<Scenario, Error> {
    table.known(KEYS)?;
    let name = table.needed("name")?;
    if !is_word(name) {
        return Err(table.fault("name", "may have letters, digits, - and _ only, at most 80"));
    }
    let steps = steps(table)?;
    let counted = table.get("leak").is_some() && table.get("distinct").is_none();
    let capacity = count(table, "capacity", if counted { LEVEL_MAX } else { CAPACITY_MAX })?;
    if steps.len() > 1 && (capacity > 1 || table.get("distinct").is_some()) {
        return Err(table.fault("capacity", "and `distinct` belong to a bucket; a sequence counts in its steps"));
    }
    Ok(Scenario {
        name: format!("scenario.{name}"),
        title: text(table, "title")?,
        class: text(table, "class")?,
        description: text(table, "description")?,
        techniques: techniques(table)?,
        severity: table
            .choice("severity", Severity::KNOWN)?
            .map(Severity::from)
            .ok_or_else(|| table.fault("severity", "is missing"))?,
        confidence: table.fraction("confidence")?.ok_or_else(|| table.fault("confidence", "is missing"))?,
        pace: pace(table, capacity)?,
        group_by: groups(table)?,
        distinct: distinct(table)?,
        address_after: table.list("address_after")?.unwrap_or_default(),
        blackhole_ms: milliseconds(table, "blackhole")?,
        mode: table.choice("mode", Mode::KNOWN)?.and_then(Mode::read).unwrap_or(new),
        samples: samples(table)?,
        steps,
        capacity,
        file: file.to_owned(),
        line: table.line(),
        built_in: false,
    })
}

fn text(table: &Reader<'_, '_>, key: &str) -> Result<String, Error> {
    match table.needed(key)?.trim() {
        "" => Err(table.fault(key, "may not be empty")),
        text => Ok(text.to_owned()),
    }
}

fn count(table: &Reader<'_, '_>, key: &str, most: i64) -> Result<u32, Error> {
    Ok(table.integer(key, 1, most)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(1))
}

/// A time; a bucket may also leak in milliseconds: `100ms`.
fn milliseconds(table: &Reader<'_, '_>, key: &str) -> Result<Option<i64>, Error> {
    if let Some(ms) = table.words(key)?.and_then(|t| t.trim().strip_suffix("ms")) {
        let good = ms.trim().parse().ok().filter(|n: &i64| (1..=86_400_000).contains(n));
        return good.map(Some).ok_or_else(|| table.fault(key, "must be from 1ms to 86400000ms"));
    }
    let seconds = table.duration(key)?;
    Ok(seconds.map(|s| i64::try_from(s).unwrap_or(i64::MAX).min(366 * 86_400).saturating_mul(1000)))
}

fn pace(table: &Reader<'_, '_>, capacity: u32) -> Result<Pace, Error> {
    match (milliseconds(table, "leak")?, milliseconds(table, "within")?) {
        (Some(_), Some(_)) => {
            Err(table.fault("leak", "and `within` exclude each other: a bucket leaks or a window slides"))
        }
        (Some(leak), None) => Ok(Pace::Leak(leak)),
        (None, Some(within)) => Ok(Pace::Within(within)),
        (None, None) if capacity == 1 => Ok(Pace::Leak(1)),
        (None, None) => Err(table.fault("capacity", "needs `leak` or `within`, or it fills up some day")),
    }
}

fn groups(table: &Reader<'_, '_>) -> Result<Vec<Group>, Error> {
    let words = Group::ALL.map(|(word, _)| word);
    let group = |word: &String| {
        let found = Group::ALL.iter().find(|(known, _)| known == word);
        found.map(|(_, group)| *group).ok_or_else(|| table.fault("group_by", &one_of(word, &words)))
    };
    table.list("group_by")?.unwrap_or_default().iter().map(group).collect()
}

fn distinct(table: &Reader<'_, '_>) -> Result<Option<String>, Error> {
    let Some(field) = table.words("distinct")? else { return Ok(None) };
    let names: Vec<&str> = query::fields(Resource::Record).iter().map(|f| f.name).collect();
    if names.contains(&field) {
        Ok(Some(field.to_owned()))
    } else {
        Err(table.fault("distinct", &one_of(field, &names)))
    }
}

fn techniques(table: &Reader<'_, '_>) -> Result<Vec<String>, Error> {
    let techniques = table.list("techniques")?.unwrap_or_default();
    match techniques.iter().find(|t| !is_technique(t)) {
        Some(bad) => Err(table.fault("techniques", &format!("{} is not like T1110 or T1110.003", quoted(bad)))),
        None => Ok(techniques),
    }
}

/// `T1110`, `T1110.003`.
pub fn is_technique(text: &str) -> bool {
    let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('T').is_some_and(|rest| match rest.split_once('.') {
        Some((main, sub)) => digits(main, 4) && digits(sub, 3),
        None => digits(rest, 4),
    })
}

fn filter(table: &Reader<'_, '_>) -> Result<Query, Error> {
    let text = text(table, "filter")?;
    Query::parse_for(Resource::Record, &text).map_err(|e| {
        let at = text.get(..e.at.start).map_or(0, |before| before.chars().count()) + 1;
        table.fault("filter", &format!("{} (character {at})", crate::text::visible::escape(&e.to_string())))
    })
}

fn steps(table: &Reader<'_, '_>) -> Result<Vec<Step>, Error> {
    let tables = table.tables("step")?;
    if tables.is_empty() {
        return Ok(vec![Step { filter: filter(table)?, count: 1, within_ms: 0 }]);
    }
    if table.get("filter").is_some() {
        return Err(table.fault("filter", "stands in the steps when there are steps"));
    }
    if !(2..=STEPS_MAX).contains(&tables.len()) {
        return Err(table.fault("step", &format!("a sequence has from 2 to {STEPS_MAX} steps")));
    }
    let step = |(nth, step): (usize, &Reader<'_, '_>)| {
        step.known(&["filter", "within", "count"])?;
        let within = milliseconds(step, "within")?;
        let count = count(step, "count", LEVEL_MAX)?;
        let within_ms = match within {
            Some(ms) => ms,
            None if nth == 0 && count == 1 => 0,
            None => return Err(step.fault("within", "is missing: how long after the step before?")),
        };
        Ok(Step { filter: filter(step)?, count, within_ms })
    };
    tables.iter().enumerate().map(step).collect()
}

fn samples(table: &Reader<'_, '_>) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    for (kind, must) in [("positive", true), ("negative", false)] {
        for sample in table.tables(kind)? {
            sample.known(&["lines", "format", "times", "every", "entity"])?;
            let lines = text(&sample, "lines")?;
            let times = sample.integer("times", 1, SAMPLE_LINES_MAX)?.unwrap_or(1);
            let entity = if must { Some(text(&sample, "entity")?) } else { None };
            if !must && sample.get("entity").is_some() {
                return Err(sample.fault("entity", "belongs to positive samples: nobody is accused here"));
            }
            samples.push(Sample {
                lines,
                format: sample.words("format")?.map(str::to_owned),
                times: u32::try_from(times).unwrap_or(1),
                every_ms: milliseconds(&sample, "every")?.unwrap_or(1000),
                entity,
                line: sample.line(),
            });
        }
    }
    Ok(samples)
}
