//! Capture files that are open before the first byte of them is looked at.
//!
//! Opening needs rights, and what is inside may be hostile: who has opened all that shall be read can
//! give its rights up before it reads, and read the same file again without them.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::error::SourceError;
use super::input;

/// Descriptors that are left for all else: terminal, signals, reports, libraries.
const LEFT_FREE: usize = 128;

/// The default of most systems, where no bound is told.
const USUAL_BOUND: u64 = 1024;

/// One input, open unless there were too many.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    file: Option<Arc<File>>,
}

impl Held {
    /// Opens an input; waits for the writer of a FIFO. Closes it again unless it shall be kept, or
    /// could not be opened a second time.
    pub(super) fn open(path: &Path, keep: bool) -> Result<Self, SourceError> {
        let unreadable = |error: io::Error| input::unreadable(path, &error);
        let file = open_file(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(SourceError::Directory { file: input::name(path) });
        }
        let file = (keep || !is_lasting(path, &metadata)).then(|| Arc::new(file));
        Ok(Self { path: path.to_owned(), file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes: of a file from its beginning, of a pipe those that are left.
    pub(super) fn bytes(&self) -> io::Result<(Bytes, Metadata)> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::new(open_file(&self.path)?),
        };
        let metadata = file.metadata()?;
        let at = is_lasting(&self.path, &metadata).then_some(0);
        Ok((Bytes { file, at }, metadata))
    }
}

/// Whether it can be read more than once. Where standard input is a file, it need not be at its
/// beginning.
fn is_lasting(path: &Path, metadata: &Metadata) -> bool {
    metadata.is_file() && !input::is_standard_input(path)
}

fn open_file(path: &Path) -> io::Result<File> {
    if input::is_standard_input(path) {
        // The descriptor itself: a second buffer in front of ours would only copy.
        return io::stdin().as_fd().try_clone_to_owned().map(File::from);
    }
    File::open(path)
}

/// Reads a file by places of its own, so that several can read the same one; a pipe as it comes.
#[derive(Debug)]
pub(super) struct Bytes {
    file: Arc<File>,
    at: Option<u64>,
}

impl Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.at {
            None => (&*self.file).read(buf),
            Some(at) => {
                let read = self.file.read_at(buf, *at)?;
                *at += read as u64;
                Ok(read)
            }
        }
    }
}

/// Opens all inputs. Beyond so many files, they are closed again, and opened by their names when
/// they are due.
pub(super) fn hold(paths: &[PathBuf], room: usize) -> Result<Vec<Arc<Held>>, SourceError> {
    let open = |(nth, path): (usize, &PathBuf)| Held::open(path, nth < room).map(Arc::new);
    paths.iter().enumerate().map(open).collect()
}

/// How many files may stay open in this process: asks for as many descriptors as they need.
pub(super) fn room_for(files: usize) -> usize {
    let wanted = (files.saturating_add(LEFT_FREE)) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let granted = current.unwrap_or(USUAL_BOUND);
    let more = maximum.map_or(wanted, |most| most.min(wanted));
    let raised = more > granted
        && setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum }).is_ok();
    let granted = if raised { more } else { granted };
    usize::try_from(granted).unwrap_or(usize::MAX).saturating_sub(LEFT_FREE)
}

/// Those that were closed again.
pub(super) fn closed(all: &[Arc<Held>]) -> impl Iterator<Item = &Path> {
    all.iter().filter(|held| held.file.is_none()).map(|held| held.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(held: &Held) -> String {
        let mut text = String::new();
        held.bytes().unwrap().0.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_file_is_read_again_though_its_name_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "capture").unwrap();
        let held = Held::open(&path, true).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut first = held.bytes().unwrap().0;
        let mut three = [0; 3];
        first.read_exact(&mut three).unwrap();
        assert_eq!(text(&held), "capture", "another reader is elsewhere in it");
        let mut rest = String::new();
        first.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "ture");
    }

    #[test]
    fn what_there_is_no_room_for_is_opened_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        for path in &paths {
            std::fs::write(path, "old").unwrap();
        }
        let held = hold(&paths, 1).unwrap();
        assert_eq!(closed(&held).collect::<Vec<_>>(), [paths[1].as_path()]);
        for path in &paths {
            std::fs::remove_file(path).unwrap();
            std::fs::write(path, "new").unwrap();
        }
        assert_eq!(held.iter().map(|held| text(held)).collect::<Vec<_>>(), ["old", "new"]);
    }

    #[test]
    fn there_is_room_for_a_few_files_everywhere() {
        assert!(room_for(10) >= 10);
        assert!(room_for(2000) >= 800, "{}", room_for(2000));
    }
}
