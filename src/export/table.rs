//! Tables: aligned, with a heading and cut to the width on a terminal; tab-separated, whole and without heading in a
//! pipe, so that `cut -f` and `awk -F'\t'` keep working.

use super::{Reader, Sheet};
use crate::column::{Column, Row, layout};
use crate::text::fit;
use std::io;

/// A table for people or for `cut`.
pub enum Table<R: 'static> {
    /// Columns that fit, and their widths.
    Aligned(Vec<(&'static Column<R>, usize)>),
    /// Every column, tabs between them. Cells hold no tab: it was made visible.
    Tabs,
}

impl<R: Row> Table<R> {
    /// A table for this reader.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        match reader {
            Reader::Terminal(width) => Self::Aligned(layout::fit::<R>(width)),
            Reader::Machine => Self::Tabs,
        }
    }

    fn line(&self, out: &mut Vec<u8>, text: impl Fn(&Column<R>) -> String) {
        let mut line = String::new();
        match self {
            Self::Aligned(columns) => {
                for (i, (column, width)) in columns.iter().enumerate() {
                    if i > 0 {
                        line.push_str("  ");
                    }
                    let pad = if column.right { fit::pad_left } else { fit::pad };
                    line.push_str(&pad(&text(column), *width));
                }
                line.truncate(line.trim_end().len());
            }
            Self::Tabs => {
                for (i, column) in R::file().enumerate() {
                    if i > 0 {
                        line.push('\t');
                    }
                    line.push_str(&text(column));
                }
            }
        }
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

impl<R: Row> Sheet<R> for Table<R> {
    fn start(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if matches!(self, Self::Aligned(_)) {
            self.line(out, |column| column.name.to_uppercase());
        }
        Ok(())
    }

    fn row(&mut self, _: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        self.line(out, |column| (column.cell)(row).text);
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
                Table::new(reader).row(0, &source(&why), &mut out).unwrap();
                let line = String::from_utf8(out).unwrap();
                let inner = line.strip_suffix('\n').unwrap();
                prop_assert!(inner.chars().all(|c| c == '\t' || !visible::is_dangerous(c)));
                match reader {
                    Reader::Terminal(width) => prop_assert!(fit::width(inner) <= width && !inner.contains('\t')),
                    Reader::Machine => prop_assert_eq!(inner.split('\t').count(), Source::file().count()),
                }
            }
        }
    }
}
