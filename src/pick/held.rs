//! Fragments that wait to be known as parts of a message.
//!
//! Held as the decoder holds them (`wire`): for as long, and of as many datagrams. What it has given
//! up cannot become whole, so nothing is lost by letting it go. Bounded in memory besides, and what
//! there is no room for is counted.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::time::Timestamp;
use crate::wire::{FRAGMENT_PATIENCE, FragmentOf, Frame, MAX_FRAGMENTED};

/// Memory for fragments, with all that keeps them.
const MOST_HELD: usize = 16 << 20;

/// A fragment, and its place in the capture.
#[derive(Debug)]
pub(super) struct Part {
    frame: Frame<'static>,
    bytes: Vec<u8>,
    pub(super) number: u64,
}

impl Part {
    pub(super) fn frame(&self) -> Frame<'_> {
        Frame { bytes: &self.bytes, ..self.frame }
    }

    /// Its bytes, what the allocator may add to them, and twice itself, as a list may be half empty.
    fn cost(&self) -> usize {
        self.bytes.len() + 2 * size_of::<Self>() + 32
    }
}

/// What came of one datagram.
#[derive(Debug)]
struct Waiting {
    since: Timestamp,
    parts: Vec<Part>,
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Held {
    waiting: HashMap<FragmentOf, Waiting, foldhash::quality::RandomState>,
    /// The oldest first. One that was taken leaves its place behind, for a while.
    order: VecDeque<(Timestamp, FragmentOf)>,
    cost: usize,
    shed: u64,
}

impl Held {
    pub(super) fn add(&mut self, of: FragmentOf, frame: &Frame<'_>, number: u64) {
        let now = frame.at;
        if !self.waiting.contains_key(&of) {
            self.make_room(now);
            self.order.push_back((now, of));
        }
        let bytes = frame.bytes.to_vec();
        let part = Part { frame: Frame { bytes: &[], ..*frame }, bytes, number };
        self.cost += part.cost();
        let waiting =
            self.waiting.entry(of).or_insert_with(|| Waiting { since: now, parts: Vec::new() });
        waiting.parts.push(part);
        while self.cost > MOST_HELD && !self.order.is_empty() {
            self.shed += self.drop_oldest();
        }
    }

    /// What was held of a datagram, in the order in which it came.
    pub(super) fn take(&mut self, of: FragmentOf) -> Vec<Part> {
        let parts = self.waiting.remove(&of).map_or_else(Vec::new, |waiting| waiting.parts);
        self.cost -= parts.iter().map(Part::cost).sum::<usize>();
        parts
    }

    /// Fragments for which there was no memory.
    pub(super) fn shed(&self) -> u64 {
        self.shed
    }

    /// For one more datagram.
    fn make_room(&mut self, now: Timestamp) {
        let is_old = |(since, _): &(Timestamp, _)| now.since(*since) > FRAGMENT_PATIENCE;
        while self.order.front().is_some_and(is_old) || self.waiting.len() >= MAX_FRAGMENTED {
            self.drop_oldest();
        }
        if self.order.len() > 2 * MAX_FRAGMENTED {
            let waiting = &self.waiting;
            self.order.retain(|(since, of)| waiting.get(of).is_some_and(|it| it.since == *since));
        }
    }

    /// How many fragments that were.
    fn drop_oldest(&mut self) -> u64 {
        let Some((since, of)) = self.order.pop_front() else { return 0 };
        // It may have been taken, and its identification used again since.
        let is_it = self.waiting.get(&of).is_some_and(|waiting| waiting.since == since);
        if is_it { self.take(of).len() as u64 } else { 0 }
    }

    #[cfg(test)]
    pub(super) fn datagrams(&self) -> (usize, usize) {
        (self.waiting.len(), self.order.len())
    }
}
