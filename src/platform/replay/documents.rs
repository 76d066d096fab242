//! JSON documents that were printed over several lines, as the clouds' tools and `jq` do: every event of one becomes a
//! line of its own again. It keeps the number of the line on which it begins: the ends of its other lines follow it.
//!
//! A document begins with a line of nothing but brackets that it opens, or those and the name of a list of events.
//! Everything else is left as it is, also what only looked like a document until it broke off.

use crate::platform::ingest::is_bundle;

/// Bytes of one event; one that is longer goes on as the lines it was.
const EVENT_MAX: usize = 1024 * 1024;

/// Takes lines in and gives lines back.
#[derive(Default)]
pub(super) struct Documents {
    /// The document being read.
    open: Option<Document>,
}

impl Documents {
    /// Takes in whole lines and gives back those that they make.
    pub fn push(&mut self, text: Vec<u8>) -> Vec<u8> {
        if self.open.is_none() && opener(&text).is_none() {
            return text;
        }
        let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_slice());
        while !rest.is_empty() {
            if self.open.is_none() {
                let Some(at) = opener(rest) else { break };
                out.extend_from_slice(&rest[..at]);
                rest = &rest[at..];
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let goes_on = self.open.get_or_insert_default().line(&rest[..end], &mut out);
            self.open.take_if(|_| !goes_on);
            rest = &rest[end..];
        }
        out.extend_from_slice(rest);
        out
    }

    /// Gives back what was read of an event that has no end.
    pub fn finish(&mut self) -> Vec<u8> {
        self.open.take().map(|document| document.held.unwrap_or_default().lines).unwrap_or_default()
    }
}

/// Where the first line stands that begins a document.
fn opener(text: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b'{', b'[', text).find_map(|at| {
        let after = &text[at + 1..];
        if !after.strip_prefix(b"\r").unwrap_or(after).starts_with(b"\n") {
            return None;
        }
        let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
        let line = &text[start..=at];
        (line.iter().all(|b| matches!(b, b'{' | b'[' | b' ' | b'\t')) || begins_bundle(line)).then_some(start)
    })
}

/// A list of events begins here, as in `{"Records": [`.
fn begins_bundle(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let list = text.strip_suffix(b"{").unwrap_or(text);
    list.starts_with(b"{") && std::str::from_utf8(list).is_ok_and(|list| is_bundle(&format!("{list}{{")))
}

/// What is kept of an event until its end is seen.
#[derive(Default)]
struct Held {
    /// It as one line.
    event: Vec<u8>,
    /// It as it was read.
    lines: Vec<u8>,
    /// Ends of lines in it.
    ends: usize,
}

/// A document, line by line.
#[derive(Default)]
struct Document {
    /// Brackets that are open.
    depth: usize,
    /// How many are open around an event: none, the list's, or the bundle's and its list's.
    around: usize,
    held: Option<Held>,
    /// An event was written whose line has not ended yet.
    begun: bool,
    /// Ends of lines that were written and never read: between two events of one line.
    debt: usize,
}

impl Document {
    /// Takes the next line in; false once the document, or what looked like one, is over.
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) -> bool {
        let (mut quoted, mut escaped) = (false, false);
        // Where that begins of the line which is neither written nor held.
        let mut from = 0;
        for (at, byte) in line.iter().enumerate() {
            let structural = !quoted;
            if quoted {
                quoted = escaped || *byte != b'"';
                escaped = !escaped && *byte == b'\\';
            }
            let fits = match byte {
                b'\n' | b'\r' => !quoted || *byte == b'\r',
                _ if !structural => true,
                b'{' | b'[' => self.opens(*byte, at, &mut from, out),
                b'}' | b']' => self.depth > 0,
                b'"' => {
                    quoted = true;
                    self.held.is_some()
                }
                b' ' | b'\t' | b',' => self.depth > 0 || *byte != b',',
                _ => self.held.is_some(),
            };
            if !fits || self.is_too_long(at) {
                return self.fails(&line[from..], out);
            }
            if let Some(held) = &mut self.held
                && !matches!(byte, b'\n' | b'\r')
            {
                held.event.push(*byte);
            }
            if structural && matches!(byte, b'}' | b']') {
                self.depth -= 1;
                if self.depth == self.around && self.write(out) {
                    from = at + 1;
                }
            }
        }
        self.ends(&line[from..], out);
        self.depth > 0
    }

    fn is_too_long(&self, more: usize) -> bool {
        self.held.as_ref().is_some_and(|held| held.lines.len() + more > EVENT_MAX)
    }

    /// A bracket opens; false where none may.
    fn opens(&mut self, bracket: u8, at: usize, from: &mut usize, out: &mut Vec<u8>) -> bool {
        match (&self.held, bracket) {
            (None, b'[') if self.depth == 0 && self.around == 0 => self.around = 1,
            (None, b'{') if self.depth == self.around => {
                self.held = Some(Held::default());
                *from = at;
            }
            (None, _) => return false,
            (Some(held), b'{') if self.depth == 2 && self.around == 0 && begins_bundle(&held.event) => {
                // It was the bundle's beginning and not an event's: this is.
                let ends = held.ends;
                out.resize(out.len() + ends, b'\n');
                (self.around, *from) = (2, at);
                self.held = Some(Held::default());
            }
            _ => {}
        }
        self.depth += 1;
        true
    }

    /// Writes the event that ends here; false if there is none.
    fn write(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(held) = self.held.take() else { return false };
        if self.begun {
            out.push(b'\n');
            self.debt += 1;
        }
        out.extend_from_slice(&held.event);
        out.resize(out.len() + held.ends, b'\n');
        self.begun = held.ends == 0;
        true
    }

    /// The line ends; `rest` of it is neither written nor held.
    fn ends(&mut self, rest: &[u8], out: &mut Vec<u8>) {
        let ended = rest.ends_with(b"\n");
        if let Some(held) = &mut self.held {
            held.lines.extend_from_slice(rest);
            held.ends += usize::from(ended);
        } else if ended && self.debt > 0 && !self.begun {
            self.debt -= 1;
        } else if ended {
            out.push(b'\n');
            self.begun = false;
        }
    }

    /// It is no document, or an event is too long: what was kept back goes on as it was, with the `rest` of the line.
    fn fails(&mut self, rest: &[u8], out: &mut Vec<u8>) -> bool {
        if self.begun {
            out.push(b'\n');
        }
        out.append(&mut self.held.take().unwrap_or_default().lines);
        out.extend_from_slice(rest);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What becomes of a text that is read in pieces of so many lines.
    fn read(text: &str, pieces: usize) -> String {
        let mut documents = Documents::default();
        let lines: Vec<&[u8]> = text.as_bytes().split_inclusive(|b| *b == b'\n').collect();
        let mut out: Vec<u8> = lines.chunks(pieces.max(1)).flat_map(|piece| documents.push(piece.concat())).collect();
        out.append(&mut documents.finish());
        String::from_utf8(out).unwrap()
    }

    /// The lines that have something in them, with their numbers.
    fn numbered(text: &str) -> Vec<(usize, String)> {
        let out = read(text, 3);
        assert_eq!(out, read(text, 1), "however it comes");
        let lines = out.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(i, line)| (i + 1, line.to_owned())).collect()
    }

    fn event(line: usize, text: &str) -> (usize, String) {
        (line, text.to_owned())
    }

    #[test]
    fn one_event_over_several_lines_is_one_line() {
        let text = "before\n{\n  \"a\": {\n    \"b\": \"x } \\\" {\"\n  },\r\n  \"c\": [1, 2]\n}\nafter\n";
        let joined = r#"{  "a": {    "b": "x } \" {"  },  "c": [1, 2]}"#;
        assert_eq!(numbered(text), [event(1, "before"), event(2, joined), event(8, "after")]);
    }

    #[test]
    fn events_of_a_list_keep_the_numbers_of_their_lines() {
        for open in ["[", "{\"Records\": [", "{\n\"Records\" :\n[", "{\n\"items\": ["] {
            let close = if open == "[" { "]" } else { "]\n}" };
            let text = format!(
                "{open}\n{{\n\"a\": 1\n}},\n{{ \"b\": 2 }},\n{{ \"c\": 3 }}, {{\n\"d\": []\n}}\n{close}\nend\n"
            );
            let first = open.lines().count() + 1;
            let last = first + 7 + close.lines().count();
            let expected = [
                event(first, "{\"a\": 1}"),
                event(first + 3, "{ \"b\": 2 }"),
                event(first + 4, "{ \"c\": 3 }"),
                event(first + 5, "{\"d\": []}"),
                event(last, "end"),
            ];
            assert_eq!(numbered(&text), expected, "{open}");
        }
    }

    #[test]
    fn a_list_of_anything_else_and_what_breaks_off_stay_as_they_are() {
        for text in [
            "[\n\"one line\",\n\"another\"\n]\n",
            "{\nnot json\n}\n",
            "{\n\"a\": 1\n",
            "[\n[\n1\n]\n]\n",
            "{\n\"a\": \"no end\n}\n",
            "[error] [client 192.0.2.7] x {\n",
            "int main() {\n  return 0;\n}\n",
            "{\"a\":1}\n{\"b\":2}\n",
            "{\"Records\":[{\"a\":1}]}\n",
        ] {
            // But for the bracket of a list that turned out to be none of events.
            let meant = |text: &str| text.replace([' ', '\n', '['], "");
            assert_eq!(meant(&read(text, 1)), meant(text), "{text}");
            assert_eq!(read(text, 1).lines().count(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn an_event_without_measure_goes_on_as_lines() {
        let text = format!("{{\n{}}}\n", "\"a\": 1,\n".repeat(200_000));
        assert_eq!(read(&text, 1_000), text);
    }

    proptest! {
        #[test]
        fn no_line_is_lost(text in "([\\[\\]{}\",:\\\\ax \n]{0,4}|\"Records\": ?\\[\n?|\\{\n|\\[\n|\\},?\n?){0,20}") {
            let out = read(&text, 2);
            let kept = |text: &str| text.chars().filter(|c| matches!(c, 'a' | 'x')).count();
            prop_assert_eq!(kept(&out), kept(&text));
            prop_assert_eq!(read(&text, 1), out);
        }
    }
}
