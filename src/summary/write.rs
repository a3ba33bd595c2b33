//! A summary as bytes: lines of JSON, compressed, behind a mark that tells what it is.

use std::io::{self, Write};

use serde::Serialize;

use super::{SCHEMA, Sum};

/// A frame that `zstd` passes over (RFC 8878 §3.1.2): the file is one of zstd to anybody else.
const SKIPPED: [u8; 4] = 0x184d_2a50_u32.to_le_bytes();

/// How a summary begins.
pub(super) fn mark() -> Vec<u8> {
    let length = u32::try_from(SCHEMA.len()).unwrap_or_default().to_le_bytes();
    [&SKIPPED[..], &length, SCHEMA.as_bytes()].concat()
}

/// What tells that a summary is whole.
#[derive(Serialize)]
struct Last {
    end: u64,
}

impl Sum {
    /// Writes it as a summary. The only errors are those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&mark())?;
        let mut out = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        out.include_checksum(true)?;
        let mut out = io::BufWriter::new(out);
        line(&mut out, &self.head)?;
        let mut records = 0;
        self.tallies.records(|record| {
            records += 1;
            line(&mut out, &record)
        })?;
        line(&mut out, &Last { end: records })?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
