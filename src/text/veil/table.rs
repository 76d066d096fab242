//! Which fields of the platform's answers hold what.

/// Who acts without being anybody.
pub(super) const NOBODY: [&str; 3] = ["", "policy", "platform"];

/// Fields that hold one name, and what it is a name of.
pub(super) const NAMED: &[(&str, &str)] = &[
    ("src_ip", "address"),
    ("dst_ip", "address"),
    ("user", "user"),
    ("owner", "user"),
    ("actor", "user"),
    ("by", "user"),
    ("colleague", "user"),
    ("session", "session"),
    ("host", "host"),
    ("key", "key"),
    ("tenant", "tenant"),
];
/// Lists of counted values, and what these are.
pub(super) const COUNTED: &[(&str, &str)] = &[
    ("top_addresses", "address"),
    ("addresses", "address"),
    ("users", "user"),
    ("sessions", "session"),
    ("address", "address"),
    ("range", "address"),
];
/// Kinds of entities that have pseudonyms.
pub(super) const KINDS: [&str; 7] = ["address", "range", "user", "session", "host", "key", "tenant"];
/// Fields of free text.
pub(super) const FREE: &[&str] = &[
    "title",
    "why",
    "text",
    "message",
    "path",
    "url",
    "referer",
    "agent",
    "object",
    "target",
    "detail",
    "reason",
    "source",
    "name",
    "term",
    "value",
    "action",
    "file",
    "trouble",
    "default",
    "allowed_by",
    "hint",
    "allow_list",
    "not_kept",
    "countries_note",
];
