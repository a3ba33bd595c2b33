//! Frames that belong to exchanges that are meant.

use super::chosen::{Key, Note, Notes};
use super::held::Held;
use crate::wire::{Datagram, Decoder, Endpoint, Frame, IcmpError, Packet, Ports, Transport};

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

/// Finds the frames.
#[derive(Debug)]
pub struct Finder {
    notes: Notes,
    decoder: Decoder,
    ports: Ports,
    held: Held,
}

impl Finder {
    /// For these exchanges, in a capture of DNS on these ports.
    pub fn new(notes: Notes, ports: &[u16], fragment_bytes: usize) -> Self {
        Self {
            notes: notes.sorted(),
            decoder: Decoder::new(ports, fragment_bytes),
            ports: Ports::new(ports),
            held: Held::default(),
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
                for part in of.map_or_else(Vec::new, |of| self.held.take(of)) {
                    let what = format!("fragment of {what}");
                    sink(&Picked { frame: &part.frame(), number: part.number, what });
                }
                sink(&Picked { frame, number, what });
            }
            (None, Some(of)) if is_fragment => self.held.add(of, frame, number),
            (None, Some(of)) => drop(self.held.take(of)),
            (None, None) => {}
        }
    }

    /// Fragments that there was no memory for: were they parts of a message that is meant, they are
    /// missing.
    pub fn shed(&self) -> u64 {
        self.held.shed()
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        self.held.datagrams()
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
