//! Capture files built byte by byte, in every variant of the formats.

/// A frame as it is expected to come out of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) at: u64,
    pub(crate) wire_len: u32,
    pub(crate) link: u16,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn frame(at: u64, bytes: &[u8]) -> Expected {
    Expected {
        at,
        wire_len: u32::try_from(bytes.len()).unwrap() + 4,
        link: 1,
        bytes: bytes.to_vec(),
    }
}

/// Three frames with times in whole microseconds.
pub(crate) fn three() -> Vec<Expected> {
    let second = 1_700_000_000_000_000_000;
    vec![
        frame(second, b"one"),
        frame(second + 1_000, b""),
        frame(second + 2_000_000_000, b"three and a little more"),
    ]
}

/// A file being written, with the places where a cut leaves whole records.
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) boundaries: Vec<usize>,
    pub(crate) big_endian: bool,
}

impl Writer {
    pub(crate) fn new(big_endian: bool) -> Self {
        Self { bytes: Vec::new(), boundaries: Vec::new(), big_endian }
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.put(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn put(&mut self, little_endian: &[u8]) {
        let mut field = little_endian.to_vec();
        if self.big_endian {
            field.reverse();
        }
        self.bytes.extend(field);
    }

    fn boundary(&mut self) {
        self.boundaries.push(self.bytes.len());
    }
}

/// What differs between the variants of classic pcap.
#[derive(Clone, Copy)]
pub(crate) struct Pcap {
    pub(crate) magic: u32,
    pub(crate) big_endian: bool,
    pub(crate) version: (u16, u16),
    pub(crate) nanos_per_unit: u64,
    pub(crate) record_extra: usize,
    pub(crate) file_extra: usize,
    pub(crate) wire_first: bool,
    pub(crate) network: u32,
}

pub(crate) const PCAP: Pcap = Pcap {
    magic: 0xa1b2_c3d4,
    big_endian: false,
    version: (2, 4),
    nanos_per_unit: 1000,
    record_extra: 0,
    file_extra: 0,
    wire_first: false,
    network: 1,
};

impl Pcap {
    pub(crate) fn write(self, frames: &[Expected]) -> Writer {
        let mut out = Writer::new(self.big_endian);
        out.u32(self.magic);
        out.u16(self.version.0);
        out.u16(self.version.1);
        for field in [0, 0, 262_144, self.network] {
            out.u32(field);
        }
        out.bytes.extend(vec![0xee; self.file_extra]);
        out.boundary();
        for frame in frames {
            self.record(&mut out, frame);
        }
        out
    }

    pub(crate) fn record(self, out: &mut Writer, frame: &Expected) {
        let captured = u32::try_from(frame.bytes.len()).unwrap();
        out.u32(u32::try_from(frame.at / 1_000_000_000).unwrap());
        out.u32(u32::try_from(frame.at % 1_000_000_000 / self.nanos_per_unit).unwrap());
        let lengths = (captured, frame.wire_len);
        let (first, second) = if self.wire_first { (lengths.1, lengths.0) } else { lengths };
        out.u32(first);
        out.u32(second);
        out.bytes.extend(vec![0xee; self.record_extra]);
        out.bytes.extend(&frame.bytes);
        out.boundary();
    }
}

/// Blocks of pcapng.
impl Writer {
    pub(crate) fn block(&mut self, kind: u32, body: impl FnOnce(&mut Self)) {
        let mut inner = Self::new(self.big_endian);
        body(&mut inner);
        inner.bytes.resize(inner.bytes.len().next_multiple_of(4), 0);
        let length = u32::try_from(inner.bytes.len() + 12).unwrap();
        self.u32(kind);
        self.u32(length);
        self.bytes.extend(inner.bytes);
        self.u32(length);
        self.boundary();
    }

    pub(crate) fn section(&mut self, big_endian: bool) {
        self.big_endian = big_endian;
        self.block(0x0a0d_0d0a, |out| {
            out.u32(0x1a2b_3c4d);
            out.u16(1);
            out.u16(0);
            out.bytes.extend([0xff; 8]);
            out.option(4, b"a program");
            out.option(0, b"");
        });
    }

    pub(crate) fn interface(&mut self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) {
        self.block(1, |out| {
            out.u16(link);
            out.u16(0);
            out.u32(snaplen);
            for (code, value) in options {
                out.option(*code, value);
            }
        });
    }

    pub(crate) fn enhanced(&mut self, interface: u32, ticks: u64, wire_len: u32, bytes: &[u8]) {
        self.block(6, |out| {
            out.u32(interface);
            out.ticks(ticks);
            out.u32(u32::try_from(bytes.len()).unwrap());
            out.u32(wire_len);
            out.padded(bytes);
            out.option(2, &[0, 0, 0, 1]);
            out.option(0, b"");
        });
    }

    pub(crate) fn obsolete(&mut self, interface: u16, ticks: u64, wire_len: u32, bytes: &[u8]) {
        self.block(2, |out| {
            out.u16(interface);
            out.u16(0xffff);
            out.ticks(ticks);
            out.u32(u32::try_from(bytes.len()).unwrap());
            out.u32(wire_len);
            out.padded(bytes);
        });
    }

    pub(crate) fn simple(&mut self, wire_len: u32, bytes: &[u8]) {
        self.block(3, |out| {
            out.u32(wire_len);
            out.padded(bytes);
        });
    }

    fn ticks(&mut self, ticks: u64) {
        self.u32(u32::try_from(ticks >> 32).unwrap());
        self.u32(u32::try_from(ticks & 0xffff_ffff).unwrap());
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(u16::try_from(value.len()).unwrap());
        self.padded(value);
    }
}

/// A pcapng file with all that the format offers, and the frames in it.
pub(crate) fn rich_pcapng() -> (Writer, Vec<Expected>) {
    let mut out = Writer::new(false);
    out.section(false);
    out.interface(1, 0, &[(2, b"eth0"), (0, b"")]);
    out.interface(101, 6, &[(9, &[9]), (14, &100_i64.to_le_bytes()), (0, b"")]);
    out.enhanced(0, 5_000_001, 60, b"micros");
    out.block(0x0000_0bad, |out| out.u32(7));
    out.block(5, |out| out.u32(0));
    out.enhanced(1, 42, 61, b"nanos, offset");
    out.obsolete(0, 6_000_000, 62, b"obsolete");
    out.simple(3, b"odd");
    out.section(true);
    out.interface(276, 5, &[(9, &[0x80 | 1])]);
    out.simple(100, b"cut b");
    out.enhanced(0, 3, 63, b"halves");
    let expected =
        |at, wire_len, link, bytes: &[u8]| Expected { at, wire_len, link, bytes: bytes.to_vec() };
    let frames = vec![
        expected(5_000_001_000, 60, 1, b"micros"),
        expected(100_000_000_042, 61, 101, b"nanos, offset"),
        expected(6_000_000_000, 62, 1, b"obsolete"),
        expected(6_000_000_000, 3, 1, b"odd"),
        expected(6_000_000_000, 100, 276, b"cut b"),
        expected(1_500_000_000, 63, 276, b"halves"),
    ];
    (out, frames)
}
