//! The roll-ups of one batch: by minute and by value, and the numbers of the words they use.

use super::Error;
use super::sketch::Sketch;
use crate::api::EventRef;
use crate::platform::keyed::Keys;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::HashMap;
use std::fmt::Write;
use std::net::IpAddr;

/// Words remembered with their number; more are looked up in the file.
const WORDS_MAX: usize = 8_192;
/// Sketches kept in memory; others are loaded when an event of their time comes.
const SKETCHES_MAX: usize = 24;
/// Longest value counted in a sketch, in bytes.
const VALUE_MAX: usize = 64;
/// Width of a slot of the top-k sketches.
pub(super) const SLOT_MS: i64 = 600_000;

/// What the sketches count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Top {
    Address = 1,
    Country = 2,
}

/// Numbers of words.
pub(super) type Words = HashMap<String, i64, Keys>;
/// Sketches by slot, kind and drill.
pub(super) type Sketches = HashMap<(i64, Top, bool), Sketch, Keys>;

/// Key of a roll-up row: minute, source, class, severity, status, drill.
type Minute = (i64, i64, u16, i64, i32, bool);

/// What is gathered while a batch is written.
pub(super) struct Batch<'a> {
    tx: &'a Transaction<'a>,
    words: &'a mut Words,
    sketches: &'a mut Sketches,
    minutes: HashMap<Minute, u64, Keys>,
    /// Source and severity of the last event, and their numbers.
    last: [Option<(String, i64)>; 2],
    /// An address as text, written anew for each event.
    text: String,
}

impl<'a> Batch<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, words: &'a mut Words, sketches: &'a mut Sketches) -> Self {
        Self { tx, words, sketches, minutes: HashMap::default(), last: [None, None], text: String::new() }
    }

    /// Counts one event.
    pub(super) fn count(&mut self, event: &EventRef<'_>) -> Result<(), Error> {
        let source = self.word_again(0, event.source)?;
        let severity = self.word_again(1, event.severity.as_str())?;
        let status = event.http.as_ref().map_or(-1, |h| i32::from(h.status));
        let minute = (event.time.minute(), source, event.class.0, severity, status, event.drill);
        *self.minutes.entry(minute).or_default() += 1;
        let Some(ip) = event.src_ip else { return Ok(()) };
        let slot = event.time.0.div_euclid(SLOT_MS);
        let country = event.country.map_or("??", head);
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        write_address(ip.to_canonical(), &mut text);
        self.sketch(slot, Top::Address, event.drill)?.add(&text, 1);
        self.text = text;
        self.sketch(slot, Top::Country, event.drill)?.add(country, 1);
        Ok(())
    }

    fn sketch(&mut self, slot: i64, kind: Top, drill: bool) -> Result<&mut Sketch, Error> {
        use std::collections::hash_map::Entry;
        let key = (slot, kind, drill);
        if self.sketches.len() >= SKETCHES_MAX && !self.sketches.contains_key(&key) {
            self.save_sketches()?;
            self.sketches.clear();
        }
        match self.sketches.entry(key) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                let saved: Option<Vec<u8>> = self
                    .tx
                    .prepare_cached("SELECT body FROM top WHERE slot = ? AND kind = ? AND drill = ?")?
                    .query_row(params![slot, kind as i64, drill], |r| r.get(0))
                    .optional()?;
                Ok(place.insert(Sketch::load(&saved.unwrap_or_default())))
            }
        }
    }

    fn save_sketches(&mut self) -> Result<(), Error> {
        let mut save =
            self.tx.prepare_cached("INSERT OR REPLACE INTO top(slot, kind, drill, body) VALUES(?, ?, ?, ?)")?;
        for ((slot, kind, drill), sketch) in self.sketches.iter_mut() {
            if let Some(body) = sketch.take_changes() {
                save.execute(params![slot, *kind as i64, drill, body])?;
            }
        }
        Ok(())
    }

    pub(super) fn roll_up(&mut self) -> Result<(), Error> {
        let mut add = self.tx.prepare_cached(
            "INSERT INTO minute(minute, source, class, severity, status, drill, count) VALUES(?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?;
        for ((minute, source, class, severity, status, drill), count) in self.minutes.drain() {
            add.execute(params![minute, source, class, severity, status, drill, count])?;
        }
        std::mem::drop(add);
        self.save_sketches()
    }

    /// The number of a text that often is the one of the event before.
    fn word_again(&mut self, nth: usize, text: &str) -> Result<i64, Error> {
        if let Some((_, id)) = self.last[nth].as_ref().filter(|(last, _)| last == text) {
            return Ok(*id);
        }
        let id = self.word(text)?;
        self.last[nth] = Some((text.to_owned(), id));
        Ok(id)
    }

    /// The number of a text in this file.
    fn word(&mut self, text: &str) -> Result<i64, Error> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let found: Option<i64> =
            self.tx.prepare_cached("SELECT id FROM word WHERE text = ?")?.query_row([text], |r| r.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self.tx.prepare_cached("INSERT INTO word(text) VALUES(?)")?.insert([text])?,
        };
        if self.words.len() >= WORDS_MAX {
            self.words.clear();
        }
        self.words.insert(text.to_owned(), id);
        Ok(id)
    }
}

/// An address as people write it. By hand, since this is done for every event: what formatting can do besides costs ten
/// times as much.
fn write_address(ip: IpAddr, out: &mut String) {
    let IpAddr::V4(ip) = ip else {
        let _ = write!(out, "{ip}");
        return;
    };
    for (nth, octet) in ip.octets().into_iter().enumerate() {
        if nth > 0 {
            out.push('.');
        }
        if octet >= 100 {
            out.push(char::from(b'0' + octet / 100));
        }
        if octet >= 10 {
            out.push(char::from(b'0' + octet / 10 % 10));
        }
        out.push(char::from(b'0' + octet % 10));
    }
}

/// The beginning of a text, at most [`VALUE_MAX`] bytes.
fn head(text: &str) -> &str {
    let end = (0..=VALUE_MAX.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn addresses_are_written_as_the_standard_library_does(ip in any::<IpAddr>()) {
            let mut text = String::new();
            write_address(ip, &mut text);
            prop_assert_eq!(text, ip.to_string());
        }
    }
}
