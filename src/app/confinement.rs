//! What the program keeps of its rights while it looks at packets, for each kind of input.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use super::open::Opened;
use crate::cli::{Analysis, Rights, Volume};
use crate::confine::{self, Role, Sockets, State, Status, Wishes};
use crate::source::Inputs;

/// Where Linux tells what it counts of each interface.
const INTERFACES: &str = "/sys/class/net";

/// Gives up all that is not needed from here on: all that shall be read is open, and nothing of it
/// was looked at.
pub(super) fn confine(analysis: &Analysis, opened: &Opened) -> anyhow::Result<Status> {
    give_up(Role::Analyst, &analysis.rights, opened.to_read(), opened.sockets())
}

/// The same, for who is asked on this socket what it sees.
pub(super) fn confine_monitor(
    listener: RawFd,
    analysis: &Analysis,
    opened: &Opened,
) -> anyhow::Result<Status> {
    let mut sockets = opened.sockets();
    sockets.listening.push(listener);
    give_up(Role::Monitor, &analysis.rights, opened.to_read(), sockets)
}

/// The same, where only these files may be opened yet, and these sockets be used.
pub(super) fn confine_to(
    rights: &Rights,
    read: Vec<PathBuf>,
    sockets: Sockets,
) -> anyhow::Result<Status> {
    give_up(Role::Analyst, rights, read, sockets)
}

fn give_up(
    role: Role,
    rights: &Rights,
    mut read: Vec<PathBuf>,
    sockets: Sockets,
) -> anyhow::Result<Status> {
    let Rights::Confined { user } = rights else {
        return Ok(Status::Off);
    };
    read.extend(std::env::current_exe()); // a backtrace tells the names of functions
    let user = confine::analyst(user.as_deref())?;
    let wishes = Wishes { role, user, read, sockets };
    Ok(confine::confine(&wishes)?)
}

/// What a person has to know of it, on standard error; what holds, if asked for. A step that is
/// lacking is worth a line where anybody on the network can send what is read.
pub(super) fn tell(status: &Status, volume: Volume, is_live: bool) {
    let lines = match (status, volume) {
        (_, Volume::Quiet) => Vec::new(),
        (Status::Off, _) => vec![format!("warning: {}", status.line())],
        (_, Volume::Normal) => {
            let lacking = status.lacking().filter(|_| is_live);
            lacking.into_iter().map(|lacking| format!("warning: {lacking}")).collect()
        }
        (Status::Unsupported, Volume::Verbose) => vec![status.line()],
        (Status::Confined(_), Volume::Verbose) => [vec![status.line()], status.warnings()].concat(),
    };
    for line in lines {
        // Nobody to tell is no reason to fail.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// The folders in which captures that are followed may be replaced by new files, and the files that
/// are opened again when they are due.
pub(super) fn of_files(inputs: &Inputs, paths: &[PathBuf], follow: bool) -> Vec<PathBuf> {
    let mut read: Vec<_> = inputs.to_open_again().map(Path::to_owned).collect();
    if follow {
        let places = paths.iter().filter(|path| path.is_file()).flat_map(|path| {
            let resolved = path.canonicalize().ok();
            [folder(path), resolved.as_deref().and_then(folder)]
        });
        read.extend(places.flatten());
        read.sort();
        read.dedup();
    }
    read
}

fn folder(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() })
}

/// The folders of the counters that libpcap reads to tell what an interface has lost. That of all
/// its kind: one that is removed and made again is another folder.
pub(super) fn of_interfaces(names: &[String]) -> Vec<PathBuf> {
    let counters = names.iter().filter(|name| !name.contains('/')).filter_map(|name| {
        let interface = fs::canonicalize(Path::new(INTERFACES).join(name)).ok()?;
        Some(interface.parent()?.to_owned())
    });
    let mut read: Vec<_> = counters.collect();
    read.sort();
    read.dedup();
    read
}

/// Where packets come over standard input, keys come from the terminal, which could not be opened
/// any more later; or from where the screen is, if there is no other.
#[cfg(target_os = "linux")]
pub(super) fn take_keys_from_the_terminal() {
    if !io::stdin().is_terminal() {
        let controlling = fs::OpenOptions::new().read(true).write(true).open("/dev/tty");
        // Where that fails, the dashboard says that it gets no keys.
        let _ = match controlling {
            Ok(terminal) => rustix::stdio::dup2_stdin(terminal),
            Err(_) => rustix::stdio::dup2_stdin(rustix::stdio::stdout()),
        };
    }
}

/// Where nothing is confined, it can be opened when it is needed.
#[cfg(not(target_os = "linux"))]
pub(super) fn take_keys_from_the_terminal() {}

/// The version, and how this system can confine the program.
pub(super) fn version() -> String {
    let mut text = format!("rcodetop {}\n", env!("CARGO_PKG_VERSION"));
    let offers = confine::offers();
    if offers.is_empty() {
        text += "\nNothing on this system confines the program; Linux does.\n";
    } else {
        text +=
            "\nWhile packets are read the program confines itself, as far as this system can:\n";
    }
    for (name, state) in offers {
        let told = match state {
            State::Taken(what) => what,
            State::Partial(why) | State::Lacking(why) => format!("LACKING: {why}"),
        };
        text += &format!("  {name:<18}{told}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_captures_that_are_followed_the_folders_are_open_and_of_others_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.pcap"), folder.path().join("sub/now.pcap"));
        fs::write(&path, "x").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let paths = [link];
        let inputs = Inputs::open(&paths).unwrap();
        assert_eq!(of_files(&inputs, &paths, false), Vec::<PathBuf>::new());
        let real = folder.path().canonicalize().unwrap();
        assert_eq!(of_files(&inputs, &paths, true), [real.clone(), real.join("sub")]);
    }

    #[test]
    fn a_name_that_is_a_path_opens_nothing() {
        assert_eq!(
            of_interfaces(&["../../../etc".into(), "no-such0".into()]),
            [""; 0].map(PathBuf::from)
        );
    }
}
