//! Tunnels: packets inside packets. The innermost addresses are the ones that count.

use super::layer::{Layer, Peel, Stop, be16, cut, ether_type, peel_after};

/// UDP ports whose datagrams carry another packet; consulted when no DNS port is involved.
pub(super) const UDP_TUNNELS: &[(u16, Layer)] = &[
    (2152, Layer::Gtp),    // GTP-U, 3GPP TS 29.281
    (3544, Layer::Teredo), // RFC 4380
    (4754, Layer::Gre),    // GRE in UDP, RFC 8086
    (4789, Layer::Vxlan),  // RFC 7348
    (4790, Layer::VxlanGpe),
    (6081, Layer::Geneve), // RFC 8926
    (6635, Layer::Mpls),   // MPLS in UDP, RFC 7510
    (8472, Layer::Vxlan),  // VXLAN on Linux before its port was assigned
];

/// GRE (RFC 2784, RFC 2890) and its PPTP variant (RFC 2637).
pub(super) fn gre(bytes: &[u8]) -> Peel<'_> {
    let flags = be16(bytes, 0)?;
    let protocol = be16(bytes, 2)?;
    let has = |bit: u16| usize::from(flags & bit != 0);
    let header = match flags & 7 {
        // checksum, key and sequence number are four bytes each; routing is not used any more
        0 => 4 + 4 * (has(0x8000) | has(0x4000)) + 4 * has(0x2000) + 4 * has(0x1000),
        1 => 8 + 4 * has(0x1000) + 4 * has(0x0080),
        _ => return Err(Stop::NotDns),
    };
    let has_sequence = flags & 0x1000 != 0;
    let rest = bytes.get(header..).ok_or_else(cut)?;
    match protocol {
        // ERSPAN type I has no header of its own, type II one of 8 bytes, type III 12 or 20
        0x88be => peel_after(rest, if has_sequence { 8 } else { 0 }, Layer::Ethernet),
        0x22eb => {
            let sub_header = rest.get(11).ok_or_else(cut)? & 1 == 1;
            peel_after(rest, if sub_header { 20 } else { 12 }, Layer::Ethernet)
        }
        _ => gre_inside(protocol, rest),
    }
}

/// What a GRE protocol type announces: EtherTypes, mostly.
pub(super) fn gre_inside(protocol: u16, bytes: &[u8]) -> Peel<'_> {
    ether_type(protocol, bytes)
}

/// VXLAN (RFC 7348).
pub(super) fn vxlan(bytes: &[u8]) -> Peel<'_> {
    match bytes.first().ok_or_else(cut)? & 0x08 {
        0 => Err(Stop::NotDns),
        _ => peel_after(bytes, 8, Layer::Ethernet),
    }
}

/// VXLAN with a next protocol (draft-ietf-nvo3-vxlan-gpe, port 4790).
pub(super) fn vxlan_gpe(bytes: &[u8]) -> Peel<'_> {
    match bytes.get(3).ok_or_else(cut)? {
        1 | 2 => peel_after(bytes, 8, Layer::Ip),
        5 => peel_after(bytes, 8, Layer::Mpls),
        _ => vxlan(bytes),
    }
}

/// GENEVE (RFC 8926).
pub(super) fn geneve(bytes: &[u8]) -> Peel<'_> {
    let first = *bytes.first().ok_or_else(cut)?;
    if first >> 6 != 0 {
        return Err(Stop::NotDns);
    }
    let header = 8 + 4 * usize::from(first & 0x3f);
    ether_type(be16(bytes, 2)?, bytes.get(header..).ok_or_else(cut)?)
}

/// GTP-U version 1, user data only (3GPP TS 29.281 §5).
pub(super) fn gtp(bytes: &[u8]) -> Peel<'_> {
    let [flags, kind] = *bytes.first_chunk::<2>().ok_or_else(cut)?;
    if flags & 0xf0 != 0x30 || kind != 0xff {
        return Err(Stop::NotDns);
    }
    if flags & 0x07 == 0 {
        return peel_after(bytes, 8, Layer::Ip);
    }
    let (mut header, mut next) = (12, *bytes.get(11).ok_or_else(cut)?);
    // Extension headers: length in words of four bytes, the next one's type last.
    if flags & 0x04 != 0 {
        while next != 0 {
            let length = 4 * usize::from(*bytes.get(header).ok_or_else(cut)?);
            if length == 0 {
                return Err(Stop::NotDns);
            }
            header += length;
            next = *bytes.get(header - 1).ok_or_else(cut)?;
        }
    }
    peel_after(bytes, header, Layer::Ip)
}

/// Teredo (RFC 4380 §5.1.1): an optional authentication and origin indication before the packet.
pub(super) fn teredo(mut bytes: &[u8]) -> Peel<'_> {
    if be16(bytes, 0)? == 1 {
        let [_, _, client, auth] = *bytes.first_chunk::<4>().ok_or_else(cut)?;
        let header = 13 + usize::from(client) + usize::from(auth);
        bytes = bytes.get(header..).ok_or_else(cut)?;
    }
    if be16(bytes, 0)? == 0 {
        bytes = bytes.get(8..).ok_or_else(cut)?;
    }
    match bytes.first().ok_or_else(cut)? >> 4 {
        6 => Ok((Layer::Ip, bytes)),
        _ => Err(Stop::NotDns),
    }
}
