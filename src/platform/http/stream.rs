//! `GET /v1/stream`: the hub as server-sent events.

use super::answer;
use super::door::Door;
use super::live::{Hub, Next};
use super::presence::{Presence, Seat};
use super::routes::connection;
use crate::api::presence::CONSOLE;
use crate::api::{Problem, Role, Timestamp};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Silence is broken this often, so that both ends notice a dead line.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bytes put into one piece of the body: all that a reader who does not read can hold up.
const PIECE: usize = 16 * 1024;

struct Reader {
    hub: Arc<Hub>,
    after: u64,
    /// Sent first: where the reader stands, or that it missed something.
    greeting: Option<String>,
    newest: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// Whoever reads is there as long as this is.
    _seat: Seat,
}

/// Answers one reader.
pub(super) fn answer(
    door: &Door,
    (hub, presence): (Arc<Hub>, &Arc<Presence>),
    request: &Request,
) -> Result<Response<Body>, Problem> {
    let connection = connection(request)?;
    let caller = door.admit(request.headers(), &connection, Some(&Role::Viewer))?;
    let newest = hub.watch();
    let (after, greeting) = match hub.place(last_id(request).as_deref()) {
        // An id without data: the reader can come back exactly here even if nothing happens until the line breaks.
        Ok(after) => (after, format!("retry: 1000\nid: {}\n\n", hub.id(after))),
        Err(after) => (after, format!("retry: 1000\n{}", gap(&hub, after))),
    };
    let console = request.headers().get(CONSOLE).and_then(|value| value.to_str().ok());
    let _seat = presence.enter((&caller.name, console), Timestamp(chrono::Utc::now().timestamp_millis()));
    let reader = Reader { _seat, after, greeting: Some(greeting), newest, closing: connection.closing(), hub };
    let pieces = unfold(reader, |mut reader| async move {
        let piece = reader.piece().await?;
        Some((Ok::<_, Infallible>(Bytes::from(piece)), reader))
    });
    let mut response = answer::json(Bytes::new(), None);
    *response.body_mut() = Body::from_stream(pieces);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx would otherwise keep updates back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Reader {
    /// The next piece of the body; nothing when the server stops.
    async fn piece(&mut self) -> Option<String> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            self.newest.borrow_and_update();
            match self.hub.next(self.after, PIECE) {
                Next::Updates(first, texts) => {
                    let mut piece = String::with_capacity(texts.iter().map(|t| t.len() + 64).sum());
                    for (text, number) in texts.iter().zip(first..) {
                        // JSON text holds no line break, so one data line is enough.
                        let _ = write!(piece, "id: {}\ndata: {text}\n\n", self.hub.id(number));
                        self.after = number;
                    }
                    return Some(piece);
                }
                Next::Gap(newest) => {
                    self.after = newest;
                    return Some(gap(&self.hub, newest));
                }
                Next::Nothing => {}
            }
            tokio::select! {
                changed = self.newest.changed() => changed.ok()?,
                _ = self.closing.wait_for(|close| *close) => return None,
                () = tokio::time::sleep(HEARTBEAT) => return Some(": here\n\n".into()),
            }
        }
    }
}

fn gap(hub: &Hub, after: u64) -> String {
    format!("id: {}\ndata: {{\"type\":\"gap\"}}\n\n", hub.id(after))
}

fn last_id(request: &Request) -> Option<String> {
    let header = request.headers().get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    header.or_else(|| {
        let query = request.uri().query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        pairs.into_iter().find(|(name, _)| name == "after").map(|(_, id)| id)
    })
}
