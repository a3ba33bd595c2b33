//! TCP connections: handshake, messages in segments, and the end, as one script.

use super::message::{self, Exchange, Traits};
use super::packet::{Flow, Segment};
use super::people::Names;
use super::random::Random;
use super::truth::Role;

/// The most bytes of a stream in one segment.
const LARGEST_SEGMENT: usize = 1400;
/// A client that gets no answer closes after this, longer than anybody waits for a response.
const GIVES_UP: u64 = 6_000_000_000;

/// Packets that follow each other at once, and the messages whole with the last of them.
#[derive(Debug)]
pub(crate) struct Group {
    /// From client to server.
    pub(crate) flow: Flow,
    /// Whether these packets go that way.
    pub(crate) asking: bool,
    pub(crate) segments: Vec<(Segment, Vec<u8>)>,
    pub(crate) completes: Vec<(Exchange, Role)>,
}

/// How a connection is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    pub(crate) flow: Flow,
    /// Share of messages cut into several segments.
    pub(crate) segmented: f64,
    /// Share of these whose segments come out of order.
    pub(crate) disordered: f64,
}

/// Both ends' next sequence numbers.
#[derive(Clone, Copy, Debug)]
struct Ends {
    client: u32,
    server: u32,
}

impl Script {
    /// All packets of one connection, with the nanoseconds that pass before each group.
    pub(crate) fn play(
        self,
        exchanges: &[Exchange],
        latencies: Vec<u64>,
        names: &Names,
        random: &mut Random,
    ) -> Vec<(u64, Group)> {
        let numbers = random.next();
        let [client, server] =
            [numbers >> 32, numbers & 0xffff_ffff].map(|number| u32::try_from(number).unwrap_or(0));
        let mut ends = Ends { client, server };
        let round_trip = u64::from(random.between(100, 900)) * 1000;
        let asked = round_trip + 100_000;
        let mut groups = self.open(&mut ends, round_trip);
        groups.push((asked, self.ask(exchanges, &mut ends, names, random)));
        groups.push((asked + round_trip, self.bare(false, ends, Segment::ACK)));

        let mut order: Vec<_> = latencies.into_iter().zip(exchanges).collect();
        order.sort_by_key(|(latency, _)| *latency);
        let mut last = asked + round_trip;
        for (latency, exchange) in order {
            if exchange.traits.has(Traits::LOST) {
                last = asked + GIVES_UP;
                continue;
            }
            let at = asked + round_trip + latency;
            last = last.max(at);
            groups.push((at, self.answer(exchange, &mut ends, names, random)));
            groups.push((at + 60_000, self.bare(true, ends, Segment::ACK)));
        }
        self.close(ends, last + 1_000_000, round_trip, &mut groups);
        groups
    }

    fn open(self, ends: &mut Ends, round_trip: u64) -> Vec<(u64, Group)> {
        let before = Ends { server: 0, ..*ends };
        let knock = self.bare(true, before, Segment::SYN);
        ends.client = ends.client.wrapping_add(1);
        let welcome = self.bare(false, *ends, Segment::SYN | Segment::ACK);
        ends.server = ends.server.wrapping_add(1);
        let thanks = self.bare(true, *ends, Segment::ACK);
        vec![(0, knock), (round_trip, welcome), (round_trip + 40_000, thanks)]
    }

    fn close(self, ends: Ends, at: u64, round_trip: u64, groups: &mut Vec<(u64, Group)>) {
        let mut ends = ends;
        groups.push((at, self.bare(true, ends, Segment::FIN | Segment::ACK)));
        ends.client = ends.client.wrapping_add(1);
        groups.push((at + round_trip, self.bare(false, ends, Segment::FIN | Segment::ACK)));
        ends.server = ends.server.wrapping_add(1);
        groups.push((at + round_trip + 40_000, self.bare(true, ends, Segment::ACK)));
    }

    /// All queries, one after the other without waiting.
    fn ask(
        self,
        exchanges: &[Exchange],
        ends: &mut Ends,
        names: &Names,
        random: &mut Random,
    ) -> Group {
        let mut stream = Vec::new();
        let mut buffer = Vec::new();
        for exchange in exchanges {
            message::query(names, exchange, &mut buffer);
            frame(&mut stream, &buffer);
        }
        let completes = exchanges.iter().map(|exchange| (*exchange, Role::Query)).collect();
        let segments = self.cut(&stream, ends.client, ends.server, random);
        ends.client = ends.client.wrapping_add(length(&stream));
        Group { flow: self.flow, asking: true, segments, completes }
    }

    fn answer(
        self,
        exchange: &Exchange,
        ends: &mut Ends,
        names: &Names,
        random: &mut Random,
    ) -> Group {
        let (mut stream, mut buffer) = (Vec::new(), Vec::new());
        message::response(names, exchange, &mut buffer);
        frame(&mut stream, &buffer);
        let segments = self.cut(&stream, ends.server, ends.client, random);
        ends.server = ends.server.wrapping_add(length(&stream));
        let completes = vec![(*exchange, Role::Response)];
        Group { flow: self.flow, asking: false, segments, completes }
    }

    /// Cuts a stream into segments; the first cut may fall into the two bytes of a length.
    fn cut(
        self,
        stream: &[u8],
        sequence: u32,
        acknowledged: u32,
        random: &mut Random,
    ) -> Vec<(Segment, Vec<u8>)> {
        let first = if random.chance(self.segmented) {
            random.between(1, length(stream)) as usize
        } else {
            stream.len()
        };
        let flags = Segment::PUSH | Segment::ACK;
        let mut at = sequence;
        let mut segments = Vec::new();
        let (head, tail) = stream.split_at(first);
        for piece in head.chunks(LARGEST_SEGMENT).chain(tail.chunks(LARGEST_SEGMENT)) {
            segments.push((Segment { sequence: at, acknowledged, flags }, piece.to_vec()));
            at = at.wrapping_add(length(piece));
        }
        if random.chance(self.disordered) {
            segments.reverse();
        }
        segments
    }

    /// A segment without payload.
    fn bare(self, asking: bool, ends: Ends, flags: u8) -> Group {
        let (sequence, acknowledged) =
            if asking { (ends.client, ends.server) } else { (ends.server, ends.client) };
        let segment = Segment { sequence, acknowledged, flags };
        let segments = vec![(segment, Vec::new())];
        Group { flow: self.flow, asking, segments, completes: Vec::new() }
    }
}

/// Appends a message behind its length in two bytes (RFC 1035 §4.2.2).
fn frame(stream: &mut Vec<u8>, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    stream.extend_from_slice(&length.to_be_bytes());
    stream.extend_from_slice(message);
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
