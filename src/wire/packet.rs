//! From a frame to what matters of it: a DNS datagram, a TCP segment, an ICMP error, or why not.
//!
//! Follows encapsulations inwards to a bound; the innermost addresses count. Fragments are held
//! until their datagram is whole.

use etherparse::TcpHeaderSlice;

use crate::ledger::Reason;
use crate::time::Timestamp;

use super::address::{Address, Endpoint};
use super::fragments::{FragmentOf, Fragments, Piece, Whole};
use super::icmp::{self, IcmpError};
use super::layer::{Layer, Stop, be16, cut};
use super::plain::{datagram, missing, place};
use super::tunnel::UDP_TUNNELS;
use super::{Frame, LinkType, Ports, Transport, exported, plain};

/// Layers followed inwards; real stacks have fewer than ten.
pub const MAX_DEPTH: usize = 24;

/// What a frame carried.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// A UDP datagram of a DNS port.
    Datagram(Datagram<'a>),
    /// A TCP segment of a DNS port.
    Segment(Segment<'a>),
    /// A message that was captured by itself, over whatever it came.
    Delivered(Delivered<'a>),
    /// An ICMP error that quotes a packet of a DNS port.
    Icmp(IcmpError<'a>),
    /// A fragment of a datagram that is not whole yet.
    Fragment,
    /// Nothing of a DNS port.
    NotDns,
    /// Bytes that could not be followed to their end.
    Undecodable(Reason),
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub from: Endpoint,
    /// To whom.
    pub to: Endpoint,
    /// Its payload as far as it was captured.
    pub payload: &'a [u8],
    /// The capture holds less than was sent.
    pub cut: bool,
    /// What tells a second copy of the same packet from a packet sent again.
    pub print: Print,
}

/// A message without the packet that carried it.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'a> {
    /// The message, from whom to whom.
    pub datagram: Datagram<'a>,
    /// Over what it came.
    pub transport: Transport,
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the header")]
pub struct Segment<'a> {
    /// Who sent it.
    pub from: Endpoint,
    /// To whom.
    pub to: Endpoint,
    /// Sequence number of its first byte (or of its SYN).
    pub sequence: u32,
    /// A stream begins.
    pub syn: bool,
    /// A stream ends.
    pub fin: bool,
    /// A stream is torn down.
    pub rst: bool,
    /// It acknowledges something; a RST that does not was sent by the other side of a closed port.
    pub ack: bool,
    /// Sequence number of the next byte that its sender awaits, if `ack`.
    pub acknowledged: u32,
    /// Its payload as far as it was captured.
    pub payload: &'a [u8],
    /// Bytes of its payload that were sent but not captured.
    pub missing: u32,
}

/// What is the same in two copies of one packet, and differs between two packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Print {
    /// IPv4 identification, UDP checksum and length: the same in every copy of one packet.
    pub content: u64,
    /// IPv4 identification alone; 0 says nothing.
    pub identification: u16,
    /// Hops that it had left.
    pub hops: u8,
    /// Where it was seen: interface, link-layer header and remaining hops, hashed.
    pub place: u32,
}

/// Decodes frames one after another; holds only the fragments that wait for their rest.
#[derive(Debug)]
pub struct Decoder {
    ports: Ports,
    fragments: Fragments,
    whole: Vec<u8>,
}

impl Decoder {
    /// A decoder for DNS on these ports that holds at most `fragment_bytes` of fragments.
    pub fn new(ports: &[u16], fragment_bytes: usize) -> Self {
        Self {
            ports: Ports::new(ports),
            fragments: Fragments::new(fragment_bytes),
            whole: Vec::new(),
        }
    }

    /// Reads one frame.
    ///
    /// Inlined, as what it gives is large, and to hand it on costs as much as to find it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a third of the cost of a plain frame")]
    pub fn decode<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        match plain::packet(frame, &self.ports) {
            Some(packet) => packet,
            None => self.walk(frame),
        }
    }

    /// The datagram of a frame that is as simple as most are, as [`Self::decode`] would give it.
    ///
    /// Tried first it is cheaper than to tell all kinds of packets from each other; `None` says
    /// nothing but that the frame has yet to be decoded.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: as above")]
    pub fn datagram<'a>(&self, frame: &Frame<'a>) -> Option<Datagram<'a>> {
        plain::only_datagram(frame, &self.ports)
    }

    /// Reads any frame, layer by layer.
    #[inline(never)]
    pub(super) fn walk<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        if frame.link == LinkType::EXPORTED {
            return exported::read(frame);
        }
        let Some(link) = frame.link.link() else { return Packet::Undecodable(Reason::LinkType) };
        let outer = Outer { at: frame.at, cut: frame.is_cut() };
        let mut walk = Walk { ports: &self.ports, outer, depth: 0, place: place(frame) };
        match walk.go(link.first, frame.bytes, &mut self.fragments) {
            Ok(Found::Packet(packet)) => packet,
            Ok(Found::Whole(whole)) => {
                self.whole = whole.bytes;
                let mut walk = Walk { ports: &self.ports, outer, depth: MAX_DEPTH / 2, place: 0 };
                let ip = Ip { cut: false, ..whole.ip };
                finish(walk.transport(ip, &self.whole, &mut self.fragments))
            }
            Err(stop) => stopped(stop),
        }
    }

    /// Which datagram the frame that was decoded last is a fragment of, if it is one; told once.
    pub fn take_fragment(&mut self) -> Option<FragmentOf> {
        self.fragments.take_latest()
    }

    /// Whether [`Self::abandoned`] has something to give.
    #[inline]
    pub fn has_abandoned(&self) -> bool {
        self.fragments.has_abandoned()
    }

    /// A datagram of which too much is missing and that was given up since the last call.
    ///
    /// What came of it from its beginning is read as a cut datagram; each comes with the time of
    /// its first fragment.
    #[inline]
    pub fn abandoned(&mut self) -> Option<(Timestamp, Packet<'_>)> {
        if self.has_abandoned() { self.read_abandoned() } else { None }
    }

    #[cold]
    fn read_abandoned(&mut self) -> Option<(Timestamp, Packet<'_>)> {
        let whole = self.fragments.abandoned()?;
        let at = whole.at;
        if whole.bytes.is_empty() {
            return Some((at, Packet::Fragment));
        }
        self.whole = whole.bytes;
        let outer = Outer { at, cut: true };
        let mut walk = Walk { ports: &self.ports, outer, depth: MAX_DEPTH / 2, place: 0 };
        Some((
            at,
            finish(walk.transport(Ip { cut: true, ..whole.ip }, &self.whole, &mut self.fragments)),
        ))
    }

    /// It is `now`: datagrams that have waited too long are given up.
    #[inline]
    pub fn expire(&mut self, now: Timestamp) {
        self.fragments.expire(now);
    }

    /// Gives up all datagrams that still wait; [`Self::abandoned`] then yields them.
    pub fn abandon_all(&mut self) {
        self.fragments.abandon_all();
    }

    /// Fragments held now.
    pub fn fragments_held(&self) -> u64 {
        self.fragments.held()
    }

    /// Fragments dropped because of a bound.
    pub fn fragments_shed(&self) -> u64 {
        self.fragments.shed()
    }
}

/// A datagram completed inside another one is not read: nobody sends that.
#[expect(clippy::needless_pass_by_value, reason = "the end of a walk is given up here")]
fn finish(found: Result<Found<'_>, Stop>) -> Packet<'_> {
    match found {
        Ok(Found::Packet(packet)) => packet,
        Ok(Found::Whole(_)) => Packet::Undecodable(Reason::TooDeep),
        Err(stop) => stopped(stop),
    }
}

fn stopped(stop: Stop) -> Packet<'static> {
    match stop {
        Stop::NotDns => Packet::NotDns,
        Stop::TooDeep => Packet::Undecodable(Reason::TooDeep),
        Stop::Undecodable(reason) => Packet::Undecodable(reason),
    }
}

/// What is true of the frame as a whole.
#[derive(Clone, Copy)]
struct Outer {
    at: Timestamp,
    cut: bool,
}

/// What an IP header says that the layers above it need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ip {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) protocol: u8,
    pub(super) identification: u16,
    pub(super) hops: u8,
    /// Bytes of payload that were sent but not captured.
    pub(super) missing: u32,
    pub(super) cut: bool,
}

enum Found<'a> {
    Packet(Packet<'a>),
    Whole(Whole),
}

struct Walk<'p> {
    ports: &'p Ports,
    outer: Outer,
    depth: usize,
    place: u32,
}

/// How the length field of an IPv6 extension header counts, for those that have one.
fn extension_unit(protocol: u8) -> Option<fn(usize) -> usize> {
    match protocol {
        // hop-by-hop, routing, fragment, destination options, mobility, HIP, shim6
        0 | 43 | FRAGMENT | 60 | 135 | 139 | 140 => Some(|length| (length + 1) * 8),
        // authentication header (RFC 4302 §2.2)
        51 => Some(|length| (length + 2) * 4),
        _ => None,
    }
}

const FRAGMENT: u8 = 44;
const ICMP: u8 = 1;
const IP_IN_IP: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;
const ICMPV6: u8 = 58;
const ETHERNET_IN_IP: u8 = 143;
const MPLS_IN_IP: u8 = 137;

impl Walk<'_> {
    fn go<'a>(
        &mut self,
        mut layer: Layer,
        mut bytes: &'a [u8],
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        while layer != Layer::Ip {
            self.deeper()?;
            (layer, bytes) = layer.peel(bytes)?;
        }
        self.ip(bytes, fragments)
    }

    fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Stop::TooDeep) } else { Ok(()) }
    }

    fn ip<'a>(&mut self, bytes: &'a [u8], fragments: &mut Fragments) -> Result<Found<'a>, Stop> {
        self.deeper()?;
        match bytes.first().ok_or_else(cut)? >> 4 {
            4 => self.ipv4(bytes, fragments),
            6 => self.ipv6(bytes, fragments),
            _ => Err(Stop::Undecodable(Reason::BadIp)),
        }
    }

    fn ipv4<'a>(&mut self, bytes: &'a [u8], fragments: &mut Fragments) -> Result<Found<'a>, Stop> {
        let header = bytes.first_chunk::<20>().ok_or_else(cut)?;
        let [first, _, l0, l1, i0, i1, f0, f1, hops, protocol, _, _, addresses @ ..] = *header;
        let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
        let length = usize::from(first & 0x0f) * 4;
        if length < 20 {
            return Err(Stop::Undecodable(Reason::BadIp));
        }
        // A length of 0 is segmentation offload: the frame itself is the length.
        let total = match usize::from(u16::from_be_bytes([l0, l1])) {
            0 => bytes.len(),
            total if total < length => return Err(Stop::Undecodable(Reason::BadIp)),
            total => total,
        };
        let payload = bytes.get(length..total.min(bytes.len())).ok_or_else(cut)?;
        let ip = Ip {
            from: Address::v4([s0, s1, s2, s3]),
            to: Address::v4([d0, d1, d2, d3]),
            protocol,
            identification: u16::from_be_bytes([i0, i1]),
            hops,
            missing: missing(total, bytes.len()),
            cut: total > bytes.len(),
        };
        let fragment = u16::from_be_bytes([f0, f1]);
        let (offset, more) = (usize::from(fragment & 0x1fff) * 8, fragment & 0x2000 != 0);
        if offset == 0 && !more {
            return self.transport(ip, payload, fragments);
        }
        let id = u32::from(ip.identification);
        self.fragment(Piece { ip, id, offset, more, bytes: payload }, fragments)
    }

    fn ipv6<'a>(&mut self, bytes: &'a [u8], fragments: &mut Fragments) -> Result<Found<'a>, Stop> {
        let header = bytes.first_chunk::<40>().ok_or_else(cut)?;
        let [_, _, _, _, l0, l1, protocol, hops, addresses @ ..] = *header;
        let (from, to) = addresses.split_at(16);
        let address =
            |half: &[u8]| half.first_chunk().map(|bytes| Address::v6(*bytes)).ok_or_else(cut);
        // A length of 0 is a jumbogram or segmentation offload.
        let total = match usize::from(u16::from_be_bytes([l0, l1])) {
            0 => bytes.len(),
            length => 40 + length,
        };
        let payload = bytes.get(40..total.min(bytes.len())).ok_or_else(cut)?;
        let ip = Ip {
            from: address(from)?,
            to: address(to)?,
            protocol,
            identification: 0,
            hops,
            missing: missing(total, bytes.len()),
            cut: total > bytes.len(),
        };
        self.extensions(ip, payload, fragments)
    }

    /// Walks IPv6 extension headers (RFC 8200 §4, RFC 7045) to the transport header.
    ///
    /// By hand: the walk of etherparse 0.21 reads out of bounds where a header is cut.
    fn extensions<'a>(
        &mut self,
        mut ip: Ip,
        mut bytes: &'a [u8],
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        while let Some(unit) = extension_unit(ip.protocol) {
            self.deeper()?;
            let [next, length] = *bytes.first_chunk::<2>().ok_or_else(cut)?;
            if ip.protocol == FRAGMENT {
                return self.ipv6_fragment(Ip { protocol: next, ..ip }, bytes, fragments);
            }
            let header = unit(usize::from(length));
            bytes = bytes.get(header..).ok_or_else(cut)?;
            ip.protocol = next;
        }
        self.transport(ip, bytes, fragments)
    }

    /// A fragment header (RFC 8200 §4.5); `ip.protocol` is what it says comes next.
    fn ipv6_fragment<'a>(
        &mut self,
        ip: Ip,
        bytes: &'a [u8],
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        let [_, _, o0, o1, i0, i1, i2, i3] = *bytes.first_chunk::<8>().ok_or_else(cut)?;
        let field = u16::from_be_bytes([o0, o1]);
        let (offset, more) = (usize::from(field & !7), field & 1 != 0);
        let bytes = bytes.get(8..).unwrap_or_default();
        // An atomic fragment is whole (RFC 6946).
        if offset == 0 && !more {
            return self.extensions(ip, bytes, fragments);
        }
        let id = u32::from_be_bytes([i0, i1, i2, i3]);
        self.fragment(Piece { ip, id, offset, more, bytes }, fragments)
    }

    fn fragment<'a>(
        &mut self,
        piece: Piece<'a>,
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        let protocol = piece.ip.protocol;
        let may_be_dns = matches!(protocol, UDP | TCP | IP_IN_IP | IPV6_IN_IP | GRE)
            || extension_unit(protocol).is_some();
        if !may_be_dns {
            return Err(Stop::NotDns);
        }
        // The first fragment shows the ports: hold only what is of ours, or what may come to be.
        if piece.offset == 0 && piece.ip.protocol == UDP && !self.is_ours(piece.bytes) {
            fragments.refuse(&piece, self.outer.at);
            return Err(Stop::NotDns);
        }
        // Cut by the snaplen it can complete nothing; a first one is read as far as it goes.
        if piece.ip.cut {
            return match piece.offset {
                0 => self.transport(piece.ip, piece.bytes, fragments),
                _ => Ok(Found::Packet(Packet::Fragment)),
            };
        }
        Ok(match fragments.add(&piece, self.outer.at) {
            Some(whole) => Found::Whole(whole),
            None => Found::Packet(Packet::Fragment),
        })
    }

    fn is_ours(&self, udp: &[u8]) -> bool {
        let (Ok(from), Ok(to)) = (be16(udp, 0), be16(udp, 2)) else { return false };
        let tunnel = |port| UDP_TUNNELS.iter().any(|(number, _)| *number == port);
        self.ports.either(from, to) || tunnel(from) || tunnel(to)
    }

    fn transport<'a>(
        &mut self,
        ip: Ip,
        bytes: &'a [u8],
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        match ip.protocol {
            UDP => self.udp(ip, bytes, fragments),
            TCP => self.tcp(&ip, bytes).map(Found::Packet),
            IP_IN_IP | IPV6_IN_IP => self.ip(bytes, fragments),
            GRE => self.go(Layer::Gre, bytes, fragments),
            ETHERNET_IN_IP => self.go(Layer::Ethernet, bytes.get(2..).ok_or_else(cut)?, fragments),
            MPLS_IN_IP => self.go(Layer::Mpls, bytes, fragments),
            ICMP => reported(icmp::v4(bytes, self.ports), ip),
            ICMPV6 => reported(icmp::v6(bytes, self.ports), ip),
            // A datagram made of fragments may begin with further extension headers.
            other if extension_unit(other).is_some() => self.extensions(ip, bytes, fragments),
            _ => Err(Stop::NotDns),
        }
    }

    fn udp<'a>(
        &mut self,
        ip: Ip,
        bytes: &'a [u8],
        fragments: &mut Fragments,
    ) -> Result<Found<'a>, Stop> {
        let cut = ip.cut || self.outer.cut;
        if let Some(ours) = datagram(&ip, bytes, self.ports, cut, self.place) {
            return ours.map(|datagram| Found::Packet(Packet::Datagram(datagram)));
        }
        let (from, to, length) = (be16(bytes, 0)?, be16(bytes, 2)?, be16(bytes, 4)?);
        let tunnel = UDP_TUNNELS.iter().find(|(port, _)| *port == to || *port == from);
        let (_, layer) = tunnel.ok_or(Stop::NotDns)?;
        let payload = bytes.get(8..bytes.len().min(usize::from(length))).unwrap_or_default();
        self.go(*layer, payload, fragments)
    }

    /// A TCP segment; of plain frames it is read without this.
    fn tcp<'a>(&self, ip: &Ip, bytes: &'a [u8]) -> Result<Packet<'a>, Stop> {
        if !self.ports.either(be16(bytes, 0)?, be16(bytes, 2)?) {
            return Err(Stop::NotDns);
        }
        let header = TcpHeaderSlice::from_slice(bytes).map_err(|_| cut())?;
        Ok(Packet::Segment(Segment {
            from: Endpoint { address: ip.from, port: header.source_port() },
            to: Endpoint { address: ip.to, port: header.destination_port() },
            sequence: header.sequence_number(),
            syn: header.syn(),
            fin: header.fin(),
            rst: header.rst(),
            ack: header.ack(),
            acknowledged: header.acknowledgment_number(),
            payload: bytes.get(header.slice().len()..).unwrap_or_default(),
            missing: ip.missing,
        }))
    }
}

fn reported(error: Option<IcmpError<'_>>, ip: Ip) -> Result<Found<'_>, Stop> {
    let error = error.ok_or(Stop::NotDns)?;
    Ok(Found::Packet(Packet::Icmp(IcmpError { reporter: ip.from, ..error })))
}
