//! How the bytes of a fuzzer become frames, and frames the bytes that a fuzzer starts from.
//!
//! A frame is: one byte that picks a link type, one that picks how far time moves, two for the
//! length (small end first), then the frame. Any bytes are some frames.

mod talk;

pub use talk::talk;

use rcodetop::time::Timestamp;
use rcodetop::wire::{Frame, LINKS, LinkType};

/// 2026-11-21T03:12:00Z.
const START: Timestamp = Timestamp::new(1_795_230_720, 0);

/// How far one frame is from the one before it, in nanoseconds; capture time goes back, too.
const STEPS: [i64; 8] =
    [0, 1_000, 100_000, 20_000_000, 1_000_000_000, 6_000_000_000, -5_000_000, -40_000_000_000];

/// The frames in these bytes; the last one may be shorter than it says.
pub fn frames(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    let mut at = START;
    std::iter::from_fn(move || {
        let ([link, step, low, high], after) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (frame, after) = after.split_at(length.min(after.len()));
        rest = after;
        at = Timestamp(at.0.saturating_add_signed(STEPS[usize::from(*step) % STEPS.len()]));
        Some(Frame {
            at,
            wire_len: u32::try_from(length).unwrap_or(u32::MAX),
            link: link_type(*link),
            interface: u32::from(*step >> 4),
            bytes: frame,
        })
    })
}

/// Every supported link type, and one that is not.
fn link_type(number: u8) -> LinkType {
    LINKS.get(usize::from(number) % (LINKS.len() + 1)).map_or(LinkType(147), |link| link.number)
}

/// The bytes that [`frames`] reads this frame from; its time step is `step`, a row of the steps.
pub fn bytes(frame: &Frame<'_>, step: u8) -> Vec<u8> {
    let link = LINKS.iter().position(|link| link.number == frame.link).unwrap_or(LINKS.len());
    let length = frame.bytes.len().min(usize::from(u16::MAX));
    let mut out = vec![u8::try_from(link).unwrap_or(u8::MAX), step];
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(&frame.bytes[..length]);
    out
}
