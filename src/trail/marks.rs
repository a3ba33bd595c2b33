//! Which lookups met trouble: a table that forgets where two meet in one place.
//!
//! What is forgotten costs no truth, only the longer life of some messages.

use std::time::Duration;

use crate::time::Timestamp;

/// Lookups marked, by hash.
#[derive(Debug)]
pub(super) struct Marks {
    /// As many as a power of two; empty until the first mark.
    places: Vec<Mark>,
    most: usize,
    /// A message from so long after trouble does not belong to it.
    pause: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    lookup: u64,
    at: Timestamp,
}

impl Marks {
    /// Enough for lookups of so many messages.
    pub(super) fn for_entries(entries: usize, pause: Duration) -> Self {
        Self { places: Vec::new(), most: entries.clamp(1, MOST).next_power_of_two(), pause }
    }

    /// Marks a lookup that met trouble then.
    pub(super) fn set(&mut self, lookup: u64, at: Timestamp) {
        if self.places.is_empty() {
            self.places = vec![Mark::default(); self.most];
        }
        let place = self.place(lookup);
        if let Some(mark) = self.places.get_mut(place) {
            *mark = Mark { lookup, at };
        }
    }

    /// Whether a message of a lookup belongs to trouble: one from long after it does not.
    #[inline]
    pub(super) fn has(&self, lookup: u64, at: Timestamp) -> bool {
        let mark = self.places.get(self.place(lookup));
        mark.is_some_and(|mark| mark.lookup == lookup && at.since(mark.at) < self.pause)
    }

    #[inline]
    fn place(&self, lookup: u64) -> usize {
        // The highest bits: maps by the same hash use the lowest ones.
        usize::try_from(lookup >> 32).unwrap_or_default() & (self.most - 1)
    }
}

/// Places at most, of 16 bytes each: 1 MiB.
const MOST: usize = 1 << 16;
