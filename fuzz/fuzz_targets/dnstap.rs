//! Any bytes as the frames of a dnstap file: it ends, and its books balance.
#![no_main]

use std::fs;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::SnapshotSpec;
use rcodetop::source::{FileOptions, Next, open_files};

/// What every file begins with: without it, hardly any bytes are one.
const START: &[u8] = b"\0\0\0\0\0\0\0\x22\0\0\0\x02\0\0\0\x01\0\0\0\x16protobuf:dnstap.Dnstap";

fuzz_target!(|bytes: &[u8]| {
    let path = scratch();
    fs::write(&path, [START, bytes].concat()).expect("the scratch file can be written");
    let Ok(mut source) = open_files(std::slice::from_ref(&path), &FileOptions::default()) else {
        return;
    };
    let mut engine = Engine::new(EngineConfig::default());
    loop {
        match source.next() {
            Next::Frame(frame) => engine.feed(&frame),
            Next::Quiet => {}
            Next::End(_) => break,
        }
    }
    engine.finish();
    assert!(engine.snapshot(&SnapshotSpec::default()).ledger.balances());
});

/// A file of this process, in memory where the system has such a place.
fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("rcodetop-fuzz-{}.dnstap", std::process::id()))
}
