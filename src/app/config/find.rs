//! Where the configuration file is, and whether it may be trusted.
//!
//! Through sudo it is the one of the user behind it; root then only follows what that user or root
//! alone can have written.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::{Config, parse};
use crate::cli;
use crate::wire::name::escape_text;

/// No one writes that many settings.
const LONGEST: u64 = 64 << 10;

/// The settings, and what the user has to know of a file that was not read.
pub(crate) fn load(which: &cli::Config) -> anyhow::Result<(Config, Option<String>)> {
    match which {
        cli::Config::Without => Ok((Config::default(), None)),
        cli::Config::File(path) => {
            let text = open(path)
                .and_then(text)
                .with_context(|| format!("cannot read the configuration file {}", shown(path)))?;
            Ok((parse(&text, &shown(path))?, None))
        }
        cli::Config::Usual => usual(&Caller::now()),
    }
}

/// Who runs the program.
struct Caller {
    is_root: bool,
    /// The user behind sudo.
    behind: Option<u32>,
    variable: fn(&str) -> Option<String>,
    /// The text of the file that knows the home of each user.
    users: fn() -> String,
}

impl Caller {
    fn now() -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let behind = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
        Self {
            is_root,
            behind: behind.filter(|_| is_root),
            variable: |name| std::env::var(name).ok().filter(|value| !value.is_empty()),
            users: || fs::read_to_string("/etc/passwd").unwrap_or_default(),
        }
    }

    /// Where this user's file is, if anywhere.
    fn path(&self) -> Option<PathBuf> {
        let named = (self.variable)("XDG_CONFIG_HOME").map(PathBuf::from);
        // The specification says that what is not absolute is ignored.
        let folder = named.filter(|path| path.is_absolute()).or_else(|| {
            let home = match self.behind {
                Some(uid) => home(&(self.users)(), uid)?,
                None => PathBuf::from((self.variable)("HOME")?),
            };
            Some(home.join(".config"))
        })?;
        Some(folder.join("rcodetop").join("config.toml"))
    }

    /// Why a file is not to be followed, if so.
    fn distrusts(&self, owner: u32, mode: u32) -> Option<String> {
        let known = owner == 0 || self.behind == Some(owner);
        match (self.is_root, known, mode & 0o022) {
            (false, ..) | (true, true, 0) => None,
            (true, false, _) => Some(format!(
                "it belongs to user {owner}, neither to root nor to the user behind sudo"
            )),
            (true, true, _) => {
                Some("others can write it; `chmod go-w` keeps them from it".to_owned())
            }
        }
    }
}

/// The home of a user, as `/etc/passwd` has it.
fn home(users: &str, uid: u32) -> Option<PathBuf> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut user = fields.filter(|fields| fields.get(2) == Some(&uid.to_string().as_str()));
    user.next()?.get(5).map(PathBuf::from)
}

fn usual(caller: &Caller) -> anyhow::Result<(Config, Option<String>)> {
    let Some(path) = caller.path() else { return Ok((Config::default(), None)) };
    let ignored = |why: String| {
        let note = format!("{} is not read: {why}", shown(&path));
        Ok((Config::default(), Some(note)))
    };
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok((Config::default(), None)),
        Err(error) => return ignored(format!("{error:#}")),
    };
    // Of the open file, not of the path: that may name another one by now.
    let found = file.metadata()?;
    if let Some(why) = caller.distrusts(found.uid(), found.mode()) {
        return ignored(why);
    }
    match text(file) {
        Ok(text) => Ok((parse(&text, &shown(&path))?, None)),
        Err(error) => ignored(format!("{error:#}")),
    }
}

fn is_absent(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// Opens what is a file; a pipe would keep us waiting.
fn open(path: &Path) -> anyhow::Result<File> {
    ensure!(fs::metadata(path)?.is_file(), "it is no file");
    Ok(File::open(path)?)
}

fn text(file: File) -> anyhow::Result<String> {
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= LONGEST, "it is longer than {LONGEST} bytes");
    Ok(text)
}

fn shown(path: &Path) -> String {
    escape_text(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";

    fn caller(behind: Option<u32>, variable: fn(&str) -> Option<String>) -> Caller {
        Caller { is_root: behind.is_some(), behind, variable, users: || USERS.to_owned() }
    }

    #[track_caller]
    fn check_path(caller: &Caller, expected: &str) {
        assert_eq!(caller.path(), Some(PathBuf::from(expected)));
    }

    #[test]
    fn the_file_is_where_the_specification_says() {
        let home = |name: &str| (name == "HOME").then(|| "/home/bob".to_owned());
        check_path(&caller(None, home), "/home/bob/.config/rcodetop/config.toml");
        check_path(&caller(None, |_| Some("/x".to_owned())), "/x/rcodetop/config.toml");
        let relative = |name: &str| {
            let value = if name == "HOME" { "/home/bob" } else { "conf" };
            Some(value.to_owned())
        };
        check_path(&caller(None, relative), "/home/bob/.config/rcodetop/config.toml");
        assert_eq!(caller(None, |_| None).path(), None);
    }

    #[test]
    fn through_sudo_it_is_that_of_the_user_behind() {
        let home = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        check_path(&caller(Some(1000), home), "/home/ann/.config/rcodetop/config.toml");
        assert_eq!(caller(Some(1001), home).path(), None, "nobody knows that user");
    }

    #[test]
    fn root_follows_only_what_root_or_the_user_behind_can_have_written() {
        let sudo = caller(Some(1000), |_| None);
        assert_eq!(sudo.distrusts(1000, 0o100_644), None);
        assert_eq!(sudo.distrusts(0, 0o100_600), None);
        assert!(sudo.distrusts(1001, 0o100_600).unwrap().contains("belongs to user 1001"));
        for mode in [0o100_664, 0o100_646] {
            assert!(sudo.distrusts(1000, mode).unwrap().contains("others can write it"));
        }
        assert_eq!(caller(None, |_| None).distrusts(1001, 0o100_666), None);
    }

    #[test]
    fn what_is_no_file_or_too_long_is_refused() {
        assert!(open(Path::new("/")).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.toml");
        fs::write(&path, "#".repeat(1 << 17)).unwrap();
        let error = open(&path).and_then(text).unwrap_err().to_string();
        assert_eq!(error, "it is longer than 65536 bytes");
        assert!(is_absent(&open(&folder.path().join("none")).unwrap_err()));
    }
}
