//! Frames copied out of libpcap's buffers, a handful at a time.
//!
//! The copy costs a few nanoseconds, spares a library call per frame, returns the kernel's block
//! early, and lets frames of several interfaces be put in order.

use super::NextRun;
use super::frames::Frames;
use super::record::Place;
use crate::time::Timestamp;
use crate::wire::Frame;

/// Some frames and their bytes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    places: Vec<Place>,
    given: usize,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.given = 0;
    }

    /// Whether every frame was given out.
    pub(super) fn is_spent(&self) -> bool {
        self.given >= self.places.len()
    }

    /// Adds a frame whose bytes are `bytes`; `place.start` and `place.len` are set here.
    pub(super) fn add(&mut self, place: Place, bytes: &[u8]) {
        self.places.push(Place { start: self.bytes.len(), len: bytes.len(), ..place });
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts the frames in the order of their times.
    pub(super) fn sort(&mut self) {
        self.places.sort_by_key(|place| place.at);
    }

    /// The time of the next frame.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.places.get(self.given).map(|place| place.at)
    }

    /// The next frame.
    pub(super) fn take(&mut self) -> Option<Frame<'_>> {
        let place = self.places.get(self.given)?;
        self.given += 1;
        Some(place.frame(&self.bytes))
    }

    /// The next frames, at most so many.
    pub(super) fn take_many(&mut self, most: usize) -> Frames<'_> {
        let left = self.places.get(self.given..).unwrap_or_default();
        let taken = left.get(..most).unwrap_or(left);
        self.given += taken.len();
        Frames::new(&self.bytes, taken)
    }

    /// All frames that were not given out; quiet if there are none.
    pub(super) fn take_rest(&mut self) -> NextRun<'_> {
        if self.is_spent() { NextRun::Quiet } else { NextRun::Frames(self.take_many(usize::MAX)) }
    }
}
