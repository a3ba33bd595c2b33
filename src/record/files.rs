//! The files that are written one after the other, and what becomes of the oldest.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::blocks::{self, Whole};
use super::names::{self, Earlier};
use super::{Chunk, Disk, RecordOptions, Recording};
use crate::time::Timestamp;
use crate::wire::name::escape_text;

/// Who may read packets, unless the umask lets still fewer: what everybody asks for is not for
/// everybody.
pub(crate) const MODE: u32 = 0o640;

/// So many names are tried for a file, each with a number of its own: who plants files under names
/// that are to come is outlived.
const MOST_NAMES: u32 = 10_000;

/// The files of one recording.
#[derive(Debug)]
pub struct Files {
    options: RecordOptions,
    /// What each file begins with: the section and all interfaces.
    beginning: Vec<u8>,
    current: Option<Current>,
    /// Of the last file, in its name.
    number: u64,
    older: Older,
    status: Recording,
}

/// The file that is being written.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    length: u64,
    /// Of its frames; `None` until it has one.
    span: Option<u64>,
}

/// Files that were written before, with their lengths, the oldest first.
#[derive(Debug, Default)]
struct Older {
    files: VecDeque<(PathBuf, u64)>,
    /// All of them together.
    length: u64,
}

impl Files {
    /// Where there is one file only, it is made at once, so that a long capture does not end in
    /// "permission denied"; where there are several, the folder must be one.
    ///
    /// # Errors
    ///
    /// If the file is there already or cannot be written, or if the folder cannot be looked into.
    pub fn open(options: RecordOptions) -> io::Result<Self> {
        let earlier = Earlier::of(&options, rustix::process::geteuid().as_raw())?;
        Self::after(earlier, options)
    }

    /// The same after files that were looked for before: who is confined cannot list a folder.
    ///
    /// # Errors
    ///
    /// As [`Files::open`].
    pub fn after(earlier: Earlier, options: RecordOptions) -> io::Result<Self> {
        let mut beginning = Vec::new();
        blocks::section(None, &mut beginning);
        let file = escape_text(options.path.as_os_str().as_encoded_bytes());
        let status = Recording { file, ..Recording::default() };
        let mut older = Older::default();
        earlier.0.into_iter().for_each(|(path, length)| older.add(path, length));
        let mut files = Self { options, beginning, current: None, number: 0, older, status };
        if files.options.rotates() {
            fs::metadata(files.options.folder())?;
        } else {
            files.begin(Timestamp::default())?;
        }
        Ok(files)
    }

    /// What of a chunk came to the disk, and why no more did.
    fn try_write(&mut self, chunk: &Chunk) -> (Whole, io::Result<()>) {
        let room = match self.prepare(chunk) {
            Ok(room) => room,
            Err(error) => return (Whole::default(), Err(error)),
        };
        // An interface without a frame begins no file: the next file has it.
        let Some(current) = &mut self.current else { return (Whole::default(), Ok(())) };
        let granted = blocks::whole(&chunk.bytes, room);
        let bytes = chunk.bytes.get(..granted.bytes).unwrap_or_default();
        let (kept, written) = current.append(bytes);
        if kept.frames > 0 {
            current.span.get_or_insert(chunk.span);
        }
        let is_all = granted.bytes == chunk.bytes.len();
        (kept, written.and_then(|()| if is_all { Ok(()) } else { Err(no_more()) }))
    }

    /// Sees to it that there is a file for a chunk, and tells how many bytes may be added to it.
    fn prepare(&mut self, chunk: &Chunk) -> io::Result<u64> {
        if self.is_full(chunk) {
            self.end();
        }
        if self.current.is_none() {
            if chunk.is_interface {
                return Ok(0);
            }
            self.begin(chunk.first)?;
        }
        self.make_room(chunk.bytes.len() as u64)
    }

    /// Whether a chunk belongs into the next file.
    fn is_full(&self, chunk: &Chunk) -> bool {
        let Some(Current { length, span: Some(span), .. }) = &self.current else { return false };
        let length = length.saturating_add(chunk.bytes.len() as u64);
        let RecordOptions { size, total, .. } = self.options;
        // One that is as long as all may be is the oldest, too: its end makes it one that can go.
        let most = size.into_iter().chain(total.filter(|_| self.options.rotates())).min();
        most.is_some_and(|most| length > most) || *span != chunk.span
    }

    fn end(&mut self) {
        if let Some(Current { path, length, .. }) = self.current.take() {
            self.older.add(path, length);
        }
    }

    fn begin(&mut self, first: Timestamp) -> io::Result<()> {
        let (mut file, path) = self.create(first)?;
        if let Err(error) = file.write_all(&self.beginning) {
            let _ = fs::remove_file(path); // or it stays
            return Err(error);
        }
        let length = self.beginning.len() as u64;
        self.status.files += 1;
        self.current = Some(Current { file, path, length, span: None });
        Ok(())
    }

    /// Never over a file that is there: where there may be several, the next name that is free.
    fn create(&mut self, first: Timestamp) -> io::Result<(File, PathBuf)> {
        let rotates = self.options.rotates();
        for _ in 0..MOST_NAMES {
            let path = if rotates {
                self.number = self.number.saturating_add(1);
                names::numbered(&self.options.path, first, self.number)
            } else {
                self.options.path.clone()
            };
            self.status.file = escape_text(path.as_os_str().as_encoded_bytes());
            match OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path) {
                Err(taken) if rotates && taken.kind() == ErrorKind::AlreadyExists => {}
                opened => return Ok((opened?, path)),
            }
        }
        let why = format!("{MOST_NAMES} names in a row are taken");
        Err(io::Error::new(ErrorKind::AlreadyExists, why))
    }

    /// Removes the oldest files until so many bytes more fit the total, and tells how many do.
    fn make_room(&mut self, more: u64) -> io::Result<u64> {
        let Some(total) = self.options.total else { return Ok(more) };
        let current = self.current.as_ref().map_or(0, |current| current.length);
        let room =
            |older: &Older| total.saturating_sub(current).saturating_sub(older.length).min(more);
        while room(&self.older) < more && self.older.remove()? {}
        Ok(room(&self.older))
    }
}

impl Current {
    /// Adds blocks. Where not all fit, those that do stay as a whole: a block that was begun would
    /// make the file unreadable to some.
    fn append(&mut self, bytes: &[u8]) -> (Whole, io::Result<()>) {
        let (taken, written) = put(&mut self.file, bytes);
        let kept = blocks::whole(bytes, taken);
        self.length = self.length.saturating_add(kept.bytes as u64);
        if written.is_err() {
            let _ = self.file.set_len(self.length);
        }
        (kept, written)
    }
}

/// How many bytes of these the disk took, and why no more.
fn put(file: &mut File, bytes: &[u8]) -> (u64, io::Result<()>) {
    let mut rest = bytes;
    let written = loop {
        if rest.is_empty() {
            break Ok(());
        }
        match file.write(rest) {
            Ok(0) => break Err(ErrorKind::WriteZero.into()),
            Ok(more) => rest = rest.get(more..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    ((bytes.len() - rest.len()) as u64, written)
}

impl Older {
    fn add(&mut self, path: PathBuf, length: u64) {
        self.length = self.length.saturating_add(length);
        self.files.push_back((path, length));
    }

    /// Removes the oldest file, if there is one.
    fn remove(&mut self) -> io::Result<bool> {
        let Some((path, length)) = self.files.pop_front() else { return Ok(false) };
        match fs::remove_file(&path) {
            // Somebody may have taken it away.
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => {
                self.length = self.length.saturating_sub(length);
                Ok(true)
            }
        }
    }
}

/// A file without a frame is of no use, and in the way of the next try.
impl Drop for Files {
    fn drop(&mut self) {
        if let Some(current) = self.current.take().filter(|current| current.span.is_none()) {
            let _ = fs::remove_file(current.path); // or it stays
        }
    }
}

impl Disk for Files {
    fn status(&self) -> Recording {
        self.status.clone()
    }

    fn write(&mut self, chunk: &Chunk) -> Recording {
        if chunk.is_interface {
            self.beginning.extend(&chunk.bytes);
        }
        let (kept, written) = match self.status.stopped {
            Some(_) => (Whole::default(), Ok(())),
            None => self.try_write(chunk),
        };
        self.status.frames += kept.frames;
        self.status.bytes += kept.bytes as u64;
        self.status.lost += chunk.frames.saturating_sub(kept.frames);
        if let Err(why) = written {
            self.status.stopped = Some(escape_text(why.to_string().as_bytes()));
        }
        self.status.clone()
    }
}

fn no_more() -> io::Error {
    io::Error::new(ErrorKind::QuotaExceeded, "the total that was granted is reached")
}
