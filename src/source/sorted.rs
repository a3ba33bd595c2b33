//! Frames that wait for earlier ones, within a bound, and are given out in the order of their times.
//!
//! Until when they wait is the caller's to say: files have packet time alone, and what is live has
//! a clock.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::batch::Batch;
use super::dnstap::Told;
use super::record::Place;
use crate::time::Timestamp;
use crate::wire::{LinkType, export};

/// No more frames wait than this, and no more bytes.
pub(super) const MOST_HELD: usize = 1 << 16;
pub(super) const MOST_BYTES: usize = 16 << 20;

/// Buffers that are kept to be filled again, and how large one may be: what comes and goes at once.
const MOST_SPARE: usize = 4096;
const LARGEST_SPARE: usize = 2048;

/// Frames with their bytes.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    heap: BinaryHeap<Reverse<Waiting>>,
    bytes: usize,
    /// Frames so far: of equal times the one that came first goes first.
    number: u64,
    /// So that no frame allocates while as many go as come.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Waiting {
    place: Place,
    number: u64,
    bytes: Vec<u8>,
}

impl Waiting {
    fn order(&self) -> (Timestamp, u64) {
        (self.place.at, self.number)
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl Sorted {
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The time of the frame that is given out next.
    pub(super) fn earliest(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(first)| first.place.at)
    }

    /// Adds a frame with a copy of its bytes.
    pub(super) fn add(&mut self, place: Place, bytes: &[u8]) {
        let mut copy = self.buffer();
        copy.extend_from_slice(bytes);
        self.push(place, copy);
    }

    /// Adds what a server tells, as a frame that holds a message alone. What tells nothing is an
    /// empty frame, which is counted as one that cannot be decoded.
    pub(super) fn tell(&mut self, place: Place, told: Option<Told<'_>>) {
        let mut bytes = self.buffer();
        if let Some(Told { from, to, transport, message, .. }) = told {
            export((from, to), transport, message, &mut bytes);
        }
        let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.push(Place { wire_len, link: LinkType::EXPORTED, ..place }, bytes);
    }

    /// An empty one.
    fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    fn push(&mut self, place: Place, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.number += 1;
        self.heap.push(Reverse(Waiting { place, number: self.number, bytes }));
    }

    /// Gives out what is earlier than this, and the earliest ones as long as there are too many.
    pub(super) fn give_out(&mut self, until: Timestamp, batch: &mut Batch) {
        while let Some(Reverse(first)) = self.heap.peek() {
            let is_full = self.heap.len() > MOST_HELD || self.bytes > MOST_BYTES;
            if first.place.at >= until && !is_full {
                return;
            }
            self.give_one(batch);
        }
    }

    /// Gives out all.
    pub(super) fn give_all(&mut self, batch: &mut Batch) {
        while !self.is_empty() {
            self.give_one(batch);
        }
    }

    fn give_one(&mut self, batch: &mut Batch) {
        let Some(Reverse(first)) = self.heap.pop() else { return };
        self.bytes -= first.bytes.len();
        batch.add(first.place, &first.bytes);
        if self.spare.len() < MOST_SPARE && first.bytes.capacity() <= LARGEST_SPARE {
            self.spare.push(first.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seconds: u64) -> Place {
        Place { at: Timestamp::new(seconds, 0), ..Place::default() }
    }

    /// The times and bytes of what is given out.
    fn given(batch: &mut Batch) -> Vec<(u64, Vec<u8>)> {
        let all = std::iter::from_fn(|| {
            batch.take().map(|frame| (frame.at.0 / 1_000_000_000, frame.bytes.to_vec()))
        });
        all.collect()
    }

    #[test]
    fn what_comes_late_is_put_where_it_belongs() {
        let (mut sorted, mut batch) = (Sorted::default(), Batch::default());
        let mut number = 0;
        for seconds in [5, 4, 6, 5, 8, 7, 20] {
            number += 1;
            sorted.add(place(seconds), &[number]);
            sorted.give_out(Timestamp::new(seconds.saturating_sub(2), 0), &mut batch);
        }
        let in_order = [(4, 2), (5, 1), (5, 4), (6, 3), (7, 6), (8, 5)];
        let in_order = in_order.map(|(seconds, number)| (seconds, vec![number]));
        assert_eq!(given(&mut batch), in_order);
        assert_eq!(
            (sorted.heap.len(), sorted.bytes, sorted.spare.len()),
            (1, 1, 4),
            "buffers are used again"
        );
        sorted.give_all(&mut batch);
        assert_eq!(given(&mut batch), [(20, vec![7])]);
    }

    #[test]
    fn what_is_held_is_bounded_in_frames_and_bytes() {
        let (mut sorted, mut batch) = (Sorted::default(), Batch::default());
        let start = Timestamp::default();
        for _ in 0..MOST_HELD + 10 {
            sorted.add(place(1), &[]);
            sorted.give_out(start, &mut batch);
        }
        assert_eq!(sorted.heap.len(), MOST_HELD);
        sorted.add(place(1), &vec![0; MOST_BYTES + 1]);
        sorted.give_out(start, &mut batch);
        assert!(sorted.bytes <= MOST_BYTES);
        sorted.give_all(&mut batch);
        assert_eq!((sorted.bytes, sorted.spare.len()), (0, MOST_SPARE));
        assert!(sorted.spare.iter().all(|each| each.capacity() <= LARGEST_SPARE));
    }
}
