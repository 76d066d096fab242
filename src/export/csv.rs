//! CSV (RFC 4180 quoting, LF ends), defused: a cell that a spreadsheet would run as a formula starts with `'`.

use super::Sheet;
use crate::column::Record;
use crate::text::Untrusted;
use std::io;

/// A header, then a record a line.
pub struct Csv;

impl<R: Record> Sheet<R> for Csv {
    fn start(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        line(out, R::FIELDS.iter().map(|f| f.name.to_owned()));
        Ok(())
    }

    fn row(&mut self, _: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        line(out, R::FIELDS.iter().map(|f| field((f.text)(row))));
        Ok(())
    }

    fn end(&mut self, _: u64, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

fn line(out: &mut Vec<u8>, fields: impl Iterator<Item = String>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend_from_slice(field.as_bytes());
    }
    out.push(b'\n');
}

/// Plain words and non-negative numbers stay bare; everything else goes through the exit made for CSV.
fn field(text: String) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "._:/ ".contains(c) || c == '-';
    let plain = text.chars().all(bare) && !text.starts_with(['-', ' ']);
    if plain { text } else { Untrusted::from(text).csv() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_defused() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"] {
            assert!(field(hostile.to_owned()).starts_with("\"'"), "{hostile:?}: {}", field(hostile.to_owned()));
        }
        assert_eq!(field("web.sql_injection".to_owned()), "web.sql_injection");
        assert_eq!(field("a,b \"c\"".to_owned()), "\"a,b \"\"c\"\"\"");
    }

    proptest! {
        #[test]
        fn a_reader_gets_the_visible_text_back(text in "[^']{0,40}") {
            let shown = crate::text::visible::escape(&text).into_owned();
            let line = format!("{},x\n", field(shown.clone()));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record.len(), 2);
            prop_assert_eq!(record[0].trim_start_matches('\''), shown);
        }
    }
}
