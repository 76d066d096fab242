//! A second opinion on a value that already looks suspicious: libinjection reads it as a database or a browser would.

use super::byte::Bytes;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of a value that are read.
const VALUE_MAX: usize = 4096;

/// What the value reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Part of an SQL statement.
    Sql,
    /// Markup that runs script.
    Script,
}

impl Reading {
    /// In words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Sql => "reads as part of a statement",
            Self::Script => "reads as markup that runs script",
        }
    }
}

/// True if a value has anything that SQL or markup needs.
pub(super) fn is_worth_reading(value: &[u8]) -> bool {
    const QUOTES: Bytes = Bytes::of(b"'\"`=#;");
    const ARGUMENTS: Bytes = Bytes::of(b"0123456789@*,");
    value.len() > 2 && (QUOTES.any(value) || value.contains(&b'(') && ARGUMENTS.any(value))
        || memchr::memchr_iter(b'<', value)
            .any(|at| value.get(at + 1).is_some_and(|b| !b.is_ascii_digit() && *b != b' '))
        || memchr::memmem::find(value, b"--").is_some()
        || memchr::memmem::find(value, b"/*").is_some()
        || memchr::memmem::find(value, b"||").is_some()
        || memchr::memmem::find(value, b"union").is_some()
}

/// What a decoded value reads as, if it is an attack. The library is young, so that a fault of its own must not become one of ours.
pub(super) fn read(value: &[u8]) -> Option<Reading> {
    let value = &value[..value.len().min(VALUE_MAX)];
    let sql = || libinjectionrs::detect_sqli(value).is_injection();
    let script = || libinjectionrs::detect_xss(value).is_injection();
    if catch_unwind(AssertUnwindSafe(sql)).unwrap_or(false) {
        return Some(Reading::Sql);
    }
    catch_unwind(AssertUnwindSafe(script)).unwrap_or(false).then_some(Reading::Script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_like_a_database_or_a_browser() {
        assert_eq!(read(b"1' or 'a'='a"), Some(Reading::Sql));
        assert_eq!(read(b"<script>alert(1)</script>"), Some(Reading::Script));
        assert_eq!(read(b"o'brien"), None);
        assert!(!is_worth_reading(b"select a plan") && is_worth_reading(b"o'brien"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(value in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&value);
        }
    }
}
