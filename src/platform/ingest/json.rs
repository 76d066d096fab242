//! What the JSON formats share that are not hot: reaching into values without trusting their shape.

use super::address;
use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;

/// The object a line holds.
#[must_use]
pub fn object(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

/// The value at a path of keys.
#[must_use]
pub fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// Text at a path; numbers and truth values are written out.
#[must_use]
pub fn text(value: &Value, path: &[&str]) -> Option<Cow<'static, str>> {
    match at(value, path)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Cow::Owned(text.clone())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        _ => None,
    }
}

/// Text at the first of several paths that has any.
#[must_use]
pub fn first(value: &Value, paths: &[&[&str]]) -> Option<Cow<'static, str>> {
    paths.iter().find_map(|path| text(value, path))
}

/// Text, empty where there is none.
#[must_use]
pub fn plain(value: &Value, path: &[&str]) -> Cow<'static, str> {
    text(value, path).unwrap_or(Cow::Borrowed(""))
}

/// A number at a path, also one written as text.
#[must_use]
pub fn number(value: &Value, path: &[&str]) -> Option<i64> {
    match at(value, path)? {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A number that fits; 0 where there is none.
#[must_use]
pub fn small<T: TryFrom<i64> + Default>(value: &Value, path: &[&str]) -> T {
    number(value, path).and_then(|n| T::try_from(n).ok()).unwrap_or_default()
}

/// An address at a path.
#[must_use]
pub fn ip(value: &Value, path: &[&str]) -> Option<IpAddr> {
    at(value, path)?.as_str().and_then(address::parse)
}
