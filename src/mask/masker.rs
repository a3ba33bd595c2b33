//! Frames without true addresses: read as the analysis reads them, and written anew.
//!
//! Only what is understood is written. Link layers, tunnels, IP options and headers of extensions
//! are left out, packets of other ports have no bytes, fragments come as the datagram that they
//! make up, and each message of a TCP stream comes whole with the segment that completed it, the
//! numbers of the stream counted anew.

use hashbrown::HashMap;

use super::build::{self, Link};
use super::message::Writer;
use super::{Key, Mask};
use crate::ledger::Reason;
use crate::time::Timestamp;
use crate::wire::{
    Datagram, Decoder, Delivered, Endpoint, Frame, IcmpError, LinkType, Packet, Segment,
    StreamMessage, Streams, export,
};

/// Bytes of fragments, and of streams, that wait for their rest.
const HELD: usize = 8 << 20;

/// Directions of streams whose next number is known; when there are more, all are forgotten.
const MOST_STREAMS: usize = 1 << 14;

/// Reads frames, and hands on others without true addresses.
#[derive(Debug)]
pub struct Masker {
    decoder: Decoder,
    streams: Streams,
    writer: FrameWriter,
}

/// What frames are written with.
#[derive(Debug)]
struct FrameWriter {
    mask: Mask,
    messages: Writer,
    /// The number of the next byte of each direction, by pseudonyms.
    next: HashMap<(Endpoint, Endpoint), u32, foldhash::quality::RandomState>,
    payload: Vec<u8>,
    bytes: Vec<u8>,
}

/// What of a frame its masked one has as well.
#[derive(Clone, Copy, Debug)]
struct Around {
    at: Timestamp,
    link: LinkType,
    interface: u32,
    /// Bytes that were sent but not captured.
    missing: u32,
    ends: Link,
}

impl Masker {
    /// One for DNS on these ports.
    pub fn new(key: &Key, ports: &[u16]) -> Self {
        Self {
            decoder: Decoder::new(ports, HELD),
            streams: Streams::new(HELD),
            writer: FrameWriter {
                mask: Mask::new(key),
                messages: Writer::default(),
                next: HashMap::default(),
                payload: Vec::new(),
                bytes: Vec::new(),
            },
        }
    }

    /// Takes in a frame; one frame is handed on for it, and another one for each first fragment
    /// that stayed alone.
    pub fn take(&mut self, frame: &Frame<'_>, mut sink: impl FnMut(&Frame<'_>)) {
        let around = Around {
            at: frame.at,
            link: frame.link,
            interface: frame.interface,
            missing: frame.wire_len.saturating_sub(length(frame.bytes.len())),
            ends: self.writer.ends(frame),
        };
        self.decoder.expire(frame.at);
        self.abandoned(&around, &mut sink);
        let Self { decoder, streams, writer } = self;
        match decoder.decode(frame) {
            Packet::Datagram(it) => writer.datagram(&around, &it, &mut sink),
            Packet::Segment(it) => writer.segment(&around, &it, streams, &mut sink),
            Packet::Delivered(it) => writer.delivered(&around, &it, &mut sink),
            Packet::Icmp(it) => writer.error(&around, &it, &mut sink),
            Packet::Fragment => {
                writer.give(&around, 8, &mut sink, build::fragment);
            }
            Packet::NotDns => {
                writer.give(&around, frame_rest(frame), &mut sink, build::nothing);
            }
            Packet::Undecodable(reason) => writer.undecodable(&around, reason, &mut sink),
        }
        self.abandoned(&around, &mut sink);
    }

    /// No frame follows: what waited for its rest comes as it is.
    pub fn finish(&mut self, mut sink: impl FnMut(&Frame<'_>)) {
        let (link, ends) = (LinkType::ETHERNET, Link::default());
        let around = Around { at: Timestamp::default(), link, interface: 0, missing: 0, ends };
        self.decoder.abandon_all();
        self.abandoned(&around, &mut sink);
        let Self { streams, writer, .. } = self;
        streams.finish(|from, to, at, message| {
            let segment = carrier(from, to);
            writer.payload.clear();
            writer.message(&message);
            writer.give_segment(&Around { at, ..around }, &segment, message.cut, &mut sink);
        });
    }

    /// Bytes of streams that were passed over, and pieces that were given up.
    pub fn lost(&self) -> (u64, u64) {
        let shed = self.streams.shed() + self.decoder.fragments_shed();
        (self.streams.gaps(), shed)
    }

    fn abandoned(&mut self, around: &Around, sink: &mut impl FnMut(&Frame<'_>)) {
        let Self { decoder, streams, writer } = self;
        while let Some((at, packet)) = decoder.abandoned() {
            let around = Around { at, ..*around };
            match packet {
                Packet::Datagram(it) => writer.datagram(&around, &it, sink),
                Packet::Segment(it) => writer.segment(&around, &it, streams, sink),
                _ => {}
            }
        }
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Bytes of a frame behind an Ethernet header.
fn frame_rest(frame: &Frame<'_>) -> u32 {
    length(frame.bytes.len()).saturating_sub(14)
}

/// A segment that was not captured by itself.
fn carrier(from: Endpoint, to: Endpoint) -> Segment<'static> {
    let (syn, fin, rst, ack) = (false, false, false, true);
    let (sequence, acknowledged, missing) = (0, 0, 0);
    Segment { from, to, sequence, syn, fin, rst, ack, acknowledged, payload: &[], missing }
}

impl FrameWriter {
    /// The link-layer addresses of a frame. Others than those of Ethernet are not told, but frames
    /// of different ones can be told apart: a copy of a packet is one at another place.
    fn ends(&mut self, frame: &Frame<'_>) -> Link {
        const OTHERS: usize = 6;
        if let (LinkType::ETHERNET, Some([t0, t1, t2, t3, t4, t5, f0, f1, f2, f3, f4, f5])) =
            (frame.link, frame.bytes.first_chunk())
        {
            let to = self.mask.link_address([*t0, *t1, *t2, *t3, *t4, *t5]);
            return Link(to, self.mask.link_address([*f0, *f1, *f2, *f3, *f4, *f5]));
        }
        if frame.link.is_bare() {
            return Link::default();
        }
        let mut sum = [0_u8; OTHERS];
        let header = frame.bytes.get(..20).unwrap_or(frame.bytes);
        for (nth, byte) in header.iter().enumerate() {
            if let Some(place) = sum.get_mut(nth % OTHERS) {
                *place = place.rotate_left(3) ^ byte;
            }
        }
        Link([0; OTHERS], self.mask.link_address(sum))
    }

    fn endpoint(&mut self, endpoint: Endpoint) -> Endpoint {
        Endpoint { address: self.mask.address(endpoint.address), ..endpoint }
    }

    /// Hands on a frame; `missing` bytes of it were sent and are not there.
    fn give(
        &mut self,
        around: &Around,
        missing: u32,
        sink: &mut impl FnMut(&Frame<'_>),
        write: impl FnOnce(Link, &mut Vec<u8>),
    ) {
        write(around.ends, &mut self.bytes);
        let bytes = self.bytes.as_slice();
        let wire_len = length(bytes.len()).saturating_add(missing);
        let Around { at, interface, .. } = *around;
        sink(&Frame { at, wire_len, link: LinkType::ETHERNET, interface, bytes });
    }

    fn undecodable(&mut self, around: &Around, reason: Reason, sink: &mut impl FnMut(&Frame<'_>)) {
        match reason {
            Reason::LinkType => {
                let Around { at, link, interface, .. } = *around;
                sink(&Frame { at, wire_len: 0, link, interface, bytes: &[] });
            }
            Reason::BadIp => self.give(around, 0, sink, build::bad_ip),
            Reason::TooDeep => self.give(around, 0, sink, build::too_deep),
            Reason::CutHeader | Reason::NoHeader => {
                self.give(around, 1, sink, |_, out| build::cut_header(out));
            }
        }
    }

    fn datagram(
        &mut self,
        around: &Around,
        datagram: &Datagram<'_>,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        self.payload.clear();
        self.payload.extend_from_slice(datagram.payload);
        self.messages.mask(&mut self.mask, &mut self.payload);
        let (from, to) = (self.endpoint(datagram.from), self.endpoint(datagram.to));
        let payload = std::mem::take(&mut self.payload);
        let missing = if datagram.cut { around.missing.max(1) } else { 0 };
        let masked = Datagram { from, to, payload: &payload, ..*datagram };
        let bytes = usize::try_from(missing).unwrap_or_default();
        self.give(around, missing, sink, |link, out| build::datagram(link, &masked, bytes, out));
        self.payload = payload;
    }

    fn delivered(
        &mut self,
        around: &Around,
        Delivered { datagram, transport }: &Delivered<'_>,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        self.payload.clear();
        self.payload.extend_from_slice(datagram.payload);
        self.messages.mask(&mut self.mask, &mut self.payload);
        let ends = (self.endpoint(datagram.from), self.endpoint(datagram.to));
        export(ends, *transport, &self.payload, &mut self.bytes);
        let missing = if datagram.cut { around.missing.max(1) } else { 0 };
        let wire_len = length(self.bytes.len()).saturating_add(missing);
        let (Around { at, interface, .. }, link) = (*around, LinkType::EXPORTED);
        sink(&Frame { at, wire_len, link, interface, bytes: &self.bytes });
    }

    fn error(&mut self, around: &Around, error: &IcmpError<'_>, sink: &mut impl FnMut(&Frame<'_>)) {
        self.payload.clear();
        self.payload.extend_from_slice(error.payload);
        self.messages.mask(&mut self.mask, &mut self.payload);
        let (from, to) = (self.endpoint(error.from), self.endpoint(error.to));
        let reporter = self.mask.address(error.reporter);
        let payload = std::mem::take(&mut self.payload);
        let masked = IcmpError { reporter, from, to, payload: &payload, ..*error };
        self.give(around, 0, sink, |link, out| build::error(link, &masked, out));
        self.payload = payload;
    }

    fn segment(
        &mut self,
        around: &Around,
        segment: &Segment<'_>,
        streams: &mut Streams,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        self.payload.clear();
        let mut cut = false;
        let is_believed = streams.add(segment, around.at, |message| {
            self.message(&message);
            cut = message.cut;
        });
        if is_believed {
            self.give_segment(around, segment, cut, sink);
        } else {
            self.give_misfit(around, segment, cut, sink);
        }
    }

    /// Adds a message to the payload, with its length before it; that of one that was cut tells of
    /// one byte more.
    fn message(&mut self, message: &StreamMessage<'_>) {
        let length = message.bytes.len() + usize::from(message.cut);
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        self.payload.extend(length.to_be_bytes());
        let start = self.payload.len();
        self.payload.extend_from_slice(message.bytes);
        if let Some(message) = self.payload.get_mut(start..) {
            self.messages.mask(&mut self.mask, message);
        }
    }

    /// Hands on a segment with the payload that is there, of whose last message a byte may be
    /// missing.
    fn give_segment(
        &mut self,
        around: &Around,
        segment: &Segment<'_>,
        cut: bool,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        let (from, to) = (self.endpoint(segment.from), self.endpoint(segment.to));
        let sequence = self.number(segment, (from, to));
        let behind = sequence
            .wrapping_add(length(self.payload.len()) + u32::from(cut))
            .wrapping_add(u32::from(segment.syn) + u32::from(segment.fin));
        if segment.rst {
            self.next.remove(&(from, to));
        } else {
            self.next.insert((from, to), behind);
        }
        let acknowledged = self.next.get(&(to, from)).copied().unwrap_or(segment.acknowledged);
        let numbered = Segment { from, to, sequence, acknowledged, ..*segment };
        self.write_segment(around, numbered, cut, sink);
    }

    /// A segment that is not believed, as far from the stream that is written as can be: who reads
    /// on shall not believe it, either.
    fn give_misfit(
        &mut self,
        around: &Around,
        segment: &Segment<'_>,
        cut: bool,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        const AFAR: u32 = 1 << 31;
        let (from, to) = (self.endpoint(segment.from), self.endpoint(segment.to));
        let afar = |way, number| self.next.get(&way).map_or(number, |it| it.wrapping_add(AFAR));
        let sequence = afar((from, to), segment.sequence);
        let acknowledged = afar((to, from), segment.acknowledged);
        let numbered = Segment { from, to, sequence, acknowledged, ..*segment };
        self.write_segment(around, numbered, cut, sink);
    }

    /// Writes a segment with the payload that is there.
    fn write_segment(
        &mut self,
        around: &Around,
        numbered: Segment<'_>,
        cut: bool,
        sink: &mut impl FnMut(&Frame<'_>),
    ) {
        let payload = std::mem::take(&mut self.payload);
        let missing = u32::from(cut);
        let masked = Segment { payload: &payload, missing, ..numbered };
        self.give(around, missing, sink, |link, out| build::segment(link, &masked, out));
        self.payload = payload;
    }

    /// The number of a segment in the stream that is written. A stream begins with the number that
    /// it had; a reset without one has none here either.
    fn number(&mut self, segment: &Segment<'_>, way: (Endpoint, Endpoint)) -> u32 {
        if segment.rst && segment.sequence == 0 {
            return 0;
        }
        if self.next.len() >= MOST_STREAMS && !self.next.contains_key(&way) {
            self.next.clear();
        }
        let begins_anew = |next: u32| segment.syn && next != segment.sequence.wrapping_add(1);
        match self.next.get(&way) {
            Some(next) if segment.syn && !begins_anew(*next) => next.wrapping_sub(1),
            Some(next) if !begins_anew(*next) => *next,
            _ => segment.sequence,
        }
    }
}
