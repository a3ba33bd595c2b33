//! IP, UDP and TCP around a DNS message; whole or in fragments. Checksums are right.

use std::net::IpAddr;

pub(crate) const UDP: u8 = 17;
pub(crate) const TCP: u8 = 6;

/// From whom to whom a packet goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) from_port: u16,
    pub(crate) to_port: u16,
}

impl Flow {
    /// The way back.
    pub(crate) fn reversed(self) -> Self {
        Self { from: self.to, to: self.from, from_port: self.to_port, to_port: self.from_port }
    }

    /// Length of the IP header without options.
    pub(crate) fn ip_header(self) -> usize {
        if self.from.is_ipv6() { 40 } else { 20 }
    }
}

/// One fragment of a datagram: where it starts, and whether it is the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment {
    pub(crate) offset: usize,
    pub(crate) last: bool,
}

/// Appends an IP header for `length` bytes of `protocol`.
pub(crate) fn ip(out: &mut Vec<u8>, flow: Flow, protocol: u8, length: usize, number: u32) {
    header(out, flow, protocol, length, number, None);
}

/// Appends the IP header of a fragment that holds `length` bytes.
pub(crate) fn ip_fragment(
    out: &mut Vec<u8>,
    flow: Flow,
    length: usize,
    number: u32,
    fragment: Fragment,
) {
    header(out, flow, UDP, length, number, Some(fragment));
}

fn header(
    out: &mut Vec<u8>,
    flow: Flow,
    protocol: u8,
    length: usize,
    number: u32,
    fragment: Option<Fragment>,
) {
    match (flow.from, flow.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let start = out.len();
            let place = fragment.map_or(0x4000, |part| units(part, 0x2000, 3));
            out.extend_from_slice(&[0x45, 0]);
            words(out, &[word(length + 20), word(number as usize & 0xffff), place]);
            out.extend_from_slice(&[63, protocol, 0, 0]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
            let sum = finish(add(0, &out[start..]));
            out[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
        }
        (from, to) => {
            let next = if fragment.is_some() { 44 } else { protocol };
            let extra = if fragment.is_some() { 8 } else { 0 };
            out.extend_from_slice(&[0x60, 0, 0, 0]);
            words(out, &[word(length + extra)]);
            out.extend_from_slice(&[next, 63]);
            out.extend_from_slice(&six(from));
            out.extend_from_slice(&six(to));
            if let Some(part) = fragment {
                out.extend_from_slice(&[protocol, 0]);
                words(out, &[units(part, 1, 0)]);
                out.extend_from_slice(&number.to_be_bytes());
            }
        }
    }
}

/// The fragment's offset in eight-byte units, where the header wants it, with its "more" flag.
fn units(fragment: Fragment, more: u16, shift: u32) -> u16 {
    // IPv6 keeps the offset in the upper 13 bits: the number of bytes with three bits cleared.
    let offset = word(fragment.offset & !7) >> shift;
    if fragment.last { offset } else { offset | more }
}

/// Appends a UDP header and its payload.
pub(crate) fn udp(out: &mut Vec<u8>, flow: Flow, payload: &[u8]) {
    let start = out.len();
    let length = word(payload.len() + 8);
    words(out, &[flow.from_port, flow.to_port, length, 0]);
    out.extend_from_slice(payload);
    let sum = match checksum(flow, UDP, &out[start..]) {
        // RFC 768: zero says "no checksum".
        0 => 0xffff,
        sum => sum,
    };
    out[start + 6..start + 8].copy_from_slice(&sum.to_be_bytes());
}

/// What is particular to one TCP segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) sequence: u32,
    pub(crate) acknowledged: u32,
    pub(crate) flags: u8,
}

impl Segment {
    pub(crate) const FIN: u8 = 1;
    pub(crate) const SYN: u8 = 2;
    pub(crate) const PUSH: u8 = 8;
    pub(crate) const ACK: u8 = 16;

    /// Length of its header.
    pub(crate) fn header(self) -> usize {
        if self.flags & Self::SYN == 0 { 20 } else { 24 }
    }
}

/// Appends a TCP segment; a SYN states its maximum segment size.
pub(crate) fn tcp(out: &mut Vec<u8>, flow: Flow, segment: Segment, payload: &[u8]) {
    let start = out.len();
    words(out, &[flow.from_port, flow.to_port]);
    out.extend_from_slice(&segment.sequence.to_be_bytes());
    out.extend_from_slice(&segment.acknowledged.to_be_bytes());
    let offset = u8::try_from(segment.header() / 4).unwrap_or(5) << 4;
    out.extend_from_slice(&[offset, segment.flags]);
    words(out, &[0xfaf0, 0, 0]);
    if segment.flags & Segment::SYN != 0 {
        out.extend_from_slice(&[2, 4, 0x05, 0x78]);
    }
    out.extend_from_slice(payload);
    let sum = checksum(flow, TCP, &out[start..]);
    out[start + 16..start + 18].copy_from_slice(&sum.to_be_bytes());
}

/// The checksum over the pseudo-header (RFC 768, RFC 8200 §8.1) and the segment.
fn checksum(flow: Flow, protocol: u8, segment: &[u8]) -> u16 {
    let mut sum = segment.len() as u64 + u64::from(protocol);
    match (flow.from, flow.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            sum = add(add(sum, &from.octets()), &to.octets());
        }
        (from, to) => sum = add(add(sum, &six(from)), &six(to)),
    }
    finish(add(sum, segment))
}

/// Adds sixteen-bit words, two at a time, an odd last byte as if a zero followed.
fn add(sum: u64, bytes: &[u8]) -> u64 {
    let (fours, rest) = bytes.as_chunks::<4>();
    let (twos, last) = rest.as_chunks::<2>();
    let sum = fours.iter().fold(sum, |sum, four| sum + u64::from(u32::from_be_bytes(*four)));
    let sum = twos.iter().fold(sum, |sum, two| sum + u64::from(u16::from_be_bytes(*two)));
    sum + last.first().map_or(0, |&last| u64::from(last) << 8)
}

fn finish(sum: u64) -> u16 {
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !u16::try_from(sum).unwrap_or(0)
}

fn six(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().octets(),
        IpAddr::V6(six) => six.octets(),
    }
}

fn word(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn words(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
