//! A named input opened as a stream of unpacked bytes: a file, a FIFO or standard input.
//!
//! Knows operating-system files, and nothing of capture formats.

use std::fs::Metadata;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::MetadataExt;
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::error::SourceError;
use super::held::{Bytes, Held};
use super::unpack::{BOUND, Compression, LONGEST_MAGIC, unpack};
use crate::rehearsal;
use crate::wire::name::escape_text;

/// What a thread that reads ahead hands over at once.
const CHUNK: usize = 256 << 10;

/// Chunks read ahead: 1 MiB.
const CHUNKS_AHEAD: usize = 4;

/// An opened input.
pub(super) struct Input {
    /// The unpacked bytes. A read that would have to wait fails with `WouldBlock`.
    pub(super) bytes: Box<dyn Read + Send>,
    /// What it is compressed with.
    pub(super) compression: Option<Compression>,
    /// How much of the file, as it lies on the disk, was read.
    pub(super) consumed: Arc<AtomicU64>,
    /// Bytes of the file, as it lies on the disk; not known of a pipe.
    pub(super) size: Option<u64>,
    /// Which file it is, whatever its name.
    pub(super) identity: Identity,
}

/// Tells whether a path still leads to the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Of the file with these properties.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Whether the path means standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What an input is called in messages, safe for a terminal.
pub(super) fn name(path: &Path) -> String {
    if is_standard_input(path) {
        return "standard input".to_owned();
    }
    escape_text(path.as_os_str().as_encoded_bytes())
}

/// Begins to read an input; waits for the first bytes of a pipe.
///
/// Later reads wait for at most `patience`.
pub(super) fn open(held: &Held, patience: Duration) -> Result<Input, SourceError> {
    let unreadable = |error: io::Error| unreadable(held.path(), &error);
    let (file, metadata) = held.bytes().map_err(unreadable)?;
    let regular = metadata.is_file();
    let consumed = Arc::new(AtomicU64::new(0));
    let mut counted = Counted { file, consumed: Arc::clone(&consumed) };
    let beginning = beginning(&mut counted).map_err(unreadable)?;
    let compression = Compression::of(&beginning);
    let mut bytes: Box<dyn Read + Send> = Box::new(Cursor::new(beginning).chain(counted));
    if let Some(compression) = compression {
        bytes = unpack(compression, bytes, Arc::clone(&consumed), BOUND).map_err(unreadable)?;
    }
    if compression.is_some() || !regular {
        bytes = Box::new(ReadAhead::start(bytes, patience).map_err(unreadable)?);
    }
    let size = regular.then_some(metadata.len());
    Ok(Input { bytes, compression, consumed, size, identity: Identity::of(&metadata) })
}

/// The error of a file that cannot be opened or read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> SourceError {
    let hint = match error.kind() {
        io::ErrorKind::NotFound => "; check the name",
        io::ErrorKind::PermissionDenied => "; change its permissions, or run as its owner",
        _ => "",
    };
    SourceError::Unreadable { file: name(path), why: format!("{}{hint}", plain(error)) }
}

/// The operating system's words without Rust's `(os error 2)`, which helps nobody.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let mut letters = text.chars().take(end);
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// The first bytes, by which a compression is recognised.
fn beginning(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(LONGEST_MAGIC);
    file.take(LONGEST_MAGIC as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Counts what is read of a file.
struct Counted {
    file: Bytes,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buf)?;
        self.consumed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

type Chunk = io::Result<Vec<u8>>;

/// Reads on a thread of its own, so that a pipe without a writer blocks nobody and unpacking
/// takes place beside the analysis. The thread ends with its input or with this reader.
struct ReadAhead {
    chunks: Receiver<Chunk>,
    /// Gone once it was waited for.
    thread: Option<JoinHandle<()>>,
    current: Cursor<Vec<u8>>,
    patience: Duration,
}

impl ReadAhead {
    fn start(bytes: Box<dyn Read + Send>, patience: Duration) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS_AHEAD);
        let builder = thread::Builder::new().name("input".into());
        let thread = builder.spawn(move || read_all(bytes, &sender))?;
        Ok(Self { chunks, thread: Some(thread), current: Cursor::default(), patience })
    }

    /// The end of the input, unless the thread came to grief: that is no fault of the input, and
    /// becomes a panic of this thread.
    fn end(&mut self) {
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            panic::resume_unwind(panic);
        }
    }
}

fn read_all(mut bytes: Box<dyn Read + Send>, sender: &SyncSender<Chunk>) {
    // Chunks are as long as what was read: a pipe may well give one packet at a time.
    let mut scratch = vec![0; CHUNK];
    loop {
        let chunk = match bytes.read(&mut scratch) {
            Ok(0) => return,
            Ok(read) => Ok(scratch.get(..read).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = chunk.is_err();
        if sender.send(chunk).is_err() || is_last {
            return;
        }
        rehearsal::panic_in("input");
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.current.read(buf)?;
        if read > 0 || buf.is_empty() {
            return Ok(read);
        }
        match self.chunks.recv_timeout(self.patience) {
            Ok(chunk) => {
                self.current = Cursor::new(chunk?);
                self.current.read(buf)
            }
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => {
                self.end();
                Ok(0)
            }
        }
    }
}
