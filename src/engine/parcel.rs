//! Packets on their way from the front half to a back half, with copies of their bytes.
//!
//! A packet borrows from its frame, and a frame from the source's buffer, which is soon used
//! again. To copy what matters costs less than to keep such buffers until the last packet in them
//! was counted.

use crate::time::Timestamp;
use crate::wire::{Datagram, IcmpError, Packet, Segment};

use super::back::Back;
use super::front::{Found, Whole};

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
    /// The frame around a datagram without its bytes, which are then the parcel's, and how many of
    /// them are the datagram's payload.
    around: Option<(Whole<'static>, usize)>,
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
        let bytes = found.around.map_or(payload, |whole| whole.bytes);
        let around = found.around.map(|whole| (Whole { bytes: &[], ..whole }, payload.len()));
        let length = bytes.len();
        self.bytes.extend_from_slice(bytes);
        let Found { at, number, frame, counts, .. } = *found;
        self.items.push(Item { now, at, number, frame, packet, length, counts, around });
    }

    /// Adds that it is `now`.
    pub(crate) fn push_time(&mut self, now: Timestamp) {
        let (packet, length, counts, around) = (Packet::NotDns, 0, false, None);
        self.items.push(Item { now, at: now, number: 0, frame: 0, packet, length, counts, around });
    }

    /// Gives everything to a back half, in order, and is empty.
    pub(crate) fn unpack(&mut self, back: &mut Back) {
        let mut rest = self.bytes.as_slice();
        for item in &self.items {
            let (bytes, behind) = rest.split_at_checked(item.length).unwrap_or_default();
            rest = behind;
            let Item { now, at, number, frame, counts, .. } = *item;
            back.expire(now);
            let (payload, around) = match item.around {
                Some((whole, length)) => {
                    let payload = bytes.get(whole.start..whole.start + length);
                    (payload.unwrap_or_default(), Some(Whole { bytes, ..whole }))
                }
                None => (bytes, None),
            };
            let packet = fill(&item.packet, payload);
            back.take(&Found { at, number, frame, packet, counts, around });
        }
        self.items.clear();
        self.bytes.clear();
    }
}

/// A packet without its bytes, and these.
#[inline]
fn strip<'a>(packet: &Packet<'a>) -> (Packet<'static>, &'a [u8]) {
    match *packet {
        Packet::Datagram(it) => (Packet::Datagram(Datagram { payload: &[], ..it }), it.payload),
        Packet::Segment(it) => (Packet::Segment(Segment { payload: &[], ..it }), it.payload),
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
        Packet::Icmp(it) => Packet::Icmp(IcmpError { payload: bytes, ..it }),
        other => other,
    }
}
