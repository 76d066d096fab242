//! What is hidden, what stays, and that it finds its way back.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn veil() -> Veil {
    Veil::new([7; 32])
}

#[test]
fn answers_are_hidden_by_their_fields_and_what_texts_tell_of_them() {
    let mut veil = veil();
    let mut answer = json!({
        "id": 7, "state": "new", "severity": "high", "rule": "web.crawl", "owner": "ana", "country": "NL",
        "title": "Crawl from 198.51.100.7", "entity": {"kind": "address", "value": "198.51.100.7"},
        "entities": [{"kind": "user", "value": "Jane Doe"}, {"kind": "session", "value": "5e55a0"}],
        "why": "Jane Doe and bob@example.org asked for /users/ana from [2001:db8::7]:443, session 1f0c9a77d2e44b10",
        "src_ip": "198.51.100.7", "raw": "198.51.100.7 - ana", "url": "/a/ana?token=secret&x",
        "top_addresses": [{"value": "198.51.100.7", "count": 3}], "countries": [{"value": "NL", "count": 3}],
        "timeline": [{"kind": "detection", "actor": "web.crawl", "text": "x"}, {"kind": "state", "actor": "ana", "text": "y"}],
        "kind": "block_address", "target": "198.51.100.7", "actor": "policy", "opened": "2026-11-21T20:00:00.000Z",
    });
    veil.hide(&mut answer, None);
    let text = answer.to_string();
    for secret in ["198.51.100.7", "ana\"", "/ana", "Jane", "5e55a0", "bob", "2001:db8", "1f0c9a77", "secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let address = answer["src_ip"].as_str().unwrap();
    assert!(address.starts_with("100::") && answer["title"].as_str().unwrap().ends_with(address), "{text}");
    assert_eq!((&answer["target"], &answer["entity"]["value"]), (&answer["src_ip"], &answer["src_ip"]));
    assert_eq!(answer["top_addresses"][0]["value"], answer["src_ip"]);
    for (field, kept) in [
        ("state", "new"),
        ("rule", "web.crawl"),
        ("actor", "policy"),
        ("opened", "2026-11-21T20:00:00.000Z"),
        ("country", "NL"),
    ] {
        assert_eq!(answer[field], kept);
    }
    assert_eq!(answer["timeline"][0]["actor"], "web.crawl");
    assert_eq!(answer["timeline"][1]["actor"], answer["owner"]);
    assert!(answer["url"].as_str().unwrap().ends_with("?token=…&…"), "{text}");
    let once = answer.clone();
    veil.hide(&mut answer, None);
    assert_eq!(answer, once, "a pseudonym has no pseudonym");
}

#[test]
fn counts_are_hidden_by_the_field_that_is_counted() {
    let mut veil = veil();
    let mut top = json!([{"value": "ana", "count": 3}, {"value": "404", "count": 2}]);
    veil.hide(&mut top, Some("user"));
    assert!(top[0]["value"].as_str().unwrap().starts_with("user-"), "{top}");
    let mut groups = json!({"groups": [{"value": "203.0.113.0/24", "count": 3}], "rows": 3});
    veil.hide(&mut groups, Some("range"));
    assert!(groups["groups"][0]["value"].as_str().unwrap().ends_with("/120"), "{groups}");
    let mut status = json!([{"value": "404", "count": 2}]);
    veil.hide(&mut status, None);
    assert_eq!(status[0]["value"], "404");
}

#[test]
fn pseudonyms_hang_on_the_key_and_the_kind() {
    let name = |key: u8, kind: &str| Veil::new([key; 32]).name(kind, "ana");
    assert_eq!(name(1, "user"), name(1, "user"));
    assert_ne!(name(1, "user"), name(2, "user"));
    assert_ne!(name(1, "user").split_once('-').unwrap().1, name(1, "host").split_once('-').unwrap().1);
}

#[test]
fn a_request_is_meant_for_the_real_one() {
    let mut veil = veil();
    let (user, ip) = (veil.name("user", "ana"), veil.name("address", "198.51.100.7"));
    let net = veil.name("range", "198.51.100.0/24");
    let query = format!("user=\"{user}\" src_ip:{ip},{net} -path:/x time>-1h");
    assert_eq!(veil.reveal(&query), "user=\"ana\" src_ip:198.51.100.7,198.51.100.0/24 -path:/x time>-1h");
    let mut body = json!({"target": ip, "reason": format!("asked by {user}."), "ttl": 3});
    veil.reveal_all(&mut body);
    assert_eq!(body, json!({"target": "198.51.100.7", "reason": "asked by ana.", "ttl": 3}));
}

proptest! {
    #[test]
    fn any_text_is_scrubbed_and_revealed_without_loss_of_what_is_no_name(text in "\\PC{0,60}") {
        let veil = veil();
        let _ = veil.scrub(&text);
        let plain = !text.contains(':') ;
        if plain {
            prop_assert_eq!(veil.reveal(&text), text);
        }
    }

    #[test]
    fn no_name_survives_in_any_text(name in "[a-z]{4,8}( [A-Z][a-z]{3,6})?", before in "[ ,;()\"]{0,3}", after in "[ ,;()\"]{0,3}") {
        let mut veil = veil();
        let pseudonym = veil.name("user", &name);
        let text = format!("{before}{name}{after}");
        prop_assert_eq!(veil.scrub(&text), format!("{before}{pseudonym}{after}"));
    }

    #[test]
    fn every_address_in_a_text_is_hidden_and_found_again(ip: [u8; 4], port: u16) {
        let veil = veil();
        let real = IpAddr::from(ip).to_string();
        let text = format!("from {real}, {real}:{port} and {real}.");
        let scrubbed = veil.scrub(&text);
        prop_assert!(!scrubbed.contains(&real), "{}", scrubbed);
        prop_assert_eq!(veil.reveal(&format!("to {}", veil.address(&real).unwrap())), format!("to {real}"));
    }
}
