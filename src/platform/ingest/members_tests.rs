//! The reader of objects against a complete one.

use super::*;
use proptest::prelude::*;

/// Any JSON, three levels deep.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map("[a-z_.]{1,8}", inner, 0..5)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

fn same(ours: Value<'_>, theirs: &serde_json::Value) -> bool {
    match theirs {
        serde_json::Value::String(text) => ours.plain() == text.as_str(),
        serde_json::Value::Null => ours == Value::Word("null"),
        serde_json::Value::Object(map) => {
            let mut members = ours.members();
            let equal = map.iter().all(|(key, value)| members.next().is_some_and(|(k, v)| k == key && same(v, value)));
            equal && members.next().is_none() && members.whole()
        }
        serde_json::Value::Array(items) => {
            let first = ours.first();
            items.first().map_or(first.is_none(), |item| first.is_some_and(|f| same(f, item)))
        }
        word => {
            let text = word.to_string();
            ours.raw() == text
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_a_complete_parser(map in proptest::collection::btree_map("[a-z_.]{1,8}", json(), 0..6), pretty in any::<bool>()) {
        let value = serde_json::Value::Object(map.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let whole = Value::Nested(&text);
        prop_assert!(same(whole, &value), "{}", text);
        for cut in (0..text.len()).filter(|i| text.is_char_boundary(*i)) {
            let mut members = Members::of(&text[..cut]);
            while members.next().is_some() {}
            prop_assert!(!members.whole());
        }
    }

    #[test]
    fn any_text_is_survived(text in ".*", json in "[\\[\\]{}\",:\\\\ux0-9a ]{0,60}") {
        for text in [format!("{{\"a\":{text}"), format!("{{\"a\":\"{text}"), json.clone(), format!("{{{json}")] {
            for (_, value) in Members::of(&text) {
                let _ = (value.plain(), value.number::<u16>(), value.ip(), value.first(), value.members().count());
            }
        }
    }
}

#[test]
fn escapes() {
    let text = |raw: &'static str| Value::Text(raw, true).plain().into_owned();
    assert_eq!(text(r#"a\/b\"c\\d\n\u00e9\uD83D\uDE00"#), "a/b\"c\\d\né😀");
    assert_eq!(text(r"\ud83d \x22 \xc3\xa9 \q \u12 \"), "\u{fffd} \" é \\q \\u12 \\");
    assert!(matches!(Value::Text("plain", false).plain(), Cow::Borrowed("plain")));
}

#[test]
fn numbers_and_odd_shapes() {
    assert_eq!(Value::Text("404", false).number::<u16>(), Some(404));
    assert_eq!(Value::Word("1790000000.25").number::<i64>(), Some(1_790_000_000));
    assert_eq!(Value::Word("99999").number::<u16>(), None);
    for broken in ["", "[]", "{", "{\"a\"", "{\"a\":1", "{\"a\":1}x", "{\"a\":1,}x", "{\"a\" 1}", "{a:1}", "{\"a\":]}"]
    {
        let mut members = Members::of(broken);
        while members.next().is_some() {}
        assert!(!members.whole(), "{broken}");
    }
}
