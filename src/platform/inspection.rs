//! One request, judged and explained: what `watchfloor inspect` shows. Parses a request as it goes over the wire; a
//! request line alone will do.

use super::detect::request::{Looked, Trace};
use super::detect::{Hit, Inspector, Request};
use crate::api::{InspectedHit, InspectedText, Inspection, Problem, ProblemKind};
use crate::text::Untrusted;

/// Headers that a request names by themselves.
const NAMED: [&str; 4] = ["user-agent", "referer", "cookie", "content-type"];

/// Runs all detectors over a request and tells what each did.
///
/// # Errors
/// There is no request line.
pub fn inspect(raw: &[u8]) -> Result<Inspection, Problem> {
    let (head, body) = halves(raw);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, url) = request_line(lines.next().unwrap_or_default())?;
    let headers: Vec<(&str, &str)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim())).collect();
    let named = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| *v);
    let others: Vec<(&str, &str)> =
        headers.iter().filter(|(n, _)| !NAMED.iter().any(|known| known.eq_ignore_ascii_case(n))).copied().collect();
    let request = Request {
        method,
        url,
        agent: named("user-agent"),
        referer: named("referer"),
        cookie: named("cookie"),
        content_type: named("content-type"),
        headers: &others,
        body,
        user: "",
    };
    let Trace { looked, hits } = Inspector::new().explain(&request);
    Ok(Inspection {
        method: method.into(),
        url: url.into(),
        texts: looked.into_iter().map(text).collect(),
        refused: hits.iter().find(|h| h.certain).map(|h| refusal(h).into()),
        hits: hits.iter().map(hit).collect(),
    })
}

/// What a gate says when it refuses for this.
#[must_use]
pub fn refusal(hit: &Hit) -> String {
    format!("{} in the {}", hit.title, hit.place())
}

fn halves(raw: &[u8]) -> (&[u8], &[u8]) {
    let at = |blank: &[u8]| memchr::memmem::find(raw, blank).map(|at| (at, at + blank.len()));
    match [at(b"\r\n\r\n"), at(b"\n\n")].into_iter().flatten().min() {
        Some((head, body)) => (&raw[..head], &raw[body..]),
        None => (raw, b""),
    }
}

/// Method and URL. Blanks inside a URL stay in it: people type them.
fn request_line(line: &str) -> Result<(&str, &str), Problem> {
    let line = line.trim();
    let line = line.rsplit_once(" HTTP/").map_or(line, |(line, _)| line);
    match line.split_once(' ') {
        Some((method, url)) if !method.is_empty() && !url.trim().is_empty() => Ok((method, url.trim())),
        None if line.starts_with('/') => Ok(("GET", line)),
        _ => Err(Problem::new(
            ProblemKind::Usage,
            "This is no request",
            "it does not begin with a method and an address",
        )
        .hint("For example: watchfloor inspect 'GET /?q=x'")),
    }
}

fn text(looked: Looked) -> InspectedText {
    InspectedText {
        part: looked.part.to_owned(),
        name: looked.name.as_str().into(),
        raw: looked.raw.as_str().into(),
        decoded: looked.decoded.as_deref().map(Untrusted::from),
        layers: looked.layers.names().map(str::to_owned).collect(),
        prefilter: looked.signs.iter().map(|(rule, sign)| format!("{rule}: {sign}")).collect(),
        opinions: looked.opinions,
    }
}

fn hit(hit: &Hit) -> InspectedHit {
    InspectedHit {
        rule: hit.rule.to_owned(),
        class: hit.class.to_owned(),
        sign: hit.sign.to_owned(),
        severity: hit.severity.clone(),
        confidence: hit.confidence,
        kinds: hit.kinds.names().map(str::to_owned).collect(),
        certain: hit.certain,
        place: hit.place().as_str().into(),
        matched: hit.matched.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_stage_tells_what_it_did() {
        let raw = b"POST /a?x=%2527%20or%201=1-- HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\nu=http://127.1/";
        let seen = inspect(raw).unwrap();
        assert!(seen.refused.is_some(), "{seen:?}");
        let sql = seen.hits.iter().find(|h| h.rule == "web.sql_injection").unwrap();
        assert!(sql.kinds.contains(&"rule".to_owned()) && sql.kinds.contains(&"lexer".to_owned()), "{sql:?}");
        assert!(seen.texts[0].layers.contains(&"percent twice".to_owned()), "{:?}", seen.texts[0]);
        assert!(seen.hits.iter().any(|h| h.rule == "web.ssrf" && h.kinds == ["typed"]), "{:?}", seen.hits);
        assert!(inspect(b"GET /ordinary").unwrap().refused.is_none());
        assert!(inspect(b"nonsense").is_err() && inspect(b"").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_inspected(raw in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = inspect(&[b"GET /".as_slice(), &raw].concat());
        }
    }
}
