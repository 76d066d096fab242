//! What a stream's header lines teach.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn taught(lines: &[&str]) -> Layout {
    let mut layout = Layout::default();
    for line in lines {
        assert_eq!(layout.read(None, line, NOW), None, "{line}");
    }
    layout
}

#[test]
fn a_later_header_replaces_an_earlier_one() {
    let layout = taught(&["#Fields: date time", "#separator \\x09", "#path\tconn", "#fields\tts\tid.orig_h"]);
    let header = layout.header(Format::Zeek).unwrap();
    assert_eq!((&*header.path, &*header.columns), ("conn", &[Some(Column::Time), Some(Column::Source)][..]));
    assert_eq!(layout.header(Format::Iis), None);
    let layout = taught(&["#path\tconn", "#fields\tts", "#Date: 2002-05-02 17:42:15", "#Fields: time x c-ip"]);
    let header = layout.header(Format::CloudFront).unwrap();
    assert_eq!(
        (&*header.date, &*header.columns),
        ("2002-05-02", &[Some(Column::Time), None, Some(Column::Source)][..])
    );
    assert_eq!(layout.header(Format::Zeek), None);
    assert_eq!(layout.header(Format::Combined), None);
    let mut unmoved = Layout::default();
    assert!(unmoved.read(None, "# a comment", NOW).is_some() && unmoved.is_empty());
}

#[test]
fn headers_are_found_among_lines_passed_over() {
    let text = "#Version: 1.0\r\n#Fields: date time\r\n2019-12-04\t21:02:31\nx #Fields: no\n#Fields: time c-ip\nlast";
    let mut layout = Layout::default();
    layout.learn_all(text.as_bytes());
    assert_eq!(layout, taught(&["#Fields: time c-ip"]));
    layout.learn_all(b"no\n#fields\xff\n#");
    assert_eq!(layout, taught(&["#Fields: time c-ip"]));
}

#[test]
fn a_header_is_not_taken_at_any_length() {
    let mut layout = Layout::default();
    layout.learn_all(format!("#Fields: {}", "time ".repeat(HEADER_MAX)).as_bytes());
    assert!(layout.is_empty());
    layout.learn_all(format!("#Fields: {}", "a ".repeat(1000)).as_bytes());
    assert_eq!(layout.header(Format::Iis).unwrap().columns.len(), column::COLUMNS_MAX);
}

proptest! {
    #[test]
    fn a_layout_is_its_text(path in "[a-z_]{0,8}", date in "[0-9-]{0,10}", names in proptest::collection::vec("[a-z-]{1,9}|c-ip|id\\.orig_h|ts", 0..20), zeek in any::<bool>()) {
        let mut layout = Layout::default();
        let head = if zeek { format!("#path\t{path}\n#fields\t{}", names.join("\t")) } else { format!("#Date: {date}\n#Fields: {}", names.join(" ")) };
        layout.learn_all(head.as_bytes());
        let json = serde_json::to_string(&layout).unwrap();
        prop_assert_eq!(serde_json::from_str::<Layout>(&json).unwrap(), layout);
    }

    #[test]
    fn any_text_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), line in ".*") {
        let mut layout = Layout::default();
        layout.learn_all(&bytes);
        for head in ["#Fields: ", "#fields\t", "#path\t", "#Date: ", ""] {
            let _ = layout.read(None, &format!("{head}{line}"), NOW);
            let _ = layout.read(Some(Format::Zeek), &line, NOW);
        }
        let _ = Layout::from(String::from(layout));
    }
}
