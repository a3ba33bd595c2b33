//! Frames by the run: several that lie in one buffer, handed out without a call for each.
//!
//! Owns nothing; a run is a list of places and the bytes that they are in.

use std::slice;

use super::record::Place;
use crate::wire::Frame;

/// Frames in the order of their times, as an iterator.
#[derive(Clone, Debug, Default)]
pub struct Frames<'a> {
    /// Of a source that knows of no runs.
    single: Option<Frame<'a>>,
    bytes: &'a [u8],
    places: slice::Iter<'a, Place>,
}

impl<'a> Frames<'a> {
    /// The frames at `places` in `bytes`.
    #[inline]
    pub(super) fn new(bytes: &'a [u8], places: &'a [Place]) -> Self {
        Self { single: None, bytes, places: places.iter() }
    }
}

impl<'a> From<Frame<'a>> for Frames<'a> {
    fn from(frame: Frame<'a>) -> Self {
        Self { single: Some(frame), ..Self::default() }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    #[inline]
    fn next(&mut self) -> Option<Frame<'a>> {
        match self.places.next() {
            Some(place) => Some(place.frame(self.bytes)),
            None => self.single.take(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.places.len() + usize::from(self.single.is_some());
        (left, Some(left))
    }
}

impl ExactSizeIterator for Frames<'_> {}
