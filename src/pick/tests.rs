use super::*;
use crate::engine::Witness;
use crate::iana::{Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Answer, Asked, Exchange, Form, Hashes, Outcome};
use crate::wire::{Address, Flags, Frame, LinkType, Transport};
use std::time::Duration;

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [192, 0, 2, 53];

fn at(seconds: u64, millis: u64) -> Timestamp {
    Timestamp::new(1000 + seconds, millis * 1_000_000)
}

/// An exchange over UDP from port 4444 that began so many seconds after the start.
fn exchange(id: u16, began: u64, outcome: Outcome) -> Exchange<'static> {
    let answer = matches!(outcome, Outcome::Answered { .. } | Outcome::RepeatedResponse);
    let asked = at(began, 0);
    let took = Duration::from_millis(if answer { 100 } else { 0 });
    Exchange {
        at: asked.plus(took),
        client: Address::v4(CLIENT),
        server: Address::v4(SERVER),
        client_port: 4444,
        server_port: 53,
        id,
        transport: Transport::Udp,
        outcome,
        opcode: Opcode::QUERY,
        question: None,
        name: &[],
        hashes: Hashes::default(),
        asked: Some(Asked {
            at: asked,
            last: asked,
            flags: Flags(0),
            edns: false,
            repeats: 0,
            unreachable: false,
        }),
        answer: answer.then_some(Answer {
            rcode: Rcode::REFUSED,
            ede: None,
            ede_text: &[],
            answers: 0,
            form: Form::default(),
        }),
        flags: Flags(0x8005),
    }
}

/// A UDP datagram in IPv4, whole or a fragment: (offset, more).
fn ipv4(from_server: bool, payload: &[u8], (offset, more): (u16, bool)) -> Vec<u8> {
    let (from, to) = if from_server { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
    let length = u16::try_from(20 + payload.len()).unwrap();
    let fragment = (offset / 8) | if more { 0x2000 } else { 0 };
    let mut out = vec![0x45, 0];
    out.extend(length.to_be_bytes());
    out.extend([0, 9]);
    out.extend(fragment.to_be_bytes());
    out.extend([64, 17, 0, 0]);
    out.extend(from);
    out.extend(to);
    out.extend(payload);
    out
}

fn udp(from_server: bool, message: &[u8]) -> Vec<u8> {
    let (from, to): (u16, u16) = if from_server { (53, 4444) } else { (4444, 53) };
    let length = u16::try_from(8 + message.len()).unwrap();
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &length.to_be_bytes(), &[0, 0], message].concat()
}

fn message(id: u16, is_response: bool) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend([if is_response { 0x80 } else { 0 }, 5]);
    out.extend([0; 40]);
    out
}

/// The numbers and words of the frames that are picked.
fn picked(exchanges: &[Exchange<'_>], frames: &[(Timestamp, Vec<u8>)]) -> Vec<(u64, String)> {
    let mut chosen = Chosen::new(1 << 20, Duration::from_secs(5));
    let notes = chosen.notes();
    exchanges.iter().for_each(|exchange| chosen.see(exchange));
    let mut finder = Finder::new(notes(), &[53], 1 << 20);
    let mut out = Vec::new();
    for (number, (at, bytes)) in (1..).zip(frames) {
        let wire_len = u32::try_from(bytes.len()).unwrap();
        let frame = Frame { at: *at, wire_len, link: LinkType(101), interface: 0, bytes };
        finder.frame(&frame, number, &mut |it| out.push((it.number, it.what.clone())));
    }
    out
}

const ANSWERED: Outcome = Outcome::Answered { took: 100_000_000, late: false };

fn whole(id: u16, is_response: bool) -> Vec<u8> {
    ipv4(is_response, &udp(is_response, &message(id, is_response)), (0, false))
}

#[test]
fn query_and_response_are_picked_and_what_has_another_id_or_time_is_not() {
    let frames = [
        (at(0, 0), whole(7, false)),
        (at(0, 0), whole(8, false)),
        (at(0, 100), whole(7, true)),
        (at(0, 100), whole(8, true)),
        (at(9, 0), whole(7, false)),
    ];
    let expected = [
        (1, "query; REFUSED after 100.000 ms".to_owned()),
        (3, "response; REFUSED after 100.000 ms".to_owned()),
    ];
    assert_eq!(picked(&[exchange(7, 0, ANSWERED)], &frames), expected);
    assert_eq!(picked(&[], &frames), []);
}

#[test]
fn every_fragment_of_a_message_is_picked_and_none_of_another() {
    let response = udp(true, &message(7, true));
    let other = udp(true, &message(8, true));
    let cut = |bytes: &[u8]| {
        let (first, second) = bytes.split_at(24);
        [ipv4(true, first, (0, true)), ipv4(true, second, (24, false))]
    };
    let [one, two] = cut(&response);
    let [three, mut four] = cut(&other);
    let frames = [
        (at(0, 90), one.clone()),
        (at(0, 100), two.clone()),
        (at(0, 100), three),
        (at(0, 100), {
            four[5] = 9;
            four
        }),
    ];
    let of = |id| {
        let found = picked(&[exchange(id, 0, ANSWERED)], &frames);
        found.into_iter().map(|(number, what)| (number, what.starts_with("fragment"))).collect()
    };
    let (first, second): (Vec<_>, Vec<_>) = (of(7), of(8));
    assert_eq!(first, [(1, true), (2, false)]);
    assert_eq!(second, [(3, true), (4, false)]);
    // The rest may come first.
    let turned = [(at(0, 90), two), (at(0, 100), one)];
    assert_eq!(picked(&[exchange(7, 0, ANSWERED)], &turned).len(), 2);
}

#[test]
fn what_there_is_no_memory_for_is_counted() {
    let mut chosen = Chosen::new(0, Duration::from_secs(5));
    let notes = chosen.notes();
    chosen.see(&exchange(7, 0, ANSWERED));
    let notes = notes();
    assert_eq!((notes.exchanges(), notes.without()), (1, 1));
}

#[test]
fn many_exchanges_under_one_key_are_told_apart_by_their_time() {
    let exchanges: Vec<_> = (0..100).map(|second| exchange(7, second, ANSWERED)).collect();
    let frames = [(at(50, 50), whole(7, false)), (at(50, 500), whole(7, false))];
    assert_eq!(picked(&exchanges, &frames).len(), 1);
}

/// A later fragment, whose first never comes, of a datagram of its own.
fn lost(id: u16) -> Vec<u8> {
    let mut out = ipv4(true, &[0; 16], (24, true));
    out.splice(4..6, id.to_be_bytes());
    out
}

#[test]
fn fragments_that_never_complete_are_let_go() {
    let mut finder = Finder::new(Notes::default(), &[53], 1 << 20);
    let mut feed = |number: u64, at, bytes: &[u8]| {
        let wire_len = u32::try_from(bytes.len()).unwrap();
        let frame = Frame { at, wire_len, link: LinkType(101), interface: 0, bytes };
        finder.frame(&frame, number, &mut |_| {});
        finder.held()
    };
    for number in 0..10_000 {
        let id = u16::try_from(number).unwrap();
        let (datagrams, places) = feed(number, at(0, 0), &lost(id));
        assert!(datagrams <= 1024 && places <= 2 * 1024 + 1, "{datagrams} {places}");
        // Those that are whole leave no place behind either.
        let response = udp(true, &message(id, true));
        let pieces = [(&response[..24], (0, true)), (&response[24..], (24, false))];
        pieces.iter().for_each(|(bytes, place)| {
            feed(number, at(0, 0), &ipv4(true, bytes, *place));
        });
    }
    assert_eq!(feed(0, at(200, 0), &lost(7)).0, 1, "the others waited for too long");
    assert_eq!(finder.shed(), 0, "none of them could have become whole");
}

#[test]
fn fragments_that_there_is_no_memory_for_are_counted() {
    let mut finder = Finder::new(Notes::default(), &[53], 64 << 20);
    let bytes = lost(7);
    for number in 0..200_000 {
        // A copy is no part of the datagram, and costs what it costs.
        let frame =
            Frame { at: at(0, 0), wire_len: 36, link: LinkType(101), interface: 0, bytes: &bytes };
        finder.frame(&frame, number, &mut |_| {});
    }
    assert!(finder.shed() > 0);
}
