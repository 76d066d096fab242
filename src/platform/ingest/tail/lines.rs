//! Chunks into whole lines. A partial last line waits; a line without end is cut, so memory stays bounded.

/// Longest line taken in whole, in bytes.
pub const MAX_LINE: usize = 1024 * 1024;

/// What stands at the end of a line that was cut.
pub const NOTE: &[u8] = " …[the rest of the line was cut]\n".as_bytes();

/// Joins chunks to whole lines.
#[derive(Debug)]
pub struct Lines {
    /// Longest line taken in whole, in bytes.
    longest: usize,
    partial: Vec<u8>,
    /// The rest of a line that was cut is being passed over.
    pub cut: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self::up_to(MAX_LINE)
    }
}

impl Lines {
    /// Takes in whole what is no longer than this many bytes.
    pub const fn up_to(longest: usize) -> Self {
        Self { longest, partial: Vec::new(), cut: false }
    }

    /// Takes in a chunk and gives back the lines it completes.
    pub fn push(&mut self, mut chunk: &[u8]) -> Vec<u8> {
        if self.cut {
            let Some(end) = memchr::memchr(b'\n', chunk) else { return Vec::new() };
            self.cut = false;
            chunk = &chunk[end + 1..];
        }
        let mut whole = Vec::new();
        if let Some(end) = memchr::memrchr(b'\n', chunk) {
            whole = std::mem::take(&mut self.partial);
            let joined = !whole.is_empty();
            whole.extend_from_slice(&chunk[..=end]);
            chunk = &chunk[end + 1..];
            if joined && whole.len() > self.longest {
                shorten_first(&mut whole, self.longest);
            }
        }
        self.partial.extend_from_slice(chunk);
        if self.partial.len() > self.longest {
            self.partial.truncate(self.longest);
            whole.append(&mut self.partial);
            whole.extend_from_slice(NOTE);
            self.cut = true;
        }
        whole
    }

    /// Bytes that wait for the end of their line.
    pub fn waiting(&self) -> usize {
        self.partial.len()
    }

    /// Gives back a last line that will never be ended.
    pub fn finish(&mut self) -> Vec<u8> {
        self.cut = false;
        let mut line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            line.push(b'\n');
        }
        line
    }
}

/// Cuts the first of several lines if it is too long.
fn shorten_first(whole: &mut Vec<u8>, longest: usize) {
    if let Some(end) = memchr::memchr(b'\n', whole).filter(|end| *end > longest) {
        whole.splice(longest..=end, NOTE.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_however_it_is_cut(chunks in proptest::collection::vec("[a\n]{0,9}", 0..20)) {
            let mut lines = Lines::default();
            let mut got = Vec::new();
            for chunk in &chunks {
                let whole = lines.push(chunk.as_bytes());
                prop_assert!(whole.is_empty() || whole.ends_with(b"\n"));
                got.extend(whole);
            }
            let waiting = lines.waiting();
            let rest = lines.finish();
            prop_assert_eq!(waiting, rest.len().saturating_sub(1));
            got.extend(rest.strip_suffix(b"\n").unwrap_or(&[]));
            prop_assert_eq!(got, chunks.concat().into_bytes());
        }
    }

    #[test]
    fn a_line_without_end_is_cut_once() {
        let mut lines = Lines::default();
        let mut got = Vec::new();
        for _ in 0..40 {
            got.extend(lines.push(&[b'x'; 100_000]));
            assert!(lines.waiting() <= MAX_LINE);
        }
        got.extend(lines.push(b"xx\nnext\npart"));
        assert_eq!(got.len(), MAX_LINE + NOTE.len() + 5);
        assert!(got.ends_with(&[NOTE, b"next\n"].concat()));
        assert_eq!(lines.finish(), b"part\n");
    }

    #[test]
    fn a_long_line_ended_in_the_same_chunk_is_cut_too() {
        let mut lines = Lines::default();
        assert!(lines.push(&vec![b'x'; MAX_LINE]).is_empty());
        let got = lines.push(b"yyy\nnext\n");
        assert_eq!(got.len(), MAX_LINE + NOTE.len() + 5);
        assert!(got.ends_with(b"next\n"));
    }
}
