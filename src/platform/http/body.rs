//! Reading requests: the typed input of an endpoint, bodies within limits of size and time.

use crate::api::{Endpoint, Method, Problem, ProblemKind, wire};
use crate::text::human::bytes;
use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::HeaderMap;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a JSON body.
pub const BODY_LIMIT: usize = 1 << 20;
/// How long a body may take to arrive.
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);

/// What came with a request, not yet read as the input of an endpoint.
pub(super) struct Received {
    path: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    query: String,
    body: Option<Value>,
}

impl Received {
    /// Reads it as the input of `E`.
    pub(super) fn input<E: Endpoint>(self) -> Result<E::Input, Problem> {
        wire::decode(E::METHOD, &self.path, &self.headers, &self.query, self.body).map_err(|why| bad(E::NAME, why))
    }
}

fn bad(name: &str, why: String) -> Problem {
    Problem::new(ProblemKind::Usage, format!("The request to {name} cannot be understood"), why)
        .hint("The contract is at /v1/openapi.json.")
}

/// Takes in a request to the endpoint `name`: path, query, headers, JSON body.
pub(super) async fn receive(name: &str, method: Method, request: Request) -> Result<Received, Problem> {
    let (mut parts, body) = request.into_parts();
    let bad = |why: String| bad(name, why);
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|e| bad(e.body_text()))?;
    let path = path.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let headers = fields(&parts.headers).map_err(bad)?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let body = if method == Method::Get {
        None
    } else {
        let body = read_body(body).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            None
        } else {
            Some(serde_json::from_slice(&body).map_err(|e| bad(format!("the body is no JSON: {e}")))?)
        }
    };
    Ok(Received { path, headers, query, body })
}

/// Fields that travel as headers. `If-Match` comes as an ETag, `"7"`, or bare.
fn fields(headers: &HeaderMap) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    for (field, header) in wire::HEADERS {
        let Some(value) = headers.get(header) else { continue };
        let value = value.to_str().map_err(|_| format!("the header {header} holds more than plain ASCII"))?.trim();
        let value = if field == "if_match" { value.trim_matches('"') } else { value };
        if field == "if_match" && value == "*" {
            continue;
        }
        if field == "if_match" && value.parse::<u64>().is_err() {
            return Err("the header if-match must hold the ETag of an earlier answer, for example \"7\"".into());
        }
        out.push((field.to_owned(), value.to_owned()));
    }
    Ok(out)
}

async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    let (whole, rest) = read_up_to(body, BODY_LIMIT).await?;
    match rest {
        None => Ok(whole),
        Some(mut rest) => {
            discard(&mut rest).await;
            Err(too_large(format!("a body may have {}", bytes(BODY_LIMIT as u64))))
        }
    }
}

/// The first `most` bytes of a body. What goes beyond is read and forgotten.
pub(super) async fn beginning(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let (start, rest) = read_up_to(body, most).await?;
    if let Some(mut rest) = rest {
        discard(&mut rest).await;
    }
    Ok(start)
}

/// The first `most` bytes, and where to read on if there are more.
async fn read_up_to(body: Body, most: usize) -> Result<(Vec<u8>, Option<BodyDataStream>), Problem> {
    let mut stream = body.into_data_stream();
    let mut start = Vec::new();
    let read = async {
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| torn(&e))?;
            let room = most - start.len();
            start.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() > room {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let more = timeout(BODY_TIME, read).await.unwrap_or_else(|_| Err(late()))?;
    Ok((start, more.then_some(stream)))
}

/// Reads on for a moment without keeping anything: an answer to a sender that is still sending would be lost in the
/// reset that closing with unread input causes.
pub(super) async fn discard(stream: &mut BodyDataStream) {
    let mut left = 16 * BODY_LIMIT;
    let drain = async {
        while let Some(Ok(piece)) = stream.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended in time does not matter: the connection is closed after the answer.
    let _ = timeout(Duration::from_secs(2), drain).await;
}

pub(super) fn too_large(why: String) -> Problem {
    Problem::new(ProblemKind::TooLarge, "The request is too large", why)
}

pub(super) fn late() -> Problem {
    Problem::new(
        ProblemKind::Usage,
        "The request's body did not arrive",
        format!("nothing more of it came for {} seconds", BODY_TIME.as_secs()),
    )
}

pub(super) fn torn(error: &axum::Error) -> Problem {
    Problem::new(ProblemKind::Usage, "The request's body could not be read", error.to_string())
}
