//! One layer of a packet at a time: what a run of bytes is, and what is inside it.

use crate::ledger::Reason;

use super::{link, tunnel};

/// What the next byte begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Ethernet,
    EtherType(u16),
    Llc,
    Ip,
    Null,
    Sll,
    Sll2,
    Ppp,
    PppDirection,
    PppoeSession,
    CiscoHdlc,
    FrameRelay,
    Fddi,
    Arcnet { header: u8 },
    Wifi,
    Radiotap,
    Prism,
    Avs,
    Ppi,
    Pktap,
    PktapUser,
    Nflog,
    Netlink,
    Mpls,
    Gre,
    GreInside(u16),
    Vxlan,
    VxlanGpe,
    Geneve,
    Gtp,
    Teredo,
}

/// Why there is nothing further in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    NotDns,
    TooDeep,
    Undecodable(Reason),
}

/// The next layer and its bytes.
pub(super) type Peel<'a> = Result<(Layer, &'a [u8]), Stop>;

#[inline]
pub(super) fn cut() -> Stop {
    Stop::Undecodable(Reason::CutHeader)
}

#[inline]
pub(super) fn be16(bytes: &[u8], at: usize) -> Result<u16, Stop> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(cut)?;
    Ok(u16::from_be_bytes(*chunk))
}

#[inline]
pub(super) fn be32(bytes: &[u8], at: usize) -> Result<u32, Stop> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(cut)?;
    Ok(u32::from_be_bytes(*chunk))
}

/// `header` bytes further begins `layer`.
pub(super) fn peel_after(bytes: &[u8], header: usize, layer: Layer) -> Peel<'_> {
    bytes.get(header..).map(|rest| (layer, rest)).ok_or_else(cut)
}

impl Layer {
    /// Strips this layer, which is not [`Layer::Ip`]: that one has addresses and is read elsewhere.
    pub(super) fn peel(self, bytes: &[u8]) -> Peel<'_> {
        match self {
            Self::Ethernet => link::ethernet(bytes),
            Self::EtherType(kind) => ether_type(kind, bytes),
            Self::Llc => link::llc(bytes),
            Self::Ip => Err(Stop::NotDns),
            Self::Null => link::null(bytes),
            Self::Sll => link::sll(bytes),
            Self::Sll2 => link::sll2(bytes),
            Self::Ppp => link::ppp(bytes),
            Self::PppDirection => peel_after(bytes, 1, Self::Ppp),
            Self::PppoeSession => link::pppoe(bytes),
            Self::CiscoHdlc => link::cisco_hdlc(bytes),
            Self::FrameRelay => link::frame_relay(bytes),
            Self::Fddi => link::fddi(bytes),
            Self::Arcnet { header } => link::arcnet(bytes, usize::from(header)),
            Self::Wifi => link::wifi(bytes),
            Self::Radiotap => link::radiotap(bytes),
            Self::Prism => link::prism(bytes),
            Self::Avs => link::avs(bytes),
            Self::Ppi => link::ppi(bytes),
            Self::Pktap => link::pktap(bytes),
            Self::PktapUser => link::pktap_user(bytes),
            Self::Nflog => link::nflog(bytes),
            Self::Netlink => link::netlink(bytes),
            Self::Mpls => link::mpls(bytes),
            Self::Gre => tunnel::gre(bytes),
            Self::GreInside(protocol) => tunnel::gre_inside(protocol, bytes),
            Self::Vxlan => tunnel::vxlan(bytes),
            Self::VxlanGpe => tunnel::vxlan_gpe(bytes),
            Self::Geneve => tunnel::geneve(bytes),
            Self::Gtp => tunnel::gtp(bytes),
            Self::Teredo => tunnel::teredo(bytes),
        }
    }
}

/// What an EtherType announces (IEEE 802 Numbers registry).
pub(super) fn ether_type(kind: u16, bytes: &[u8]) -> Peel<'_> {
    match kind {
        0x0800 | 0x86dd => Ok((Layer::Ip, bytes)),
        // 802.1Q, 802.1ad, and the QinQ types from before it
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => link::vlan(bytes),
        0x8847 | 0x8848 => Ok((Layer::Mpls, bytes)),
        0x8864 => Ok((Layer::PppoeSession, bytes)),
        0x880b => Ok((Layer::Ppp, bytes)),
        0x6558 => Ok((Layer::Ethernet, bytes)),
        _ => Err(Stop::NotDns),
    }
}
