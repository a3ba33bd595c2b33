//! The straight way through the frames that captures are made of: one link-layer header with at
//! most one VLAN tag, IPv4 without options or IPv6 without extensions, not a fragment, and UDP or
//! TCP of a DNS port.
//!
//! Only a shortcut: the general walk gives the same for every frame, and a frame that is in any
//! way unusual is left to it.

use super::address::Address;
use super::layer::be16;
use super::packet::{Ip, Packet, TCP, UDP, datagram, missing, segment};
use super::{Frame, LinkType, Ports};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What a frame carries, if it is a plain one; `place` is where it was seen.
#[inline(always)]
#[expect(clippy::inline_always, reason = "measured: as for `Decoder::decode`, its only caller")]
pub(super) fn packet<'a>(frame: &Frame<'a>, ports: &Ports, place: u32) -> Option<Packet<'a>> {
    let bytes = network(frame.link, frame.bytes)?;
    let (ip, bytes) = match bytes.first()? {
        0x45 => ipv4(bytes)?,
        0x60..=0x6f => ipv6(bytes)?,
        _ => return None,
    };
    match ip.protocol {
        UDP => {
            let cut = ip.cut || frame.is_cut();
            datagram(&ip, bytes, ports, cut, place)?.ok().map(Packet::Datagram)
        }
        TCP => segment(&ip, bytes, ports).ok().map(Packet::Segment),
        _ => None,
    }
}

/// The network layer, behind the link layers that most captures have.
#[inline]
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

#[inline]
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

#[inline]
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

#[inline]
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
        let place = super::super::packet::place(frame);
        packet(frame, &Ports::new(&[53, 5353]), place).is_some()
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
                    ((one.from.port, one.to.port), one.sequence, flags, one.payload.len())
                });
                let theirs = etherparse::TcpHeaderSlice::from_slice(&bytes[..length]).ok();
                let theirs = theirs.map(|one| {
                    let flags = (one.syn(), one.fin(), one.rst(), one.ack());
                    let ports = (one.source_port(), one.destination_port());
                    (ports, one.sequence_number(), flags, length - one.slice().len())
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
