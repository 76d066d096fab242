//! Several events in one line: files of CloudTrail (`{"Records":[...]}`) and the answers of audit APIs are one long
//! line each. Every event in them is read as a line of its own.

use super::members::{Members, Value};

/// Members that hold the events of a bundle, if they come first in its line: CloudTrail and what
/// looks it up, Azure, Google, Graph, Frame.io.
const WRAPPERS: [&str; 7] = ["Records", "records", "Events", "items", "value", "data", "entries"];

/// The events of a line: itself, unless it is a bundle. What was cut off at the end of a bundle is left out; a bundle
/// without a single whole event is itself.
pub fn events(line: &str) -> impl Iterator<Item = &str> {
    let mut items = bundle(line).into_iter().flat_map(Value::items).filter_map(object).peekable();
    let alone = items.peek().is_none().then_some(line);
    alone.into_iter().chain(items)
}

/// The line begins as a bundle does, up to its first event.
pub fn is_bundle(line: &str) -> bool {
    bundle(line).is_some()
}

/// The array of a bundle. It may lack its end: an item is only looked at once it is whole.
fn bundle(line: &str) -> Option<Value<'_>> {
    if !line.starts_with(['{', '[']) {
        return None;
    }
    let array = match line.strip_prefix('{') {
        Some(rest) => {
            let (name, rest) = rest.trim_ascii_start().strip_prefix('"')?.split_once('"')?;
            let rest = rest.trim_ascii_start().strip_prefix(':').filter(|_| WRAPPERS.contains(&name))?;
            rest.trim_ascii_start()
        }
        None => line,
    };
    let first = array.strip_prefix('[')?.trim_ascii_start();
    first.starts_with('{').then_some(Value::Nested(array))
}

fn object(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Nested(text) if Members::of(text).next().is_some() => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(line: &str) -> Vec<&str> {
        events(line).collect()
    }

    #[test]
    fn bundles_are_taken_apart_and_nothing_else() {
        assert_eq!(all(r#"{"Records":[{"a":1},{"b":"]}"}]}"#), [r#"{"a":1}"#, r#"{"b":"]}"}"#]);
        assert_eq!(all(r#"[{"a":1}, {"b":2}]"#), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(all(r#"{ "Records" : [ {"a":1},{"b":2},{"c":"cut of"#), [r#"{"a":1}"#, r#"{"b":2}"#]);
        for line in
            ["", "text", "[error] x", r#"{"Records":[]}"#, r#"{"Records":[{}]}"#, r#"{"other":[{"a":1}]}"#, "[{", "[1]"]
        {
            assert_eq!(all(line), [line]);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_lost(text in "\\PC*", json in "[\\[\\]{}\",:\\\\a ]{0,40}") {
            for line in [text.clone(), format!("{{\"Records\":[{json}"), format!("[{{{json}")] {
                prop_assert!(events(&line).count() > 0);
            }
        }
    }
}
