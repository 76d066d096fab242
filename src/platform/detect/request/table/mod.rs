//! The rules as data, one table per class of attack. A class with many families has several tables under one name.

pub(super) mod appliance;
pub(super) mod command;
pub(super) mod deserialisation;
pub(super) mod directory;
pub(super) mod disguise;
mod encoded;
pub(super) mod exploit;
pub(super) mod hole;
pub(super) mod injection;
pub(super) mod java;
pub(super) mod lookup;
pub(super) mod markup;
pub(super) mod nosql;
pub(super) mod php;
pub(super) mod product;
pub(super) mod protocol;
pub(super) mod scanner;
pub(super) mod script;
pub(super) mod secret;
pub(super) mod session;
pub(super) mod shell;
pub(super) mod shellform;
pub(super) mod sql;
pub(super) mod sqlpiece;
pub(super) mod sqlword;
pub(super) mod ssrf;
pub(super) mod template;
pub(super) mod traversal;
pub(super) mod upload;
mod words;
pub(super) mod xss;
pub(super) mod xxe;

use super::rule::Rule;

/// All rules (a test counts their signs).
pub(in super::super) static RULES: &[&Rule] = &[
    &sql::RULE,
    &sqlword::RULE,
    &sqlpiece::RULE,
    &xss::RULE,
    &markup::RULE,
    &traversal::RULE,
    &command::RULE,
    &shell::RULE,
    &shellform::RULE,
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
    &appliance::RULE,
    &product::RULE,
    &hole::RULE,
    &scanner::RULE,
    &secret::RULE,
];
