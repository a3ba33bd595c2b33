//! Link layers and tunnels: what stands in front of the IP header, one row each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{Flow, UDP, ip};

/// What a link layer must know of the packet that it carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inner {
    /// IPv6, not IPv4.
    pub(crate) six: bool,
    /// From client to server.
    pub(crate) asking: bool,
    /// Length in bytes from the IP header on.
    pub(crate) length: usize,
    /// Whether the capturing machine kept numbers big end first.
    pub(crate) big_endian: bool,
}

/// One way to carry IP packets.
#[derive(Debug)]
pub(crate) struct Link {
    /// What the command line calls it.
    pub(crate) name: &'static str,
    /// Its LINKTYPE number.
    pub(crate) number: u16,
    /// Whether it carries IPv4 only, IPv6 only, or both.
    pub(crate) family: Option<Family>,
    /// Appends what stands in front of the IP header.
    pub(crate) write: fn(&mut Vec<u8>, Inner),
}

/// An IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Four,
    Six,
}

const ETHERNET: u16 = 1;

/// Every link layer and tunnel that can be written.
pub(crate) const LINKS: &[Link] = &[
    Link { name: "ethernet", number: ETHERNET, family: None, write: ethernet },
    Link { name: "vlan", number: ETHERNET, family: None, write: vlan },
    Link { name: "qinq", number: ETHERNET, family: None, write: qinq },
    Link { name: "sll", number: 113, family: None, write: sll },
    Link { name: "sll2", number: 276, family: None, write: sll2 },
    Link { name: "raw", number: 101, family: None, write: |_, _| () },
    Link { name: "ipv4", number: 228, family: Some(Family::Four), write: |_, _| () },
    Link { name: "ipv6", number: 229, family: Some(Family::Six), write: |_, _| () },
    Link { name: "null", number: 0, family: None, write: null },
    Link { name: "loop", number: 108, family: None, write: bsd_loop },
    Link { name: "ppp", number: 9, family: None, write: ppp },
    Link { name: "pppoe", number: ETHERNET, family: None, write: pppoe },
    Link { name: "80211", number: 105, family: None, write: wireless },
    Link { name: "radiotap", number: 127, family: None, write: radiotap },
    Link { name: "mpls", number: ETHERNET, family: None, write: mpls },
    Link { name: "gre", number: ETHERNET, family: None, write: gre },
    Link { name: "ipip", number: ETHERNET, family: Some(Family::Four), write: in_ipv4 },
    Link { name: "6in4", number: ETHERNET, family: Some(Family::Six), write: in_ipv4 },
    Link { name: "4in6", number: ETHERNET, family: Some(Family::Four), write: in_ipv6 },
    Link { name: "vxlan", number: ETHERNET, family: None, write: vxlan },
    Link { name: "geneve", number: ETHERNET, family: None, write: geneve },
];

/// The link layer of that name.
pub(crate) fn find(name: &str) -> Option<&'static Link> {
    LINKS.iter().find(|link| link.name == name)
}

// From the range that RFC 7042 keeps for documentation.
const CLIENT_SIDE: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x01];
const SERVER_SIDE: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x35];

/// Sender and receiver on the link.
fn stations(inner: Inner) -> [[u8; 6]; 2] {
    if inner.asking { [CLIENT_SIDE, SERVER_SIDE] } else { [SERVER_SIDE, CLIENT_SIDE] }
}

fn ethertype(inner: Inner) -> u16 {
    if inner.six { 0x86dd } else { 0x0800 }
}

fn addresses(out: &mut Vec<u8>, inner: Inner) {
    let [from, to] = stations(inner);
    out.extend_from_slice(&to);
    out.extend_from_slice(&from);
}

fn ethernet(out: &mut Vec<u8>, inner: Inner) {
    addresses(out, inner);
    words(out, &[ethertype(inner)]);
}

fn vlan(out: &mut Vec<u8>, inner: Inner) {
    addresses(out, inner);
    words(out, &[0x8100, 20, ethertype(inner)]);
}

fn qinq(out: &mut Vec<u8>, inner: Inner) {
    addresses(out, inner);
    words(out, &[0x88a8, 100, 0x8100, 20, ethertype(inner)]);
}

fn sll(out: &mut Vec<u8>, inner: Inner) {
    let direction = if inner.asking { 0 } else { 4 };
    words(out, &[direction, 1, 6]);
    out.extend_from_slice(&stations(inner)[0]);
    words(out, &[0, ethertype(inner)]);
}

fn sll2(out: &mut Vec<u8>, inner: Inner) {
    let direction = if inner.asking { 0 } else { 4 };
    words(out, &[ethertype(inner), 0, 0, 2, 1]);
    out.extend_from_slice(&[direction, 6]);
    out.extend_from_slice(&stations(inner)[0]);
    words(out, &[0]);
}

/// The capturing machine's AF_INET or AF_INET6, in its own byte order; here macOS.
fn null(out: &mut Vec<u8>, inner: Inner) {
    let family: u32 = if inner.six { 30 } else { 2 };
    let bytes = if inner.big_endian { family.to_be_bytes() } else { family.to_le_bytes() };
    out.extend_from_slice(&bytes);
}

/// The same in network byte order; here `OpenBSD`.
fn bsd_loop(out: &mut Vec<u8>, inner: Inner) {
    words(out, &[0, if inner.six { 24 } else { 2 }]);
}

fn ppp_protocol(inner: Inner) -> u16 {
    if inner.six { 0x0057 } else { 0x0021 }
}

fn ppp(out: &mut Vec<u8>, inner: Inner) {
    words(out, &[0xff03, ppp_protocol(inner)]);
}

fn pppoe(out: &mut Vec<u8>, inner: Inner) {
    addresses(out, inner);
    words(out, &[0x8864, 0x1100, 0x0a35, length(inner.length + 2), ppp_protocol(inner)]);
}

/// A data frame to or from the access point, then LLC and SNAP.
fn wireless(out: &mut Vec<u8>, inner: Inner) {
    let direction = if inner.asking { 1 } else { 2 };
    out.extend_from_slice(&[0x08, direction, 0, 0]);
    wireless_addresses(out, inner);
    snap(out, inner);
}

/// A radiotap header without fields, and a quality-of-service data frame.
fn radiotap(out: &mut Vec<u8>, inner: Inner) {
    out.extend_from_slice(&[0, 0, 8, 0, 0, 0, 0, 0]);
    let direction = if inner.asking { 1 } else { 2 };
    out.extend_from_slice(&[0x88, direction, 0, 0]);
    wireless_addresses(out, inner);
    words(out, &[0]);
    snap(out, inner);
}

fn wireless_addresses(out: &mut Vec<u8>, inner: Inner) {
    const ACCESS_POINT: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0xaa];
    let [from, to] = stations(inner);
    let order = if inner.asking { [ACCESS_POINT, from, to] } else { [to, ACCESS_POINT, from] };
    out.extend_from_slice(&order.concat());
    words(out, &[0]);
}

fn snap(out: &mut Vec<u8>, inner: Inner) {
    out.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0]);
    words(out, &[ethertype(inner)]);
}

fn mpls(out: &mut Vec<u8>, inner: Inner) {
    addresses(out, inner);
    // Labels 16001 and 24005, time to live 63, the second one at the bottom of the stack.
    words(out, &[0x8847, 0x03e8, 0x103f, 0x05dc, 0x513f]);
}

/// An outer IPv4 header between the tunnel's ends, for `length` bytes of `protocol`.
fn outer_ipv4(out: &mut Vec<u8>, inner: Inner, protocol: u8, length: usize) {
    let [near, far] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)].map(IpAddr::V4);
    outer(out, inner, near, far, protocol, length);
}

fn outer(out: &mut Vec<u8>, inner: Inner, near: IpAddr, far: IpAddr, protocol: u8, length: usize) {
    let way = Flow { from: near, to: far, from_port: 0, to_port: 0 };
    let way = if inner.asking { way } else { way.reversed() };
    ethernet(out, Inner { six: near.is_ipv6(), ..inner });
    ip(out, way, protocol, length, 0);
}

fn in_ipv4(out: &mut Vec<u8>, inner: Inner) {
    outer_ipv4(out, inner, if inner.six { 41 } else { 4 }, inner.length);
}

fn in_ipv6(out: &mut Vec<u8>, inner: Inner) {
    let [near, far] =
        [1, 2].map(|host| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host)));
    outer(out, inner, near, far, if inner.six { 41 } else { 4 }, inner.length);
}

fn gre(out: &mut Vec<u8>, inner: Inner) {
    outer_ipv4(out, inner, 47, inner.length + 4);
    words(out, &[0, ethertype(inner)]);
}

/// A tunnel of Ethernet frames in UDP: eight bytes of its own header.
fn ethernet_in_udp(out: &mut Vec<u8>, inner: Inner, port: u16, header: [u16; 4]) {
    let datagram = 8 + 8 + 14 + inner.length;
    outer_ipv4(out, inner, UDP, datagram);
    words(out, &[54321, port, length(datagram), 0]);
    words(out, &header);
    ethernet(out, inner);
}

fn vxlan(out: &mut Vec<u8>, inner: Inner) {
    ethernet_in_udp(out, inner, 4789, [0x0800, 0, 0, 0x3500]);
}

fn geneve(out: &mut Vec<u8>, inner: Inner) {
    ethernet_in_udp(out, inner, 6081, [0, 0x6558, 0, 0x3500]);
}

fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

fn words(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
