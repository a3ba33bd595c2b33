//! Frames to capture files, as they come: in pcapng, in one file or one after the other.
//!
//! The disk is written to by a thread of its own. Whoever captures only copies a frame into a
//! chunk of memory; where the disk is too slow or full, frames are not written, which is counted,
//! and the capture goes on. Knows nothing of what frames mean.

pub(crate) mod blocks;
mod files;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::rehearsal;
use crate::time::Timestamp;
use crate::wire::Frame;
pub use files::Files;

/// What is handed to the disk at once.
const CHUNK: usize = 256 << 10;
/// Chunks on their way at most: 16 MiB, which a disk that pauses for a moment is behind.
const CHUNKS: usize = 64;

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
}

/// How the writing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The file that is written, escaped.
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
    /// When the last one was.
    pub last: Timestamp,
    /// It describes an interface, which every file to come has to do as well.
    pub is_interface: bool,
}

/// Who writes chunks: this process, or another one.
pub trait Disk: Send {
    /// Writes a chunk or counts its frames as lost, and tells how the writing goes.
    fn write(&mut self, chunk: &Chunk) -> Recording;
}

/// Copies frames into chunks, and hands these to the thread that writes them.
#[derive(Debug)]
pub struct Recorder {
    chunk: Chunk,
    /// Link types in the order of their descriptions: which interface, which link type.
    described: Vec<(u32, u16)>,
    names: Vec<String>,
    patient: bool,
    sender: Option<SyncSender<Chunk>>,
    /// Chunks that were written and can be filled again.
    empty: Receiver<Chunk>,
    status: Arc<Mutex<Recording>>,
    /// Frames for which there was no room on the way to the disk.
    overflow: u64,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Starts the thread. `names` are those of the interfaces, by number; who is `patient` waits until
    /// the disk is ready, as frames of a file can and those of an interface cannot.
    ///
    /// # Errors
    ///
    /// If there is no thread to be had.
    pub fn start(disk: Box<dyn Disk>, names: Vec<String>, patient: bool) -> io::Result<Self> {
        let status = Arc::<Mutex<Recording>>::default();
        let theirs = Arc::clone(&status);
        let (sender, full) = sync_channel(CHUNKS);
        let (done, empty) = sync_channel(CHUNKS);
        let work = move || write_all(disk, &theirs, &full, &done);
        let thread = thread::Builder::new().name("record".into()).spawn(work)?;
        Ok(Self {
            chunk: Chunk::default(),
            described: Vec::new(),
            names,
            patient,
            sender: Some(sender),
            empty,
            status,
            overflow: 0,
            thread: Some(thread),
        })
    }

    /// Takes a copy of a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        let interface = self.describe(frame);
        if self.chunk.frames == 0 {
            self.chunk.first = frame.at;
        }
        self.chunk.last = frame.at;
        self.chunk.frames += 1;
        blocks::packet(frame, interface, None, &mut self.chunk.bytes);
        if self.chunk.bytes.len() >= CHUNK {
            self.flush();
        }
    }

    /// The number of the interface's description, which is written if there is none yet.
    fn describe(&mut self, frame: &Frame<'_>) -> u32 {
        let key = (frame.interface, frame.link.0);
        let found = self.described.iter().position(|each| *each == key);
        let number = found.unwrap_or_else(|| {
            self.flush();
            let name = usize::try_from(key.0).ok().and_then(|number| self.names.get(number));
            blocks::interface(key.1, name.map(String::as_str), &mut self.chunk.bytes);
            self.chunk.is_interface = true;
            self.flush();
            self.described.push(key);
            self.described.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Hands over what was copied so far.
    pub fn flush(&mut self) {
        if self.chunk.bytes.is_empty() {
            return;
        }
        let chunk = std::mem::replace(&mut self.chunk, self.empty.try_recv().unwrap_or_default());
        let Some(sender) = &self.sender else { return };
        // Without its interface no frame could be read: that is worth a wait.
        let lost = if chunk.is_interface || self.patient {
            sender.send(chunk).map_err(|refused| refused.0)
        } else {
            sender.try_send(chunk).map_err(|error| match error {
                TrySendError::Full(chunk) | TrySendError::Disconnected(chunk) => chunk,
            })
        };
        if let Err(mut chunk) = lost {
            self.overflow += chunk.frames;
            chunk.clear();
            self.chunk = chunk;
        }
    }

    /// How the writing goes.
    pub fn status(&self) -> Recording {
        let status = lock(&self.status).clone();
        Recording { lost: status.lost + self.overflow, ..status }
    }

    /// Waits until all is written that can be.
    pub fn finish(&mut self) {
        self.flush();
        self.sender = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

/// What was copied is not forgotten, however this ends.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.flush();
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic that nobody waited for is not worth another
        }
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
