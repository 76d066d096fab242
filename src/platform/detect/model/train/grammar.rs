//! A small grammar language for making texts: sections of alternatives that name one another.
//!
//! `[name]` opens a section, each line below is an alternative, `‹other›` is replaced by an alternative of another section
//! or by something made on the spot (a number, words, hex digits ...). Lines that begin with `#:` are notes. A section
//! `‹› a b c` are alternatives of one word each. A section whose name has a dot is a kind of text by itself: `[sqli.union]`, `[query.name]`.

use crate::platform::detect::model::forest::Random;
use crate::platform::detect::model::request::{KINDS, words};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A text longer than this is not grown further.
const LENGTH_MAX: usize = 700;
/// References inside references.
const DEPTH_MAX: usize = 12;

/// Words of the lexer, for text in which they mean nothing.
static KNOWN: LazyLock<Vec<&str>> = LazyLock::new(|| words().collect());

/// A parsed grammar.
pub(super) struct Grammar<'a> {
    sections: BTreeMap<&'a str, Vec<&'a str>>,
    words: &'a [String],
}

impl<'a> Grammar<'a> {
    /// Reads a grammar; `words` are what `‹word›` draws from.
    pub fn read(text: &'a str, words: &'a [String]) -> Self {
        let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut name = "";
        for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with("#:")) {
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some(section) if is_name(section) => name = section,
                // `‹› a b c` is three alternatives.
                _ if line.starts_with("‹› ") => sections.entry(name).or_default().extend(line.split(' ').skip(1)),
                _ => sections.entry(name).or_default().push(line),
            }
        }
        Self { sections, words }
    }

    /// The kinds of text it makes, in alphabetical order.
    pub fn kinds(&self) -> impl Iterator<Item = &'a str> {
        self.sections.keys().copied().filter(|name| name.contains('.'))
    }

    /// A text of a kind.
    pub fn make(&self, kind: &str, random: &mut Random) -> String {
        let mut out = String::new();
        self.expand(kind, random, 0, &mut out);
        out
    }

    fn expand(&self, name: &str, random: &mut Random, depth: usize, out: &mut String) {
        if depth > DEPTH_MAX || out.len() > LENGTH_MAX {
            return;
        }
        // `‹x+›` is one to five of x.
        if let Some(repeated) = name.strip_suffix('+') {
            for _ in 0..=random.below(5) {
                self.expand(repeated, random, depth + 1, out);
            }
            return;
        }
        let Some(lines) = self.sections.get(name) else {
            self.primitive(name, random, out);
            return;
        };
        let mut rest = lines[random.below(lines.len())];
        while let Some((before, after)) = rest.split_once('‹') {
            out.push_str(before);
            let Some((name, after)) = after.split_once('›') else { break };
            self.expand(name, random, depth + 1, out);
            rest = after;
        }
        out.push_str(rest);
    }

    fn primitive(&self, name: &str, random: &mut Random, out: &mut String) {
        match name {
            "n" => {
                let limit = [10, 100, 1_000, 10_000, 10_000_000][random.below(5)];
                *out += &random.below(limit).to_string();
            }
            "d" => *out += &random.below(10).to_string(),
            "word" => *out += self.word(random),
            "Word" => *out += &capital(self.word(random)),
            "known" => *out += KNOWN[random.below(KNOWN.len())],
            "unix" => *out += of_kind(0, random),
            "windows" => *out += of_kind(1, random),
            "database" => *out += of_kind(2, random),
            "phpfun" => *out += of_kind(3, random),
            "phpset" => *out += of_kind(4, random),
            "handler" => *out += of_kind(5, random),
            "words" => self.words(random, 2, 6, out),
            "sentence" => {
                self.words(random, 4, 12, out);
                out.push(['.', '.', '.', '!', '?', ';'][random.below(6)]);
            }
            "letter" => out.push(char::from(b'a' + random.below(26) as u8)),
            "hex" => draw(random, b"0123456789abcdef", 8, 8, out),
            "hex2" => draw(random, b"0123456789abcdef", 2, 2, out),
            "hash" => draw(random, b"0123456789abcdef", 32, 64, out),
            "b64" => draw(random, B64, 16, 90, out),
            "b64s" => draw(random, B64, 4, 12, out),
            "alnum" => draw(random, &B64[..62], 5, 24, out),
            "lf" => out.push('\n'),
            "sp" => out.push(' '),
            // An unknown name stands for itself, so that a typing mistake shows in a test.
            other => *out += &format!("‹{other}›"),
        }
    }

    fn word(&self, random: &mut Random) -> &'a str {
        self.words.get(random.below(self.words.len())).map_or("word", String::as_str)
    }

    /// Words as in prose: every other one is a small word.
    fn words(&self, random: &mut Random, least: usize, most: usize, out: &mut String) {
        const SMALL: &str = "the of and to in a is that for it as was with be by on not he his but at are this have from or had an \
            they which one you were all her she there would their we him been has when who will no more if out so up said what \
            its about than into them can only other time new some could these two may first then do any like my now over such our \
            man me even most made after also did many off before must well back through years much where your way down should \
            because long each just state those people too mr how little good world make very year still see own work men day get \
            here old life both between being under three never know same last another while us might great go come since against \
            right came take used himself few house use place during without again home around small however found part school every \
            long find any new call order list set show open close right group like user path name";
        const SMALLS: usize = 190;
        const KEYWORDS: [&str; 40] = [
            "select", "from", "where", "union", "order by", "group by", "having", "insert", "update", "delete", "drop",
            "table", "join", "left", "limit", "like", "null", "true", "false", "exec", "system", "script", "alert",
            "eval", "cast", "char", "count", "users", "password", "admin", "root", "file", "host", "sleep", "cat",
            "id", "echo", "include", "document", "window",
        ];
        let count = least + random.below(most - least + 1);
        for i in 0..count {
            if i > 0 {
                out.push_str([" ", " ", " ", " ", " ", " ", " ", " ", ", ", " - "][random.below(10)]);
            }
            let word = match random.below(5) {
                0 if random.below(6) == 0 => KEYWORDS[random.below(KEYWORDS.len())],
                0 | 1 => SMALL.split_ascii_whitespace().nth(random.below(SMALLS)).unwrap_or("the"),
                _ => self.word(random),
            };
            match random.below(24) {
                0 => *out += &capital(word),
                1 => *out += &word.to_ascii_uppercase(),
                2 => *out += &format!("{word}'s"),
                3 => *out += &format!("\"{word}\""),
                4 => *out += &format!("({word})"),
                _ if i == 0 => *out += &capital(word),
                _ => *out += word,
            }
        }
    }
}

const B64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b))
}

fn draw(random: &mut Random, from: &[u8], least: usize, most: usize, out: &mut String) {
    for _ in 0..least + random.below(most - least + 1) {
        out.push(char::from(from[random.below(from.len())]));
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A word of one of the lexer's kinds.
fn of_kind(kind: usize, random: &mut Random) -> &'static str {
    static LISTS: LazyLock<Vec<Vec<&str>>> =
        LazyLock::new(|| KINDS.iter().map(|words| words.split_ascii_whitespace().collect()).collect());
    LISTS.get(kind).map_or("word", |words| words[random.below(words.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_name_one_another_and_end() {
        let words = vec!["apple".to_owned()];
        let grammar = Grammar::read("[a.b]\n‹c›=‹word›\n[c]\nx‹d›\n[loop.x]\n(‹loop.x›)\n#: a note\n", &words);
        let mut random = Random(1);
        assert_eq!(grammar.kinds().collect::<Vec<_>>(), ["a.b", "loop.x"]);
        let made = grammar.make("a.b", &mut random);
        assert!(made.starts_with('x') && made.ends_with("=apple"), "{made}");
        assert!(grammar.make("loop.x", &mut random).len() < 100);
    }

    #[test]
    fn the_grammars_have_no_unknown_names() {
        let words = vec!["apple".to_owned()];
        for text in [super::super::ATTACK, super::super::BENIGN] {
            let grammar = Grammar::read(text, &words);
            let mut random = Random(2);
            for kind in grammar.kinds() {
                for _ in 0..200 {
                    let made = grammar.make(kind, &mut random);
                    assert!(!made.contains(['‹', '›']), "{kind}: {made}");
                }
            }
        }
    }
}
