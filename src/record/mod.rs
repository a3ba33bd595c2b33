//! Frames to capture files, as they come: in pcapng, in one file or one after the other.
//!
//! The disk is written to by a thread of its own. Whoever captures only copies a frame into a
//! chunk of memory; where the disk is too slow or full, frames are not written, which is counted,
//! and the capture goes on. Knows nothing of what frames mean.

pub(crate) mod blocks;
mod files;
mod names;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::rehearsal;
use crate::time::Timestamp;
use crate::wire::Frame;
pub use files::Files;
pub(crate) use files::MODE;
pub use names::Earlier;

/// What is handed to the disk at once; the shortest file that can be asked for has room for several.
const CHUNK: usize = 256 << 10;
/// Chunks on their way at most: 16 MiB, which a disk that pauses for a moment is behind.
const CHUNKS: usize = 64;
/// A disk that takes longer than this for what waits for it is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Interfaces that are described; of a capture that has more, no frame of these is written.
const MOST_INTERFACES: u32 = 4096;

/// What an interface is called, by its number: asked for once its first frame is there.
pub struct Names(pub Box<dyn Fn(u32) -> Option<String> + Send>);

impl Default for Names {
    fn default() -> Self {
        Self(Box::new(|_| None))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Names")
    }
}

/// How frames are handed to the disk.
#[derive(Debug, Default)]
pub struct Manner {
    /// The names of the interfaces.
    pub names: Names,
    /// Frames wait until the disk is ready: those of a file can, those of an interface cannot.
    pub patient: bool,
    /// As [`RecordOptions::every`].
    pub every: Option<Duration>,
}

/// Where frames go, and how they are divided among files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordOptions {
    /// The file; where there are several, each has the time of its first frame and a number in its
    /// name.
    pub path: PathBuf,
    /// A file is at most so long, in bytes.
    pub size: Option<u64>,
    /// A file spans at most so much packet time.
    pub every: Option<Duration>,
    /// All files together are at most so long, in bytes: the oldest is removed, or, where there is
    /// one file only, nothing more is written.
    pub total: Option<u64>,
}

impl RecordOptions {
    /// Whether there may be more than one file.
    pub fn rotates(&self) -> bool {
        self.size.is_some() || self.every.is_some()
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }
}

/// How the writing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The file that is written, escaped; until there is one, what was asked for.
    pub file: String,
    /// Files so far, the removed ones included.
    pub files: u64,
    /// Frames in them.
    pub frames: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Frames that were not written.
    pub lost: u64,
    /// Why nothing is written any more.
    pub stopped: Option<String>,
}

/// A part of a file: whole blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The blocks.
    pub bytes: Vec<u8>,
    /// How many frames they hold.
    pub frames: u64,
    /// When the first of them was captured.
    pub first: Timestamp,
    /// The span of packet time that it belongs to, counted from 0: a file has frames of one only.
    pub span: u64,
    /// It describes an interface, which every file to come has to do as well.
    pub is_interface: bool,
}

/// Who writes chunks: this process, or another one.
pub trait Disk: Send {
    /// How the writing goes.
    fn status(&self) -> Recording;

    /// Writes a chunk or counts its frames as lost, and tells how the writing goes.
    fn write(&mut self, chunk: &Chunk) -> Recording;
}

/// Copies frames into chunks, and hands these to the thread that writes them.
#[derive(Debug)]
pub struct Recorder {
    chunk: Chunk,
    /// The numbers of the descriptions: of which interface, with which link type.
    described: HashMap<(u32, u16), u32>,
    names: Names,
    patient: bool,
    spans: Spans,
    sender: Option<SyncSender<Chunk>>,
    /// Chunks that were written and can be filled again.
    empty: Receiver<Chunk>,
    status: Arc<Mutex<Recording>>,
    /// Frames for which there was no room on the way to the disk.
    overflow: u64,
    /// Frames that are on their way to it, or there.
    handed: u64,
    /// It was waited for in vain; what is on its way counts as lost.
    given_up: bool,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If there is no thread to be had.
    pub fn start(disk: Box<dyn Disk>, manner: Manner) -> io::Result<Self> {
        let Manner { names, patient, every } = manner;
        let status = Arc::new(Mutex::new(disk.status()));
        let theirs = Arc::clone(&status);
        let (sender, full) = sync_channel(CHUNKS);
        let (done, empty) = sync_channel(CHUNKS);
        let work = move || write_all(disk, &theirs, &full, &done);
        let thread = thread::Builder::new().name("record".into()).spawn(work)?;
        Ok(Self {
            chunk: Chunk::default(),
            described: HashMap::new(),
            names,
            patient,
            spans: Spans { every, ..Spans::default() },
            sender: Some(sender),
            empty,
            status,
            overflow: 0,
            handed: 0,
            given_up: false,
            thread: Some(thread),
        })
    }

    /// Takes a copy of a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        let span = self.spans.of(frame.at);
        if span != self.chunk.span {
            self.flush();
            self.chunk.span = span;
        }
        let Some(interface) = self.describe(frame) else {
            self.overflow += 1;
            return;
        };
        if self.chunk.frames == 0 {
            self.chunk.first = frame.at;
        }
        self.chunk.frames += 1;
        blocks::packet(frame, interface, None, &mut self.chunk.bytes);
        if self.chunk.bytes.len() >= CHUNK {
            self.flush();
        }
    }

    /// The number of the interface's description, which is written if there is none yet; `None` if
    /// there are too many.
    fn describe(&mut self, frame: &Frame<'_>) -> Option<u32> {
        let key = (frame.interface, frame.link.0);
        if let Some(number) = self.described.get(&key) {
            return Some(*number);
        }
        let number = u32::try_from(self.described.len()).ok().filter(|it| *it < MOST_INTERFACES)?;
        self.flush();
        let name = (self.names.0)(key.0);
        blocks::interface(key.1, name.as_deref(), &mut self.chunk.bytes);
        self.chunk.is_interface = true;
        self.chunk.first = frame.at;
        self.flush();
        self.described.insert(key, number);
        Some(number)
    }

    /// Hands over what was copied so far.
    pub fn flush(&mut self) {
        if self.chunk.bytes.is_empty() {
            return;
        }
        let mut next = self.empty.try_recv().unwrap_or_default();
        next.span = self.chunk.span;
        let chunk = std::mem::replace(&mut self.chunk, next);
        let frames = chunk.frames;
        match self.hand_over(chunk) {
            Ok(()) => self.handed += frames,
            Err(mut chunk) => {
                self.overflow += frames;
                chunk.clear();
                self.chunk = chunk;
            }
        }
    }

    /// Gives the chunk back where there is no room for it; who waited for that gives the disk up:
    /// without its interface no later frame could be read.
    fn hand_over(&mut self, chunk: Chunk) -> Result<(), Chunk> {
        let Some(sender) = self.sender.as_ref().filter(|_| !self.given_up) else {
            return Err(chunk);
        };
        let waits = chunk.is_interface || self.patient;
        let sent = send(sender, chunk, if waits { LONGEST_WAIT } else { Duration::ZERO });
        self.given_up |= waits && sent.is_err();
        sent
    }

    /// How the writing goes.
    pub fn status(&self) -> Recording {
        let mut status = lock(&self.status).clone();
        if self.given_up {
            status.lost = self.handed.saturating_sub(status.frames);
            status.stopped.get_or_insert_with(|| "the disk does not answer".to_owned());
        }
        status.lost += self.overflow;
        status
    }

    /// Waits until all is written that can be; not for ever, for a disk may never answer.
    pub fn finish(&mut self) {
        if let Some(Err(panic)) = self.end() {
            std::panic::resume_unwind(panic);
        }
    }

    fn end(&mut self) -> Option<thread::Result<()>> {
        self.flush();
        self.sender = None;
        let thread = self.thread.take()?;
        let mut heard_of = Instant::now();
        while !thread.is_finished() {
            // A chunk that comes back is one that was written.
            if self.empty.recv_timeout(Duration::from_millis(20)).is_ok() {
                heard_of = Instant::now();
            }
            self.given_up |= heard_of.elapsed() > LONGEST_WAIT;
            if self.given_up {
                return None;
            }
        }
        Some(thread.join())
    }
}

/// What was copied is not forgotten, however this ends.
impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.end(); // a panic that nobody waited for is not worth another
    }
}

/// Divides packet time: a span begins with the first frame that is too late for the one before.
#[derive(Debug, Default)]
struct Spans {
    /// How long one is; `None`: all is one.
    every: Option<Duration>,
    first: Option<Timestamp>,
    number: u64,
}

impl Spans {
    /// The number of the span of a frame.
    fn of(&mut self, at: Timestamp) -> u64 {
        let first = *self.first.get_or_insert(at);
        if self.every.is_some_and(|every| at.since(first) >= every) {
            self.first = Some(at);
            self.number = self.number.saturating_add(1);
        }
        self.number
    }
}

/// Hands over a chunk as soon as there is room for it, or gives it back.
fn send(sender: &SyncSender<Chunk>, chunk: Chunk, patience: Duration) -> Result<(), Chunk> {
    let began = Instant::now();
    let mut chunk = chunk;
    loop {
        chunk = match sender.try_send(chunk) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(chunk)) => return Err(chunk),
            Err(TrySendError::Full(chunk)) if began.elapsed() >= patience => return Err(chunk),
            Err(TrySendError::Full(chunk)) => chunk,
        };
        thread::sleep(Duration::from_millis(1));
    }
}

impl Chunk {
    fn clear(&mut self) {
        self.bytes.clear();
        (self.frames, self.is_interface) = (0, false);
    }
}

/// What the thread does until nobody sends chunks any more.
fn write_all(
    mut disk: Box<dyn Disk>,
    status: &Mutex<Recording>,
    full: &Receiver<Chunk>,
    done: &SyncSender<Chunk>,
) {
    while let Ok(mut chunk) = full.recv() {
        rehearsal::panic_in("record");
        *lock(status) = disk.write(&chunk);
        chunk.clear();
        // One that is not wanted back is not kept.
        let _ = done.try_send(chunk);
    }
}

fn lock(status: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}
