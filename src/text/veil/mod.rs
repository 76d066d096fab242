//! The privacy screen: users, addresses, hosts, sessions, keys and tenants as pseudonyms that stay the same as long as the
//! key does. Nothing that is shown leads back without the key.
//!
//! It works on answers of the platform as JSON, by the names of their fields, before anything else sees them; so no screen,
//! copy or file can show what is not there. What goes to the platform has its pseudonyms put back. In free text (titles,
//! reasons, requests, messages) it replaces addresses, mail addresses, long hexadecimal names and every name it has met;
//! values in a request's query and records as they were received are left out altogether.

mod address;
mod table;

use ipnet::IpNet;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use table::{COUNTED, FREE, KINDS, NAMED, NOBODY};

/// Names remembered; beyond that it begins anew.
const NAMES_MAX: usize = 100_000;
/// Names of several words that are looked for in texts.
const PHRASES_MAX: usize = 1_000;
/// Shorter names are not looked for in free text: they are in every second word.
const NAME_MIN: usize = 3;
/// Shorter numbers are not looked for in free text either.
const NUMBER_MIN: usize = 5;
/// So many hexadecimal digits in a row name something.
const HEX_MIN: usize = 12;
/// Said in place of a record as it was received.
const HIDDEN: &str = "(hidden: the privacy screen is on)";
/// See the module.
#[derive(Debug, Clone)]
pub struct Veil {
    key: [u8; 32],
    /// Real names and their pseudonyms, and the other way round.
    hidden: HashMap<String, String>,
    real: HashMap<String, String>,
    /// Names that are no single word of a text.
    phrases: Vec<(String, String)>,
}

impl Veil {
    /// By this key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, hidden: HashMap::new(), real: HashMap::new(), phrases: Vec::new() }
    }

    /// The pseudonym of a name of this kind.
    pub fn name(&mut self, kind: &str, name: &str) -> String {
        if matches!(kind, "address" | "range") {
            return self.address(name).unwrap_or_else(|| self.scrub(name));
        }
        if name.is_empty() || self.real.contains_key(name) {
            return name.to_owned();
        }
        if let Some(known) = self.hidden.get(name) {
            return known.clone();
        }
        let pseudonym = self.pseudonym(kind, name);
        if self.hidden.len() >= NAMES_MAX {
            *self = Self::new(self.key);
        }
        if name.len() >= NAME_MIN && !name.chars().all(is_word) && self.phrases.len() < PHRASES_MAX {
            self.phrases.push((name.to_owned(), pseudonym.clone()));
        }
        self.hidden.insert(name.to_owned(), pseudonym.clone());
        self.real.insert(pseudonym.clone(), name.to_owned());
        pseudonym
    }

    /// Twelve hexadecimal digits: among ten thousand names two share one once in five million cases.
    fn pseudonym(&self, kind: &str, name: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update([b'n']);
        hash.update(kind);
        hash.update([0]);
        hash.update(name);
        format!("{kind}-{}", super::hex::encode(&hash.finalize()[..6]))
    }

    /// The pseudonym of an address or prefix; nothing if it is none.
    fn address(&self, text: &str) -> Option<String> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            let own = address::reveal(&self.key, ip).is_some();
            return Some(if own { text.to_owned() } else { address::hide(&self.key, ip).to_string() });
        }
        let net: IpNet = text.parse().ok()?;
        let own = address::reveal(&self.key, net.addr()).is_some();
        if own { Some(text.to_owned()) } else { address::hide_net(&self.key, net).map(|net| net.to_string()) }
    }

    /// Hides who an answer is about. `counted` says of what the counts at its top are, where they are of one field.
    pub fn hide(&mut self, answer: &mut Value, counted: Option<&str>) {
        // Names first: texts before them may tell of them.
        self.names(answer, counted);
        self.texts(answer, "");
    }

    fn names(&mut self, value: &mut Value, counted: Option<&str>) {
        match value {
            Value::Array(items) => {
                for item in items {
                    match (counted, item.get_mut("value")) {
                        (Some(kind), Some(Value::String(text))) => *text = self.name(kind, text),
                        _ => self.names(item, None),
                    }
                }
            }
            Value::Object(fields) => {
                let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
                let of_rule = kind == "detection" && fields.contains_key("actor");
                for (name, field) in fields {
                    let named = NAMED.iter().find(|(field, _)| field == name).map(|(_, kind)| *kind);
                    let named = match (named, name.as_str(), kind.as_str()) {
                        (_, "actor", _) if of_rule => None,
                        (None, "value", kind) if KINDS.contains(&kind) => KINDS.into_iter().find(|k| *k == kind),
                        (None, "target", "revoke_session") => Some("session"),
                        (named, ..) => named,
                    };
                    let listed = COUNTED.iter().find(|(field, _)| field == name).map(|(_, kind)| *kind);
                    match (field, named) {
                        (Value::String(text), Some(kind)) if !NOBODY.contains(&text.as_str()) => {
                            *text = self.name(kind, text);
                        }
                        (Value::String(text), _) if name == "raw" => HIDDEN.clone_into(text),
                        (field, _) => self.names(field, listed.or(counted.filter(|_| name == "groups"))),
                    }
                }
            }
            _ => {}
        }
    }

    fn texts(&self, value: &mut Value, name: &str) {
        match value {
            Value::String(text) if name == "url" || name == "referer" => *text = self.scrub(&without_values(text)),
            Value::String(text) if FREE.contains(&name) => *text = self.scrub(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.texts(item, name)),
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| self.texts(field, name)),
            _ => {}
        }
    }

    /// A text with pseudonyms in place of what can be told to be a name.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let told = replaced(text, &|word| self.known(word));
        self.phrases.iter().fold(told, |text, (name, pseudonym)| {
            if text.contains(name.as_str()) { text.replace(name.as_str(), pseudonym) } else { text }
        })
    }

    /// What stands for a word that is a name.
    fn known(&self, word: &str) -> Option<String> {
        if word.len() < NAME_MIN || self.real.contains_key(word) {
            return None;
        }
        if let Some(address) = self.address(word) {
            return Some(address);
        }
        // A short number in a text is a status or a port far more often than somebody's name.
        let number = word.len() < NUMBER_MIN && word.bytes().all(|b| b.is_ascii_digit());
        if let Some(name) = self.hidden.get(word).filter(|_| !number) {
            return Some(name.clone());
        }
        let hexadecimal = word.len() >= HEX_MIN && word.bytes().all(|b| b.is_ascii_hexdigit());
        let mail = word.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.'));
        match (hexadecimal, mail) {
            (true, _) => Some(self.pseudonym("session", word)),
            (_, true) => Some(self.pseudonym("user", word)),
            _ => None,
        }
    }

    /// A text with the real names back in place of pseudonyms.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        replaced(text, &|word| self.behind(word))
    }

    fn behind(&self, word: &str) -> Option<String> {
        if let Some(name) = self.real.get(word) {
            return Some(name.clone());
        }
        if let Ok(ip) = word.parse::<IpAddr>() {
            return address::reveal(&self.key, ip).map(|ip| ip.to_string());
        }
        address::reveal_net(&self.key, word.parse().ok()?).map(|net| net.to_string())
    }

    /// The real names back in all texts of a request.
    pub fn reveal_all(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.reveal(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.reveal_all(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.reveal_all(field)),
            _ => {}
        }
    }
}

/// A text in which every word for which there is something else is replaced by that.
fn replaced(text: &str, other: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        replace(&word[..end], other, &mut out);
        rest = &word[end..];
    }
    out.push_str(rest);
    out
}

/// A word, else what it is made of: an address and a port, a field and a value, a path with a name in it.
fn replace(mut word: &str, other: &impl Fn(&str) -> Option<String>, out: &mut String) {
    loop {
        let bare = word.trim_end_matches(['.', ':', '-', '/', '@', '+']);
        if let Some(found) = other(bare) {
            out.push_str(&found);
            return out.push_str(&word[bare.len()..]);
        }
        let Some((at, joint)) = word.char_indices().find(|(_, c)| "/:@+".contains(*c)) else {
            return out.push_str(word);
        };
        let part = &word[..at];
        out.push_str(&other(part).unwrap_or_else(|| part.to_owned()));
        out.push(joint);
        word = &word[at + joint.len_utf8()..];
    }
}

/// What names, addresses and pseudonyms are made of.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_.:@/+-".contains(c)
}

/// A URL whose query has its names, but no values.
fn without_values(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or_else(|| "…".to_owned(), |(name, _)| format!("{name}=…")))
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests;
