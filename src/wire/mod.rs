//! What the bytes say: from a captured frame to a DNS message.
//!
//! Pure: any bytes in, no panic, no clock, no allocation whose size a packet sets. Hostile bytes
//! give a partial answer plus notes, not an error; past this module every value is checked.

pub mod link;
pub mod name;

pub use link::{LINKS, LinkType};

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
