//! dnstap: what a DNS server tells of its queries and responses, in the frames of a stream
//! ([`super::fstrm`]).
//!
//! Each is a message of Protocol Buffers (dnstap.proto). A parser by hand: two kinds of fields are
//! needed, borrowed, and a length that lies costs nothing. What comes out is a DNS message alone.

use super::fstrm::{self, Control, LONGEST_CONTROL, Look};
use super::record::Parsed;
use crate::time::Timestamp;
use crate::wire::{Address, Endpoint, LinkType, Transport};

/// A data frame is no longer than this: a DNS message, the query to it, and some words.
const LONGEST_FRAME: u32 = 1 << 20;
/// Fields of a message that are looked at; there are some twenty.
const MOST_FIELDS: usize = 256;

/// The frame of a file as it is: nobody but this module reads it, and the number is never written.
pub(super) const LINK: LinkType = LinkType(u16::MAX);

/// What is read of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) interface: u32,
    latest: Timestamp,
}

/// Where a data frame lies, and when what it tells happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) at: Timestamp,
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Stream {
    /// One of which nothing was read.
    pub(super) fn new(interface: u32) -> Self {
        Self { interface, latest: Timestamp::default() }
    }

    /// The next frame of a stream; `found` is filled in if it holds data.
    pub(super) fn parse(&mut self, bytes: &[u8], found: &mut Data) -> Parsed {
        let length = match fstrm::look(bytes) {
            Look::Data(length) => length,
            Look::Need(size) => return Parsed::Need(size),
            Look::Control(Control::Start, fields, _) if !fstrm::has_content(fields) => {
                return Parsed::Damaged(
                    "begins a stream of something else than dnstap messages; only these can be read"
                        .to_owned(),
                );
            }
            // Others belong to the talk between two programs, and streams may follow each other.
            Look::Control(_, _, size) => return Parsed::Skip(size as u64),
            Look::BadLength(length) => {
                return Parsed::Damaged(format!(
                    "claims a control frame of {length} bytes; it has 4 to {LONGEST_CONTROL}"
                ));
            }
            Look::BadKind => {
                return Parsed::Damaged("is a control frame of no kind that there is".to_owned());
            }
        };
        if length > LONGEST_FRAME {
            return Parsed::Damaged(format!(
                "claims {length} bytes, more than the {LONGEST_FRAME} that a message can have"
            ));
        }
        let len = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(data) = bytes.get(4..4 + len) else { return Parsed::Need(4 + len) };
        // One without a time is as old as the one before.
        if let Some(at) = Message::read(data).and_then(|message| message.at()) {
            self.latest = at;
        }
        *found = Data { at: self.latest, start: 4, len };
        Parsed::Frame(4 + len)
    }
}

/// What a server tells of one query or response, as far as it tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Message<'a> {
    kind: u64,
    family: u64,
    protocol: u64,
    query_address: &'a [u8],
    response_address: &'a [u8],
    query_port: u64,
    response_port: u64,
    query_time: Option<(u64, u64)>,
    response_time: Option<(u64, u64)>,
    query: &'a [u8],
    response: &'a [u8],
}

/// A DNS message that was told, from whom to whom, when and how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) at: Timestamp,
    pub(super) from: Endpoint,
    pub(super) to: Endpoint,
    pub(super) transport: Transport,
    pub(super) message: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the payload of a data frame; `None` if it is of another type than a message, or makes
    /// no sense.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        const MESSAGE: u64 = 14;
        const TYPE: u64 = 15;
        let (mut message, mut kind) = (None, None);
        fields(bytes, |field, value| match (field, value) {
            (MESSAGE, Value::Bytes(bytes)) => message = Some(bytes),
            (TYPE, Value::Number(number)) => kind = Some(number),
            _ => {}
        })?;
        if kind != Some(1) {
            return None;
        }
        let mut read = Self::default();
        fields(message?, |field, value| read.set(field, value))?;
        Some(read)
    }

    fn set(&mut self, field: u64, value: Value<'a>) {
        let seconds = |time: Option<(u64, u64)>, sec| Some((sec, time.unwrap_or_default().1));
        let fraction = |time: Option<(u64, u64)>, nsec| Some((time.unwrap_or_default().0, nsec));
        match (field, value) {
            (1, Value::Number(it)) => self.kind = it,
            (2, Value::Number(it)) => self.family = it,
            (3, Value::Number(it)) => self.protocol = it,
            (4, Value::Bytes(it)) => self.query_address = it,
            (5, Value::Bytes(it)) => self.response_address = it,
            (6, Value::Number(it)) => self.query_port = it,
            (7, Value::Number(it)) => self.response_port = it,
            (8, Value::Number(it)) => self.query_time = seconds(self.query_time, it),
            (9, Value::Number(it)) => self.query_time = fraction(self.query_time, it),
            (10, Value::Bytes(it)) => self.query = it,
            (12, Value::Number(it)) => self.response_time = seconds(self.response_time, it),
            (13, Value::Number(it)) => self.response_time = fraction(self.response_time, it),
            (14, Value::Bytes(it)) => self.response = it,
            _ => {}
        }
    }

    /// The types are pairs, from AUTH to UPDATE: a query, and the response to it.
    fn is_response(&self) -> bool {
        self.kind.is_multiple_of(2)
    }

    /// Whether it is of a type that there is.
    fn is_known(&self) -> bool {
        (1..=14).contains(&self.kind)
    }

    /// When it happened.
    pub(super) fn at(&self) -> Option<Timestamp> {
        let time = if self.is_response() { self.response_time } else { self.query_time };
        time.or(self.query_time).map(timestamp)
    }

    /// Who has such messages told, as a number below 8: clients of a resolver, it itself, and so on.
    /// Those of authorities and of resolvers are one: BIND tells a query to an authority, and the
    /// response to a client of a resolver.
    fn role(&self) -> u32 {
        match self.kind {
            5 | 6 => 1,
            kind => u32::try_from(kind.div_ceil(2)).unwrap_or_default() & 7,
        }
    }

    /// Who asked, and who was asked. Where a server does not tell its own address, it has none.
    fn ends(&self) -> (Endpoint, Endpoint) {
        let address = |bytes: &[u8]| match bytes.len() {
            4 => bytes.first_chunk().map(|bytes| Address::v4(*bytes)),
            16 => bytes.first_chunk().map(|bytes| Address::v6(*bytes)),
            _ => None,
        };
        let is_v4 = self.family == 1 || self.query_address.len() == 4;
        let nobody = if is_v4 { Address::v4([0; 4]) } else { Address(0) };
        let end = |bytes: &[u8], port: u64, usual: u16| Endpoint {
            address: address(bytes).unwrap_or(nobody),
            port: u16::try_from(port).ok().filter(|port| *port != 0).unwrap_or(usual),
        };
        let usual = self.transport().usual_port();
        (
            end(self.query_address, self.query_port, 0),
            end(self.response_address, self.response_port, usual),
        )
    }

    fn transport(&self) -> Transport {
        match self.protocol {
            2 => Transport::Tcp,
            3 => Transport::Tls,
            4 => Transport::Https,
            5 | 6 => Transport::DnsCrypt,
            7 => Transport::Quic,
            _ => Transport::Udp,
        }
    }
}

/// From what a server tells to DNS messages, each once.
#[derive(Debug, Default)]
pub(super) struct Teller {
    /// The roles of which queries are told by themselves, a bit each.
    queries: u8,
}

impl Teller {
    /// Hands on the message that a data frame tells: the query or the response that it is about. A
    /// response may have its query with it; where such queries are not told by themselves, it is
    /// handed on as well. A frame of another type, or that makes no sense, tells of none.
    pub(super) fn tell(
        &mut self,
        at: Timestamp,
        frame: Option<Message<'_>>,
        mut sink: impl FnMut(Option<Told<'_>>),
    ) {
        let Some(message) = frame.filter(Message::is_known) else { return sink(None) };
        let (client, server) = message.ends();
        let transport = message.transport();
        let role = 1_u8.checked_shl(message.role()).unwrap_or_default();
        if !message.is_response() {
            self.queries |= role;
            let (from, to) = (client, server);
            return sink(Some(Told { at, from, to, transport, message: message.query }));
        }
        if self.queries & role == 0 && !message.query.is_empty() {
            let at = message.query_time.map_or(at, timestamp).min(at);
            let (from, to) = (client, server);
            sink(Some(Told { at, from, to, transport, message: message.query }));
        }
        let (from, to) = (server, client);
        sink(Some(Told { at, from, to, transport, message: message.response }));
    }
}

fn timestamp((seconds, nanos): (u64, u64)) -> Timestamp {
    Timestamp(seconds.saturating_mul(1_000_000_000).saturating_add(nanos.min(999_999_999)))
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Hands on the fields of a message (Protocol Buffers, "Encoding"); `None` where they make no sense.
fn fields<'a>(mut bytes: &'a [u8], mut field: impl FnMut(u64, Value<'a>)) -> Option<()> {
    for _ in 0..MOST_FIELDS {
        if bytes.is_empty() {
            return Some(());
        }
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => {
                let (eight, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Number(u64::from_le_bytes(*eight))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Value::Bytes(value)
            }
            5 => {
                let (four, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Number(u32::from_le_bytes(*four).into())
            }
            _ => return None,
        };
        field(tag >> 3, value);
    }
    None
}

/// Seven bits a byte, the lowest first; ten bytes at most.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::fstrm::testing::control;

    fn number(field: u8, value: u64) -> Vec<u8> {
        let mut out = vec![field << 3];
        let mut rest = value;
        while rest > 0x7f {
            out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        out.push(u8::try_from(rest).unwrap());
        out
    }

    fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        [&[field << 3 | 2, length], value].concat()
    }

    /// `KIND PROTOCOL QUERY-TIME RESPONSE-TIME`, with `-` for what is not told, and which messages.
    fn payload(kind: u64, protocol: u64, times: [Option<u64>; 2], messages: [&[u8]; 2]) -> Vec<u8> {
        let mut out = [number(1, kind), number(2, 1), number(3, protocol)].concat();
        out.extend(bytes(4, &[192, 0, 2, 7]));
        out.extend(bytes(5, &[192, 0, 2, 53]));
        out.extend([number(6, 4096), number(7, 53)].concat());
        for (field, time) in [(8, times[0]), (12, times[1])] {
            out.extend(time.map_or_else(Vec::new, |time| number(field, time)));
        }
        for (field, message) in [(10, messages[0]), (14, messages[1])] {
            if !message.is_empty() {
                out.extend(bytes(field, message));
            }
        }
        let mut all = vec![15 << 3, 1];
        all.extend(bytes(14, &out));
        all
    }

    fn told(teller: &mut Teller, payload: &[u8]) -> String {
        let mut out = Vec::new();
        teller.tell(Timestamp::new(9, 0), Message::read(payload), |told| {
            out.push(told.map_or("nothing".to_owned(), |it| {
                let text = String::from_utf8_lossy(it.message).into_owned();
                let at = it.at.0 / 1_000_000_000;
                format!("{at} {} > {} {} {text}", it.from, it.to, it.transport)
            }));
        });
        out.join(", ")
    }

    const NONE: [Option<u64>; 2] = [None, None];

    #[track_caller]
    fn check(payloads: &[Vec<u8>], expected: &[&str]) {
        let mut teller = Teller::default();
        let told: Vec<String> = payloads.iter().map(|it| told(&mut teller, it)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_query_and_a_response_are_told_with_who_and_how() {
        check(
            &[
                payload(5, 1, [Some(8), None], [b"Q", b""]),
                payload(6, 3, [Some(8), Some(9)], [b"", b"R"]),
                payload(3, 7, NONE, [b"Q", b""]),
            ],
            &[
                "9 192.0.2.7:4096 > 192.0.2.53:53 udp Q",
                "9 192.0.2.53:53 > 192.0.2.7:4096 dot R",
                "9 192.0.2.7:4096 > 192.0.2.53:53 doq Q",
            ],
        );
    }

    #[test]
    fn the_query_within_a_response_counts_where_it_is_told_nowhere_else() {
        let both = payload(6, 1, [Some(8), Some(9)], [b"Q", b"R"]);
        let (query, response) =
            ("8 192.0.2.7:4096 > 192.0.2.53:53 udp Q", "9 192.0.2.53:53 > 192.0.2.7:4096 udp R");
        check(std::slice::from_ref(&both), &[&format!("{query}, {response}")]);
        let first = payload(5, 1, NONE, [b"Q", b""]);
        check(&[first, both], &["9 192.0.2.7:4096 > 192.0.2.53:53 udp Q", response]);
    }

    #[test]
    fn what_is_no_message_is_told_as_nothing() {
        check(
            &[
                Vec::new(),
                vec![15 << 3, 2],                                    // another type
                payload(99, 1, NONE, [b"Q", b"R"]),                  // another kind of message
                [vec![15 << 3, 1], bytes(14, &[0xff; 12])].concat(), // a number without an end
                vec![0x72, 0xff, 0xff, 0x03, 1],                     // a length that lies
            ],
            &["nothing"; 5],
        );
        check(&[payload(5, 1, NONE, [b"", b""])], &["9 192.0.2.7:4096 > 192.0.2.53:53 udp "]);
    }

    fn parse(bytes: &[u8]) -> String {
        let mut found = Data { at: Timestamp(0), start: 0, len: 0 };
        match Stream::new(0).parse(bytes, &mut found) {
            Parsed::Frame(size) => format!("frame {size} {} {}", found.start, found.len),
            Parsed::Skip(size) => format!("skip {size}"),
            Parsed::Need(size) => format!("need {size}"),
            Parsed::Damaged(why) => why,
        }
    }

    #[test]
    fn a_stream_is_one_of_messages_and_no_length_is_believed() {
        assert_eq!(parse(&control(Control::Start, &[fstrm::CONTENT])), "skip 42");
        assert!(parse(&control(Control::Start, &[b"protobuf:other"])).contains("something else"));
        assert_eq!(parse(&control(Control::Stop, &[])), "skip 12");
        assert!(parse(&[0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 9]).contains("no kind"));
        assert!(parse(&[0, 0, 0, 0, 0xff, 0, 0, 4]).contains("control frame of"));
        assert!(parse(&[0xff; 8]).contains("claims 4294967295 bytes"));
        assert_eq!(parse(&[0, 0, 0, 9, 1]), "need 13");
        assert_eq!(parse(&[0, 0, 0, 1, 1]), "frame 5 4 1");
    }

    proptest! {
        #[test]
        fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&data);
            told(&mut Teller::default(), &data);
        }
    }
}
