//! The classic capture format of libpcap, in every variant that libpcap and Wireshark write.
//!
//! Pure: bytes in, the next record out. Knows no file and no buffer.

use super::record::{Order, Parsed, Place, Run, captured_limit, index};
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
        let (true, Some(head)) = (bytes.len() >= self.record_header, bytes.first_chunk()) else {
            return Parsed::Need(self.record_header);
        };
        let [seconds, fraction, first, second] = self.words(head);
        let (captured, wire_len) = self.order_lengths(first, second);
        if captured > self.limit {
            return self.too_long(captured);
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

    /// Looks at the records that `bytes` begin with, up to the first that [`Self::parse`] would
    /// give no frame for, that is later than `until`, or that there is no place for. Places are
    /// counted from `start` bytes before.
    pub(super) fn run(
        &self,
        bytes: &[u8],
        start: usize,
        until: Timestamp,
        places: &mut [Place],
    ) -> Run {
        match self.order {
            Order::Little => self.run_in::<true>(bytes, start, until, places),
            Order::Big => self.run_in::<false>(bytes, start, until, places),
        }
    }

    /// Byte order is settled outside of the loop: four times in each record it is half the work.
    fn run_in<const LITTLE: bool>(
        &self,
        bytes: &[u8],
        start: usize,
        until: Timestamp,
        places: &mut [Place],
    ) -> Run {
        let end = start + bytes.len();
        let this = Self { order: if LITTLE { Order::Little } else { Order::Big }, ..*self };
        let (mut run, mut rest) = (Run::default(), bytes);
        for place in places {
            let Some(head) = rest.first_chunk() else { break };
            let [seconds, fraction, first, second] = this.words(head);
            let (captured, wire_len) = this.order_lengths(first, second);
            let (at, len) = (this.time(seconds, fraction), index(captured));
            if captured > this.limit || at > until {
                break;
            }
            let Some(behind) = rest.get(this.record_header + len..) else { break };
            let start = end - rest.len() + this.record_header;
            let (link, interface) = (this.link, this.interface);
            *place = Place { at, wire_len, link, interface, start, len };
            rest = behind;
            run.frames += 1;
        }
        run.size = bytes.len() - rest.len();
        run
    }

    #[cold]
    fn too_long(&self, captured: u32) -> Parsed {
        let limit = self.limit;
        Parsed::Damaged(format!(
            "claims {captured} captured bytes, more than the {limit} that a packet can have"
        ))
    }

    #[inline]
    fn words(&self, head: &[u8; 16]) -> [u32; 4] {
        let word = |at| self.order.u32(head, at).unwrap_or_default();
        [word(0), word(4), word(8), word(12)]
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
