//! Talk between a few clients and servers about a few names, from any bytes: small enough that
//! contrasts come about by chance.

use rcodetop::time::Timestamp;
use rcodetop::wire::{Frame, LinkType};

/// LINKTYPE_RAW: packets begin with their IP header.
const RAW: LinkType = LinkType(101);

/// What is asked for, and how: type, class, flags with the opcode.
const KINDS: [(u16, u16, u16); 8] = [
    (1, 1, 0x0100),
    (28, 1, 0x0100),
    (1, 1, 0x0000),
    (255, 1, 0x0100),
    (252, 1, 0x0000),
    (16, 3, 0x0100),
    (6, 1, 0x2800),
    (6, 1, 0x2000),
];

/// Flags of responses: recursion available, authority, truncated, neither.
const FLAGS: [u16; 4] = [0x8080, 0x8400, 0x8200, 0x8000];

/// RCODEs of responses; the last ones are silence.
const RCODES: [u16; 8] = [5, 5, 0, 0, 2, 3, 9, 4];

/// An exchange of four bytes: who asks whom for what, and how it ends.
#[derive(Clone, Copy)]
struct Exchange([u8; 4]);

impl Exchange {
    fn client(self) -> [u8; 4] {
        [10, 0, self.0[0] & 1, 1 + (self.0[0] >> 1 & 3)]
    }

    /// One server in four is a client itself.
    fn server(self) -> [u8; 4] {
        match self.0[0] >> 3 & 3 {
            0 => [10, 0, 0, 1],
            server => [192, 0, 2, server],
        }
    }

    fn question(self) -> Vec<u8> {
        let (rtype, class, _) = self.kind();
        let domain = [&b"\x04shop"[..], b"\x03ads", b"\x04news", b"\x05intra"];
        let host = b'a' + (self.0[1] & 7);
        let mut out = vec![1, host];
        out.extend(domain[usize::from(self.0[1] >> 3 & 3)]);
        out.extend(b"\x07example\0");
        out.extend(rtype.to_be_bytes());
        out.extend(class.to_be_bytes());
        out
    }

    fn kind(self) -> (u16, u16, u16) {
        // Half of all is ordinary.
        KINDS[if self.0[1] & 0x80 == 0 { 0 } else { usize::from(self.0[3] & 7) }]
    }

    fn query(self, id: u16) -> Vec<u8> {
        let (_, _, flags) = self.kind();
        packet(
            self.client(),
            4000,
            self.server(),
            53,
            &message(id, flags, 1, &self.question(), &self.option(None)),
        )
    }

    /// Nothing in a quarter of all cases.
    fn response(self, id: u16) -> Option<Vec<u8>> {
        if self.0[2] & 0xc0 == 0xc0 {
            return None;
        }
        let (_, _, asked) = self.kind();
        let rcode = RCODES[usize::from(self.0[2] & 7)];
        let flags = FLAGS[usize::from(self.0[2] >> 3 & 3)] | asked | rcode;
        let bare = self.0[2] & 0xe0 == 0x20;
        let question = if bare { Vec::new() } else { self.question() };
        let ede = [None, Some(18), Some(20), Some(15)][usize::from(self.0[3] >> 4 & 3)];
        let message = message(id, flags, u16::from(!bare), &question, &self.option(ede));
        Some(packet(self.server(), 53, self.client(), 4000, &message))
    }

    /// An OPT record, with an Extended DNS Error, or nothing.
    fn option(self, ede: Option<u16>) -> Vec<u8> {
        if self.0[3] & 0x40 == 0 {
            return Vec::new();
        }
        let mut out = vec![0, 0, 41, 4, 208, 0, 0, 0, 0];
        let option =
            ede.map_or_else(Vec::new, |ede| [&[0, 15, 0, 2][..], &u16::to_be_bytes(ede)].concat());
        out.extend(u16::try_from(option.len()).unwrap_or(0).to_be_bytes());
        out.extend(option);
        out
    }
}

fn message(id: u16, flags: u16, questions: u16, question: &[u8], option: &[u8]) -> Vec<u8> {
    let additional = u16::from(!option.is_empty());
    let header = [id, flags, questions, 0, 0, additional];
    [header.map(u16::to_be_bytes).concat().as_slice(), question, option].concat()
}

/// A UDP datagram in IPv4, without checksums.
fn packet(from: [u8; 4], port: u16, to: [u8; 4], to_port: u16, message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(0);
    let udp = [port, to_port, length + 8, 0].map(u16::to_be_bytes).concat();
    let [high, low] = (length + 28).to_be_bytes();
    let ip = [0x45, 0, high, low, 0, 0, 0x40, 0, 64, 17, 0, 0];
    [&ip[..], &from, &to, &udp, message].concat()
}

/// Hands the packets of the talk that some bytes stand for to `take`, four bytes for each exchange;
/// they follow each other by 50 ms.
pub fn talk(bytes: &[u8], mut take: impl FnMut(&Frame<'_>)) {
    let mut at = Timestamp::new(1_700_000_000, 0);
    for (id, four) in (1..).zip(bytes.chunks_exact(4)) {
        let Ok(four) = four.try_into() else { return };
        let exchange = Exchange(four);
        for packet in [Some(exchange.query(id)), exchange.response(id)].into_iter().flatten() {
            at = at.plus(std::time::Duration::from_millis(25));
            let wire_len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
            take(&Frame { at, wire_len, link: RAW, interface: 0, bytes: &packet });
        }
    }
}
