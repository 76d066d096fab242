//! `watchfloor replay FILE --explain LINE`: every stage's word on one line, as text that does not change its shape, or
//! as JSON.

use super::{Global, say};
use crate::api::Problem;
use crate::api::explanation::{Counted, Explanation, Judged, Sign};
use crate::export::to_json;
use crate::text::{Untrusted, human};

/// Prints it.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(explanation: &Explanation, global: &Global) -> Result<u8, Problem> {
    if global.json() {
        return say::out(&to_json(explanation));
    }
    say::out(&text(explanation))
}

/// Longest value shown, in cells; the JSON form has all of it.
const VALUE: usize = 200;

fn text(e: &Explanation) -> String {
    let mut out = vec![format!("{} line {}, {}", e.file, e.line, e.time), format!("  {}", e.text.cell(VALUE))];
    out.push(match (&e.format, e.parsed) {
        (Some(format), true) => format!("Parsing: {format}"),
        (Some(format), false) => format!("Parsing: looks like {format}, but is not understood"),
        (None, _) => "Parsing: looks like no known format".to_owned(),
    });
    out.extend(e.fields.iter().map(|f| format!("  {}: {}", f.name, f.value.cell(VALUE))));
    out.push(format!("Request: {}", counted(e.signs.len(), "signs of an attack")));
    out.extend(e.signs.iter().map(sign));
    out.push("Detectors:".to_owned());
    if e.counts.is_empty() {
        out.push("  nothing is counted for this line".to_owned());
    }
    out.extend(e.counts.iter().map(count));
    out.push(format!("Detections: {}", counted(e.detections.len(), "detections")));
    e.detections.iter().for_each(|judged| detection(judged, &mut out));
    out.push(String::new());
    out.join("\n")
}

fn counted(n: usize, nouns: &str) -> String {
    if n == 0 { "none".to_owned() } else { human::counted(n as u64, nouns) }
}

fn sign(s: &Sign) -> String {
    let certain = if s.certain { ", enough to refuse it" } else { "" };
    format!(
        "  {}: {} in the {}, confidence {:.2}{certain}: \"{}\"",
        s.rule,
        s.sign,
        s.part,
        s.confidence,
        s.matched.cell(VALUE)
    )
}

fn count(c: &Counted) -> String {
    let state = |text: &Untrusted| if text.raw().is_empty() { "nothing".to_owned() } else { text.cell(VALUE) };
    if c.before == c.after {
        return format!("  {}: {} (unchanged)", c.what, state(&c.after));
    }
    format!("  {}: {} -> {}", c.what, state(&c.before), state(&c.after))
}

fn detection(judged: &Judged, out: &mut Vec<String>) {
    let Judged { finding, incident, bill, proposals } = judged;
    let decision = finding.decision.label();
    out.push(format!("  {} ({}), confidence {:.2}: {decision}", finding.rule, finding.class, finding.confidence));
    out.push(format!("    why: {}", finding.why.cell(2 * VALUE)));
    let lines: Vec<String> = finding.evidence.iter().map(u64::to_string).collect();
    out.push(format!("    evidence: lines {} ({} in all)", lines.join(", "), human::count(finding.evidence_count)));
    let number = finding.incident.map_or_else(|| "none".to_owned(), |id| id.to_string());
    out.push(format!("    incident {number}: {}", incident.cell(VALUE)));
    for item in &bill.items {
        out.push(format!("      {:+} {}: {}", item.points, item.term, Untrusted::from(item.why.as_str()).cell(VALUE)));
    }
    out.push(format!("      = {}", bill.total));
    for p in proposals {
        let (what, target) = (p.kind.label().replace('_', " "), p.target.cell(64));
        let why = Untrusted::from(p.why.as_str()).cell(VALUE);
        out.push(format!("    policy: {} {what} {target}: {why}", p.mode.label()));
    }
    if proposals.is_empty() {
        out.push("    policy: nothing".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;
    use crate::api::explanation::Field;

    #[test]
    fn a_line_that_meant_nothing_says_so() {
        let explanation = Explanation {
            file: "access.log".into(),
            line: 7,
            text: "GET \u{1b}[2J".into(),
            time: Timestamp(0),
            format: Some("combined".into()),
            parsed: true,
            fields: vec![Field { name: "src_ip".into(), value: "198.51.100.7".into() }],
            signs: Vec::new(),
            counts: vec![Counted { what: "pages asked for".into(), before: "".into(), after: "1".into() }],
            detections: Vec::new(),
        };
        let expected = "access.log line 7, 1970-01-01T00:00:00.000Z\n  GET ␛[2J\nParsing: combined\n  src_ip: 198.51.100.7\n\
            Request: none\nDetectors:\n  pages asked for: nothing -> 1\nDetections: none\n";
        assert_eq!(text(&explanation), expected);
    }
}
