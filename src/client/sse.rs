//! A reader of server-sent events (WHATWG HTML, 9.2.6), fed with bytes as they come. Pure; no I/O.

/// Bytes of one message: a stream that never ends one is cut.
const LIMIT: usize = 16 << 20;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The last id seen, up to and with this message.
    pub id: String,
    /// Its data; `None` when only the id was set.
    pub data: Option<String>,
}

/// The parser's state.
#[derive(Debug)]
pub(super) struct Parser {
    line: Vec<u8>,
    id: String,
    id_is_new: bool,
    data: Option<String>,
    after_cr: bool,
}

/// A message grew beyond all bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl Parser {
    /// Before the first byte.
    pub const fn new() -> Self {
        Self { line: Vec::new(), id: String::new(), id_is_new: false, data: None, after_cr: false }
    }

    /// Takes bytes in and appends the messages they complete.
    pub fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<Message>) -> Result<(), TooLong> {
        // A line ends with CR LF, CR or LF; the LF of a CR LF may come in the next piece.
        while let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) {
            let skip = self.after_cr && end == 0 && bytes[0] == b'\n';
            self.after_cr = bytes[end] == b'\r';
            if !skip && self.line.is_empty() {
                self.take_line(&String::from_utf8_lossy(&bytes[..end]), out);
            } else if !skip {
                self.line.extend_from_slice(&bytes[..end]);
                let line = std::mem::take(&mut self.line);
                self.take_line(&String::from_utf8_lossy(&line), out);
            }
            bytes = &bytes[end + 1..];
        }
        self.after_cr &= bytes.is_empty();
        self.line.extend_from_slice(bytes);
        if self.line.len() + self.data.as_ref().map_or(0, String::len) > LIMIT { Err(TooLong) } else { Ok(()) }
    }

    fn take_line(&mut self, line: &str, out: &mut Vec<Message>) {
        if line.is_empty() {
            let data = self.data.take();
            if data.is_some() || self.id_is_new {
                out.push(Message { id: self.id.clone(), data });
            }
            self.id_is_new = false;
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" if !value.contains('\0') => {
                value.clone_into(&mut self.id);
                self.id_is_new = true;
            }
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // `event` and `retry` have no meaning in our contract; an empty field is a comment.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(pieces: &[&[u8]]) -> Vec<Message> {
        let (mut parser, mut out) = (Parser::new(), Vec::new());
        pieces.iter().for_each(|piece| parser.feed(piece, &mut out).unwrap());
        out
    }

    fn message(id: &str, data: Option<&str>) -> Message {
        Message { id: id.into(), data: data.map(str::to_owned) }
    }

    #[test]
    fn messages_ids_comments_and_line_ends() {
        let text = b": hello\nretry: 1\nid: a-1\n\nid: a-2\ndata: x\ndata:y\n\ndata: z\r\n\r\n\n: end\n\ndata: cut";
        assert_eq!(parse(&[text]), [message("a-1", None), message("a-2", Some("x\ny")), message("a-2", Some("z"))]);
    }

    #[test]
    fn an_endless_message_is_refused() {
        let mut parser = Parser::new();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..=16).any(|_| parser.feed(&piece, &mut Vec::new()).is_err()));
    }

    proptest! {
        #[test]
        fn how_it_is_cut_into_pieces_does_not_matter(
            text in "(id: [a-c]\n|data: [xyzä]{0,3}(\n|\r\n|\r)|\n|\r\n|: c\n){0,20}", cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()
        ) {
            let bytes = text.as_bytes();
            let (a, b) = (cut.index(bytes.len() + 1), other.index(bytes.len() + 1));
            let (a, b) = (a.min(b), a.max(b));
            prop_assert_eq!(parse(&[&bytes[..a], &bytes[a..b], &bytes[b..]]), parse(&[bytes]));
        }
    }
}
