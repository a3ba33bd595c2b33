//! A packet that ended a query, for a person to read; off the hot path.

use super::address::Address;
use super::packet::{Decoder, Packet};
use super::whole::describe;
use super::{Frame, IcmpError, Segment};

/// Who sent the ICMP error that a frame carries; `port` is one that carries DNS.
pub fn reporter(frame: &Frame<'_>, port: u16) -> Option<Address> {
    match Decoder::new(&[port], 0).walk(frame) {
        Packet::Icmp(error) => Some(error.reporter),
        _ => None,
    }
}

/// An ICMP error with what it quotes, or a TCP reset, in lines of printable ASCII; `port` is one
/// that carries DNS.
pub fn describe_obstacle(frame: &Frame<'_>, port: u16) -> Vec<String> {
    match Decoder::new(&[port], 0).walk(frame) {
        Packet::Icmp(error) => icmp(&error),
        Packet::Segment(segment) => reset(&segment),
        _ => vec!["; the packet cannot be decoded".to_owned()],
    }
}

fn icmp(error: &IcmpError<'_>) -> Vec<String> {
    let name = if error.v6 { "ICMPv6" } else { "ICMP" };
    let IcmpError { kind, code, reporter, from, to, udp, payload, .. } = *error;
    let over = if udp { "udp" } else { "tcp" };
    let mut lines = vec![
        format!("{name} type {kind}, code {code}, from {}", reporter.ip()),
        format!("; quotes {over} {from} -> {to}"),
    ];
    if !payload.is_empty() {
        lines.extend(describe(payload));
    }
    lines
}

fn reset(segment: &Segment<'_>) -> Vec<String> {
    let flags = [(segment.rst, "rst"), (segment.ack, "ack"), (segment.syn, "syn")];
    let set: Vec<&str> = flags.iter().filter(|flag| flag.0).map(|flag| flag.1).collect();
    let (from, to, sequence) = (segment.from, segment.to, segment.sequence);
    vec![format!("TCP {} {from} -> {to}, sequence {sequence}", set.join(" "))]
}
