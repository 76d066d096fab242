//! The name of a session: what is stored, shown and revoked in place of its secret.
//!
//! One function for everybody who meets a session, so that a log, a request and a revocation speak of the same one.

use crate::text::hex;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Keeps fingerprints apart from any other SHA-256 of the same secret.
const DOMAIN: &[u8] = b"watchfloor session v1\0";

/// The session's name in events and blocks: the first 16 hex digits of SHA-256 over a fixed prefix and the secret.
/// The secret itself is never stored.
#[must_use]
pub fn fingerprint(secret: &str) -> String {
    let digest = Sha256::new().chain_update(DOMAIN).chain_update(decode(secret).as_bytes()).finalize();
    hex::encode(&digest[..8])
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
}
