//! A record as Sigma rules see it: the taxonomy's field names over our fields, or over the JSON of the line.

use super::family::Family;
use crate::platform::detect::rules::Row;
use crate::query::row::path;
use rsigma_eval::event::{Event, EventValue};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// Deepest JSON that words are looked for in.
const DEPTH_MAX: usize = 32;

/// See the module. JSON is read only when a rule asks.
pub struct View<'a> {
    row: &'a Row<'a>,
    family: Family,
    json: OnceCell<Value>,
}

impl<'a> View<'a> {
    /// The event as rules of a family see it.
    #[must_use]
    pub fn new(row: &'a Row<'a>, family: Family) -> Self {
        Self { row, family, json: OnceCell::new() }
    }

    fn json(&self) -> &Value {
        self.json.get_or_init(|| serde_json::from_str(&self.row.record.raw).unwrap_or(Value::Null))
    }

    fn web(&self, field: &str) -> Option<EventValue<'_>> {
        let record = self.row.record;
        let http = record.http.as_ref()?;
        let path = path(&http.url);
        let text = |text: &'a str| Some(EventValue::Str(Cow::Borrowed(text)));
        match field {
            "cs-method" | "c-method" => text(&http.method),
            // Rules look for paths in the query as often as not: where they were written the field held both.
            "cs-uri" | "c-uri" | "cs-uri-query" | "c-uri-query" => text(&http.url),
            "cs-uri-stem" | "c-uri-stem" => text(path),
            "c-uri-extension" | "cs-uri-extension" => {
                path.rsplit_once('/').map_or(path, |(_, last)| last).rsplit_once('.').and_then(|(_, kind)| text(kind))
            }
            "sc-status" | "cs-status" => Some(EventValue::Int(i64::from(http.status))),
            "sc-bytes" | "cs-bytes" => i64::try_from(http.bytes).ok().map(EventValue::Int),
            "cs-user-agent" | "c-useragent" | "cs-useragent" => text(&http.agent),
            "cs-referer" | "cs-referrer" | "c-referer" => text(&http.referer),
            "c-ip" | "src_ip" => record.src_ip.map(|ip| EventValue::Str(Cow::Owned(ip.to_canonical().to_string()))),
            "cs-username" => record.user.as_deref().and_then(text),
            "cs-host" | "r-dns" => match absolute(&http.url) {
                Some(host) => text(host),
                None => record.host.as_deref().and_then(text),
            },
            _ => None,
        }
    }

    fn linux(&self, field: &str) -> Option<EventValue<'_>> {
        let record = self.row.record;
        let text = |text: Option<&'a str>| text.map(|t| EventValue::Str(Cow::Borrowed(t)));
        match field {
            "message" | "msg" => text(Some(self.row.message())),
            "program" | "processname" | "process_name" => text(record.program),
            "user" | "username" => text(record.user.as_deref()),
            "host" | "hostname" | "computer" => text(record.host.as_deref()),
            "src_ip" | "source_ip" | "c-ip" => {
                record.src_ip.map(|ip| EventValue::Str(Cow::Owned(ip.to_canonical().to_string())))
            }
            _ => None,
        }
    }

    /// What a Workspace report says under the names of Sigma's rules: the event's, or those of its parameters.
    fn workspace(&self, field: &str) -> Option<EventValue<'_>> {
        let json = self.json();
        let event = json.get("events")?.get(0)?;
        if field.eq_ignore_ascii_case("eventService") {
            let application = json.get("id")?.get("applicationName")?.as_str()?;
            return Some(EventValue::Str(Cow::Owned(format!("{application}.googleapis.com"))));
        }
        if field.eq_ignore_ascii_case("eventName") {
            return event.get("name").map(EventValue::from);
        }
        let parameters = event.get("parameters").and_then(Value::as_array);
        let is =
            |p: &&Value| p.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(field));
        let parameter = parameters.into_iter().flatten().find(is);
        let value =
            parameter.and_then(|p| ["value", "multiValue", "intValue", "boolValue"].iter().find_map(|k| p.get(k)));
        value.or_else(|| member(json, field)).map(EventValue::from)
    }

    /// The texts of what is no JSON.
    fn texts(&self) -> [&str; 4] {
        let record = self.row.record;
        match (self.family, &record.http) {
            (Family::Web | Family::Proxy, Some(http)) => {
                [&http.url, &http.agent, &http.referer, record.user.as_deref().unwrap_or("")]
            }
            (Family::Linux, _) => [self.row.message(), "", "", ""],
            _ => [&record.raw, "", "", ""],
        }
    }
}

/// The host of an absolute URL or of a CONNECT target.
fn absolute(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map(|(_, rest)| rest)?;
    Some(rest.split(['/', '?', '#', ':']).next().unwrap_or(rest))
}

/// `key=value` and `key="value"` of an audit record.
fn pair<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.match_indices(key).find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = text[at + key.len()..].strip_prefix('=')?;
        if before.is_some_and(|c| !c.is_whitespace() && c != '\'') {
            return None;
        }
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([' ', '\t', '\'', '\u{1d}']).next(),
        }
    })
}

/// The value at a dotted path; where the letters' case differs, it counts too.
fn member<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let find = |object: &'v Value, key: &str| match object {
        Value::Object(map) => {
            map.get(key).or_else(|| map.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v))
        }
        Value::Array(items) => items.iter().find_map(|item| item.get(key)),
        _ => None,
    };
    find(value, path).or_else(|| path.split('.').try_fold(value, find))
}

fn visit(value: &Value, depth: usize, see: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) if depth < DEPTH_MAX => items.iter().any(|v| visit(v, depth + 1, see)),
        Value::Object(map) if depth < DEPTH_MAX => map.values().any(|v| visit(v, depth + 1, see)),
        _ => false,
    }
}

impl Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match self.family {
            Family::Web | Family::Proxy => self.web(&path.to_ascii_lowercase()),
            Family::Linux => self.linux(&path.to_ascii_lowercase()),
            Family::Auditd => pair(self.row.message(), path).map(|t| EventValue::Str(Cow::Borrowed(t))),
            Family::Application => None,
            Family::Workspace => self.workspace(path),
            _ => member(self.json(), path).map(EventValue::from),
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        if self.family.is_json() {
            return visit(self.json(), 0, &mut |text| pred(text));
        }
        self.texts().iter().any(|text| !text.is_empty() && pred(text))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        if self.family.is_json() {
            let mut all = Vec::new();
            visit(self.json(), 0, &mut |text| {
                all.push(Cow::Owned(text.to_owned()));
                false
            });
            return all;
        }
        self.texts().iter().filter(|t| !t.is_empty()).map(|t| Cow::Borrowed(*t)).collect()
    }

    fn to_json(&self) -> Value {
        if self.family.is_json() {
            return self.json().clone();
        }
        serde_json::json!({ "message": self.row.message() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audit_pairs_are_found_whole() {
        let line = r#"type=EXECVE msg=audit(1.2:3): argc=2 a0="cat" a1="/etc/shadow" exe=/bin/cat"#;
        assert_eq!(pair(line, "type"), Some("EXECVE"));
        assert_eq!(pair(line, "a1"), Some("/etc/shadow"));
        assert_eq!(pair(line, "exe"), Some("/bin/cat"));
        assert_eq!(pair(line, "c"), None);
    }

    #[test]
    fn members_are_found_by_path_and_in_any_case() {
        let json: Value = serde_json::json!({"a": {"Bc": 1}, "x.y": 2, "l": [{"k": "v"}]});
        assert_eq!(member(&json, "a.bc"), Some(&Value::from(1)));
        assert_eq!(member(&json, "x.y"), Some(&Value::from(2)));
        assert_eq!(member(&json, "l.k"), Some(&Value::from("v")));
        assert_eq!(member(&json, "a.b"), None);
    }
}
