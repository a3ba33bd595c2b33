//! Packets that are written can be read again, and say what they are.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/analysis.rs"]
mod analysis;
#[path = "support/frames.rs"]
mod frames;

use rcodetop::engine::{Engine, EngineConfig};
use rcodetop::output::pcapng;
use rcodetop::snapshot::{KeptPackets, LookupsSpec, Snapshot, SnapshotSpec, StepKind, Transport};

use analysis::{analyzed, feed, testdata};
use frames::{CLIENT, SERVER, datagram, feed_frames, ipv4, message, port_unreachable, tcp};

const NOERROR: u16 = 0x8180;
const REFUSED: u16 = 0x8185;

fn engine(filter: Option<&str>) -> Engine {
    let filter = filter.map(|filter| filter.parse().unwrap());
    Engine::new(EngineConfig { filter, trail: 16 << 20, ..EngineConfig::default() })
}

fn snapshot(engine: &mut Engine) -> Snapshot {
    let lookups = Some(LookupsSpec { most: usize::MAX, open: None });
    engine.snapshot(&SnapshotSpec { packets: true, lookups, ..SnapshotSpec::default() })
}

/// What is written, read by our own reader.
fn read_again(packets: &KeptPackets) -> Snapshot {
    let file = tempfile::Builder::new().suffix(".pcapng").tempfile().unwrap();
    pcapng::write(packets, &mut file.as_file()).unwrap();
    analyzed(file.path())
}

fn prefixed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

/// A segment of the client or of the server.
fn segment(from_client: bool, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    if from_client {
        ipv4(CLIENT, SERVER, 6, &tcp([4000, 53], sequence, flags, payload))
    } else {
        ipv4(SERVER, CLIENT, 6, &tcp([53, 4000], sequence, flags, payload))
    }
}

const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
const PUSH: u8 = 24;

/// The comments of the packets, without what they have in common.
#[track_caller]
fn check(filter: Option<&str>, frames: &[Vec<u8>], expected: &[(usize, &str)]) -> Snapshot {
    let mut engine = engine(filter);
    feed_frames(&mut engine, frames);
    engine.finish();
    let snapshot = snapshot(&mut engine);
    let what = |comment: &str| {
        let rest = comment.strip_prefix("rcodetop: ").unwrap();
        rest.split_once("; selected by: ").unwrap().0.to_owned()
    };
    let found: Vec<(Vec<u8>, String)> =
        snapshot.packets.rows.iter().map(|it| (it.bytes.clone(), what(&it.comment))).collect();
    let expected: Vec<(Vec<u8>, String)> =
        expected.iter().map(|(nth, what)| (frames[*nth].clone(), (*what).to_owned())).collect();
    let words = |all: &[(Vec<u8>, String)]| -> Vec<String> {
        all.iter().map(|(_, what)| what.clone()).collect()
    };
    assert_eq!(words(&found), words(&expected));
    assert_eq!(found, expected, "the frames themselves");
    assert_eq!(read_again(&snapshot.packets).ledger.frames, expected.len() as u64);
    snapshot
}

fn query() -> Vec<u8> {
    message(7, 0x0100, "www.example", 1, &[])
}

fn response(flags: u16) -> Vec<u8> {
    message(7, flags, "www.example", 1, &[])
}

#[test]
fn messages_of_streams_are_written_with_their_segments() {
    let frames = [
        segment(true, 99, SYN, &[]),
        segment(false, 499, SYN | ACK, &[]),
        segment(true, 100, ACK, &[]),
        segment(true, 100, PUSH, &prefixed(&query())),
        segment(false, 500, PUSH, &prefixed(&response(REFUSED))),
        segment(true, 131, ACK, &[]),
    ];
    let shown = check(None, &frames, &[(3, "query"), (4, "response REFUSED")]);
    let again = read_again(&shown.packets);
    assert_eq!((again.ledger.queries, again.ledger.responses), (1, 1));
    assert_eq!(again.outcomes.answered, 1);
}

#[test]
fn a_message_in_several_segments_has_all_of_them() {
    let (query, response) = (prefixed(&query()), prefixed(&response(NOERROR)));
    let frames = [
        segment(true, 99, SYN, &[]),
        // The length by itself, as some clients send it.
        segment(true, 100, PUSH, &query[..2]),
        segment(true, 102, PUSH, &query[2..]),
        segment(false, 499, SYN | ACK, &[]),
        // Out of order, and one of them twice.
        segment(false, 510, PUSH, &response[10..20]),
        segment(false, 500, PUSH, &response[..10]),
        segment(false, 500, PUSH, &response[..10]),
        segment(false, 520, PUSH, &response[20..]),
        segment(false, 520, PUSH, &response[20..]),
    ];
    let of_response = "part of response NOERROR in 5 segments";
    let expected = [
        (0, "part of query in 3 segments"),
        (1, "part of query in 3 segments"),
        (2, "part of query in 3 segments"),
        (3, of_response),
        (4, of_response),
        (5, of_response),
        (6, of_response),
        (7, of_response),
    ];
    let shown = check(None, &frames, &expected);
    let again = read_again(&shown.packets);
    assert_eq!((again.ledger.queries, again.ledger.responses), (1, 1));
}

#[test]
fn a_segment_with_several_messages_is_written_once_and_says_what_they_are() {
    let other = message(8, REFUSED, "www.example", 1, &[]);
    let both = [prefixed(&response(REFUSED)), prefixed(&other)].concat();
    let third = [prefixed(&response(NOERROR)), prefixed(&other)].concat();
    let frames = [segment(false, 500, PUSH, &both), segment(false, 562, PUSH, &third)];
    let expected = [(0, "response REFUSED"), (1, "response NOERROR and response REFUSED")];
    check(None, &frames, &expected);
}

#[test]
fn what_is_left_of_a_long_message_says_that_the_rest_is_gone() {
    // A message of the greatest length, in segments of a kilobyte.
    let mut long = response(NOERROR);
    long.resize(65_535, 0);
    let long = prefixed(&long);
    let frames: Vec<Vec<u8>> = (0..)
        .zip(long.chunks(1024))
        .map(|(nth, piece)| segment(false, 500 + 1024 * nth, PUSH, piece))
        .collect();
    let mut engine = engine(None);
    feed_frames(&mut engine, &frames);
    let snapshot = snapshot(&mut engine);
    let rows = &snapshot.packets.rows;
    assert!((5..10).contains(&rows.len()), "{} packets", rows.len());
    assert_eq!(rows[0].bytes, frames[0]);
    assert_eq!(rows.last().unwrap().bytes, *frames.last().unwrap(), "the one that ended it");
    let gone = 65 - rows.len();
    for row in rows {
        let said = format!("part of response NOERROR in 65 segments, of which {gone} are not here");
        assert!(row.comment.contains(&said), "{}", row.comment);
    }
}

#[test]
fn icmp_errors_and_resets_are_written_and_shown_as_packets() {
    let query_packet = datagram(true, &query());
    let frames = [
        query_packet.clone(),
        port_unreachable([10, 0, 0, 254], &query_packet),
        segment(true, 100, PUSH, &prefixed(&query())),
        segment(false, 1, RST, &[]),
    ];
    let expected = [
        (0, "query"),
        (1, "ICMP port unreachable in answer to a query"),
        (2, "query"),
        (3, "TCP reset in answer to a query"),
    ];
    let snapshot = check(None, &frames, &expected);
    let lookups = snapshot.lookups.unwrap();
    let errors = lookups.rows.iter().flat_map(|lookup| &lookup.steps);
    let errors: Vec<_> =
        errors.filter(|step| matches!(step.kind, StepKind::Error { .. })).collect();
    let by = errors.iter().map(|step| match &step.kind {
        StepKind::Error { by, .. } => by.to_string(),
        _ => String::new(),
    });
    assert_eq!(by.collect::<Vec<_>>(), ["10.0.0.254", "10.0.0.53"]);
    assert_eq!(
        errors[0].lines()[..4],
        [
            "ICMP type 3, code 3, from 10.0.0.254",
            "; quotes udp 10.0.0.1:4000 -> 10.0.0.53:53",
            "QUERY query, id 7, flags rd, 29 bytes",
            "www.example IN A",
        ]
    );
    assert_eq!(errors[1].lines(), ["TCP rst 10.0.0.53:53 -> 10.0.0.1:4000, sequence 1"]);
    assert_eq!((errors[0].id, &errors[0].bytes), (Some(7), &frames[1]));
}

#[test]
fn a_filter_for_errors_selects_the_lookups_that_met_one() {
    let refused = |frames: &mut Vec<Vec<u8>>| {
        let other = |flags| message(9, flags, "other.example", 1, &[]);
        frames.extend([datagram(true, &other(0x0100)), datagram(false, &other(REFUSED))]);
    };
    let mut frames = vec![datagram(true, &query())];
    frames.push(port_unreachable(SERVER, &frames[0].clone()));
    refused(&mut frames);
    let error = "ICMP port unreachable in answer to a query";
    check(Some("unreachable"), &frames, &[(0, "query"), (1, error)]);
    check(Some("rcode:REFUSED"), &frames, &[(2, "query"), (3, "response REFUSED")]);
    check(Some("not unreachable"), &frames, &[(2, "query"), (3, "response REFUSED")]);
}

/// With any capture: whatever is kept can be written, and read again as what it was.
#[test]
fn the_packets_of_real_captures_tell_what_they_told() {
    let captures = [
        "outage.pcap.gz",
        "scenarios/13-firewall.pcap.zst",
        "links/vxlan.pcap",
        "shapes/tcp.pcap",
        "shapes/tcp-segmented.pcap",
        "shapes/tcp-disordered.pcap",
        "shapes/tcp-pipelined.pcap",
    ];
    for capture in captures {
        let mut engine = engine(None);
        feed(&mut engine, &testdata(capture));
        let all = snapshot(&mut engine);
        let again = read_again(&all.packets);
        let missing = all.packets.without;
        let (then, now) = (all.ledger.dns_messages, again.ledger.dns_messages);
        assert_eq!(then, now + missing, "{capture}");
        let of = |snapshot: &Snapshot, transport: Transport| {
            let row = snapshot.transports.iter().find(|row| row.key == transport);
            row.map_or(0, |row| row.responses)
        };
        assert_eq!(of(&all, Transport::Tcp), of(&again, Transport::Tcp), "{capture}");
        assert_eq!(all.outcomes.unreachable, again.outcomes.unreachable, "{capture}");
    }
}
