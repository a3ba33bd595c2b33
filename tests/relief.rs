//! Queries that are skipped to relieve an overloaded capture: what is still told is true, and what
//! is not is counted.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "only the place of the captures is needed here")]
mod analysis;

use std::path::PathBuf;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, open_files};
use rcodetop::track::Relief;

use analysis::testdata;

/// What is made of a capture; before the frame of each number the level is that many halvings.
fn relieved(path: PathBuf, changes: &[(usize, usize)]) -> Snapshot {
    let mut engine = Engine::new(EngineConfig { rows: usize::MAX, ..EngineConfig::default() });
    let mut source = open_files(&[path], &FileOptions::default()).unwrap();
    for number in 0.. {
        for (_, halvings) in changes.iter().filter(|(from, _)| *from == number) {
            engine.relieve((0..*halvings).fold(Relief::NONE, |level, _| level.more()));
        }
        match source.next() {
            Next::Frame(frame) => engine.feed(&frame),
            Next::Quiet => {}
            Next::End(_) => break,
        }
    }
    engine.finish();
    let mut snapshot =
        engine.snapshot(&SnapshotSpec { top: usize::MAX, ..SnapshotSpec::default() });
    snapshot.assess();
    snapshot
}

/// What responses tell: by code, server, client and name.
fn told_by_responses(snapshot: &Snapshot) -> Vec<String> {
    let mut lines: Vec<String> =
        snapshot.rcodes.iter().map(|row| format!("{} {}", row.rcode, row.responses)).collect();
    let row = |key: &dyn std::fmt::Display, responses, focus| format!("{key} {responses} {focus}");
    lines.extend(snapshot.servers.rows.iter().map(|it| row(&it.key, it.responses, it.focus)));
    lines.extend(snapshot.clients.rows.iter().map(|it| row(&it.key, it.responses, it.focus)));
    lines.extend(snapshot.names.rows.iter().map(|it| row(&it.key.name, it.responses, it.focus)));
    lines.sort();
    lines
}

#[track_caller]
fn check(changes: &[(usize, usize)], skips_some: bool) {
    let outage = || testdata("outage.pcap.gz");
    let (whole, less) = (relieved(outage(), &[]), relieved(outage(), changes));
    assert!(less.ledger.balances(), "{:?}", less.ledger);
    assert!(less.outcomes.balances(less.ledger.queries), "{:?}", less.outcomes);
    assert_eq!(less.ledger.frames, whole.ledger.frames);
    assert_eq!(less.ledger.responses, whole.ledger.responses, "every response is looked at");
    assert_eq!(told_by_responses(&less), told_by_responses(&whole));
    assert_eq!(less.outcomes.unasked, whole.outcomes.unasked, "nobody is said not to have asked");
    let said = less.quality.iter().any(|quality| quality.id == "skipped");
    assert_eq!((less.ledger.skipped > 0, less.outcomes.skipped > 0, said), {
        (skips_some, skips_some, skips_some)
    });
    let answered =
        |it: &Snapshot| it.outcomes.answered + it.outcomes.skipped + it.outcomes.repeated_responses;
    assert_eq!(answered(&less), answered(&whole), "{:?} {:?}", less.outcomes, whole.outcomes);
    let queries = less.ledger.queries + less.ledger.skipped;
    // Copies of a packet are told by what is remembered of the first.
    assert!(queries >= whole.ledger.queries, "{queries}");
}

#[test]
fn what_responses_tell_does_not_depend_on_relief() {
    check(&[(0, 0)], false);
    check(&[(0, 6)], true);
    check(&[(1000, 6)], true);
    check(&[(1000, 6), (3000, 0)], true);
    check(&[(500, 1), (1000, 2), (2000, 6), (3000, 3), (3500, 0)], true);
}
