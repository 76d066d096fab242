//! The lexer of the classifier: words of interpreters, kinds of other words, marks. Whitespace and short comments
//! separate tokens and are none, so `union/**/select` and `union  select` look alike.

use super::vocabulary::{KINDS, words};
use std::sync::OnceLock;

/// A token that is no word of the list.
mod kind {
    pub const NUMBER: u32 = 0x100;
    pub const LETTER: u32 = 0x101;
    pub const NAME: u32 = 0x102;
    pub const MIXED: u32 = 0x103;
    pub const FOREIGN: u32 = 0x104;
    pub const COMMENT: u32 = 0x105;
    /// Kinds of words follow.
    pub const FIRST: u32 = 0x110;
}

/// Longest comment that separates tokens; what is longer, or holds markup, is text.
const COMMENT_MAX: usize = 32;

/// Slots of the word set; far more than words, so that a look-up is one or two steps.
const SLOTS: usize = 8192;

/// Hashes of the words, by open addressing, and of which kind each is, counted from one.
pub(super) struct Words {
    slots: [u32; SLOTS],
    kinds: [u8; SLOTS],
}

impl Words {
    /// The one set.
    pub fn shared() -> &'static Self {
        static SET: OnceLock<Words> = OnceLock::new();
        SET.get_or_init(|| {
            let mut set = Self { slots: [0; SLOTS], kinds: [0; SLOTS] };
            words().for_each(|word| set.add(word, 0));
            for (kind, words) in (1..).zip(KINDS) {
                words.split_ascii_whitespace().for_each(|word| set.add(word, kind));
            }
            set
        })
    }

    fn add(&mut self, word: &str, kind: u8) {
        let hash = word.bytes().fold(START, add);
        let mut at = hash as usize % SLOTS;
        while self.slots[at] != 0 && self.slots[at] != hash {
            at = (at + 1) % SLOTS;
        }
        (self.slots[at], self.kinds[at]) = (hash, kind);
    }

    /// What stands for a word in the history of the next ones, if it is in the set: its kind, or else itself.
    fn group(&self, hash: u32) -> Option<u32> {
        let mut at = hash as usize % SLOTS;
        while self.slots[at] != 0 {
            if self.slots[at] == hash {
                let kind = self.kinds[at];
                return Some(if kind == 0 { hash } else { kind::FIRST + u32::from(kind) });
            }
            at = (at + 1) % SLOTS;
        }
        None
    }
}

/// What the feature specification says of the lexer.
pub(super) fn spec() -> String {
    let words: Vec<&str> = words().collect();
    format!("comment {COMMENT_MAX}; kinds {}; words {}", KINDS.len(), words.join(" "))
}

const START: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits.
fn add(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 || byte == super::mask::BLOB
}

/// Calls `visit` with the position of each token's last byte, the token, and what stands for it in the history of the next
/// ones: what was learned of one function of a database holds for the others, too.
pub(super) fn lex(words: &Words, text: &[u8], mut visit: impl FnMut(usize, u32, u32)) {
    let mut i = 0;
    while i < text.len() {
        let byte = text[i];
        if is_word(byte) {
            let mut hash = START;
            let (mut digit, mut letter, mut foreign) = (false, false, false);
            let start = i;
            while i < text.len() && is_word(text[i]) {
                let b = text[i];
                hash = add(hash, b);
                digit |= b == b'0';
                foreign |= b >= 0x80;
                letter |= b != b'0';
                i += 1;
            }
            let known = if foreign || !letter { None } else { words.group(hash) };
            if let Some(group) = known {
                visit(i - 1, hash, group);
                continue;
            }
            let token = match (foreign, letter, digit) {
                (true, ..) => kind::FOREIGN,
                (_, false, _) => kind::NUMBER,
                (.., true) => kind::MIXED,
                _ if i - start == 1 => kind::LETTER,
                _ => kind::NAME,
            };
            visit(i - 1, token, token);
        } else if byte == b' ' {
            i += 1;
        } else if let Some(length) = comment(&text[i..]) {
            i += length;
            visit(i - 1, kind::COMMENT, kind::COMMENT);
        } else {
            visit(i, u32::from(byte), u32::from(byte));
            i += 1;
        }
    }
}

/// Whether a token is kept out of the history of the next ones.
pub(super) const fn is_aside(token: u32) -> bool {
    token == kind::COMMENT
}

/// A letterless copy for comparing texts by shape: words of the list stay, other words, numbers and spaces go.
pub(in crate::platform::detect::model) fn shape(text: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    lex(Words::shared(), text, |_, token, _| {
        let token = if matches!(token, kind::LETTER | kind::MIXED) { kind::NAME } else { token };
        hash = (hash ^ u64::from(token)).wrapping_mul(0x0000_0100_0000_01b3);
    });
    hash
}

fn comment(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"/*")?;
    let inner = &inner[..inner.len().min(COMMENT_MAX)];
    let end = memchr::memmem::find(inner, b"*/")?;
    let plain = !inner.starts_with(b"!") && memchr::memchr(b'<', &inner[..end]).is_none();
    plain.then_some(end + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        lex(Words::shared(), text.as_bytes(), |_, t, _| found.push(t));
        found.retain(|t| !is_aside(*t));
        found
    }

    #[test]
    fn spelling_does_not_matter_and_place_does() {
        assert_eq!(tokens("union/**/select/*x*/a"), tokens("union  select b"));
        assert_ne!(tokens("union select"), tokens("select union"));
        assert_ne!(tokens("/*<script>*/"), tokens("/**/"));
        assert_ne!(tokens("/*!0union*/"), tokens(""));
        assert_eq!(tokens("o'brien"), [kind::LETTER, u32::from(b'\''), kind::NAME]);
        assert_eq!(shape(b"abc='x0'"), shape(b"zz='nobody'"));
        assert_ne!(shape(b"abc='select'"), shape(b"zz='nobody'"));
    }

    #[test]
    fn every_word_of_the_list_is_known() {
        let group = |word: &str| Words::shared().group(word.bytes().fold(START, add));
        for word in words() {
            assert!(group(word).is_some(), "{word}");
        }
        assert_eq!(group("watchfloor"), None);
        assert_eq!(group("cowsay"), group("chmod"));
        assert_ne!(group("union"), group("select"));
        let mut all: Vec<&str> = words().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a word twice");
    }
}
