//! A guess about daemons that the table does not know: a refused login, if the message says so and names one address.
//!
//! Weaker than the table, and kept so: its severity is info, not low. An attacker who gets words into a message could
//! make one that reads like a refusal. Three things hold against it. The verdict must be said outside of quotes, which
//! is where daemons put what clients sent. There must be exactly one address in the whole message, in a place where
//! daemons put the client's: whoever writes a second one in (to frame it) gets none. And programs that copy requests
//! into their messages are not asked at all. What is left, a daemon that copies a client's words unquoted and never
//! writes the client's own address, can be made to accuse a stranger; so can it before any reader of that line.

use super::pattern::address_at;
use crate::api::{Outcome, Severity};
use crate::platform::ingest::syslog::Saying;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::net::IpAddr;
use std::sync::LazyLock;

/// What is refused.
const SUBJECTS: [&str; 27] = [
    "authentication",
    "authn",
    "authenticate",
    "auth",
    "login",
    "logon",
    "log in",
    "log on",
    "sign in",
    "signin",
    "sign_in",
    "password",
    "credentials",
    "credential",
    "passphrase",
    "passcode",
    "authenticated",
    "logins",
    "2fa",
    "mfa",
    "otp",
    "totp",
    "api key",
    "access denied for user",
    "rcon",
    "xauth",
    "to authenticate",
];
/// How.
const VERDICTS: [&str; 20] = [
    "failed",
    "failure",
    "fail",
    "invalid",
    "incorrect",
    "denied",
    "wrong",
    "bad",
    "rejected",
    "refused",
    "unauthorized",
    "unsuccessful",
    "mismatch",
    "reject",
    "unable",
    "unknown user",
    "no such user",
    "authentication error",
    "illegal",
    "not accepted",
];
/// What makes it something else: nothing was refused to anybody in particular, or not to a login.
const UNLESS: [&str; 6] = ["failed to connect", "timed out", "timeout", "certificate expired", "no such file", "retry"];
/// A message longer than this is no daemon's verdict.
const LENGTH_MAX: usize = 2_048;

/// One pass over a message that speaks of something else, as most do.
static SUBJECT: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(SUBJECTS).ok());

/// Reads a message; `None` when it is no refusal with one address.
#[must_use]
pub fn understand(text: &str) -> Option<Saying<'_>> {
    if text.len() > LENGTH_MAX || !refused(text) {
        return None;
    }
    let src_ip = sole_address(text)?;
    let said = Saying { severity: Some(Severity::Info), ..Saying::attempt(Outcome::Failure) };
    Some(Saying { src_ip: Some(src_ip), user: user(text), ..said })
}

/// Whether a message says, outside of quotes, that a login was refused.
#[must_use]
pub fn refused(text: &str) -> bool {
    mentions(text) && judged(outside_quotes(text))
}

/// Whether a message speaks of logins at all.
#[must_use]
pub fn mentions(text: &str) -> bool {
    SUBJECT.as_ref().is_some_and(|finder| finder.is_match(text))
}

/// Whether a program's own words, taken together, say that a login was refused.
pub fn judged<'t>(words: impl Iterator<Item = &'t str>) -> bool {
    let (mut subject, mut verdict) = (false, false);
    for part in words {
        subject |= SUBJECTS.iter().any(|word| holds(part, word));
        verdict |= VERDICTS.iter().any(|word| holds(part, word));
        if UNLESS.iter().any(|word| holds(part, word)) {
            return false;
        }
    }
    subject && verdict
}

/// The parts of a text that are not between two double quotes.
pub fn outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').step_by(2)
}

/// Whether `text` holds a word or phrase, in any case, with no letter on either side.
fn holds(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let letter = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphabetic);
    let (low, high) = (word[0], word[0].to_ascii_uppercase());
    memchr::memchr2_iter(low, high, text).any(|at| {
        let end = at + word.len();
        text.get(at..end).is_some_and(|t| t.eq_ignore_ascii_case(word))
            && !letter(text.get(end))
            && !(at > 0 && letter(text.get(at - 1)))
    })
}

/// The only address of a message, if it stands where daemons put the client's: behind `from`, `client`, `rhost=`,
/// `ip=`, `ip:`, in brackets or parentheses, at the start. Nothing when there are two different ones.
#[must_use]
pub fn sole_address(text: &str) -> Option<IpAddr> {
    let bytes = text.as_bytes();
    let (mut found, mut placed, mut at) = (None, false, 0);
    while at < bytes.len() {
        let start = bytes[at].is_ascii_hexdigit() || bytes[at] == b':';
        // `ip:192.0.2.1` is one, `a:192.0.2.1` may be the end of another.
        let named = at > 1
            && bytes[at - 1] == b':'
            && bytes[at - 2].is_ascii_alphabetic()
            && !bytes[at - 2].is_ascii_hexdigit();
        let inside =
            at > 0 && !named && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'.' | b':'));
        let address = (start && !inside && text.is_char_boundary(at)).then(|| address_at(&text[at..])).flatten();
        let Some((ip, length)) = address.filter(|(ip, _)| !ip.is_unspecified()) else {
            at += 1;
            continue;
        };
        if found.is_some_and(|other| other != ip) {
            return None;
        }
        found = Some(ip);
        placed |= is_place(&text[..at]) || is_subject(&text[at + length..]);
        at += length;
    }
    found.filter(|_| placed)
}

/// Whether a text ends where an address of a client would follow.
fn is_place(before: &str) -> bool {
    const WORDS: [&str; 15] = [
        "from", "rhost", "client", "ip", "address", "addr", "host", "remote", "peer", "src", "source", "cli", "caller",
        "for", "by",
    ];
    // A column of its own.
    if before.trim_end_matches(' ').ends_with(['|', '\t']) {
        return true;
    }
    let before = before.trim_end_matches([' ', '\'', '"', '`', ':', '=', '<', '/', ',']);
    if before.ends_with(['[', '(']) {
        return true;
    }
    let ends = |word: &str| {
        let start = before.len().checked_sub(word.len());
        start.and_then(|at| before.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    // With nothing in front the message begins with it.
    before.is_empty() || WORDS.iter().any(|word| ends(word))
}

/// Whether a text goes on as a sentence does whose subject an address was: `198.51.100.7 failed to authenticate`.
fn is_subject(after: &str) -> bool {
    const VERBS: [&str; 10] =
        ["failed", "could", "was", "has", "tried", "attempted", "did", "gave", "provided", "entered"];
    let port = after.strip_prefix(':').map_or(after, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let word = port.strip_prefix(' ').unwrap_or("").split(' ').next().unwrap_or("");
    VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word))
}

/// The name behind `user`, `username`, `account`, `for`: one word, in quotes or not, and none that goes on with the
/// sentence.
fn user(text: &str) -> Option<&str> {
    const BEFORE: [&str; 15] = [
        "username=",
        "user=",
        "account=",
        "username:",
        "user:",
        "username\":",
        "user\":",
        "email\":",
        "login id:",
        "username ",
        "for user ",
        "user ",
        "account ",
        "for: ",
        "for ",
    ];
    BEFORE.iter().find_map(|word| {
        let ends = (0..text.len()).filter(|at| {
            let here = text.as_bytes().get(*at..*at + word.len());
            let inside = *at > 0 && text.as_bytes()[at - 1].is_ascii_alphanumeric();
            !inside && here.is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()))
        });
        ends.filter_map(|at| name(text.get(at + word.len()..)?)).next()
    })
}

/// The name that a text begins with.
fn name(rest: &str) -> Option<&str> {
    const NO_NAMES: [&str; 20] = [
        "or",
        "and",
        "with",
        "name",
        "login",
        "auth",
        "authentication",
        "not",
        "is",
        "has",
        "from",
        "the",
        "a",
        "this",
        "peer",
        "password",
        "invalid",
        "account",
        "to",
        "name/password",
    ];
    let rest = rest.trim_start_matches([' ', '=', ':']);
    let name = match rest.chars().next()? {
        quote @ ('\'' | '"' | '`' | '<' | '[') => {
            let close = match quote {
                '<' => '>',
                '[' => ']',
                same => same,
            };
            rest[1..].split(close).next()?
        }
        _ => rest.split([' ', ',', ';', ')']).next()?,
    };
    let name = name.trim_end_matches(':');
    let named = !name.is_empty() && name.len() <= 128 && !NO_NAMES.iter().any(|word| word.eq_ignore_ascii_case(name));
    // An address behind `for` is no name.
    Some(name).filter(|name| named && address_at(name).is_none())
}
