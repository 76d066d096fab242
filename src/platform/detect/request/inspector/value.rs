//! One value of a request: what is written in it, what lies inside of it, and who is asked about it.

use super::{Look, Place, READINGS_MAX};
use crate::api::Severity;
use crate::platform::detect::request::case::Finding;
use crate::platform::detect::request::decode::{self, Plain, Plus};
use crate::platform::detect::request::explain::Looked;
use crate::platform::detect::request::leaf::{self, Form, Leaf};
use crate::platform::detect::request::rule::{self, PARTS};
use crate::platform::detect::request::speech::{self, Speech};
use crate::platform::detect::request::{Kinds, Layers, base64, lexer, model, rich, table, typed};

impl Look<'_, '_> {
    /// One value, and what is inside of it if it is written in a language of its own.
    pub(super) fn leaf(&mut self, part: usize, leaf: &Leaf<'_>) {
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
        } else if leaf.outer != 0 || leaf.name == leaf.value || memchr::memchr(b'&', &plain.text).is_some() {
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
    pub(super) fn values(&mut self, place: Place<'_>, text: &[u8], layers: Layers) {
        let part = place.part();
        let address = typed::address(text, part, place.name, layers, &mut self.case);
        typed::command(text, part, place.name, layers, &mut self.case);
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
}
