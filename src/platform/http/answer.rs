//! Answers: JSON with an ETag where there is a revision, and problem documents. Nothing else leaves the typed routes.

use crate::api::{Endpoint, Problem, ProblemKind};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use serde::Deserialize;

/// A problem as an RFC 9457 document.
pub(super) fn problem(problem: &Problem) -> Response<Body> {
    let status = match problem.status {
        status @ 400..=599 => status,
        _ => problem.kind.status(),
    };
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status {
        401 => drop(headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        429 => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
        // The rest of the body is not read: the connection is of no further use.
        413 => drop(headers.insert(header::CONNECTION, HeaderValue::from_static("close"))),
        _ => {}
    }
    response
}

/// JSON text as an answer.
pub(super) fn json(text: Bytes, etag: Option<u64>) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(value) = etag.and_then(|revision| HeaderValue::try_from(format!("\"{revision}\"")).ok()) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// The output of `E` as JSON text with its revision, if it has one.
pub(super) fn encode<E: Endpoint>(output: &E::Output) -> Result<(Bytes, Option<u64>), Problem> {
    let text = serde_json::to_vec(output).map_err(|e| {
        Problem::new(ProblemKind::Internal, format!("The answer to {} could not be written", E::NAME), e.to_string())
    })?;
    // Lists have no revision of their own, so only answers about one thing are looked at again.
    let etag = if E::PATH.contains('{') { revision(&text) } else { None };
    Ok((Bytes::from(text), etag))
}

fn revision(text: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Revised {
        revision: Option<u64>,
        incident: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        revision: Option<u64>,
    }
    // An action has an `incident` too, a number: that is no revision and no error.
    #[derive(Deserialize)]
    struct Plain {
        revision: Option<u64>,
    }
    if !text.starts_with(b"{") {
        return None;
    }
    match serde_json::from_slice::<Revised>(text) {
        Ok(Revised { revision, incident }) => revision.or_else(|| incident.and_then(|i| i.revision)),
        Err(_) => serde_json::from_slice::<Plain>(text).ok().and_then(|plain| plain.revision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_found_at_the_top_or_in_the_incident() {
        assert_eq!(revision(br#"{"id":1,"revision":7}"#), Some(7));
        assert_eq!(revision(br#"{"incident":{"id":1,"revision":9},"bill":{}}"#), Some(9));
        assert_eq!(revision(br#"{"id":1,"incident":4}"#), None);
        assert_eq!(revision(b"[1]"), None);
    }
}
