//! The straight way through the frames that captures are made of: one link-layer header with at
//! most one VLAN tag, IPv4 without options or IPv6 without extensions, not a fragment, and UDP or
//! TCP of a DNS port.
//!
//! Only a shortcut: the general walk gives the same for every frame, and a frame that is in any
//! way unusual is left to it. What both need to read is here.
#![expect(
    clippy::inline_always,
    reason = "measured: what these functions give is large, and to hand it on costs as much as to \
              find it; they are the body of two loops"
)]

use crate::ledger::Reason;

use super::address::{Address, Endpoint};
use super::layer::{Stop, be16, cut};
use super::packet::{Datagram, Ip, Packet, Print, Segment, TCP, UDP};
use super::{Frame, LinkType, Ports};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What a frame carries, if it is a plain one.
///
/// What is in the packet is read apart for each version of IP, here and below, so that nothing of
/// the header has to be brought into one form for both before it is used.
#[inline(always)]
pub(super) fn packet<'a>(frame: &Frame<'a>, ports: &Ports) -> Option<Packet<'a>> {
    let bytes = network(frame.link, frame.bytes)?;
    match bytes.first()? {
        0x45 => {
            let (ip, bytes) = ipv4(bytes)?;
            transport(frame, &ip, bytes, ports)
        }
        0x60..=0x6f => {
            let (ip, bytes) = ipv6(bytes)?;
            transport(frame, &ip, bytes, ports)
        }
        _ => None,
    }
}

/// The datagram in a frame, if it is a plain one that holds one.
#[inline(always)]
pub(super) fn only_datagram<'a>(frame: &Frame<'a>, ports: &Ports) -> Option<Datagram<'a>> {
    let bytes = network(frame.link, frame.bytes)?;
    match bytes.first()? {
        0x45 => {
            let (ip, bytes) = ipv4(bytes)?;
            udp(frame, &ip, bytes, ports)
        }
        0x60..=0x6f => {
            let (ip, bytes) = ipv6(bytes)?;
            udp(frame, &ip, bytes, ports)
        }
        _ => None,
    }
}

#[inline(always)]
fn transport<'a>(frame: &Frame<'a>, ip: &Ip, bytes: &'a [u8], ports: &Ports) -> Option<Packet<'a>> {
    match ip.protocol {
        TCP => segment(ip, bytes, ports).ok().map(Packet::Segment),
        _ => udp(frame, ip, bytes, ports).map(Packet::Datagram),
    }
}

#[inline(always)]
fn udp<'a>(frame: &Frame<'a>, ip: &Ip, bytes: &'a [u8], ports: &Ports) -> Option<Datagram<'a>> {
    if ip.protocol != UDP {
        return None;
    }
    datagram(ip, bytes, ports, ip.cut || frame.is_cut(), place(frame))?.ok()
}

/// The network layer, behind the link layers that most captures have.
#[inline(always)]
fn network(link: LinkType, bytes: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = match link {
        LinkType::ETHERNET => ethernet(bytes)?,
        LinkType::SLL => cooked(be16(bytes, 2).ok()?, be16(bytes, 14).ok()?, bytes.get(16..)?)?,
        LinkType::SLL2 => cooked(be16(bytes, 8).ok()?, be16(bytes, 0).ok()?, bytes.get(20..)?)?,
        LinkType::RAW => (IPV4, bytes),
        _ => return None,
    };
    matches!(kind, IPV4 | IPV6).then_some(rest)
}

#[inline(always)]
fn ethernet(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let ([.., k0, k1], rest) = bytes.split_first_chunk::<14>()?;
    match u16::from_be_bytes([*k0, *k1]) {
        0x8100 | 0x88a8 => {
            let ([_, _, k0, k1], rest) = rest.split_first_chunk::<4>()?;
            Some((u16::from_be_bytes([*k0, *k1]), rest))
        }
        kind => Some((kind, rest)),
    }
}

/// Devices of Ethernet's kind and loopback (`ARPHRD_ETHER`, `ARPHRD_LOOPBACK`).
#[inline]
fn cooked(hardware: u16, kind: u16, rest: &[u8]) -> Option<(u16, &[u8])> {
    matches!(hardware, 1 | 772).then_some((kind, rest))
}

#[inline(always)]
fn ipv4(bytes: &[u8]) -> Option<(Ip, &[u8])> {
    const HEADER: usize = 20;
    let header = bytes.first_chunk::<HEADER>()?;
    let [_, _, l0, l1, i0, i1, f0, f1, hops, protocol, _, _, addresses @ ..] = *header;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    let is_fragment = u16::from_be_bytes([f0, f1]) & 0x3fff != 0;
    if is_fragment || total < HEADER {
        return None;
    }
    let ip = Ip {
        from: Address::v4([s0, s1, s2, s3]),
        to: Address::v4([d0, d1, d2, d3]),
        protocol,
        identification: u16::from_be_bytes([i0, i1]),
        hops,
        missing: missing(total, bytes.len()),
        cut: total > bytes.len(),
    };
    Some((ip, bytes.get(HEADER..total.min(bytes.len()))?))
}

#[inline(always)]
fn ipv6(bytes: &[u8]) -> Option<(Ip, &[u8])> {
    const HEADER: usize = 40;
    let header = bytes.first_chunk::<HEADER>()?;
    let (_, addresses) = header.split_first_chunk::<8>()?;
    let [_, _, _, _, l0, l1, protocol, hops, ..] = *header;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if length == 0 {
        return None;
    }
    let total = HEADER + length;
    let ip = Ip {
        from: Address::v6(*addresses.first_chunk()?),
        to: Address::v6(*addresses.last_chunk()?),
        protocol,
        identification: 0,
        hops,
        missing: missing(total, bytes.len()),
        cut: total > bytes.len(),
    };
    Some((ip, bytes.get(HEADER..total.min(bytes.len()))?))
}

/// The UDP datagram that begins with `bytes`; `None` if its ports are not ours.
#[inline(always)]
pub(super) fn datagram<'a>(
    ip: &Ip,
    bytes: &'a [u8],
    ports: &Ports,
    cut: bool,
    place: u32,
) -> Option<Result<Datagram<'a>, Stop>> {
    let Some([f0, f1, t0, t1, l0, l1, c0, c1]) = bytes.first_chunk::<8>() else {
        return Some(Err(Stop::Undecodable(Reason::CutHeader)));
    };
    let from = u16::from_be_bytes([*f0, *f1]);
    let to = u16::from_be_bytes([*t0, *t1]);
    let length = u16::from_be_bytes([*l0, *l1]);
    if !ports.either(from, to) {
        return None;
    }
    let payload = bytes.get(8..bytes.len().min(usize::from(length))).unwrap_or_default();
    if payload.is_empty() && length <= 8 {
        return Some(Err(Stop::NotDns));
    }
    let content = u64::from(ip.identification) << 32
        | u64::from(u16::from_be_bytes([*c0, *c1])) << 16
        | u64::from(length);
    let place = place.wrapping_add(u32::from(ip.hops));
    Some(Ok(Datagram {
        from: Endpoint { address: ip.from, port: from },
        to: Endpoint { address: ip.to, port: to },
        payload,
        cut,
        print: Print { content, identification: ip.identification, hops: ip.hops, place },
    }))
}

/// The TCP segment that begins with `bytes` (RFC 9293 §3.1), if its ports are ours.
#[inline]
pub(super) fn segment<'a>(ip: &Ip, bytes: &'a [u8], ports: &Ports) -> Result<Segment<'a>, Stop> {
    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const RST: u8 = 4;
    const ACK: u8 = 16;
    let (from, to) = (be16(bytes, 0)?, be16(bytes, 2)?);
    if !ports.either(from, to) {
        return Err(Stop::NotDns);
    }
    let [_, _, _, _, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags, ..] =
        *bytes.first_chunk::<20>().ok_or_else(cut)?;
    let header = usize::from(offset >> 4) * 4;
    if header < 20 {
        return Err(cut());
    }
    Ok(Segment {
        from: Endpoint { address: ip.from, port: from },
        to: Endpoint { address: ip.to, port: to },
        sequence: u32::from_be_bytes([s0, s1, s2, s3]),
        syn: flags & SYN != 0,
        fin: flags & FIN != 0,
        rst: flags & RST != 0,
        ack: flags & ACK != 0,
        acknowledged: u32::from_be_bytes([a0, a1, a2, a3]),
        payload: bytes.get(header..).ok_or_else(cut)?,
        missing: ip.missing,
    })
}

/// Interface and link-layer header, mixed: two captures of one packet at one place agree.
#[inline(always)]
pub(super) fn place(frame: &Frame<'_>) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    const OTHER_ODD: u64 = 0xc2b2_ae3d_27d4_eb4f;
    let [first, second, last] =
        if frame.link.is_bare() { [0; 3] } else { link_header(frame.bytes) };
    let one = (first ^ u64::from(frame.interface).rotate_left(32)).wrapping_mul(ODD);
    let other = (second ^ last.rotate_left(40)).wrapping_mul(OTHER_ODD);
    low32((one ^ other.rotate_left(29)).wrapping_mul(ODD) >> 32)
}

/// The first 18 bytes, where link-layer headers lie, in words that overlap.
#[inline(always)]
fn link_header(bytes: &[u8]) -> [u64; 3] {
    let word = |header: &[u8; 18], at: usize| {
        let chunk = header.get(at..).and_then(<[u8]>::first_chunk);
        chunk.map_or(0, |chunk| u64::from_ne_bytes(*chunk))
    };
    match bytes.first_chunk::<18>() {
        Some(header) => [word(header, 0), word(header, 8), word(header, 10)],
        None => short_header(bytes),
    }
}

#[cold]
fn short_header(bytes: &[u8]) -> [u64; 3] {
    let mut short = [0; 3];
    for (word, chunk) in short.iter_mut().zip(bytes.chunks(8)) {
        *word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    short
}

fn low32(wide: u64) -> u32 {
    u32::try_from(wide & 0xffff_ffff).unwrap_or_default()
}

#[inline]
pub(super) fn missing(promised: usize, captured: usize) -> u32 {
    u32::try_from(promised.saturating_sub(captured)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;
    use crate::wire::Decoder;

    /// A plain frame: its link layer, IP, transport and payload as the choices say.
    fn frame(link: LinkType, tagged: bool, v6: bool, tcp: bool, port: u16, body: &[u8]) -> Vec<u8> {
        let kind: [u8; 2] = if v6 { [0x86, 0xdd] } else { [8, 0] };
        let length = u8::try_from(body.len() + if tcp { 20 } else { 8 }).unwrap();
        let mut out = match link {
            LinkType::ETHERNET if tagged => [&[2; 12][..], &[0x81, 0, 0, 7], &kind].concat(),
            LinkType::ETHERNET => [&[2; 12][..], &kind].concat(),
            LinkType::SLL => [&[0, 4, 0, 1, 0, 6][..], &[2; 8], &kind].concat(),
            LinkType::SLL2 => [&kind[..], &[0, 0, 0, 0, 0, 3, 0, 1], &[2; 10]].concat(),
            _ => Vec::new(),
        };
        let protocol = if tcp { TCP } else { UDP };
        if v6 {
            out.extend([0x60, 0, 0, 0, 0, length, protocol, 64]);
            out.extend([0x20; 16].into_iter().chain([0xfd; 16]));
        } else {
            out.extend([0x45, 0, 0, length + 20, 1, 2, 0x40, 0, 64, protocol, 0, 0]);
            out.extend([192, 0, 2, 1, 198, 51, 100, 2]);
        }
        out.extend([[0xab, 0xcd], port.to_be_bytes()].concat());
        if tcp {
            out.extend([0, 0, 0, 9, 0, 0, 0, 7, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        } else {
            out.extend([0, length, 0x12, 0x34]);
        }
        out.extend_from_slice(body);
        out
    }

    /// Whether the straight way was taken; panics where it leads elsewhere than the walk.
    fn agrees(frame: &Frame<'_>) -> bool {
        let (mut decoder, mut walker) =
            (Decoder::new(&[53, 5353], 1 << 16), Decoder::new(&[53, 5353], 1 << 16));
        let walked = walker.walk(frame);
        assert_eq!(format!("{:?}", decoder.decode(frame)), format!("{walked:?}"), "{frame:?}");
        let datagram = decoder.datagram(frame);
        assert!(datagram.is_none_or(|datagram| {
            format!("{:?}", Packet::Datagram(datagram)) == format!("{walked:?}")
        }));
        let taken = packet(frame, &Ports::new(&[53, 5353]));
        let is_datagram = matches!(taken, Some(Packet::Datagram(_)));
        assert_eq!(decoder.datagram(frame).is_some(), is_datagram);
        taken.is_some()
    }

    #[test]
    fn a_tcp_header_is_read_as_etherparse_reads_it() {
        let mut bytes: Vec<u8> = (0..70).map(|n: u8| n.wrapping_mul(37)).collect();
        (bytes[0], bytes[1]) = (0, 53);
        for length in 0..bytes.len() {
            for bits in 0..=255_u8 {
                (bytes[12], bytes[13]) = (bits, bits.rotate_left(3));
                let ours = segment(&Ip::default(), &bytes[..length], &Ports::new(&[53])).ok();
                let ours = ours.map(|one| {
                    let flags = (one.syn, one.fin, one.rst, one.ack);
                    let numbers = (one.sequence, one.acknowledged);
                    ((one.from.port, one.to.port), numbers, flags, one.payload.len())
                });
                let theirs = etherparse::TcpHeaderSlice::from_slice(&bytes[..length]).ok();
                let theirs = theirs.map(|one| {
                    let flags = (one.syn(), one.fin(), one.rst(), one.ack());
                    let ports = (one.source_port(), one.destination_port());
                    let numbers = (one.sequence_number(), one.acknowledgment_number());
                    (ports, numbers, flags, length - one.slice().len())
                });
                assert_eq!(ours, theirs, "{bits:#x} in {length} bytes");
            }
        }
    }

    proptest! {
        #[test]
        fn the_straight_way_leads_where_the_walk_leads(
            link in prop_oneof![Just(1_u16), Just(1), Just(101), Just(113), Just(276), Just(0)],
            (tagged, v6, tcp) in any::<(bool, bool, bool)>(),
            port in prop_oneof![Just(53_u16), Just(5353), Just(4789), Just(80)],
            body in proptest::collection::vec(any::<u8>(), 0..60),
            bent in proptest::collection::vec((0_usize..120, any::<u8>()), 0..4),
            kept in prop_oneof![Just(usize::MAX), 0..140_usize],
            wire_len in prop_oneof![Just(0_u32), Just(400)],
        ) {
            let link = LinkType(link);
            let mut bytes = frame(link, tagged, v6, tcp, port, &body);
            let whole = bytes.len();
            for (at, byte) in &bent {
                if let Some(target) = bytes.get_mut(*at) {
                    *target = *byte;
                }
            }
            bytes.truncate(kept);
            let at = Timestamp::new(1, 0);
            let taken = agrees(&Frame { at, wire_len, link, interface: 3, bytes: &bytes });
            let plain = bent.is_empty() && bytes.len() == whole && link.0 != 0;
            let ours = matches!(port, 53 | 5353) && (tcp || !body.is_empty());
            prop_assert_eq!(taken, plain && ours || taken && !plain);
        }
    }
}
