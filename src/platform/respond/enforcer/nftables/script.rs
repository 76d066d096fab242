//! Scripts for `nft -f -`: each is one transaction. Made of parsed values only; no outside text gets in.

use super::elements::{Element, Elements, Set};
use crate::api::Timestamp;
use std::fmt::Write;

/// Elements per command; keeps single lines readable for whoever traces them.
const CHUNK: usize = 256;

/// Hook priority: before the usual filter chains (0), after connection tracking and its helpers.
pub const PRIORITY: i64 = -10;

/// The chains and what each looks at.
pub const CHAINS: [&str; 2] = ["input", "forward"];

/// The rules of each chain in order: the set and whether its members are dropped.
pub const RULES: [(Set, bool); 6] = [
    (Set::Allow4, false),
    (Set::Allow6, false),
    (Set::Addr4, true),
    (Set::Net4, true),
    (Set::Addr6, true),
    (Set::Net6, true),
];

/// The table written anew with exactly `elements`.
#[must_use]
pub fn whole(table: &str, elements: &Elements, now: Timestamp) -> String {
    let mut out = remove(table);
    let _ = writeln!(out, "table inet {table} {{");
    for set in Set::ALL {
        let kind = if set.is_four() { "ipv4_addr" } else { "ipv6_addr" };
        let flags = match (set.is_interval(), set.is_timed()) {
            (true, true) => "interval, timeout",
            (true, false) => "interval",
            (false, _) => "timeout",
        };
        let _ = writeln!(out, " set {} {{ type {kind}; flags {flags}; }}", set.name());
    }
    for chain in CHAINS {
        let _ = writeln!(out, " chain {chain} {{ type filter hook {chain} priority {PRIORITY}; policy accept;");
        for (set, drop) in RULES {
            let family = if set.is_four() { "ip" } else { "ip6" };
            let verdict = if drop { "counter drop" } else { "return" };
            let _ = writeln!(out, "  {family} saddr @{} {verdict}", set.name());
        }
        out.push_str(" }\n");
    }
    out.push_str("}\n");
    for set in Set::ALL {
        let members: Vec<_> = elements.iter().filter(|(e, _)| e.set == set).collect();
        add(&mut out, table, set, &members, now);
    }
    out
}

/// The change from `before` to `after`.
#[must_use]
pub fn change(table: &str, before: &Elements, after: &Elements, now: Timestamp) -> String {
    let mut out = String::new();
    for set in Set::ALL {
        let old: Vec<_> = before.iter().filter(|(e, _)| e.set == set).collect();
        let new: Vec<_> = after.iter().filter(|(e, _)| e.set == set).collect();
        if old == new {
            continue;
        }
        if set.is_interval() {
            let _ = writeln!(out, "flush set inet {table} {}", set.name());
            add(&mut out, table, set, &new, now);
            continue;
        }
        let changed: Vec<_> = new.into_iter().filter(|(e, until)| before.get(e) != Some(until)).collect();
        let gone = old.into_iter().filter(|(e, until)| after.get(e) != Some(until));
        let gone: Vec<_> = gone.collect();
        // Deleting what the kernel has let expire would fail, and adding what is there would not extend it: add,
        // delete, add works whatever is there.
        add(&mut out, table, set, &gone, now);
        delete(&mut out, table, set, &gone);
        add(&mut out, table, set, &changed, now);
    }
    out
}

/// Removes our table, whether it is there or not.
#[must_use]
pub fn remove(table: &str) -> String {
    format!("add table inet {table}\ndelete table inet {table}\n")
}

fn add(out: &mut String, table: &str, set: Set, members: &[(&Element, &Timestamp)], now: Timestamp) {
    for chunk in members.chunks(CHUNK) {
        let list: Vec<String> = chunk.iter().map(|(element, until)| timed(element, **until, now)).collect();
        let _ = writeln!(out, "add element inet {table} {} {{ {} }}", set.name(), list.join(", "));
    }
}

fn delete(out: &mut String, table: &str, set: Set, members: &[(&Element, &Timestamp)]) {
    for chunk in members.chunks(CHUNK) {
        let list: Vec<String> = chunk.iter().map(|(element, _)| element.text()).collect();
        let _ = writeln!(out, "delete element inet {table} {} {{ {} }}", set.name(), list.join(", "));
    }
}

fn timed(element: &Element, until: Timestamp, now: Timestamp) -> String {
    if !element.set.is_timed() {
        return element.text();
    }
    // Less than this and the kernel may take it for "no timeout".
    let left = until.0.saturating_sub(now.0).max(100);
    format!("{} timeout {}s{}ms", element.text(), left / 1000, left % 1000)
}

#[cfg(test)]
mod tests {
    use super::super::elements;
    use super::*;
    use crate::api::{ActionId, ActionKind};
    use crate::platform::respond::enforcer::{Desired, Order};
    use crate::platform::respond::target::Target;

    fn elements(orders: &[(&str, i64)], allow: &[&str]) -> Elements {
        let order = |(text, until): &(&str, i64)| {
            let kind = if text.contains('/') { ActionKind::BlockRange } else { ActionKind::BlockAddress };
            let target = Target::parse(&kind, text, 1).unwrap();
            Order { action: ActionId(1), target, until: Timestamp(*until) }
        };
        let allow = allow.iter().map(|a| a.parse().unwrap()).collect();
        elements::of(&Desired { generation: 1, orders: orders.iter().map(order).collect(), allow }, Timestamp(0))
    }

    #[test]
    fn a_refresh_is_add_delete_add_and_ranges_are_replaced() {
        let before = elements(&[("198.18.0.1", 9_000), ("198.18.0.2", 9_000), ("198.18.1.0/24", 9_000)], &[]);
        let after = elements(&[("198.18.0.1", 20_500), ("198.18.1.0/24", 9_000), ("198.18.1.0/25", 12_000)], &[]);
        let script = change("wf", &before, &after, Timestamp(0));
        assert_eq!(
            script,
            "add element inet wf addr4 { 198.18.0.1 timeout 9s0ms, 198.18.0.2 timeout 9s0ms }\n\
             delete element inet wf addr4 { 198.18.0.1, 198.18.0.2 }\n\
             add element inet wf addr4 { 198.18.0.1 timeout 20s500ms }\n\
             flush set inet wf net4\n\
             add element inet wf net4 { 198.18.1.0-198.18.1.127 timeout 12s0ms, 198.18.1.128-198.18.1.255 timeout 9s0ms }\n"
        );
        assert_eq!(change("wf", &after, &after, Timestamp(0)), "");
    }

    #[test]
    fn the_whole_table_begins_by_removing_only_itself() {
        let script = whole("wf", &elements(&[("2001:db8::1", 5_000)], &["198.18.9.0/24"]), Timestamp(0));
        assert!(script.starts_with("add table inet wf\ndelete table inet wf\ntable inet wf {\n"), "{script}");
        assert!(script.contains("add element inet wf addr6 { 2001:db8::1 timeout 5s0ms }\n"), "{script}");
        assert!(script.contains("add element inet wf allow4 { 198.18.9.0-198.18.9.255 }\n"), "{script}");
        assert!(!script.contains("flush ruleset"));
    }
}
