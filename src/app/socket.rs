//! The socket on which servers tell dnstap: whom it belongs to, and who removes it.
//!
//! Whoever reads packets may remove no file: where the program is confined a process of its own
//! does, which can do nothing else. It sees no packet and ends with the program, however that ends.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout};

use anyhow::{Context, bail};

use super::writer;
use crate::cli::{Removal, Rights};
use crate::confine::{self, Identity, Role, Wishes};
use crate::source::{DnstapSocket, SocketFile, SourceError};
use crate::wire::name::escape_text;

const NOT_STARTED: &str = "cannot start the process that removes the socket";

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
    let stay = matches!(rights, Rights::Confined { user: Some(user) } if user == "root");
    let removal = Removal { path: path.to_owned(), file, stay };
    let remover = match rights {
        Rights::Confined { .. } if cfg!(target_os = "linux") => start(&removal)?,
        Rights::Confined { .. } | Rights::All => Remover(Who::Oneself(removal)),
    };
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

/// Removes the socket when it is dropped, or at the latest at the end of the program.
pub(super) struct Remover(Who);

enum Who {
    Oneself(Removal),
    Other(Option<ChildStdin>, BufReader<ChildStdout>),
}

/// Starts the process and waits until it is confined.
fn start(removal: &Removal) -> anyhow::Result<Remover> {
    let Removal { path, file, stay } = removal;
    let mut words = vec![];
    if *stay {
        words.push("--stay".into());
    }
    words.extend(["--".into(), path.into()]);
    words.extend([file.device, file.number].map(|number| number.to_string().into()));
    let (to, mut from) = writer::spawn("remove-socket", words).context(NOT_STARTED)?;
    let mut line = String::new();
    from.read_line(&mut line).context(NOT_STARTED)?;
    match line.trim_end() {
        READY => Ok(Remover(Who::Other(Some(to), from))),
        "" => bail!("{NOT_STARTED}: it ended at once"),
        why => bail!("{NOT_STARTED}: {why}"),
    }
}

/// What the process says once it is confined.
const READY: &str = "ready";

impl Drop for Remover {
    fn drop(&mut self) {
        match &mut self.0 {
            Who::Oneself(removal) => remove(&removal.path, removal.file),
            Who::Other(to, from) => {
                drop(to.take());
                // Until it has ended. What it could not remove is replaced the next time.
                let _ = io::copy(from, &mut io::sink());
            }
        }
    }
}

/// The process itself: confines itself, waits for the end of its input, and removes the socket.
pub(super) fn serve(removal: &Removal) -> anyhow::Result<()> {
    writer::outlive_signals()?;
    let mut output = io::stdout().lock();
    let name = match confined(removal) {
        Ok(name) => name,
        Err(why) => return Ok(writeln!(output, "{why:#}")?),
    };
    writeln!(output, "{READY}")?;
    output.flush()?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    remove(&name, removal.file);
    Ok(())
}

/// Goes into the folder, so that no path has to be looked up with the rights of somebody else.
fn confined(removal: &Removal) -> anyhow::Result<PathBuf> {
    let folder = match removal.path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = removal.path.file_name().context("the socket has no name")?;
    let user =
        if removal.stay { confine::analyst(Some("root"))? } else { confine::holder(folder)? };
    std::env::set_current_dir(folder)?;
    confine::confine(&Wishes { user, ..Wishes::of(Role::Remover(".".into())) })?;
    Ok(name.into())
}

/// Not another one that has its name by now.
fn remove(path: &Path, file: SocketFile) {
    if SocketFile::at(path) == Some(file) {
        // What stays is replaced the next time.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(SocketFile::at(&path), second.file());
        drop(first);
    }
}
