//! A sliding window over a stream of bytes: what is read but not yet consumed, in one piece.
//!
//! Knows offsets, and nothing of records.

use std::io::{self, Read};

/// One buffer; it grows only while bytes arrive that fill it, whatever a length field claims.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    base: u64,
}

impl Window {
    /// An empty window with room for `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity], start: 0, end: 0, base: 0 }
    }

    /// What is read but not consumed.
    #[inline]
    pub(super) fn available(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Bytes consumed since the stream began.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Bytes read since the stream began.
    pub(super) fn read_so_far(&self) -> u64 {
        self.base + self.end as u64
    }

    /// Where [`Self::available`] begins in [`Self::buffer`]; valid until the next fill.
    #[inline]
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// The buffer, consumed or not, as long as nothing was filled in since.
    #[inline]
    pub(super) fn buffer(&self) -> &[u8] {
        &self.bytes
    }

    /// Moves on by `size` bytes, at most to the end of what is available.
    #[inline]
    pub(super) fn consume(&mut self, size: usize) {
        self.start = self.end.min(self.start + size);
    }

    /// Reads once more from `input`, making room towards a record of `want` bytes. 0 = its end.
    pub(super) fn fill(&mut self, want: usize, input: &mut dyn Read) -> io::Result<usize> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.end == self.bytes.len() {
            let doubled = self.bytes.len().saturating_mul(2);
            self.bytes.resize(doubled.min(want).max(self.end + 1), 0);
        }
        let read = input.read(self.bytes.get_mut(self.end..).unwrap_or_default())?;
        self.end += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_consumed_stays_in_one_piece_and_offsets_go_on() {
        let mut window = Window::new(4);
        let mut input: &[u8] = b"abcdefgh";
        assert_eq!(window.fill(4, &mut input).unwrap(), 4);
        window.consume(3);
        assert_eq!(window.fill(4, &mut input).unwrap(), 3);
        assert_eq!((window.available(), window.offset()), (&b"defg"[..], 3));
    }

    #[test]
    fn a_huge_promise_alone_takes_no_memory() {
        let mut window = Window::new(4);
        let mut input: &[u8] = b"abcde";
        while window.fill(1 << 30, &mut input).unwrap() > 0 {}
        assert!(window.bytes.len() <= 16, "grew to {}", window.bytes.len());
        assert_eq!(window.available(), b"abcde");
    }
}
