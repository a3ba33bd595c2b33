//! Compressed captures: which compression it is, and its bytes unpacked, within a bound.
//!
//! Knows nothing of what is inside; a compressed file in a compressed file is not followed.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use lz4_flex::frame::FrameDecoder;

/// Bytes of a compressed file read at once.
const READ_AT_ONCE: usize = 256 << 10;

/// What an xz stream may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// The longest magic number below.
pub(super) const LONGEST_MAGIC: usize = 6;

/// A compression that is unpacked while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Xz,
    Lz4,
    /// The format of `lz4 -l`, which has no end mark.
    OldLz4,
}

const MAGICS: &[(&[u8], Compression)] = &[
    (&[0x1f, 0x8b], Compression::Gzip),
    (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], Compression::Xz),
    (&[0x04, 0x22, 0x4d, 0x18], Compression::Lz4),
    (&[0x02, 0x21, 0x4c, 0x18], Compression::OldLz4),
];

impl Compression {
    /// What a file that begins with `bytes` is compressed with.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, found)| *found)
    }

    /// As it is called on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Lz4 | Self::OldLz4 => "lz4",
        }
    }
}

/// How far a compressed file may expand: frames are not kept, so a bomb costs time, not memory,
/// but it has to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// Unpacked bytes that are never too many.
    pub(super) free: u64,
    /// Unpacked bytes per compressed byte beyond that.
    pub(super) ratio: u64,
}

/// Arbitrary: gzip cannot exceed 1032 to 1, and a flood of equal packets comes near it.
pub(super) const BOUND: Bound = Bound { free: 1 << 30, ratio: 1000 };

/// The unpacked bytes of `packed`, whose consumption `consumed` counts.
pub(super) fn unpack(
    compression: Compression,
    packed: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
    bound: Bound,
) -> io::Result<Box<dyn Read + Send>> {
    let packed = BufReader::with_capacity(READ_AT_ONCE, packed);
    let unpacked: Box<dyn Read + Send> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Compression::Zstd => Box::new(zstd::Decoder::with_buffer(packed)?),
        Compression::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(packed, stream))
        }
        Compression::Lz4 => Box::new(Lz4Frames::new(packed, true)),
        Compression::OldLz4 => Box::new(Lz4Frames::new(packed, false)),
    };
    Ok(Box::new(Bounded { unpacked, given: 0, consumed, bound }))
}

/// Ends with an error where a file expands beyond all reason.
struct Bounded {
    unpacked: Box<dyn Read + Send>,
    given: u64,
    consumed: Arc<AtomicU64>,
    bound: Bound,
}

impl Read for Bounded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Bound { free, ratio } = self.bound;
        let packed = self.consumed.load(Ordering::Relaxed);
        if self.given > free.max(packed.saturating_mul(ratio)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{packed} bytes expand to more than {}, over {ratio} times as many; if that \
                     is a real capture, unpack it first",
                    self.given
                ),
            ));
        }
        let read = self.unpacked.read(buf)?;
        self.given += read as u64;
        Ok(read)
    }
}

/// All lz4 frames of a file in a row, with an error where the last one is cut.
///
/// The decoder ends a frame that is cut between two blocks as if it were complete; what tells the
/// two apart is whether it asked for bytes that were not there.
struct Lz4Frames<R: BufRead> {
    decoder: FrameDecoder<Watched<R>>,
    has_end_mark: bool,
}

impl<R: BufRead> Lz4Frames<R> {
    fn new(packed: R, has_end_mark: bool) -> Self {
        let decoder = FrameDecoder::new(Watched { packed, ran_dry: false });
        Self { decoder, has_end_mark }
    }
}

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoder.read(buf)?;
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let watched = self.decoder.get_mut();
            if watched.ran_dry && self.has_end_mark {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if watched.packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
        }
    }
}

struct Watched<R> {
    packed: R,
    ran_dry: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.packed.read(buf)?;
        self.ran_dry |= read == 0 && !buf.is_empty();
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn lz4(bytes: &[u8]) -> Vec<u8> {
        let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        liblzma::read::XzEncoder::new(bytes, 1).read_to_end(&mut packed).unwrap();
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).unwrap()
    }

    type Pack = fn(&[u8]) -> Vec<u8>;
    const PACKERS: &[(Pack, Compression)] = &[
        (gzip, Compression::Gzip),
        (zstd, Compression::Zstd),
        (xz, Compression::Xz),
        (lz4, Compression::Lz4),
    ];

    fn unpack_all(packed: &[u8], bound: Bound) -> (Vec<u8>, Option<String>) {
        let consumed = Arc::new(AtomicU64::new(packed.len() as u64));
        let compression = Compression::of(packed).unwrap();
        let reader = Box::new(io::Cursor::new(packed.to_vec()));
        let mut unpacked = Vec::new();
        let mut source = unpack(compression, reader, consumed, bound).unwrap();
        let failed = source.read_to_end(&mut unpacked).err();
        (unpacked, failed.map(|error| error.to_string()))
    }

    #[test]
    fn every_compression_is_known_by_its_content_and_members_follow_each_other() {
        for (pack, compression) in PACKERS {
            let packed = [pack(b"first "), pack(b""), pack(b"second")].concat();
            assert_eq!(Compression::of(&packed), Some(*compression));
            assert_eq!(unpack_all(&packed, BOUND), (b"first second".to_vec(), None));
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes: Vec<u8> = (0..60_u8).flat_map(|byte| [byte, byte ^ 0x5a, 7]).collect();
        for (pack, compression) in PACKERS {
            let packed = pack(&bytes);
            for cut in LONGEST_MAGIC + 1..packed.len() {
                let (unpacked, failed) = unpack_all(&packed[..cut], BOUND);
                assert!(bytes.starts_with(&unpacked), "{compression:?} cut at {cut}");
                assert!(failed.is_some(), "{compression:?} cut at {cut} of {}", packed.len());
            }
        }
    }

    #[test]
    fn a_bomb_ends_with_an_error_that_says_so() {
        let zeros = vec![0; 1 << 20];
        for (pack, compression) in PACKERS {
            let packed = pack(&zeros);
            let bound = Bound { free: 100_000, ratio: 2 };
            let (unpacked, failed) = unpack_all(&packed, bound);
            assert!(unpacked.len() < 600_000, "{compression:?} gave {}", unpacked.len());
            assert!(failed.unwrap().contains("expand to more than"));
        }
    }
}
