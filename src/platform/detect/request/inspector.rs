//! The inspector: prefilter, decode, confirm. One hit per rule and request, the strongest.

use super::case::{Case, Finding, worth};
use super::decode::{self, Plain, Plus};
use super::explain::{Looked, Trace};
use super::leaf::{self, Form, Leaf};
use super::prefilter::{Compiled, Prefilter, Signs};
use super::rule::{self, PARTS, Part, View};
use super::rich;
use super::speech::{self, Speech};
use super::view::view;
use super::{Hit, Kinds, Layers, Request, base64, lexer, memo, model, table, typed};
use crate::api::Severity;
use std::borrow::Cow;

/// Bytes of a body that are looked at.
const BODY_MAX: usize = 64 * 1024;
/// Other headers that are looked at.
const HEADERS_MAX: usize = 64;
/// What a sign must be worth to count in the punctuation of JSON, XML or multipart.
const SURE_IN_SYNTAX: f32 = 0.86;
/// Values in one request that are read by a lexer.
const READINGS_MAX: usize = 64;

/// Judges requests. Stateless (but for a memory of clean texts, see `memo.rs`) and shareable; building one costs some milliseconds.
pub struct Inspector {
    prefilter: Prefilter,
}

impl Default for Inspector {
    fn default() -> Self {
        Self::new()
    }
}

/// One look at one request.
struct Look<'i, 'o> {
    prefilter: &'i Prefilter,
    case: Case<'o>,
    trace: Option<&'o mut Trace>,
    readings: usize,
    /// The text at hand is written in a language of its own, whose punctuation proves nothing; its values come later.
    syntax: bool,
}

/// A text of a request: which part, what it is called there.
#[derive(Clone, Copy)]
struct Place<'a> {
    part: usize,
    name: &'a [u8],
}

impl Place<'_> {
    fn part(&self) -> &'static Part {
        &PARTS[self.part]
    }
}

impl Inspector {
    /// Compiles all rules.
    #[must_use]
    pub fn new() -> Self {
        Self { prefilter: Prefilter::new() }
    }

    /// Appends the hits of one request: at most one per rule.
    pub fn inspect(&self, request: &Request<'_>, out: &mut Vec<Hit>) {
        self.look(request, out, None);
    }

    /// The same, and every step that led there.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Trace {
        let mut trace = Trace::default();
        let mut hits = Vec::new();
        self.look(request, &mut hits, Some(&mut trace));
        trace.hits = hits;
        trace
    }

    fn look<'o>(&self, request: &Request<'_>, out: &'o mut Vec<Hit>, trace: Option<&'o mut Trace>) {
        let mut look = Look { prefilter: &self.prefilter, case: Case::new(out), trace, readings: 0, syntax: false };
        typed::protocol(request, &mut look.case);
        let body = &request.body[..request.body.len().min(BODY_MAX)];
        let form = if body.is_empty() { Form::Query } else { leaf::form(request.content_type, body) };
        for (part, known) in PARTS.iter().enumerate() {
            let text = match known.bit {
                rule::URL => request.url.as_bytes(),
                rule::AGENT => request.agent.as_bytes(),
                rule::REFERER => request.referer.as_bytes(),
                rule::COOKIE => request.cookie.as_bytes(),
                rule::BODY => body,
                _ => {
                    look.headers(part, request);
                    continue;
                }
            };
            look.remembered(Place { part, name: b"" }, text, form);
        }
        look.case.settle();
    }

    #[cfg(test)]
    pub(super) fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }
}

impl Look<'_, '_> {
    fn headers(&mut self, part: usize, request: &Request<'_>) {
        let content_type = [("content-type", request.content_type)];
        for (name, value) in request.headers.iter().take(HEADERS_MAX).chain(&content_type) {
            typed::upload(&PARTS[part], name.as_bytes(), value.as_bytes(), &mut self.case);
            self.remembered(Place { part, name: name.as_bytes() }, value.as_bytes(), Form::Query);
        }
    }

    /// A part, unless it is one that repeats and was clean before.
    fn remembered(&mut self, place: Place<'_>, raw: &[u8], form: Form) {
        if raw.len() <= 1 {
            return;
        }
        // What an earlier part proves leaves signs unasked: then a part without a hit of its own proves nothing.
        let remembered = place.part().repeats && self.case.is_empty() && self.trace.is_none();
        if remembered && memo::is_clean(place.part, raw) {
            return;
        }
        self.whole(place, raw, form);
        if remembered && self.case.is_empty() {
            memo::note_clean(place.part, raw);
        }
    }

    /// A part as a whole, then value by value.
    fn whole(&mut self, place: Place<'_>, raw: &[u8], form: Form) {
        let part = place.part();
        let plus = if part.bit == rule::BODY && form != Form::Query { Plus::Literal } else { part.plus };
        let disguised = decode::is_disguised(raw, plus) || part.bit == rule::URL && decode::is_roundabout(raw);
        let takes_addresses = part.bit == rule::BODY;
        let suspicious = disguised || takes_addresses && typed::wants_address(raw);
        if !suspicious && !self.prefilter.wakes(raw, place.part) {
            self.note(place, raw, None, &Signs::NONE);
            return;
        }
        let shown = match part.bit {
            rule::URL => speech::without(raw, b'&'),
            rule::BODY if form == Form::Query => speech::without(raw, b'&'),
            rule::COOKIE => speech::without(raw, b';'),
            _ => Cow::Borrowed(raw),
        };
        let mut plain = decode::decoded(&shown, plus);
        if form != Form::Query && part.bit == rule::BODY {
            // Lines are how such a body is written; its values are looked at one by one.
            plain.lines = None;
        }
        self.syntax = form != Form::Query && part.bit == rule::BODY;
        self.text(place, raw, &plain, plain.layers);
        self.syntax = false;
        typed::disguise(raw, plain.layers, part, place.name, &mut self.case);
        if part.bit == rule::REFERER {
            return;
        }
        if part.bit & (rule::AGENT | rule::HEADER) != 0 {
            self.values(place, &plain.text, plain.layers);
            return;
        }
        for leaf in leaf::leaves(part, raw, form) {
            self.leaf(place.part, &leaf);
        }
    }

    /// One value, and what is inside of it if it is written in a language of its own.
    fn leaf(&mut self, part: usize, leaf: &Leaf<'_>) {
        let place = Place { part, name: &leaf.name };
        typed::upload(&PARTS[part], &leaf.name, &leaf.value, &mut self.case);
        let speech = speech::of(&leaf.name, &leaf.value);
        if let Speech::Data(form) = speech {
            return self.data(place, form, &decode::percent_once(&leaf.value), leaf.outer);
        }
        let plain = decode::decoded(&leaf.value, leaf.plus);
        let layers = plain.layers.inside(leaf.outer);
        if speech != Speech::Plain {
            return self.written(place, speech, &leaf.value, &plain, layers);
        }
        // Patterns saw the text around it already, but not without the escapes and pieces that surrounded it.
        if leaf.outer != 0 && !leaf.name.is_empty() {
            let pair = [b",", &leaf.name[..], b"=", &leaf.value[..]].concat();
            self.text(place, &pair, &decode::decoded(&pair, leaf.plus), layers);
        } else if leaf.outer != 0 || memchr::memchr(b'&', &plain.text).is_some() {
            self.text(place, &leaf.value, &plain, layers);
        }
        self.values(place, &plain.text, layers);
        let bare = decode::percent_once(&leaf.value);
        let Some(inner) = base64::decoded(&bare) else { return };
        if let Speech::Data(form) = speech::of_text(&inner) {
            return self.data(place, form, &inner, leaf.outer | Layers::BASE64);
        }
        let plain = decode::decoded(&inner, Plus::Literal);
        let layers = plain.layers.inside(leaf.outer | Layers::BASE64);
        self.text(place, &inner, &plain, layers);
        self.values(place, &plain.text, layers);
    }

    /// A query, or a text with ordinary markup, of which only the words are looked at.
    fn written(&mut self, place: Place<'_>, speech: Speech, raw: &[u8], plain: &Plain, layers: Layers) {
        self.syntax = true;
        match speech {
            Speech::Rich => {
                let mut words = plain.clone();
                words.text = rich::words(&plain.text);
                self.text(place, raw, &words, layers);
            }
            _ => self.text(place, raw, plain, layers),
        }
        self.syntax = false;
    }

    /// JSON or XML in a value: as a whole for what has no value (an entity, an operator), then value by value.
    fn data(&mut self, place: Place<'_>, form: Form, raw: &[u8], outer: u16) {
        let plain = decode::decoded(raw, Plus::Literal);
        self.syntax = true;
        self.text(place, raw, &plain, plain.layers.inside(outer));
        self.syntax = false;
        for leaf in leaf::inside(form, raw) {
            let plain = decode::decoded(&leaf.value, leaf.plus);
            let layers = plain.layers.inside(leaf.outer | outer);
            let speech = speech::of(&leaf.name, &leaf.value);
            if matches!(speech, Speech::Query | Speech::Rich) {
                self.written(place, speech, &leaf.value, &plain, layers);
                continue;
            }
            self.text(place, &leaf.value, &plain, layers);
            self.values(place, &plain.text, layers);
        }
    }

    /// What is asked of a value by itself: addresses, then whoever reads it as code.
    fn values(&mut self, place: Place<'_>, text: &[u8], layers: Layers) {
        let part = place.part();
        let address = typed::address(text, part, place.name, layers, &mut self.case);
        let rarity = model::judge(text, part, place.name, layers, &mut self.case);
        let reading = self.reading(place, text, layers);
        let Some(trace) = self.trace.as_deref_mut() else { return };
        let mut looked = Looked::new(part.name, place.name, b"", Some((text, layers)), Vec::new());
        looked.opinions.extend(address.map(|sign| format!("address: {sign}")));
        looked.opinions.extend(reading.map(|r| format!("lexer: {}", r.in_words())));
        looked.opinions.extend(rarity.map(|one_in| format!("classifier: 1 in {one_in:.0}")));
        trace.note(looked);
    }

    fn reading(&mut self, place: Place<'_>, text: &[u8], layers: Layers) -> Option<lexer::Reading> {
        let part = place.part();
        if self.readings >= READINGS_MAX || !lexer::is_worth_reading(text) || part.bit == rule::HEADER {
            return None;
        }
        self.readings += 1;
        let reading = lexer::read(text)?;
        let rule = match reading {
            lexer::Reading::Sql => &table::sql::RULE,
            lexer::Reading::Script => &table::xss::RULE,
        };
        let (sign, severity, kind) = (reading.in_words(), Severity::High, Kinds::LEXER);
        let (confidence, part, name, matched) = (0.75, part.name, place.name, text);
        self.case.add(&Finding { rule, sign, severity, confidence, kind, part, name, matched, layers });
        Some(reading)
    }

    /// All patterns over a decoded text, in every view.
    fn text(&mut self, place: Place<'_>, raw: &[u8], decoded: &Plain, layers: Layers) {
        let plain = decoded.text.as_slice();
        let found = self.prefilter.scan(plain);
        self.note(place, raw, Some((plain, layers)), &found.and(&self.prefilter.parts[place.part]));
        for kind in View::ALL {
            let owned = match kind {
                View::Lines => decoded.lines.clone(),
                _ => view(plain, kind),
            };
            if kind == View::Lines && owned.is_none() {
                continue;
            }
            let text = owned.as_deref().unwrap_or(plain);
            let found = if owned.is_some() { self.prefilter.scan(text) } else { found };
            let signs = found.and(&self.prefilter.views[kind as usize]).and(&self.prefilter.parts[place.part]);
            self.confirm(signs, text, place, layers);
        }
    }

    fn confirm(&mut self, signs: Signs, text: &[u8], place: Place<'_>, layers: Layers) {
        let part = place.part();
        for at in signs.iter() {
            let Some(compiled) = self.prefilter.signs.get(at) else { continue };
            let Compiled { rule, sign, .. } = compiled;
            let confidence = worth(sign.confidence, sign.parts, part);
            if self.case.knows(rule, confidence) || self.syntax && confidence < SURE_IN_SYNTAX {
                continue;
            }
            let Some(m) = compiled.regex().and_then(|regex| regex.find(text)) else { continue };
            let name = if place.name.is_empty() { name_before(text, m.start(), m.end()) } else { place.name };
            let severity = sign.severity.clone();
            let (sign, matched, kind) = (sign.name, m.as_bytes(), Kinds::RULE);
            self.case.add(&Finding { rule, sign, severity, confidence, kind, part: part.name, name, matched, layers });
        }
    }

    fn note(&mut self, place: Place<'_>, raw: &[u8], decoded: Option<(&[u8], Layers)>, signs: &Signs) {
        let Some(trace) = self.trace.as_deref_mut() else { return };
        let signs = signs.iter().filter_map(|at| self.prefilter.signs.get(at)).map(|c| (c.rule.name, c.sign.name));
        trace.note(Looked::new(place.part().name, place.name, raw, decoded, signs.collect()));
    }
}

/// The name of the parameter or cookie that holds a match: what stands before the last `=` in its pair.
fn name_before(text: &[u8], start: usize, end: usize) -> &[u8] {
    let begin = |at: usize| text[..at].iter().rposition(|b| b"?&;".contains(b)).map(|b| b + 1);
    let mut from = begin(start).unwrap_or(0);
    // A match may begin with the mark that ends the pair before.
    if text.get(start).is_some_and(|b| b"?&".contains(b)) {
        from = start + 1;
    }
    let pair = &text[from..end.max(from)];
    match memchr::memchr(b'=', pair) {
        Some(at) if !pair[..at].contains(&b'/') => &pair[..at],
        _ => b"",
    }
}

#[cfg(test)]
mod tests;
