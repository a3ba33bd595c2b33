//! What the bytes say: from a captured frame to a DNS message.
//!
//! Pure: any bytes in, no panic, no clock, no allocation whose size a packet sets. Hostile bytes
//! give a partial answer plus notes, not an error; past this module every value is checked.
#![deny(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::expect_used
)]
#![cfg_attr(test, allow(clippy::indexing_slicing))]

mod address;
mod assembly;
mod exported;
mod fragments;
mod icmp;
mod layer;
pub mod link;
mod message;
pub mod name;
mod obstacle;
mod packet;
mod plain;
mod records;
mod stream;
mod tunnel;
mod waiting;
mod way;
mod whole;

pub use address::{Address, Endpoint};
pub use exported::export;
pub use fragments::FragmentOf;
pub(crate) use fragments::{MAX_DATAGRAMS as MAX_FRAGMENTED, PATIENCE as FRAGMENT_PATIENCE};
pub use icmp::IcmpError;
pub use link::{LINKS, LinkType};
pub use message::{Edns, Flags, HEADER, MIN_MESSAGE, MessageView, Notes, Question};
pub use name::NameBuffer;
pub use obstacle::{describe_obstacle, reporter};
pub use packet::{Datagram, Decoder, Delivered, MAX_DEPTH, Packet, Print, Segment};
pub use records::{MAX_RECORDS, Record, Records, Section};
pub use stream::{StreamMessage, Streams, ahead};
pub use whole::describe;

use crate::time::Timestamp;

/// One captured packet as the capture holds it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// Its length on the wire in bytes; `bytes` may be shorter (snaplen).
    pub wire_len: u32,
    /// How its first header is to be read.
    pub link: LinkType,
    /// Which interface of the capture saw it.
    pub interface: u32,
    /// The captured bytes.
    pub bytes: &'a [u8],
}

impl Frame<'_> {
    /// Whether the capture holds less of it than was sent.
    #[inline]
    const fn is_cut(&self) -> bool {
        (self.bytes.len() as u64) < self.wire_len as u64
    }
}

/// The ports that carry DNS.
#[derive(Clone, Debug)]
pub struct Ports {
    first: u16,
    others: Vec<u16>,
}

impl Ports {
    /// A set of ports; an empty one means 53.
    pub fn new(ports: &[u16]) -> Self {
        let (first, others) = ports.split_first().unwrap_or((&53, &[]));
        Self { first: *first, others: others.to_vec() }
    }

    /// Whether a port carries DNS.
    #[inline]
    pub fn has(&self, port: u16) -> bool {
        port == self.first || self.others.contains(&port)
    }

    /// Whether one of two ports carries DNS.
    #[inline]
    pub fn either(&self, from: u16, to: u16) -> bool {
        let first = from == self.first || to == self.first;
        first || (!self.others.is_empty() && (self.has(from) || self.has(to)))
    }
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One datagram each (RFC 1035 §4.2.1).
    Udp,
    /// A stream with length prefixes (RFC 1035 §4.2.2, RFC 7766).
    Tcp,
    /// DNS over TLS (RFC 7858). It and those that follow are seen only where a server tells them.
    Tls,
    /// DNS over HTTPS (RFC 8484).
    Https,
    /// DNS over QUIC (RFC 9250).
    Quic,
    /// `DNSCrypt`, over UDP or TCP.
    DnsCrypt,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Udp, Self::Tcp, Self::Tls, Self::Https, Self::Quic, Self::DnsCrypt];

    /// The word for it, as filters take it and reports name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "dot",
            Self::Https => "doh",
            Self::Quic => "doq",
            Self::DnsCrypt => "dnscrypt",
        }
    }

    /// The one with this word, in upper or lower case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(word))
    }

    /// The port of servers where none is told (RFC 7858 §3.1, RFC 8484 §5, RFC 9250 §4.1.1).
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 53,
            Self::Tls | Self::Quic => 853,
            Self::Https | Self::DnsCrypt => 443,
        }
    }

    /// Its place in [`Self::ALL`].
    pub const fn number(self) -> u32 {
        match self {
            Self::Udp => 0,
            Self::Tcp => 1,
            Self::Tls => 2,
            Self::Https => 3,
            Self::Quic => 4,
            Self::DnsCrypt => 5,
        }
    }

    /// The one at a place of [`Self::ALL`].
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }
}

impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}
