//! Link layers: from the first byte of a frame to its network layer.
//!
//! One table row per link type (the LINKTYPE registry of tcpdump.org). An unknown link type is
//! never guessed: plausible nonsense is worse than an error.

use super::layer::{Layer, Peel, Stop, be16, be32, cut, peel_after};

/// A link-layer header type as captures name it (LINKTYPE_, not the kernel's DLT_).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

/// A link layer that can be stripped.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Its number.
    pub number: LinkType,
    /// Its name in the registry, without the prefix.
    pub name: &'static str,
    /// How a frame of it begins.
    pub(super) first: Layer,
}

const fn row(number: u16, name: &'static str, first: Layer) -> Link {
    Link { number: LinkType(number), name, first }
}

/// Every link layer that is supported, by number; a new one is one new row (and its `Layer`).
pub const LINKS: &[Link] = &[
    row(0, "NULL", Layer::Null),
    row(1, "EN10MB", Layer::Ethernet),
    row(7, "ARCNET_BSD", Layer::Arcnet { header: 2 }),
    row(9, "PPP", Layer::Ppp),
    row(10, "FDDI", Layer::Fddi),
    row(50, "PPP_HDLC", Layer::Ppp),
    row(51, "PPP_ETHER", Layer::PppoeSession),
    row(101, "RAW", Layer::Ip),
    row(104, "C_HDLC", Layer::CiscoHdlc),
    row(105, "IEEE802_11", Layer::Wifi),
    row(107, "FRELAY", Layer::FrameRelay),
    row(108, "LOOP", Layer::Null),
    row(113, "LINUX_SLL", Layer::Sll),
    row(119, "IEEE802_11_PRISM", Layer::Prism),
    row(127, "IEEE802_11_RADIOTAP", Layer::Radiotap),
    row(129, "ARCNET_LINUX", Layer::Arcnet { header: 4 }),
    row(149, "USER2", Layer::PktapUser),
    row(163, "IEEE802_11_AVS", Layer::Avs),
    row(166, "PPP_PPPD", Layer::PppDirection),
    row(192, "PPI", Layer::Ppi),
    row(204, "PPP_WITH_DIR", Layer::PppDirection),
    row(219, "MPLS", Layer::Mpls),
    row(228, "IPV4", Layer::Ip),
    row(229, "IPV6", Layer::Ip),
    row(239, "NFLOG", Layer::Nflog),
    row(253, "NETLINK", Layer::Netlink),
    row(258, "PKTAP", Layer::Pktap),
    row(276, "LINUX_SLL2", Layer::Sll2),
];

impl LinkType {
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Messages by themselves, as Wireshark exports them (`WIRESHARK_UPPER_PDU`). No link layer: it
    /// is read apart.
    pub const EXPORTED: Self = Self(252);
    /// No link layer, either version of IP.
    pub(super) const RAW: Self = Self(101);
    /// Linux cooked capture, version 1.
    pub(super) const SLL: Self = Self(113);
    const IPV4: Self = Self(228);
    const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub(super) const SLL2: Self = Self(276);

    /// Whether frames begin with an IP header.
    #[inline]
    pub(crate) const fn is_bare(self) -> bool {
        matches!(self, Self::RAW | Self::IPV4 | Self::IPV6)
    }

    /// The row of [`LINKS`], if the link layer is supported.
    pub fn link(self) -> Option<&'static Link> {
        let row = LINKS.binary_search_by_key(&self, |link| link.number).ok()?;
        LINKS.get(row)
    }

    /// The registry's name, or `LINKTYPE147`.
    pub fn name(self) -> String {
        if self == Self::EXPORTED {
            return "WIRESHARK_UPPER_PDU".to_owned();
        }
        self.link().map_or_else(|| format!("LINKTYPE{}", self.0), |link| link.name.to_owned())
    }

    /// The names of all supported link layers, for messages.
    pub fn supported() -> String {
        LINKS.iter().map(|link| link.name).collect::<Vec<_>>().join(", ")
    }
}

/// Ethernet II, or IEEE 802.3 with LLC.
pub(super) fn ethernet(bytes: &[u8]) -> Peel<'_> {
    let kind = be16(bytes, 12)?;
    match kind {
        0..=1500 => peel_after(bytes, 14, Layer::Llc),
        _ => peel_after(bytes, 14, Layer::EtherType(kind)),
    }
}

/// An 802.1Q or 802.1ad tag: two bytes of tag, then the inner type.
pub(super) fn vlan(bytes: &[u8]) -> Peel<'_> {
    match be16(bytes, 2)? {
        0..=1500 => peel_after(bytes, 4, Layer::Llc),
        kind if hides_a_tag(kind, bytes) => peel_after(bytes, 8, Layer::EtherType(kind)),
        kind => peel_after(bytes, 4, Layer::EtherType(kind)),
    }
}

/// Whether one more tag stands where IP should begin: cooked frames of Linux since 6.12 name the
/// innermost protocol and begin with the tag before it all the same.
fn hides_a_tag(kind: u16, bytes: &[u8]) -> bool {
    let begins_with = |at: usize, version: u8| bytes.get(at).is_some_and(|it| it >> 4 == version);
    let version = match kind {
        0x0800 => 4,
        0x86dd => 6,
        _ => return false,
    };
    !begins_with(4, version) && be16(bytes, 6).is_ok_and(|it| it == kind) && begins_with(8, version)
}

/// LLC, of which only SNAP and the bare IP SAP carry what we look for (RFC 1042).
pub(super) fn llc(bytes: &[u8]) -> Peel<'_> {
    match bytes.first_chunk::<3>().ok_or_else(cut)? {
        [0xaa, 0xaa, 0x03] => match be16(bytes, 6)? {
            0..=1500 => Err(Stop::NotDns),
            kind => peel_after(bytes, 8, Layer::EtherType(kind)),
        },
        [0x06, 0x06, 0x03] => peel_after(bytes, 3, Layer::Ip),
        _ => Err(Stop::NotDns),
    }
}

/// Linux cooked capture, version 1.
pub(super) fn sll(bytes: &[u8]) -> Peel<'_> {
    cooked(be16(bytes, 2)?, be16(bytes, 14)?, bytes, 16)
}

/// Linux cooked capture, version 2.
pub(super) fn sll2(bytes: &[u8]) -> Peel<'_> {
    cooked(be16(bytes, 8)?, be16(bytes, 0)?, bytes, 20)
}

/// What a cooked header says of its payload depends on the device's hardware type (ARPHRD_).
fn cooked(hardware: u16, protocol: u16, bytes: &[u8], header: usize) -> Peel<'_> {
    const GRE: u16 = 778;
    const RADIOTAP: u16 = 803;
    const NETLINK: u16 = 824;
    match (hardware, protocol) {
        (RADIOTAP, _) => peel_after(bytes, header, Layer::Radiotap),
        (NETLINK, _) => Err(Stop::NotDns),
        (GRE, _) => peel_after(bytes, header, Layer::GreInside(protocol)),
        (_, 0x0001 | 0x0004) => peel_after(bytes, header, Layer::Llc),
        _ => peel_after(bytes, header, Layer::EtherType(protocol)),
    }
}

/// BSD loopback: an address family in the byte order of the machine that captured, or of the
/// network. IPv6 has another number on each system.
pub(super) fn null(bytes: &[u8]) -> Peel<'_> {
    let family = be32(bytes, 0)?;
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    match family {
        // AF_INET; AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS, Linux, Windows; ETHERTYPEs
        // are written by some tunnels.
        2 | 24 | 28 | 30 | 10 | 23 | 0x0800 | 0x86dd => peel_after(bytes, 4, Layer::Ip),
        _ => Err(Stop::NotDns),
    }
}

/// PPP, with or without the address and control bytes of HDLC framing (RFC 1661, RFC 1662).
pub(super) fn ppp(bytes: &[u8]) -> Peel<'_> {
    let at = match bytes.first_chunk::<2>().ok_or_else(cut)? {
        [0xff | 0x0f, _] => 2,
        _ => 0,
    };
    let first = *bytes.get(at).ok_or_else(cut)?;
    // A protocol whose first byte is odd is compressed to one byte (RFC 1661 §6.5).
    let (protocol, header) =
        if first & 1 == 1 { (u16::from(first), at + 1) } else { (be16(bytes, at)?, at + 2) };
    match protocol {
        0x0021 | 0x0057 => peel_after(bytes, header, Layer::Ip),
        0x0281 | 0x0283 => peel_after(bytes, header, Layer::Mpls),
        _ => Err(Stop::NotDns),
    }
}

/// A `PPPoE` session header (RFC 2516), then PPP.
pub(super) fn pppoe(bytes: &[u8]) -> Peel<'_> {
    match bytes.first_chunk::<2>().ok_or_else(cut)? {
        [0x11, 0x00] => peel_after(bytes, 6, Layer::Ppp),
        _ => Err(Stop::NotDns),
    }
}

/// Cisco HDLC: address, control, EtherType.
pub(super) fn cisco_hdlc(bytes: &[u8]) -> Peel<'_> {
    peel_after(bytes, 4, Layer::EtherType(be16(bytes, 2)?))
}

/// Frame relay with a two-byte address (RFC 2427): NLPID, or SNAP behind it.
pub(super) fn frame_relay(bytes: &[u8]) -> Peel<'_> {
    let control = *bytes.get(2).ok_or_else(cut)?;
    if control != 0x03 {
        // Cisco's framing has an EtherType there.
        return peel_after(bytes, 4, Layer::EtherType(be16(bytes, 2)?));
    }
    let at = if bytes.get(3) == Some(&0) { 4 } else { 3 };
    match bytes.get(at).ok_or_else(cut)? {
        0xcc | 0x8e => peel_after(bytes, at + 1, Layer::Ip),
        0x80 => peel_after(bytes, at + 6, Layer::EtherType(be16(bytes, at + 4)?)),
        _ => Err(Stop::NotDns),
    }
}

/// FDDI: frame control and two addresses, then LLC.
pub(super) fn fddi(bytes: &[u8]) -> Peel<'_> {
    peel_after(bytes, 13, Layer::Llc)
}

/// ARCNET: one byte of protocol identifier behind the addresses; RFC 1051 and RFC 1201 differ in
/// what follows it.
pub(super) fn arcnet(bytes: &[u8], header: usize) -> Peel<'_> {
    match bytes.get(header).ok_or_else(cut)? {
        0xf0 | 0xf1 => peel_after(bytes, header + 1, Layer::Ip),
        0xd4 | 0xd5 => match bytes.get(header + 1).ok_or_else(cut)? {
            0xff => peel_after(bytes, header + 8, Layer::Ip),
            _ => peel_after(bytes, header + 4, Layer::Ip),
        },
        _ => Err(Stop::NotDns),
    }
}

/// Prism monitor header: fixed length.
pub(super) fn prism(bytes: &[u8]) -> Peel<'_> {
    peel_after(bytes, 144, Layer::Wifi)
}

/// AVS monitor header: its length is its second word.
pub(super) fn avs(bytes: &[u8]) -> Peel<'_> {
    let length = usize::try_from(be32(bytes, 4)?).map_err(|_| cut())?;
    peel_after(bytes, length, Layer::Wifi)
}

/// Per-packet information (CACE PPI): a little-endian length and the link type of the rest.
pub(super) fn ppi(bytes: &[u8]) -> Peel<'_> {
    let [_, _, l0, l1, d0, d1, d2, d3] = *bytes.first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    embedded(u32::from_le_bytes([d0, d1, d2, d3]), bytes, length)
}

/// Apple's PKTAP, little-endian: its own length first, the link type of the rest third.
pub(super) fn pktap(bytes: &[u8]) -> Peel<'_> {
    let word = |at: usize| be32(bytes, at).map(u32::swap_bytes);
    let length = usize::try_from(word(0)?).map_err(|_| cut())?;
    embedded(word(8)?, bytes, length)
}

/// USER2 is a private number; Apple's systems write PKTAP under it, told by its length field.
pub(super) fn pktap_user(bytes: &[u8]) -> Peel<'_> {
    let length = be32(bytes, 0)?.swap_bytes();
    if (108..=1024).contains(&length) { pktap(bytes) } else { Err(Stop::NotDns) }
}

/// A frame of another link type inside this one.
fn embedded(number: u32, bytes: &[u8], header: usize) -> Peel<'_> {
    // The kernels' number for raw IP differs from the registry's.
    let number = if number == 12 { 101 } else { number };
    let link = u16::try_from(number).ok().and_then(|number| LinkType(number).link());
    peel_after(bytes, header, link.ok_or(Stop::NotDns)?.first)
}

/// Linux netfilter log: a header, then attributes, one of which is the packet.
pub(super) fn nflog(bytes: &[u8]) -> Peel<'_> {
    attributes(bytes.get(4..).ok_or_else(cut)?, 9)
}

/// A cooked header (16 bytes), then Linux netlink messages; a netfilter log message carries a
/// packet as above.
pub(super) fn netlink(bytes: &[u8]) -> Peel<'_> {
    const NETFILTER: u16 = 12;
    if be16(bytes, 14)? != NETFILTER {
        return Err(Stop::NotDns);
    }
    // netlink header 16, netfilter header 4
    attributes(bytes.get(36..).ok_or_else(cut)?, 10)
        .or_else(|_| attributes(bytes.get(36..).ok_or_else(cut)?, 9))
}

/// Walks attributes (length, type, value, padded to 4) in host order for the one that is a packet.
fn attributes(mut bytes: &[u8], wanted: u16) -> Peel<'_> {
    while let Some([l0, l1, t0, t1]) = bytes.first_chunk::<4>() {
        let little = usize::from(u16::from_le_bytes([*l0, *l1]));
        let big = usize::from(u16::from_be_bytes([*l0, *l1]));
        // Both orders occur; a length that fits tells which.
        let (length, kind) = if (4..=bytes.len()).contains(&little) {
            (little, u16::from_le_bytes([*t0, *t1]))
        } else {
            (big, u16::from_be_bytes([*t0, *t1]))
        };
        if kind & 0x3fff == wanted {
            let value = bytes.get(4..length.min(bytes.len())).ok_or_else(cut)?;
            return Ok((Layer::Ip, value));
        }
        if length < 4 {
            break;
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Err(Stop::NotDns)
}

/// Radiotap: a little-endian length, then IEEE 802.11.
pub(super) fn radiotap(bytes: &[u8]) -> Peel<'_> {
    let [_, _, l0, l1] = *bytes.first_chunk::<4>().ok_or_else(cut)?;
    peel_after(bytes, usize::from(u16::from_le_bytes([l0, l1])), Layer::Wifi)
}

/// IEEE 802.11: unencrypted data frames only.
pub(super) fn wifi(bytes: &[u8]) -> Peel<'_> {
    let [kind, flags] = *bytes.first_chunk::<2>().ok_or_else(cut)?;
    let (is_data, subtype) = (kind & 0x0c == 0x08, kind >> 4);
    let (encrypted, fourth_address, has_payload) =
        (flags & 0x40 != 0, flags & 0x03 == 0x03, subtype & 0x04 == 0);
    if !is_data || encrypted || !has_payload {
        return Err(Stop::NotDns);
    }
    let with_qos = subtype & 0x08 != 0;
    let mut header = 24 + if fourth_address { 6 } else { 0 } + if with_qos { 2 } else { 0 };
    // The order bit of a QoS frame announces four bytes of HT control.
    if with_qos && flags & 0x80 != 0 {
        header += 4;
    }
    // Some drivers pad the header to four bytes; SNAP tells which it is.
    let padded = bytes.get(header + 2..header + 5) == Some(&[0xaa, 0xaa, 0x03]);
    peel_after(bytes, if padded { header + 2 } else { header }, Layer::Llc)
}

/// A stack of MPLS labels (RFC 3032), of whose payload only the first nibble tells the kind.
pub(super) fn mpls(mut bytes: &[u8]) -> Peel<'_> {
    const MOST_LABELS: usize = 16;
    for _ in 0..MOST_LABELS {
        let [_, _, last, _] = *bytes.first_chunk::<4>().ok_or_else(cut)?;
        bytes = bytes.get(4..).ok_or_else(cut)?;
        if last & 1 == 1 {
            return match bytes.first().ok_or_else(cut)? >> 4 {
                4 | 6 => Ok((Layer::Ip, bytes)),
                // A pseudowire control word (RFC 4385), then Ethernet.
                0 => peel_after(bytes, 4, Layer::Ethernet),
                _ => Ok((Layer::Ethernet, bytes)),
            };
        }
    }
    Err(Stop::TooDeep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_numbers() {
        assert!(LINKS.is_sorted_by(|one, next| one.number < next.number));
    }

    #[track_caller]
    fn check_vlan(bytes: &[u8], layer: Layer, behind: usize) {
        let Ok((found, rest)) = vlan(bytes) else { panic!("{bytes:02x?} has a tag") };
        assert_eq!((found, bytes.len() - rest.len()), (layer, behind), "{bytes:02x?}");
    }

    #[test]
    fn a_tag_that_the_protocol_hides_is_seen_by_what_follows_it() {
        let (v4, v6) = (Layer::EtherType(0x0800), Layer::EtherType(0x86dd));
        check_vlan(&[0, 10, 8, 0, 0x45, 0, 0, 60, 0], v4, 4);
        check_vlan(&[0, 10, 8, 0, 0, 100, 8, 0, 0x45], v4, 8);
        check_vlan(&[0, 10, 0x86, 0xdd, 0, 100, 0x86, 0xdd, 0x60], v6, 8);
        // What begins as IP does is IP, and what is neither stays what it is said to be.
        check_vlan(&[0, 10, 8, 0, 0x45, 0, 8, 0, 0x45], v4, 4);
        check_vlan(&[0, 10, 8, 0, 0, 100, 8, 0, 0x60], v4, 4);
        check_vlan(&[0, 10, 8, 0], v4, 4);
        check_vlan(&[0, 10, 0x81, 0, 0, 100, 8, 0, 0x45], Layer::EtherType(0x8100), 4);
    }
}
