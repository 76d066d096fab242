//! The live stream that heals itself: it comes back with growing pauses and asks for what it missed.
//!
//! The platform tells of a gap when what was missed is no longer held; then the lists must be read again. Between two
//! gaps every update is given exactly once.

use super::sse::{Message, Parser};
use super::{Client, jitter, trouble};
use crate::api::endpoint::raw;
use crate::api::{Live, Method, Problem, ProblemKind};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Updates read ahead of whoever asks.
const AHEAD: usize = 256;
/// The platform breaks the silence every 15 seconds; after this long the line is dead.
const SILENCE: Duration = Duration::from_secs(40);

/// What the stream says.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed {
    /// The platform is there.
    Connected,
    /// The line broke or the platform said no. It is tried again after a pause.
    Lost {
        /// Why, and what to do.
        problem: Problem,
    },
    /// An update and its id.
    Update(String, Box<Live>),
    /// Updates were missed: read the lists again.
    Gap,
}

/// A live stream. It is read in the background, a little ahead of whoever asks; dropping it ends it.
#[derive(Debug)]
pub struct LiveFeed {
    feeds: mpsc::Receiver<Feed>,
    task: AbortHandle,
}

impl LiveFeed {
    pub(super) fn new(client: Client, last_id: Option<String>) -> Self {
        let (out, feeds) = mpsc::channel(AHEAD);
        let reader = Reader { client, last_id, parser: Parser::new(), pause: None, out };
        Self { feeds, task: tokio::spawn(reader.run()).abort_handle() }
    }

    /// The next thing to know. Safe to drop while waiting: nothing is lost.
    pub async fn next(&mut self) -> Feed {
        match self.feeds.recv().await {
            Some(feed) => feed,
            // The reader only ends when we do.
            None => std::future::pending().await,
        }
    }
}

impl Drop for LiveFeed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Reader {
    client: Client,
    last_id: Option<String>,
    parser: Parser,
    pause: Option<Duration>,
    out: mpsc::Sender<Feed>,
}

impl Reader {
    async fn run(mut self) {
        while !self.out.is_closed() {
            let problem = match self.open().await {
                Ok(line) => {
                    self.parser = Parser::new();
                    self.give(Feed::Connected).await;
                    self.follow(line).await
                }
                Err(problem) => problem,
            };
            let pause = self.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
            self.pause = Some(pause);
            self.give(Feed::Lost { problem }).await;
            tokio::time::sleep(jitter(pause)).await;
        }
    }

    async fn give(&self, feed: Feed) {
        // Nobody listens any more: `run` notices.
        let _ = self.out.send(feed).await;
    }

    async fn open(&self) -> Result<Response, Problem> {
        let base = &self.client.inner.base;
        let mut request = self.client.request(Method::Get, raw::STREAM)?;
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let silent = || Problem::new(ProblemKind::Unreachable, "The platform does not answer", "no answer in time");
        let response = timeout(super::REQUEST, request.send()).await.map_err(|_| silent())?;
        let response = response.map_err(|e| trouble::sending(base, &e))?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if response.status().is_success() && kind.starts_with("text/event-stream") {
            return Ok(response);
        }
        let status = response.status().as_u16();
        match self.client.answer(response).await {
            Err(problem) => Err(problem),
            Ok(_) => Err(trouble::foreign(base, status, &kind)),
        }
    }

    /// Reads the stream until it breaks, and says why it did.
    async fn follow(&mut self, mut line: Response) -> Problem {
        let broken = |why: &str| Problem::new(ProblemKind::Unreachable, "The live stream broke off", why);
        loop {
            let piece = match timeout(SILENCE, line.chunk()).await {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => return broken("the platform closed it"),
                Ok(Err(error)) => return trouble::sending(&self.client.inner.base, &error),
                Err(_) => return broken("the platform fell silent"),
            };
            let mut messages = Vec::new();
            if self.parser.feed(&piece, &mut messages).is_err() {
                return broken("a message had no end");
            }
            // Only a line that brings something is a good one: one that breaks at once must not be tried in a tight
            // loop.
            self.pause = None;
            for message in messages {
                self.take(message).await;
            }
        }
    }

    async fn take(&mut self, Message { id, data }: Message) {
        if !id.is_empty() {
            self.last_id = Some(id.clone());
        }
        match data.map(|data| serde_json::from_str::<Live>(&data)) {
            // Where we stand, before anything happened.
            None => {}
            Some(Ok(Live::Gap)) => self.give(Feed::Gap).await,
            Some(Ok(live)) => self.give(Feed::Update(id, Box::new(live))).await,
            // An update this version cannot read is an update missed.
            Some(Err(_)) => self.give(Feed::Gap).await,
        }
    }
}
