//! The memory of queries that were answered lately, to know a repeated response when it comes.
//!
//! A 64-bit keyed hash stands for the key: with a million entries, two of different keys agree
//! once in forty million runs, and what follows is one response called repeated.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashTable;

use crate::time::Timestamp;
use crate::wire::Print;

/// One answered query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) key: u64,
    /// A hash of the question; `None` if neither side carried one.
    pub(super) question: Option<u64>,
    pub(super) at: Timestamp,
    /// Copies of the query that may still get a response of their own.
    pub(super) copies: u16,
    /// When the last copy was sent.
    pub(super) last_copy: Timestamp,
    pub(super) query: Print,
    pub(super) response: Print,
}

/// A window over the answered queries: as long as they are young, as many as fit.
#[derive(Debug)]
pub(super) struct Recent {
    window: VecDeque<Answered>,
    /// Sequence number of the window's first entry.
    first: u32,
    index: HashTable<u32>,
    max: usize,
    patience: Duration,
}

impl Recent {
    pub(super) fn new(max: usize, patience: Duration) -> Self {
        Self {
            window: VecDeque::new(),
            first: 0,
            index: HashTable::new(),
            max: max.max(16),
            patience,
        }
    }

    pub(super) fn push(&mut self, answered: Answered) {
        self.make_room(answered.at);
        let sequence =
            self.first.wrapping_add(u32::try_from(self.window.len()).unwrap_or(u32::MAX));
        self.window.push_back(answered);
        let (window, first) = (&self.window, self.first);
        let entry = self.index.entry(
            answered.key,
            |other| key_of(window, first, *other) == answered.key,
            |other| key_of(window, first, *other),
        );
        // The latest answer under a key is the one that counts.
        *entry.or_insert(sequence).get_mut() = sequence;
    }

    /// The latest answered query under a key, if it is young enough.
    pub(super) fn find(&mut self, key: u64, now: Timestamp) -> Option<&mut Answered> {
        let (window, first) = (&self.window, self.first);
        let sequence = *self.index.find(key, |other| key_of(window, first, *other) == key)?;
        let place = sequence.wrapping_sub(first) as usize;
        self.window.get_mut(place).filter(|answered| now.since(answered.at) <= self.patience)
    }

    fn make_room(&mut self, now: Timestamp) {
        while self.window.len() >= self.max
            || self.window.front().is_some_and(|oldest| now.since(oldest.at) > self.patience)
        {
            let Some(oldest) = self.window.front() else { return };
            let (key, sequence) = (oldest.key, self.first);
            if let Ok(entry) = self.index.find_entry(key, |other| *other == sequence) {
                entry.remove();
            }
            self.window.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }
}

fn key_of(window: &VecDeque<Answered>, first: u32, sequence: u32) -> u64 {
    window.get(sequence.wrapping_sub(first) as usize).map_or(0, |answered| answered.key)
}
