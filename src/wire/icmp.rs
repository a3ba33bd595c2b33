//! ICMP errors that quote a packet of a DNS port (RFC 792, RFC 4443).

use super::Ports;
use super::address::{Address, Endpoint};
use super::layer::be16;

/// An error some node reports about a packet of a DNS port.
#[derive(Clone, Copy, Debug)]
pub struct IcmpError<'a> {
    /// The node that reports it.
    pub reporter: Address,
    /// Whether it is ICMPv6.
    pub v6: bool,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Who had sent the packet that failed.
    pub from: Endpoint,
    /// To whom it should have gone.
    pub to: Endpoint,
    /// Whether it was UDP; else TCP.
    pub udp: bool,
    /// What is quoted of the UDP payload: a DNS message, often cut.
    pub payload: &'a [u8],
}

impl IcmpError<'_> {
    /// The message ID that is quoted.
    pub fn id(&self) -> Option<u16> {
        self.payload.first_chunk().map(|id| u16::from_be_bytes(*id))
    }
}

const TCP: u8 = 6;
const UDP: u8 = 17;

/// ICMP: destination unreachable, time exceeded and parameter problem quote a packet.
pub(super) fn v4<'a>(bytes: &'a [u8], ports: &Ports) -> Option<IcmpError<'a>> {
    let [kind, code, ..] = *bytes.first_chunk::<8>()?;
    if !matches!(kind, 3 | 11 | 12) {
        return None;
    }
    let quoted = bytes.get(8..)?;
    let header = quoted.first_chunk::<20>()?;
    let [first, _, _, _, _, _, _, _, _, protocol, _, _, addresses @ ..] = *header;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
    let transport = quoted.get(usize::from(first & 0x0f) * 4..)?;
    let (from, to) = (Address::v4([s0, s1, s2, s3]), Address::v4([d0, d1, d2, d3]));
    quoted_packet((false, kind, code), (from, to), protocol, transport, ports)
}

/// ICMPv6: types 1 to 4 are errors. Quotes with extension headers are left alone.
pub(super) fn v6<'a>(bytes: &'a [u8], ports: &Ports) -> Option<IcmpError<'a>> {
    let [kind, code, ..] = *bytes.first_chunk::<8>()?;
    if !matches!(kind, 1..=4) {
        return None;
    }
    let quoted = bytes.get(8..)?;
    let protocol = *quoted.get(6)?;
    let from = Address::v6(*quoted.get(8..)?.first_chunk()?);
    let to = Address::v6(*quoted.get(24..)?.first_chunk()?);
    quoted_packet((true, kind, code), (from, to), protocol, quoted.get(40..)?, ports)
}

fn quoted_packet<'a>(
    (v6, kind, code): (bool, u8, u8),
    (from, to): (Address, Address),
    protocol: u8,
    transport: &'a [u8],
    ports: &Ports,
) -> Option<IcmpError<'a>> {
    let from_port = be16(transport, 0).ok()?;
    let to_port = be16(transport, 2).ok()?;
    if !matches!(protocol, UDP | TCP) || !ports.either(from_port, to_port) {
        return None;
    }
    let udp = protocol == UDP;
    Some(IcmpError {
        reporter: Address::default(),
        v6,
        kind,
        code,
        from: Endpoint { address: from, port: from_port },
        to: Endpoint { address: to, port: to_port },
        udp,
        // Of TCP nothing is quoted that would be a message; the place tells in which frame it is.
        payload: if udp { transport.get(8..) } else { transport.get(..0) }.unwrap_or_default(),
    })
}
