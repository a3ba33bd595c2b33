//! What the file formats have in common: byte order, and what a look at the next bytes can give.

use crate::time::Timestamp;
use crate::wire::{Frame, LinkType};

/// The largest packet that a capture is expected to hold, as in libpcap (`MAXIMUM_SNAPLEN`).
pub(super) const USUAL_CAPTURED: u32 = 262_144;

/// The largest packet that is accepted from a capture whose snapshot length announces it.
pub(super) const MAX_CAPTURED: u32 = 16 << 20;

/// The longest packet to accept from a capture that announces `snaplen`; 0 announces nothing.
pub(super) fn captured_limit(snaplen: u32) -> u32 {
    snaplen.clamp(USUAL_CAPTURED, MAX_CAPTURED)
}

/// Byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    #[inline]
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(field),
            Self::Big => u16::from_be_bytes(field),
        })
    }

    #[inline]
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(field),
            Self::Big => u32::from_be_bytes(field),
        })
    }

    pub(super) fn i64(self, bytes: &[u8]) -> Option<i64> {
        let field = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => i64::from_le_bytes(field),
            Self::Big => i64::from_be_bytes(field),
        })
    }
}

/// Where a frame lies and what is known about it, without borrowing its bytes.
///
/// Parsers write into one that stays where it is: handing it on by value, through layers of
/// results, costs more than parsing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: Timestamp,
    pub(super) wire_len: u32,
    pub(super) link: LinkType,
    pub(super) interface: u32,
    /// First byte, counted from where the parser looked.
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Place {
    /// The frame, in the buffer that the place is counted in.
    #[inline]
    pub(super) fn frame<'a>(&self, bytes: &'a [u8]) -> Frame<'a> {
        Frame {
            at: self.at,
            wire_len: self.wire_len,
            link: self.link,
            interface: self.interface,
            bytes: bytes.get(self.start..self.start + self.len).unwrap_or_default(),
        }
    }
}

/// What a look at the next bytes of a file gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A frame, in a record of so many bytes; the place given is filled in.
    Frame(usize),
    /// So many bytes that hold no frame; they need not be there yet.
    Skip(u64),
    /// Nothing can be said before so many bytes are there.
    Need(usize),
    /// The file makes no sense from here on: why, to follow "record 7 at byte 90 ".
    Damaged(String),
}

/// Frames in a row that were found at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) frames: usize,
    /// Bytes of their records.
    pub(super) size: usize,
    /// Bytes behind them that hold no frame, and need not be there yet.
    pub(super) skip: u64,
}

/// The length of a captured packet as an index; the bound above keeps it small.
#[inline]
pub(super) fn index(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
