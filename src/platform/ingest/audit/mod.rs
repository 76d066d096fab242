//! Audit logs of clouds and services: one event, one record with a [`Call`].
//!
//! Logging on to a console is authentication, everything else API activity. Only addresses become addresses (`AWS
//! Internal` and names of services do not), keys and sessions are kept as ids and fingerprints, never as secrets.
//! Members are read where they stand in the line; one level at a time, each level once.

mod admin;
mod auth0;
mod azure;
mod cloudtrail;
mod frameio;
mod github;
mod gitlab;
mod google;
mod kubernetes;
mod office;
mod okta;
mod windows;

pub use admin::is_admin;
pub use auth0::parse as auth0;
pub use azure::parse as azure;
pub use cloudtrail::parse as cloudtrail;
pub use frameio::parse as frameio;
pub use github::parse as github;
pub use gitlab::parse as gitlab;
pub use google::parse as google;
pub use kubernetes::parse as kubernetes;
pub use office::parse as office;
pub use okta::parse as okta;
pub use windows::{is_xml as is_windows_xml, parse as windows, windows_of};

use super::members::{Members, Value};
use super::{address, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Call, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// Nothing said.
pub(super) const NONE: Value<'static> = Value::Word("null");

/// The member of this name, if it is an object's.
pub(super) fn get<'a>(value: Value<'a>, name: &str) -> Value<'a> {
    value.members().find(|(known, _)| *known == name).map_or(NONE, |(_, value)| value)
}

/// The value at a path of names.
pub(super) fn at<'a>(value: Value<'a>, path: &[&str]) -> Value<'a> {
    path.iter().fold(value, |value, name| get(value, name))
}

/// The first of these names that an object says something under, in the order of the names.
fn first_of<'a>(value: Value<'a>, names: &[&str]) -> Cow<'a, str> {
    let mut best: Option<(usize, Cow<'a, str>)> = None;
    for (name, value) in value.members() {
        let rank = names.iter().position(|known| known.eq_ignore_ascii_case(name));
        if let Some(rank) = rank.filter(|rank| best.as_ref().is_none_or(|(held, _)| rank < held))
            && let Some(text) = value.text()
        {
            best = Some((rank, text));
        }
    }
    best.map(|(_, text)| text).unwrap_or_default()
}

/// A time: RFC 3339, or seconds or milliseconds since 1970.
fn time(value: Value<'_>) -> Option<Timestamp> {
    let raw = value.raw();
    stamp::rfc3339(raw.as_bytes()).map(|(time, _)| time).or_else(|| stamp::epoch(raw))
}

/// An address, with a port or without.
fn ip(value: Value<'_>) -> Option<IpAddr> {
    address::peer(value.raw())
}

/// Text that says something.
fn some(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!text.is_empty() && text != "-").then_some(text)
}

/// The record of an operation, to which outcome, source and user are added.
fn record<'a>(line: &'a str, time: Option<Timestamp>, now: Timestamp, mut call: Call<'a>) -> Record<'a> {
    call.admin |= is_admin(&call.service, &call.action);
    let mut record = Record::bare(time.map_or(now, |time| stamp::sane(time, now)), line);
    record.class = Class::API;
    record.activity = admin::activity(&call.action);
    record.severity = if call.admin { Severity::Low } else { Severity::Info };
    record.host = some(call.service.clone());
    record.message = call.action.clone();
    record.call = Some(Box::new(call));
    record
}

/// Makes a record one of logging on (`activity` 1) or off (2).
fn login(record: &mut Record<'_>, activity: u8, outcome: Outcome) {
    record.class = Class::AUTHENTICATION;
    record.activity = activity;
    record.severity = if outcome == Outcome::Failure { Severity::Low } else { Severity::Info };
    record.outcome = outcome;
}

/// All members of a line's object, handed to `see`; false when it is none or does not close.
fn read<'a>(line: &'a str, mut see: impl FnMut(&'a str, Value<'a>)) -> bool {
    let mut members = Members::of(line);
    members.by_ref().for_each(|(name, value)| see(name, value));
    members.whole()
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
