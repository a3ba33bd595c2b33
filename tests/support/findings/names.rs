//! Other names of the same length: letters are moved by half the alphabet, so that doing it twice
//! gives the first names again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Range;

use super::layers::{TCP, UDP, address, be16, be32, layers};
use super::packets::Packet;
use super::truth::Scenario;

/// Renames all names, in messages and in the truth.
pub(crate) fn renamed(mut scenario: Scenario) -> Scenario {
    datagrams(&mut scenario.packets);
    streams(&mut scenario.packets);
    for row in &mut scenario.rows {
        row.name = row.name.chars().map(other_character).collect();
    }
    scenario
}

fn other(letter: u8) -> u8 {
    match letter {
        b'a'..=b'm' | b'A'..=b'M' => letter + 13,
        b'n'..=b'z' | b'N'..=b'Z' => letter - 13,
        _ => letter,
    }
}

fn other_character(character: char) -> char {
    u8::try_from(character).map_or(character, |letter| char::from(other(letter)))
}

fn datagrams(packets: &mut [Packet]) {
    for packet in packets {
        let found = layers(packet).transport.filter(|it| it.protocol == UDP && it.is_dns());
        if let Some(message) = found.and_then(|it| packet.bytes.get_mut(it.payload)) {
            rename(message);
        }
    }
}

impl super::layers::Transport {
    pub(crate) fn is_dns(&self) -> bool {
        self.source_port == 53 || self.destination_port == 53
    }
}

/// Renames all names of a message, as far as it goes.
fn rename(message: &mut [u8]) -> Option<()> {
    let mut done = BTreeSet::new();
    let counts: Vec<u16> = (4..12).step_by(2).filter_map(|at| be16(message, at)).collect();
    let [questions, records @ ..] = counts.as_slice() else { return None };
    let mut at = 12;
    for _ in 0..*questions {
        at = rename_one(message, at, &mut done)? + 4;
    }
    for _ in 0..records.iter().map(|count| u32::from(*count)).sum() {
        let fixed = rename_one(message, at, &mut done)?;
        at = fixed + 10 + usize::from(be16(message, fixed + 8)?);
    }
    Some(())
}

/// Renames the labels of one name, also where it points to, each once. Gives what comes after it.
fn rename_one(message: &mut [u8], start: usize, done: &mut BTreeSet<usize>) -> Option<usize> {
    let (mut at, mut after) = (start, None);
    for _ in 0..255 {
        let length = usize::from(*message.get(at)?);
        if length >= 0xc0 {
            after = after.or(Some(at + 2));
            at = usize::from(be16(message, at)? & 0x3fff);
            continue;
        }
        if length == 0 {
            return Some(after.unwrap_or(at + 1));
        }
        if done.insert(at) {
            let captured = (at + 1 + length).min(message.len());
            let label = message.get_mut(at + 1..captured)?;
            label.iter_mut().for_each(|letter| *letter = other(*letter));
        }
        at += 1 + length;
    }
    None
}

/// One direction of a connection.
type Flow = (IpAddr, IpAddr, u16, u16);

/// Where a piece of a stream lies: in which packet, where, and how far behind the first byte.
struct Piece {
    packet: usize,
    place: Range<usize>,
    offset: usize,
}

fn streams(packets: &mut [Packet]) {
    for pieces in flows(packets).values() {
        let end = pieces.iter().map(|piece| piece.offset + piece.place.len()).max();
        let mut stream = vec![0; end.unwrap_or_default()];
        for piece in pieces {
            let bytes = &packets[piece.packet].bytes[piece.place.clone()];
            stream[piece.offset..][..bytes.len()].copy_from_slice(bytes);
        }
        messages(&mut stream);
        for piece in pieces {
            let bytes = &mut packets[piece.packet].bytes[piece.place.clone()];
            bytes.copy_from_slice(&stream[piece.offset..][..bytes.len()]);
        }
    }
}

fn flows(packets: &[Packet]) -> BTreeMap<Flow, Vec<Piece>> {
    let mut starts: BTreeMap<Flow, u32> = BTreeMap::new();
    let mut flows: BTreeMap<Flow, Vec<Piece>> = BTreeMap::new();
    for (number, packet) in packets.iter().enumerate() {
        let Some((flow, sequence, opens, place)) = segment(packet) else { continue };
        if opens {
            starts.insert(flow, sequence.wrapping_add(1));
        }
        let Some(start) = starts.get(&flow) else { continue };
        let offset = usize::try_from(sequence.wrapping_sub(*start)).unwrap();
        if !place.is_empty() && offset < 1 << 20 {
            flows.entry(flow).or_default().push(Piece { packet: number, place, offset });
        }
    }
    flows
}

/// The flow of a segment, its sequence number, whether it opens the flow, and what it carries.
fn segment(packet: &Packet) -> Option<(Flow, u32, bool, Range<usize>)> {
    let found = layers(packet);
    let tcp = found.transport.filter(|it| it.protocol == TCP && !found.is_quoted)?;
    let (source, destination) = found.addresses.first()?;
    let flow = (
        address(&packet.bytes, source)?,
        address(&packet.bytes, destination)?,
        tcp.source_port,
        tcp.destination_port,
    );
    let opens = packet.bytes.get(tcp.header + 13)? & 2 != 0;
    Some((flow, be32(&packet.bytes, tcp.header + 4)?, opens, tcp.payload))
}

/// Renames the names of all messages of a stream.
fn messages(stream: &mut [u8]) {
    let mut at = 0;
    while let Some(length) = be16(stream, at).map(usize::from).filter(|length| *length > 0) {
        let end = (at + 2 + length).min(stream.len());
        if let Some(message) = stream.get_mut(at + 2..end) {
            rename(message);
        }
        at += 2 + length;
    }
}
