//! The classic capture format of libpcap, in every variant that libpcap and Wireshark write.
//!
//! Pure: bytes in, the next record out. Knows no file and no buffer.

use super::record::{Order, Parsed, Place, captured_limit, index};
use crate::time::Timestamp;
use crate::wire::LinkType;

/// The file header without Ixia's extra field.
const FILE_HEADER: usize = 24;

/// How the two lengths of a record are ordered; libpcap changed it with version 2.3, and some
/// writers of 2.3 did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    LesserIsCaptured,
}

/// A variant of the format: its magic number and what it changes.
struct Variant {
    magic: u32,
    nanoseconds: bool,
    record_header: usize,
    file_header: usize,
}

const VARIANTS: &[Variant] = &[
    // Microseconds: the common one.
    Variant { magic: 0xa1b2_c3d4, nanoseconds: false, record_header: 16, file_header: FILE_HEADER },
    // Nanoseconds.
    Variant { magic: 0xa1b2_3c4d, nanoseconds: true, record_header: 16, file_header: FILE_HEADER },
    // Kuznetsov's patched libpcap: interface, protocol and packet type in each record.
    Variant { magic: 0xa1b2_cd34, nanoseconds: false, record_header: 24, file_header: FILE_HEADER },
    // Ixia's lcap of its hardware and its software: the size of all records after the header.
    Variant { magic: 0x1c00_01ac, nanoseconds: true, record_header: 16, file_header: 28 },
    Variant { magic: 0x1c00_01ab, nanoseconds: false, record_header: 16, file_header: 28 },
];

/// What the header of a file says about its records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    order: Order,
    nanos_per_unit: i64,
    record_header: usize,
    lengths: Lengths,
    limit: u32,
    link: LinkType,
    interface: u32,
}

/// What a look at the beginning of a file gave.
#[derive(Debug)]
pub(super) enum Header {
    /// A capture; its records begin after `size` bytes.
    Known { size: usize, dialect: Dialect },
    /// Too few bytes to say; this many are needed.
    Need(usize),
    /// Another format.
    Other,
    /// This format, but a version that nobody reads.
    Version(u16, u16),
    /// This format, but a link type that does not exist.
    Link(u32),
}

/// Reads the header of a file.
pub(super) fn header(bytes: &[u8]) -> Header {
    let Some((order, variant)) = variant(bytes) else { return Header::Other };
    if bytes.len() < variant.file_header {
        return Header::Need(variant.file_header);
    }
    let word = |at| order.u32(bytes, at).unwrap_or_default();
    let half = |at| order.u16(bytes, at).unwrap_or_default();
    let Some(lengths) = lengths(half(4), half(6)) else { return Header::Version(half(4), half(6)) };
    // The upper six bits tell the length of a frame check sequence; the ten below are reserved.
    let network = word(20) & 0x03ff_ffff;
    let Ok(link) = u16::try_from(network) else { return Header::Link(network) };
    let dialect = Dialect {
        order,
        nanos_per_unit: if variant.nanoseconds { 1 } else { 1000 },
        record_header: variant.record_header,
        lengths,
        limit: captured_limit(word(16)),
        link: super::links::canonical(link),
        interface: 0,
    };
    Header::Known { size: variant.file_header, dialect }
}

fn variant(bytes: &[u8]) -> Option<(Order, &'static Variant)> {
    let find = |order: Order| {
        let magic = order.u32(bytes, 0)?;
        VARIANTS.iter().find(|variant| variant.magic == magic).map(|variant| (order, variant))
    };
    find(Order::Little).or_else(|| find(Order::Big))
}

/// Versions above 2.4 were never defined, yet are written; Wireshark reads them as 2.4.
fn lengths(major: u16, minor: u16) -> Option<Lengths> {
    match (major, minor) {
        (2, 0..=2) | (543, 0) => Some(Lengths::WireFirst), // 543.0: tcpdump of DG/UX
        (2, 3) => Some(Lengths::LesserIsCaptured),
        (2, _) => Some(Lengths::CapturedFirst),
        _ => None,
    }
}

impl Dialect {
    /// The link type of the file.
    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    /// The same, with the number of its only interface.
    pub(super) fn numbered(self, interface: u32) -> Self {
        Self { interface, ..self }
    }

    /// Looks at the record that begins with `bytes`.
    #[inline]
    pub(super) fn parse(&self, bytes: &[u8], place: &mut Place) -> Parsed {
        let Some([seconds, fraction, first, second]) = self.words(bytes) else {
            return Parsed::Need(self.record_header);
        };
        let (captured, wire_len) = self.order_lengths(first, second);
        if captured > self.limit {
            let limit = self.limit;
            return Parsed::Damaged(format!(
                "claims {captured} captured bytes, more than the {limit} that a packet can have"
            ));
        }
        let len = index(captured);
        let size = self.record_header + len;
        if bytes.len() < size {
            return Parsed::Need(size);
        }
        *place = Place {
            at: self.time(seconds, fraction),
            wire_len,
            link: self.link,
            interface: self.interface,
            start: self.record_header,
            len,
        };
        Parsed::Frame(size)
    }

    #[inline]
    fn words(&self, bytes: &[u8]) -> Option<[u32; 4]> {
        let head = bytes.get(..self.record_header)?;
        let word = |at| self.order.u32(head, at);
        Some([word(0)?, word(4)?, word(8)?, word(12)?])
    }

    #[inline]
    fn order_lengths(&self, first: u32, second: u32) -> (u32, u32) {
        match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::LesserIsCaptured => (first.min(second), first.max(second)),
        }
    }

    /// The fraction is a signed field, and damaged files do hold negative and oversized ones.
    #[inline]
    fn time(&self, seconds: u32, fraction: u32) -> Timestamp {
        let fraction = i64::from(fraction.cast_signed()) * self.nanos_per_unit;
        let whole = i64::from(seconds) * 1_000_000_000;
        Timestamp(u64::try_from(whole + fraction).unwrap_or(0))
    }
}
