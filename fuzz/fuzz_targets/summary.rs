//! Any lines as a summary: it is refused in words, or read, and then what is written of it is read
//! as the same, can be added to it, and is told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rcodetop::snapshot::SnapshotSpec;
use rcodetop::summary::Sum;
use rcodetop::track::Hasher;

/// What every summary begins with: without it, hardly any bytes are one.
const MARK: &[u8] = b"\x50\x2a\x4d\x18\x12\0\0\0rcodetop.summary/1";
const MEMORY: u64 = 16 << 20;

fuzz_target!(|lines: &[u8]| {
    let hasher = Hasher::default();
    let read = |bytes: &[u8]| Sum::read(bytes, None, MEMORY, &hasher);
    let packed = zstd::bulk::compress(lines, 1).expect("memory takes it");
    let mut sum = match read(&[MARK, &packed].concat()) {
        Ok(sum) => sum,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let once = written(&sum);
    let again = read(&once).expect("what is written is read");
    assert!(written(&again) == once, "it is the same when it is written again");
    if let Err(error) = sum.add(again) {
        assert!(!error.to_string().is_empty());
        return;
    }
    let both = written(&sum);
    assert!(written(&read(&both).expect("a sum is read")) == both, "a sum is as what it is of");
    let snapshot = sum.snapshot(&SnapshotSpec { top: usize::MAX, ..SnapshotSpec::default() });
    let rows = snapshot.rcodes.iter().map(|row| row.responses);
    assert!(rows.fold(0_u64, u64::saturating_add) < u64::MAX, "{:?}", snapshot.rcodes);
});

fn written(sum: &Sum) -> Vec<u8> {
    let mut out = Vec::new();
    sum.write(&mut out).expect("memory takes it");
    out
}
