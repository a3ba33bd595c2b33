//! The bytes of one stream, put in order and cut into messages (RFC 1035 §4.2.2).
//!
//! Knows nothing of connections: which segments are of this stream is decided elsewhere. Bounded in
//! bytes and in holes; what is skipped is counted.

use std::time::Duration;

use crate::time::Timestamp;

use super::message::HEADER;
use super::name::MAX_NAME;
use super::packet::Segment;
use super::stream::{StreamMessage, ahead, length_of};

/// Bytes one stream may hold: a message of the largest size and what came before its turn.
pub(super) const MAX_STREAM_BYTES: usize = 160 * 1024;

/// How long a hole in a stream may wait to be filled before it is skipped, in packet time.
pub(super) const HOLE_PATIENCE: Duration = Duration::from_secs(2);

pub(super) const LENGTH: usize = 2;

/// Where a stream is.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Sequence number of the next byte in order; `None` before the first segment.
    pub(super) next: Option<u32>,
    /// Bytes in order of a message that is not complete yet, with its length prefix.
    partial: Vec<u8>,
    /// Bytes to pass over: the rest of a message that was not captured.
    skip: u32,
    /// Where messages begin is not known (any more).
    lost: bool,
    /// Segments ahead of their turn.
    ahead: Vec<Ahead>,
}

#[derive(Debug)]
struct Ahead {
    sequence: u32,
    at: Timestamp,
    bytes: Vec<u8>,
    missing: u32,
}

impl Stream {
    /// Sequence numbers from the next byte in order to the one behind all that came.
    pub(super) fn reach(&self) -> Option<(u32, u32)> {
        let next = self.next?;
        let end = self.ahead.last().map_or(next, |last| {
            last.sequence.wrapping_add(length_of(last.bytes.len())).wrapping_add(last.missing)
        });
        Some((next, if ahead(next, end) > 0 { end } else { next }))
    }

    /// Bytes of memory that it takes beside itself.
    pub(super) fn held(&self) -> usize {
        let ahead = |ahead: &Ahead| ahead.bytes.capacity() + size_of::<Ahead>();
        self.partial.capacity() + self.ahead.iter().map(ahead).sum::<usize>()
    }

    /// A long message's memory is given back; a short one's is used again.
    fn clear_partial(&mut self) {
        const SMALL: usize = 1024;
        if self.partial.capacity() > SMALL {
            self.partial = Vec::new();
        } else {
            self.partial.clear();
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.partial.is_empty() && self.ahead.is_empty()
    }

    /// No segment follows: holes are skipped, and what lies behind them is read.
    pub(super) fn finish(&mut self, gaps: &mut u64, sink: &mut impl FnMut(StreamMessage<'_>)) {
        while self.skip_hole(gaps) {
            self.take_ahead(gaps, sink);
        }
        *gaps += self.partial.len() as u64;
        self.clear_partial();
    }

    /// Takes in bytes that belong to it, of which the first one has this sequence number.
    pub(super) fn take(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        at: Timestamp,
        gaps: &mut u64,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        let next = *self.next.get_or_insert_with(|| {
            // Joined in the middle: the segment may begin anywhere within a message.
            self.lost = true;
            sequence
        });
        if ahead(next, sequence) > 0 {
            self.keep_ahead(sequence, segment, at);
        } else {
            self.in_order(next, sequence, segment.payload, segment.missing, gaps, sink);
        }
        self.take_ahead(gaps, sink);
        if self.hole_is_old(at) && self.skip_hole(gaps) {
            self.take_ahead(gaps, sink);
        }
    }

    fn keep_ahead(&mut self, sequence: u32, segment: &Segment<'_>, at: Timestamp) {
        if self.held() + segment.payload.len() > MAX_STREAM_BYTES {
            return;
        }
        let place = self.ahead.partition_point(|kept| ahead(kept.sequence, sequence) > 0);
        let (bytes, missing) = (segment.payload.to_vec(), segment.missing);
        self.ahead.insert(place, Ahead { sequence, at, bytes, missing });
    }

    fn hole_is_old(&self, now: Timestamp) -> bool {
        const MANY: usize = 64;
        let oldest = self.ahead.iter().map(|kept| kept.at).min();
        self.ahead.len() > MANY || oldest.is_some_and(|at| now.since(at) > HOLE_PATIENCE)
    }

    /// Goes on behind the hole; where the next message begins is then not known.
    fn skip_hole(&mut self, gaps: &mut u64) -> bool {
        let (Some(next), Some(first)) = (self.next, self.ahead.first()) else { return false };
        *gaps += u64::from(first.sequence.wrapping_sub(next)) + self.partial.len() as u64;
        self.next = Some(first.sequence);
        self.lose();
        true
    }

    fn lose(&mut self) {
        self.clear_partial();
        self.skip = 0;
        self.lost = true;
    }

    fn take_ahead(&mut self, gaps: &mut u64, sink: &mut impl FnMut(StreamMessage<'_>)) {
        while let (Some(next), Some(first)) = (self.next, self.ahead.first()) {
            if ahead(next, first.sequence) > 0 {
                return;
            }
            let kept = self.ahead.remove(0);
            self.in_order(next, kept.sequence, &kept.bytes, kept.missing, gaps, sink);
        }
    }

    /// Bytes that begin at or before the next one expected.
    fn in_order(
        &mut self,
        next: u32,
        sequence: u32,
        bytes: &[u8],
        missing: u32,
        gaps: &mut u64,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        let known = usize::try_from(next.wrapping_sub(sequence)).unwrap_or(usize::MAX);
        let end = sequence.wrapping_add(length_of(bytes.len())).wrapping_add(missing);
        if ahead(next, end) <= 0 {
            return;
        }
        self.next = Some(end);
        let fresh = bytes.get(known..).unwrap_or_default();
        let behind = end.wrapping_sub(missing);
        self.read(fresh, behind, gaps, sink);
        if missing > 0 {
            self.pass_over(behind, missing, gaps, sink);
        }
    }

    /// What was not captured of a segment, from `behind` on: a message that it cuts is handed on as
    /// it is.
    fn pass_over(
        &mut self,
        behind: u32,
        missing: u32,
        gaps: &mut u64,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        *gaps += u64::from(missing);
        if self.skip >= missing {
            self.skip -= missing;
            return;
        }
        let promised =
            self.partial.first_chunk::<LENGTH>().map(|length| u16::from_be_bytes(*length));
        let body = self.partial.get(LENGTH..).unwrap_or_default();
        if body.len() >= HEADER {
            sink(StreamMessage { bytes: body, cut: true, sequence: start(behind, body) });
        } else {
            *gaps += self.partial.len() as u64;
        }
        let rest = promised.map(|length| u32::from(length).saturating_sub(length_of(body.len())));
        self.clear_partial();
        match rest.and_then(|rest| rest.checked_sub(missing)) {
            Some(skip) => self.skip = skip,
            None => self.lose(),
        }
    }

    /// Reads the next bytes of the stream; `behind` is the sequence number behind them.
    fn read(
        &mut self,
        mut bytes: &[u8],
        behind: u32,
        gaps: &mut u64,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) {
        if self.skip > 0 {
            let skipped = bytes.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            self.skip -= length_of(skipped);
            bytes = bytes.get(skipped..).unwrap_or_default();
        }
        if self.lost && !bytes.is_empty() {
            let Some(start) = plausible_start(bytes) else {
                *gaps += bytes.len() as u64;
                return;
            };
            *gaps += start as u64;
            bytes = bytes.get(start..).unwrap_or_default();
            self.lost = false;
        }
        if !self.partial.is_empty() {
            bytes = self.complete_partial(bytes, behind, sink);
        }
        while let Some((message, rest)) = split_message(bytes) {
            if !message.is_empty() {
                let behind = behind.wrapping_sub(length_of(rest.len()));
                let sequence = start(behind, message);
                sink(StreamMessage { bytes: message, cut: false, sequence });
            }
            bytes = rest;
        }
        self.partial.extend_from_slice(bytes);
    }

    /// Adds to the message that waits; the bytes behind it. `behind` is the sequence number behind
    /// all of them.
    fn complete_partial<'b>(
        &mut self,
        mut bytes: &'b [u8],
        behind: u32,
        sink: &mut impl FnMut(StreamMessage<'_>),
    ) -> &'b [u8] {
        while let Some((first, rest)) = bytes.split_first().filter(|_| self.partial.len() < LENGTH)
        {
            self.partial.push(*first);
            bytes = rest;
        }
        let Some(length) = self.partial.first_chunk::<LENGTH>() else { return bytes };
        let wanted = LENGTH + usize::from(u16::from_be_bytes(*length));
        let taken = bytes.len().min(wanted.saturating_sub(self.partial.len()));
        let (now, later) = bytes.split_at_checked(taken).unwrap_or((bytes, &[]));
        self.partial.extend_from_slice(now);
        if self.partial.len() >= wanted {
            let message = self.partial.get(LENGTH..).unwrap_or_default();
            if !message.is_empty() {
                let behind = behind.wrapping_sub(length_of(later.len()));
                let sequence = start(behind, message);
                sink(StreamMessage { bytes: message, cut: false, sequence });
            }
            self.clear_partial();
        }
        later
    }
}

/// The sequence number of the length prefix of a message that ends in front of `behind`.
fn start(behind: u32, message: &[u8]) -> u32 {
    behind.wrapping_sub(length_of(LENGTH + message.len()))
}

/// The first whole message behind its length prefix, and what follows it.
fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk::<LENGTH>()?));
    bytes.get(LENGTH..)?.split_at_checked(length)
}

/// Where a message may begin in the middle of a stream: a length prefix and a header in front of
/// which nothing speaks against it. The beginning of the segment is the likeliest place.
fn plausible_start(bytes: &[u8]) -> Option<usize> {
    const FARTHEST: usize = 1500;
    (0..bytes.len().min(FARTHEST)).find(|at| bytes.get(*at..).is_some_and(is_plausible))
}

/// A length that a header fits in, an opcode and an RCODE that are assigned, the reserved bit
/// zero, and counts that the length has room for.
fn is_plausible(bytes: &[u8]) -> bool {
    let Some([l0, l1, _, _, f0, f1, q0, q1, a0, a1, n0, n1, r0, r1]) = bytes.first_chunk::<14>()
    else {
        return false;
    };
    let count = |high: &u8, low: &u8| usize::from(u16::from_be_bytes([*high, *low]));
    let length = count(l0, l1);
    let opcode = f0 >> 3 & 0xf;
    let is_query = f0 & 0x80 == 0;
    let records = count(a0, a1) + count(n0, n1) + count(r0, r1);
    let rest = bytes.get(LENGTH + HEADER..).unwrap_or_default();
    let questions = count(q0, q1);
    // Last, as it walks; and no further than a name can be long.
    let question_ends = || {
        let near = rest.get(..MAX_NAME + 4).unwrap_or(rest);
        questions == 0
            || rest.len() < MAX_NAME
            || super::name::skip(near, 0).is_some_and(|end| end + 4 <= near.len())
    };
    length >= HEADER
        && matches!(opcode, 0 | 2 | 4..=6)
        && f1 & 0x40 == 0
        && f1 & 0x0f <= 11
        && (!is_query || f1 & 0x0f == 0)
        && questions <= 1
        && HEADER + questions * 5 + records * 11 <= length
        && question_ends()
}
