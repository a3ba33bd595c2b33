//! A file that this program made and that is not to stay: who removes it.
//!
//! Whoever reads packets may remove no file: where the program is confined a process of its own
//! does, which can do nothing else. It sees no packet and ends with the program, however that ends.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout};

use anyhow::{Context, bail};

use super::writer;
use crate::cli::{Removal, Rights};
use crate::confine::{self, Role, Wishes};
use crate::source::FileId;

const NOT_STARTED: &str = "cannot start the process that removes files";

/// Removes the file when it is dropped, or at the latest at the end of the program: if it is a
/// socket, or nothing was written into it.
#[derive(Debug)]
pub(super) struct Remover(Who);

#[derive(Debug)]
enum Who {
    Oneself(Removal),
    Other(Option<ChildStdin>, BufReader<ChildStdout>),
}

/// Sees to it that a file goes: by another process, if this one is going to be confined.
pub(super) fn of(path: &Path, file: FileId, rights: &Rights) -> anyhow::Result<Remover> {
    let stay = matches!(rights, Rights::Confined { user: Some(user) } if user == "root");
    let removal = Removal { path: path.to_owned(), file, stay };
    match rights {
        Rights::Confined { .. } if cfg!(target_os = "linux") => start(&removal),
        Rights::Confined { .. } | Rights::All => Ok(Remover(Who::Oneself(removal))),
    }
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
    let (to, mut from) = writer::spawn("remove-file", words).context(NOT_STARTED)?;
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

/// The process itself: confines itself, waits for the end of its input, and removes the file.
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
    let name = removal.path.file_name().context("the file has no name")?;
    let user =
        if removal.stay { confine::analyst(Some("root"))? } else { confine::holder(folder)? };
    std::env::set_current_dir(folder)?;
    confine::confine(&Wishes { user, ..Wishes::of(Role::Remover(".".into())) })?;
    Ok(name.into())
}

/// Not another one that has its name by now, and none that has something in it.
fn remove(path: &Path, file: FileId) {
    let is_ours = |found: &fs::Metadata| {
        let kind = found.file_type();
        let is_of_no_use = kind.is_socket() || kind.is_file() && found.len() == 0;
        is_of_no_use && FileId { device: found.dev(), number: found.ino() } == file
    };
    if fs::symlink_metadata(path).is_ok_and(|found| is_ours(&found)) {
        // What stays is in the way of nobody: a socket is replaced the next time.
        let _ = fs::remove_file(path);
    }
}
