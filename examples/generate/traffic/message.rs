//! DNS messages: a query, and the response to it.

use super::people::{Names, mix_case};
use super::random::mix;

/// Types that are asked for, with the share of each in percent.
pub(crate) const TYPES: [(&str, u16, u32); 6] =
    [("A", 1, 62), ("AAAA", 28, 22), ("HTTPS", 65, 8), ("MX", 15, 4), ("TXT", 16, 3), ("NS", 2, 1)];

/// One question, whom it goes to, and what the answer will be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    /// Number of the client.
    pub(crate) client: u32,
    /// Number of the server.
    pub(crate) server: u32,
    /// Number of the name.
    pub(crate) name: u32,
    /// Row of [`TYPES`].
    pub(crate) kind: u8,
    /// Over IPv6.
    pub(crate) six: bool,
    /// Over TCP.
    pub(crate) tcp: bool,
    /// The client's port.
    pub(crate) port: u16,
    /// The message ID.
    pub(crate) id: u16,
    /// The response code, 12 bits.
    pub(crate) rcode: u16,
    /// Seed of the details: case, number of records, addresses.
    pub(crate) detail: u64,
    /// What sets these messages apart.
    pub(crate) traits: Traits,
    /// An Extended DNS Error.
    pub(crate) ede: Option<u16>,
    /// How many servers the client has asked, this one included.
    pub(crate) tries: u8,
}

/// What sets the messages of one exchange apart; a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traits(u8);

impl Traits {
    /// Both sides send an OPT record.
    pub(crate) const EDNS: Self = Self(1);
    /// The response is a header only.
    pub(crate) const BARE: Self = Self(2);
    /// The response is too long for one packet.
    pub(crate) const LONG: Self = Self(4);
    /// The name in mixed case.
    pub(crate) const MIXED_CASE: Self = Self(8);
    /// The query was never on the wire.
    pub(crate) const UNASKED: Self = Self(16);
    /// The response never comes.
    pub(crate) const LOST: Self = Self(32);

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// With `other` too, if `wanted`.
    pub(crate) fn with_if(self, wanted: bool, other: Self) -> Self {
        if wanted { Self(self.0 | other.0) } else { self }
    }
}

const HEADER: usize = 12;
const RECURSION_DESIRED: u16 = 0x0100;
const RESPONSE_FLAGS: u16 = 0x8180;
const TO_QUESTION: [u8; 2] = [0xc0, 0x0c];

/// Where the question ends, counted from the start of the message.
pub(crate) fn question_end(names: &Names, exchange: &Exchange) -> usize {
    let mut name = Vec::with_capacity(64);
    names.write(exchange.name, &mut name);
    HEADER + name.len() + 4
}

/// Replaces `out` by the query.
pub(crate) fn query(names: &Names, exchange: &Exchange, out: &mut Vec<u8>) {
    out.clear();
    let edns = exchange.traits.has(Traits::EDNS);
    header(out, exchange.id, RECURSION_DESIRED, [1, 0, 0, u16::from(edns)]);
    question(names, exchange, out);
    if edns {
        let dnssec_ok = u16::from(exchange.detail.is_multiple_of(4)) << 15;
        opt(out, 0, dnssec_ok, &[]);
    }
}

/// Replaces `out` by the response.
pub(crate) fn response(names: &Names, exchange: &Exchange, out: &mut Vec<u8>) {
    out.clear();
    let flags = RESPONSE_FLAGS | (exchange.rcode & 15);
    header(out, exchange.id, flags, [0; 4]);
    if exchange.traits.has(Traits::BARE) {
        return;
    }
    question(names, exchange, out);
    let [answers, authorities] = records(exchange, out);
    let edns = exchange.traits.has(Traits::EDNS);
    if edns {
        opt(out, exchange.rcode >> 4, 0, &error_option(exchange));
    }
    let counts = [1, answers, authorities, u16::from(edns)];
    for (place, count) in out[4..HEADER].chunks_exact_mut(2).zip(counts) {
        place.copy_from_slice(&count.to_be_bytes());
    }
}

fn header(out: &mut Vec<u8>, id: u16, flags: u16, counts: [u16; 4]) {
    words(out, &[id, flags]);
    words(out, &counts);
}

fn question(names: &Names, exchange: &Exchange, out: &mut Vec<u8>) {
    let start = out.len();
    names.write(exchange.name, out);
    if exchange.traits.has(Traits::MIXED_CASE) {
        mix_case(&mut out[start..], exchange.detail);
    }
    words(out, &[type_number(exchange), 1]);
}

fn type_number(exchange: &Exchange) -> u16 {
    TYPES[usize::from(exchange.kind)].1
}

/// Writes the records that a response of this code usually has; how many answers, authorities.
fn records(exchange: &Exchange, out: &mut Vec<u8>) -> [u16; 2] {
    match exchange.rcode {
        0 if exchange.traits.has(Traits::LONG) => [long_answer(exchange.detail, out), 0],
        0 => [answers(exchange, out), 0],
        3 => {
            start_of_authority(out);
            [0, 1]
        }
        _ => [0, 0],
    }
}

/// One to three records of the type asked for, one time in four behind an alias.
fn answers(exchange: &Exchange, out: &mut Vec<u8>) -> u16 {
    let aliased = (exchange.detail / 256).is_multiple_of(4);
    let owner = if aliased { alias(out) } else { TO_QUESTION };
    let count = 1 + exchange.detail % 3;
    for index in 0..count {
        let kind = type_number(exchange);
        let detail = mix(exchange.detail ^ index);
        record(out, owner, kind, |out| data(kind, detail, out));
    }
    u16::try_from(count).unwrap_or(1) + u16::from(aliased)
}

/// Points the question's name at `edge.` below itself; returns a pointer to that name.
fn alias(out: &mut Vec<u8>) -> [u8; 2] {
    let target = out.len() + TO_QUESTION.len() + 10;
    record(out, TO_QUESTION, 5, |out| out.extend_from_slice(b"\x04edge\xc0\x0c"));
    (0xc000 | u16::try_from(target).unwrap_or(12)).to_be_bytes()
}

/// Appends the data of one record of this type.
fn data(kind: u16, detail: u64, out: &mut Vec<u8>) {
    let [a, b, c, d, ..] = detail.to_be_bytes();
    match kind {
        1 => out.extend_from_slice(&[203, 0, 113, a]),
        28 => {
            out.extend_from_slice(&[0x20, 1, 0x0d, 0xb8, 0xff, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
        }
        65 => out.extend_from_slice(b"\x00\x01\x00\x00\x01\x00\x06\x02h3\x02h2"),
        15 => out.extend_from_slice(&[0, a & 31, 4, b'm', b'a', b'i', b'l', 0xc0, 0x0c]),
        16 => out.extend_from_slice(b"\x0fv=spf1 mx -all "),
        _ => out.extend_from_slice(&[3, b'n', b's', b'1' + (a & 3), 0xc0, 0x0c]),
    }
}

/// Strings of text, together longer than any one packet.
fn long_answer(detail: u64, out: &mut Vec<u8>) -> u16 {
    let count = 9 + u16::try_from(detail % 6).unwrap_or(0);
    for index in 0..count {
        record(out, TO_QUESTION, 16, |out| {
            out.push(200);
            out.extend((0..200_u16).map(|place| b'a' + ((place + index) % 26) as u8));
        });
    }
    count
}

fn start_of_authority(out: &mut Vec<u8>) {
    record(out, TO_QUESTION, 6, |out| {
        out.extend_from_slice(b"\x03ns1\xc0\x0c\x0ahostmaster\xc0\x0c");
        for number in [2_026_112_101_u32, 7200, 900, 1_209_600, 300] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    });
}

fn record(out: &mut Vec<u8>, owner: [u8; 2], kind: u16, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&owner);
    words(out, &[kind, 1, 0, 300, 0]);
    let start = out.len();
    data(out);
    let length = u16::try_from(out.len() - start).unwrap_or(0);
    out[start - 2..start].copy_from_slice(&length.to_be_bytes());
}

/// An OPT record (RFC 6891): `extended` are the upper eight bits of the RCODE.
fn opt(out: &mut Vec<u8>, extended: u16, flags: u16, options: &[u8]) {
    out.push(0);
    let length = u16::try_from(options.len()).unwrap_or(0);
    words(out, &[41, 1232, extended << 8, flags, length]);
    out.extend_from_slice(options);
}

/// The Extended DNS Error as an option (RFC 8914), every other one with text.
fn error_option(exchange: &Exchange) -> Vec<u8> {
    let Some(code) = exchange.ede else { return Vec::new() };
    let text: &[u8] = if exchange.detail & 1 == 0 { b"" } else { b"see the operator's policy" };
    let mut option = Vec::with_capacity(6 + text.len());
    words(&mut option, &[15, u16::try_from(2 + text.len()).unwrap_or(2), code]);
    option.extend_from_slice(text);
    option
}

fn words(out: &mut Vec<u8>, words: &[u16]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}
