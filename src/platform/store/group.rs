//! Incidents and detections counted by a field, to the end: page after page while time is left, and a cursor where it is not.

use super::count::ranked;
use super::event::query;
use super::incident::{DETECTION, INCIDENT};
use super::past::Then;
use super::state::Table;
use super::{Error, Store};
use crate::api::endpoint::{GroupInput, Groups};
use crate::api::{Detection, Incident, List};
use crate::query::Fields;
use crate::query::group::{groupable, groups};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::time::Instant;

/// Different values in one answer; with more of them the rest comes with the next.
const VALUES_MAX: usize = 50_000;

/// Only by some fields rows can be grouped.
fn check(table: Table, field: &str) -> Result<(), Error> {
    let fields = groupable(table.resource);
    if fields.contains(&field) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} cannot be grouped by that; by {} they can",
        table.resource.as_str(),
        fields.join(", ")
    )))
}

impl Store {
    /// Rows by the values of a field, or of a part of them with where to go on.
    ///
    /// # Errors
    /// A wrong query, field or cursor; the state file cannot be read.
    pub fn groups(&self, input: &GroupInput) -> Result<Groups, Error> {
        match input.rows.as_str() {
            "incidents" if input.at.is_none() && input.after.is_none() => {
                check(INCIDENT, &input.field)?;
                let query = query(INCIDENT.resource, &input.query, None)?;
                match self.roll.groups(&query, &input.field, VALUES_MAX) {
                    Some((counts, rows)) => Ok(Groups { groups: ranked(counts, usize::MAX), rows, next: None }),
                    None => self.grouped::<Incident>(INCIDENT, input),
                }
            }
            "incidents" => self.grouped::<Incident>(INCIDENT, input),
            "detections" => self.grouped::<Detection>(DETECTION, input),
            _ => Err(Error::Usage("only incidents and detections are counted like that".into())),
        }
    }

    fn grouped<T: Fields + Then + DeserializeOwned>(&self, table: Table, input: &GroupInput) -> Result<Groups, Error> {
        check(table, &input.field)?;
        let mut list = List {
            query: input.query.clone(),
            at: input.at,
            after: input.after.clone(),
            limit: Some(1000),
            ..List::default()
        };
        let deadline = Instant::now() + self.budget;
        let (mut counts, mut rows) = (HashMap::new(), 0);
        loop {
            let page = self.page::<T>(table, &list)?;
            rows += page.items.len() as u64;
            for value in page.items.iter().flat_map(|row| groups(row, &input.field)) {
                *counts.entry(value).or_insert(0) += 1;
            }
            list.after = page.next;
            if list.after.is_none() || counts.len() >= VALUES_MAX || Instant::now() >= deadline {
                return Ok(Groups { groups: ranked(counts, usize::MAX), rows, next: list.after });
            }
        }
    }
}
