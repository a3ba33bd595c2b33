//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in little endian.

use crate::wire::Frame;

/// Nanoseconds.
const RESOLUTION: u8 = 9;
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const OPTION_NAME: u16 = 2;
const OPTION_APPLICATION: u16 = 4;
const OPTION_RESOLUTION: u16 = 9;

/// The text of an option is cut to this.
const LONGEST_TEXT: usize = 2000;

/// Section 4.1: what every file begins with, perhaps with a comment.
pub(crate) fn section(comment: Option<&str>, out: &mut Vec<u8>) {
    block(SECTION, out, |body| {
        body.extend(BYTE_ORDER.to_le_bytes());
        body.extend([1, 0, 0, 0]);
        body.extend(u64::MAX.to_le_bytes());
        text(OPTION_APPLICATION, concat!("rcodetop ", env!("CARGO_PKG_VERSION")), body);
        if let Some(comment) = comment {
            text(OPTION_COMMENT, comment, body);
        }
        option(OPTION_END, &[], body);
    });
}

/// Section 4.2: an interface, counted from 0 in the order in which they are described.
pub(crate) fn interface(link: u16, name: Option<&str>, out: &mut Vec<u8>) {
    block(INTERFACE, out, |body| {
        body.extend(link.to_le_bytes());
        // Reserved, and no bound of captured bytes.
        body.extend([0; 6]);
        if let Some(name) = name {
            text(OPTION_NAME, name, body);
        }
        option(OPTION_RESOLUTION, &[RESOLUTION], body);
        option(OPTION_END, &[], body);
    });
}

/// Section 4.3: a packet of an interface that was described, perhaps with a comment.
pub(crate) fn packet(frame: &Frame<'_>, interface: u32, comment: Option<&str>, out: &mut Vec<u8>) {
    let at = frame.at.0;
    let captured = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
    block(PACKET, out, |body| {
        for word in [
            interface,
            u32::try_from(at >> 32).unwrap_or(u32::MAX),
            u32::try_from(at & u64::from(u32::MAX)).unwrap_or(0),
            captured,
            frame.wire_len.max(captured),
        ] {
            body.extend(word.to_le_bytes());
        }
        body.extend(frame.bytes);
        pad(body);
        if let Some(comment) = comment {
            text(OPTION_COMMENT, comment, body);
            option(OPTION_END, &[], body);
        }
    });
}

/// Blocks that are there as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    /// How long they are together.
    pub(super) bytes: usize,
    /// How many of them are packets.
    pub(super) frames: u64,
}

/// Of blocks in a row, those that end within so many bytes.
pub(super) fn whole(bytes: &[u8], room: u64) -> Whole {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
    let mut whole = Whole::default();
    while let Some((kind, length)) = head(bytes.get(whole.bytes..room).unwrap_or_default()) {
        whole.bytes += length;
        whole.frames += u64::from(kind == PACKET);
    }
    whole
}

/// Type and length of a block that is there to its end.
fn head(bytes: &[u8]) -> Option<(u32, usize)> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (kind, length) = (word(0)?, usize::try_from(word(4)?).ok()?);
    (length > 0 && length <= bytes.len()).then_some((kind, length))
}

/// Type, length, body padded to four bytes, length.
fn block(kind: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    write(out);
    let length = u32::try_from(out.len() - start + 4).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = out.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&length);
    }
    out.extend(length);
}

fn text(code: u16, text: &str, body: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    option(code, bytes.get(..LONGEST_TEXT).unwrap_or(bytes), body);
}

fn option(code: u16, value: &[u8], body: &mut Vec<u8>) {
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
    body.extend(value);
    pad(body);
}

/// To a multiple of four bytes: blocks begin at one, and so do their parts.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
