//! What addresses are called, learnt from scripts of a few packets and from captures.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
#[expect(dead_code, reason = "others make whole snapshots with it")]
mod analysis;
#[path = "support/frames.rs"]
#[expect(dead_code, reason = "other scripts have other packets")]
mod frames;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::snapshot::{LookupsSpec, Snapshot, SnapshotSpec};

use analysis::{feed, testdata};
use frames::{datagram, feed_frames, message, wire};

const A: u16 = 1;
const PTR: u16 = 12;
const QUERY: u16 = 0x0100;
const NOERROR: u16 = 0x8180;

fn engine() -> Engine {
    // The server and the client are listed for a refusal.
    let mut engine =
        Engine::new(EngineConfig { names: 1 << 20, trail: 1 << 20, ..EngineConfig::default() });
    let refused = |flags| message(1, flags, "refused.example", A, &[]);
    let frames = [datagram(true, &refused(QUERY)), datagram(false, &refused(0x8185))];
    feed_frames(&mut engine, &frames);
    engine
}

fn snapshot(engine: &mut Engine, names: bool) -> Snapshot {
    let lookups = Some(LookupsSpec { most: 10, open: None });
    engine.snapshot(&SnapshotSpec { names, lookups, ..SnapshotSpec::default() })
}

fn query(name: &str, rtype: u16) -> Vec<u8> {
    datagram(true, &message(7, QUERY, name, rtype, &[]))
}

fn response(flags: u16, name: &str, rtype: u16, data: &[u8]) -> Vec<u8> {
    datagram(false, &message(7, flags, name, rtype, &[(name, rtype, data)]))
}

/// What the server and the client are called after these packets, and by what.
#[track_caller]
fn check(frames: &[Vec<u8>], expected: &str) {
    let mut engine = engine();
    feed_frames(&mut engine, frames);
    let named = snapshot(&mut engine, true).named.unwrap();
    let told = named.rows.iter().map(|(ip, name)| format!("{ip} {name} {}", name.source));
    assert_eq!(told.collect::<Vec<_>>().join(", "), expected);
    assert!(named.rows.values().all(|name| name.by.to_string() == "10.0.0.53"));
    assert!(snapshot(&mut engine, false).named.is_none(), "only where it is asked for");
}

const OF_SERVER: &[u8] = &[10, 0, 0, 53];
const OF_CLIENT: &[u8] = &[10, 0, 0, 1];

#[test]
fn answers_that_were_asked_for_tell_names() {
    let ns1 = "ns1.example";
    check(&[query(ns1, A), response(NOERROR, ns1, A, OF_SERVER)], "10.0.0.53 ns1.example A/AAAA");
    let reverse = "1.0.0.10.in-addr.arpa";
    check(
        &[query(reverse, PTR), response(NOERROR, reverse, PTR, &wire("pc7.example"))],
        "10.0.0.1 pc7.example PTR",
    );
    // Of an address that nobody shows, nothing is shown.
    check(&[query(ns1, A), response(NOERROR, ns1, A, &[192, 0, 2, 1])], "");
}

#[test]
fn what_nobody_asked_for_tells_nothing() {
    let evil = response(NOERROR, "evil.example", A, OF_CLIENT);
    check(std::slice::from_ref(&evil), "");
    check(&[query("www.example", A), evil.clone()], "");
    // A second response to one query was not asked for either.
    let first = response(NOERROR, "evil.example", A, &[192, 0, 2, 1]);
    check(&[query("evil.example", A), first, evil], "");
}

#[test]
fn answers_of_other_codes_tell_nothing() {
    for code in [2, 3, 5] {
        let response = response(0x8180 | code, "ns1.example", A, OF_SERVER);
        check(&[query("ns1.example", A), response], "");
    }
}

#[test]
fn names_are_printable_whoever_chose_them() {
    let name = "\\027]0;owned\\007.a\\.b.example";
    check(
        &[query(name, A), response(NOERROR, name, A, OF_SERVER)],
        &format!("10.0.0.53 {name} A/AAAA"),
    );
}

#[test]
fn truncations_and_counts_that_lie_do_no_harm() {
    let ns1 = "ns1.example";
    let whole = message(7, NOERROR, ns1, A, &[(ns1, A, OF_SERVER)]);
    for length in 0..whole.len() {
        let frames = [query(ns1, A), datagram(false, &whole[..length])];
        check(&frames, "");
    }
    let mut lying = whole;
    lying[6] = 0xff;
    let frames = [query(ns1, A), datagram(false, &lying)];
    check(&frames, "10.0.0.53 ns1.example A/AAAA");
}

#[test]
fn nothing_is_learnt_unless_asked_for() {
    let mut engine = Engine::new(EngineConfig::default());
    feed(&mut engine, &testdata("outage.pcap.gz"));
    assert!(snapshot(&mut engine, true).named.is_none());
}

/// Every name that a capture tells is printable, and known by what was in it.
#[test]
fn names_of_real_captures() {
    let mut found = 0;
    for capture in ["scenarios/06-lame-delegation-unbound.pcap.zst", "outage.pcap.gz"] {
        let path = testdata(capture);
        let mut engine = Engine::new(EngineConfig { names: 1 << 20, ..EngineConfig::default() });
        feed(&mut engine, &path);
        let named = snapshot(&mut engine, true).named.unwrap();
        found += named.kept;
        assert_eq!(named.rows.is_empty(), capture.contains("outage"), "servers have glue");
        for name in named.rows.values() {
            assert!(name.name.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{}", name.name);
        }
    }
    assert!(found > 10, "{found}");
}
