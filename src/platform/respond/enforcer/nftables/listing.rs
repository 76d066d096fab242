//! Listing: what `nft -j list table` prints, read into elements and a check of the rules.

use super::elements::{Element, Set, bounds, number};
use super::script::{CHAINS, PRIORITY, RULES};
use ipnet::IpNet;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What the kernel holds in our table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Elements and the seconds each has left, where it has an end.
    pub elements: BTreeMap<Element, Option<u64>>,
    /// What is not as we wrote it, in words.
    pub odd: Vec<String>,
    /// Packets dropped since the table was written.
    pub dropped: u64,
}

/// Reads the JSON.
///
/// # Errors
/// A sentence, if it is not what nft prints.
pub fn read(json: &str) -> Result<Listing, String> {
    let value: Value = serde_json::from_str(json).map_err(|e| format!("nft printed no JSON: {e}"))?;
    let parts = value.get("nftables").and_then(Value::as_array).ok_or("nft printed no \"nftables\" list")?;
    let mut listing = Listing::default();
    let mut rules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut hooks: BTreeMap<&str, bool> = BTreeMap::new();
    for part in parts {
        if let Some(set) = part.get("set") {
            members(set, &mut listing)?;
        } else if let Some(chain) = part.get("chain") {
            let word = |name: &str| chain.get(name).and_then(Value::as_str).unwrap_or_default();
            let hooked = word("hook") == word("name")
                && word("type") == "filter"
                && chain.get("prio").and_then(Value::as_i64) == Some(PRIORITY);
            hooks.insert(word("name"), hooked);
        } else if let Some(rule) = part.get("rule") {
            let chain = rule.get("chain").and_then(Value::as_str).unwrap_or_default();
            rules.entry(chain).or_default().push(spell(rule, &mut listing.dropped));
        }
    }
    let want: Vec<String> = RULES.iter().map(|(set, drop)| wanted(*set, *drop)).collect();
    for chain in CHAINS {
        if hooks.remove(chain) != Some(true) || rules.remove(chain).as_ref() != Some(&want) {
            listing.odd.push(format!("chain {chain} is not as it was written"));
        }
    }
    listing.odd.extend(hooks.keys().map(|name| format!("chain {name} is not ours")));
    Ok(listing)
}

/// A rule as we write them, in short.
fn wanted(set: Set, drop: bool) -> String {
    let family = if set.is_four() { "ip" } else { "ip6" };
    format!("{family} saddr == @{} {}", set.name(), if drop { "drop" } else { "return" })
}

/// A rule as it is, in the same words.
fn spell(rule: &Value, dropped: &mut u64) -> String {
    let mut words = Vec::new();
    for step in rule.get("expr").and_then(Value::as_array).into_iter().flatten() {
        if let Some(test) = step.get("match") {
            let text = |path: &str| test.pointer(path).and_then(Value::as_str).unwrap_or("?");
            words.push(format!(
                "{} {} {} {}",
                text("/left/payload/protocol"),
                text("/left/payload/field"),
                text("/op"),
                text("/right")
            ));
        } else if let Some(counter) = step.get("counter") {
            *dropped += counter.get("packets").and_then(Value::as_u64).unwrap_or(0);
        } else {
            words.extend(step.as_object().into_iter().flat_map(|o| o.keys().cloned()));
        }
    }
    words.join(" ")
}

fn members(set: &Value, listing: &mut Listing) -> Result<(), String> {
    let name = set.get("name").and_then(Value::as_str).unwrap_or_default();
    let Some(kind) = Set::named(name) else {
        listing.odd.push(format!("set {name} is not ours"));
        return Ok(());
    };
    for member in set.get("elem").and_then(Value::as_array).into_iter().flatten() {
        let inner = member.get("elem");
        let value = inner.and_then(|e| e.get("val")).unwrap_or(member);
        let left = inner.and_then(|e| e.get("expires")).and_then(Value::as_u64);
        let (first, last) =
            span(value).ok_or_else(|| format!("an element of set {name} is not understood: {value}"))?;
        listing.elements.insert(Element { set: kind, first, last }, left);
    }
    Ok(())
}

/// `"a"`, `{"prefix": {"addr": "a", "len": n}}` or `{"range": ["a", "b"]}`.
fn span(value: &Value) -> Option<(u128, u128)> {
    let ip = |v: &Value| v.as_str()?.parse::<IpAddr>().ok();
    if let Some(prefix) = value.get("prefix") {
        let len = u8::try_from(prefix.get("len")?.as_u64()?).ok()?;
        return Some(bounds(IpNet::new(ip(prefix.get("addr")?)?, len).ok()?));
    }
    if let Some(range) = value.get("range") {
        return Some((number(ip(range.get(0)?)?), number(ip(range.get(1)?)?)));
    }
    let one = number(ip(value)?);
    Some((one, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_every_form_are_read() {
        let json = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "wf"}},
          {"set": {"name": "addr4", "elem": [{"elem": {"val": "198.18.0.5", "timeout": 50, "expires": 49}}]}},
          {"set": {"name": "net4", "elem": [{"elem": {"val": {"prefix": {"addr": "198.18.1.0", "len": 25}}, "expires": 9}},
             {"elem": {"val": {"range": ["198.18.2.3", "198.18.2.9"]}, "timeout": 60, "expires": 60}}]}},
          {"set": {"name": "allow4", "elem": ["198.18.0.9", {"prefix": {"addr": "198.18.4.0", "len": 24}}]}},
          {"set": {"name": "stranger", "elem": ["x"]}}]}"#;
        let listing = read(json).unwrap();
        let texts: Vec<_> = listing.elements.iter().map(|(e, left)| (e.set.name(), e.text(), *left)).collect();
        let want = [
            ("addr4", "198.18.0.5", Some(49)),
            ("net4", "198.18.1.0-198.18.1.127", Some(9)),
            ("net4", "198.18.2.3-198.18.2.9", Some(60)),
            ("allow4", "198.18.0.9", None),
            ("allow4", "198.18.4.0-198.18.4.255", None),
        ];
        assert_eq!(texts, want.map(|(s, t, l)| (s, t.to_owned(), l)));
        assert_eq!(listing.odd.len(), 3, "{:?}", listing.odd);
        assert!(read("").is_err() && read("{}").is_err());
        assert!(read(r#"{"nftables":[{"set":{"name":"addr4","elem":[{"elem":{"val":7}}]}}]}"#).is_err());
    }
}
