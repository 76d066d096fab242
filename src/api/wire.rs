//! How an endpoint's typed input travels: path parameters, query, JSON body, headers.
//!
//! One rule for all: fields named in the path go there; `if_match` and `idempotency_key` go to the headers of that
//! name; the rest is the query of a GET and the JSON body of everything else. `encode` is the client's half, `decode`
//! the platform's, and a property test holds them together.

use super::{Endpoint, Method, Problem, ProblemKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Fields that travel as headers: (field, header).
pub const HEADERS: [(&str, &str); 2] = [("if_match", "if-match"), ("idempotency_key", "idempotency-key")];

/// A request, ready to send and comparable in tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// Endpoint by name, e.g. `incident.claim`.
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Extra headers.
    pub headers: Vec<(&'static str, String)>,
    /// JSON body.
    pub body: Option<Value>,
}

/// An answer, not yet read as a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Endpoint by name.
    pub name: &'static str,
    /// JSON body.
    pub body: Value,
}

impl Reply {
    /// Reads the answer as `E`'s output.
    ///
    /// # Errors
    /// The answer does not have the shape of the contract.
    pub fn read<E: Endpoint>(self) -> Result<E::Output, Problem> {
        serde_json::from_value(self.body).map_err(|e| {
            Problem::new(
                ProblemKind::Internal,
                format!("The platform's answer to {} could not be read", E::NAME),
                e.to_string(),
            )
            .hint("Console and platform may be of versions that do not fit together: compare `watchfloor --version`.")
        })
    }
}

impl Wire {
    /// Puts an input on the wire.
    #[must_use]
    pub fn of<E: Endpoint>(input: &E::Input) -> Self {
        let fields = match serde_json::to_value(input) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        Self::put(E::NAME, E::METHOD, E::PATH, fields)
    }

    fn put(name: &'static str, method: Method, template: &str, mut fields: Map<String, Value>) -> Self {
        let mut headers = Vec::new();
        for (field, header) in HEADERS {
            if let Some(value) = fields.remove(field).as_ref().and_then(plain) {
                headers.push((header, value));
            }
        }
        let mut path = String::new();
        for (i, segment) in template.split('/').enumerate() {
            if i > 0 {
                path.push('/');
            }
            match parameter(segment) {
                Some(name) => {
                    path.push_str(&percent(&fields.remove(name).as_ref().and_then(plain).unwrap_or_default()))
                }
                None => path.push_str(segment),
            }
        }
        let body = if method == Method::Get {
            let query: Vec<_> = fields.iter().filter_map(|(k, v)| plain(v).map(|v| (k.as_str(), v))).collect();
            if !query.is_empty() {
                path.push('?');
                path.push_str(&serde_urlencoded::to_string(&query).unwrap_or_default());
            }
            None
        } else {
            Some(Value::Object(fields))
        };
        Self { name, method, path, headers, body }
    }
}

/// Reads an input back: `path` and `headers` as (field, value), `query` as sent, `body` as parsed JSON.
///
/// # Errors
/// A sentence that names the field and what was expected.
pub fn decode<T: DeserializeOwned>(
    method: Method,
    path: &[(String, String)],
    headers: &[(String, String)],
    query: &str,
    body: Option<Value>,
) -> Result<T, String> {
    if method == Method::Get {
        return serde_urlencoded::from_str(&joined(path, headers, query)?).map_err(|e| e.to_string());
    }
    serde_json::from_value(Value::Object(fields(path, headers, body)?)).map_err(|e| e.to_string())
}

/// All fields of a GET, as one query.
fn joined(path: &[(String, String)], headers: &[(String, String)], query: &str) -> Result<String, String> {
    let mut pairs: Vec<(String, String)> = path.iter().chain(headers).cloned().collect();
    pairs.extend(serde_urlencoded::from_str::<Vec<(String, String)>>(query).map_err(|e| e.to_string())?);
    serde_urlencoded::to_string(&pairs).map_err(|e| e.to_string())
}

/// All fields of anything else, as one object.
fn fields(
    path: &[(String, String)],
    headers: &[(String, String)],
    body: Option<Value>,
) -> Result<Map<String, Value>, String> {
    let mut fields = match body {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => return Err("the body must be a JSON object".into()),
    };
    for (name, value) in path.iter().chain(headers) {
        // Ids and revisions are numbers; a key is text even if it looks like one.
        let number = if name == "idempotency_key" { None } else { value.parse::<u64>().ok() };
        fields.insert(name.clone(), number.map_or_else(|| Value::String(value.clone()), Value::from));
    }
    Ok(fields)
}

/// `{id}` as `id`.
#[must_use]
pub fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(s) => Some(s.clone()),
        other => Some(other.to_string()),
    }
}

/// Percent-encodes everything outside RFC 3986's unreserved set.
#[must_use]
pub fn percent(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
