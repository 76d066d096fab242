//! What values fields have.

/// What values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Free text: `:` contains (upper and lower case alike), `=` is exactly.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A class of events: a word or its OCSF number.
    Class,
    /// `info` to `critical`; has an order.
    Severity,
    /// A number; has an order.
    Number,
    /// An instant; has an order.
    Time,
    /// An address; a prefix matches what it covers.
    Address,
    /// Text that may be an address or a prefix.
    Target,
    /// `true` or `false`.
    Flag,
}

/// A field, for completion and help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// What values it has.
    pub kind: Kind,
}
