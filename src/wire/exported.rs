//! Messages that were captured by themselves, without the packets that carried them: a DNS server
//! told them, or a program that could decrypt them.
//!
//! As Wireshark exports them (`LINKTYPE_WIRESHARK_UPPER_PDU`): tags, each a number and a length in
//! network order, then the message. Of the tags only what is needed here is known.

use super::address::{Address, Endpoint};
use super::layer::{Stop, be16, cut};
use super::packet::{Datagram, Delivered, Packet, Print};
use super::{Frame, LinkType, Transport};
use crate::ledger::Reason;

const END: u16 = 0;
const DISSECTOR: u16 = 12;
const V4_FROM: u16 = 20;
const V4_TO: u16 = 21;
const V6_FROM: u16 = 22;
const V6_TO: u16 = 23;
const PORT_TYPE: u16 = 24;
const PORT_FROM: u16 = 25;
const PORT_TO: u16 = 26;
const PROTOCOL_COLUMN: u16 = 33;

const PORT_TYPE_TCP: u32 = 2;
const PORT_TYPE_UDP: u32 = 3;

/// What the message is read as.
const DNS: &[u8] = b"dns";

/// Tags that are looked at; nobody writes as many.
const MOST_TAGS: usize = 32;

/// How messages travel, by what is shown of it in the column of protocols.
const COLUMNS: &[(Transport, &[u8])] = &[
    (Transport::Tls, b"DoT"),
    (Transport::Https, b"DoH"),
    (Transport::Quic, b"DoQ"),
    (Transport::DnsCrypt, b"DNSCrypt"),
];

/// Writes a message, from whom to whom and how it went, in the place of what `out` holds.
pub fn export(
    (from, to): (Endpoint, Endpoint),
    transport: Transport,
    message: &[u8],
    out: &mut Vec<u8>,
) {
    out.clear();
    tag(DISSECTOR, DNS, out);
    if let Some((_, column)) = COLUMNS.iter().find(|(of, _)| *of == transport) {
        tag(PROTOCOL_COLUMN, column, out);
    }
    for (endpoint, v4, v6) in [(from, V4_FROM, V6_FROM), (to, V4_TO, V6_TO)] {
        let bytes = endpoint.address.0.to_be_bytes();
        match bytes.last_chunk::<4>().filter(|_| endpoint.address.is_v4()) {
            Some(last) => tag(v4, last, out),
            None => tag(v6, &bytes, out),
        }
    }
    let is_udp = transport == Transport::Udp;
    let port_type = if is_udp { PORT_TYPE_UDP } else { PORT_TYPE_TCP };
    tag(PORT_TYPE, &port_type.to_be_bytes(), out);
    tag(PORT_FROM, &u32::from(from.port).to_be_bytes(), out);
    tag(PORT_TO, &u32::from(to.port).to_be_bytes(), out);
    tag(END, &[], out);
    out.extend_from_slice(message);
}

/// A tag, its value padded to four bytes.
fn tag(number: u16, value: &[u8], out: &mut Vec<u8>) {
    let length = value.len().next_multiple_of(4);
    out.extend(number.to_be_bytes());
    out.extend(u16::try_from(length).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(value);
    out.resize(out.len() + length - value.len(), 0);
}

/// What the tags tell.
#[derive(Clone, Copy, Default)]
struct Told<'a> {
    dissector: &'a [u8],
    column: &'a [u8],
    port_type: u32,
    from: Option<Address>,
    to: Option<Address>,
    ports: (u16, u16),
}

/// Reads a frame of this link type.
pub(super) fn read<'a>(frame: &Frame<'a>) -> Packet<'a> {
    match delivered(frame) {
        Ok(delivered) => Packet::Delivered(delivered),
        Err(Stop::Undecodable(reason)) => Packet::Undecodable(reason),
        Err(Stop::TooDeep) => Packet::Undecodable(Reason::TooDeep),
        Err(Stop::NotDns) => Packet::NotDns,
    }
}

fn delivered<'a>(frame: &Frame<'a>) -> Result<Delivered<'a>, Stop> {
    debug_assert!(frame.link == LinkType::EXPORTED);
    let (told, payload) = tags(frame.bytes)?;
    if told.dissector != DNS {
        return Err(Stop::NotDns);
    }
    let column = COLUMNS.iter().find(|(_, column)| *column == told.column);
    let transport = match (column, told.port_type) {
        (Some((transport, _)), _) => *transport,
        (None, PORT_TYPE_TCP) => Transport::Tcp,
        (None, _) => Transport::Udp,
    };
    let (Some(from), Some(to)) = (told.from, told.to) else {
        return Err(Stop::Undecodable(Reason::BadIp));
    };
    let datagram = Datagram {
        from: Endpoint { address: from, port: told.ports.0 },
        to: Endpoint { address: to, port: told.ports.1 },
        payload,
        cut: frame.is_cut(),
        print: Print::default(),
    };
    Ok(Delivered { datagram, transport })
}

/// Reads the tags, and what follows them.
fn tags(mut bytes: &[u8]) -> Result<(Told<'_>, &[u8]), Stop> {
    let mut told = Told::default();
    for _ in 0..MOST_TAGS {
        let (number, length) = (be16(bytes, 0)?, usize::from(be16(bytes, 2)?));
        let value = bytes.get(4..4 + length).ok_or_else(cut)?;
        bytes = bytes.get(4 + length..).ok_or_else(cut)?;
        let text = || {
            let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
            value.get(..end).unwrap_or_default()
        };
        let v4 = || value.first_chunk().map(|bytes| Address::v4(*bytes)).ok_or_else(cut);
        let v6 = || value.first_chunk().map(|bytes| Address::v6(*bytes)).ok_or_else(cut);
        let number_in = || value.first_chunk().map(|it| u32::from_be_bytes(*it)).ok_or_else(cut);
        let port = || Ok(u16::try_from(number_in()?).unwrap_or_default());
        match number {
            END => return Ok((told, bytes)),
            DISSECTOR => told.dissector = text(),
            PROTOCOL_COLUMN => told.column = text(),
            V4_FROM => told.from = Some(v4()?),
            V4_TO => told.to = Some(v4()?),
            V6_FROM => told.from = Some(v6()?),
            V6_TO => told.to = Some(v6()?),
            PORT_TYPE => told.port_type = number_in()?,
            PORT_FROM => told.ports.0 = port()?,
            PORT_TO => told.ports.1 = port()?,
            _ => {}
        }
    }
    Err(Stop::TooDeep)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;
    use crate::wire::Decoder;

    fn frame(bytes: &[u8]) -> Frame<'_> {
        let wire_len = u32::try_from(bytes.len()).unwrap();
        Frame { at: Timestamp(1), wire_len, link: LinkType::EXPORTED, interface: 0, bytes }
    }

    fn endpoint(text: &str) -> Endpoint {
        let socket: std::net::SocketAddr = text.parse().unwrap();
        Endpoint { address: socket.ip().into(), port: socket.port() }
    }

    #[test]
    fn what_was_exported_is_read_as_it_was() {
        let mut bytes = Vec::new();
        for transport in Transport::ALL {
            for (from, to) in
                [("192.0.2.1:4096", "198.51.100.2:53"), ("[2001:db8::1]:1", "192.0.2.7:853")]
            {
                let (from, to) = (endpoint(from), endpoint(to));
                export((from, to), transport, b"\x00\x07\x80\x05", &mut bytes);
                let mut decoder = Decoder::new(&[53], 0);
                let Packet::Delivered(it) = decoder.decode(&frame(&bytes)) else {
                    panic!("{transport}")
                };
                assert_eq!((it.datagram.from, it.datagram.to), (from, to));
                assert_eq!(
                    (it.transport, it.datagram.payload),
                    (transport, &b"\x00\x07\x80\x05"[..])
                );
            }
        }
    }

    #[test]
    fn another_protocol_is_not_dns_and_a_lie_is_undecodable() {
        let mut bytes = Vec::new();
        tag(DISSECTOR, b"http", &mut bytes);
        tag(END, b"", &mut bytes);
        let read = |bytes: &[u8]| format!("{:?}", Decoder::new(&[53], 0).decode(&frame(bytes)));
        assert_eq!(read(&bytes), "NotDns");
        assert_eq!(read(b"\x00\x0c\xff\xff"), "Undecodable(CutHeader)");
        assert_eq!(read(b""), "Undecodable(CutHeader)");
        assert_eq!(read(&[0, 99, 0, 0].repeat(1000)), "Undecodable(TooDeep)");
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Decoder::new(&[53], 0).decode(&frame(&bytes));
        }
    }
}
