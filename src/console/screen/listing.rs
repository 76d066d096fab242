//! A list of the platform on a screen: rows by pages, the query in force, what the platform said about it. What every
//! screen with a table is made of; it turns rows' wishes into fetches and intents into motions.

use super::rows::{Order, Row, Rows, Want};
use super::{Ask, FilterLine};
use crate::api::{Endpoint, List, Page, Problem, ProblemKind, Reply};
use crate::column;
use crate::command::{Intent, Resource};
use crate::console::app::msg::Fetch;
use crate::console::overlay::columns::Columns;
use std::marker::PhantomData;

/// A list of `T` that endpoint `E` gives.
#[derive(Debug)]
pub struct Listing<E, T> {
    /// The rows.
    pub rows: Rows<T>,
    query: String,
    kind: Resource,
    /// Terms the screen adds to the operator's query.
    scope: String,
    refused: Option<Problem>,
    endpoint: PhantomData<fn() -> E>,
}

impl<E: Endpoint<Input = List, Output = Page<T>>, T: Row + column::Row + Clone> Listing<E, T> {
    /// Of rows of this kind, with this query.
    #[must_use]
    pub fn new(order: Order, query: &str, kind: Resource) -> Self {
        Self {
            rows: Rows::new(order),
            query: query.to_owned(),
            kind,
            scope: String::new(),
            refused: None,
            endpoint: PhantomData,
        }
    }

    /// Only what also fits `scope`, which the operator does not see.
    #[must_use]
    pub fn within(mut self, scope: String) -> Self {
        self.scope = scope;
        self
    }

    /// The query in force.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// What the filter bar shows.
    #[must_use]
    pub fn line(&self) -> FilterLine {
        FilterLine { text: self.query.clone(), rows: self.kind, problem: self.refused.clone() }
    }

    /// Uses another query.
    pub fn set_query(&mut self, query: String) -> Vec<Ask> {
        self.query = query;
        self.forget();
        self.refresh()
    }

    /// Forgets the rows.
    pub fn forget(&mut self) {
        self.refused = None;
        self.rows.reset();
    }

    /// Asks for the head.
    pub fn refresh(&mut self) -> Vec<Ask> {
        let want = self.rows.head();
        vec![self.fetch(want)]
    }

    fn fetch(&self, want: Want) -> Ask {
        let query = match (self.scope.is_empty(), self.query.trim().is_empty()) {
            (true, _) => self.query.clone(),
            (false, true) => self.scope.clone(),
            (false, false) => format!("{} ({})", self.scope, self.query),
        };
        let list = List { query, limit: Some(want.limit), after: want.after, ..List::default() };
        Ask::Fetch(Fetch::of::<E>(want.part, want.turn, &list))
    }

    fn fetches(&self, wants: Vec<Want>) -> Vec<Ask> {
        wants.into_iter().map(|w| self.fetch(w)).collect()
    }

    /// Takes an answer.
    pub fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match result.and_then(Reply::read::<E>) {
            Ok(page) => {
                let wants = self.rows.arrived(part, turn, page);
                self.fetches(wants)
            }
            Err(problem) => {
                if problem.kind == ProblemKind::Usage {
                    self.refused = Some(problem.clone());
                }
                self.rows.failed(turn, problem);
                Vec::new()
            }
        }
    }

    /// Takes `Move`, `ToggleMark`, the choice of columns, and `Back` while there are marks.
    pub fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion) => {
                let wants = self.rows.motion(*motion);
                Some(self.fetches(wants))
            }
            Intent::ToggleMark => {
                self.rows.toggle_mark();
                let wants = self.rows.wants();
                Some(self.fetches(wants))
            }
            Intent::MarkAll => {
                self.rows.mark_all();
                Some(Vec::new())
            }
            Intent::Back if self.rows.clear_marks() => Some(Vec::new()),
            Intent::ChooseColumns => {
                let names = T::SCREEN.iter().map(|c| c.name).filter(|name| !name.is_empty()).collect();
                Some(vec![Ask::Over(Box::new(Columns::new(names, self.rows.hidden().to_vec())))])
            }
            Intent::HideColumns(hidden) => {
                self.rows.hide(hidden.clone());
                Some(Vec::new())
            }
            _ => None,
        }
    }
}
