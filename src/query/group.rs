//! Rows grouped by a field: which groups a row is in, and the filter that keeps exactly the rows of one group.
//!
//! A row that has several values for a field is in several groups, so counts may add up to more than there are rows.

use super::{Fields, Involved, Resource, Value};
use ipnet::IpNet;
use std::net::IpAddr;

/// Fields that rows can be grouped by, the most telling first. `range` is the /24 (IPv6: /48) around an address.
#[must_use]
pub const fn groupable(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Incident => &[
            "severity",
            "rule",
            "range",
            "address",
            "user",
            "country",
            "state",
            "owner",
            "technique",
            "verdict",
            "drill",
        ],
        Resource::Detection => {
            &["rule", "severity", "range", "src_ip", "user", "class", "kind", "source", "technique", "refused", "drill"]
        }
        _ => &[],
    }
}

/// The groups a row is in, each once; the empty one where it has no value.
#[must_use]
pub fn groups(row: &impl Fields, field: &str) -> Vec<String> {
    let mut all = match field {
        "range" => match row.field("src_ip") {
            Value::Address(ip) => vec![range(ip)],
            _ => addresses(row.field("address")).map(range).collect(),
        },
        _ => match row.field(field) {
            Value::Missing => Vec::new(),
            Value::Text(t) | Value::Word(t) | Value::Target(t) | Value::Named(_, t) => vec![t.to_owned()],
            Value::Severity(s) => vec![s.as_str().to_owned()],
            Value::Number(n) => vec![n.to_string()],
            Value::Time(t) => vec![t.to_string()],
            Value::Address(ip) => vec![ip.to_canonical().to_string()],
            Value::Flag(flag) => vec![flag.to_string()],
            Value::Texts(texts) => texts.to_vec(),
            kind @ Value::Kind(_, "address") => addresses(kind).map(|ip| ip.to_string()).collect(),
            Value::Kind(all, kind) => all.of_kind(kind).map(str::to_owned).collect(),
            Value::Entities(all) => all.iter().map(|(_, name)| name.to_owned()).collect(),
        },
    };
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        all.push(String::new());
    }
    all
}

/// The filter that keeps exactly the rows of a group.
#[must_use]
pub fn only(resource: Resource, field: &str, value: &str) -> String {
    let field = match (field, resource) {
        ("range", Resource::Detection) => "src_ip",
        ("range", _) => "address",
        (field, _) => field,
    };
    term(field, value)
}

/// `field="value"`, quoted so that any value reads back.
#[must_use]
pub fn term(field: &str, value: &str) -> String {
    format!("{field}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The addresses among the entities of a value.
pub(super) fn addresses(value: Value<'_>) -> impl Iterator<Item = IpAddr> {
    let all = if let Value::Kind(all, _) = value { all } else { Involved::List(&[]) };
    all.of_kind("address").filter_map(|text| text.parse().ok()).map(|ip: IpAddr| ip.to_canonical())
}

/// The /24 or /48 an address is in.
#[must_use]
pub fn around(ip: IpAddr) -> Option<IpNet> {
    let ip = ip.to_canonical();
    let bits = if ip.is_ipv4() { 24 } else { 48 };
    IpNet::new(ip, bits).map(|net| net.trunc()).ok()
}

fn range(ip: IpAddr) -> String {
    around(ip).map(|net| net.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EntityKind, EntityRef, Incident};
    use crate::query::Query;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn incident(id: u64, entities: Vec<EntityRef>, rules: Vec<String>, owner: Option<String>) -> Incident {
        let mut incident: Incident = serde_json::from_value(serde_json::json!({
            "id": id, "revision": 1, "state": "new", "title": "", "severity": "high", "score": 60,
            "entity": {"kind": "address", "value": "198.51.100.7"}, "entities": [], "rules": [], "techniques": [],
            "detections": 1, "events": 1, "opened": "2026-11-21T20:00:00.000Z", "updated": "2026-11-21T20:00:00.000Z",
            "first_event": "2026-11-21T20:00:00.000Z", "last_event": "2026-11-21T20:00:00.000Z", "contained": null,
            "owner": null, "verdict": null, "country": null, "proposals": [], "drill": false,
        }))
        .unwrap();
        (incident.entities, incident.rules) = (entities, rules);
        incident.owner = owner.map(Into::into);
        incident
    }

    fn entity() -> impl Strategy<Value = EntityRef> {
        let value = prop_oneof![
            "\\PC{0,6}",
            any::<[u8; 4]>().prop_map(|ip| IpAddr::from(ip).to_string()),
            (0u8..4).prop_map(|n| format!("203.0.113.{n}")),
            any::<u128>().prop_map(|n| std::net::Ipv6Addr::from(n).to_string()),
            Just("203.0.113.0/24".to_owned()),
        ];
        (prop::sample::select(vec!["address", "range", "user", "session"]), value)
            .prop_map(|(kind, value)| EntityRef { kind: EntityKind::from(kind), value: value.into() })
    }

    proptest! {
        /// Every figure opens exactly the rows it counts, whatever the values are.
        #[test]
        fn the_filter_of_a_group_keeps_as_many_rows_as_were_counted(
            rows in prop::collection::vec(
                (prop::collection::vec(entity(), 0..4), prop::collection::vec("[a-c*\"\\\\ ]{0,3}", 0..3),
                 prop::option::of("\\PC{0,4}")), 0..8),
        ) {
            let rows: Vec<Incident> =
                (1..).zip(rows).map(|(id, (entities, rules, owner))| incident(id, entities, rules, owner)).collect();
            for field in groupable(Resource::Incident) {
                let mut counts: BTreeMap<String, usize> = BTreeMap::new();
                for row in &rows {
                    for group in groups(row, field) {
                        *counts.entry(group).or_default() += 1;
                    }
                }
                for (value, count) in counts {
                    let text = only(Resource::Incident, field, &value);
                    let query = Query::parse_for(Resource::Incident, &text).unwrap();
                    let fitting = rows.iter().filter(|row| query.matches(*row)).count();
                    prop_assert_eq!(fitting, count, "{}", text);
                }
            }
        }
    }
}
