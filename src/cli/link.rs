//! The console's line to a platform, bound to the client.

use crate::api::{Problem, Reply, Wire};
use crate::client::{self, Client};
use crate::command::Export;
use crate::console::app::Feed;
use crate::console::runtime::Link;
use crate::export::{self, Order, Reader};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use std::sync::atomic::AtomicBool;

/// A client as the console sees it.
pub(super) struct ClientLink(pub Client);

/// Exports from the console run to their end.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Link for ClientLink {
    fn send(&self, wire: Wire) -> BoxFuture<'static, Result<Reply, Problem>> {
        let client = self.0.clone();
        Box::pin(async move { client.send(wire).await })
    }

    fn feed(&self) -> BoxStream<'static, Feed> {
        Box::pin(stream::unfold(self.0.live(None), |mut feed| async {
            let said = match feed.next().await {
                client::Feed::Connected => Feed::Connected,
                client::Feed::Lost { problem } => Feed::Lost(problem),
                client::Feed::Update(_, update) => Feed::Update(update),
                client::Feed::Gap => Feed::Gap,
            };
            Some((said, feed))
        }))
    }

    fn export(&self, export: Export) -> BoxFuture<'static, Result<String, Problem>> {
        let client = self.0.clone();
        Box::pin(async move {
            let to = export.out.clone().unwrap_or_default();
            let order = Order {
                export,
                reader: Reader::Machine,
                now: super::now(),
                progress: false,
                stop: &NEVER,
                stdout: Box::new(std::io::sink()),
            };
            let done = export::run(&client, order).await.map_err(export::Error::problem)?;
            Ok(format!("{} rows written to {}", done.rows, crate::text::visible::escape(&to)))
        })
    }
}
