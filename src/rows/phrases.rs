//! Pieces of lines that all rows of one shape have in common, made once each.

use std::io;
use std::ops::Range;

use super::columns::COLUMNS;
use super::kinds::Kind;

/// Columns that stand together in a line and are written at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) columns: Range<usize>,
    /// Whether all rows of one shape have the same there; else it is one column.
    pub(super) is_shaped: bool,
}

/// All columns, in order.
pub(super) fn pieces() -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for (place, column) in COLUMNS.iter().enumerate() {
        let is_shaped = matches!(column.kind, Kind::Shaped(_));
        match all.last_mut() {
            Some(last) if is_shaped && last.is_shaped => last.columns.end = place + 1,
            _ => all.push(Piece { columns: place..place + 1, is_shaped }),
        }
    }
    all
}

/// Bytes of phrases that are kept: all that usual traffic has, many times over.
const MOST_BYTES: usize = 1 << 20;

/// Phrases, found by their numbers.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    text: Vec<u8>,
    /// Where each begins and ends; nowhere if it is not known.
    known: Vec<(u32, u32)>,
}

impl Phrases {
    /// Forgets all; there will be so many.
    pub(super) fn clear(&mut self, most: usize) {
        self.text.clear();
        self.known.clear();
        self.known.resize(most, (0, 0));
    }

    /// Appends a phrase to a line; makes it if it is not known.
    #[inline]
    pub(super) fn put(
        &mut self,
        number: usize,
        out: &mut Vec<u8>,
        make: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let (begin, end) = self.known.get(number).copied().unwrap_or_default();
        if begin < end {
            out.extend_from_slice(self.text.get(begin as usize..end as usize).unwrap_or_default());
            return Ok(());
        }
        let begin = out.len();
        make(out)?;
        self.keep(number, out.get(begin..).unwrap_or_default());
        Ok(())
    }

    /// Where there is no more room, what comes is made each time: so many shapes are no traffic that
    /// is worth more memory.
    fn keep(&mut self, number: usize, phrase: &[u8]) {
        let (begin, end) = (self.text.len(), self.text.len() + phrase.len());
        if end > MOST_BYTES {
            return;
        }
        if let (Some(known), Ok(begin), Ok(end)) =
            (self.known.get_mut(number), u32::try_from(begin), u32::try_from(end))
        {
            self.text.extend_from_slice(phrase);
            *known = (begin, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_columns_in_order() {
        let columns: Vec<usize> = pieces().into_iter().flat_map(|piece| piece.columns).collect();
        assert_eq!(columns, (0..COLUMNS.len()).collect::<Vec<_>>());
        assert!(pieces().iter().all(|piece| piece.is_shaped || piece.columns.len() == 1));
    }

    #[test]
    fn a_phrase_is_made_once_unless_there_is_no_room() {
        let mut phrases = Phrases::default();
        phrases.clear(2);
        let (mut out, mut made) = (Vec::new(), 0);
        for number in [0, 0, 1, 1] {
            let length = if number == 0 { 3 } else { MOST_BYTES };
            let make = |out: &mut Vec<u8>| {
                made += 1;
                out.resize(out.len() + length, b'x');
                Ok(())
            };
            phrases.put(number, &mut out, make).unwrap();
        }
        assert_eq!((made, out.len()), (3, 6 + 2 * MOST_BYTES));
    }
}
