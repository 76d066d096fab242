//! A platform whose answers come with pseudonyms.

use crate::api::veiled::{counted, hide, hide_problem, reveal};
use crate::api::{Problem, Reply, Wire};
use crate::export::Remote;
use crate::text::veil::Veil;
use futures_util::future::BoxFuture;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// See the module.
pub(super) struct Veiled<'a> {
    remote: &'a dyn Remote,
    veil: Mutex<Veil>,
}

impl<'a> Veiled<'a> {
    /// With pseudonyms by this key.
    pub(super) fn new(remote: &'a dyn Remote, key: [u8; 32]) -> Self {
        Self { remote, veil: Mutex::new(Veil::new(key)) }
    }

    fn veil(&self) -> MutexGuard<'_, Veil> {
        self.veil.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remote for Veiled<'_> {
    fn send(&self, mut wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        let of = counted(&wire);
        reveal(&mut wire, &self.veil());
        Box::pin(async move {
            match self.remote.send(wire).await {
                Ok(mut reply) => {
                    hide(&mut reply, of, &mut self.veil());
                    Ok(reply)
                }
                Err(mut problem) => {
                    hide_problem(&mut problem, &self.veil());
                    Err(problem)
                }
            }
        })
    }
}
