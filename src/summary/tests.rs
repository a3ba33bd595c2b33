//! What is written, read and added up is what was counted; and what cannot be is refused in words.

use std::path::PathBuf;

use proptest::prelude::*;

use super::read::is_summary;
use super::*;
use crate::engine::{Engine, EngineConfig, Front};
use crate::iana::Rcode;
use crate::output::{self, Format, Options};
use crate::snapshot::Timestamp;
use crate::source::{FileOptions, Next, open_files};
use crate::wire::{Frame, LinkType, Ports};

/// Frames with their times, as an engine is fed with them.
pub(crate) type Frames = Vec<(Timestamp, u32, LinkType, Vec<u8>)>;

const MEMORY: u64 = 256 << 20;

pub(crate) fn frames(capture: &str, later: u64) -> Frames {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata")).join(capture);
    let mut source = open_files(&[path], &FileOptions::default()).unwrap();
    let mut frames = Vec::new();
    while let Next::Frame(frame) = source.next() {
        let at = frame.at.plus(std::time::Duration::from_secs(later));
        frames.push((at, frame.wire_len, frame.link, frame.bytes.to_vec()));
    }
    assert!(!frames.is_empty(), "{capture}");
    frames
}

pub(crate) fn config(focus: Focus) -> EngineConfig {
    EngineConfig { focus, rows: usize::MAX, ..EngineConfig::default() }
}

pub(crate) fn counted(frames: &Frames, config: EngineConfig) -> Engine {
    let mut engine = Engine::new(config);
    for (at, wire_len, link, bytes) in frames {
        engine.feed(&Frame { at: *at, wire_len: *wire_len, link: *link, interface: 0, bytes });
    }
    engine.finish();
    engine
}

pub(crate) fn spec() -> SnapshotSpec {
    SnapshotSpec { top: usize::MAX, label_depth: Some(2), ..SnapshotSpec::default() }
}

/// The report, of a source whose name and end say nothing.
fn report(mut snapshot: Snapshot) -> String {
    snapshot.source.name.clear();
    snapshot.source.ended = None;
    snapshot.assess();
    let mut out = Vec::new();
    output::write(Format::Json, &snapshot, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn whole(frames: &Frames, focus: Focus) -> String {
    let mut snapshot = counted(frames, config(focus)).snapshot(&spec());
    snapshot.source.link_types.sort();
    report(snapshot)
}

fn summary(frames: &Frames, focus: Focus) -> Vec<u8> {
    let mut engine = counted(frames, config(focus));
    let snapshot = engine.snapshot(&SnapshotSpec::default());
    written(&Sum::of(&snapshot, engine.take_tallies()))
}

fn written(sum: &Sum) -> Vec<u8> {
    let mut out = Vec::new();
    sum.write(&mut out).unwrap();
    out
}

fn sum(summaries: &[&[u8]]) -> Sum {
    let hasher = Hasher::default();
    let mut all = summaries.iter().map(|bytes| Sum::read(*bytes, None, MEMORY, &hasher).unwrap());
    let first = all.next().unwrap();
    all.fold(first, |mut sum, next| {
        sum.add(next).unwrap();
        sum
    })
}

fn merged(summaries: &[&[u8]]) -> String {
    report(sum(summaries).snapshot(&spec()))
}

#[track_caller]
fn same(one: &str, other: &str, what: &str) {
    let differ = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{what}: {differ:?}");
}

const CAPTURES: [&str; 4] = [
    "outage.pcap.gz",
    "shapes/extended-rcodes.pcap",
    "shapes/tcp-segmented.pcap",
    "shapes/lost.pcap",
];

fn focuses() -> [Focus; 6] {
    let code = |code| Focus::Rcode(Rcode(code));
    [code(5), code(2), code(3), code(16), Focus::NoResponse, Focus::Slow]
}

#[test]
fn what_is_written_and_read_again_is_what_was_counted() {
    for capture in CAPTURES {
        let frames = frames(capture, 0);
        for focus in focuses() {
            let read = merged(&[&summary(&frames, focus)]);
            same(&whole(&frames, focus), &read, &format!("{capture} {focus}"));
        }
    }
}

#[test]
fn another_focus_of_a_summary_tells_what_a_report_with_it_tells() {
    let frames = frames("outage.pcap.gz", 0);
    let bytes = summary(&frames, Focus::default());
    for focus in [Rcode::SERVFAIL.into(), Focus::NoResponse, Focus::Slow] {
        let hasher = Hasher::default();
        let mut sum = Sum::read(&*bytes, Some(focus), MEMORY, &hasher).unwrap();
        same(&whole(&frames, focus), &report(sum.snapshot(&spec())), &focus.to_string());
    }
}

/// The frames by who asks; those that are about nobody are the first sensor's.
pub(crate) fn by_client(frames: &Frames, sensors: usize) -> Vec<Frames> {
    let config = EngineConfig::default();
    let (mut front, ports) = (Front::new(&config, &config.bounds()), Ports::new(&config.ports));
    let mut parts = vec![Frames::new(); sensors];
    for frame in frames {
        let (at, wire_len, link, bytes) = frame;
        let mut sensor = 0;
        let seen = Frame { at: *at, wire_len: *wire_len, link: *link, interface: 0, bytes };
        front.feed(&seen, |found| {
            let client = found.client(&ports).0;
            sensor = usize::try_from(client % sensors as u128).unwrap();
        });
        parts[sensor].push(frame.clone());
    }
    parts
}

#[test]
fn sensors_that_see_different_clients_add_up_to_one_that_sees_all() {
    let frames = frames("outage.pcap.gz", 0);
    for focus in focuses() {
        let parts = by_client(&frames, 3);
        assert!(parts.iter().all(|part| part.len() > 100), "each sees something");
        let summaries: Vec<Vec<u8>> = parts.iter().map(|part| summary(part, focus)).collect();
        let summaries: Vec<&[u8]> = summaries.iter().map(Vec::as_slice).collect();
        same(&whole(&frames, focus), &merged(&summaries), &focus.to_string());
    }
}

/// A frame of no protocol at a later time: by then no query waits any more.
fn pause(frames: &mut Frames, seconds: u64) {
    let (last, _, link, _) = frames.last().unwrap().clone();
    frames.push((last.plus(std::time::Duration::from_secs(seconds)), 14, link, vec![0; 14]));
}

#[test]
fn hours_between_which_nothing_waits_add_up_to_the_day() {
    let laters = [3_600, 7_777, 86_400, 31_536_000, 99, 12_345];
    for (later, focus) in laters.into_iter().zip(focuses()) {
        // Not the same packets again: a stream is known by its numbers.
        let mut early = frames("outage.pcap.gz", 0);
        let late = [frames("shapes/retried.pcap", later), frames("shapes/attack.pcap", later + 60)];
        let late = late.concat();
        pause(&mut early, 60);
        let summaries = [summary(&early, focus), summary(&late, focus)];
        let day = [early, late].concat();
        same(
            &whole(&day, focus),
            &merged(&[&summaries[0], &summaries[1]]),
            &format!("{later} s later, {focus}"),
        );
    }
}

#[test]
fn a_sum_does_not_depend_on_who_was_added_first() {
    let frames = frames("outage.pcap.gz", 0);
    let mut parts = by_client(&frames, 3);
    // The same clients at another time.
    let (early, late) = (parts[0].clone(), 12_345);
    parts[1].extend(early.into_iter().map(|(at, length, link, bytes)| {
        (at.plus(std::time::Duration::from_secs(late)), length, link, bytes)
    }));
    let [a, b, c] = [0, 1, 2].map(|part: usize| summary(&parts[part], Focus::default()));
    let first = sum(&[&a, &b]);
    let (ab, bc) = (written(&first), written(&sum(&[&b, &c])));
    let all = written(&sum(&[&a, &b, &c]));
    for (how, other) in [
        ("(a+b)+c", written(&sum(&[&ab, &c]))),
        ("a+(b+c)", written(&sum(&[&a, &bc]))),
        ("c+b+a", written(&sum(&[&c, &b, &a]))),
    ] {
        assert!(unpacked(&other) == unpacked(&all), "{how}");
    }
    same(&merged(&[&all]), &merged(&[&c, &ab]), "as reports");
}

fn unpacked(summary: &[u8]) -> String {
    String::from_utf8(zstd::decode_all(summary).unwrap()).unwrap()
}

fn packed(lines: &str) -> Vec<u8> {
    let mut out = write::mark();
    out.extend(zstd::encode_all(lines.as_bytes(), 1).unwrap());
    out
}

/// What is said of a summary in which a text was replaced.
#[track_caller]
fn check_broken(old: &str, new: &str, why: &str) {
    let lines = unpacked(&summary(&frames("shapes/extended-rcodes.pcap", 0), Focus::default()));
    let changed = lines.replacen(old, new, 1);
    assert_ne!(lines, changed, "{old} is not there:\n{lines}");
    let err = match Sum::read(&*packed(&changed), None, MEMORY, &Hasher::default()) {
        Ok(_) => panic!("{new} is taken for good"),
        Err(err) => err.to_string(),
    };
    assert!(err.contains(why), "{new}: {err}");
}

#[test]
fn what_is_no_summary_is_refused_with_what_to_do() {
    let read =
        |bytes: &[u8]| Sum::read(bytes, None, MEMORY, &Hasher::default()).unwrap_err().to_string();
    assert!(read(b"").contains("rcodetop report --format summary"));
    assert!(read(b"{\"schema\":\"rcodetop.report/1\"}").contains("holds too little"));
    let summary = summary(&frames("shapes/extended-rcodes.pcap", 0), Focus::default());
    assert!(is_summary(&summary));
    for length in 0..summary.len() {
        let why = read(&summary[..length]);
        assert!(why.contains("copy it again") || length < 27, "{length}: {why}");
    }
    let newer = String::from_utf8_lossy(&write::mark()).replace("/1", "/2");
    assert!(is_summary(newer.as_bytes()) && read(newer.as_bytes()).contains("use the newer one"));
    let mut more = summary.clone();
    more.extend(zstd::encode_all(&b"{}\n"[..], 1).unwrap());
    assert!(read(&more).contains("damaged"), "{}", read(&more));
}

#[test]
fn what_cannot_be_is_refused() {
    check_broken("rcodetop.summary/1", "rcodetop.summary/9", "of version \"rcodetop.summary/9\"");
    check_broken("{\"end\":", "{\"end\":1", "is cut after");
    check_broken("\"totals\"", "\"more\"", "unknown variant `more`");
    check_broken("\"key\":\"", "\"key\":\"no address", "holds a value that cannot be");
    check_broken("\"counts\":[", "\"counts\":[18446744073709551615,", "add up to more");
    check_broken("\"answered\":", "\"answered\":9999999999999999", "that cannot be");
    check_broken("\"frames\":", "\"frames\":-", "invalid value");
    check_broken("\"frames\":", "\"frames\":99999999999999", "that cannot be");
    check_broken("{\"client\":", "{\"server\":", "come before what they refer to");
    check_broken("\"step\":100000000", "\"step\":0", "steps holds a value");
    check_broken("\"buckets\":[[", "\"buckets\":[[4000000000,1],[", "response times holds");
    check_broken("\"level\":0", "\"level\":99", "facts holds");
    check_broken(
        "{\"fact\":",
        "{\"path\":[4000000000,9,9,5,1,0]}\n{\"fact\":",
        "come before what they refer to",
    );
    let deep = format!("{{\"totals\":{}", "[".repeat(100_000));
    check_broken("{\"totals\":", &deep, "damaged in line 2");
    check_broken(
        "{\"totals\":",
        &format!("{}{{\"totals\":", " ".repeat(2 << 20)),
        "longer than any",
    );
}

#[test]
fn more_than_fits_is_refused_and_not_kept() {
    let lines = unpacked(&summary(&frames("shapes/extended-rcodes.pcap", 0), Focus::default()));
    let (before, after) = lines.split_at(lines.find("{\"client\":").unwrap());
    let mut many = String::new();
    for address in (0..200_000_u32).map(std::net::Ipv4Addr::from) {
        many += &format!("{{\"client\":{{\"key\":\"{address}\",\"counts\":[]}}}}\n");
    }
    let err =
        Sum::read(&*packed(&format!("{before}{many}{after}")), None, 8 << 20, &Hasher::default());
    let err = err.unwrap_err().to_string();
    assert!(err.contains("clients: grant more with --max-memory"), "{err}");
}

#[test]
fn what_was_made_otherwise_is_not_added() {
    let frames = frames("shapes/extended-rcodes.pcap", 0);
    let hasher = Hasher::default();
    let with = |config: EngineConfig| {
        let mut engine = counted(&frames, config);
        let snapshot = engine.snapshot(&SnapshotSpec::default());
        let bytes = written(&Sum::of(&snapshot, engine.take_tallies()));
        Sum::read(&*bytes, None, MEMORY, &hasher).unwrap()
    };
    let usual = || config(Focus::default());
    let filter = Some("type:A".parse().unwrap());
    for (config, why) in [
        (EngineConfig { filter, ..usual() }, "counts `type:A`, the others everything"),
        (EngineConfig { patience: std::time::Duration::from_secs(1), ..usual() }, "waited 1s"),
        (EngineConfig { slow_after: std::time::Duration::from_secs(2), ..usual() }, "than 2s"),
    ] {
        let err = with(usual()).add(with(config)).unwrap_err().to_string();
        assert!(err.contains(why), "{err}");
    }
    let veiled = |pseudonyms| {
        let mut engine = counted(&frames, usual());
        let mut snapshot = engine.snapshot(&SnapshotSpec::default());
        snapshot.source.pseudonyms = pseudonyms;
        Sum::of(&snapshot, engine.take_tallies())
    };
    for (ours, why) in [(false, "are pseudonyms, and"), (true, "are true ones, and")] {
        let err = veiled(ours).add(veiled(!ours)).unwrap_err().to_string();
        assert!(err.contains(why), "{err}");
    }
    veiled(true).add(veiled(true)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_change_is_refused_or_can_be_shown(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let lines = unpacked(&summary(&frames("shapes/extended-rcodes.pcap", 0), Focus::default()));
        let mut lines = lines.into_bytes();
        for (place, byte) in changes {
            let place = place.index(lines.len());
            // Digits for digits, so that lines stay lines, and anything for the rest.
            lines[place] = if lines[place].is_ascii_digit() { b'0' + byte % 10 } else { byte };
        }
        let mut changed = write::mark();
        changed.extend(zstd::encode_all(&*lines, 1).unwrap());
        if let Ok(mut sum) = Sum::read(&*changed, None, MEMORY, &Hasher::default()) {
            let again = written(&sum);
            let same = Sum::read(&*again, None, MEMORY, &Hasher::default()).unwrap();
            sum.add(same).ok();
            report(sum.snapshot(&spec()));
        }
    }
}
