//! Sessions: finding the session's secret in a request and turning it into a fingerprint that may be stored.

use crate::text::hex;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Cookie names taken as sessions when nothing else is configured.
pub const COOKIES: &[&str] = &["session", "sessionid", "sid", "PHPSESSID", "JSESSIONID", "connect.sid"];

/// Keeps fingerprints apart from any other SHA-256 of the same secret.
const DOMAIN: &[u8] = b"watchfloor session v1\0";

/// The session's name in events and blocks: the first 16 hex digits of SHA-256 over a fixed prefix and the secret.
/// The secret itself is never stored.
#[must_use]
pub fn fingerprint(secret: &str) -> String {
    let digest = Sha256::new().chain_update(DOMAIN).chain_update(decode(secret).as_bytes()).finalize();
    hex::encode(&digest[..8])
}

/// Every session secret of a request. All of them count: a client that adds a second cookie must not hide the
/// revoked one behind it.
pub fn secrets<'a>(cookie: &'a str, authorization: &'a str, names: &'a [String]) -> impl Iterator<Item = &'a str> {
    let cookies = cookie.split(';').filter_map(move |pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        let value = value.trim().trim_matches('"');
        (!value.is_empty() && names.iter().any(|n| n.eq_ignore_ascii_case(name))).then_some(value)
    });
    cookies.chain(bearer(authorization))
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Percent-decoded: applications decode cookies, so `%61bc` and `abc` are the same session to them.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        match (byte, hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                i += 3;
            }
            _ => {
                out.push(byte);
                i += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        COOKIES.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn a_fingerprint_is_short_stable_and_not_the_plain_hash() {
        assert_eq!(fingerprint("alpha"), fingerprint("alpha"));
        assert_ne!(fingerprint("alpha"), fingerprint("beta"));
        assert_eq!(fingerprint("alpha").len(), 16);
        assert_ne!(fingerprint("alpha"), hex::encode(&Sha256::digest(b"alpha")[..8]));
    }

    #[test]
    fn other_spellings_are_the_same_session() {
        assert_eq!(fingerprint("s%3Aabc"), fingerprint("s:abc"));
        assert_eq!(fingerprint("%61bc"), fingerprint("abc"));
        assert_ne!(fingerprint("100%"), fingerprint("100"));
        assert_ne!(fingerprint("%zz"), fingerprint("zz"));
    }

    #[test]
    fn every_session_of_a_request_is_found() {
        let names = names();
        let found = |cookie, auth| secrets(cookie, auth, &names).collect::<Vec<_>>();
        assert_eq!(found("a=1; sid=decoy; SID=\"real\" ;phpsessid=p", "bearer  tok"), ["decoy", "real", "p", "tok"]);
        assert_eq!(found("", "Basic dXNlcg=="), Vec::<&str>::new());
        assert_eq!(found("sid=; ;=;sid", ""), Vec::<&str>::new());
    }
}
