//! A folder as a shelf: files are written aside and renamed to a name that is free.

use std::fs::{self, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use super::shelf::{Aside, Shelf};
use crate::record::MODE;

/// A folder and all below it.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;

impl Shelf for Folder {
    fn begin(&mut self, path: &Path) -> io::Result<Box<dyn Aside>> {
        // Nothing above the folder, whoever asks.
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "no path below the folder"));
        }
        let path = self.0.join(path);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)?;
        if path.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        // A name that begins with a dot: who reads the folder passes over it.
        let mut aside = tempfile::Builder::new();
        aside.prefix(".rcodetop-").suffix(".part").permissions(Permissions::from_mode(MODE));
        let file = aside.tempfile_in(folder).map_err(without_its_name)?;
        Ok(Box::new(Unnamed { out: BufWriter::with_capacity(CHUNK, file), path }))
    }
}

/// What the system says; the name of a file aside is nothing that anybody knows.
fn without_its_name(error: io::Error) -> io::Error {
    let told = error.to_string();
    match told.split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why.to_owned()),
        None => error,
    }
}

struct Unnamed {
    out: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Write for Unnamed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(without_its_name)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(without_its_name)
    }
}

impl Aside for Unnamed {
    fn keep(self: Box<Self>) -> io::Result<()> {
        let Self { out, path } = *self;
        let file = out.into_inner().map_err(|failed| without_its_name(failed.into_error()))?;
        // Some file systems find out only now that there is no room.
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|failed| without_its_name(failed.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_gets_its_name_when_it_is_whole_and_never_that_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Folder(folder.path().to_owned());
        let mut file = shelf.begin(Path::new("a/b.csv")).unwrap();
        file.write_all(b"one").unwrap();
        assert!(!folder.path().join("a/b.csv").exists());
        file.keep().unwrap();
        assert_eq!(fs::read(folder.path().join("a/b.csv")).unwrap(), b"one");
        let mode = folder.path().join("a/b.csv").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "who asked for what is not for everybody: {mode:o}");
        let taken = shelf.begin(Path::new("a/b.csv")).err().unwrap();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        let late = shelf.begin(Path::new("a/c.csv")).unwrap();
        fs::write(folder.path().join("a/c.csv"), "theirs").unwrap();
        assert_eq!(late.keep().err().unwrap().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join("a/c.csv")).unwrap(), b"theirs");
        assert_eq!(files(&folder.path().join("a")), ["b.csv", "c.csv"]);
    }

    #[test]
    fn what_is_dropped_leaves_nothing_and_no_path_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Folder(folder.path().join("in"));
        drop(shelf.begin(Path::new("x.csv")).unwrap());
        assert!(files(&folder.path().join("in")).is_empty());
        for path in ["../x.csv", "/tmp/x.csv", "a/../../x.csv", "."] {
            let refused = shelf.begin(Path::new(path)).err().unwrap();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{path}");
        }
        assert_eq!(files(folder.path()), ["in"]);
    }
}
