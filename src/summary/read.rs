//! A summary from bytes that may be anybody's: line by line, each of a bounded length, each checked
//! before it is believed.

use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;

use super::head::Head;
use super::write::mark;
use super::{SCHEMA, Sum};
use crate::focus::Focus;
use crate::tally::{Bounds, Broken, Record, Restore};
use crate::track::Hasher;

/// The longest line, in bytes: one holds the response times of a server, or when all captures of a
/// sum began.
const LONGEST_LINE: u64 = 1 << 20;

/// The most that a frame may need at once to be unpacked, as a power of two: 8 MiB.
const WINDOW: u32 = 23;

/// Tables of several threads may have this many times as many servers and domains as that of one.
const SHARED: usize = 4;

/// Why a summary cannot be read: a sentence without its subject, which is the file.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// It does not begin as one.
    #[error(
        "is no summary; summaries are made by `rcodetop report --format summary`, and a report holds \
         too little to be added up"
    )]
    NotOne,
    /// It is of another version.
    #[error(
        "is a summary of version {0:?}, and this program knows {SCHEMA}: use the newer one of both"
    )]
    Version(String),
    /// It cannot be read or unpacked.
    #[error("cannot be read: {0}; copy it again from where it was made")]
    Unreadable(io::Error),
    /// It ends before its end.
    #[error("is cut after {0} lines; copy it again from where it was made")]
    Cut(u64),
    /// A line is longer than any can be.
    #[error("is damaged in line {0}: it is longer than any can be; make it again")]
    Long(u64),
    /// A line says nothing that is known.
    #[error(
        "is damaged in line {line}, or made by a newer version: {why}; make it again, or update"
    )]
    Line {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// What it says cannot be.
    #[error("cannot be added up: {0}")]
    Broken(String),
}

impl From<Broken> for SummaryError {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken.to_string())
    }
}

#[derive(Deserialize)]
struct Last {
    end: u64,
}

/// How the last line begins.
const LAST: &[u8] = b"{\"end\":";

/// Whether bytes are the beginning of a summary, of whatever version.
pub(crate) fn is_summary(begin: &[u8]) -> bool {
    let mark = mark();
    // Up to the length and the version behind it.
    let name = SCHEMA.split('/').next().unwrap_or_default().as_bytes();
    begin.starts_with(&mark[..4]) && begin.get(8..).is_some_and(|rest| rest.starts_with(name))
}

impl Sum {
    /// Reads a summary, for sums with `focus` in the middle, or with what is in its own. Takes no
    /// more than about `max_memory` bytes; all that shall be added up need the same `hasher`.
    ///
    /// # Errors
    /// It is none, is cut, damaged or of another version, or counts what cannot be.
    pub fn read(
        input: impl Read,
        focus: Option<Focus>,
        max_memory: u64,
        hasher: &Hasher,
    ) -> Result<Self, SummaryError> {
        let mut input = BufReader::new(input);
        skip_mark(&mut input)?;
        let mut unpacked = zstd::Decoder::with_buffer(input).map_err(SummaryError::Unreadable)?;
        unpacked.window_log_max(WINDOW).map_err(SummaryError::Unreadable)?;
        let mut lines = Lines { input: BufReader::new(unpacked), read: 0, line: Vec::new() };
        let head: Head = parse(1, lines.next()?)?;
        if head.schema != SCHEMA {
            return Err(SummaryError::Version(head.schema.chars().take(40).collect()));
        }
        let head = head.checked().ok_or(Broken::Value { what: "first lines" })?;
        let bounds = Bounds::of(max_memory, usize::MAX);
        let shared = Bounds {
            servers: bounds.servers.saturating_mul(SHARED),
            domains: bounds.domains.saturating_mul(SHARED),
            ..bounds
        };
        let mut restore = Restore::new(&shared, hasher.clone());
        loop {
            let (number, line) = (lines.read + 1, lines.next()?);
            if line.starts_with(LAST) {
                let Last { end } = parse(number, line)?;
                if end + 2 != number {
                    return Err(SummaryError::Cut(number));
                }
                break;
            }
            restore.take(parse::<Record>(number, line)?)?;
        }
        lines.end()?;
        let mut sum = Self { head, tallies: restore.finish()?, is_complete: false };
        if let Some(focus) = focus {
            sum.set_focus(focus);
        }
        sum.tallies.bound(&bounds);
        Ok(sum)
    }
}

/// Reads what stands before the lines.
fn skip_mark(input: &mut impl Read) -> Result<(), SummaryError> {
    let expected = mark();
    let mut begin = Vec::new();
    let most = u64::try_from(expected.len()).unwrap_or(u64::MAX);
    input.take(most).read_to_end(&mut begin).map_err(SummaryError::Unreadable)?;
    if begin == expected {
        return Ok(());
    }
    if is_summary(&begin) {
        let version = begin.get(8..).unwrap_or_default();
        return Err(SummaryError::Version(crate::wire::name::escape_text(version)));
    }
    Err(SummaryError::NotOne)
}

fn parse<'a, T: Deserialize<'a>>(line: u64, bytes: &'a [u8]) -> Result<T, SummaryError> {
    serde_json::from_slice(bytes).map_err(|err| {
        // What it quotes may be anything.
        let why = crate::wire::name::escape_text(err.to_string().as_bytes());
        SummaryError::Line { line, why: why.chars().take(200).collect() }
    })
}

/// Lines of a bounded length.
struct Lines<R> {
    input: R,
    read: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<&[u8], SummaryError> {
        self.line.clear();
        let mut most = (&mut self.input).take(LONGEST_LINE);
        most.read_until(b'\n', &mut self.line).map_err(|err| match err.kind() {
            io::ErrorKind::UnexpectedEof => SummaryError::Cut(self.read),
            _ => SummaryError::Unreadable(err),
        })?;
        match self.line.strip_suffix(b"\n") {
            Some(line) => {
                self.read += 1;
                Ok(line)
            }
            None if self.line.len() as u64 == LONGEST_LINE => {
                Err(SummaryError::Long(self.read + 1))
            }
            None => Err(SummaryError::Cut(self.read)),
        }
    }

    /// Nothing may follow; only here the check sum is compared.
    fn end(&mut self) -> Result<(), SummaryError> {
        let rest = self.input.fill_buf().map_err(SummaryError::Unreadable)?;
        if rest.is_empty() { Ok(()) } else { Err(SummaryError::Long(self.read + 1)) }
    }
}
