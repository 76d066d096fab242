//! What the console needs of a client. Boxed futures, so that whoever binds a client to it is free in how.

use crate::api::{Problem, Reply, Wire};
use crate::command::Export;
use crate::console::app::Feed;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// A connection to a platform.
pub trait Link: Send + Sync + 'static {
    /// Sends a request.
    fn send(&self, wire: Wire) -> BoxFuture<'static, Result<Reply, Problem>>;
    /// The live feed. It heals itself and does not end.
    fn feed(&self) -> BoxStream<'static, Feed>;
    /// Writes rows to the input of a shell command; gives what it wrote, cut where it is long.
    fn pipe(&self, export: Export, command: String) -> BoxFuture<'static, Result<String, Problem>>;
    /// Writes rows to a file; says what was written.
    fn export(&self, export: Export) -> BoxFuture<'static, Result<String, Problem>>;
}
