//! What differs is told, and what does not is not.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::side::Rows;
use super::stats::Part;
use super::*;
use crate::focus::Focus;
use crate::iana::Rcode;
use crate::ledger::Outcomes;
use crate::output::difference::{DiffFormat, Difference, write_difference};
use crate::output::{self, Format, Options};
use crate::summary::Sum;
use crate::summary::tests::{Frames, config, counted, frames, spec};
use crate::wire::{Address, Frame};

/// Numbers that look like chance, and are the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 ^ self.0 >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

fn address(number: u32) -> Key {
    Key::Address(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)))
}

/// A side of which servers are known: exchanges in focus of all, by number.
fn side(servers: &[(u32, u64, u64)]) -> Side {
    let part = servers.iter().map(|(_, focus, _)| focus).sum();
    let of: u64 = servers.iter().map(|(.., of)| of).sum();
    let mut side = Side::of_snapshot(&crate::snapshot::Snapshot::default());
    side.responses = of;
    side.rcodes = vec![(Rcode::NOERROR, of - part), (Rcode::REFUSED, part)];
    side.outcomes = Outcomes { answered: of, ..Outcomes::default() };
    let rows = servers.iter().map(|(number, part, of)| {
        (address(*number), Count { part: Part { part: *part, of: *of }, error: 0 })
    });
    let rows = Rows { by_key: rows.collect(), is_whole: true, error: 0 };
    side.tables = HashMap::from([(Table::Servers, rows)]);
    side
}

/// What is told of servers: `turn number`.
fn told(it: &Comparison) -> Vec<String> {
    it.tables[0].iter().map(|row| format!("{} {}", row.turn.word(), row.key)).collect()
}

#[test]
fn what_began_ceased_grew_and_shrank_is_told_and_the_rest_is_not() {
    let before =
        side(&[(1, 10, 1_000), (2, 300, 1_000), (3, 0, 900), (4, 500, 900), (5, 50, 1_000)]);
    let after = side(&[
        (1, 150, 1_000),
        (2, 0, 1_000),
        (3, 90, 800),
        (4, 50, 900),
        (5, 56, 1_010),
        (6, 99, 99),
    ]);
    let it = compare(&before, &after);
    assert_eq!(
        told(&it),
        ["new 10.0.0.6", "new 10.0.0.3", "grown 10.0.0.1", "gone 10.0.0.2", "less 10.0.0.4"]
    );
    assert!(it.is_worse() && it.tables[0].iter().all(|row| row.worse == row.turn.is_more()));
}

#[test]
fn captures_of_different_length_are_compared_by_shares() {
    let (hour, day) =
        (side(&[(1, 30, 1_000), (2, 5, 100)]), side(&[(1, 720, 24_000), (2, 120, 2_400)]));
    assert!(compare(&hour, &day).is_empty() && compare(&day, &hour).is_empty());
}

#[test]
fn one_side_against_itself_does_not_differ() {
    let servers: Vec<_> = (0..500).map(|n| (n, u64::from(n % 50), 100)).collect();
    let it = compare(&side(&servers), &side(&servers));
    assert!(it.is_empty() && !it.whole_changed && it.tested > 490);
}

/// Splits of made-up traffic that are compared.
const ROUNDS: u32 = 400;

#[test]
fn halves_of_the_same_traffic_hardly_ever_differ() {
    let mut chance = Chance(4711);
    let mut wrong = 0;
    for _ in 0..ROUNDS {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for server in 0..60 {
            let (of, share) = (1 + chance.below(400), chance.below(100));
            let mut halves = [(server, 0, 0); 2];
            for _ in 0..of {
                let half = &mut halves[usize::try_from(chance.below(2)).unwrap()];
                half.1 += u64::from(chance.below(100) < share);
                half.2 += 1;
            }
            one.push(halves[0]);
            other.push(halves[1]);
        }
        wrong += u32::from(!compare(&side(&one), &side(&other)).is_empty());
    }
    // One in a hundred is what is stated; as many again is what chance may add.
    assert!(wrong <= ROUNDS / 50, "{wrong} of {ROUNDS} differ");
}

#[test]
fn what_a_bounded_table_may_have_forgotten_is_no_difference() {
    let (before, after) = (side(&[(1, 1, 1_000)]), side(&[(1, 60, 1_000)]));
    assert_eq!(told(&compare(&before, &after)), ["grown 10.0.0.1"]);
    let bounded = |mut side: Side, error| {
        for rows in side.tables.values_mut() {
            rows.error = error;
            rows.by_key.values_mut().for_each(|count| count.error = error);
        }
        side
    };
    let (vague, clear) = (bounded(side(&[(1, 1, 1_000)]), 50), bounded(side(&[(1, 1, 1_000)]), 2));
    assert_eq!(told(&compare(&vague, &after)), [""; 0]);
    assert_eq!(told(&compare(&clear, &after)), ["grown 10.0.0.1"]);
}

#[test]
fn what_a_cut_list_may_hold_is_not_told_but_counted() {
    let (mut before, after) = (side(&[(1, 5, 1_000)]), side(&[(1, 5, 1_000), (2, 500, 500)]));
    before.tables.get_mut(&Table::Servers).unwrap().is_whole = false;
    let it = compare(&before, &after);
    assert_eq!((told(&it), it.unknown), (vec![], 1));
}

fn sum(frames: &Frames) -> Sum {
    let mut engine = counted(frames, config(Focus::default()));
    let snapshot = engine.snapshot(&spec());
    Sum::of(&snapshot, engine.take_tallies())
}

/// The frames of a capture, each exchange whole on one side or the other, by its message ID.
fn halves(capture: &str) -> [Frames; 2] {
    let mut halves = [Frames::new(), Frames::new()];
    let mut decoder = crate::wire::Decoder::new(&[53], 1 << 20);
    for frame in frames(capture, 0) {
        let (at, wire_len, link, bytes) = &frame;
        let seen = Frame { at: *at, wire_len: *wire_len, link: *link, interface: 0, bytes };
        let id = match decoder.decode(&seen) {
            crate::wire::Packet::Datagram(it) => it.payload.get(..2).map_or(0, |id| id[0] ^ id[1]),
            _ => 0,
        };
        halves[usize::from(id.count_ones() % 2 == 1)].push(frame);
    }
    halves
}

#[test]
fn halves_of_a_capture_do_not_differ_and_its_own_report_neither() {
    let [one, other] = halves("outage.pcap.gz");
    assert!(one.len() > 1_000 && other.len() > 1_000);
    let side = |frames| Side::of_sum(sum(frames), Kind::Summary);
    let it = compare(&side(&one), &side(&other));
    assert!(it.is_empty(), "{:?} {:?} {:?} {:?}", it.tables, it.findings, it.times, it.rcodes);
    let snapshot = counted(&one, config(Focus::default())).snapshot(&spec());
    let mut report = Vec::new();
    output::write(Format::Json, &snapshot, &Options::default(), &mut report).unwrap();
    let kept = Side::of_report(&*report, 64 << 20).unwrap();
    for it in [compare(&kept, &side(&one)), compare(&side(&one), &kept)] {
        assert!(it.is_empty() && it.unknown == 0 && it.tested > 20, "{it:?}");
    }
}

/// The capture with every response of one server refused.
fn with_refusals(frames: &Frames, server: &str) -> Frames {
    let server = Address::from(server.parse::<IpAddr>().unwrap());
    let mut decoder = crate::wire::Decoder::new(&[53], 1 << 20);
    let mut out = frames.clone();
    for (at, wire_len, link, bytes) in &mut out {
        let copy = bytes.clone();
        let seen = Frame {
            at: *at,
            wire_len: *wire_len,
            link: *link,
            interface: 0,
            bytes: copy.as_slice(),
        };
        if let crate::wire::Packet::Datagram(it) = decoder.decode(&seen)
            && it.from.address == server
            && it.from.port == 53
        {
            let start = it.payload.as_ptr().addr() - copy.as_ptr().addr();
            bytes[start + 3] = bytes[start + 3] & 0xf0 | 5;
        }
    }
    out
}

#[test]
fn a_server_that_begins_to_refuse_is_found_in_every_form() {
    let before = frames("outage.pcap.gz", 0);
    let whole = Side::of_sum(sum(&before), Kind::Capture);
    let least = |side: &Side| {
        let known = |key: &Key| side.known(Table::Servers, key);
        let mut all: Vec<Key> = side.keys(Table::Servers).cloned().collect();
        all.sort_by_key(|key| match known(key) {
            side::Known::Counted(count) => count.part.part * 1_000 / count.part.of,
            _ => u64::MAX,
        });
        all[0].to_string()
    };
    let server = least(&whole);
    let after = Side::of_sum(sum(&with_refusals(&before, &server)), Kind::Capture);
    let it = compare(&whole, &after);
    let row = it.tables[0].iter().find(|row| row.key.to_string() == server).unwrap();
    assert!(row.turn.is_more() && row.worse && it.is_worse(), "{row:?}");
    let back = compare(&after, &whole);
    let row = back.tables[0].iter().find(|row| row.key.to_string() == server).unwrap();
    assert!(!row.turn.is_more() && !row.worse, "{row:?}");
    for format in [DiffFormat::Text, DiffFormat::Json, DiffFormat::Markdown] {
        let mut out = Vec::new();
        let difference =
            Difference { before: &whole, after: &after, comparison: &it, top: 5, color: false };
        write_difference(format, &difference, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains(&server) && out.contains("grown"), "{out}");
    }
}

#[track_caller]
fn check_broken(old: &str, new: &str, why: &str) {
    let snapshot = counted(&frames("shapes/extended-rcodes.pcap", 0), config(Focus::default()))
        .snapshot(&spec());
    let mut report = Vec::new();
    output::write(Format::Json, &snapshot, &Options::default(), &mut report).unwrap();
    let report = String::from_utf8(report).unwrap();
    let changed = report.replacen(old, new, 1);
    assert_ne!(changed, report, "{old} is not there");
    let err = Side::of_report(changed.as_bytes(), 64 << 20).unwrap_err().to_string();
    assert!(err.contains(why), "{err}");
}

#[test]
fn reports_that_cannot_be_are_refused_with_what_to_do() {
    check_broken("rcodetop.report/1", "rcodetop.report/7", "use the newer one");
    check_broken(
        "\"focus\": \"REFUSED\"",
        "\"focus\": \"NONSENSE\"",
        "holds a focus that cannot be",
    );
    check_broken("\"responses\": ", "\"responses\": 999999999999999", "holds a number");
    check_broken("\"server\": \"", "\"server\": \"no", "holds an address that cannot be");
    check_broken("\"servers\": [", "\"servers\": 5, \"x\": [", "make it with `rcodetop report");
    check_broken("{", &"[".repeat(100_000), "is no report");
    let long = vec![b' '; 1_000];
    assert!(Side::of_report(&*long, 999).unwrap_err().to_string().contains("--max-memory"));
}
