//! `--explain LINE`: the lines before it as in any replay, then that one with every stage's word on it.

use super::lines::{Block, Input};
use super::{Parsed, Stages, Terms, finding};
use crate::api::explanation::{Counted, Explanation, Field, Judged, Sign};
use crate::api::{EventId, Mode, Problem, ProblemKind};
use crate::platform::detect::{Hit, Inspector};
use crate::platform::ingest;
use crate::platform::record::Record;
use crate::text::{Untrusted, visible};
use serde_json::Value;
use std::path::PathBuf;

/// What every stage makes of line `wanted` of the first of `paths`.
///
/// # Errors
/// A file cannot be read, or has no such line.
pub fn explain(paths: &[PathBuf], terms: Terms<'_>, wanted: u64) -> Result<Explanation, Problem> {
    let mut input = Input::open(paths, terms.format, terms.now)?;
    let names = input.names();
    let inspector = Inspector::accepting(terms.requests.clone());
    let mut stages = Stages::new(terms);
    let mut block = Block::default();
    while input.next(&mut block)? {
        let text = visible::decode(&block.text);
        let mut layouts = block.layouts.clone();
        for (file, number, line) in block.lines(&text) {
            let Some(layout) = layouts.get_mut(file) else { continue };
            for event in ingest::events(line) {
                let Some(mut record) = terms.read(layout, event) else { continue };
                let mut hits = Vec::new();
                terms.look(&inspector, &mut record, &mut hits);
                let parsed = Parsed { file, number, record, hits };
                if (file, number) == (0, wanted) {
                    return Ok(explained(&mut stages, &names, &parsed, event, terms.format));
                }
                stages.line(&names, &parsed, &mut |_| true);
            }
        }
    }
    let name = names.first().map_or("", String::as_str);
    Err(Problem::new(
        ProblemKind::Usage,
        format!("{name} has no line {wanted} to explain"),
        "it is empty or behind the end",
    )
    .hint("Lines are counted from 1; of several files the first is meant."))
}

fn explained(
    stages: &mut Stages<'_>,
    names: &[String],
    parsed: &Parsed<'_>,
    line: &str,
    format: Option<ingest::Format>,
) -> Explanation {
    let record = &parsed.record;
    let file = names.get(parsed.file).cloned().unwrap_or_default();
    let state = |stages: &Stages<'_>| stages.engine.describe(record);
    let before = state(stages);
    let mut detections = Vec::new();
    stages.engine.observe(record, &parsed.hits, parsed.event(), &file, false, &mut detections);
    let after = state(stages);
    let engine = &stages.engine;
    let judged = detections.into_iter().map(|mut detection| {
        let now = detection.time;
        let held = stages.incidents.fold(&mut detection, now);
        let proposals =
            stages.policy.decide(&held.incident, &held.bill, &detection, &|net| engine.residents(net, false));
        let decision = proposals.iter().map(|p| p.mode.clone()).max().unwrap_or(Mode::None);
        let (incident, bill) = (held.incident.title.clone().into(), held.bill.clone());
        Judged { finding: finding(detection, decision, &file, parsed.event()), incident, bill, proposals }
    });
    Explanation {
        line: parsed.number,
        text: line.into(),
        time: record.time,
        format: format.or_else(|| ingest::recognise(line)).map(|f| f.to_string()),
        parsed: record.parsed,
        fields: fields(record),
        signs: parsed.hits.iter().map(sign).collect(),
        counts: counts(&before, &after),
        detections: judged.collect(),
        file,
    }
}

/// What is known of the event, without what every event has and without the line itself.
fn fields(record: &Record<'_>) -> Vec<Field> {
    const KNOWN: [&str; 8] = ["id", "time", "observed", "source", "message", "raw", "parsed", "drill"];
    let mut found = Vec::new();
    let event = record.to_event(EventId(0), record.time, "", false);
    if let Ok(Value::Object(members)) = serde_json::to_value(&event) {
        for (name, value) in members.into_iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            flatten(name, value, &mut found);
        }
    }
    let client = record.client.as_deref().filter(|_| record.src_ip.is_none());
    found.extend(client.map(|name| Field { name: "client".into(), value: name.into() }));
    found
}

fn flatten(name: String, value: Value, found: &mut Vec<Field>) {
    match value {
        Value::Null => {}
        Value::Object(members) => members.into_iter().for_each(|(m, v)| flatten(format!("{name}.{m}"), v, found)),
        Value::String(text) => found.push(Field { name, value: text.into() }),
        other => found.push(Field { name, value: other.to_string().into() }),
    }
}

fn sign(hit: &Hit) -> Sign {
    Sign {
        rule: hit.rule.to_owned(),
        sign: hit.sign.to_owned(),
        part: hit.part.to_owned(),
        matched: hit.matched.as_str().into(),
        confidence: hit.confidence,
        certain: hit.certain,
    }
}

/// What changed or stands, detector by detector.
fn counts(before: &[(&'static str, String)], after: &[(&'static str, String)]) -> Vec<Counted> {
    let known = |what: &str| before.iter().find(|(w, _)| *w == what).map_or("", |(_, state)| state.as_str());
    let each = after.iter().map(|(what, state)| Counted {
        what: (*what).to_owned(),
        before: Untrusted::from(known(what)),
        after: Untrusted::from(state.as_str()),
    });
    each.collect()
}
