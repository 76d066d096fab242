//! What payload authors and sites vary at will is taken out before features are made: host names, numbers and the rest of
//! long runs of letters and digits (hashes, tokens, base64), of which only the beginning says anything.
//!
//! Without this a model learns `google.com` and the random numbers of one tool instead of attacks.

/// Stands for a host name. No plain text has it: control bytes have become spaces there.
pub(super) const HOST: u8 = 1;
/// Stands for what follows the beginning of a long run of letters and digits.
pub(super) const BLOB: u8 = 2;
/// A run of at least so many letters and digits, with at least two digits ...
const BLOB_MIN: usize = 12;
/// ... is cut after so many.
const BLOB_HEAD: usize = 6;

/// Texts beyond this many bytes are cut.
pub(super) const TEXT_MAX: usize = 64 * 1024;

/// The masked text and, for each of its bytes, where in the plain text it stands.
#[derive(Debug, Default)]
pub(super) struct Masked {
    pub text: Vec<u8>,
    pub at: Vec<u32>,
}

impl Masked {
    /// Fills itself from a plain text. Reuses its memory.
    pub fn fill(&mut self, plain: &[u8]) {
        let plain = &plain[..plain.len().min(TEXT_MAX)];
        self.text.clear();
        self.at.clear();
        self.text.reserve(plain.len());
        self.at.reserve(plain.len());
        let mut i = 0;
        // Where a run was found to be cut.
        let mut cut = usize::MAX;
        while i < plain.len() {
            let byte = plain[i];
            if byte.is_ascii_alphanumeric() {
                if i == 0 || !plain[i - 1].is_ascii_alphanumeric() {
                    cut = blob(&plain[i..]).map_or(usize::MAX, |_| i + BLOB_HEAD);
                }
                if i >= cut {
                    self.push(BLOB, i);
                    i += run(&plain[i..]);
                    cut = usize::MAX;
                    continue;
                }
            }
            if byte.is_ascii_digit() {
                self.push(b'0', i);
                i += digits(&plain[i..]);
                continue;
            }
            self.push(byte, i);
            i += 1;
            let length = match byte {
                b'/' if i > 1 && plain[i - 2] == b'/' => host(&plain[i..], i > 2 && plain[i - 3] == b':'),
                b'@' => host(&plain[i..], false),
                _ => 0,
            };
            if length > 0 {
                self.push(HOST, i);
                i += length;
            }
        }
    }

    fn push(&mut self, byte: u8, at: usize) {
        self.text.push(byte);
        // At most TEXT_MAX.
        self.at.push(at as u32);
    }
}

fn run(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_alphanumeric()).count()
}

/// Whether a text begins with a run that is nobody's word.
fn blob(text: &[u8]) -> Option<()> {
    let head = text.get(..BLOB_MIN)?;
    let all = head.iter().all(u8::is_ascii_alphanumeric);
    (all && head.iter().filter(|b| b.is_ascii_digit()).count() >= 2).then_some(())
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// Length of the host name a text begins with; after a scheme any name is one, else only one with an inner dot.
fn host(text: &[u8], scheme: bool) -> usize {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'-' || *b >= 0x80;
    let length = text.iter().take(253).take_while(|b| is_part(b)).count();
    let name = &text[..length];
    let dotted = memchr::memchr(b'.', name).is_some_and(|at| at > 0 && at + 1 < length) && !contains_dots(name);
    if dotted || scheme && !name.starts_with(b".") { length } else { 0 }
}

fn contains_dots(name: &[u8]) -> bool {
    name.windows(2).any(|pair| pair == b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_numbers_are_masked_and_found_again() {
        for (plain, masked) in [
            ("id=4711 and 12=12", "id=0 and 0=0"),
            ("http://evil.example:8080/a", "http://\u{1}:0/a"),
            ("https://localhost/", "https://\u{1}/"),
            ("//cdn.example/x.js", "//\u{1}/x.js"),
            ("mail bob@example.org now", "mail bob@\u{1} now"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("//comment", "//comment"),
            ("....//....//etc", "....//....//etc"),
            ("@@version", "@@version"),
            ("id=ro0abxnya1cdefghijklm&", "id=ro0abx\u{2}&"),
            ("0123456789abcdef0123", "0\u{2}"),
            ("internationalization2", "internationalization0"),
        ] {
            let mut m = Masked::default();
            m.fill(plain.as_bytes());
            assert_eq!(String::from_utf8_lossy(&m.text), masked, "{plain}");
            assert_eq!(m.text.len(), m.at.len());
            assert!(m.at.windows(2).all(|pair| pair[0] < pair[1]), "{plain}");
        }
    }
}
