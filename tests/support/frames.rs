//! Frames of raw IPv4, built byte by byte, for scripts of a few packets.

use rcodetop::engine::Engine;
use rcodetop::snapshot::Timestamp;
use rcodetop::wire::{Frame, LinkType};

pub(crate) const CLIENT: [u8; 4] = [10, 0, 0, 1];
pub(crate) const SERVER: [u8; 4] = [10, 0, 0, 53];

pub(crate) fn ipv4(from: [u8; 4], to: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = length(20 + payload.len()).to_be_bytes();
    let mut frame = vec![0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0];
    frame.extend(from.iter().chain(&to).chain(payload));
    frame
}

pub(crate) fn tcp(ports: [u16; 2], sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment: Vec<u8> = ports.iter().flat_map(|port| port.to_be_bytes()).collect();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

pub(crate) fn udp(ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let mut datagram: Vec<u8> = ports.iter().flat_map(|port| port.to_be_bytes()).collect();
    datagram.extend(length(8 + payload.len()).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

/// The client's datagram to the server, or the server's to the client.
pub(crate) fn datagram(from_client: bool, payload: &[u8]) -> Vec<u8> {
    if from_client {
        ipv4(CLIENT, SERVER, 17, &udp([4000, 53], payload))
    } else {
        ipv4(SERVER, CLIENT, 17, &udp([53, 4000], payload))
    }
}

/// An ICMP "port unreachable" (RFC 792) of somebody who quotes a packet of the client.
pub(crate) fn port_unreachable(by: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0], quoted].concat();
    ipv4(by, CLIENT, 1, &error)
}

/// A message with these flags, a question of class IN, and as many answers as are given.
pub(crate) fn message(
    id: u16,
    flags: u16,
    name: &str,
    rtype: u16,
    answers: &[(&str, u16, &[u8])],
) -> Vec<u8> {
    let mut message: Vec<u8> = [id, flags, 1, length(answers.len()), 0, 0]
        .iter()
        .flat_map(|it| it.to_be_bytes())
        .collect();
    message.extend(wire(name));
    message.extend([rtype.to_be_bytes(), [0, 1]].concat());
    for (owner, rtype, data) in answers {
        message.extend(wire(owner));
        message.extend([rtype.to_be_bytes(), [0, 1]].concat());
        message.extend(60_u32.to_be_bytes());
        message.extend(length(data.len()).to_be_bytes());
        message.extend(*data);
    }
    message
}

pub(crate) fn wire(name: &str) -> Vec<u8> {
    rcodetop::wire::name::parse(name).expect("it is a name")
}

fn length(of: usize) -> u16 {
    u16::try_from(of).expect("it fits a packet")
}

/// Feeds frames a millisecond apart, of raw IP.
pub(crate) fn feed_frames(engine: &mut Engine, frames: &[Vec<u8>]) {
    for (nth, bytes) in frames.iter().enumerate() {
        let at = Timestamp(1_000_000_000 + 1_000_000 * nth as u64);
        let wire_len = u32::try_from(bytes.len()).expect("it fits a packet");
        engine.feed(&Frame { at, wire_len, link: LinkType(101), interface: 0, bytes });
    }
}
