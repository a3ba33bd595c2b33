//! Packets made anew: Ethernet, IP, and what is in it, with checksums that are right.

use crate::wire::{Address, Datagram, Endpoint, IcmpError, Segment};

/// The two link-layer addresses of a frame: to whom and from whom.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link(pub(super) [u8; 6], pub(super) [u8; 6]);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// For local experiments (IEEE 802): nobody reads more into it.
const NOTHING: u16 = 0x88b5;
const MPLS: u16 = 0x8847;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Hops that are left where they are not told.
const HOPS: u8 = 64;

/// Who sends an IP packet to whom, and what a receiver tells copies of it by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) identification: u16,
    pub(super) hops: u8,
}

impl Way {
    pub(super) fn new(from: Address, to: Address) -> Self {
        Self { from, to, identification: 0, hops: HOPS }
    }

    /// Both are of one family; else version 6 has room for both.
    fn is_v4(&self) -> bool {
        self.from.is_v4() && self.to.is_v4()
    }
}

/// A frame that has to do with no DNS port.
pub(super) fn nothing(link: Link, out: &mut Vec<u8>) {
    ethernet(link, NOTHING, out);
}

/// A frame that ends within its first header.
pub(super) fn cut_header(out: &mut Vec<u8>) {
    out.clear();
}

/// A frame whose IP header is of no version.
pub(super) fn bad_ip(link: Link, out: &mut Vec<u8>) {
    ethernet(link, IPV4, out);
    out.push(0);
}

/// A frame of more layers than anybody follows.
pub(super) fn too_deep(link: Link, out: &mut Vec<u8>) {
    const LABELS: usize = 32;
    ethernet(link, MPLS, out);
    out.resize(out.len() + 4 * LABELS, 0);
}

/// A fragment without its bytes: it can complete nothing.
pub(super) fn fragment(link: Link, out: &mut Vec<u8>) {
    const MORE_AND_OFFSET: u16 = 0x2001;
    ethernet(link, IPV4, out);
    let way = Way::new(Address::v4([0; 4]), Address::v4([0; 4]));
    ip(&way, UDP, 8, out);
    let start = out.len() - 20;
    put(out, start + 6, MORE_AND_OFFSET.to_be_bytes());
    check_ip(start, out);
}

/// A datagram with its payload. Of one that was cut, `missing` bytes of it are not there.
pub(super) fn datagram(link: Link, datagram: &Datagram<'_>, missing: usize, out: &mut Vec<u8>) {
    let Datagram { from, to, payload, print, .. } = datagram;
    let (identification, hops) = (print.identification, print.hops);
    let way = Way { from: from.address, to: to.address, identification, hops };
    let length = 8 + payload.len() + missing;
    packet(link, &way, UDP, length, out, |out| {
        out.extend([from.port.to_be_bytes(), to.port.to_be_bytes()].as_flattened());
        out.extend([small(length).to_be_bytes(), [0; 2]].as_flattened());
        out.extend_from_slice(payload);
        6
    });
}

/// A segment of a stream.
pub(super) fn segment(link: Link, segment: &Segment<'_>, out: &mut Vec<u8>) {
    const WINDOW: u16 = 0xffff;
    let Segment { from, to, payload, missing, .. } = segment;
    let way = Way::new(from.address, to.address);
    let flags = u8::from(segment.fin)
        | u8::from(segment.syn) << 1
        | u8::from(segment.rst) << 2
        | u8::from(!payload.is_empty()) << 3
        | u8::from(segment.ack) << 4;
    let missing = usize::try_from(*missing).unwrap_or_default();
    packet(link, &way, TCP, 20 + payload.len() + missing, out, |out| {
        out.extend([from.port.to_be_bytes(), to.port.to_be_bytes()].as_flattened());
        out.extend(segment.sequence.to_be_bytes());
        out.extend(if segment.ack { segment.acknowledged } else { 0 }.to_be_bytes());
        out.extend([5 << 4, flags]);
        out.extend([WINDOW.to_be_bytes(), [0; 2], [0; 2]].as_flattened());
        out.extend_from_slice(payload);
        16
    });
}

/// An ICMP error with what it quotes.
pub(super) fn error(link: Link, error: &IcmpError<'_>, out: &mut Vec<u8>) {
    let IcmpError { reporter, from, to, payload, .. } = error;
    let way = Way::new(*reporter, from.address);
    let quoted = Way::new(from.address, to.address);
    let protocol = if error.v6 { ICMPV6 } else { ICMP };
    let header = if error.v6 { 40 } else { 20 };
    packet(link, &way, protocol, 8 + header + 8 + payload.len(), out, |out| {
        out.extend([error.kind, error.code, 0, 0, 0, 0, 0, 0]);
        quote(&quoted, error.udp, (*from, *to), payload, out);
        2
    });
}

fn quote(
    way: &Way,
    udp: bool,
    (from, to): (Endpoint, Endpoint),
    payload: &[u8],
    out: &mut Vec<u8>,
) {
    let length = 8 + payload.len();
    ip(way, if udp { UDP } else { TCP }, length, out);
    out.extend([from.port.to_be_bytes(), to.port.to_be_bytes()].as_flattened());
    let rest = if udp { [small(length).to_be_bytes(), [0; 2]] } else { [[0; 2]; 2] };
    out.extend(rest.as_flattened());
    out.extend_from_slice(payload);
}

/// Ethernet and IP headers around what is written, which is `length` bytes long on the wire, and
/// tells where in it its checksum is.
fn packet(
    link: Link,
    way: &Way,
    protocol: u8,
    length: usize,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> usize,
) {
    ethernet(link, if way.is_v4() { IPV4 } else { IPV6 }, out);
    ip(way, protocol, length, out);
    let start = out.len();
    let checksum = write(out);
    let body = out.get(start..).unwrap_or_default();
    let sum = match protocol {
        ICMP => sum(body, 0),
        _ => sum(body, pseudo_header(way, protocol, length)),
    };
    // 0 would mean that there is none (RFC 768).
    let sum = if protocol == UDP && sum == 0 { 0xffff } else { sum };
    put(out, start + checksum, sum.to_be_bytes());
}

fn ethernet(link: Link, kind: u16, out: &mut Vec<u8>) {
    out.clear();
    let Link(to, from) = link;
    out.extend([to, from].as_flattened());
    out.extend(kind.to_be_bytes());
}

/// A header of either version; a packet that is longer than it can tell has the length 0, as
/// segmentation offload leaves it.
fn ip(way: &Way, protocol: u8, length: usize, out: &mut Vec<u8>) {
    if way.is_v4() {
        let start = out.len();
        let total = u16::try_from(length + 20).unwrap_or_default().to_be_bytes();
        out.extend([0x45, 0, total[0], total[1]]);
        out.extend([way.identification.to_be_bytes(), [0; 2]].as_flattened());
        out.extend([way.hops, protocol, 0, 0]);
        out.extend(four(way.from));
        out.extend(four(way.to));
        check_ip(start, out);
    } else {
        out.extend([0x60, 0, 0, 0]);
        out.extend(u16::try_from(length).unwrap_or_default().to_be_bytes());
        out.extend([protocol, way.hops]);
        out.extend(way.from.0.to_be_bytes());
        out.extend(way.to.0.to_be_bytes());
    }
}

fn check_ip(start: usize, out: &mut [u8]) {
    put(out, start + 10, [0; 2]);
    let sum = sum(out.get(start..start + 20).unwrap_or_default(), 0);
    put(out, start + 10, sum.to_be_bytes());
}

fn four(address: Address) -> [u8; 4] {
    let [.., a, b, c, d] = address.0.to_be_bytes();
    [a, b, c, d]
}

fn small(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn put(out: &mut [u8], at: usize, bytes: [u8; 2]) {
    if let Some(place) = out.get_mut(at..at + 2) {
        place.copy_from_slice(&bytes);
    }
}

/// RFC 768, RFC 9293 §3.1, RFC 8200 §8.1.
fn pseudo_header(way: &Way, protocol: u8, length: usize) -> u32 {
    let ends = if way.is_v4() {
        words(&four(way.from)) + words(&four(way.to))
    } else {
        words(&way.from.0.to_be_bytes()) + words(&way.to.0.to_be_bytes())
    };
    ends + u32::from(protocol) + u32::from(small(length))
}

fn words(bytes: &[u8]) -> u32 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let pairs: u32 = pairs.iter().map(|pair| u32::from(u16::from_be_bytes(*pair))).sum();
    pairs + rest.first().map_or(0, |last| u32::from(*last) << 8)
}

/// The Internet checksum (RFC 1071). At most 64 KiB are summed up, so nothing overflows.
fn sum(bytes: &[u8], start: u32) -> u16 {
    let mut sum = bytes.chunks(1 << 14).fold(start, |sum, part| fold(sum) + words(part));
    sum = fold(fold(sum));
    !u16::try_from(sum).unwrap_or_default()
}

fn fold(sum: u32) -> u32 {
    (sum >> 16) + (sum & 0xffff)
}
