//! What waits for the platform while the console goes on: each request, export and pipe is a task that ends in a message.

use super::Link;
use crate::api::{Problem, ProblemKind, Wire};
use crate::command::Export;
use crate::console::app::{Msg, Tag};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A line to the platform, and where answers go.
pub(super) struct Tasks<L> {
    link: Arc<L>,
    outbox: mpsc::Sender<Msg>,
}

impl<L: Link> Tasks<L> {
    /// Over this link; what the feed says goes to the same place from now on.
    pub(super) fn new(link: Arc<L>, outbox: mpsc::Sender<Msg>) -> Self {
        let (mut feed, to) = (link.feed(), outbox.clone());
        tokio::spawn(async move {
            while let Some(said) = feed.next().await {
                if to.send(Msg::Fed(said)).await.is_err() {
                    return;
                }
            }
        });
        Self { link, outbox }
    }

    pub(super) fn send(&self, wire: Wire, tag: Tag) {
        self.answer(self.link.send(wire), |result| Msg::Replied(tag, result));
    }

    pub(super) fn export(&self, export: Export) {
        self.answer(self.link.export(export), Msg::Exported);
    }

    pub(super) fn pipe(&self, export: Export, command: String) {
        self.answer(self.link.pipe(export, command.clone()), |result| Msg::Piped(command, result));
    }

    fn answer<T: Send + 'static>(
        &self,
        work: BoxFuture<'static, Result<T, Problem>>,
        msg: impl FnOnce(Result<T, Problem>) -> Msg + Send + 'static,
    ) {
        let (task, to) = (tokio::spawn(work), self.outbox.clone());
        tokio::spawn(async move {
            let result = task.await.unwrap_or_else(|e| Err(broken(&e)));
            let _ = to.send(msg(result)).await;
        });
    }
}

/// What to say when a task of ours panicked.
fn broken(e: &tokio::task::JoinError) -> Problem {
    Problem::new(ProblemKind::Internal, "A part of the console failed", e.to_string())
        .hint("This is a mistake of ours; please report it.")
}
