//! What whoever started the program had open, and did not mean for it.
//!
//! A descriptor that is inherited can be read and written whatever the rules for files say, and goes
//! on to every process that is started. Knows nothing of what is behind one.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::RawFd;

use nix::unistd::close;

/// Where the kernel lists what this process has open.
const OPEN: &str = "/proc/self/fd";
/// Where that cannot be read, all up to this one are tried.
const HIGHEST: RawFd = 1023;
/// Standard input, output and error.
const LAST_OF_THE_STANDARD: RawFd = 2;

/// Closes what is open beside standard input, output and error, and is named by none of these
/// words, as `/dev/fd/63` is in `rcodetop <(zcat a.pcap.gz)`. To be called before anything is opened.
pub fn close_inherited<T: AsRef<OsStr>>(words: impl IntoIterator<Item = T>) {
    let mut kept = Vec::new();
    words.into_iter().for_each(|word| named(word.as_ref(), &mut kept));
    for descriptor in open() {
        if descriptor > LAST_OF_THE_STANDARD && !kept.contains(&descriptor) {
            // That of the list itself is closed by now.
            let _ = close(descriptor);
        }
    }
}

/// The descriptors, that of the list among them.
fn open() -> Vec<RawFd> {
    let Ok(entries) = fs::read_dir(OPEN) else { return (0..=HIGHEST).collect() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Adds those that a word names: `/dev/fd/N`, `/proc/self/fd/N`, by themselves or after an option.
fn named(word: &OsStr, kept: &mut Vec<RawFd>) {
    let word = word.to_string_lossy();
    kept.extend(word.split("/fd/").skip(1).filter_map(|rest| {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..digits)?.parse::<RawFd>().ok()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_named_by_the_paths_that_lead_to_it() {
        for (word, expected) in [
            ("/dev/fd/63", &[63][..]),
            ("/proc/self/fd/3", &[3]),
            ("--baseline=/dev/fd/12", &[12]),
            ("-w/dev/fd/7", &[7]),
            ("/dev/fd/63,/dev/fd/62", &[63, 62]),
            ("/dev/fd/", &[]),
            ("/dev/fd/99999999999", &[]),
            ("a63.pcap", &[]),
        ] {
            let mut kept = Vec::new();
            named(OsStr::new(word), &mut kept);
            assert_eq!(kept, expected, "{word}");
        }
    }
}
