//! dnstap files: what a server told is counted as what a capture shows.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;
#[path = "support/dnstap.rs"]
mod dnstap;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use analysis::{analyzed, testdata};
use dnstap::{START, STOP, framed, told};
use rcodetop::iana::Rcode;
use rcodetop::snapshot::{Snapshot, Transport};

fn named() -> Snapshot {
    analyzed(&testdata("dnstap/named.dnstap"))
}

#[test]
fn what_a_real_server_told_is_matched_and_counted() {
    let snapshot = named();
    assert!(snapshot.ledger.balances());
    // Three answers, six refusals, and a failure after a query to a forwarder that is not there.
    assert_eq!((snapshot.ledger.frames, snapshot.ledger.datagrams), (21, 21));
    assert_eq!((snapshot.ledger.queries, snapshot.ledger.responses), (11, 10));
    assert_eq!((snapshot.outcomes.answered, snapshot.outcomes.unasked), (10, 0));
    let responses = |code| {
        let row = snapshot.rcodes.iter().find(|row| row.rcode == code);
        row.map_or(0, |row| row.responses)
    };
    let codes = [Rcode::NOERROR, Rcode::REFUSED, Rcode::SERVFAIL];
    assert_eq!(codes.map(responses), [3, 6, 1]);
    assert_eq!(snapshot.clients.rows.len(), 4);
    let over = |transport| {
        let row = snapshot.transports.iter().find(|row| row.key == transport);
        row.map_or(0, |row| row.responses)
    };
    assert_eq!([Transport::Udp, Transport::Tcp].map(over), [7, 3], "BIND 9.18 tells no more");
    assert!(!snapshot.findings.is_empty());
}

fn snapshot_of(parts: &[&[u8]]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dnstap");
    fs::write(&path, parts.concat()).unwrap();
    analyzed(&path)
}

#[test]
fn every_transport_is_told_apart() {
    let mut file = START.to_vec();
    for protocol in 1..=7 {
        file.extend(framed(&told(5, protocol, protocol, 100)));
        file.extend(framed(&told(6, protocol, protocol, 101)));
    }
    let snapshot = snapshot_of(&[&file, STOP]);
    let mut all: Vec<(String, u64)> =
        snapshot.transports.iter().map(|row| (row.key.to_string(), row.focus)).collect();
    all.sort();
    let expected = [("dnscrypt", 2), ("doh", 1), ("doq", 1), ("dot", 1), ("tcp", 1), ("udp", 1)];
    assert_eq!(all, expected.map(|(word, count)| (word.to_owned(), count)));
    assert_eq!(snapshot.outcomes.answered, 7);
}

#[test]
fn what_stands_before_its_query_is_matched_all_the_same() {
    let (query, response) = (framed(&told(5, 1, 7, 100)), framed(&told(6, 1, 7, 101)));
    let snapshot = snapshot_of(&[START, &response, &query, STOP]);
    assert_eq!((snapshot.outcomes.answered, snapshot.outcomes.unasked), (1, 0));
}

#[test]
fn what_makes_no_sense_is_counted_and_what_follows_is_read() {
    let (query, response) = (framed(&told(5, 1, 7, 100)), framed(&told(6, 1, 7, 101)));
    let odd =
        [framed(b"\xff\xff\xff"), framed(b"\x78\x01\x72\xff\xff\x03\x08"), framed(b"\x78\x02")];
    let snapshot = snapshot_of(&[START, &query, &odd.concat(), &response, STOP, START, STOP]);
    assert!(snapshot.ledger.balances());
    assert_eq!((snapshot.ledger.frames, snapshot.ledger.undecodable_total()), (5, 3));
    assert_eq!(snapshot.outcomes.answered, 1);
}

fn report(words: &[&str], input: Option<&[u8]>) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcodetop"));
    command.args([&["report", "-q"], words].concat());
    let pipe = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let command = command.stdin(pipe).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        let _ = stdin.write_all(input);
    }
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn a_stream_is_known_by_its_content_also_compressed_and_over_a_pipe() {
    let path = testdata("dnstap/named.dnstap");
    let bytes = fs::read(&path).unwrap();
    let plain = report(&[path.to_str().unwrap(), "--format", "csv"], None);
    assert_eq!(plain.2, Some(0), "{}", plain.1);
    assert!(plain.0.contains("127.0.0.3"), "{}", plain.0);
    for input in [bytes.clone(), gzip(&bytes)] {
        let piped = report(&["-", "--format", "csv"], Some(&input));
        assert_eq!(piped.0, plain.0);
    }
}

#[test]
fn damage_is_told_with_its_place_and_another_content_with_what_it_is() {
    let bytes = fs::read(testdata("dnstap/named.dnstap")).unwrap();
    let (_, error, code) = report(&["-"], Some(&bytes[..bytes.len() - 40]));
    assert_eq!(code, Some(3));
    assert!(error.contains("frame") && error.contains("is cut"), "{error}");
    let other = [&START[..20], b"protobuf:another.Thing"].concat();
    let (_, error, code) = report(&["-"], Some(&other));
    assert_ne!(code, Some(0));
    assert!(error.contains("something else than dnstap"), "{error}");
}

#[test]
fn what_is_written_of_it_is_a_capture_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("told.pcapng");
    let words = |path: &Path| [path.to_str().unwrap().to_owned(), "--format".into(), "csv".into()];
    let path = testdata("dnstap/named.dnstap");
    let first = words(&path);
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let (once, ..) = report(&[&first[..], &["-w", written.to_str().unwrap()]].concat(), None);
    let again = words(&written);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert_eq!(report(&again, None).0, once);
}
