//! How a client names itself and where it says it comes from: a command is neither a program's name nor an address.

use super::super::super::byte::Bytes;
use super::super::program::is_program;
use super::{Tell, said};
use crate::api::Severity;

/// How it names itself.
pub(super) fn agent(agent: &str, tell: Tell<'_>) {
    let agent = agent.trim();
    const ODD: Bytes = Bytes::of(b";|$`{/~<>.&!*?=#");
    if agent.bytes().next().is_some_and(|first| ODD.has(first)) {
        tell(said("program's name that is none", Severity::Low, 0.4), "agent", "", agent.as_bytes());
    }
    if is_command(agent) && !has_version(agent) {
        tell(said("program of a shell for a name", Severity::Low, 0.45), "agent", "", agent.as_bytes());
    }
    if is_call(agent) {
        tell(said("function for a name", Severity::Low, 0.4), "agent", "", agent.as_bytes());
    }
}

/// Where it says it comes from.
pub(super) fn referer(referer: &str, tell: Tell<'_>) {
    if !referer.is_empty() && !is_address(referer.trim()) {
        tell(said("referer that is no address", Severity::Low, 0.3), "referer", "", referer.as_bytes());
    }
}

/// `uname -a`, `/bin/ls`, `';htop'`: the first word is a program of a shell, without a version.
pub(super) fn is_command(text: &str) -> bool {
    // By bytes, since it is asked of every request.
    const MARKS: Bytes = Bytes::of(b" \t\r\n\x0c'\";|&(`{\\$!");
    const ENDS: Bytes = Bytes::of(b" \t\r\n\x0c;|&`<>){}");
    let text = &text[text.bytes().take_while(|b| MARKS.has(*b)).count()..];
    let first = &text[..text.bytes().position(|b| ENDS.has(b)).unwrap_or(text.len())];
    let name = if first.starts_with(['/', '.', '~']) { first.rsplit('/').next().unwrap_or_default() } else { first };
    is_program(name.trim_matches(['\'', '"', '\\', ',']))
}

/// `sleep(5)`: names of programs come with a version, and a blank before what they add in brackets.
fn is_call(agent: &str) -> bool {
    let Some(open) = memchr::memchr(b'(', agent.as_bytes()) else { return false };
    let name = &agent.as_bytes()[..open];
    name.len() > 2 && name.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
}

/// `Chef Client/10.18.2`: a name of several words, then its version.
fn has_version(agent: &str) -> bool {
    let after = |word: &str| word.split_once('/').map(|(name, rest)| (name.len(), rest.as_bytes().first().copied()));
    agent.split(' ').take(3).filter_map(after).any(|(name, next)| name > 1 && next.is_some_and(|b| b.is_ascii_digit()))
}

/// An address with a scheme, a path, or a host's name, as careless programs send it; and the words for none.
fn is_address(referer: &str) -> bool {
    if referer.starts_with("http") && memchr::memchr(b' ', referer.as_bytes()).is_none() {
        let scheme = memchr::memchr(b':', referer.as_bytes());
        if scheme.is_some_and(|at| referer[at..].starts_with("://")) {
            return true;
        }
    }
    let none = ["", "-", "null", "undefined", "none", "no-referrer", "(null)", "direct", "unknown"];
    if none.iter().any(|word| word.eq_ignore_ascii_case(referer)) || referer.contains("://") && !referer.contains(' ') {
        return true;
    }
    let odd = |c: char| c.is_ascii_whitespace() || ";|$`(){}<>'\"\\^".contains(c);
    if referer.contains(odd) {
        return false;
    }
    let scheme =
        referer.split_once(':').is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    scheme
        || referer.starts_with('/') && !referer.starts_with("/etc/") && !referer.starts_with("/bin/")
        || is_host(referer)
}

fn is_host(text: &str) -> bool {
    let host = text.split(['/', '?', ':']).next().unwrap_or_default();
    host.contains('.') && !host.starts_with('.')
}
