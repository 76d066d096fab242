//! What terminals send, whole and in pieces.

use super::*;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Vec<Input> {
    let mut decoder = Decoder::default();
    let mut found = decoder.feed(bytes);
    found.extend(decoder.settle());
    found
}

fn keys(bytes: &[u8]) -> String {
    let name = |input: &Input| match input {
        Input::Key(key) => key.to_string(),
        other => format!("{other:?}"),
    };
    read(bytes).iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn keys_are_read_as_terminals_send_them() {
    for (bytes, expected) in [
        (&b"jG /"[..], "j G Space /"),
        (b"\r\t\x7f\x1b", "Enter Tab Backspace Esc"),
        (b"\x04\x1a\x00\n", "ctrl-d ctrl-z ctrl-Space ctrl-j"),
        (b"\x1b[A\x1b[B\x1bOC\x1bOD", "Up Down Right Left"),
        (b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[5~\x1b[6~\x1b[3~", "Home End Home End PageUp PageDown Delete"),
        (b"\x1b[Z\x1b[1;5A\x1b[5;3~", "BackTab ctrl-Up alt-PageUp"),
        (b"\x1bx\x1b\x1b[A", "alt-x Esc Up"),
        ("ä日\u{1f600}".as_bytes(), "ä 日 \u{1f600}"),
        (b"\x1b[97;5u\x1b[27;5;105~\x1b[9;2u\x1b[103;2u", "ctrl-a ctrl-i BackTab G"),
        // Function keys and focus mean nothing here.
        (b"\x1bOPj\x1b[15~\x1b[[Ak\x1b[I\x1b[O", "j k"),
    ] {
        assert_eq!(keys(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn answers_are_no_keys() {
    assert_eq!(read(b"j\x1b[0nk"), [read(b"j"), vec![Input::Answer], read(b"k")].concat());
    // Answers to questions that somebody else asked: attributes, colours, modes, cursor, version, clipboard.
    let others: [&[u8]; 8] = [
        b"\x1b[?62;4c",
        b"\x1b[>1;4000;20c",
        b"\x1b]11;rgb:1c1c/2121/2828\x1b\\",
        b"\x1b[?2026;2$y",
        b"\x1b[24;80R",
        b"\x1bP>|tmux 3.3a\x1b\\",
        b"\x1b]52;c;eA==\x07",
        b"\x1b[?1u",
    ];
    for other in others {
        assert_eq!(keys(&[other, b"j"].concat()), "j", "{}", String::from_utf8_lossy(other));
    }
}

#[test]
fn pasted_text_is_whole_and_never_keys() {
    let text = "q\r:quit\r\u{1b}[A日\u{1b}[201";
    let bytes = format!("\x1b[200~{text}\x1b[201~j");
    let paste = Input::Paste(text.into());
    assert_eq!(read(bytes.as_bytes()), [vec![paste], read(b"j")].concat());
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b[200~half"), []);
    assert_eq!((decoder.pending(), decoder.settle()), (None, None), "it is waited for as long as it takes");
    assert_eq!(decoder.feed(b"\x1b[201~"), [Input::Paste("half".into())]);
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[200~");
    for _ in 0..100 {
        decoder.feed(&[b'x'; 65_536]);
    }
    assert!(decoder.held.len() < 64);
    let found = decoder.feed(PASTED);
    assert!(matches!(found.as_slice(), [Input::Paste(text)] if text.len() == PASTE));
}

#[test]
fn the_mouse_is_read() {
    assert_eq!(
        read(b"\x1b[<0;12;3M\x1b[<0;12;3m\x1b[<64;1;1M\x1b[<65;1;1M\x1b[<2;1;1M\x1b[<16;300;1M"),
        [Input::Click(11, 2), Input::Wheel(false), Input::Wheel(true), Input::Click(299, 0)]
    );
    assert_eq!(keys(b"\x1b[<0;0;0M\x1b[<0;1Mj\x1b[M !!k"), "j k");
}

#[test]
fn an_open_sequence_is_settled() {
    let mut decoder = Decoder::default();
    assert_eq!((decoder.feed(b"\x1b"), decoder.pending()), (vec![], Some(Duration::from_millis(30))));
    assert_eq!(decoder.settle(), Some(Input::Key(Key::parse("Esc").unwrap())));
    assert_eq!(keys(b"\x1bO"), "alt-O");
    assert_eq!(keys(b"\x1b["), "alt-[");
    assert_eq!(keys(b"\x1b[1;"), "");
    assert_eq!(decoder.pending(), None);
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_is_held_without_bound(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..40),
    ) {
        let mut decoder = Decoder::default();
        for chunk in chunks {
            decoder.feed(&chunk);
            prop_assert!(decoder.held.len() <= STRING + 40);
        }
        decoder.settle();
    }

    /// However a stream is cut, it means the same, as long as nothing is settled in between.
    #[test]
    fn cuts_change_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            "j", "\x1b[A", "\x1bOB", "\x1b[0n", "日", "\x1b[200~a\r\x1b[Bb\x1b[201~", "\x1b[<65;1;1M", "\x1b]0;x\x07", "\x1b[6~",
        ]), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let all = parts.concat().into_bytes();
        let whole = Decoder::default().feed(&all);
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(all.len() + 1)).collect();
        at.extend([0, all.len()]);
        at.sort_unstable();
        let mut decoder = Decoder::default();
        let cut: Vec<Input> = at.windows(2).flat_map(|w| decoder.feed(&all[w[0]..w[1]])).collect();
        prop_assert_eq!(cut, whole);
    }
}
