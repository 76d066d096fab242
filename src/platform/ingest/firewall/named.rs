//! Packets in fields with names: `src=`, `dstip=`, `DstPort: ` and their like of any maker's, in `key=value`, CEF, LEEF,
//! Check Point's `[action:"Drop"; src:"..."]`, Cisco's `SrcIP: ..., DstIP: ...`, Juniper's structured data and JSON.
//!
//! A packet has both ends, a port, and a word about what was done to it; fields that lack one of them are no packet.

use super::bracket::{bracketed, semicolons, structured};
use super::{Packet, alarm, packet};
use crate::api::Severity;
use crate::platform::ingest::address;
use crate::platform::ingest::fields::{self, cef};
use crate::platform::ingest::login::guess;
use crate::platform::ingest::members::{Members, Value};
use crate::platform::ingest::names::Names;
use crate::platform::ingest::netfilter::Alarm;
use crate::platform::record::Flow;
use std::net::IpAddr;
use std::sync::LazyLock;

/// What logs of boxes are called that hold nothing but what was recognised.
const HUNTERS: [&str; 14] = [
    "ips",
    "ids",
    "idp",
    "anomaly",
    "virus",
    "waf",
    "waf_signature_detection",
    "alarm",
    "attack",
    "smartdefense",
    "anti-bot",
    "anti-virus",
    "threat emulation",
    "atp",
];
/// Fields that are looked at, and how deep in JSON.
const FIELDS_MAX: usize = 128;
const DEPTH_MAX: usize = 3;

#[derive(Clone, Copy)]
enum Field {
    Source,
    Target,
    Port,
    /// What was done.
    Done,
    Flags,
    /// What was recognised.
    Title,
    /// The same in a field that has other uses, too.
    Words,
    /// The kind of log.
    Kind,
    Id,
    Category,
    Severity,
}

static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    const GROUPS: [(Field, &str); 11] = [
        (
            Field::Source,
            "src srcip src_ip srcaddr source-address source_address sourceaddress sourceip source_ip src-ip",
        ),
        (
            Field::Target,
            "dst dstip dst_ip dstaddr destination-address destination_address destinationaddress destip dest_ip \
             destinationip destination_ip dst-ip",
        ),
        (
            Field::Port,
            "dstport dst_port dpt dport destination-port destination_port destinationport dest_port dst-port service",
        ),
        (
            Field::Done,
            "action act fw_action status disposition log_subtype accesscontrolruleaction rule_action note msg pattern \
             outcome reason",
        ),
        (Field::Flags, "tcpflags tcp_flags"),
        (
            Field::Title,
            "attack attackname attack-name attack_name signature_name signaturename signature_msg protection_name virus \
             threatname threat_name main_type signature ftntfgtattack ftntfgtvirus",
        ),
        (Field::Words, "name message"),
        (Field::Kind, "type subtype sub logtype log_type product"),
        (
            Field::Id,
            "attackid attack_id signature_id signatureid sid protection_id virusid alarmid eventid ftntfgtattackid",
        ),
        (Field::Category, "classification ipscat attack_type sub_type category cat threatcategory signature_cat"),
        (Field::Severity, "severity severity_level threat-severity sev eventpriority ipspri"),
    ];
    let names = GROUPS.iter().flat_map(|(field, names)| names.split_whitespace().map(|name| (name, *field)));
    Names::of(&names.collect::<Vec<_>>())
});

#[derive(Default)]
struct Found {
    source: Option<IpAddr>,
    target: Option<IpAddr>,
    port: Option<u16>,
    passed: Option<bool>,
    answer: bool,
    login: bool,
    /// Two fields that name the source disagree.
    disputed: bool,
    /// It comes from what looks for attacks.
    hunter: bool,
    title: Option<String>,
    words: Option<String>,
    reason: Option<String>,
    id: Option<String>,
    category: Option<String>,
    severity: Option<Severity>,
}

/// Whether a packet was let through; nothing if the word says neither.
fn verdict(text: &str) -> Option<bool> {
    const STOPPED: [&str; 9] = ["deny", "denied", "drop", "block", "reject", "refuse", "prevent", "reset", "clear"];
    const PASSED: [&str; 4] = ["allow", "accept", "pass", "permit"];
    let starts = |word: &str, with: &str| word.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    let words = || text.split(|c: char| !c.is_ascii_alphabetic()).take(24);
    if words().any(|word| STOPPED.iter().any(|stop| starts(word, stop))) {
        return Some(false);
    }
    words().any(|word| PASSED.iter().any(|pass| starts(word, pass))).then_some(true)
}

impl Found {
    fn take(&mut self, name: &str, text: &str) {
        let meaning = NAMES.get(name);
        if self.said(meaning, name, text) {
            return;
        }
        match meaning {
            Some(Field::Source) if self.source.is_none() => self.source = end(text).0,
            Some(Field::Source) => self.disputed |= end(text).0.is_some_and(|other| Some(other) != self.source),
            Some(Field::Target) if self.target.is_none() => {
                let (address, port) = end(text);
                (self.target, self.port) = (address, self.port.or(port));
            }
            Some(Field::Port) if self.port.is_none() => self.port = text.parse().ok(),
            // One stop among several words counts.
            // What is said of logging on is no packet's.
            Some(Field::Done) if guess::mentions(text) => self.login = true,
            Some(Field::Done) if self.passed != Some(false) => self.passed = verdict(text).or(self.passed),
            Some(Field::Flags) => self.answer |= text.contains("ACK") || text.contains("RST"),
            _ => {}
        }
    }

    /// Takes in what is said of an attack; false when that is another's field.
    fn said(&mut self, meaning: Option<Field>, name: &str, text: &str) -> bool {
        let slot = match meaning {
            Some(Field::Title) => &mut self.title,
            Some(Field::Words) => &mut self.words,
            Some(Field::Id) => &mut self.id,
            Some(Field::Category) => &mut self.category,
            Some(Field::Severity) => {
                self.severity = self.severity.take().or_else(|| alarm::severity(text));
                return true;
            }
            Some(Field::Kind) => {
                self.hunter |= HUNTERS.iter().any(|kind| kind.eq_ignore_ascii_case(text));
                return true;
            }
            // Words of firewalls that have no field for what they recognised.
            Some(Field::Done) if matches!(name, "msg" | "reason") => {
                self.reason = self.reason.take().or_else(|| alarm::kept(text));
                return false;
            }
            _ => return false,
        };
        *slot = slot.take().or_else(|| alarm::kept(text));
        true
    }

    /// What was recognised, if this is about that.
    fn alarm(&mut self) -> Option<Box<Alarm>> {
        let told = self.reason.take();
        let spoken = told.as_deref().is_some_and(alarm::is_attack) && self.source.is_some();
        let hunted = || self.words.take();
        let title = match self.title.take() {
            Some(title) => title,
            None if self.hunter => told.or_else(hunted).or_else(|| self.category.clone())?,
            None if spoken && !self.login => told?,
            None => return None,
        };
        let (id, category) = (self.id.take().unwrap_or_default(), self.category.take().unwrap_or_default());
        let severity = self.severity.take().unwrap_or(Severity::Medium);
        Some(Box::new(Alarm { id, title, category, severity }))
    }

    fn packet(mut self) -> Option<Packet> {
        if self.disputed {
            return None;
        }
        if let Some(alarm) = self.alarm() {
            let passed = self.passed != Some(false);
            let (dst_ip, dst_port) = (self.target, self.port.unwrap_or(0));
            let flow = Flow { dst_ip, dst_port, failed: !passed, ..Flow::default() };
            return Some(Packet { src_ip: self.source?, flow: Some(flow), passed, alarm: Some(alarm) });
        }
        let passed = self.passed.filter(|_| !self.login)?;
        let mut found = packet(self.source?, self.target?, self.port?, passed);
        if self.answer {
            found.flow = None;
        }
        Some(found)
    }
}

/// `192.0.2.1`, `192.0.2.1:22`, SonicWall's `192.0.2.1:22:X1`.
fn end(text: &str) -> (Option<IpAddr>, Option<u16>) {
    if let Some(ip) = address::parse(text) {
        return (Some(ip), None);
    }
    let text = text.rsplit_once(":X").map_or(text, |(before, _)| before);
    let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    (address::peer(text), port)
}

/// The packet of a text with fields; `None` when it is none.
pub(super) fn read(text: &str) -> Option<Packet> {
    let mut found = Found::default();
    if let Some(inner) = bracketed(text) {
        semicolons(inner).take(FIELDS_MAX).for_each(|(name, value)| found.take(name, value));
    } else if text.contains(", DstIP: ") {
        // Intrusion events say what they saw in a field that others have for anything.
        found.hunter = text.contains("-430001:");
        let pairs = text.split(", ").filter_map(|pair| pair.split_once(": "));
        pairs.take(FIELDS_MAX).for_each(|(name, value)| found.take(name.rsplit(' ').next().unwrap_or(name), value));
    } else if text.starts_with('[') {
        structured(text).take(FIELDS_MAX).for_each(|(name, value)| found.take(name, value));
    } else if text.contains('|') {
        text.split('|').take(FIELDS_MAX).filter_map(|p| p.split_once('=')).for_each(|(n, v)| found.take(n, v));
    } else {
        fields::pairs(text).take(FIELDS_MAX).for_each(|((name, value), _)| found.take(name, value.raw()));
        // Meraki's verdict is no field: `pattern: deny all`.
        if let Some((_, rule)) = text.split_once(" pattern: ") {
            found.passed = verdict(rule).or(found.passed);
        }
    }
    found.packet()
}

/// What was recognised, where a text's ends are not in named fields.
pub(super) fn alarm(text: &str) -> Option<Box<Alarm>> {
    let mut found = Found::default();
    fields::pairs(text).take(FIELDS_MAX).for_each(|((name, value), _)| found.take(name, value.raw()));
    found.alarm()
}

/// The same of what follows the header of the common event formats, which names the event: `0|maker|product|version|
/// class|name|severity|`; IBM's has no name and no severity.
pub(super) fn of_cef(text: &str) -> Option<Packet> {
    let mut found = Found::default();
    let header: Vec<&str> = text.splitn(8, '|').collect();
    let word = |i: usize| header.get(i).copied().unwrap_or("");
    if header.len() == 8 && [2, 4, 5].into_iter().any(|i| alarm::is_attack(word(i))) {
        // Some say there only that it is one.
        let told = if word(5).len() > 7 { word(5) } else { "" };
        (found.hunter, found.id) = (true, alarm::kept(word(4)));
        (found.title, found.severity) = (alarm::kept(told), alarm::severity(word(6)));
    }
    let rest = text.rsplit('|').next()?;
    cef::pairs(rest).take(FIELDS_MAX).for_each(|(name, value)| found.take(name, value));
    found.packet()
}

/// The same of a JSON object.
pub(super) fn of_json(line: &str) -> Option<Packet> {
    fn walk(object: Members<'_>, depth: usize, found: &mut Found) {
        for (name, value) in object.take(FIELDS_MAX) {
            match value {
                Value::Nested(_) if depth < DEPTH_MAX => walk(value.members(), depth + 1, found),
                _ => found.take(name, value.raw()),
            }
        }
    }
    let mut found = Found::default();
    walk(Members::of(line), 0, &mut found);
    found.packet()
}
