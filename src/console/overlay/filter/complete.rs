//! What could stand at the cursor of a query: a field, an operator, a value. Reads only what is before the cursor, and
//! only as far as words go; whether the whole is a query is decided elsewhere.

use crate::query::field::words;
use crate::query::{FieldInfo, Kind, Resource, fields};

/// Where the cursor stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// In a value of this field; else where a field or a word could begin.
    pub field: Option<&'a str>,
    /// What of the field or the value is typed already.
    pub begun: &'a str,
}

/// Where the end of `before` stands.
#[must_use]
pub fn place(before: &str) -> Place<'_> {
    let mut quoted = false;
    let mut start = 0;
    let mut escaped = false;
    for (i, c) in before.char_indices() {
        match c {
            '\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            c if !quoted && (c.is_whitespace() || matches!(c, '(' | ')')) => start = i + c.len_utf8(),
            _ => {}
        }
        escaped = false;
    }
    let word = before[start..].trim_start_matches(['-', '!']);
    let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(word.len());
    let value = word[end..].trim_start_matches([':', '=', '!', '<', '>']);
    if end == 0 || value.len() == word.len() - end {
        return Place { field: None, begun: word };
    }
    // Of several values the last is being written.
    let begun = if quoted { value } else { value.rsplit(',').next().unwrap_or_default() };
    Place { field: Some(&word[..end]), begun }
}

/// Whether values of a field occur often enough to be worth counting.
#[must_use]
pub fn occurs(field: &str) -> bool {
    let info = fields(Resource::Event).iter().find(|f| f.name == field);
    info.is_some_and(|f| {
        matches!(f.kind, Kind::Text | Kind::Address | Kind::Number) && !["raw", "message", "id"].contains(&field)
    })
}

/// What could stand there, what begins alike; `values` are those that occur.
#[must_use]
pub fn suggestions(resource: Resource, at: &Place<'_>, values: &[String]) -> Vec<String> {
    let begun = at.begun.trim_start_matches('"').to_lowercase();
    let fits = |text: &str| text.to_lowercase().starts_with(&begun);
    let Some(field) = at.field else {
        return fields(resource).iter().filter(|f| fits(f.name)).map(|f| format!("{}{}", f.name, joint(f))).collect();
    };
    let Some(info) = fields(resource).iter().find(|f| f.name == field) else { return Vec::new() };
    let known = words(info.kind).iter().map(|w| (*w).to_owned());
    let mut all: Vec<String> = known.chain(values.iter().map(|v| quoted(v))).collect();
    all.retain(|text| fits(text.trim_start_matches('"')));
    // What is there in full needs no offer.
    all.retain(|text| text != at.begun);
    all
}

/// What follows a field's name most often.
const fn joint(field: &FieldInfo) -> &'static str {
    match field.kind {
        Kind::Time => ">",
        _ => ":",
    }
}

/// A value as it must be written.
fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '@');
    let plain = !value.is_empty() && value.starts_with(|c: char| c.is_ascii_alphanumeric()) && value.chars().all(bare);
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;
    use proptest::prelude::*;

    fn offers(text: &str, values: &[&str]) -> Vec<String> {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        suggestions(Resource::Event, &place(text), &values)
    }

    #[test]
    fn the_cursor_is_in_a_field_or_in_a_value() {
        for (text, field, begun) in [
            ("", None, ""),
            ("sta", None, "sta"),
            ("status:", Some("status"), ""),
            ("-status:404,4", Some("status"), "4"),
            ("(user=\"a b", Some("user"), "\"a b"),
            ("user=\"a b\" co", None, "co"),
            ("time>=-1", Some("time"), "-1"),
        ] {
            assert_eq!(place(text), Place { field, begun }, "{text}");
        }
    }

    #[test]
    fn fields_words_and_values_are_offered() {
        assert_eq!(offers("sta", &[]), ["status:"]);
        assert_eq!(offers("outcome:f", &[]), ["failure"]);
        assert_eq!(offers("user:", &["root", "o\"brien"]), ["root", "\"o\\\"brien\""]);
        assert_eq!(offers("user:ro", &["root", "admin"]), ["root"]);
        assert_eq!(offers("nonsense:", &["x"]), [] as [&str; 0]);
    }

    proptest! {
        #[test]
        fn any_text_has_a_place(text in any::<String>()) {
            let at = place(&text);
            prop_assert!(text.ends_with(at.begun));
            let _ = suggestions(Resource::Incident, &at, &[]);
        }

        #[test]
        fn what_is_offered_reads_as_that_value(value in "\\PC{1,20}") {
            let text = format!("user={}", quoted(&value));
            prop_assert!(Query::parse_for(Resource::Event, &text).is_ok(), "{}", text);
        }
    }
}
