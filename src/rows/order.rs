//! The order of the rows in a row group: by name, those without one first; of one name as they came.
//!
//! What is equal stands together then and compresses well, and who looks for a name reads little.
//! Only names are compared, each once, and rows follow by counting.

use super::batch::Batch;
use super::names::NameId;
use super::pile::Pile;
use super::row::Row;

/// The rows of a batch in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    pub(super) rows: Vec<Row>,
    /// Of each different text in the order of texts: the place of a name that has it.
    pub(super) names: Vec<u32>,
    /// Of each name the place of its text among these.
    ranks: Vec<u32>,
    keys: Vec<Key>,
    /// Where the next row of a name goes.
    next: Vec<u32>,
}

/// How a name begins, which decides nearly always, and its place.
type Key = (u128, u32);

impl Ordered {
    /// Puts the rows of a batch in order.
    pub(super) fn sort(&mut self, batch: &Batch) {
        self.rank_all(batch.texts().names.texts());
        self.next.clear();
        self.next.resize(self.names.len() + 1, 0);
        for row in batch.rows() {
            let drawer = self.drawer(row);
            self.next[drawer] += 1;
        }
        let mut sum = 0;
        for count in &mut self.next {
            sum += std::mem::replace(count, sum);
        }
        let Some(first) = batch.rows().first() else { return self.rows.clear() };
        self.rows.resize(batch.rows().len(), *first);
        for row in batch.rows() {
            let drawer = self.drawer(row);
            self.rows[self.next[drawer] as usize] = *row;
            self.next[drawer] += 1;
        }
    }

    /// The place of a name's text among all different ones.
    pub(super) fn rank(&self, name: NameId) -> u32 {
        self.ranks[name.place()]
    }

    fn drawer(&self, row: &Row) -> usize {
        row.name.map_or(0, |name| self.ranks[name.place()] as usize + 1)
    }

    fn rank_all(&mut self, texts: &Pile) {
        self.keys.clear();
        self.keys.extend((0..).zip(texts.iter()).map(|(place, text)| (beginning(text), place)));
        let text = |key: &Key| texts.get(key.1 as usize);
        self.keys.sort_unstable_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| text(one).cmp(text(other)))
        });
        self.names.clear();
        self.ranks.clear();
        self.ranks.resize(self.keys.len(), 0);
        let (mut last, mut rank) = (None, 0);
        for key in &self.keys {
            // One name may be there several times, for several types.
            if last != Some(text(key)) {
                rank += u32::from(last.is_some());
                last = Some(text(key));
                self.names.push(key.1);
            }
            self.ranks[key.1 as usize] = rank;
        }
    }
}

/// The first sixteen bytes as a number that is in the order of texts.
fn beginning(text: &str) -> u128 {
    let mut bytes = [0; 16];
    for (byte, of_text) in bytes.iter_mut().zip(text.bytes()) {
        *byte = of_text;
    }
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::named;

    #[test]
    fn rows_are_in_the_order_of_their_names_and_of_one_name_as_they_came() {
        let batch = named(&[
            b"\x03www\x07example\x03com\x00",
            b"",
            b"\x03www\x07example\x03org\x00",
            b"\x01a\x00",
            b"\x03www\x07example\x03com\x00",
            b"",
            b"\x14www.example.com.also\x00",
            b"\x00",
        ]);
        let mut ordered = Ordered::default();
        for _ in 0..2 {
            ordered.sort(&batch);
            let names = &batch.texts().names;
            let all: Vec<_> = ordered
                .rows
                .iter()
                .map(|row| (row.name.map_or("", |name| names.get(name)), row.id))
                .collect();
            let expected = [
                ("", 1),
                ("", 5),
                (".", 7),
                ("a", 3),
                ("www.example.com", 0),
                ("www.example.com", 4),
                ("www.example.org", 2),
                ("www\\.example\\.com\\.also", 6),
            ];
            assert_eq!(all, expected);
            assert_eq!(ordered.names.len(), 5, "each text once");
        }
        ordered.sort(&Batch::default());
        assert!(ordered.rows.is_empty());
    }
}
