use super::*;
use proptest::prelude::*;
use std::io::Write;

/// All lines of files with these texts, with file and number.
fn read(texts: &[String]) -> Vec<(usize, u64, String)> {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..texts.len()).map(|i| dir.path().join(i.to_string())).collect();
    for (path, text) in paths.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    let mut input = Input::open(&paths, None, Timestamp(1_795_000_000_000)).unwrap();
    let (mut block, mut all) = (Block::default(), Vec::new());
    while input.next(&mut block).unwrap() {
        let text = visible::decode(&block.text).into_owned();
        all.extend(block.lines(&text).map(|(file, number, line)| (file, number, line.to_owned())));
    }
    all
}

fn at(second: u32, name: &str) -> String {
    format!("198.51.100.1 - - [17/May/2015:10:05:{second:02} +0000] \"GET /{name} HTTP/1.1\" 200 1 \"-\" \"-\"\n")
}

proptest! {
    #[test]
    fn every_line_comes_once_with_its_number(texts in prop::collection::vec("[a\n\r]{0,40}", 1..4)) {
        let mut expected = Vec::new();
        for (file, text) in texts.iter().enumerate() {
            for (i, line) in text.split('\n').enumerate() {
                let line = line.strip_suffix('\r').unwrap_or(line);
                if !line.is_empty() {
                    expected.push((file, i as u64 + 1, line.to_owned()));
                }
            }
        }
        let mut got = read(&texts);
        got.sort();
        expected.sort();
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn blocks_join_without_a_seam() {
    let text: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    assert!(text.len() > BLOCK);
    let all = read(&[text]);
    assert_eq!(all.len(), 20_000);
    assert!(all.iter().enumerate().all(|(i, l)| l.1 == i as u64 + 1 && l.2 == format!("line {i}")));
}

#[test]
fn files_are_merged_in_order_of_time() {
    let first = at(1, "a") + "not understood\n" + &at(5, "b");
    let second = at(2, "c") + &at(3, "d") + &at(5, "e") + &at(9, "f");
    let order: Vec<(usize, u64)> = read(&[first, second]).iter().map(|l| (l.0, l.1)).collect();
    assert_eq!(order, [(0, 1), (0, 2), (1, 1), (1, 2), (0, 3), (1, 3), (1, 4)]);
}

#[test]
fn a_line_without_end_is_cut() {
    let text = "x".repeat(LINE_MAX + 3 * BLOCK) + "\nnext\n";
    let all = read(&[text]);
    assert_eq!(all.len(), 2);
    assert!(all[0].2.len() < LINE_MAX + 2 * BLOCK);
    assert_eq!((all[1].1, all[1].2.as_str()), (2, "next"));
}

#[test]
fn columns_named_at_the_beginning_are_known_in_every_block() {
    let line = |n: u32| format!("2002-05-02 17:{:02}:{:02} /{n} 192.0.2.7 GET 200\n", n / 60 % 60, n % 60);
    let text = "#Fields: date time cs-uri-stem c-ip cs-method sc-status\n".to_owned()
        + &(0..3000).map(line).collect::<String>()
        + &"x".repeat(2 * BLOCK)
        + "\n"
        + &line(3001);
    let dir = tempfile::tempdir().unwrap();
    let paths = [dir.path().join("a"), dir.path().join("b")];
    std::fs::write(&paths[0], &text).unwrap();
    std::fs::write(&paths[1], at(1, "later")).unwrap();
    for paths in [&paths[..1], &paths[..]] {
        let mut input = Input::open(paths, None, Timestamp(1_795_000_000_000)).unwrap();
        let (mut block, mut urls) = (Block::default(), Vec::new());
        while input.next(&mut block).unwrap() {
            let (text, mut layouts) = (visible::decode(&block.text), block.layouts.clone());
            for (file, _, line) in block.lines(&text) {
                let record = layouts[file].read(None, line, Timestamp(1_795_000_000_000));
                urls.extend(record.and_then(|r| Some(r.http?.url.into_owned())));
            }
        }
        assert_eq!((urls.len(), &*urls[2999], &*urls[3000]), (3000 + paths.len(), "/2999", "/3001"));
    }
}

#[test]
fn packed_files_are_read_or_it_is_said_how_they_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log.1.gz");
    let open = || Input::open(std::slice::from_ref(&path), None, Timestamp(1_795_000_000_000));
    let gzip = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    // Two members, as when one packed file was appended to another.
    std::fs::write(&path, [gzip("one\ntwo\n"), gzip("three\n")].concat()).unwrap();
    let (mut input, mut block) = (open().unwrap(), Block::default());
    assert!(input.next(&mut block).unwrap());
    assert_eq!(block.text, b"one\ntwo\nthree\n");
    // Cut in the middle.
    std::fs::write(&path, &gzip(&at(1, "a").repeat(9))[..60]).unwrap();
    let mut input = open().unwrap();
    let problem = (0..3).find_map(|_| input.next(&mut block).err()).unwrap();
    assert!(problem.title.contains("access.log.1.gz cannot be read"), "{problem:?}");
    std::fs::write(&path, b"\xfd7zXZ\0rest").unwrap();
    let problem = open().err().unwrap();
    assert!(problem.hints.iter().any(|hint| hint.contains("xzcat FILE | watchfloor replay -")), "{problem:?}");
    for short in ["", "a", "a\nb"] {
        std::fs::write(&path, short).unwrap();
        open().unwrap();
    }
}

#[test]
fn a_document_over_several_lines_is_read_event_by_event() {
    let all =
        read(
            &["{\n  \"Records\": [\n    {\n      \"a\": 1\n    },\n    {\n      \"b\": 2\n    }\n  ]\n}\n".to_owned()],
        );
    let expected = [(0, 3, "{      \"a\": 1    }".to_owned()), (0, 6, "{      \"b\": 2    }".to_owned())];
    assert_eq!(all, expected);
}
