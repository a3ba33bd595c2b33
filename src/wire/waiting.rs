//! One datagram whose fragments are coming in: which of its bytes are there.
//!
//! Knows neither time nor other datagrams. Of fragments that contradict each other the first to
//! come is believed, and of the later one no byte is taken: a host would discard both (RFC 5722 §4,
//! RFC 8200 §4.5), which would let anybody remove an answer from the view.

use crate::time::Timestamp;

use super::fragments::Piece;
use super::packet::Ip;

/// Separate runs of bytes within one datagram; more is an attack with tiny fragments.
pub(super) const MAX_RUNS: usize = 64;

const MAX_DATAGRAM: usize = 65_535;

#[derive(Debug)]
pub(super) struct Waiting {
    /// When its first piece came.
    pub(super) at: Timestamp,
    pub(super) ip: Ip,
    /// Which of all datagrams that ever waited.
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// Runs of bytes that came, apart, in order.
    pub(super) runs: Vec<(usize, usize)>,
    total: Option<usize>,
    /// Fragments that something was taken of.
    pub(super) pieces: u64,
    /// Its ports are not ours: further fragments are not worth keeping.
    pub(super) refused: bool,
    /// Fragments that were not kept since it was refused.
    pub(super) passed: u64,
}

impl Waiting {
    pub(super) fn new(ip: Ip, at: Timestamp, number: u64) -> Self {
        Self {
            at,
            ip,
            number,
            bytes: Vec::new(),
            runs: Vec::new(),
            total: None,
            pieces: 0,
            refused: false,
            passed: 0,
        }
    }

    /// Whether its first bytes are there.
    pub(super) fn has_first(&self) -> bool {
        self.runs.first().is_some_and(|(start, _)| *start == 0)
    }

    /// Lets go of what is here; how many pieces that were.
    pub(super) fn refuse(&mut self) -> u64 {
        self.refused = true;
        self.bytes = Vec::new();
        self.runs = Vec::new();
        std::mem::take(&mut self.pieces)
    }

    /// Takes in a piece; whether it was of use, or a copy of what is here.
    pub(super) fn add(&mut self, piece: &Piece<'_>) -> bool {
        let (start, end) = (piece.offset, piece.offset + piece.bytes.len());
        if end > MAX_DATAGRAM || start == end || self.contradicts(piece, end) {
            return false;
        }
        if !piece.more {
            self.total = Some(end);
        }
        if self.overlapped(start, end).any(|(from, to)| *from <= start && end <= *to) {
            return true;
        }
        if self.runs.len() >= MAX_RUNS {
            return false;
        }
        if start == 0 {
            self.ip = piece.ip;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.pieces += 1;
        if let Some(target) = self.bytes.get_mut(start..end) {
            target.copy_from_slice(piece.bytes);
        }
        self.cover(start, end);
        true
    }

    /// Whether the piece says other than those before it: of bytes, or of where the datagram ends.
    fn contradicts(&self, piece: &Piece<'_>, end: usize) -> bool {
        let start = piece.offset;
        let other_end = match self.total {
            Some(total) => end > total || (!piece.more && end < total),
            None => !piece.more && self.bytes.len() > end,
        };
        let other_bytes = |(run_start, run_end): &(usize, usize)| {
            let (from, to) = (start.max(*run_start), end.min(*run_end));
            self.bytes.get(from..to) != piece.bytes.get(from - start..to - start)
        };
        other_end || self.overlapped(start, end).any(other_bytes)
    }

    /// The runs that have bytes between these two places.
    fn overlapped(&self, start: usize, end: usize) -> impl Iterator<Item = &(usize, usize)> {
        let first = self.runs.partition_point(|(_, run_end)| *run_end <= start);
        let behind = self.runs.get(first..).unwrap_or_default();
        behind.iter().take_while(move |(run_start, _)| *run_start < end)
    }

    /// Joins a run with those it touches.
    fn cover(&mut self, mut start: usize, mut end: usize) {
        self.runs.retain(|(run_start, run_end)| {
            let apart = *run_end < start || *run_start > end;
            if !apart {
                start = start.min(*run_start);
                end = end.max(*run_end);
            }
            apart
        });
        let place = self.runs.partition_point(|(run_start, _)| *run_start < start);
        self.runs.insert(place, (start, end));
    }

    pub(super) fn is_whole(&self) -> bool {
        let Some(total) = self.total else { return false };
        matches!(self.runs.as_slice(), [(0, end), ..] if *end >= total)
    }

    /// What can be read of it though it is not whole: its first fragment, if it is alone. That tells
    /// that a filter let no others through; with others about it, one was lost on the way, and
    /// nobody ever read the message.
    pub(super) fn beginning(self) -> Vec<u8> {
        let alone = self.pieces == 1 && self.has_first();
        if alone { self.bytes } else { Vec::new() }
    }
}
