//! Rows that are written together, with what they speak of.

use super::gather::Meaning;
use super::row::Row;
use super::shape::{Shape, Shapes};
use super::texts::Texts;
use crate::track::Exchange;
use crate::wire::Address;

/// Rows of a batch at most: enough that columns compress well, and few enough that a reader can
/// skip most of them.
const MOST_ROWS: usize = 1 << 17;

/// Bytes that a row may take beside itself while columns are made of it: its place in the order, and
/// a column of eight bytes as it is and encoded.
const WRITING: usize = 32;

/// Rows of one hour.
#[derive(Debug, Default)]
pub struct Batch {
    rows: Vec<Row>,
    shapes: Shapes,
    texts: Texts,
    /// Of the last rows their clients, which have no numbers yet, with their hashes.
    clients: Vec<(u64, Address)>,
}

/// Clients that get their numbers together. There are many of them, and one at a time each would
/// wait for memory.
const AT_ONCE: usize = 256;

impl Batch {
    /// Takes in an exchange.
    #[inline]
    pub fn push(&mut self, exchange: &Exchange<'_>, meaning: &Meaning) {
        let row = Row::of(exchange, meaning, &mut self.texts, &mut self.shapes);
        self.rows.push(row);
        self.clients.push((exchange.hashes.client, exchange.client));
        if self.clients.len() >= AT_ONCE {
            self.settle();
        }
    }

    /// Completes the last rows; to be called before any is read.
    pub fn settle(&mut self) {
        let known = &mut self.texts.clients;
        known.warm(&self.clients);
        let from = self.rows.len() - self.clients.len();
        let rows = self.rows.get_mut(from..).unwrap_or_default();
        for (row, (hash, client)) in rows.iter_mut().zip(self.clients.drain(..)) {
            row.client = known.number(hash, client);
        }
    }

    /// Bytes of memory that it may take: rows in a list that grows, and once more to sort them.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.len() * (3 * size_of::<Row>() + WRITING);
        rows + self.texts.bytes() + self.shapes.bytes()
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

    /// The rows; all must be settled.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What many of them have in common.
    pub(super) fn shapes(&self) -> &[Shape] {
        self.shapes.all()
    }

    /// What they speak of.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Empties it, and keeps its memory for more.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.shapes.clear();
        self.texts.clear();
        self.clients.clear();
    }
}
