//! Rows counted by whom they are about: which group a name is in is worked out once for each name.

use super::row::One;
use super::table::Table;
use crate::platform::keyed::Keys;
use crate::query::group::{around, groups};
use crate::query::{Fields, Value};
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

/// The group of a name that was not looked at yet.
const UNKNOWN: u32 = u32::MAX;
/// A name that has no value for the field.
const NONE: u32 = u32::MAX - 1;
/// The group that is called nothing: rows without a value are in it, too.
const NOBODY: u32 = 0;

/// The counts so far.
pub(super) struct Tally<'a> {
    table: &'a Table,
    field: &'a str,
    /// Groups of names.
    of: Vec<u32>,
    /// Rows of each group, and what it is called.
    groups: Vec<(u64, String)>,
    by_net: HashMap<IpNet, u32, Keys>,
    by_title: HashMap<String, u32, Keys>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(table: &'a Table, field: &'a str) -> Self {
        Self {
            table,
            field,
            of: vec![UNKNOWN; table.names().len() as usize],
            groups: vec![(0, String::new())],
            by_net: HashMap::default(),
            by_title: HashMap::from_iter([(String::new(), NOBODY)]),
        }
    }

    /// Groups with rows in them.
    fn len(&self) -> usize {
        self.groups.len() - usize::from(self.groups[0].0 == 0)
    }

    /// Counts rows; nothing once they are in more groups than are wanted.
    pub(super) fn count(mut self, rows: &[u32], most: usize) -> Option<HashMap<String, u64>> {
        let mut own: Vec<u32> = Vec::new();
        for at in rows {
            let (numbers, listed) = self.table.who(*at);
            own.clear();
            own.extend(numbers.iter().filter(|_| listed).map(|number| self.group(*number)));
            own.retain(|group| *group != NONE);
            own.sort_unstable();
            own.dedup();
            if own.is_empty() {
                own.push(NOBODY);
            }
            own.iter().for_each(|group| self.groups[*group as usize].0 += 1);
            if self.len() > most {
                return None;
            }
        }
        Some(self.groups.into_iter().filter(|(rows, _)| *rows > 0).map(|(rows, title)| (title, rows)).collect())
    }

    /// The group of a name.
    fn group(&mut self, number: u32) -> u32 {
        let known = self.of[number as usize];
        if known != UNKNOWN {
            return known;
        }
        let (kind, name) = self.table.names().get(number);
        let one = One(kind, name);
        let title = || groups(&one, self.field).into_iter().next().unwrap_or_default();
        let ranges = self.field == "range";
        let ip = || self.table.names().four(number).map(IpAddr::from).or_else(|| name.parse().ok());
        let net = (ranges && kind == "address").then(|| around(ip()?)).flatten();
        let group = match (net, net.and_then(|net| self.by_net.get(&net))) {
            (_, Some(group)) => *group,
            (Some(net), None) => {
                let group = self.called(title());
                self.by_net.insert(net, group);
                group
            }
            (None, None) if one.field(if ranges { "address" } else { self.field }) == Value::Missing => NONE,
            (None, None) => self.called(title()),
        };
        self.of[number as usize] = group;
        group
    }

    /// The group that is called so.
    fn called(&mut self, title: String) -> u32 {
        if let Some(group) = self.by_title.get(&title) {
            return *group;
        }
        let group = u32::try_from(self.groups.len()).unwrap_or(NOBODY);
        self.groups.push((0, title.clone()));
        self.by_title.insert(title, group);
        group
    }
}
