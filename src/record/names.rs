//! The names of files that are written one after the other, and those that were there before.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::RecordOptions;
use crate::time::Timestamp;

/// So many files of earlier recordings are counted; of more, nothing is begun.
const MOST_EARLIER: usize = 1 << 16;

/// `20261121T031200Z`, as [`Timestamp::stamp`] writes it: a digit for each zero.
const STAMP: &[u8] = b"00000000T000000Z";
/// Digits of a number at least.
const DIGITS: usize = 4;

/// `dns.pcapng` becomes `dns-20261121T031200Z-0001.pcapng`.
pub(super) fn numbered(path: &Path, first: Timestamp, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{}-{number:0DIGITS$}", first.stamp()));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// The time and the number in a name that [`numbered`] makes of this path; `None` of any other.
/// Times are compared as text, as all are as long.
fn parts<'a>(path: &Path, name: &'a [u8]) -> Option<(&'a [u8], u64)> {
    let rest = name.strip_prefix(path.file_stem()?.as_encoded_bytes())?.strip_prefix(b"-")?;
    let rest = match path.extension() {
        Some(extension) => rest.strip_suffix(extension.as_encoded_bytes())?.strip_suffix(b".")?,
        None => rest,
    };
    let (stamp, rest) = rest.split_at_checked(STAMP.len())?;
    let digits = rest.strip_prefix(b"-")?;
    let fits =
        |(byte, sign): (&u8, &u8)| if *sign == b'0' { byte.is_ascii_digit() } else { byte == sign };
    let is_number = digits.len() >= DIGITS && digits.iter().all(u8::is_ascii_digit);
    (is_number && stamp.iter().zip(STAMP).all(fits)).then_some(())?;
    Some((stamp, std::str::from_utf8(digits).ok()?.parse().ok()?))
}

/// The files that earlier recordings of the same name have left, with their lengths, the oldest
/// first: they count towards the total.
#[derive(Debug, Default)]
pub struct Earlier(pub(super) Vec<(PathBuf, u64)>);

impl Earlier {
    /// Looks for them, where there is a total for several files: regular ones with a name as the
    /// program makes it of this path, that belong to this user. Others are no concern of it.
    ///
    /// # Errors
    ///
    /// The folder cannot be listed, or there are more than 65,536.
    pub fn of(options: &RecordOptions, user: u32) -> io::Result<Self> {
        if options.total.is_none() || !options.rotates() {
            return Ok(Self::default());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(options.folder())? {
            let name = entry?.file_name();
            let Some((stamp, number)) = parts(&options.path, name.as_encoded_bytes()) else {
                continue;
            };
            let path = options.path.with_file_name(&name);
            // One that somebody takes away meanwhile does not count.
            let Ok(is) = path.symlink_metadata() else { continue };
            if is.is_file() && is.uid() == user {
                found.push((stamp.to_vec(), number, path, is.len()));
            }
            if found.len() > MOST_EARLIER {
                let why = "there are too many files of earlier recordings; move them elsewhere";
                return Err(io::Error::other(why));
            }
        }
        found.sort();
        Ok(Self(found.into_iter().map(|(_, _, path, length)| (path, length)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, name: &str, number: Option<u64>) {
        let found = parts(Path::new(path), name.as_bytes());
        assert_eq!(found.map(|(_, number)| number), number, "{path}: {name}");
    }

    #[test]
    fn a_name_that_the_program_made_is_known_and_no_other_is() {
        for path in ["/var/tmp/dns.pcapng", "dns", "a.b.pcapng", "-.x"] {
            for number in [1, 9_999, 10_000] {
                let made = numbered(Path::new(path), Timestamp::new(1_795_230_720, 0), number);
                check(path, made.file_name().unwrap().to_str().unwrap(), Some(number));
            }
        }
        for name in [
            "dns.pcapng",
            "dns-20261121T031200Z-001.pcapng",
            "dns-20261121T031200Z-0001",
            "dns-20261121T031200Z-0001.pcap",
            "dns-20261121T031200Z-0001.pcapng.gz",
            "dns-20261121T031200Z-+001.pcapng",
            "dns-20261121T031200Z.pcapng",
            "dns-20261121 031200Z-0001.pcapng",
            "dns-2026112AT031200Z-0001.pcapng",
            "xdns-20261121T031200Z-0001.pcapng",
            "dns-other-20261121T031200Z-0001.pcapng",
            "dns-20261121T031200Z-99999999999999999999999.pcapng",
            "",
        ] {
            check("/var/tmp/dns.pcapng", name, None);
        }
    }
}
