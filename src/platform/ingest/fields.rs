//! What applications say in fields: `key=value` lines, and JSON with names of their own choice.
//!
//! The names are the customary ones. What counts towards a verdict are only fields in which programs speak themselves
//! (an event's name, a result, a reason), never those that a client fills (a path, an agent, a name).

pub(super) mod cef;
mod pair;

pub(super) use pair::pairs;

use super::login::guess;
use super::members::{Members, Value};
use super::names::Names;
use super::{address, loose, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Longest text before the time of a `key=value` line.
const KEYS_MAX: usize = 512;
/// Members that are looked at, nested ones among them, and how deep.
const FIELDS_MAX: usize = 256;
const DEPTH_MAX: usize = 3;
/// Fields that are heard for a verdict, and the longest of them.
const SAID_MAX: usize = 8;
const SAID_LENGTH: usize = 512;

/// What a field means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Time,
    Message,
    Address,
    User,
    /// A word of the program's own about what happened.
    Said,
    /// Whether it went well.
    Success,
    /// Fields of fields: mongod's `attr` and the like.
    More,
}

static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    const GROUPS: [(Field, &str); 7] = [
        (
            Field::Time,
            "time timestamp @timestamp ts t date datetime eventtime @t isotimestamp created_at createdat local_time event_timestamp timestamp_derived when date_create start devtime rt",
        ),
        (Field::Message, "message msg log @m @mt event_message textpayload line short_message"),
        (
            Field::Address,
            "remote_addr remoteaddr remote_ip remoteip remote_address remoteaddress client_ip clientip client_address \
             clientaddress ip ip_address ip_addr real_ip source_ip_address sourceipaddress ipaddress client src_ip srcip \
             source_ip remote peer addr remote_host remip src src_host peername client.ip client.address source.ip \
             source.address origin.address addr.remote remote.ip caller_ip calleripaddress user_ip userip address rhost \
             remotehost ipaddr client_remote_addr audit_request_remote_address ipstring remote-addr remote-ip client-ip \
             source-ip peer_addr peer_ip remoteaddress client_addr clientaddr actorip actor_ip sourceip source_address sourceaddress",
        ),
        (
            Field::User,
            "user username user_name uname login principalname account email usr user.name accountname clientaccount \
             loginname principal suser duser usrname identifier audit_request_effective_user login_id accesskey dn",
        ),
        (
            Field::Said,
            "action event event_type eventtype event_name eventname event.action event.type event.outcome type kind \
             operation status outcome result reason error err description title logdesc detail details failure_reason \
             resultdescription error_description cause status_text audit_category act sub cat http_code \
             audit_status auth_status subject atype xauthresult login_status error_message",
        ),
        (Field::Success, "success succeeded successful granted authenticated accepted allowed is_success"),
        (
            Field::More,
            "attr fields context data extra meta properties req request source origin client access_device actor \
             authentication http_request details event err error user logdata span response payload tnaudit \
             parameters",
        ),
    ];
    let names = GROUPS.iter().flat_map(|(field, names)| names.split_whitespace().map(|name| (name, *field)));
    Names::of(&names.collect::<Vec<_>>())
});

/// What was found in the fields of a line; of several with one meaning the first counts.
#[derive(Default)]
pub struct Fields<'a> {
    /// When it happened.
    pub time: Option<Timestamp>,
    /// The message, where there is one.
    pub message: Option<Cow<'a, str>>,
    /// The client.
    pub address: Option<IpAddr>,
    /// Whose account.
    pub user: Option<Cow<'a, str>>,
    said: Vec<Cow<'a, str>>,
    success: Option<bool>,
    /// Fields that are the client's and disagree.
    disputed: bool,
    /// Addresses in fields of other names: the client's, if there is only one.
    others: Vec<IpAddr>,
    /// A date that waits for its time.
    date: Option<&'a str>,
    seen: usize,
}

impl<'a> Fields<'a> {
    /// Whether a JSON object has a message, or a time and a word about what happened.
    pub fn are_in_json(line: &str) -> bool {
        let (mut time, mut said) = (false, false);
        Members::of(line).take(super::format::MEMBERS_MAX).any(|(name, value)| {
            match (NAMES.get(name), value) {
                (Some(Field::Message), Value::Text(..)) => return true,
                (Some(Field::Time), _) => time = true,
                (Some(Field::More), Value::Nested(inner)) if Self::are_in_json(inner) => return true,
                (Some(Field::Said | Field::Success | Field::More), _) => said = true,
                _ => {}
            }
            time && said
        })
    }

    /// Whether a line is one of `key=value` with a time near its start.
    pub fn are_in_pairs(line: &str) -> bool {
        let key = line.bytes().take(32).take_while(|b| b.is_ascii_alphanumeric() || b"_.@-".contains(b)).count();
        if key == 0 || line.as_bytes().get(key) != Some(&b'=') {
            return false;
        }
        let near = line.len().min(KEYS_MAX);
        pairs(line).take_while(|(_, at)| *at < near).any(|((name, _), _)| NAMES.get(name) == Some(Field::Time))
    }

    /// The fields of a `key=value` line; `None` when they say nothing.
    pub fn of_pairs(line: &'a str, now: Timestamp) -> Option<Self> {
        let mut fields = Self::default();
        pairs(line).take(FIELDS_MAX).for_each(|((name, value), _)| fields.take(name, value, now, 0));
        // Not everybody quotes: a name with a space in it could be two fields.
        if fields.disputed {
            fields.address = None;
            fields.others.clear();
        }
        fields.spoken()
    }

    /// The fields of Check Point's `[name:"value"; name:"value"]`; `None` when they say nothing.
    pub fn of_brackets(text: &'a str, now: Timestamp) -> Option<Self> {
        let mut fields = Self::default();
        let pairs = super::firewall::bracketed(text)?.take(FIELDS_MAX);
        pairs.for_each(|(name, value)| fields.take(name, Value::Text(value, value.contains('\\')), now, 0));
        fields.spoken()
    }

    /// The fields of a JSON object; `None` when it is broken or says nothing.
    pub fn of_json(line: &'a str, now: Timestamp) -> Option<Self> {
        let mut fields = Self::default();
        let mut members = Members::of(line);
        members.by_ref().for_each(|(name, value)| fields.take(name, value, now, 0));
        members.whole().then_some(fields)?.spoken()
    }

    /// Whether they say that a login was refused.
    pub fn refused(&self) -> bool {
        if self.success == Some(true) {
            return false;
        }
        let message = self.message.iter().flat_map(|message| guess::outside_quotes(message));
        let failed = (self.success == Some(false)).then_some("failed");
        // mongod's audit: 18 is a wrong password, 11 nobody of that name.
        let said = |word: &str| self.said.iter().any(|said| said == word);
        let failed = failed.or_else(|| (said("authenticate") && (said("18") || said("11"))).then_some("failed"));
        let failed = failed.or_else(|| self.said.iter().any(|said| said == "401").then_some("unauthorized"));
        guess::judged(self.said.iter().map(AsRef::as_ref).chain(message).chain(failed))
    }

    /// Makes a record a refused login of the client named in the fields, if they say so.
    pub fn refuse(self, record: &mut Record<'_>) {
        if self.address.is_some() && self.refused() {
            (record.class, record.activity) = (Class::AUTHENTICATION, 1);
            (record.outcome, record.severity) = (Outcome::Failure, Severity::Info);
            record.src_ip = self.address;
            record.user = self.user.map(|user| Cow::Owned(user.into_owned()));
        }
    }

    /// Itself, if it says anything.
    fn spoken(mut self) -> Option<Self> {
        let alone = self.others.first().filter(|first| self.others.iter().all(|other| other == *first));
        self.address = self.address.or(alone.copied());
        (self.message.is_some() || !self.said.is_empty()).then_some(self)
    }

    fn take(&mut self, name: &str, value: Value<'a>, now: Timestamp, depth: usize) {
        self.seen += 1;
        if self.seen > FIELDS_MAX {
            return;
        }
        let meaning = match NAMES.get(name) {
            // A name is somebody's inside of `user`; beside other fields it is the event's.
            None if name.eq_ignore_ascii_case("name") => Some(if depth > 0 { Field::User } else { Field::Said }),
            known => known,
        };
        if let Value::Nested(_) = value {
            let more = meaning.is_some() && meaning != Some(Field::Time) && depth < DEPTH_MAX;
            if more {
                value.members().for_each(|(name, value)| self.take(name, value, now, depth + 1));
            } else if meaning == Some(Field::Time) {
                // mongod: `{"$date": "..."}`.
                value.members().take(1).for_each(|(_, date)| self.time(date.raw(), now));
            }
            return;
        }
        match meaning {
            Some(Field::Time) => self.time(value.raw(), now),
            Some(Field::Message) if self.message.is_none() && matches!(value, Value::Text(..)) => {
                self.message = value.text();
            }
            Some(Field::Address) if self.address.is_none() => self.address = client(value),
            Some(Field::Address) => self.disputed |= client(value).is_some_and(|ip| Some(ip) != self.address),
            Some(Field::User) if self.user.is_none() => self.user = value.text().filter(|user| user != "--"),
            // `result: false`, and not `error: false`.
            Some(Field::Said)
                if matches!(value, Value::Word("true" | "false")) && name.eq_ignore_ascii_case("result") =>
            {
                self.success = self.success.or(Some(value.raw() == "true"));
            }
            Some(Field::Said) if self.said.len() < SAID_MAX => {
                self.said.extend(value.text().filter(|said| said.len() <= SAID_LENGTH).map(plainly));
            }
            Some(Field::Success) if self.success.is_none() => {
                self.success = match value.raw() {
                    "true" | "True" | "yes" | "YES" | "1" => Some(true),
                    "false" | "False" | "no" | "NO" | "0" => Some(false),
                    _ => None,
                };
            }
            None | Some(Field::More) if self.others.len() < SAID_MAX => {
                let ported = if meaning.is_some() { address::with_port(value.raw()) } else { None };
                self.others.extend(value.ip().or(ported));
                self.hint(name, value.raw());
            }
            _ => {}
        }
    }

    /// A vault names its doors by their path.
    fn hint(&mut self, name: &str, text: &str) {
        if name == "path" && text.starts_with("auth/") && text.contains("/login") {
            self.said.push(Cow::Borrowed("login"));
        }
    }

    /// A time, or half of one: Fortinet writes `date=2026-01-02 time=03:04:05`.
    fn time(&mut self, text: &'a str, now: Timestamp) {
        if self.time.is_some() {
            return;
        }
        self.time = loose::read(text, now, stamp::machine_offset).map(|(time, _)| time);
        match self.date {
            Some(date) if self.time.is_none() => {
                let whole = format!("{date} {text}");
                self.time = loose::read(&whole, now, stamp::machine_offset).map(|(time, _)| time);
            }
            _ => self.date = Some(text).filter(|text| text.len() == 10),
        }
    }
}

/// When a `key=value` line says it was written.
pub fn when(line: &str, now: Timestamp) -> Option<Timestamp> {
    let mut fields = Fields::default();
    let stamps = pairs(line).take(FIELDS_MAX).filter(|((name, _), _)| NAMES.get(name) == Some(Field::Time));
    stamps.for_each(|((name, value), _)| fields.take(name, value, now, 0));
    fields.time
}

/// A word about what happened; Windows' names for a wrong name or password in words.
fn plainly(said: Cow<'_, str>) -> Cow<'_, str> {
    const REFUSED: [&str; 6] = [
        "NT_STATUS_WRONG_PASSWORD",
        "NT_STATUS_NO_SUCH_USER",
        "NT_STATUS_LOGON_FAILURE",
        "NT_STATUS_ACCOUNT_LOCKED_OUT",
        "NT_STATUS_ACCOUNT_DISABLED",
        "NT_STATUS_INVALID_ACCOUNT_NAME",
    ];
    if REFUSED.contains(&&*said) { Cow::Borrowed("login failed") } else { said }
}

/// The client's address in a field named so: bare, with a port, with its kind before it (`ipv4:192.0.2.1:80`).
fn client(value: Value<'_>) -> Option<IpAddr> {
    let raw = value.raw();
    let bare = raw.strip_prefix("ipv4:").or_else(|| raw.strip_prefix("ipv6:")).unwrap_or(raw);
    // SonicWall: the interface stands behind the port.
    let bare = bare.rsplit_once(":X").map_or(bare, |(before, _)| before);
    // Elasticsearch puts brackets around old addresses, too.
    let inner = bare.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(inner, _)| inner);
    address::peer(bare).or_else(|| address::parse(inner?))
}
