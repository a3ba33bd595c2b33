//! From a capture file to a snapshot, for tests.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::path::{Path, PathBuf};

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, open_files};

/// A place in `testdata`.
pub(crate) fn testdata(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(below)
}

/// Feeds a whole capture to an engine.
pub(crate) fn feed(engine: &mut Engine, path: &Path) {
    let mut source = open_files(&[path.to_owned()], &FileOptions::default()).unwrap();
    loop {
        match source.next() {
            Next::Frame(frame) => engine.feed(&frame),
            Next::Quiet => {}
            Next::End(_) => break,
        }
    }
    engine.finish();
}

/// What the analyzer makes of a capture, with every row.
pub(crate) fn analyzed(path: &Path) -> Snapshot {
    analyzed_with(EngineConfig::default(), path)
}

/// The same, not with the usual options.
pub(crate) fn analyzed_with(config: EngineConfig, path: &Path) -> Snapshot {
    let mut engine = Engine::new(EngineConfig { rows: usize::MAX, ..config });
    feed(&mut engine, path);
    engine.snapshot(&SnapshotSpec {
        top: usize::MAX,
        label_depth: Some(2),
        ..SnapshotSpec::default()
    })
}
