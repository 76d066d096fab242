//! The live stream that heals itself: it comes back with growing pauses and asks for what it missed.
//!
//! The platform tells of a gap when what was missed is no longer held; then the lists must be read again. Between two
//! gaps every update is given exactly once; a console is spared those that are replaced before it could show them.

use super::burst::thin;
use super::sse::{Message, Parser};
use super::{Client, jitter, trouble};
use crate::api::endpoint::raw;
use crate::api::presence::CONSOLE;
use crate::api::{Live, Method, Problem, ProblemKind};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Updates read ahead of whoever asks.
const AHEAD: usize = 256;
/// Messages in one piece from which on a stream is a flood.
const FLOOD: usize = 16;
/// What comes in a flood within so long is taken together,
const MOMENT: Duration = Duration::from_millis(20);
/// but no more than so many bytes.
const MOMENT_BYTES: usize = 4 << 20;
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
    /// So many updates of incidents are left out: each is replaced by one that follows. Only a console is told so.
    Replaced(u64),
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
    pub(super) fn new(client: Client, last_id: Option<String>, console: Option<String>) -> Self {
        let (out, feeds) = mpsc::channel(AHEAD);
        let reader = Reader { client, last_id, console, parser: Parser::new(), pause: None, out };
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
    /// Which console listens.
    console: Option<String>,
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
        if let Some(console) = &self.console {
            request = request.header(CONSOLE, console);
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
        loop {
            let mut messages = Vec::new();
            let mut bytes = match self.hear(&mut line, SILENCE, &mut messages).await {
                Ok(bytes) => bytes,
                Err(end) => return end.unwrap_or_else(|| broken("the platform fell silent")),
            };
            // Only a line that brings something is a good one: one that breaks at once must not be tried in a tight
            // loop.
            self.pause = None;
            let mut ended = None;
            if self.console.is_some() && messages.len() >= FLOOD {
                let until = Instant::now() + MOMENT;
                while let Some(left) = until.checked_duration_since(Instant::now()).filter(|_| bytes < MOMENT_BYTES) {
                    match self.hear(&mut line, left, &mut messages).await {
                        Ok(more) => bytes += more,
                        Err(end) => {
                            ended = end;
                            break;
                        }
                    }
                }
                let replaced = thin(&mut messages);
                if replaced > 0 {
                    self.give(Feed::Replaced(replaced)).await;
                }
            }
            for message in messages {
                self.take(message).await;
            }
            if let Some(problem) = ended {
                return problem;
            }
        }
    }

    /// Waits for the next piece, at most so long, and takes in the messages that it completes; gives its length. An error
    /// is why the line ended, or nothing when that was all for now.
    async fn hear(
        &mut self,
        line: &mut Response,
        most: Duration,
        messages: &mut Vec<Message>,
    ) -> Result<usize, Option<Problem>> {
        let piece = match timeout(most, line.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return Err(Some(broken("the platform closed it"))),
            Ok(Err(error)) => return Err(Some(trouble::sending(&self.client.inner.base, &error))),
            Err(_) => return Err(None),
        };
        self.parser.feed(&piece, messages).map_err(|_| Some(broken("a message had no end")))?;
        Ok(piece.len())
    }

    async fn take(&mut self, Message { id, data }: Message) {
        if !id.is_empty() {
            self.last_id = Some(id.clone());
        }
        match data.map(|data| read(&data)) {
            // Where we stand, before anything happened.
            None => {}
            Some(Ok(Live::Gap)) => self.give(Feed::Gap).await,
            Some(Ok(live)) => self.give(Feed::Update(id, Box::new(live))).await,
            // An update this version cannot read is an update missed.
            Some(Err(_)) => self.give(Feed::Gap).await,
        }
    }
}

fn broken(why: &str) -> Problem {
    Problem::new(ProblemKind::Unreachable, "The live stream broke off", why)
}

/// Reads an update. Where the platform says first that it is an incident, it is read as one at once: what may be of any
/// kind has to be held in a form that fits all of them first, which takes half as long again.
fn read(data: &str) -> Result<Live, serde_json::Error> {
    if data.starts_with("{\"type\":\"incident\",") {
        return serde_json::from_str(data).map(Live::Incident);
    }
    serde_json::from_str(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidents_are_read_as_what_they_are() {
        let incident: crate::api::Incident = serde_json::from_value(serde_json::json!({
            "id": 7, "revision": 1, "state": "new", "title": "\u{1b}", "severity": "high", "score": 60,
            "entity": {"kind": "address", "value": "198.51.100.7"}, "entities": [], "rules": [], "techniques": [],
            "detections": 1, "events": 1, "opened": "2026-11-21T20:00:00.000Z", "updated": "2026-11-21T20:00:00.000Z",
            "first_event": "2026-11-21T20:00:00.000Z", "last_event": "2026-11-21T20:00:00.000Z", "contained": null,
            "owner": null, "verdict": null, "country": null, "proposals": [], "drill": false,
        }))
        .unwrap();
        let text = serde_json::to_string(&Live::Incident(incident.clone())).unwrap();
        assert!(text.starts_with("{\"type\":\"incident\","), "the platform says first what it is: {text}");
        assert_eq!(read(&text).unwrap(), Live::Incident(incident));
        assert_eq!(read(&text).unwrap(), serde_json::from_str::<Live>(&text).unwrap());
        assert!(read("{\"type\":\"incident\",\"id\":7}").is_err());
        assert_eq!(read("{\"type\":\"gap\"}").unwrap(), Live::Gap);
        assert_eq!(read("{\"type\":\"new kind\"}").unwrap(), Live::Other);
    }
}
