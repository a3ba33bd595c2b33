//! Rows that are written together, with the texts they speak of.

use super::gather::Meaning;
use super::row::Row;
use super::texts::{TextId, Texts};
use crate::track::Exchange;

/// Rows of a batch at most: enough that columns compress well, and few enough that a reader can
/// skip most of them.
const MOST_ROWS: usize = 1 << 17;

/// Rows of one hour.
#[derive(Debug, Default)]
pub struct Batch {
    rows: Vec<Row>,
    texts: Texts,
}

impl Batch {
    /// Takes in an exchange.
    pub fn push(&mut self, exchange: &Exchange<'_>, meaning: &Meaning) {
        let row = Row::of(exchange, meaning, &mut self.texts);
        self.rows.push(row);
    }

    /// Bytes of memory that it may take: rows in a list that grows, and once more to sort them.
    pub fn bytes(&self) -> usize {
        3 * self.rows.len() * size_of::<Row>() + self.texts.bytes()
    }

    /// Whether it has memory of its own already.
    pub fn has_room(&self) -> bool {
        self.rows.capacity() > 0
    }

    /// Whether it should be written before more is added.
    pub fn is_full(&self, most_bytes: usize) -> bool {
        self.rows.len() >= MOST_ROWS || self.bytes() >= most_bytes
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What they speak of.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Empties it, and keeps its memory for more.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
    }

    /// Puts the rows in the order of their names, those without one first; of one name as they came.
    /// What is equal stands together then and compresses well, and who looks for a name reads little.
    pub fn sort(&mut self) {
        let places = self.places();
        let place = |row: &Row| row.name.map_or(0, |name| place_of(&places, name));
        let mut order: Vec<(u32, u32)> =
            self.rows.iter().zip(0..).map(|(row, number)| (place(row), number)).collect();
        order.sort_unstable();
        let sorted =
            order.iter().filter_map(|(_, number)| self.rows.get(*number as usize).copied());
        self.rows = sorted.collect();
    }

    /// The place of each text in the order of all, from 1.
    fn places(&self) -> Vec<u32> {
        let all = self.texts.all();
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_unstable_by(|one, other| all.get(*one).cmp(&all.get(*other)));
        let (mut places, mut last) = (vec![0; all.len()], None);
        let mut place = 0;
        for number in order {
            // One name may be there several times, for several types.
            let text = all.get(number);
            place += u32::from(text != last);
            last = text;
            if let Some(target) = places.get_mut(number) {
                *target = place;
            }
        }
        places
    }
}

fn place_of(places: &[u32], text: TextId) -> u32 {
    places.get(text.place()).copied().unwrap_or_default()
}
