//! Requests and answers with the privacy screen between: pseudonyms here, real names there.

use super::endpoint::{AuditTop, CountGroups, GetMe};
use super::{Endpoint, Live, Problem, Reply, Wire};
use crate::text::veil::Veil;
use serde_json::Value;

/// Of what the counts at the top of the answer to a request will be; nothing where they are of no name.
#[must_use]
pub fn counted(wire: &Wire) -> Option<&'static str> {
    if ![AuditTop::NAME, CountGroups::NAME].contains(&wire.name) {
        return None;
    }
    let (_, query) = wire.path.split_once('?')?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let (_, field) = pairs.into_iter().find(|(name, _)| name == "field")?;
    Some(match field.as_str() {
        "src_ip" | "dst_ip" | "address" | "range" => "address",
        "user" | "owner" | "actor" => "user",
        "session" => "session",
        "host" => "host",
        "key" => "key",
        "tenant" => "tenant",
        _ => return None,
    })
}

/// Puts the real names back into a request.
pub fn reveal(wire: &mut Wire, veil: &Veil) {
    let (path, query) = wire.path.split_once('?').unwrap_or((&wire.path, ""));
    let plain = |part: &str| {
        let read = serde_urlencoded::from_str::<Vec<(String, String)>>(&format!("x={}", part.replace('+', "%2B")));
        read.ok().and_then(|pairs| pairs.into_iter().next()).map_or_else(|| part.to_owned(), |(_, text)| text)
    };
    let encode = |text: &str| {
        let pair = serde_urlencoded::to_string([("x", text)]).unwrap_or_default();
        pair.get(2..).unwrap_or_default().replace('+', "%20")
    };
    let parts: Vec<String> = path
        .split('/')
        .map(|part| {
            let (hidden, real) = (plain(part), veil.reveal(&plain(part)));
            if hidden == real { part.to_owned() } else { encode(&real) }
        })
        .collect();
    let mut real = parts.join("/");
    if !query.is_empty() {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let pairs: Vec<_> = pairs.into_iter().map(|(name, text)| (name, veil.reveal(&text))).collect();
        real.push('?');
        real.push_str(&serde_urlencoded::to_string(&pairs).unwrap_or_default());
    }
    wire.path = real;
    wire.body.iter_mut().for_each(|body| veil.reveal_all(body));
}

/// Hides who an answer is about.
pub fn hide(reply: &mut Reply, counted: Option<&str>, veil: &mut Veil) {
    if reply.name == GetMe::NAME
        && let Some(Value::String(name)) = reply.body.get_mut("name")
    {
        *name = veil.name("user", name);
    }
    veil.hide(&mut reply.body, counted);
}

/// Hides who a refusal is about.
pub fn hide_problem(problem: &mut Problem, veil: &Veil) {
    problem.title = veil.scrub(&problem.title);
    problem.detail = veil.scrub(&problem.detail);
    problem.hints.iter_mut().for_each(|hint| *hint = veil.scrub(hint));
}

/// Hides who an update is about; one that cannot be hidden says only that something was missed.
#[must_use]
pub fn hide_live(update: &Live, veil: &mut Veil) -> Live {
    let Ok(mut body) = serde_json::to_value(update) else { return Live::Gap };
    veil.hide(&mut body, None);
    serde_json::from_value(body).unwrap_or(Live::Gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoint::{EntityPath, GetEntity, ListEvents, PreviewAction, TopInput};
    use crate::api::{ActionKind, ActionRequest, EntityKind, List, Timestamp};
    use proptest::prelude::*;

    #[test]
    fn requests_go_out_with_real_names() {
        let mut veil = Veil::new([7; 32]);
        let (user, ip) = (veil.name("user", "Jane Doe/ä"), veil.name("address", "198.51.100.7"));
        let mut wire = Wire::of::<GetEntity>(&EntityPath { kind: EntityKind::User, value: user.clone(), at: None });
        let real = Wire::of::<GetEntity>(&EntityPath { kind: EntityKind::User, value: "Jane Doe/ä".into(), at: None });
        reveal(&mut wire, &veil);
        assert_eq!(wire.path, real.path);
        let mut list =
            Wire::of::<ListEvents>(&List { query: format!("user=\"{user}\" src_ip:{ip}"), ..List::default() });
        reveal(&mut list, &veil);
        let real = List { query: "user=\"Jane Doe/ä\" src_ip:198.51.100.7".into(), ..List::default() };
        assert_eq!(list.path, Wire::of::<ListEvents>(&real).path);
        let request = ActionRequest {
            kind: ActionKind::BlockAddress,
            target: ip,
            ttl_seconds: None,
            reason: "why".into(),
            incident: None,
            idempotency_key: None,
        };
        let mut wire = Wire::of::<PreviewAction>(&request);
        reveal(&mut wire, &veil);
        assert_eq!(wire.body.unwrap()["target"], "198.51.100.7");
    }

    #[test]
    fn counts_of_names_are_known_as_such() {
        let top = |field: &str| {
            let input = TopInput {
                field: field.into(),
                query: "a b".into(),
                since: Timestamp(0),
                until: Timestamp(1),
                limit: None,
                at: None,
            };
            counted(&Wire::of::<AuditTop>(&input))
        };
        assert_eq!((top("user"), top("status"), top("src_ip")), (Some("user"), None, Some("address")));
    }

    proptest! {
        #[test]
        fn a_request_without_pseudonyms_means_what_it_meant(query in "\\PC{0,40}") {
            let list = List { query: query.replace(':', ""), ..List::default() };
            let mut wire = Wire::of::<ListEvents>(&list);
            let before = wire.clone();
            reveal(&mut wire, &Veil::new([7; 32]));
            prop_assert_eq!(wire, before);
        }
    }
}
