//! The socket on which servers tell dnstap: whom it belongs to, and that it goes in the end.

use std::path::Path;

use anyhow::{Context, bail};

use super::remover::{self, Remover};
use crate::cli::Rights;
use crate::confine::{self, Identity};
use crate::source::{DnstapSocket, SourceError};
use crate::wire::name::escape_text;

/// Makes the socket for the user who called sudo, or who runs the program, and sees to it that it is
/// gone at the end.
pub(super) fn open(path: &Path, rights: &Rights) -> anyhow::Result<(DnstapSocket, Remover)> {
    let socket = match confine::owner() {
        Some(user) => open_for(path, &user)?,
        None => DnstapSocket::open(path)?,
    };
    let Some(file) = socket.file() else {
        let path = escape_text(path.as_os_str().as_encoded_bytes());
        bail!("{path} is gone as soon as it was made; does another program remove it?");
    };
    let remover = remover::of(path, file, rights)?;
    Ok((socket, remover))
}

/// With the rights of the user, as all that is written for them; and in a folder where they may make
/// no file, and so exchange none either, as root.
fn open_for(path: &Path, user: &Identity) -> anyhow::Result<DnstapSocket> {
    match confine::as_user(user, || DnstapSocket::open(path))? {
        Err(SourceError::Socket { is_denied: true, .. }) => {}
        opened => return Ok(opened?),
    }
    let socket = DnstapSocket::open(path)?;
    // Its group stays: a folder may have given it one on purpose.
    std::os::unix::fs::lchown(path, Some(user.uid), None).with_context(|| {
        let path = escape_text(path.as_os_str().as_encoded_bytes());
        format!("cannot give {path} to {}, who called sudo", user.name)
    })?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::FileId;

    #[test]
    fn the_socket_is_removed_and_another_of_its_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dnstap.sock");
        let (socket, remover) = open(&path, &Rights::All).unwrap();
        drop(remover);
        assert!(!path.exists());
        drop(socket);
        let (first, remover) = open(&path, &Rights::All).unwrap();
        fs::rename(&path, folder.path().join("first")).unwrap();
        let second = DnstapSocket::open(&path).unwrap();
        drop(remover);
        assert_eq!(FileId::at(&path), second.file());
        drop(first);
    }
}
