//! TOML that people write, read by hand over the spanned tree, so that every mistake is told with its line, its key
//! and the key that was probably meant. Policy and rules are read with it; what the keys mean is their business.

use crate::text::near::distance;
use crate::text::{human, visible};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'i> = Spanned<DeValue<'i>>;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{why}", if key.is_empty() { String::new() } else { format!("`{key}`: ") })]
pub struct Error {
    /// Line, from 1.
    pub line: usize,
    /// The key concerned, e.g. `rule.when.min_scor`; empty where none is.
    pub key: String,
    /// What is wrong and what is expected, escaped for drawing.
    pub why: String,
}

/// The tree of a file.
///
/// # Errors
/// It is not TOML.
pub fn tree(text: &str) -> Result<Spanned<DeTable<'_>>, Error> {
    DeTable::parse(text).map_err(|e| Error {
        line: e.span().map_or(1, |s| line(text, s.start)),
        key: String::new(),
        why: format!("this is not TOML: {}", visible::escape(e.message())),
    })
}

/// One table of the file, with where it is.
pub struct Reader<'t, 'i> {
    text: &'t str,
    path: &'static str,
    at: usize,
    table: &'t DeTable<'i>,
}

impl<'t, 'i> Reader<'t, 'i> {
    /// The top of a file.
    #[must_use]
    pub fn top(text: &'t str, tree: &'t Spanned<DeTable<'i>>) -> Self {
        Self { text, path: "", at: 0, table: tree.get_ref() }
    }

    /// Where this table begins, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        line(self.text, self.at)
    }

    /// Every key must be one of these.
    ///
    /// # Errors
    /// One is not; the nearest is named.
    pub fn known(&self, keys: &[&str]) -> Result<(), Error> {
        let odd = self.table.keys().filter(|k| !keys.contains(&k.get_ref().as_ref())).min_by_key(|k| k.span().start);
        odd.map_or(Ok(()), |key| {
            let why = format!("is not known here; {}", nearest(key.get_ref(), keys));
            Err(Error { line: line(self.text, key.span().start), key: self.name(key.get_ref()), why })
        })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'t Value<'i>> {
        self.table.get(key)
    }

    /// A mistake in a key's value.
    #[must_use]
    pub fn fault(&self, key: &str, why: &str) -> Error {
        let at = self.get(key).map_or(self.at, |v| v.span().start);
        Error { line: line(self.text, at), key: self.name(key), why: why.to_owned() }
    }

    fn name(&self, key: &str) -> String {
        let key = visible::escape(key);
        if self.path.is_empty() { key.into_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The table of a key.
    ///
    /// # Errors
    /// It is something else.
    pub fn table(&self, key: &'static str) -> Result<Option<Self>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let table = value.get_ref().as_table().ok_or_else(|| self.fault(key, "must be a table"))?;
        Ok(Some(Reader { text: self.text, path: key, at: value.span().start, table }))
    }

    /// The tables written as `[[key]]`.
    ///
    /// # Errors
    /// It is something else.
    pub fn tables(&self, key: &'static str) -> Result<Vec<Self>, Error> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let bad = || self.fault(key, &format!("must be written as [[{}]]", self.name(key)));
        let list = value.get_ref().as_array().ok_or_else(bad)?;
        let of = |v: &'t Value<'i>| {
            let table = v.get_ref().as_table().ok_or_else(bad)?;
            Ok(Reader { text: self.text, path: key, at: v.span().start, table })
        };
        list.iter().map(of).collect()
    }

    /// The text of a key.
    ///
    /// # Errors
    /// It is something else.
    pub fn words(&self, key: &str) -> Result<Option<&'t str>, Error> {
        let bad = || self.fault(key, "must be text in quotes");
        self.get(key).map(|v| v.get_ref().as_str().ok_or_else(bad)).transpose()
    }

    /// The text of a key that may not be left out.
    ///
    /// # Errors
    /// It is missing or something else.
    pub fn needed(&self, key: &str) -> Result<&'t str, Error> {
        self.words(key)?.ok_or_else(|| self.fault(key, "is missing"))
    }

    /// A text, or a list of texts.
    ///
    /// # Errors
    /// It is something else.
    pub fn list(&self, key: &str) -> Result<Option<Vec<String>>, Error> {
        let bad = || self.fault(key, "must be text in quotes or a list of such");
        let Some(value) = self.get(key).map(Spanned::get_ref) else { return Ok(None) };
        match (value.as_str(), value.as_array()) {
            (Some(one), _) => Ok(Some(vec![one.to_owned()])),
            (None, Some(list)) => {
                let text = |v: &Value<'i>| v.get_ref().as_str().map(str::to_owned).ok_or_else(bad);
                list.iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            (None, None) => Err(bad()),
        }
    }

    /// One of several words.
    ///
    /// # Errors
    /// It is another.
    pub fn choice(&self, key: &str, words: &[&str]) -> Result<Option<&'t str>, Error> {
        match self.words(key)? {
            Some(word) if !words.contains(&word) => Err(self.fault(key, &one_of(word, words))),
            word => Ok(word),
        }
    }

    /// A time in seconds, at least one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn duration(&self, key: &str) -> Result<Option<u64>, Error> {
        let Some(words) = self.words(key)? else { return Ok(None) };
        match human::parse_duration(words) {
            Ok(0) => Err(self.fault(key, "must be longer than nothing")),
            Ok(seconds) => Ok(Some(seconds)),
            Err(why) => Err(self.fault(key, &why)),
        }
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// It is none.
    pub fn integer(&self, key: &str, min: i64, max: i64) -> Result<Option<i64>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.get_ref().as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(n) if (min..=max).contains(&n) => Ok(Some(n)),
            _ => Err(self.fault(key, &format!("must be a whole number from {min} to {max}"))),
        }
    }

    /// A number from 0 to 1.
    ///
    /// # Errors
    /// It is none.
    pub fn fraction(&self, key: &str) -> Result<Option<f32>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let text = value.get_ref().as_float().map(toml::de::DeFloat::as_str);
        let text = text.or_else(|| value.get_ref().as_integer().map(toml::de::DeInteger::as_str));
        match text.and_then(|t| t.parse::<f32>().ok()) {
            Some(n) if (0.0..=1.0).contains(&n) => Ok(Some(n)),
            _ => Err(self.fault(key, "must be a number from 0 to 1")),
        }
    }
}

/// What to say of a word that is none of several.
#[must_use]
pub fn one_of(word: &str, words: &[&str]) -> String {
    format!("{} is not known; {}", quoted(word), nearest(word, words))
}

/// A word in quotes, safe to draw.
#[must_use]
pub fn quoted(word: &str) -> String {
    format!("\"{}\"", visible::escape(word))
}

/// The key that was probably meant, else all there are.
fn nearest(word: &str, words: &[&str]) -> String {
    let near = words.iter().map(|w| (distance(word, w), *w)).min();
    match near {
        Some((d, best)) if d <= 1 + best.len() / 4 => format!("did you mean `{best}`?"),
        _ => format!("known are {}", words.join(", ")),
    }
}

/// Line of a byte offset, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}
