//! Where a report goes: standard output, or a file that is written only once there is a report, and
//! only if there is room for it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::remover::{self, Remover};
use crate::cli::Rights;
use crate::source::FileId;

/// An open destination.
#[derive(Debug)]
pub(super) enum Sink {
    Stdout,
    File {
        file: File,
        path: PathBuf,
        /// It was not there before.
        is_new: bool,
        /// Sees to it that it is not there either if nothing is written.
        remover: Option<Remover>,
    },
}

impl Sink {
    /// Opens the file for writing without changing it, so that a long capture does not end in
    /// "permission denied"; never one of the captures that are being read.
    pub(super) fn open(output: Option<&Path>, inputs: &[PathBuf]) -> anyhow::Result<Self> {
        let Some(path) = output else { return Ok(Self::Stdout) };
        if inputs.iter().any(|input| same_file(input, path)) {
            bail!("{} is the capture itself; write the report elsewhere", path.display());
        }
        let (file, is_new) =
            open(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self::File { file, path: path.to_owned(), is_new, remover: None })
    }

    /// A file that was made is removed if nothing comes to be written into it; with these rights
    /// perhaps by another process.
    pub(super) fn leaving_nothing_empty(self, rights: &Rights) -> Self {
        match self {
            Self::File { file, path, is_new: true, remover: None } => {
                let found = file.metadata().ok();
                let id = found.map(|it| FileId { device: it.dev(), number: it.ino() });
                // Where that cannot be, an empty file may stay; no reason for no report.
                let remover = id.and_then(|id| remover::of(&path, id, rights).ok());
                Self::File { file, path, is_new: true, remover }
            }
            other => other,
        }
    }

    /// Replaces what the file had, or adds to standard output. `report` writes the same whenever it
    /// is called; what a file had stays if there is no room.
    pub(super) fn write(
        self,
        report: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = BufWriter::new(io::stdout().lock());
                report(&mut out).and_then(|()| out.flush()).context("cannot write the report")
            }
            // It is removed, if it is, once this is done.
            Self::File { file, path, remover: _remover, .. } => write_file(&file, report)
                .with_context(|| format!("cannot write {}", path.display())),
        }
    }
}

/// Whether it was made, too.
fn open(path: &Path) -> io::Result<(File, bool)> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            Ok((file, false))
        }
        made => Ok((made?, true)),
    }
}

impl Sink {
    /// Takes what is written as it comes, in place of what the file had.
    pub(super) fn stream(self) -> anyhow::Result<Box<dyn Write>> {
        match self {
            Self::Stdout => Ok(Box::new(io::stdout().lock())),
            Self::File { file, path, remover, .. } => {
                let clear = || if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) };
                clear().with_context(|| format!("cannot write {}", path.display()))?;
                Ok(Box::new(Stream { file, _remover: remover }))
            }
        }
    }
}

/// A file that is written bit by bit.
struct Stream {
    file: File,
    _remover: Option<Remover>,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_file(
    mut file: &File,
    report: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let is_file = file.metadata()?.is_file();
    if is_file {
        let mut length = Length(0);
        report(&mut length)?;
        make_room(file, length.0)?;
    }
    let mut out = BufWriter::new(file);
    report(&mut out)?;
    out.flush()?;
    let written = if is_file { file.stream_position()? } else { return Ok(()) };
    file.set_len(written)
}

/// Counts bytes.
struct Length(u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// So that nothing of what a file has is written over before all has a place. File systems that
/// cannot promise one are taken as they are.
fn make_room(file: &File, length: u64) -> io::Result<()> {
    let before = file.metadata()?.len();
    if length == 0 {
        return Ok(());
    }
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, length) {
        Err(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => {
            file.set_len(before)?;
            Err(full.into())
        }
        _ => Ok(()),
    }
}

fn same_file(one: &Path, two: &Path) -> bool {
    match (one.metadata(), two.metadata()) {
        (Ok(one), Ok(two)) => one.is_file() && (one.dev(), one.ino()) == (two.dev(), two.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_a_longer_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        std::fs::write(&path, "a much longer report").unwrap();
        let sink = Sink::open(Some(&path), &[]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a much longer report");
        sink.write(|out| out.write_all(b"short")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "short");
    }

    #[test]
    fn what_a_file_had_stays_where_there_is_no_room_for_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        std::fs::write(&path, "an older report").unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        // More than any file can have.
        let full = make_room(&file, u64::MAX >> 1);
        assert!(full.is_err(), "{full:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "an older report");
    }

    #[test]
    fn a_capture_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.pcap"), folder.path().join("b.pcap"));
        std::fs::write(&path, "capture").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let refusal = Sink::open(Some(&link), std::slice::from_ref(&path)).unwrap_err();
        assert!(refusal.to_string().contains("is the capture itself"), "{refusal}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "capture");
    }
}
