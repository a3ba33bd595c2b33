//! The pcapng format (draft-ietf-opsawg-pcapng): sections, interfaces and packet blocks.
//!
//! Pure: bytes in, the next block out. Blocks and options that carry no packet are passed over.

use super::naming::Numbering;
use super::record::{MAX_CAPTURED, Order, Parsed, Place, Run, captured_limit, index};
use crate::time::Timestamp;
use crate::wire::LinkType;

/// Type of the section header block; reads the same in both byte orders.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Type, length and, at the end, length again: no block is shorter.
const SMALLEST_BLOCK: u32 = 12;

/// A block with a packet of [`MAX_CAPTURED`] bytes and 64 KiB of options; arbitrary beyond that.
const LARGEST_BLOCK: u32 = MAX_CAPTURED + (64 << 10);

/// Blocks without packets are held to see whether they end well, up to this size; arbitrary.
const LARGEST_CHECKED: u32 = 1 << 20;

/// Interfaces of one section that are remembered: 2.6 MB. Arbitrary; real captures have dozens.
const MAX_INTERFACES: usize = 65_536;

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Nanoseconds per tick.
    Nanos(u64),
    /// Ticks per nanosecond.
    Finer(u64),
    /// Ticks per second, as a power of two.
    Binary(u8),
}

impl Unit {
    /// Of the `if_tsresol` option: its top bit chooses powers of two over powers of ten.
    fn of(resolution: u8) -> Self {
        let power = u32::from(resolution & 0x7f);
        match (resolution & 0x80, power) {
            (0, 0..=9) => Self::Nanos(10_u64.pow(9 - power)),
            (0, _) => Self::Finer(10_u64.checked_pow(power - 9).unwrap_or(u64::MAX)),
            _ => Self::Binary(resolution & 0x7f),
        }
    }

    #[inline]
    fn nanos(self, ticks: u64) -> u64 {
        match self {
            Self::Nanos(each) => ticks.saturating_mul(each),
            Self::Finer(each) => ticks / each,
            Self::Binary(power) => {
                u64::try_from((u128::from(ticks) * 1_000_000_000) >> power).unwrap_or(u64::MAX)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    number: u32,
    snaplen: u32,
    unit: Unit,
    offset_seconds: i64,
}

impl Interface {
    #[inline]
    fn time(&self, high: u32, low: u32) -> Timestamp {
        let nanos = self.unit.nanos(u64::from(high) << 32 | u64::from(low));
        if self.offset_seconds == 0 {
            return Timestamp(nanos);
        }
        let shifted = i128::from(nanos) + i128::from(self.offset_seconds) * 1_000_000_000;
        Timestamp(u64::try_from(shifted.max(0)).unwrap_or(u64::MAX))
    }
}

/// What the blocks so far say about those to come.
#[derive(Debug)]
pub(super) struct Section {
    order: Order,
    interfaces: Vec<Interface>,
    numbering: Numbering,
    last: Timestamp,
}

/// One whole block: what lies between its two lengths, and how long it is.
struct Block<'a> {
    order: Order,
    body: &'a [u8],
    size: usize,
}

impl Block<'_> {
    #[inline]
    fn word(&self, at: usize) -> Option<u32> {
        self.order.u32(self.body, at)
    }
}

/// Whether these are the first bytes of a pcapng file.
pub(super) fn begins(bytes: &[u8]) -> bool {
    Order::Big.u32(bytes, 0) == Some(SECTION_HEADER)
}

impl Section {
    /// Before the first section header.
    pub(super) fn new(numbering: Numbering) -> Self {
        Self { order: Order::Little, interfaces: Vec::new(), numbering, last: Timestamp::default() }
    }

    /// Looks at the block that begins with `bytes`.
    #[inline]
    pub(super) fn parse(&mut self, bytes: &[u8], place: &mut Place) -> Parsed {
        let (Some(kind), true) = (self.order.u32(bytes, 0), bytes.len() >= 12) else {
            return Parsed::Need(12);
        };
        if kind == SECTION_HEADER {
            return self.section_header(bytes);
        }
        let length = self.order.u32(bytes, 4).unwrap_or_default();
        let holds_packet = matches!(kind, ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET);
        if !holds_packet && kind != INTERFACE_DESCRIPTION && length > LARGEST_CHECKED {
            return if length.is_multiple_of(4) {
                Parsed::Skip(length.into())
            } else {
                odd_length(length)
            };
        }
        let block = match whole(self.order, bytes, length) {
            Ok(block) => block,
            Err(why_not) => return why_not,
        };
        let parsed = match kind {
            ENHANCED_PACKET => self.enhanced_packet(&block, place),
            SIMPLE_PACKET => self.simple_packet(&block, place),
            OBSOLETE_PACKET => self.obsolete_packet(&block, place),
            INTERFACE_DESCRIPTION => self.interface(&block),
            _ => Some(Parsed::Skip(length.into())),
        };
        parsed.unwrap_or_else(|| too_short(length))
    }

    /// Looks at the blocks that `bytes` begin with, up to the first that holds no frame, that is
    /// later than `until`, or that there is no place for. Places are counted from `start` bytes
    /// before.
    pub(super) fn run(
        &mut self,
        bytes: &[u8],
        start: usize,
        until: Timestamp,
        places: &mut [Place],
    ) -> Run {
        let mut run = Run::default();
        for place in places {
            let rest = bytes.get(run.size..).unwrap_or_default();
            match self.parse(rest, place) {
                Parsed::Frame(size) if place.at <= until => {
                    place.start += start + run.size;
                    run.size += size;
                    run.frames += 1;
                }
                Parsed::Skip(size) => {
                    run.skip = size;
                    break;
                }
                // Looked at again, when it is its turn or more is there.
                Parsed::Frame(_) | Parsed::Need(_) | Parsed::Damaged(_) => break,
            }
        }
        run
    }

    fn section_header(&mut self, bytes: &[u8]) -> Parsed {
        let order = match Order::Big.u32(bytes, 8) {
            Some(0x1a2b_3c4d) => Order::Big,
            Some(0x4d3c_2b1a) => Order::Little,
            _ => {
                return Parsed::Damaged(
                    "has no valid byte-order magic in its section header".into(),
                );
            }
        };
        let length = order.u32(bytes, 4).unwrap_or_default();
        let block = match whole(order, bytes, length) {
            Ok(block) => block,
            Err(why_not) => return why_not,
        };
        match (order.u16(block.body, 4), order.u16(block.body, 6)) {
            // 1.2 was written for a while and is the same as 1.0.
            (Some(1), Some(0 | 2)) if block.body.len() >= 16 => {
                self.order = order;
                self.interfaces.clear();
                Parsed::Skip(length.into())
            }
            (Some(major), Some(minor)) if block.body.len() >= 16 => {
                Parsed::Damaged(format!("is of version {major}.{minor}, which nobody reads"))
            }
            _ => too_short(length),
        }
    }

    fn interface(&mut self, block: &Block<'_>) -> Option<Parsed> {
        if self.interfaces.len() == MAX_INTERFACES {
            return Some(Parsed::Damaged(format!(
                "is the description of more than {MAX_INTERFACES} interfaces"
            )));
        }
        let mut interface = Interface {
            link: super::links::canonical(block.order.u16(block.body, 0)?),
            number: self.numbering.next(),
            snaplen: block.word(4)?,
            unit: Unit::of(6),
            offset_seconds: 0,
        };
        for (code, value) in options(block.order, block.body.get(8..)?) {
            match (code, value) {
                (2, name) => self.numbering.name(interface.number, name),
                (9, [resolution, ..]) => interface.unit = Unit::of(*resolution),
                (14, seconds) => {
                    interface.offset_seconds = block.order.i64(seconds).unwrap_or_default();
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        Some(Parsed::Skip(block.size as u64))
    }

    #[inline]
    fn enhanced_packet(&mut self, block: &Block<'_>, place: &mut Place) -> Option<Parsed> {
        let id = block.word(0)?;
        let times = (block.word(4)?, block.word(8)?);
        let lengths = (block.word(12)?, block.word(16)?);
        Some(self.packet(block, id, Some(times), lengths, place))
    }

    fn obsolete_packet(&mut self, block: &Block<'_>, place: &mut Place) -> Option<Parsed> {
        let id = block.order.u16(block.body, 0)?.into();
        let times = (block.word(4)?, block.word(8)?);
        let lengths = (block.word(12)?, block.word(16)?);
        Some(self.packet(block, id, Some(times), lengths, place))
    }

    /// Holds no captured length: the packet ends where the snapshot length or the block does.
    fn simple_packet(&mut self, block: &Block<'_>, place: &mut Place) -> Option<Parsed> {
        let wire_len = block.word(0)?;
        let room = u32::try_from(block.body.len() - 4).unwrap_or(u32::MAX);
        let snaplen = match self.interfaces.first()?.snaplen {
            0 => u32::MAX,
            snaplen => snaplen,
        };
        let captured = wire_len.min(snaplen).min(room);
        Some(self.packet(block, 0, None, (captured, wire_len), place))
    }

    #[inline]
    fn packet(
        &mut self,
        block: &Block<'_>,
        id: u32,
        times: Option<(u32, u32)>,
        (captured, wire_len): (u32, u32),
        place: &mut Place,
    ) -> Parsed {
        let start = if times.is_some() { 20 } else { 4 };
        let Some(interface) = self.interfaces.get(index(id)) else {
            return Parsed::Damaged(format!("is of interface {id}, which was not described"));
        };
        let len = index(captured);
        if captured > captured_limit(interface.snaplen) || block.body.len() - start < len {
            return Parsed::Damaged(format!(
                "claims {captured} captured bytes, more than fit into it or a packet can have"
            ));
        }
        if let Some((high, low)) = times {
            self.last = interface.time(high, low);
        }
        *place = Place {
            at: self.last,
            wire_len,
            link: interface.link,
            interface: interface.number,
            start: start + 8,
            len,
        };
        Parsed::Frame(block.size)
    }
}

/// The block of `length` bytes that begins with `bytes`, if it is all there and ends well.
#[inline]
fn whole(order: Order, bytes: &[u8], length: u32) -> Result<Block<'_>, Parsed> {
    if length < SMALLEST_BLOCK {
        return Err(too_short(length));
    }
    if length > LARGEST_BLOCK {
        let why = format!("claims {length} bytes, more than the {LARGEST_BLOCK} that are accepted");
        return Err(Parsed::Damaged(why));
    }
    if !length.is_multiple_of(4) {
        return Err(odd_length(length));
    }
    let size = index(length);
    let Some(body) = bytes.get(8..size - 4) else { return Err(Parsed::Need(size)) };
    match order.u32(bytes, size - 4) {
        Some(again) if again == length => Ok(Block { order, body, size }),
        Some(again) => Err(Parsed::Damaged(format!(
            "begins with a length of {length} bytes, but ends with one of {again}"
        ))),
        None => Err(Parsed::Need(size)),
    }
}

fn too_short(length: u32) -> Parsed {
    Parsed::Damaged(format!("is too short for what it is, with a length of {length} bytes"))
}

fn odd_length(length: u32) -> Parsed {
    Parsed::Damaged(format!("has a length of {length} bytes, which is no multiple of 4"))
}

/// The options of a block, up to their end mark or where they stop making sense.
fn options(order: Order, mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let code = order.u16(bytes, 0).filter(|code| *code != 0)?;
        let len = usize::from(order.u16(bytes, 2)?);
        let value = bytes.get(4..4 + len)?;
        bytes = bytes.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_every_resolution_become_nanoseconds_without_overflow() {
        let cases = [
            (6, 1_500_000, 1_500_000_000),
            (9, 7, 7),
            (0, 3, 3_000_000_000),
            (12, 5_000, 5),
            (28, u64::MAX, 1),
            (0x7f, u64::MAX, 1),
            (0x80, 3, 3_000_000_000),
            (0x8a, 512, 500_000_000),
            (0xbf, 1 << 62, 500_000_000),
            (0xff, u64::MAX, 0),
            (0, u64::MAX, u64::MAX),
        ];
        for (resolution, ticks, nanos) in cases {
            assert_eq!(Unit::of(resolution).nanos(ticks), nanos, "if_tsresol {resolution:#x}");
        }
    }

    #[test]
    fn an_option_that_runs_over_its_block_ends_the_options() {
        let bytes = [9, 0, 1, 0, 6, 0, 0, 0, 14, 0, 8, 0, 1];
        let found: Vec<_> = options(Order::Little, &bytes).collect();
        assert_eq!(found, [(9, &[6_u8][..])]);
    }
}
