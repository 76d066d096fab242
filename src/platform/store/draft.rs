//! Events on their way to the store. One thread makes them and another stores them: texts of their own would be taken from
//! the allocator here and given back there, a dozen for each event, and the threads would wait for each other over it. So the
//! texts of many events stand one behind the other in one buffer.

use crate::api::{Event, EventRef};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// Events in the order in which they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Event>", into = "Vec<Event>")]
pub struct Drafts(Vec<Part>);

/// Events of one buffer.
#[derive(Debug, Clone, Default)]
struct Part {
    rows: Vec<Draft>,
    texts: String,
}

/// One event, and where its texts begin in the buffer.
#[derive(Debug, Clone)]
struct Draft {
    base: usize,
    event: Event<Span, Span>,
}

/// A text in the buffer, counted from where those of its event begin. An event comes from one line, of far less than 4 GiB.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    start: u32,
    length: u32,
}

/// Takes the texts of one event in.
#[derive(Debug)]
pub struct Hold<'a> {
    base: usize,
    texts: RefCell<&'a mut String>,
}

impl Hold<'_> {
    /// Takes in a text.
    pub fn text(&self, text: &str) -> Span {
        let mut texts = self.texts.borrow_mut();
        let (start, length) = (u32::try_from(texts.len() - self.base), u32::try_from(text.len()));
        let (Ok(start), Ok(length)) = (start, length) else { return Span { start: 0, length: 0 } };
        texts.push_str(text);
        Span { start, length }
    }
}

impl Drafts {
    /// Nothing in it, with room for so many events.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        Self(vec![Part { rows: Vec::with_capacity(events), texts: String::with_capacity(events * TEXTS_USUAL) }])
    }

    /// Adds the event that `make` makes of texts given to it to hold.
    pub fn add(&mut self, make: impl FnOnce(&Hold<'_>) -> Event<Span, Span>) {
        if self.0.is_empty() {
            self.0.push(Part::default());
        }
        let Some(Part { rows, texts }) = self.0.last_mut() else { return };
        let base = texts.len();
        let hold = Hold { base, texts: RefCell::new(texts) };
        rows.push(Draft { base, event: make(&hold) });
    }

    /// Adds an event whose texts are elsewhere.
    pub fn add_view(&mut self, event: &EventRef<'_>) {
        self.add(|hold| event.map(|text| hold.text(text), |name| hold.text(name)));
    }

    /// Adds those of another one behind its own.
    pub fn append(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| part.rows.len()).sum()
    }

    /// None.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each without its texts.
    pub fn heads(&self) -> impl Iterator<Item = &Event<Span, Span>> {
        self.0.iter().flat_map(|part| &part.rows).map(|draft| &draft.event)
    }

    /// Each with its texts.
    pub fn iter(&self) -> impl Iterator<Item = EventRef<'_>> {
        self.0.iter().flat_map(|part| part.rows.iter().map(|draft| part.view(draft)))
    }
}

impl Part {
    fn view(&self, draft: &Draft) -> EventRef<'_> {
        let texts = self.texts.get(draft.base..).unwrap_or_default();
        let text = |span: &Span| {
            let start = span.start as usize;
            texts.get(start..start + span.length as usize).unwrap_or_default()
        };
        draft.event.map(text, text)
    }
}

/// Bytes of text that an event usually has: those of its line twice, whole and in parts.
const TEXTS_USUAL: usize = 512;

impl<'a> FromIterator<EventRef<'a>> for Drafts {
    fn from_iter<I: IntoIterator<Item = EventRef<'a>>>(events: I) -> Self {
        let mut all = Self::default();
        events.into_iter().for_each(|event| all.add_view(&event));
        all
    }
}

impl FromIterator<Event> for Drafts {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut all = Self::default();
        events.into_iter().for_each(|event| all.add_view(&event.view()));
        all
    }
}

impl From<Vec<Event>> for Drafts {
    fn from(events: Vec<Event>) -> Self {
        events.iter().map(Event::view).collect()
    }
}

impl From<Drafts> for Vec<Event> {
    fn from(drafts: Drafts) -> Self {
        drafts.iter().map(|event| event.map(|text| (*text).into(), |name| (*name).to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EventId, Http, Timestamp};

    fn event(n: u32) -> Event {
        Event {
            id: EventId::new(1, n),
            time: Timestamp(n.into()),
            source: format!("source {n}"),
            user: n.is_multiple_of(2).then(|| "jürgen".into()),
            http: n.is_multiple_of(3).then(|| Http {
                method: "GET".into(),
                url: "/é".repeat(n as usize).as_str().into(),
                ..Http::default()
            }),
            raw: format!("line {n}").as_str().into(),
            ..Event::default()
        }
    }

    #[test]
    fn events_come_back_as_they_went_in_also_from_two_put_together() {
        let all: Vec<Event> = (0..20).map(event).collect();
        let mut drafts = Drafts::default();
        for part in all.chunks(7) {
            drafts.append(part.to_vec().into());
        }
        assert_eq!((drafts.len(), drafts.is_empty()), (20, false));
        assert!(drafts.heads().zip(&all).all(|(head, event)| (head.id, head.time) == (event.id, event.time)));
        assert!(drafts.iter().zip(&all).all(|(view, event)| view == event.view()));
        let json = serde_json::to_string(&drafts).unwrap();
        assert_eq!(json, serde_json::to_string(&all).unwrap(), "an outbox of before is read as it was written");
        let again: Drafts = serde_json::from_str(&json).unwrap();
        assert_eq!(Vec::<Event>::from(again), all);
    }
}
