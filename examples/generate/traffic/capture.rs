//! Capture files: pcap and pcapng, both byte orders, microseconds or nanoseconds.

use std::io::{self, Write};

/// Takes frames as they come, in order of time.
pub(crate) trait Sink {
    /// One frame with its time in nanoseconds since 1970.
    fn frame(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
}

/// How a capture file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Pcap,
    Pcapng,
}

/// How a capture file writes its numbers, and what it keeps of each frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) container: Container,
    pub(crate) big_endian: bool,
    pub(crate) nanoseconds: bool,
    pub(crate) link: u16,
    pub(crate) snaplen: u32,
}

/// Writes a capture file.
#[derive(Debug)]
pub(crate) struct Capture<W> {
    out: W,
    layout: Layout,
}

impl<W: Write> Capture<W> {
    /// Starts the file: writes its header.
    pub(crate) fn new(mut out: W, layout: Layout) -> io::Result<Self> {
        out.write_all(&match layout.container {
            Container::Pcap => pcap_header(layout),
            Container::Pcapng => pcapng_header(layout),
        })?;
        Ok(Self { out, layout })
    }

    /// Ends the file: hands back what it was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Sink for Capture<W> {
    fn frame(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let kept = &bytes[..bytes.len().min(self.layout.snaplen as usize)];
        match self.layout.container {
            Container::Pcap => pcap_record(&mut self.out, self.layout, at, kept, bytes.len()),
            Container::Pcapng => pcapng_record(&mut self.out, self.layout, at, kept, bytes.len()),
        }
    }
}

impl Layout {
    fn u32(self, number: u32) -> [u8; 4] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn u16(self, number: u16) -> [u8; 2] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn u32s<const COUNT: usize>(self, numbers: [u32; COUNT]) -> Vec<u8> {
        numbers.iter().flat_map(|&number| self.u32(number)).collect()
    }

    /// Nanoseconds in one unit of the file's times.
    fn unit(self) -> u64 {
        if self.nanoseconds { 1 } else { 1000 }
    }
}

fn pcap_header(layout: Layout) -> Vec<u8> {
    let magic = if layout.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut header = layout.u32s([magic]);
    header.extend(layout.u16(2));
    header.extend(layout.u16(4));
    header.extend(layout.u32s([0, 0, layout.snaplen, u32::from(layout.link)]));
    header
}

fn pcap_record(
    out: &mut impl Write,
    layout: Layout,
    at: u64,
    kept: &[u8],
    wire: usize,
) -> io::Result<()> {
    let fraction = at % 1_000_000_000 / layout.unit();
    let numbers = [clamp(at / 1_000_000_000), clamp(fraction), size(kept.len()), size(wire)];
    for number in numbers {
        out.write_all(&layout.u32(number))?;
    }
    out.write_all(kept)
}

/// A section header and the description of one interface.
fn pcapng_header(layout: Layout) -> Vec<u8> {
    let mut header = layout.u32s([0x0a0d_0d0a, 28, 0x1a2b_3c4d]);
    header.extend(layout.u16(1));
    header.extend(layout.u16(0));
    header.extend(layout.u32s([u32::MAX, u32::MAX, 28]));
    header.extend(layout.u32s([1, 32]));
    header.extend(layout.u16(layout.link));
    header.extend(layout.u16(0));
    header.extend(layout.u32(layout.snaplen));
    // Option 9, if_tsresol: ten to the power of minus six or nine; then the end of options.
    header.extend(layout.u16(9));
    header.extend(layout.u16(1));
    header.extend([if layout.nanoseconds { 9 } else { 6 }, 0, 0, 0]);
    header.extend(layout.u32s([0, 32]));
    header
}

/// An enhanced packet block.
fn pcapng_record(
    out: &mut impl Write,
    layout: Layout,
    at: u64,
    kept: &[u8],
    wire: usize,
) -> io::Result<()> {
    let padding = kept.len().next_multiple_of(4) - kept.len();
    let block = size(32 + kept.len() + padding);
    let at = at / layout.unit();
    let numbers =
        [6, block, 0, clamp(at >> 32), clamp(at & 0xffff_ffff), size(kept.len()), size(wire)];
    for number in numbers {
        out.write_all(&layout.u32(number))?;
    }
    out.write_all(kept)?;
    out.write_all(&[0; 4][..padding])?;
    out.write_all(&layout.u32(block))
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
