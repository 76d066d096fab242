//! The laws of blocks: what goes in comes out, and no bytes do harm.

use super::column::Set;
use super::file::seq;
use super::pack::pack;
use super::read::Block;
use super::*;
use crate::api::{Class, Event, EventId, EventRef, Http, Outcome, Severity, Timestamp};
use crate::query::Fields;
use crate::text::Untrusted;
use proptest::prelude::*;
use std::net::IpAddr;

const DAY: i64 = 20_000;
/// What queries ask for.
const FIELDS: &[&str] = &[
    "time", "source", "class", "activity", "severity", "outcome", "src_ip", "country", "user", "session", "host",
    "method", "url", "path", "status", "bytes", "agent", "referer", "action", "object", "key", "tenant", "admin",
    "dst_ip", "dst_port", "sent", "message", "raw", "parsed", "drill", "id", "nonsense",
];

fn text() -> impl Strategy<Value = Option<Untrusted>> {
    prop::option::of(prop_oneof!["[a-c]{0,2}", any::<String>()]).prop_map(|text| text.map(Into::into))
}

fn http() -> impl Strategy<Value = Option<Http>> {
    let parts = (any::<String>(), any::<String>(), any::<u16>(), 0..=i64::MAX as u64, text(), text());
    prop::option::of(parts.prop_map(|(method, url, status, bytes, referer, agent)| Http {
        method: method.into(),
        url: url.into(),
        status,
        bytes,
        referer,
        agent,
    }))
}

/// Any event that a record can become: what belongs to a request is in it.
fn event() -> impl Strategy<Value = Event> {
    let numbers = (any::<(i64, i64)>(), any::<(u16, u8)>(), any::<Option<IpAddr>>(), any::<Option<IpAddr>>());
    let flags = (any::<(bool, bool, bool)>(), any::<Option<u16>>(), prop::option::of(0..=i64::MAX as u64));
    let words = ("[a-b]{0,1}", any::<String>(), any::<String>(), prop::array::uniform10(text()));
    (numbers, flags, words, http(), any::<String>(), prop::option::of(any::<String>())).prop_map(
        |((times, class, src, dst), (bits, port, sent), (source, severity, outcome, texts), http, raw, message)| {
            let [country, user, session, host, action, object, key, tenant, agent, _] = texts;
            let alone = http.is_none();
            Event {
                id: EventId::default(),
                time: Timestamp(times.0),
                observed: Timestamp(times.1),
                source,
                class: Class(class.0),
                activity: class.1,
                severity: Severity::from(severity.as_str()),
                outcome: Outcome::from(outcome.as_str()),
                src_ip: src.map(|ip| ip.to_canonical()),
                country,
                user,
                session,
                host,
                action,
                object,
                key,
                tenant,
                agent: agent.filter(|_| alone),
                admin: bits.0,
                dst_ip: dst.map(|ip| ip.to_canonical()),
                dst_port: port,
                sent,
                received: sent.filter(|_| alone),
                http,
                message: message.filter(|m| !m.is_empty()).unwrap_or_else(|| raw.clone()).into(),
                raw: raw.into(),
                parsed: bits.1,
                drill: bits.2,
            }
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((event(), 1u32..1_000_000), 1..12).prop_map(|events| {
        let mut number = 0;
        let numbered = events.into_iter().map(|(event, step)| {
            number += step;
            Event { id: EventId::new(DAY, number), ..event }
        });
        numbered.collect()
    })
}

fn packed(all: &[Event]) -> pack::Packed {
    let views: Vec<EventRef<'_>> = all.iter().map(Event::view).collect();
    pack(&views.iter().collect::<Vec<_>>())
}

fn read(packed: &pack::Packed, wanted: Set) -> Result<Block, Fault> {
    let mut block = Block::open(&packed.numbers)?;
    block.with_words(&packed.words)?;
    block.with_raws(&packed.raws)?;
    block.read(wanted)?;
    Ok(block)
}

proptest! {
    #[test]
    fn any_events_come_back_unchanged_and_answer_questions_alike(all in events()) {
        let packed = packed(&all);
        let block = read(&packed, Set::ALL).unwrap();
        prop_assert_eq!(block.len(), all.len());
        for (nth, event) in all.iter().enumerate() {
            prop_assert_eq!(&block.event(DAY, nth), event);
            prop_assert_eq!(block.find(seq(event)), Some(nth));
            let view = View::new(DAY, &block, nth);
            for field in FIELDS {
                prop_assert_eq!(format!("{:?}", view.field(field)), format!("{:?}", event.field(field)), "{}", field);
                let some = read(&packed, columns([*field])).unwrap();
                let view = View::new(DAY, &some, nth);
                prop_assert_eq!(format!("{:?}", view.field(field)), format!("{:?}", event.field(field)), "{}", field);
            }
            let named = [(Column::User, &event.user), (Column::Session, &event.session), (Column::Key, &event.key),
                (Column::Tenant, &event.tenant), (Column::Host, &event.host)];
            for (column, text) in named {
                let pivot = text.as_ref().map(|text| Pivot::Text(column, text.raw().to_owned()));
                prop_assert!(pivot.is_none_or(|p| p.may_pass(&packed.sieve) && block.having(&p).contains(&nth)));
            }
            if let Some(ip) = event.src_ip {
                let pivot = Pivot::Net(ip.into());
                prop_assert!(pivot.may_pass(&packed.sieve));
                let same = (0..all.len()).filter(|other| all[*other].src_ip == Some(ip));
                prop_assert_eq!(block.having(&pivot), same.collect::<Vec<_>>());
            }
        }
    }

    /// What has a right checksum can be wrong all the same: somebody may have written it on purpose.
    #[test]
    fn any_bytes_in_a_part_are_survived(
        all in events(), part in 0usize..3, at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let mut packed = packed(&all);
        let bytes = [&mut packed.numbers, &mut packed.words, &mut packed.raws].into_iter().nth(part).unwrap();
        let mut plain = part::unpack(bytes).unwrap();
        let at = at.index(plain.len());
        plain[at] = byte;
        for plain in [plain.as_slice(), &plain[..cut.index(plain.len() + 1)]] {
            let bytes = [&mut packed.numbers, &mut packed.words, &mut packed.raws].into_iter().nth(part).unwrap();
            *bytes = part::pack(plain);
            if let Ok(block) = read(&packed, Set::ALL) {
                prop_assert!(block.len() <= EVENTS_MAX);
                (0..block.len()).for_each(|nth| drop(block.event(DAY, nth)));
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (decode(&bytes), decode(&part::pack(&bytes)));
    }
}

#[test]
fn a_part_that_says_a_huge_length_is_refused_before_memory_is_taken() {
    let mut body = vec![1, 0, 0, 0, 0];
    part::push(&mut body, part::PART_MAX as u64);
    body.extend([0; 64]);
    let sum = crc32fast::hash(&body[5..]);
    body[1..5].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(part::unpack(&body), Err(Fault("a part says a length that cannot be")));
    body[0] = 2;
    assert_eq!(part::unpack(&body), Err(Fault("a part is of a form that this program does not know")));
}
