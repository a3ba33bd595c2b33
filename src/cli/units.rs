//! Values as people type them: sizes, durations, list lengths and what is in focus.
//!
//! Each function is a clap value parser: text in, value or one sentence out.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;

use crate::focus::{Focus, SLOW_AFTER};
use crate::mask::{Key, LEAST_KEY};
use crate::snapshot::Speed;
use crate::source::Direction;

/// The least that `--max-memory` may be: below it, no table holds enough to be worth reading.
const LEAST_MEMORY: u64 = 16 << 20;
/// A file of packets is at least so long.
const LEAST_FILE: u64 = 1 << 20;
/// libpcap takes the size of the capture buffer as a C `int`.
const MOST_BUFFER: u64 = (1 << 31) - 1;
/// What tcpdump and Wireshark call "unlimited": longer than any frame.
pub(super) const MOST_SNAPLEN: u32 = 262_144;
/// More than one thread that reads can keep busy.
const MOST_THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);
/// An Ethernet, an IPv6, a UDP and a DNS header; less than that shows no RCODE.
const LEAST_SNAPLEN: u32 = 74;

/// A size in bytes: `512MiB`, `64M` (decimal), `1048576`.
fn size(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>()
        .map(|size| size.as_u64())
        .map_err(|_| "not a size; write it like 512MiB, 64M or a number of bytes".into())
}

/// The bound of all tables.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    match size(text)? {
        bytes if bytes < LEAST_MEMORY => {
            Err(format!("too little; at least {}", ByteSize(LEAST_MEMORY)))
        }
        bytes => Ok(bytes),
    }
}

/// The length of files: what is written at once has to fit.
pub(super) fn file_size(text: &str) -> Result<u64, String> {
    match size(text)? {
        bytes if bytes < LEAST_FILE => {
            Err(format!("too little; at least {}", ByteSize(LEAST_FILE)))
        }
        bytes => Ok(bytes),
    }
}

/// The kernel's capture buffer.
pub(super) fn buffer(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("a buffer of nothing loses every packet; write it like 64MiB".into()),
        bytes if bytes > MOST_BUFFER => Err("too much; less than 2GiB".into()),
        bytes => Ok(bytes),
    }
}

/// Which way packets go that are captured.
pub(super) fn direction(text: &str) -> Result<Direction, String> {
    Direction::of(text).ok_or_else(|| "neither `in` nor `out`; both ways are the default".into())
}

/// How many bytes of each frame are captured; 0 means all, as tcpdump has it.
pub(super) fn snaplen(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) => Ok(MOST_SNAPLEN),
        Ok(bytes) if (LEAST_SNAPLEN..=MOST_SNAPLEN).contains(&bytes) => Ok(bytes),
        _ => Err(format!(
            "not a length; {LEAST_SNAPLEN} to {MOST_SNAPLEN} bytes, or 0 for whole frames"
        )),
    }
}

/// A length of time above zero: `5s`, `300ms`, `2m`; a bare number counts seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u64>().map(Duration::from_secs);
    match seconds.or_else(|_| humantime::parse_duration(text)) {
        Ok(Duration::ZERO) => Err("zero is no time; write it like 300ms, 5s or 2m".into()),
        Ok(duration) => Ok(duration),
        Err(_) => Err("not a duration; write it like 300ms, 5s or 2m".into()),
    }
}

/// How many rows a list has: a number above zero, or `all`.
pub(super) fn top(text: &str) -> Result<usize, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(usize::MAX);
    }
    match text.parse() {
        Ok(rows) if rows > 0 => Ok(rows),
        _ => Err("not a number of rows; 1 or more, or `all`".into()),
    }
}

/// Where to listen: an address and a port, or a port of this host alone. Names are not looked up.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text).parse::<u16>();
    let here = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    here.or_else(|_| text.parse()).map_err(|_| {
        "not an address and a port; write it like 127.0.0.1:9953, [::1]:9953 or 9953".into()
    })
}

/// A share in percent, with or without the sign.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("not a percentage; 0 to 100".into()),
    }
}

/// How many threads.
pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse() {
        Ok(threads) if threads <= MOST_THREADS => Ok(threads),
        _ => Err(format!("not a number of threads; 1 to {MOST_THREADS}")),
    }
}

/// How fast a capture is played: `10x`, `0.5x`, or without the x.
pub(super) fn speed(text: &str) -> Result<Speed, String> {
    let number = text.strip_suffix(['x', 'X']).unwrap_or(text).parse::<f64>().ok();
    let a_second = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    let thousandths = a_second.and_then(|passes| u32::try_from(passes.as_millis()).ok());
    thousandths.and_then(Speed::from_thousandths).ok_or_else(|| {
        let (least, most) = (Speed::SLOWEST, Speed::FASTEST);
        format!("not a speed; {least} to {most}, where 1x is as it was captured")
    })
}

/// Where pseudonyms come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A key that is made for this run and forgotten.
    Random,
    /// A key that was typed.
    Key(Key),
    /// A key that is in a file.
    File(PathBuf),
}

/// A key for pseudonyms, or `@` and the name of a file with one; nothing for a random one.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    match text.strip_prefix('@') {
        Some("") => Err("a file name is missing behind the @".into()),
        Some(path) => Ok(Secret::File(path.into())),
        None if text.is_empty() => Ok(Secret::Random),
        None => Key::from_text(text).map(Secret::Key).ok_or_else(|| {
            format!(
                "a key that can be guessed is none; at least {LEAST_KEY} letters, or leave it out \
                 for a random one"
            )
        }),
    }
}

/// What everything revolves around, and what takes longer is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focused {
    /// What is in focus.
    pub focus: Focus,
    /// A first response that took longer is slow.
    pub slow_after: Duration,
}

/// A response code by its name or number, `no-response`, or `slow`, perhaps with a time.
pub(super) fn focus(text: &str) -> Result<Focused, String> {
    let (word, after) = match text.split_once(':') {
        None => (text, SLOW_AFTER),
        Some((word, after)) => (word, duration(after)?),
    };
    let focus = word.parse::<Focus>().map_err(|error| error.to_string())?;
    if focus != Focus::Slow && word != text {
        return Err(format!("a time goes with slow only, as in slow:200ms; {focus} has none"));
    }
    Ok(Focused { focus, slow_after: after })
}

/// The longest name of a sensor, in bytes: escaped, it is still the name of a folder.
const MOST_SENSOR: usize = 80;

/// The name of who captured: anything that names a folder, once it is escaped.
pub(super) fn sensor(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("a sensor needs a name".to_owned()),
        length if length > MOST_SENSOR => {
            Err(format!("too long: a name of a sensor has at most {MOST_SENSOR} bytes"))
        }
        _ => Ok(text.to_owned()),
    }
}

/// The file to write; none for `-`, which is standard output here as elsewhere.
pub(super) fn file(output: Option<PathBuf>) -> Option<PathBuf> {
    output.filter(|path| path != Path::new("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: std::fmt::Debug>(parse: fn(&str) -> Result<T, String>, text: &str, expected: &str) {
        let got = parse(text).map_or_else(|err| err, |value| format!("{value:?}"));
        assert!(got.starts_with(expected), "{text:?} gave {got:?}, expected {expected:?}");
    }

    #[test]
    fn sizes_are_binary_with_an_i_and_decimal_without() {
        check(memory, "512MiB", "536870912");
        check(memory, "64M", "64000000");
        check(memory, "20000000", "20000000");
        check(memory, "1G", "1000000000");
    }

    #[test]
    fn sizes_that_cannot_work_say_what_can() {
        check(file_size, "1k", "too little; at least 1.0 MiB");
        check(file_size, "1MiB", "1048576");
        check(memory, "1", "too little; at least 16");
        check(memory, "much", "not a size");
        check(memory, "-1", "not a size");
        check(buffer, "0", "a buffer of nothing");
        check(buffer, "2GiB", "too much");
        check(buffer, "32MiB", "33554432");
    }

    #[test]
    fn a_bare_number_of_time_is_seconds() {
        check(duration, "5", "5s");
        check(duration, "300ms", "300ms");
        check(duration, "2m", "120s");
        check(duration, "0", "zero");
        check(duration, "0s", "zero");
        check(duration, "-5s", "not a duration");
        check(duration, "soon", "not a duration");
    }

    #[test]
    fn zero_snaplen_means_whole_frames() {
        check(snaplen, "0", "262144");
        check(snaplen, "96", "96");
        check(snaplen, "20", "not a length");
        check(snaplen, "262145", "not a length");
    }

    #[test]
    fn all_lifts_the_bound_of_lists() {
        check(top, "all", &usize::MAX.to_string());
        check(top, "3", "3");
        check(top, "0", "not a number of rows");
        check(top, "-1", "not a number of rows");
    }

    #[test]
    fn there_is_at_least_one_thread() {
        check(threads, "1", "1");
        check(threads, "64", "64");
        check(threads, "0", "not a number of threads");
        check(threads, "65", "not a number of threads");
        check(threads, "many", "not a number of threads");
    }

    #[test]
    fn speeds_are_factors_within_what_makes_sense() {
        let told = |text: &str| speed(text).map_or_else(|err| err, |speed| speed.to_string());
        for (text, expected) in
            [("1", "1x"), ("10x", "10x"), ("0.1X", "0.1x"), ("2.5", "2.5x"), ("1000x", "1000x")]
        {
            assert_eq!(told(text), expected);
        }
        for text in ["0", "0.09", "1001", "-1", "nan", "inf", "1e99", "x", "", "max", "10 x"] {
            let refusal = told(text);
            assert!(refusal.starts_with("not a speed; 0.1x to 1000x"), "{text}: {refusal}");
        }
    }

    #[test]
    fn the_focus_is_a_code_by_name_or_number_or_one_of_two_words() {
        let of =
            |focus: &str, after: &str| format!("Focused {{ focus: {focus}, slow_after: {after} }}");
        check(focus, "servfail", &of("Rcode(Rcode(2))", "500ms"));
        check(focus, "5", &of("Rcode(Rcode(5))", "500ms"));
        check(focus, "no-response", &of("NoResponse", "500ms"));
        check(focus, "slow", &of("Slow", "500ms"));
        check(focus, "Slow:1.5s", &of("Slow", "1.5s"));
        check(focus, "slow:200ms", &of("Slow", "200ms"));
        check(focus, "slow:2", &of("Slow", "2s"));
    }

    #[test]
    fn a_focus_that_is_none_says_what_there_is() {
        for wrong in ["REFUSD", "slower", "", "silence:2s"] {
            check(focus, wrong, "no such response code; give a name like REFUSED, a number");
        }
        check(focus, "slow:", "not a duration");
        check(focus, "slow:0s", "zero is no time");
        check(focus, "REFUSED:2s", "a time goes with slow only");
    }
}
