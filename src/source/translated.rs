//! A source of which some frames are dnstap: given out as frames that hold a DNS message alone, in
//! the order of their times.
//!
//! Servers have several threads and write what each of them has gathered one after the other, so
//! that a response may stand before its query, and both a second late. What comes is held for a
//! while, within a bound, and then given out sorted.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::os::fd::RawFd;
use std::time::Duration;

use super::batch::Batch;
use super::dnstap::{self, Teller, Told};
use super::record::Place;
use super::{End, FrameSource, Losses, Next, NextRun};
use crate::snapshot::Progress;
use crate::time::Timestamp;
use crate::wire::{Frame, LinkType, export};

/// Frames that are translated at a time.
const RUN: usize = 64;

/// A frame waits until another one is so much later: twice what servers gather for at most (BIND
/// and fstrm write after a second).
const PATIENCE: Duration = Duration::from_secs(2);

/// No more frames wait than this, and no more bytes.
const MOST_HELD: usize = 1 << 16;
const MOST_BYTES: usize = 16 << 20;

/// After so many looks in vain, of 100 ms each, nothing earlier will come.
const MOST_QUIET: u32 = 20;

/// Translates what another source gives.
pub(super) struct Translated<S> {
    source: S,
    teller: Teller,
    held: Held,
    /// Frames that are not given out yet.
    batch: Batch,
    quiet: u32,
    end: Option<End>,
}

/// Frames that wait for earlier ones.
#[derive(Debug, Default)]
struct Held {
    heap: BinaryHeap<Reverse<Waiting>>,
    bytes: usize,
    number: u64,
    latest: Timestamp,
    /// Whether any frame was dnstap. Until then nothing has to wait: of a file that is followed it
    /// is not known from the beginning what it will be.
    is_told: bool,
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

impl Held {
    fn add(&mut self, place: Place, bytes: Vec<u8>) {
        self.latest = self.latest.max(place.at);
        self.bytes += bytes.len();
        self.number += 1;
        self.heap.push(Reverse(Waiting { place, number: self.number, bytes }));
    }

    /// The earliest frame, if it has waited long enough, or there are too many.
    fn due(&mut self) -> Option<Waiting> {
        let Reverse(first) = self.heap.peek()?;
        let is_old = self.latest.since(first.place.at) > PATIENCE;
        let is_full = self.heap.len() > MOST_HELD || self.bytes > MOST_BYTES;
        if is_old || is_full { self.next() } else { None }
    }

    fn next(&mut self) -> Option<Waiting> {
        let Reverse(first) = self.heap.pop()?;
        self.bytes -= first.bytes.len();
        Some(first)
    }
}

impl<S: FrameSource> Translated<S> {
    pub(super) fn new(source: S) -> Self {
        let (teller, held, batch) = (Teller::default(), Held::default(), Batch::default());
        Self { source, teller, held, batch, quiet: 0, end: None }
    }

    /// Sees to it that a frame is at hand; else what there is instead.
    fn fill(&mut self) -> Option<NextRun<'static>> {
        while self.batch.is_spent() {
            self.batch.clear();
            if let Some(end) = &self.end {
                return Some(NextRun::End(end.clone()));
            }
            let Self { source, teller, held, batch, quiet, end } = self;
            let mut is_over = false;
            match source.next_run(RUN) {
                NextRun::Frames(run) => {
                    *quiet = 0;
                    run.for_each(|frame| translate(teller, &frame, held, batch));
                }
                NextRun::Quiet => {
                    *quiet += 1;
                    is_over = *quiet > MOST_QUIET;
                    if !is_over || held.heap.is_empty() {
                        return Some(NextRun::Quiet);
                    }
                }
                NextRun::End(how) => {
                    *end = Some(how);
                    is_over = true;
                }
            }
            while let Some(it) = if is_over { held.next() } else { held.due() } {
                batch.add(it.place, &it.bytes);
            }
        }
        None
    }
}

fn translate(teller: &mut Teller, frame: &Frame<'_>, held: &mut Held, batch: &mut Batch) {
    let Frame { at, wire_len, link, interface, .. } = *frame;
    let place = Place { at, wire_len, link, interface, ..Place::default() };
    if link != dnstap::LINK {
        return if held.is_told {
            held.add(place, frame.bytes.to_vec());
        } else {
            batch.add(place, frame.bytes);
        };
    }
    held.is_told = true;
    teller.tell(at, frame.bytes, |told| {
        // One that tells nothing is counted as one that cannot be decoded.
        let mut bytes = Vec::new();
        let at = told.map_or(at, |Told { at, from, to, transport, message }| {
            export((from, to), transport, message, &mut bytes);
            at
        });
        let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        held.add(Place { at, wire_len, link: LinkType::EXPORTED, ..place }, bytes);
    });
}

impl<S: FrameSource> FrameSource for Translated<S> {
    fn next(&mut self) -> Next<'_> {
        match self.fill() {
            Some(NextRun::End(end)) => Next::End(end),
            Some(_) => Next::Quiet,
            None => self.batch.take().map_or(Next::Quiet, Next::Frame),
        }
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.fill() {
            Some(instead) => instead,
            None => NextRun::Frames(self.batch.take_many(most)),
        }
    }

    fn peek(&mut self) -> Option<Timestamp> {
        if self.fill().is_some() {
            return None;
        }
        self.batch.next_time()
    }

    fn losses(&mut self) -> Losses {
        self.source.losses()
    }

    fn complaints(&self) -> &[String] {
        self.source.complaints()
    }

    fn sockets(&self) -> Vec<RawFd> {
        self.source.sockets()
    }

    fn progress(&self) -> Option<Progress> {
        self.source.progress()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seconds: u64) -> Place {
        Place { at: Timestamp::new(seconds, 0), ..Place::default() }
    }

    #[test]
    fn what_comes_late_is_put_where_it_belongs() {
        let mut held = Held::default();
        let mut out = Vec::new();
        for seconds in [5, 4, 6, 5, 8, 7, 20] {
            held.add(place(seconds), vec![0; 3]);
            while let Some(it) = held.due() {
                out.push(it.place.at.0 / 1_000_000_000);
            }
        }
        assert_eq!(out, [4, 5, 5, 6, 7, 8]);
        assert_eq!((held.heap.len(), held.bytes), (1, 3));
    }

    #[test]
    fn what_is_held_is_bounded_in_frames_and_bytes() {
        let mut held = Held::default();
        for _ in 0..MOST_HELD + 10 {
            held.add(place(1), Vec::new());
            while held.due().is_some() {}
        }
        assert_eq!(held.heap.len(), MOST_HELD);
        held.add(place(1), vec![0; MOST_BYTES + 1]);
        while held.due().is_some() {}
        assert!(held.bytes <= MOST_BYTES);
    }
}
