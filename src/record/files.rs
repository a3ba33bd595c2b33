//! The files that are written one after the other, and what becomes of the oldest.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::{Chunk, Disk, RecordOptions, Recording, blocks};
use crate::time::Timestamp;
use crate::wire::name::escape_text;

/// The files of one recording.
#[derive(Debug)]
pub struct Files {
    options: RecordOptions,
    /// What each file begins with: the section and all interfaces.
    beginning: Vec<u8>,
    current: Option<Current>,
    /// Those that were written before, with their lengths, the oldest first.
    older: VecDeque<(PathBuf, u64)>,
    status: Recording,
}

/// The file that is being written.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    length: u64,
    /// Of its first frame.
    first: Option<Timestamp>,
}

impl Files {
    /// Where there is one file only, it is made at once, so that a long capture does not end in
    /// "permission denied"; where there are several, the folder must be one.
    ///
    /// # Errors
    ///
    /// If the file is there already or cannot be written, or if the folder cannot be looked into.
    pub fn open(options: RecordOptions) -> io::Result<Self> {
        let mut beginning = Vec::new();
        blocks::section(None, &mut beginning);
        let (older, current, status) = (VecDeque::new(), None, Recording::default());
        let mut files = Self { options, beginning, current, older, status };
        if files.options.rotates() {
            fs::metadata(files.options.folder())?;
        } else {
            files.begin(files.options.path.clone())?;
        }
        Ok(files)
    }

    /// How the writing goes.
    pub fn status(&self) -> Recording {
        self.status.clone()
    }

    fn try_write(&mut self, chunk: &Chunk) -> io::Result<()> {
        if self.is_full(chunk) {
            self.end();
        }
        if self.current.is_none() {
            // An interface without a frame begins no file: the next file has it.
            if chunk.is_interface {
                return Ok(());
            }
            self.begin(self.next_path(chunk.first))?;
        }
        self.make_room(chunk.bytes.len() as u64)?;
        let Some(current) = &mut self.current else { return Ok(()) };
        if let Err(error) = current.file.write_all(&chunk.bytes) {
            // A block that was begun would make the file unreadable to some.
            let _ = current.file.set_len(current.length);
            return Err(error);
        }
        current.length += chunk.bytes.len() as u64;
        if !chunk.is_interface {
            current.first.get_or_insert(chunk.first);
        }
        Ok(())
    }

    /// Whether a chunk belongs into the next file.
    fn is_full(&self, chunk: &Chunk) -> bool {
        let Some(current) = &self.current else { return false };
        let length = current.length + chunk.bytes.len() as u64;
        let RecordOptions { size, total, .. } = self.options;
        // One that is as long as all may be is the oldest, too: its end makes it one that can go.
        let most = size.into_iter().chain(total.filter(|_| self.options.rotates())).min();
        let is_long = most.is_some_and(|most| length > most);
        let span = current.first.map(|first| chunk.last.since(first));
        let is_old = self.options.every.zip(span).is_some_and(|(every, span)| span >= every);
        current.first.is_some() && (is_long || is_old)
    }

    fn end(&mut self) {
        if let Some(Current { path, length, .. }) = self.current.take() {
            self.older.push_back((path, length));
        }
    }

    fn begin(&mut self, path: PathBuf) -> io::Result<()> {
        self.status.file = escape_text(path.as_os_str().as_encoded_bytes());
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(&self.beginning)?;
        let length = self.beginning.len() as u64;
        self.status.files += 1;
        self.current = Some(Current { file, path, length, first: None });
        Ok(())
    }

    /// `dns.pcapng` becomes `dns-20261121T031200Z-0001.pcapng`.
    fn next_path(&self, first: Timestamp) -> PathBuf {
        let path = &self.options.path;
        if !self.options.rotates() {
            return path.clone();
        }
        let number = self.status.files + 1;
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{}-{number:04}", first.stamp()));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        path.with_file_name(name)
    }

    /// Removes the oldest files until so many bytes more fit the total; fails where that does not
    /// help.
    fn make_room(&mut self, more: u64) -> io::Result<()> {
        let Some(total) = self.options.total else { return Ok(()) };
        let current = self.current.as_ref().map_or(0, |current| current.length);
        let mut length = current + self.older.iter().map(|(_, length)| length).sum::<u64>();
        while length + more > total {
            let Some((path, oldest)) = self.older.pop_front() else {
                let why = "the total that was granted is reached";
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, why));
            };
            match fs::remove_file(&path) {
                // Somebody may have taken it away.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => length -= oldest,
            }
        }
        Ok(())
    }
}

/// A file without a frame is of no use, and in the way of the next try.
impl Drop for Files {
    fn drop(&mut self) {
        if let Some(current) = self.current.take().filter(|current| current.first.is_none()) {
            let _ = fs::remove_file(current.path); // or it stays
        }
    }
}

impl Disk for Files {
    fn write(&mut self, chunk: &Chunk) -> Recording {
        if chunk.is_interface {
            self.beginning.extend(&chunk.bytes);
        }
        if self.status.stopped.is_some() {
            self.status.lost += chunk.frames;
        } else if let Err(why) = self.try_write(chunk) {
            self.status.lost += chunk.frames;
            self.status.stopped = Some(words(&why));
        } else {
            self.status.frames += chunk.frames;
            self.status.bytes += chunk.bytes.len() as u64;
        }
        self.status.clone()
    }
}

fn words(error: &io::Error) -> String {
    escape_text(error.to_string().as_bytes())
}
