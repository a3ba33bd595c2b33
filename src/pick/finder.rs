//! Frames that belong to exchanges that are meant.

use std::collections::VecDeque;

use super::chosen::{Key, Note, Notes};
use crate::wire::{
    Datagram, Decoder, Endpoint, FragmentOf, Frame, IcmpError, Packet, Ports, Transport,
};

/// Bytes of fragments that wait to be known as parts of a message.
const MOST_HELD: usize = 16 << 20;

/// A frame that belongs to an exchange.
#[derive(Debug)]
pub struct Picked<'a> {
    /// The frame.
    pub frame: &'a Frame<'a>,
    /// Its place in the capture, from 1.
    pub number: u64,
    /// What it is, and what came of the exchange.
    pub what: String,
}

/// A fragment that may be part of a message that is meant.
#[derive(Debug)]
struct Held {
    of: FragmentOf,
    frame: Frame<'static>,
    bytes: Vec<u8>,
    number: u64,
}

/// Finds the frames.
#[derive(Debug)]
pub struct Finder {
    notes: Notes,
    decoder: Decoder,
    ports: Ports,
    held: VecDeque<Held>,
    held_bytes: usize,
}

impl Finder {
    /// For these exchanges, in a capture of DNS on these ports.
    pub fn new(notes: Notes, ports: &[u16], fragment_bytes: usize) -> Self {
        Self {
            notes: notes.sorted(),
            decoder: Decoder::new(ports, fragment_bytes),
            ports: Ports::new(ports),
            held: VecDeque::new(),
            held_bytes: 0,
        }
    }

    /// Hands on a frame if it belongs to an exchange that is meant, after the fragments that it
    /// completes.
    pub fn frame(&mut self, frame: &Frame<'_>, number: u64, sink: &mut impl FnMut(&Picked<'_>)) {
        self.decoder.expire(frame.at);
        while self.decoder.abandoned().is_some() {}
        let packet = self.decoder.decode(frame);
        let is_fragment = matches!(packet, Packet::Fragment);
        let what = what(&packet, frame, &self.notes, &self.ports);
        let of = self.decoder.take_fragment();
        match (what, of) {
            (Some(what), of) => {
                if let Some(of) = of {
                    self.give_held(of, &what, sink);
                }
                sink(&Picked { frame, number, what });
            }
            (None, Some(of)) if is_fragment => self.hold(of, frame, number),
            (None, Some(of)) => self.let_go(of),
            (None, None) => {}
        }
    }

    fn hold(&mut self, of: FragmentOf, frame: &Frame<'_>, number: u64) {
        self.held_bytes += frame.bytes.len();
        let bytes = frame.bytes.to_vec();
        self.held.push_back(Held { of, frame: Frame { bytes: &[], ..*frame }, bytes, number });
        while self.held_bytes > MOST_HELD {
            let Some(oldest) = self.held.pop_front() else { return };
            self.held_bytes -= oldest.bytes.len();
        }
    }

    fn give_held(&mut self, of: FragmentOf, what: &str, sink: &mut impl FnMut(&Picked<'_>)) {
        for held in self.held.iter().filter(|held| held.of == of) {
            let frame = &Frame { bytes: &held.bytes, ..held.frame };
            sink(&Picked { frame, number: held.number, what: format!("fragment of {what}") });
        }
        self.let_go(of);
    }

    fn let_go(&mut self, of: FragmentOf) {
        self.held.retain(|held| held.of != of);
        self.held_bytes = self.held.iter().map(|held| held.bytes.len()).sum();
    }
}

/// What a packet is and what came of its exchange, if that is meant.
fn what(packet: &Packet<'_>, frame: &Frame<'_>, notes: &Notes, ports: &Ports) -> Option<String> {
    match packet {
        Packet::Datagram(it) => message(it, Transport::Udp, frame, notes),
        Packet::Delivered(it) => message(&it.datagram, it.transport, frame, notes),
        Packet::Segment(it) => {
            let find = |client: Endpoint, server: Endpoint, kind| {
                let key = Key { client, server, transport: Transport::Tcp, id: None };
                notes.find(&key, frame.at).map(|note| told(kind, note))
            };
            let is_from_server = ports.has(it.from.port);
            let from = is_from_server.then(|| find(it.to, it.from, "segment from the server"));
            from.flatten().or_else(|| find(it.from, it.to, "segment to the server"))
        }
        Packet::Icmp(error) => icmp(error, frame, notes),
        Packet::Fragment | Packet::NotDns | Packet::Undecodable(_) => None,
    }
}

fn message(
    it: &Datagram<'_>,
    transport: Transport,
    frame: &Frame<'_>,
    notes: &Notes,
) -> Option<String> {
    let [i0, i1, flags] = *it.payload.first_chunk()?;
    let is_response = flags & 0x80 != 0;
    let (client, server) = if is_response { (it.to, it.from) } else { (it.from, it.to) };
    let key = Key { client, server, transport, id: Some(u16::from_be_bytes([i0, i1])) };
    let kind = if is_response { "response" } else { "query" };
    notes.find(&key, frame.at).map(|note| told(kind, note))
}

fn icmp(error: &IcmpError<'_>, frame: &Frame<'_>, notes: &Notes) -> Option<String> {
    let transport = if error.udp { Transport::Udp } else { Transport::Tcp };
    let id = error.id().filter(|_| error.udp);
    let key = Key { client: error.from, server: error.to, transport, id };
    notes.find(&key, frame.at).map(|note| told("ICMP error about a query", note))
}

fn told(kind: &str, note: &Note) -> String {
    format!("{kind}; {note}")
}
