//! Lookups of real captures, message by message: everything is there, and nothing is twice.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others make whole snapshots with it")]
mod analysis;
#[path = "support/frames.rs"]
#[expect(dead_code, reason = "other scripts have other packets")]
mod frames;

use std::fs;
use std::path::{Path, PathBuf};

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{
    Lookup, LookupOutcome, LookupStep, Lookups, LookupsSpec, Snapshot, SnapshotSpec, StepKind,
    Transport,
};

use analysis::{feed, testdata};
use frames::{CLIENT, SERVER, datagram, feed_frames, ipv4, message, tcp};

const ALL: LookupsSpec = LookupsSpec { most: usize::MAX, open: None };

fn captures() -> Vec<PathBuf> {
    let folders = ["links", "files", "shapes", "scenarios"];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(testdata(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains(".pcap"))
        .filter(|path| is_capture(path))
        .collect()
}

fn is_capture(path: &Path) -> bool {
    let name = path.to_string_lossy();
    ![".json", ".tsv.zst"].iter().any(|ending| name.ends_with(ending))
}

fn snapshot(path: &Path, trail: usize, spec: &LookupsSpec) -> Snapshot {
    let ports = if path.ends_with("port-5300.pcap") { vec![5300] } else { vec![53] };
    let mut engine = Engine::new(EngineConfig { ports, trail, ..EngineConfig::default() });
    feed(&mut engine, path);
    engine.snapshot(&SnapshotSpec { lookups: Some(spec.clone()), ..SnapshotSpec::default() })
}

fn lookups(below: &str) -> Lookups {
    snapshot(&testdata(below), 64 << 20, &ALL).lookups.unwrap()
}

fn steps(lookups: &Lookups) -> impl Iterator<Item = &LookupStep> {
    lookups.rows.iter().flat_map(|lookup| &lookup.steps)
}

#[test]
fn every_message_of_every_capture_is_in_one_lookup() {
    for path in captures() {
        let snapshot = snapshot(&path, 64 << 20, &ALL);
        let (lookups, ledger) = (snapshot.lookups.unwrap(), snapshot.ledger);
        let sum = |of: fn(&Lookup) -> u64| lookups.rows.iter().map(of).sum::<u64>();
        let found = (sum(|row| row.queries), sum(|row| row.responses));
        assert_eq!(found, (ledger.queries, ledger.responses), "{}", path.display());
        assert_eq!(lookups.forgotten, 0);
        let told = sum(|row| row.earlier + row.steps.len() as u64);
        assert_eq!(told, lookups.kept, "{}", path.display());
    }
}

#[test]
fn a_trail_without_room_stays_within_it() {
    for path in captures() {
        for bound in [1, 2_000, 20_000] {
            let snapshot = snapshot(&path, bound, &ALL);
            let lookups = snapshot.lookups.unwrap();
            assert!(lookups.bytes <= bound as u64, "{}: {}", path.display(), lookups.bytes);
            let messages = snapshot.ledger.dns_messages;
            assert!(lookups.kept + lookups.forgotten >= messages, "{}", path.display());
        }
    }
}

#[test]
fn every_text_is_printable() {
    for path in captures() {
        let lookups = snapshot(&path, 64 << 20, &ALL).lookups.unwrap();
        let printable = |text: &str| text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        for lookup in &lookups.rows {
            assert!(printable(&lookup.id.question.name));
            let lines = lookup.steps.iter().take(4).flat_map(LookupStep::lines);
            lines.for_each(|line| assert!(printable(&line), "{line}"));
        }
    }
}

#[test]
fn nothing_is_kept_unless_asked_for() {
    let path = testdata("outage.pcap.gz");
    assert_eq!(snapshot(&path, 0, &ALL).lookups, None);
    let mut engine = Engine::new(EngineConfig { trail: 1 << 20, ..EngineConfig::default() });
    feed(&mut engine, &path);
    assert_eq!(engine.snapshot(&SnapshotSpec::default()).lookups, None);
}

#[test]
fn no_more_lookups_than_asked_for_and_half_of_them_in_trouble() {
    let path = testdata("outage.pcap.gz");
    for most in [0, 1, 2, 50] {
        let spec = LookupsSpec { most, open: None };
        let lookups = snapshot(&path, 64 << 20, &spec).lookups.unwrap();
        assert_eq!(lookups.rows.len(), most);
        let trouble = lookups.rows.iter().filter(|row| row.met_trouble()).count();
        assert!(trouble >= most / 2, "{trouble} of {most}");
        assert!(lookups.rows.is_sorted_by(|one, other| one.id.began >= other.id.began));
    }
}

#[test]
fn one_that_is_open_stays_however_old_it_is() {
    let path = testdata("outage.pcap.gz");
    let all = snapshot(&path, 64 << 20, &ALL).lookups.unwrap();
    let oldest = all.rows.last().unwrap();
    let spec = LookupsSpec { most: 5, open: Some(oldest.id.clone()) };
    let some = snapshot(&path, 64 << 20, &spec).lookups.unwrap();
    assert_eq!(some.rows.len(), 6);
    assert_eq!(some.rows.last().unwrap(), oldest);
    let little = snapshot(&path, 100_000, &spec).lookups.unwrap();
    assert!(little.rows.iter().all(|row| !row.id.is_same(&oldest.id)), "forgotten");
}

#[test]
fn icmp_errors_and_resets_are_steps() {
    let lookups = lookups("scenarios/13-firewall.pcap.zst");
    let mut said: Vec<&str> = steps(&lookups)
        .filter_map(|step| match &step.kind {
            StepKind::Error { says, .. } => Some(says.as_str()),
            _ => None,
        })
        .collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(
        said,
        [
            "ICMP port unreachable",
            "ICMP prohibited",
            "ICMPv6 port unreachable",
            "ICMPv6 prohibited"
        ]
    );
    let unreachable = |row: &&Lookup| row.outcome == LookupOutcome::Unreachable;
    assert!(lookups.rows.iter().filter(unreachable).count() > 0);
}

#[test]
fn a_truncated_response_leads_to_tcp() {
    let lookups = lookups("scenarios/22-fragmented-responses.pcap.zst");
    let goes_on = lookups.rows.iter().find(|lookup| {
        let is_cut =
            |step: &LookupStep| matches!(step.kind, StepKind::Response { truncated: true, .. });
        let cut = lookup.steps.iter().position(is_cut);
        cut.is_some_and(|cut| lookup.steps[cut..].iter().any(|it| it.transport == Transport::Tcp))
    });
    assert!(goes_on.is_some());
}

#[test]
fn a_response_without_a_question_belongs_to_its_query() {
    let lookups = lookups("shapes/header-only.pcap");
    let bare = |step: &&LookupStep| step.length == 12;
    assert!(steps(&lookups).filter(bare).count() > 0);
    let alone = |row: &&Lookup| row.queries == 0 && row.responses > 0;
    assert_eq!(lookups.rows.iter().filter(alone).count(), 0);
}

#[test]
fn a_reset_ends_the_queries_of_its_connection() {
    let query = message(7, 0x0100, "www.example", 1, &[]);
    let query = [&u16::try_from(query.len()).unwrap().to_be_bytes(), &query[..]].concat();
    let frames = [
        ipv4(CLIENT, SERVER, 6, &tcp([4000, 53], 99, 2, &[])),
        ipv4(CLIENT, SERVER, 6, &tcp([4000, 53], 100, 0x18, &query)),
        ipv4(SERVER, CLIENT, 6, &tcp([53, 4000], 1, 4, &[])),
    ];
    let mut engine = Engine::new(EngineConfig { trail: 1 << 20, ..EngineConfig::default() });
    feed_frames(&mut engine, &frames);
    engine.finish();
    let spec = SnapshotSpec { lookups: Some(ALL), ..SnapshotSpec::default() };
    let lookups = engine.snapshot(&spec).lookups.unwrap();
    let [lookup] = &lookups.rows[..] else { panic!("{} lookups", lookups.rows.len()) };
    assert_eq!(lookup.outcome, LookupOutcome::Unreachable);
    let kinds: Vec<&StepKind> = lookup.steps.iter().map(|step| &step.kind).collect();
    let reset = StepKind::Error { says: "TCP reset".to_owned(), by: SERVER.into() };
    assert_eq!(kinds, [&StepKind::Query { again: false }, &reset]);
}

#[test]
fn a_lookup_waits_as_long_as_a_query_does() {
    let query = datagram(true, &message(7, 0x0100, "www.example", 1, &[]));
    let later = datagram(true, &message(9, 0x0100, "other.example", 1, &[]));
    let frames: Vec<Vec<u8>> =
        (0..2_500).map(|nth| if nth == 0 { &query } else { &later }.clone()).collect();
    for (patience, outcome) in [(2, LookupOutcome::NoResponse), (5, LookupOutcome::Waiting)] {
        let patience = std::time::Duration::from_secs(patience);
        let config = EngineConfig { trail: 8 << 20, patience, ..EngineConfig::default() };
        let mut engine = Engine::new(config);
        feed_frames(&mut engine, &frames);
        let spec = SnapshotSpec { lookups: Some(ALL), ..SnapshotSpec::default() };
        let lookups = engine.snapshot(&spec).lookups.unwrap();
        let found = lookups.rows.iter().find(|row| row.id.question.name == "www.example").unwrap();
        assert_eq!(found.outcome, outcome, "{patience:?}");
    }
}
