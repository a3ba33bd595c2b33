//! Any bytes at all: no panic, books that balance, and the same answer twice.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::focus::Focus;
use rcodetop::output::{self, Format};
use rcodetop::snapshot::{Lookups, LookupsSpec, Snapshot, SnapshotSpec};
use rcodetop::source::{FileOptions, Next, open_files};
use rcodetop::time::Timestamp;
use rcodetop::wire::{Frame, LINKS, LinkType};

use analysis::{analyzed, analyzed_with, testdata};

fn captures() -> Vec<PathBuf> {
    let folders = ["links", "files", "shapes", "scenarios"];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(testdata(folder)).unwrap());
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.to_string_lossy();
            ![".json", ".tsv.zst"].iter().any(|ending| name.ends_with(ending))
        })
        .collect();
    found.sort();
    assert!(found.len() > 40);
    found
}

fn json(snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    output::write(Format::Json, snapshot, &output::Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn check_books(snapshot: &Snapshot, what: &str) {
    assert!(snapshot.ledger.balances(), "{what}: {:?}", snapshot.ledger);
    let outcomes = snapshot.outcomes;
    assert!(outcomes.balances(snapshot.ledger.queries), "{what}: {outcomes:?}");
    let settled = outcomes.answered + outcomes.unasked + outcomes.repeated_responses;
    assert_eq!(settled, snapshot.ledger.responses, "{what}: every response has one fate");
    let counted: u64 = snapshot.rcodes.iter().map(|row| row.responses).sum();
    assert_eq!(counted, snapshot.ledger.responses, "{what}: every response counts once");
    let findings = snapshot.findings.iter().filter(|it| it.outcome.is_in(snapshot.focus));
    let found: u64 = findings.map(|finding| finding.count).sum();
    let focus: u64 = snapshot.servers.rows.iter().map(|row| row.focus).sum();
    match snapshot.focus {
        Focus::Rcode(_) => assert_eq!(found, focus, "{what}: every refusal belongs to a finding"),
        // TCP connections that were not taken are no queries, and belong to findings as well.
        Focus::NoResponse => assert!(found >= focus, "{what}: {focus} silent, {found} found"),
        Focus::Slow => assert_eq!(found, 0, "{what}: no finding tells of slow responses"),
    }
    let rows = snapshot.transports.iter();
    let sums = rows.fold((0, 0), |sum, row| (sum.0 + row.focus, sum.1 + row.whole));
    assert_eq!(sums, snapshot.in_focus(), "{what}: transports add up to the whole");
    assert_eq!(focus, sums.0, "{what}: servers add up to what is in focus");
}

/// Whatever came, lookups stay within their bounds and can be read.
#[track_caller]
fn check_lookups(lookups: &Lookups) {
    assert!(lookups.rows.len() <= 20 && lookups.bytes <= 8 << 10, "{lookups:?}");
    for step in lookups.rows.iter().flat_map(|lookup| &lookup.steps) {
        let printable = |line: &String| line.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        assert!(step.lines().iter().all(printable));
    }
}

#[test]
fn the_books_of_every_capture_balance() {
    let slow_after = std::time::Duration::from_millis(2);
    for focus in [Focus::default(), Focus::NoResponse, Focus::Slow] {
        for path in captures() {
            let config = EngineConfig { focus, slow_after, ..EngineConfig::default() };
            let what = format!("{focus} of {}", path.display());
            check_books(&analyzed_with(config, &path), &what);
        }
    }
}

#[test]
fn the_same_capture_gives_the_same_bytes_again() {
    for path in captures() {
        let (one, other) = (json(&analyzed(&path)), json(&analyzed(&path)));
        assert!(one == other, "{}", path.display());
    }
}

/// Frames of a capture, owned.
fn frames(path: &Path) -> Vec<(LinkType, Timestamp, u32, Vec<u8>)> {
    let mut source = open_files(&[path.to_owned()], &FileOptions::default()).unwrap();
    let mut out = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => {
                out.push((frame.link, frame.at, frame.wire_len, frame.bytes.to_vec()));
            }
            Next::Quiet => {}
            Next::End(_) => return out,
        }
    }
}

#[test]
fn every_truncation_of_a_frame_of_every_link_layer_is_taken_as_far_as_it_goes() {
    for entry in fs::read_dir(testdata("links")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".json") {
            continue;
        }
        let mut engine = Engine::new(EngineConfig::default());
        for (link, at, wire_len, bytes) in frames(&path).iter().take(8) {
            for length in 0..=bytes.len() {
                let (at, wire_len, bytes) = (*at, *wire_len, &bytes[..length]);
                engine.feed(&Frame { at, wire_len, link: *link, interface: 0, bytes });
            }
        }
        engine.finish();
        check_books(&engine.snapshot(&SnapshotSpec::default()), &path.display().to_string());
    }
}

fn frame() -> impl Strategy<Value = (usize, u64, Vec<u8>)> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        // Something that gets as far as a DNS port, then anything.
        (any::<[u8; 6]>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..120)).prop_map(
            |(ports, asks, rest)| {
                let mut bytes = vec![0; 12];
                bytes.extend([8, 0, 0x45, 0, 0, 0, 0, ports[0] & 1, 0, 0, 64, 17, 0, 0]);
                bytes.extend([192, 0, 2, ports[1] & 3, 192, 0, 2, ports[2] & 3]);
                let (from, to) = if asks { (1000, 53) } else { (53_u16, 1000_u16) };
                bytes.extend(from.to_be_bytes());
                bytes.extend(to.to_be_bytes());
                bytes.extend([
                    0xff,
                    0xff,
                    0,
                    0,
                    0,
                    ports[3] & 3,
                    if asks { 1 } else { 0x81 },
                    ports[4] & 7,
                ]);
                bytes.extend(rest);
                bytes
            }
        ),
    ];
    (0..LINKS.len() * 3, any::<u64>(), bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_frames_at_any_time_leave_the_books_balanced(
        frames in prop::collection::vec(frame(), 0..120),
    ) {
        let config = EngineConfig { max_memory: 8 << 20, trail: 8 << 10, ..EngineConfig::default() };
        let mut engine = Engine::new(config);
        for (link, time, bytes) in &frames {
            // Two thirds are Ethernet, most of them within seconds.
            let link = LINKS.get(*link).map_or(LinkType::ETHERNET, |link| link.number);
            let at = if time % 16 == 0 { Timestamp(*time) } else { Timestamp(time % (20 << 30)) };
            let wire_len = u32::try_from(bytes.len()).unwrap();
            engine.feed(&Frame { at, wire_len, link, interface: 0, bytes });
        }
        engine.finish();
        let lookups = Some(LookupsSpec { most: 20, open: None });
        let snapshot = engine.snapshot(&SnapshotSpec { lookups, ..SnapshotSpec::default() });
        check_books(&snapshot, "random frames");
        engine.set_focus(Focus::NoResponse);
        check_books(&engine.snapshot(&SnapshotSpec::default()), "random frames, no response");
        check_lookups(&snapshot.lookups.unwrap());
    }
}
