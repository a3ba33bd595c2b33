//! Any bytes as a capture file, compressed or not: the reader ends, and gives out no more than
//! there is.
#![no_main]

use std::fs;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use rcodetop::source::{FileOptions, Next, open_files};

/// A few bytes can unpack to a great many; the source bounds that by itself, but not to what a
/// fuzzer can wait for.
const MOST_FRAMES: usize = 100_000;

fuzz_target!(|bytes: &[u8]| {
    let path = scratch();
    fs::write(&path, bytes).expect("the scratch file can be written");
    let Ok(mut source) = open_files(std::slice::from_ref(&path), &FileOptions::default()) else {
        return;
    };
    for _ in 0..MOST_FRAMES {
        match source.next() {
            Next::Frame(frame) => assert!(frame.bytes.len() <= 1 << 20, "longer than any frame"),
            Next::Quiet => {}
            Next::End(_) => {
                assert!(matches!(source.next(), Next::End(_)), "the end is the end");
                return;
            }
        }
    }
});

/// A file of this process, in memory where the system has such a place.
fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("rcodetop-fuzz-{}.pcap", std::process::id()))
}
