//! Logins and administration in the words of many daemons: a table of patterns and, for daemons that it does not know,
//! a careful guess.
//!
//! Start at [`understand`]. The table is `patterns.txt`; sshd, PAM and sudo have readers of their own beside this
//! folder, since their wordings need rules of counting.

pub mod guess;
mod pattern;

use super::app;
use super::syslog::{Deed, Saying};
use crate::api::{Class, Outcome, Severity, Timestamp};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use pattern::{Found, Pattern};
use std::sync::LazyLock;

/// What a pattern's line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Fail,
    Ok,
    Out,
    Try,
    Odd,
    Note,
    /// Another detector's: this one.
    Alert(&'static str),
    /// The name in the message did it.
    Act(&'static str),
    /// It was done to the name in the message.
    Change(&'static str),
}

struct Row {
    verb: Verb,
    pattern: Pattern,
    /// The programs whose lines it is for: an index into [`Table::families`].
    family: usize,
}

struct Table {
    families: Vec<Vec<&'static str>>,
    rows: Vec<Row>,
    /// Finds the rows whose longest literal a message holds.
    anchors: Option<AhoCorasick>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { families: Vec::new(), rows: Vec::new(), anchors: None };
    for line in include_str!("patterns.txt").lines().map(str::trim_end) {
        if let Some(names) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            table.families.push(names.split(' ').collect());
        } else if let Some((verb, pattern)) = row(line) {
            table.rows.push(Row { verb, pattern, family: table.families.len().saturating_sub(1) });
        }
    }
    let anchors = table.rows.iter().map(|row| row.pattern.anchor());
    table.anchors = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(anchors).ok();
    table
});

/// `fail    text <user>`; nothing for comments and what is no row.
fn row(line: &'static str) -> Option<(Verb, Pattern)> {
    let (word, rest) = line.split_once(' ')?;
    let rest = rest.trim_start();
    let (verb, text) = match word {
        "fail" => (Verb::Fail, rest),
        "ok" => (Verb::Ok, rest),
        "out" => (Verb::Out, rest),
        "try" => (Verb::Try, rest),
        "odd" => (Verb::Odd, rest),
        "note" => (Verb::Note, rest),
        "act" | "change" | "alert" => {
            let (name, text) = rest.split_once(' ')?;
            let verb = match word {
                "act" => Verb::Act(name),
                "change" => Verb::Change(name),
                _ => Verb::Alert(name),
            };
            (verb, text.trim_start())
        }
        _ => return None,
    };
    Some((verb, Pattern::read(text)?))
}

/// Most patterns that one message is tried with.
const TRIES_MAX: usize = 64;

/// Whether a line of no program's is a login in words of the table, refused or not, with the client's address.
#[must_use]
pub fn is_judged(text: &str) -> bool {
    look_up("", text).is_some_and(|(row, found)| matches!(row.verb, Verb::Fail | Verb::Ok) && found.ip.is_some())
}

/// What a message of a program says; `program` is empty where the line names none.
#[must_use]
pub fn understand<'m>(program: &str, text: &'m str) -> Option<Saying<'m>> {
    if let Some((row, found)) = look_up(program, text) {
        let family = table_name(row);
        return Some(Saying { program: family, ..said(row, &found, text) });
    }
    if quotes(program) { None } else { guess::understand(text) }
}

/// Web servers and sshd copy what clients send into their messages, and say refusals in words of their own.
fn quotes(program: &str) -> bool {
    const NAMES: [&str; 8] = ["nginx", "httpd", "apache2", "haproxy", "named", "kernel", "sshd", "cron"];
    let program = base(program);
    NAMES.iter().any(|name| program.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)))
}

/// The program that a row is for: the first of its family.
fn table_name(row: &Row) -> Option<&'static str> {
    let name = TABLE.families.get(row.family)?.first()?.trim_end_matches('*');
    (!name.is_empty()).then_some(name)
}

/// The first row that fits a message of a program, and what it found.
fn look_up<'m>(program: &str, text: &'m str) -> Option<(&'static Row, Found<'m>)> {
    let table = &*TABLE;
    let mut tried = [usize::MAX; TRIES_MAX];
    let mut count = 0;
    for hit in table.anchors.as_ref()?.find_overlapping_iter(text) {
        let i = hit.pattern().as_usize();
        if count < TRIES_MAX && !tried[..count].contains(&i) {
            tried[count] = i;
            count += 1;
        }
    }
    tried[..count].sort_unstable();
    let rows = || tried[..count].iter().filter_map(|i| table.rows.get(*i));
    let names = |row: &Row| table.families[row.family].iter();
    let meant = |row: &&Row| names(row).any(|name| is_program(name, program));
    let own = rows().filter(meant).find_map(|row| row.pattern.find(text).map(|found| (row, found)));
    if own.is_some() || count == 0 || program.is_empty() || quotes(program) || is_known(program) {
        return own;
    }
    // A container's or a relay's name says nothing: the message is a line of the log of whoever is behind it.
    let text = app::head(text, Timestamp(0)).map_or(text, |(_, at)| &text[at..]);
    let nameless = |row: &&Row| names(row).any(|name| *name == "*");
    let placed =
        |row: &'static Row| row.pattern.find(text).filter(|found| found.ip.is_some()).map(|found| (row, found));
    rows().filter(nameless).find_map(placed)
}

/// Whether the table names a program.
fn is_known(program: &str) -> bool {
    TABLE.families.iter().flatten().any(|name| *name != "*" && is_program(name, program))
}

/// Whether a program is meant by a name of the table. `postfix/submission/smtpd` is postfix and smtpd.
fn is_program(name: &str, program: &str) -> bool {
    match name.strip_suffix('*') {
        Some("") => program.is_empty(),
        Some(start) => base(program).get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => base(program).split('/').any(|part| part.eq_ignore_ascii_case(name)),
    }
}

/// A program's name without what stands in parentheses behind it (`wordpress(example.com)`).
fn base(program: &str) -> &str {
    program.split('(').next().unwrap_or("")
}

fn said<'m>(row: &Row, found: &Found<'m>, text: &'m str) -> Saying<'m> {
    let src_ip = if row.pattern.has_address() { found.ip } else { guess::sole_address(text) };
    let user = found.user.map(unquoted);
    let low = |outcome| Saying { severity: Some(Severity::Low), ..Saying::attempt(outcome) };
    let said = match row.verb {
        Verb::Fail => low(Outcome::Failure),
        Verb::Ok => Saying::attempt(Outcome::Success),
        Verb::Out => Saying { activity: 2, ..Saying::attempt(Outcome::Success) },
        Verb::Try => Saying::unjudged(),
        Verb::Odd => Saying { outcome: Some(Outcome::Failure), severity: Some(Severity::Low), ..Saying::note() },
        Verb::Note => Saying::note(),
        Verb::Alert(detector) => Saying {
            class: Class::DETECTION_FINDING,
            outcome: Some(Outcome::Failure),
            severity: Some(Severity::Low),
            alert: Some(detector),
            ..Saying::note()
        },
        Verb::Act(action) => return Saying { user, ..deed(action, "") },
        Verb::Change(action) => return deed(action, user.unwrap_or("")),
    };
    Saying { src_ip, user, repeat: found.times.unwrap_or(1), ..said }
}

fn deed<'m>(action: &'static str, object: &'m str) -> Saying<'m> {
    Saying { outcome: Some(Outcome::Success), deed: Some(Deed { action, object }), ..Saying::note() }
}

/// A name without the quotes that a daemon puts around it.
fn unquoted(name: &str) -> &str {
    let name = name.trim();
    let inner = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'').or_else(|| inner('"')).or_else(|| inner('`')).unwrap_or(name)
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
