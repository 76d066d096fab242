//! The rules as data, one table per class of attack.

mod command;
mod lookup;
mod scanner;
mod secret;
mod sql;
mod traversal;
mod xss;

use super::rule::Rule;

/// All rules. At most 128 signs in all (a test counts them).
pub(super) static RULES: &[&Rule] =
    &[&sql::RULE, &xss::RULE, &traversal::RULE, &command::RULE, &lookup::RULE, &scanner::RULE, &secret::RULE];
