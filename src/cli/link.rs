//! The console's line to a platform, bound to the client.

use super::veiled::Veiled;
use crate::api::{Problem, Reply, Wire};
use crate::client::{self, Client};
use crate::command::Export;
use crate::console::app::Feed;
use crate::console::runtime::Link;
use crate::export::{self, Order, Reader};
use crate::text::human;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

/// How to find the platform of this host anew; nothing when it is as it was.
pub(super) type Find = Arc<dyn Fn() -> Option<Client> + Send + Sync>;

/// A client as the console sees it. The platform of this host may end and start again under another token or port:
/// whenever the line is lost, its note is read again.
#[derive(Clone)]
pub(super) struct ClientLink {
    client: Arc<RwLock<Client>>,
    find: Option<Find>,
    /// What pseudonyms are made with.
    key: [u8; 32],
    /// Which console this is.
    console: String,
}

impl ClientLink {
    pub(super) fn new(client: Client, find: Option<Find>, key: [u8; 32], console: String) -> Self {
        Self { client: Arc::new(RwLock::new(client)), find, key, console }
    }

    fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True when the platform is now called elsewhere or otherwise.
    fn look_again(&self) -> bool {
        let Some(new) = self.find.as_ref().and_then(|find| find()) else { return false };
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = new;
        true
    }
}

/// Exports from the console run to their end.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Link for ClientLink {
    fn send(&self, wire: Wire) -> BoxFuture<'static, Result<Reply, Problem>> {
        let client = self.client();
        Box::pin(async move { client.send(wire).await })
    }

    fn feed(&self) -> BoxStream<'static, Feed> {
        let link = self.clone();
        Box::pin(stream::unfold((link.client().live_at(&link.console), link), |(mut feed, link)| async {
            let said = match feed.next().await {
                // What was missed is read again by whoever is told that the line is back.
                client::Feed::Connected => Feed::Connected,
                client::Feed::Lost { problem } => {
                    if link.look_again() {
                        feed = link.client().live_at(&link.console);
                    }
                    Feed::Lost(problem)
                }
                client::Feed::Update(_, update) => Feed::Update(update),
                client::Feed::Replaced(updates) => Feed::Replaced(updates),
                client::Feed::Gap => Feed::Gap,
            };
            Some((said, (feed, link)))
        }))
    }

    fn pipe(&self, export: Export, command: String) -> BoxFuture<'static, Result<String, Problem>> {
        let (client, key) = (self.client(), self.key);
        Box::pin(async move {
            match export.pseudonyms {
                true => super::pipe::run(&Veiled::new(&client, key), export, &command).await,
                false => super::pipe::run(&client, export, &command).await,
            }
        })
    }

    fn export(&self, export: Export) -> BoxFuture<'static, Result<String, Problem>> {
        let (client, key) = (self.client(), self.key);
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
            let done = match order.export.pseudonyms {
                true => export::run(&Veiled::new(&client, key), order).await,
                false => export::run(&client, order).await,
            };
            let done = done.map_err(export::Error::problem)?;
            Ok(format!("{} written to {}", human::counted(done.rows, "rows"), crate::text::visible::escape(&to)))
        })
    }
}
