//! TCP segments that may carry a part of a message which is not whole yet, with their frames.
//!
//! A message that comes whole in one segment is kept with the frame around it. Of any other the
//! frames wait here until it is read. Bounded, also for each stream.

use hashbrown::HashMap;

use crate::time::Timestamp;
use crate::trail::Around;
use crate::wire::{Endpoint, Segment, StreamMessage, ahead};

/// Bytes of frames that wait for one stream: as much as is usual of a message too long for one
/// segment. What comes beyond is counted only.
const MOST_OF_ONE: usize = 8 << 10;

/// Bytes of what is known of a frame.
const COST: usize = size_of::<Piece>();

/// A frame of a stream.
#[derive(Debug)]
pub(super) struct Piece {
    /// When it was captured.
    pub(super) at: Timestamp,
    /// Its place in the capture.
    pub(super) frame: u64,
    /// How it is to be read.
    pub(super) around: Around,
    /// As much of it as is kept.
    pub(super) bytes: Box<[u8]>,
    range: Range,
}

/// Sequence numbers, from the first to the one behind the last.
#[derive(Clone, Copy, Debug)]
struct Range {
    from: u32,
    to: u32,
    /// It begins the stream: the bytes behind it are of no use without it.
    begins: bool,
}

impl Range {
    fn of(segment: &Segment<'_>) -> Self {
        let length = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX);
        let length = length.wrapping_add(segment.missing).wrapping_add(u32::from(segment.syn));
        Self {
            from: segment.sequence,
            to: segment.sequence.wrapping_add(length),
            begins: segment.syn,
        }
    }

    /// Whether any of its bytes are the message's, or it begins the stream in front of it.
    fn carries(&self, message: &StreamMessage<'_>) -> bool {
        let starts_before_end = ahead(self.from, message.end()) > 0;
        let reach = ahead(message.sequence, self.to);
        starts_before_end && (reach > 0 || self.begins && reach == 0)
    }
}

/// What waits of one direction of a connection.
#[derive(Debug, Default)]
struct Stream {
    pieces: Vec<Piece>,
    bytes: usize,
    /// Segments that there was no room for.
    others: u8,
    turn: u64,
}

/// The segments of all streams that wait.
#[derive(Debug)]
pub(super) struct Segments {
    streams: HashMap<(Endpoint, Endpoint), Stream, foldhash::quality::RandomState>,
    bytes: usize,
    most: usize,
    turn: u64,
}

/// What is known of the segments that carried a message.
#[derive(Debug, Default)]
pub(super) struct Carried<'a> {
    /// Those that are here, in the order in which they came.
    pub(super) pieces: Vec<&'a Piece>,
    /// How many there were, the one that is being read among them; 255 is as many or more.
    pub(super) count: u8,
}

impl Segments {
    /// Holds at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { streams: HashMap::default(), bytes: 0, most, turn: 0 }
    }

    /// Those that carried a message which did not come whole in the segment that is being read.
    pub(super) fn of(
        &self,
        (from, to): (Endpoint, Endpoint),
        message: &StreamMessage<'_>,
        now: Option<&Segment<'_>>,
    ) -> Carried<'_> {
        let stream = self.streams.get(&(from, to));
        let all = stream.map_or(&[][..], |stream| &stream.pieces);
        let pieces: Vec<&Piece> = all.iter().filter(|it| it.range.carries(message)).collect();
        let others = stream.map_or(0, |stream| stream.others);
        let is_its = now.is_some_and(|now| Range::of(now).carries(message));
        let count = pieces.len() + usize::from(others) + usize::from(is_its);
        Carried { pieces, count: u8::try_from(count).unwrap_or(u8::MAX) }
    }

    /// A segment was read, and what ends at `done` with it: what a later message may need is kept.
    /// `frame` is what is kept of it, if that is known.
    pub(super) fn read(
        &mut self,
        segment: &Segment<'_>,
        done: Option<u32>,
        frame: impl FnOnce() -> Option<(Around, Box<[u8]>)>,
        (at, place): (Timestamp, u64),
    ) {
        let key = (segment.from, segment.to);
        if let Some(done) = done {
            self.forget(key, |range| ahead(range.to, done) >= 0);
        }
        let range = Range::of(segment);
        let is_used_up = done.is_some_and(|done| ahead(range.to, done) >= 0);
        if segment.rst {
            self.forget(key, |_| true);
        } else if range.from != range.to && !is_used_up {
            self.hold(key, range, frame(), (at, place));
        }
    }

    /// Lets go of some segments of a stream.
    fn forget(&mut self, key: (Endpoint, Endpoint), goes: impl Fn(&Range) -> bool) {
        let Some(stream) = self.streams.get_mut(&key) else { return };
        let before = stream.bytes;
        stream.pieces.retain(|piece| !goes(&piece.range));
        stream.bytes = stream.pieces.iter().map(Piece::bytes).sum();
        stream.others = 0;
        self.bytes -= before - stream.bytes;
        if stream.pieces.is_empty() {
            self.streams.remove(&key);
        }
    }

    fn hold(
        &mut self,
        key: (Endpoint, Endpoint),
        range: Range,
        frame: Option<(Around, Box<[u8]>)>,
        (at, place): (Timestamp, u64),
    ) {
        self.turn += 1;
        let stream = self.streams.entry(key).or_default();
        stream.turn = self.turn;
        let piece = frame.map(|(around, bytes)| Piece { at, frame: place, around, bytes, range });
        match piece.filter(|piece| stream.bytes + piece.bytes() <= MOST_OF_ONE) {
            Some(piece) => {
                stream.bytes += piece.bytes();
                self.bytes += piece.bytes();
                stream.pieces.push(piece);
            }
            None => stream.others = stream.others.saturating_add(1),
        }
        if self.bytes + self.streams.len() * size_of::<Stream>() > self.most {
            self.make_room();
        }
    }

    /// Forgets the half of the streams that nothing came for the longest, so that a flood of
    /// streams costs O(1) each.
    #[cold]
    fn make_room(&mut self) {
        let mut turns: Vec<u64> = self.streams.values().map(|stream| stream.turn).collect();
        let half = turns.len() / 2;
        let (_, middle, _) = turns.select_nth_unstable(half);
        let middle = *middle;
        self.streams.retain(|_, stream| stream.turn > middle);
        self.bytes = self.streams.values().map(|stream| stream.bytes).sum();
    }
}

impl Piece {
    fn bytes(&self) -> usize {
        self.bytes.len() + COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Address, LinkType};

    fn endpoint(number: u32) -> Endpoint {
        Endpoint { address: Address(u128::from(number)), port: 53 }
    }

    fn segment(stream: u32, sequence: u32, payload: &[u8]) -> Segment<'_> {
        Segment {
            from: endpoint(stream),
            to: endpoint(0),
            sequence,
            syn: false,
            fin: false,
            rst: false,
            ack: true,
            acknowledged: 0,
            payload,
            missing: 0,
        }
    }

    fn frame(bytes: usize) -> (Around, Box<[u8]>) {
        let around = Around { link: LinkType(1), wire_len: 9, message: (0, 9) };
        (around, vec![7; bytes].into())
    }

    fn read(segments: &mut Segments, segment: &Segment<'_>, done: Option<u32>, bytes: usize) {
        segments.read(segment, done, || Some(frame(bytes)), (Timestamp(0), 1));
    }

    #[test]
    fn a_flood_of_streams_stays_within_its_bytes() {
        const BOUND: usize = 100_000;
        let mut segments = Segments::new(BOUND);
        for stream in 1..5_000 {
            read(&mut segments, &segment(stream, 1, b"begun"), None, 60);
            let held = segments.streams.values().map(|stream| stream.bytes).sum::<usize>();
            assert_eq!(segments.bytes, held);
            assert!(held + segments.streams.len() * size_of::<Stream>() <= BOUND);
        }
        assert!(segments.streams.contains_key(&(endpoint(4_999), endpoint(0))), "the latest");
        assert!(segments.streams.len() > 100);
    }

    #[test]
    fn one_stream_holds_no_more_than_its_share_and_counts_the_rest() {
        let mut segments = Segments::new(1 << 20);
        for nth in 0..300 {
            read(&mut segments, &segment(1, 1_000 * nth, &[0; 1_000]), None, 1_054);
        }
        assert!(segments.bytes <= MOST_OF_ONE);
        let bytes = vec![0; 60_000];
        let message = StreamMessage { bytes: &bytes, cut: false, sequence: 0 };
        let carried = segments.of((endpoint(1), endpoint(0)), &message, None);
        assert_eq!((carried.pieces.len(), carried.count), (7, 255));
    }

    #[test]
    fn what_was_read_is_let_go_of() {
        let mut segments = Segments::new(1 << 20);
        read(&mut segments, &segment(1, 0, &[0; 50]), None, 60);
        read(&mut segments, &segment(1, 50, &[0; 50]), Some(80), 60);
        let later = StreamMessage { bytes: &[0; 38], cut: false, sequence: 80 };
        let ways = (endpoint(1), endpoint(0));
        assert_eq!(
            segments.of(ways, &later, None).pieces.len(),
            1,
            "it holds the next one's begin"
        );
        read(&mut segments, &segment(1, 100, &[0; 20]), Some(120), 60);
        assert_eq!((segments.streams.len(), segments.bytes), (0, 0));
    }
}
