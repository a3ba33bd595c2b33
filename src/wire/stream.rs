//! DNS over TCP: from segments to messages (RFC 1035 §4.2.2, RFC 7766).
//!
//! One direction of one connection is a stream. Segments may come out of order, twice,
//! overlapping, or never; a stream may be joined in its middle. All of it is bounded: bytes per
//! stream, streams in all. What is skipped is counted.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use hashbrown::HashMap;

use crate::time::Timestamp;

use super::address::Endpoint;
use super::message::HEADER;
use super::name::MAX_NAME;
use super::packet::Segment;

/// Streams followed at once; the longest idle eighth makes room. As many as fit a table of 2¹⁴
/// places: one more would double it.
pub(super) const MAX_STREAMS: usize = 14_336;

/// Bytes one stream may hold: a message of the largest size and what came before its turn.
pub(super) const MAX_STREAM_BYTES: usize = 160 * 1024;

/// How long a hole in a stream may wait to be filled before it is skipped, in packet time.
pub(super) const HOLE_PATIENCE: Duration = Duration::from_secs(2);

/// A segment farther away than this belongs to another stream.
const FAR: u32 = 4 << 20;

const LENGTH: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    from: Endpoint,
    to: Endpoint,
}

/// In three words: field by field the hasher has twice the work.
impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.from.address.0);
        state.write_u128(self.to.address.0);
        state.write_u32(u32::from(self.from.port) << 16 | u32::from(self.to.port));
    }
}

/// One direction of one connection.
#[derive(Debug, Default)]
struct Stream {
    /// Sequence number of the next byte in order; `None` before the first segment.
    next: Option<u32>,
    /// Bytes in order of a message that is not complete yet, with its length prefix.
    partial: Vec<u8>,
    /// Bytes to pass over: the rest of a message that was not captured.
    skip: u32,
    /// Where messages begin is not known (any more).
    lost: bool,
    /// Segments ahead of their turn.
    ahead: Vec<Ahead>,
    touched: Timestamp,
    /// When it was touched last, in segments.
    turn: u64,
}

#[derive(Debug)]
struct Ahead {
    sequence: u32,
    at: Timestamp,
    bytes: Vec<u8>,
    missing: u32,
}

/// A message out of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamMessage<'a> {
    /// Its bytes, without the length prefix.
    pub bytes: &'a [u8],
    /// The capture holds less than was sent.
    pub cut: bool,
    /// The sequence number of its length prefix.
    pub sequence: u32,
}

impl StreamMessage<'_> {
    /// The sequence number behind it.
    pub fn end(&self) -> u32 {
        self.sequence.wrapping_add(length_of(LENGTH + self.bytes.len()))
    }
}

/// All streams that are followed.
#[derive(Debug)]
pub struct Streams {
    followed: HashMap<Key, Stream, foldhash::quality::RandomState>,
    max_bytes: usize,
    bytes: usize,
    gaps: u64,
    shed: u64,
    turn: u64,
}

impl Streams {
    /// Follows streams with at most `max_bytes` held in all.
    pub fn new(max_bytes: usize) -> Self {
        Self { followed: HashMap::default(), max_bytes, bytes: 0, gaps: 0, shed: 0, turn: 0 }
    }

    /// Takes in a segment, and hands on every message that it completes.
    pub fn add(
        &mut self,
        segment: &Segment<'_>,
        at: Timestamp,
        mut sink: impl FnMut(StreamMessage<'_>),
    ) {
        let key = Key { from: segment.from, to: segment.to };
        if segment.rst {
            self.remove(key);
            return;
        }
        let nothing = segment.payload.is_empty() && segment.missing == 0;
        // Acknowledgements are most of a connection, and say nothing about this direction. The
        // end of a stream does not forget it: its last segment may come once more.
        if nothing && !segment.syn {
            return;
        }
        if self.followed.len() >= MAX_STREAMS && !self.followed.contains_key(&key) {
            self.make_room();
        }
        let stream = self.followed.entry(key).or_default();
        let before = stream.held();
        self.turn += 1;
        (stream.touched, stream.turn) = (at, self.turn);
        let data_at = segment.sequence.wrapping_add(u32::from(segment.syn));
        if segment.syn && stream.next != Some(data_at) && !stream.expects(data_at) {
            stream.begin(data_at);
        }
        if !nothing {
            stream.take(data_at, segment, at, &mut self.gaps, &mut sink);
        }
        self.bytes = self.bytes + stream.held() - before;
        if self.bytes > self.max_bytes {
            self.make_room();
        }
    }

    /// No segment follows: holes are skipped, and what lies behind them is read.
    pub fn finish(
        &mut self,
        mut sink: impl FnMut(Endpoint, Endpoint, Timestamp, StreamMessage<'_>),
    ) {
        let mut keys: Vec<Key> = self.followed.keys().copied().collect();
        keys.sort_by_key(|key| (key.from, key.to));
        for key in keys {
            if let Some(stream) = self.followed.get_mut(&key) {
                self.gaps += stream.partial.len() as u64;
                let at = stream.touched;
                while stream.skip_hole(&mut self.gaps) {
                    let mut each = |message: StreamMessage<'_>| sink(key.from, key.to, at, message);
                    stream.take_ahead(&mut self.gaps, &mut each);
                }
            }
        }
        self.followed.clear();
        self.bytes = 0;
    }

    /// Bytes of streams that were passed over because what came before them was lost.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Streams that were forgotten because there were too many.
    pub fn shed(&self) -> u64 {
        self.shed
    }

    fn remove(&mut self, key: Key) {
        if let Some(stream) = self.followed.remove(&key) {
            self.bytes -= stream.held();
        }
    }

    /// Forgets the idlest eighth at once, so that a flood of streams costs O(1) each.
    #[cold]
    fn make_room(&mut self) {
        let mut turns: Vec<u64> = self.followed.values().map(|stream| stream.turn).collect();
        let eighth = turns.len() / 8;
        let (_, oldest, _) = turns.select_nth_unstable(eighth);
        let oldest = *oldest;
        let mut gone = 0;
        self.followed.retain(|_, stream| {
            let goes = stream.turn <= oldest;
            if goes {
                gone += stream.held();
                self.shed += u64::from(!stream.is_idle());
            }
            !goes
        });
        self.bytes -= gone;
    }
}

/// How far `to` is ahead of `from` in sequence space; negative if behind (RFC 9293 §3.4).
#[expect(clippy::cast_possible_wrap, reason = "sequence numbers are compared modulo 2^32")]
pub const fn ahead(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

fn length_of(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl Stream {
    fn begin(&mut self, next: u32) {
        let (touched, turn) = (self.touched, self.turn);
        *self = Self { next: Some(next), touched, turn, ..Self::default() };
    }

    fn held(&self) -> usize {
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

    fn is_idle(&self) -> bool {
        self.partial.is_empty() && self.ahead.is_empty()
    }

    /// A SYN sent again does not begin anew.
    fn expects(&self, sequence: u32) -> bool {
        self.next.is_some_and(|next| (0..=65_536).contains(&ahead(sequence, next)))
    }

    fn take(
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
        if ahead(next, sequence).unsigned_abs() > FAR {
            // Another stream between the same ports, or a forgery: believe what comes.
            *gaps += self.partial.len() as u64;
            self.begin(sequence);
            self.lost = true;
            self.in_order(sequence, sequence, segment.payload, segment.missing, gaps, sink);
        } else if ahead(next, sequence) > 0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A response with the given ID and 3 more bytes, behind its length prefix: 17 bytes.
    fn message(id: u8) -> Vec<u8> {
        let mut out = vec![0, 15, 0, id, 0x80, 0x05];
        out.extend([0; 11]);
        out
    }

    struct Play {
        streams: Streams,
        seen: Vec<String>,
        clock: u64,
    }

    impl Play {
        fn new() -> Self {
            Self { streams: Streams::new(1 << 20), seen: Vec::new(), clock: 0 }
        }

        fn segment(mut self, sequence: u32, payload: &[u8], missing: u32, flags: &str) -> Self {
            let segment = Segment {
                from: Endpoint::default(),
                to: Endpoint { port: 53, ..Endpoint::default() },
                sequence,
                syn: flags.contains('S'),
                fin: flags.contains('F'),
                rst: flags.contains('R'),
                ack: true,
                payload,
                missing,
            };
            let seen = &mut self.seen;
            self.streams
                .add(&segment, Timestamp::new(self.clock, 0), |message| seen.push(show(message)));
            self
        }

        fn later(mut self, seconds: u64) -> Self {
            self.clock += seconds;
            self
        }

        #[track_caller]
        fn gives(mut self, expected: &str) {
            let seen = &mut self.seen;
            self.streams.finish(|_, _, _, message| seen.push(show(message)));
            assert_eq!(self.seen.join(" "), expected);
            assert_eq!(self.streams.bytes, 0);
        }
    }

    fn show(message: StreamMessage<'_>) -> String {
        format!("{}{}", message.bytes[1], if message.cut { "cut" } else { "" })
    }

    #[test]
    fn a_message_knows_where_in_its_stream_it_is() {
        let all = [message(1), message(2), message(3)].concat();
        let segment = |at: usize, to: usize, missing| Segment {
            from: Endpoint::default(),
            to: Endpoint { port: 53, ..Endpoint::default() },
            sequence: (u32::MAX - 9).wrapping_add(length_of(at)),
            syn: false,
            fin: false,
            rst: false,
            ack: true,
            payload: &all[at..to],
            missing,
        };
        // Numbers wrap around, pieces overlap or come too early, and the last one is cut.
        for pieces in [
            &[(0, 51, 0)][..],
            &[(0, 20, 0), (20, 33, 0), (33, 51, 0)],
            &[(0, 20, 0), (30, 51, 0), (15, 40, 0)],
            &[(0, 17, 0), (17, 34, 0), (34, 50, 1)],
        ] {
            let (mut streams, mut found) = (Streams::new(1 << 20), Vec::new());
            for (at, to, missing) in pieces {
                streams.add(&segment(*at, *to, *missing), Timestamp(0), |message| {
                    found.push((message.sequence.wrapping_sub(u32::MAX - 9), message.cut));
                });
            }
            let cut = pieces.iter().any(|piece| piece.2 > 0);
            assert_eq!(found, [(0, false), (17, false), (34, cut)], "{pieces:?}");
        }
    }

    #[test]
    fn several_messages_in_a_segment_and_one_over_many() {
        let two = [message(1), message(2)].concat();
        Play::new().segment(9, &[], 0, "S").segment(10, &two, 0, "").gives("1 2");
        let mut play = Play::new().segment(9, &[], 0, "S");
        for (at, byte) in two.iter().enumerate() {
            play = play.segment(10 + u32::try_from(at).unwrap(), &[*byte], 0, "");
        }
        play.gives("1 2");
    }

    #[test]
    fn segments_out_of_order_twice_and_overlapping_give_each_message_once() {
        let all = [message(1), message(2), message(3)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(27, &all[17..40], 0, "")
            .segment(10, &all[..20], 0, "")
            .segment(10, &all[..20], 0, "")
            .segment(45, &all[35..], 0, "")
            .gives("1 2 3");
    }

    #[test]
    fn sequence_numbers_wrap_around() {
        let all = [message(1), message(2)].concat();
        let start = u32::MAX - 20;
        Play::new()
            .segment(start.wrapping_sub(1), &[], 0, "S")
            .segment(start.wrapping_add(17), &all[17..], 0, "")
            .segment(start, &all[..17], 0, "")
            .gives("1 2");
    }

    #[test]
    fn data_on_a_syn_counts_and_a_second_syn_does_not_begin_anew() {
        Play::new().segment(9, &message(1), 0, "S").segment(9, &message(1), 0, "S").gives("1");
    }

    #[test]
    fn a_stream_joined_in_its_middle_finds_the_next_message() {
        let all = [&message(1)[9..], &message(2), &message(3)].concat();
        Play::new().segment(100, &all, 0, "").gives("2 3");
        Play::new().segment(100, &message(4), 0, "").gives("4");
        Play::new().segment(100, b"GET / HTTP/1.1\r\nHost: example\r\n\r\n", 0, "").gives("");
    }

    #[test]
    fn a_hole_is_skipped_after_a_while() {
        let all = [message(1), message(2), message(3), message(4)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(10, &all[..20], 0, "")
            .segment(44, &all[34..51], 0, "")
            .later(5)
            .segment(61, &all[51..], 0, "")
            .gives("1 3 4");
    }

    #[test]
    fn a_segment_cut_by_the_snaplen_gives_its_messages_and_the_stream_goes_on() {
        let all = [message(1), message(2)].concat();
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(10, &all[..31], 3, "")
            .segment(44, &message(3), 0, "")
            .gives("1 2cut 3");
    }

    #[test]
    fn a_reset_forgets_the_stream() {
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &message(1)[..5], 0, "R");
        assert!(play.streams.followed.is_empty());
    }

    #[test]
    fn the_last_segment_of_a_stream_may_come_twice() {
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &message(1), 0, "F");
        play.segment(10, &message(1), 0, "F").gives("1");
    }

    #[test]
    fn a_segment_from_afar_does_not_silence_the_stream() {
        Play::new()
            .segment(9, &[], 0, "S")
            .segment(1 << 30, &message(9), 0, "")
            .segment(10, &message(1), 0, "")
            .gives("9 1");
    }

    #[test]
    fn memory_is_counted_as_it_is_held() {
        let mut long = vec![0xff, 0xff];
        long.extend(vec![0; 65_000]);
        let play = Play::new().segment(9, &[], 0, "S").segment(10, &long, 0, "");
        assert!(play.streams.bytes >= 65_000);
        let play = play.segment(10 + 65_002, &[0; 535], 0, "");
        assert!(play.streams.bytes <= 1024, "{}", play.streams.bytes);
    }

    #[test]
    fn a_flood_of_streams_stays_within_its_bounds() {
        let mut streams = Streams::new(1 << 16);
        for port in 0..60_000 {
            let segment = Segment {
                from: Endpoint { port, ..Endpoint::default() },
                to: Endpoint::default(),
                sequence: 1,
                syn: false,
                fin: false,
                rst: false,
                ack: true,
                payload: &message(1)[..16],
                missing: 0,
            };
            streams.add(&segment, Timestamp::new(u64::from(port), 0), |_| {});
            assert!(streams.followed.len() <= MAX_STREAMS && streams.bytes <= (1 << 16) + 16);
        }
        assert!(streams.shed() > 0);
    }
}
