//! Packets on their way from the front half to a back half, with copies of their bytes.
//!
//! A packet borrows from its frame, and a frame from the source's buffer, which is soon used
//! again. To copy what matters costs less than to keep such buffers until the last packet in them
//! was counted.

use crate::time::Timestamp;
use crate::wire::{Datagram, Delivered, Frame, IcmpError, Packet, Segment};

use super::back::Back;
use super::front::Found;
use super::keeper::start;

/// A parcel with so many packets is full: enough that handing it over costs next to nothing, and
/// few enough that it is still in a cache when it is opened. Measured.
const MOST_ITEMS: usize = 512;
/// So is one with so many bytes.
const MOST_BYTES: usize = 64 << 10;

/// Some packets in the order of capture, in buffers that are used again and again.
#[derive(Debug, Default)]
pub(crate) struct Parcel {
    items: Vec<Item>,
    bytes: Vec<u8>,
}

/// A packet without its bytes, and how many of these there are.
#[derive(Clone, Copy, Debug)]
struct Item {
    /// The time of the capture when it was found.
    now: Timestamp,
    at: Timestamp,
    number: u64,
    frame: u64,
    packet: Packet<'static>,
    length: usize,
    counts: bool,
    /// The frame that holds it, without its bytes: these are then the parcel's.
    whole: Option<Whole>,
}

/// A frame without its bytes.
#[derive(Clone, Copy, Debug)]
struct Whole {
    frame: Frame<'static>,
    /// Where in it the packet's bytes begin, and how many they are.
    start: usize,
    length: usize,
}

impl Parcel {
    /// Whether it should be sent off.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= MOST_ITEMS || self.bytes.len() >= MOST_BYTES
    }

    /// Adds a packet that was found when it was `now`.
    #[inline]
    pub(crate) fn push(&mut self, found: &Found<'_>, now: Timestamp) {
        let (packet, payload) = strip(&found.packet);
        let frame = found.whole.filter(|_| is_kept(&found.packet));
        let whole = frame.and_then(|frame| whole(frame, payload));
        let bytes = if whole.is_some() { frame.map_or(payload, |it| it.bytes) } else { payload };
        let length = bytes.len();
        self.bytes.extend_from_slice(bytes);
        let Found { at, number, counts, .. } = *found;
        let frame = found.frame;
        self.items.push(Item { now, at, number, frame, packet, length, counts, whole });
    }

    /// Adds that it is `now`.
    pub(crate) fn push_time(&mut self, now: Timestamp) {
        let (packet, length, counts, whole) = (Packet::NotDns, 0, false, None);
        self.items.push(Item { now, at: now, number: 0, frame: 0, packet, length, counts, whole });
    }

    /// Gives everything to a back half, in order, and is empty.
    pub(crate) fn unpack(&mut self, back: &mut Back) {
        let mut rest = self.bytes.as_slice();
        for item in &self.items {
            let (bytes, behind) = rest.split_at_checked(item.length).unwrap_or_default();
            rest = behind;
            let Item { now, at, number, frame: place, counts, .. } = *item;
            back.expire(now);
            let frame = item.whole.map(|whole| Frame { bytes, ..whole.frame });
            let payload = item.whole.map_or(bytes, |whole| {
                bytes.get(whole.start..whole.start + whole.length).unwrap_or_default()
            });
            let packet = fill(&item.packet, payload);
            back.take(&Found { at, number, frame: place, packet, counts, whole: frame.as_ref() });
        }
        self.items.clear();
        self.bytes.clear();
    }
}

/// Whether the frame of a packet may be kept: that of a mere acknowledgement is not.
fn is_kept(packet: &Packet<'_>) -> bool {
    match packet {
        Packet::Segment(it) => !it.payload.is_empty() || it.syn || it.rst,
        _ => true,
    }
}

/// The frame of a payload without its bytes.
fn whole(frame: &Frame<'_>, payload: &[u8]) -> Option<Whole> {
    let start = start(frame, payload)?;
    Some(Whole { frame: Frame { bytes: &[], ..*frame }, start, length: payload.len() })
}

/// A packet without its bytes, and these.
#[inline]
fn strip<'a>(packet: &Packet<'a>) -> (Packet<'static>, &'a [u8]) {
    match *packet {
        Packet::Datagram(it) => (Packet::Datagram(Datagram { payload: &[], ..it }), it.payload),
        Packet::Segment(it) => (Packet::Segment(Segment { payload: &[], ..it }), it.payload),
        Packet::Delivered(Delivered { datagram: it, transport }) => {
            let datagram = Datagram { payload: &[], ..it };
            (Packet::Delivered(Delivered { datagram, transport }), it.payload)
        }
        Packet::Icmp(it) => (Packet::Icmp(IcmpError { payload: &[], ..it }), it.payload),
        Packet::Fragment => (Packet::Fragment, &[]),
        Packet::NotDns => (Packet::NotDns, &[]),
        Packet::Undecodable(reason) => (Packet::Undecodable(reason), &[]),
    }
}

/// The packet with its bytes.
#[inline]
fn fill<'a>(packet: &Packet<'static>, bytes: &'a [u8]) -> Packet<'a> {
    match *packet {
        Packet::Datagram(it) => Packet::Datagram(Datagram { payload: bytes, ..it }),
        Packet::Segment(it) => Packet::Segment(Segment { payload: bytes, ..it }),
        Packet::Delivered(Delivered { datagram: it, transport }) => {
            let datagram = Datagram { payload: bytes, ..it };
            Packet::Delivered(Delivered { datagram, transport })
        }
        Packet::Icmp(it) => Packet::Icmp(IcmpError { payload: bytes, ..it }),
        other => other,
    }
}
