//! `POST /v1/ingest`: NDJSON as it arrives, handed on in chunks of whole lines, never held as a whole.

use super::answer;
use super::body::{BODY_TIME, discard, late, too_large, torn};
use super::door::{Caller, Door};
use super::routes::{broken, connection};
use crate::api::endpoint::Ingested;
use crate::api::{Problem, ProblemKind, Role};
use crate::text::human::{bytes, count};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, header};
use bytes::Bytes;
use futures_util::StreamExt;
use std::sync::Arc;
use tokio::time::timeout;

/// Bytes of one line.
pub const LINE_LIMIT: usize = 1 << 20;
/// Bytes of one request.
pub const REQUEST_LIMIT: usize = 64 << 20;
/// Bytes handed on at once.
const CHUNK: usize = 256 << 10;

/// Takes in whole lines.
pub(super) type Take = dyn Fn(&Caller, Vec<u8>) -> Result<Ingested, Problem> + Send + Sync;

/// Answers one upload.
pub(super) async fn answer(door: &Door, take: Arc<Take>, request: Request) -> Result<Response<Body>, Problem> {
    let caller = door.admit(request.headers(), &connection(&request)?, Some(&Role::Ingest))?;
    if request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let why = "the body is compressed; send it plain";
        return Err(Problem::new(ProblemKind::Usage, "The records cannot be read", why));
    }
    let mut intake = Intake { take, caller: Arc::new(caller), taken: Ingested { accepted: 0, unparsed: 0 } };
    let outcome = intake.read(request.into_body()).await;
    outcome.map_err(|problem| intake.told(problem))?;
    let text = serde_json::to_vec(&intake.taken).unwrap_or_default();
    Ok(answer::json(Bytes::from(text), None))
}

struct Intake {
    take: Arc<Take>,
    caller: Arc<Caller>,
    taken: Ingested,
}

impl Intake {
    async fn read(&mut self, body: Body) -> Result<(), Problem> {
        let mut stream = body.into_data_stream();
        let mut held: Vec<u8> = Vec::new();
        let (mut total, mut whole) = (0usize, 0usize);
        while let Some(piece) = timeout(BODY_TIME, stream.next()).await.map_err(|_| late())? {
            let piece = piece.map_err(|e| torn(&e))?;
            total += piece.len();
            whole = memchr::memrchr(b'\n', &piece).map_or(whole, |end| held.len() + end + 1);
            held.extend_from_slice(&piece);
            let refusal = if total > REQUEST_LIMIT {
                Some(format!("one request may have {}; send several", bytes(REQUEST_LIMIT as u64)))
            } else if held.len() - whole > LINE_LIMIT || has_long_line(&held[..whole]) {
                Some(format!("one line may have {}", bytes(LINE_LIMIT as u64)))
            } else {
                None
            };
            if let Some(why) = refusal {
                discard(&mut stream).await;
                return Err(too_large(why));
            }
            if whole >= CHUNK {
                let rest = held.split_off(whole);
                whole = 0;
                self.hand_on(std::mem::replace(&mut held, rest)).await?;
            }
        }
        self.finish(held).await
    }

    /// The last lines. One without a line break counts if it is whole JSON; else the sender was cut off.
    async fn finish(&mut self, mut held: Vec<u8>) -> Result<(), Problem> {
        let whole = memchr::memrchr(b'\n', &held).map_or(0, |end| end + 1);
        let last = held.split_off(whole);
        let truncated = !last.is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(&last).is_err();
        if !truncated && !last.is_empty() {
            held.extend_from_slice(&last);
            held.push(b'\n');
        }
        if !held.is_empty() {
            self.hand_on(held).await?;
        }
        if truncated {
            let why = "it ends in the middle of a record";
            return Err(Problem::new(ProblemKind::Usage, "The last line is cut off", why));
        }
        Ok(())
    }

    async fn hand_on(&mut self, lines: Vec<u8>) -> Result<(), Problem> {
        let (take, caller) = (self.take.clone(), self.caller.clone());
        let taken = tokio::task::spawn_blocking(move || take(&caller, lines)).await;
        let taken = taken.map_err(|e| broken("ingest", &e))??;
        self.taken.accepted += taken.accepted;
        self.taken.unparsed += taken.unparsed;
        Ok(())
    }

    /// Says how far it came, so that the sender can go on from there.
    fn told(&self, problem: Problem) -> Problem {
        problem.hint(format!("{} records before it were taken in; send the rest again.", count(self.taken.accepted)))
    }
}

fn has_long_line(lines: &[u8]) -> bool {
    lines.len() > LINE_LIMIT && lines.split(|b| *b == b'\n').any(|line| line.len() > LINE_LIMIT)
}
