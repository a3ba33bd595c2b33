//! The Unix socket on which senders of dnstap are waited for: how it comes to be, and nothing of
//! what is said on it.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::umask;

use super::SourceError;
use crate::wire::name::escape_text;

/// What others may not do with it: whoever may write to it may tell anything.
const OTHERS: Mode = Mode::RWXO.union(Mode::XUSR).union(Mode::XGRP);

/// Which file of a file system it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The number of the file system.
    pub device: u64,
    /// The number of the file in it.
    pub number: u64,
}

impl FileId {
    /// The socket that is at a path now, if one is.
    pub fn at(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        found.file_type().is_socket().then(|| Self::of(&found))
    }

    fn of(found: &Metadata) -> Self {
        Self { device: found.dev(), number: found.ino() }
    }
}

/// A socket that listens, and of which nothing was read.
#[derive(Debug)]
pub struct DnstapSocket {
    pub(super) listener: UnixListener,
    file: Option<FileId>,
}

impl DnstapSocket {
    /// Makes the socket, for its owner and their group alone (mode 0660). One that a program left
    /// behind which is gone is replaced. Call it while there is one thread: the mask for new files
    /// is that of all.
    ///
    /// # Errors
    ///
    /// Another program listens there, something else has the name, or it cannot be made.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let name = || escape_text(path.as_os_str().as_encoded_bytes());
        let failed = |why: &io::Error| SourceError::socket(name(), why);
        clear(path)?;
        let before = umask(OTHERS);
        let bound = UnixListener::bind(path);
        umask(before);
        let listener = bound.map_err(|why| failed(&why))?;
        listener.set_nonblocking(true).map_err(|why| failed(&why))?;
        Ok(Self { listener, file: FileId::at(path) })
    }

    /// Which file it is, for who removes it; `None` if it is gone already.
    pub fn file(&self) -> Option<FileId> {
        self.file
    }
}

/// Takes away a socket on which nobody listens any more.
fn clear(path: &Path) -> Result<(), SourceError> {
    let name = || escape_text(path.as_os_str().as_encoded_bytes());
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => return Err(SourceError::NoSocket { path: name() }),
        Err(_) => return Ok(()), // making it tells what is wrong with the path
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(SourceError::SocketTaken { path: name() }),
        Err(why) if why.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|why| SourceError::socket(name(), &why))
        }
        Err(why) => Err(SourceError::socket(name(), &why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(path: &Path, why: &str) {
        let told = DnstapSocket::open(path).unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
    }

    #[test]
    fn a_socket_is_for_its_owner_and_group_and_takes_the_place_of_a_dead_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dnstap.sock");
        let first = DnstapSocket::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        assert_eq!(first.file(), FileId::at(&path));
        check_refused(&path, "another program listens on");
        drop(first);
        let second = DnstapSocket::open(&path).unwrap();
        assert_eq!(second.file(), FileId::at(&path));
        let file = tempfile::NamedTempFile::new().unwrap();
        let mode = fs::metadata(file.path()).unwrap().mode();
        assert_eq!(mode & 0o600, 0o600, "the mask for new files is as before");
    }

    #[test]
    fn what_is_no_socket_is_left_alone_and_what_cannot_be_made_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a\u{1b}"), folder.path().join("link"));
        fs::write(&file, "precious").unwrap();
        check_refused(&file, "a\\027 exists and is no socket; name another path");
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        check_refused(&link, "exists and is no socket");
        check_refused(&folder.path().join("none/dnstap.sock"), "its folder must exist");
        check_refused(&folder.path().join("x".repeat(120)), "a shorter path");
        assert_eq!(FileId::at(&file), None);
    }
}
