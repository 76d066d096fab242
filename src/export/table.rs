//! Tables: aligned, with a heading and cut to the width on a terminal; tab-separated, whole and without heading in a
//! pipe, so that `cut -f` and `awk -F'\t'` keep working.

use super::{Reader, Sheet};
use crate::api::Timestamp;
use crate::column::{Column, Record, layout};
use crate::text::fit;
use std::io;

/// A table for people or for `cut`.
pub enum Table<R: 'static> {
    /// Columns that fit, their widths, and the time at which ages are told.
    Aligned(Vec<(&'static Column<R>, usize)>, Timestamp),
    /// Every field, tabs between them. Texts hold no tab: it was made visible.
    Tabs,
}

impl<R: Record> Table<R> {
    /// A table for this reader.
    #[must_use]
    pub fn new(reader: Reader, now: Timestamp) -> Self {
        match reader {
            Reader::Terminal(width) => Self::Aligned(layout::fit::<R>(width, &[]), now),
            Reader::Machine => Self::Tabs,
        }
    }
}

fn aligned<R>(columns: &[(&'static Column<R>, usize)], out: &mut Vec<u8>, text: impl Fn(&Column<R>) -> String) {
    let cell = |(column, width): &(&'static Column<R>, usize)| {
        let pad = if column.right { fit::pad_left } else { fit::pad };
        pad(&text(column), *width)
    };
    let cells: Vec<_> = columns.iter().map(cell).collect();
    out.extend_from_slice(cells.join(&" ".repeat(layout::GAP)).trim_end().as_bytes());
    out.push(b'\n');
}

impl<R: Record> Sheet<R> for Table<R> {
    fn start(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if let Self::Aligned(columns, _) = self {
            aligned(columns, out, |column| column.name.to_uppercase());
        }
        Ok(())
    }

    fn row(&mut self, _: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Aligned(columns, now) => aligned(columns, out, |column| (column.cell)(row, *now).text),
            Self::Tabs => {
                let texts: Vec<_> = R::FIELDS.iter().map(|field| (field.text)(row)).collect();
                out.extend_from_slice(texts.join("\t").as_bytes());
                out.push(b'\n');
            }
        }
        Ok(())
    }

    fn end(&mut self, _: u64, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Source;
    use crate::text::visible;
    use proptest::prelude::*;

    fn source(why: &str) -> Source {
        Source {
            name: "nginx:/var/log/nginx/access.log".into(),
            format: "combined".into(),
            state: crate::api::SourceState::Reading,
            why: why.into(),
            events: 12,
            unparsed: 0,
            offset: 99,
            last_event: None,
            last_read: None,
            drill: false,
        }
    }

    proptest! {
        #[test]
        fn neither_terminal_nor_pipe_sees_a_control(why in any::<String>(), width in 0usize..200) {
            for reader in [Reader::Terminal(width), Reader::Machine] {
                let mut out = Vec::new();
                Table::new(reader, Timestamp(0)).row(0, &source(&why), &mut out).unwrap();
                let line = String::from_utf8(out).unwrap();
                let inner = line.strip_suffix('\n').unwrap();
                prop_assert!(inner.chars().all(|c| c == '\t' || !visible::is_dangerous(c)));
                match reader {
                    Reader::Terminal(width) => prop_assert!(fit::width(inner) <= width && !inner.contains('\t')),
                    Reader::Machine => prop_assert_eq!(inner.split('\t').count(), Source::FIELDS.len()),
                }
            }
        }
    }
}
