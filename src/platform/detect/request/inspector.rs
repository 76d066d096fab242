//! The inspector: prefilter, decode, confirm. One hit per rule and request, the strongest.

mod value;

use super::case::{Case, Finding, worth};
use super::decode::{self, Plain, Plus};
use super::explain::{Looked, Trace};
use super::leaf::{self, Form};
use super::prefilter::{Compiled, Prefilter, Signs};
use super::rule::{self, PARTS, Part, View};
use super::speech;
use super::typed::Clean;
use super::view::view;
use super::{Hit, Kinds, Layers, Request, RequestSettings, memo, typed};
use std::borrow::Cow;

/// Bytes of a body that are looked at.
pub const BODY_MAX: usize = 64 * 1024;
/// Other headers that are looked at.
const HEADERS_MAX: usize = 64;
/// What a sign must be worth to count in the punctuation of JSON, XML or multipart.
const SURE_IN_SYNTAX: f32 = 0.86;
/// Values in one request that are read by a lexer.
const READINGS_MAX: usize = 64;

/// Judges requests. Stateless (but for a memory of clean texts, see `memo.rs`) and shareable; building one costs some milliseconds.
pub struct Inspector {
    prefilter: Prefilter,
    accepted: RequestSettings,
    /// Stands for the settings by which an address is clean.
    seal: usize,
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
    /// What texts are remembered under besides their part.
    seal: usize,
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
        Self::accepting(RequestSettings::default())
    }

    /// Compiles all rules, for sites that take other methods, types or sizes.
    #[must_use]
    pub fn accepting(accepted: RequestSettings) -> Self {
        let RequestSettings { arguments, name_bytes, address_bytes, .. } = accepted;
        let seal = crate::platform::keyed::hash((arguments, name_bytes, address_bytes)) as usize;
        Self { prefilter: Prefilter::new(), accepted, seal }
    }

    /// Makes ready at once what is otherwise made when a request first needs it, so that no request has to wait for it: the
    /// expressions of all signs and the classifier. Takes some tenths of a second; stops early when `wanted` says no.
    pub fn prepare(&self, wanted: impl Fn() -> bool) {
        let _ = crate::platform::detect::model::request::Classifier::shipped();
        self.prefilter.signs.iter().take_while(|_| wanted()).for_each(|sign| _ = sign.regex());
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
        // Another kind of address is clean where a tunnel is asked for.
        let seal = self.seal << 4 | usize::from(request.method == "CONNECT") << 3;
        let case = Case::new(out);
        let mut look = Look { prefilter: &self.prefilter, case, trace, readings: 0, seal, syntax: false };
        // What is noted as clean was looked at in every way, how a client names itself among them.
        let explained = look.trace.is_some();
        let known = |bit: u8, text: &str| {
            let part = PARTS.iter().position(|part| part.bit == bit).unwrap_or_default();
            // What is too short to say anything is not remembered.
            !explained
                && (text.is_empty() || bit == rule::URL && text == "/" || memo::is_clean(part | seal, text.as_bytes()))
        };
        let clean = Clean {
            url: known(rule::URL, request.url),
            agent: known(rule::AGENT, request.agent),
            referer: known(rule::REFERER, request.referer),
        };
        if clean == Clean::ALL && is_line(request) && self.accepted.takes_method(request.method) {
            return;
        }
        typed::protocol(request, &self.accepted, clean, &mut look.case);
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
            let known = match known.bit {
                rule::URL => clean.url,
                rule::AGENT => clean.agent,
                rule::REFERER => clean.referer,
                _ => false,
            };
            if known && look.case.is_empty() {
                continue;
            }
            look.remembered(Place { part, name: b"" }, text, form);
        }
        look.case.settle();
    }

    #[cfg(test)]
    pub(super) fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }
}

/// Nothing is known of it but what an access log tells of most requests.
fn is_line(request: &Request<'_>) -> bool {
    let Request { user, cookie, content_type, .. } = request;
    user.is_empty()
        && cookie.is_empty()
        && content_type.is_empty()
        && request.headers.is_empty()
        && request.body.is_empty()
}

impl Look<'_, '_> {
    fn headers(&mut self, part: usize, request: &Request<'_>) {
        let named = [("content-type", request.content_type), ("authorization", request.user)];
        let named = named.iter().filter(|(_, value)| !value.is_empty());
        for (name, value) in request.headers.iter().take(HEADERS_MAX).chain(named) {
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
        if remembered && memo::is_clean(place.part | self.seal, raw) {
            return;
        }
        self.whole(place, raw, form);
        if remembered && self.case.is_empty() {
            memo::note_clean(place.part | self.seal, raw);
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
            if self.case.knows(rule, confidence)
                || self.syntax && confidence < SURE_IN_SYNTAX && sign.parts & rule::SYNTAX == 0
            {
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
