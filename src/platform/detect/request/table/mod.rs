//! The rules as data, one table per class of attack. A class with many families has several tables under one name.

mod command;
mod deserialisation;
mod directory;
pub(super) mod disguise;
mod encoded;
mod exploit;
mod injection;
mod java;
mod lookup;
mod markup;
mod nosql;
mod php;
pub(super) mod protocol;
pub(super) mod scanner;
mod script;
mod secret;
mod session;
mod shell;
pub(super) mod sql;
mod sqlword;
pub(super) mod ssrf;
mod template;
mod traversal;
pub(super) mod upload;
mod words;
pub(super) mod xss;
mod xxe;

use super::rule::Rule;

/// All rules (a test counts their signs).
pub(super) static RULES: &[&Rule] = &[
    &sql::RULE,
    &sqlword::RULE,
    &xss::RULE,
    &markup::RULE,
    &traversal::RULE,
    &command::RULE,
    &shell::RULE,
    &php::RULE,
    &script::RULE,
    &java::RULE,
    &encoded::RULE,
    &template::RULE,
    &lookup::RULE,
    &deserialisation::RULE,
    &nosql::RULE,
    &directory::RULE,
    &xxe::RULE,
    &ssrf::RULE,
    &injection::RULE,
    &session::RULE,
    &upload::RULE,
    &disguise::RULE,
    &protocol::RULE,
    &exploit::RULE,
    &scanner::RULE,
    &secret::RULE,
];
