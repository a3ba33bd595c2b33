//! Where addresses, ports and messages lie in a frame: as far as the scenarios need it.

use std::net::IpAddr;
use std::ops::Range;

use super::packets::Packet;

pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;

/// An address in a frame: four bytes or sixteen.
pub(crate) type Place = Range<usize>;

/// What was found in a frame.
#[derive(Default)]
pub(crate) struct Layers {
    /// Sources and destinations, also of a packet that an ICMP error quotes.
    pub(crate) addresses: Vec<(Place, Place)>,
    /// What it is about stands in a quotation.
    pub(crate) is_quoted: bool,
    pub(crate) transport: Option<Transport>,
}

/// The beginning of UDP or TCP.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) protocol: u8,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    /// Where it begins.
    pub(crate) header: usize,
    /// What it carries, as far as it was captured.
    pub(crate) payload: Range<usize>,
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Finds the layers of a packet; what is no IP has none.
pub(crate) fn layers(packet: &Packet) -> Layers {
    let mut found = Layers::default();
    if let Some(at) = network(packet) {
        let _ = internet(&packet.bytes, at, &mut found);
    }
    found
}

/// Where the IP header begins.
fn network(packet: &Packet) -> Option<usize> {
    const SLL2: u16 = 276;
    let bytes = &packet.bytes;
    let (mut kind, mut at) = match packet.link.0 {
        SLL2 => (be16(bytes, 0)?, 20),
        _ => (be16(bytes, 12)?, 14),
    };
    while kind == 0x8100 {
        kind = be16(bytes, at + 2)?;
        at += 4;
    }
    matches!(kind, 0x0800 | 0x86dd).then_some(at)
}

fn internet(bytes: &[u8], at: usize, found: &mut Layers) -> Option<()> {
    if bytes.get(at)? >> 4 == 4 {
        let header = usize::from(bytes.get(at)? & 15) * 4;
        found.addresses.push((at + 12..at + 16, at + 16..at + 20));
        let end = at + usize::from(be16(bytes, at + 2)?);
        let is_first = be16(bytes, at + 6)? & 0x1fff == 0;
        return is_first.then(|| above(bytes, *bytes.get(at + 9)?, at + header..end, found))?;
    }
    found.addresses.push((at + 8..at + 24, at + 24..at + 40));
    let end = at + 40 + usize::from(be16(bytes, at + 4)?);
    let (mut next, mut start) = (*bytes.get(at + 6)?, at + 40);
    if next == 44 {
        let is_first = be16(bytes, start + 2)? >> 3 == 0;
        next = *bytes.get(start)?;
        start += 8;
        is_first.then_some(())?;
    }
    above(bytes, next, start..end, found)
}

fn above(bytes: &[u8], protocol: u8, place: Range<usize>, found: &mut Layers) -> Option<()> {
    let at = place.start;
    match (protocol, bytes.get(at)?) {
        (1, 3 | 11) | (58, 1..=4) => {
            found.is_quoted = true;
            return internet(bytes, at + 8, found);
        }
        (UDP | TCP, _) => {}
        _ => return None,
    }
    let header = if protocol == UDP { 8 } else { usize::from(bytes.get(at + 12)? >> 4) * 4 };
    let end = place.end.min(bytes.len());
    found.transport = Some(Transport {
        protocol,
        source_port: be16(bytes, at)?,
        destination_port: be16(bytes, at + 2)?,
        header: at,
        payload: (at + header).min(end)..end,
    });
    Some(())
}

/// The address that stands at a place.
pub(crate) fn address(bytes: &[u8], place: &Place) -> Option<IpAddr> {
    let found = bytes.get(place.clone())?;
    match found.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(found).ok()?)),
        _ => Some(IpAddr::from(<[u8; 16]>::try_from(found).ok()?)),
    }
}

/// Writes an address where one of the same family stands.
pub(crate) fn put(bytes: &mut [u8], place: &Place, address: IpAddr) {
    let Some(room) = bytes.get_mut(place.clone()) else { return };
    match address {
        IpAddr::V4(address) => room.copy_from_slice(&address.octets()),
        IpAddr::V6(address) => room.copy_from_slice(&address.octets()),
    }
}
