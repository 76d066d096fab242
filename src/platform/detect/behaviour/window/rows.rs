//! The rows of one window, in the order in which they came: in pieces, so that a table grows without being moved, and what
//! is judged after its window closed is freed piece by piece while the next window fills.

use super::Row;

/// Rows of one piece: well below what an allocator would ask the system for each time.
const PIECE: usize = 512;

/// See the module. All pieces but the last are full.
#[derive(Default)]
pub struct Rows(Vec<Vec<Row>>);

impl Rows {
    /// The row at a place.
    pub fn get(&mut self, at: u32) -> Option<&mut Row> {
        self.0.get_mut(at as usize / PIECE)?.get_mut(at as usize % PIECE)
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) -> &mut Row {
        if self.0.last().is_none_or(|piece| piece.len() == PIECE) {
            self.0.push(Vec::with_capacity(PIECE));
        }
        let last = self.0.len() - 1;
        self.0[last].push_mut(row)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PIECE + last.len())
    }

    /// Takes them out one by one.
    pub fn close(self) -> Closed {
        Closed { left: self.len(), pieces: self.0.into_iter(), piece: Vec::new(), at: 0 }
    }
}

/// The rows of a closed window.
#[derive(Default)]
pub struct Closed {
    pieces: std::vec::IntoIter<Vec<Row>>,
    piece: Vec<Row>,
    at: usize,
    left: usize,
}

impl Closed {
    /// How many are left.
    pub const fn len(&self) -> usize {
        self.left
    }

    /// The next one. It stays where it is: there are very many, and moving each would cost as much as looking at it.
    pub fn next_row(&mut self) -> Option<&mut Row> {
        if self.at == self.piece.len() {
            // The piece that is done with goes before the next one comes.
            (self.piece, self.at) = (Vec::new(), 0);
            self.piece = self.pieces.next()?;
        }
        let row = self.piece.get_mut(self.at)?;
        self.at += 1;
        self.left -= 1;
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Standing, Table};
    use super::*;
    use crate::platform::detect::behaviour::fact::pair;

    /// There are as many as there are clients.
    #[test]
    fn a_row_is_small() {
        assert!(size_of::<Row>() <= 152, "{}", size_of::<Row>());
    }

    #[test]
    fn rows_keep_their_order_and_their_places() {
        let mut table = Table::default();
        let standing = Standing { fresh: true, flagged: false };
        let many = 3 * PIECE as u64 + 7;
        for n in 0..many {
            table.make(pair(n, 1), Kind::Session, n.to_string().into(), standing).unwrap();
        }
        assert_eq!(table.len() as u64, many);
        for n in [0, 1, PIECE as u64, many - 1] {
            let at = table.index[&pair(n, 1)];
            assert_eq!(table.rows.get(at).unwrap().name, n.to_string().into());
        }
        let mut closed = table.close(0);
        assert_eq!((closed.len() as u64, table.len()), (many, 0));
        assert!(std::iter::from_fn(|| closed.next_row().map(|row| row.id)).eq((0..many).map(|n| pair(n, 1))));
        for _ in 0..3 {
            assert!(closed.len() == 0 && closed.next_row().is_none());
        }
    }
}
