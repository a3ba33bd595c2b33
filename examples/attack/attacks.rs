//! Packets that an attacker would send at whoever watches DNS, made one by one.

/// One way to attack: what it is called, what it does, and its packets, counted from 0.
pub(crate) type Attack = (&'static str, &'static str, fn(u64, &mut Wire));

pub(crate) const ATTACKS: &[Attack] = &[
    ("random-names", "a new name in each query, refused", random_names),
    ("spoofed-clients", "a new client in each query, refused", spoofed_clients),
    ("spoofed-servers", "responses of a new server each, that nobody asked for", spoofed_servers),
    ("unanswered", "queries that nobody answers, a million a second", unanswered),
    ("id-reuse", "one client asks with one ID and port, and is answered twice or not", id_reuse),
    ("all-numbers", "each type, class, opcode and response code there can be", all_numbers),
    ("ede-texts", "a new text of an Extended DNS Error in each response", ede_texts),
    ("pointers", "names whose compression pointers lead back, around and nowhere", pointers),
    ("lying-counts", "a header that promises 65,535 records of each kind, and none", lying_counts),
    ("half-open", "TCP connections that begin a message and say no more", half_open),
    ("holes", "TCP segments far ahead of what was sent before", holes),
    ("blind-resets", "TCP answers, in each of them a reset and a SYN of any number", blind_resets),
    ("tiny-fragments", "first fragments of eight bytes, never completed", tiny_fragments),
    ("overlapping-fragments", "fragments that overlap, of few datagrams", overlapping_fragments),
    ("same-time-fragments", "first fragments of one datagram that differ, of one time", same_time),
    ("icmp-errors", "ICMP errors about queries that were never sent", icmp_errors),
    (
        "short-errors",
        "resets, and errors that quote ports only, while many queries wait",
        short_errors,
    ),
    ("time-jumps", "refusals whose times leap by years, to and fro", time_jumps),
    ("same-buckets", "clients and names that differ in their high bits alone", same_buckets),
    ("empty-frames", "frames without a byte", empty_frames),
];

/// A pcap file of raw IPv4 that is being written.
pub(crate) struct Wire {
    /// Bytes of it that nobody took yet.
    pub(crate) bytes: Vec<u8>,
    /// Packets so far.
    pub(crate) packets: u64,
    /// Nanoseconds since 1970 of the next packet.
    now: u64,
    /// What stands before each packet.
    link: &'static [u8],
}

/// Addresses that nobody has, and IPv4.
const ETHERNET: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0";

/// A microsecond apart.
const STEP: u64 = 1_000;
const START: u64 = 1_795_230_720_000_000_000; // 2026-11-21 03:12:00 UTC
const YEAR: u64 = 365 * 86_400 * 1_000_000_000;

const CLIENT: u32 = 0xC633_6407; // 198.51.100.7
const SERVER: u32 = 0xC000_0235; // 192.0.2.53

const QUERY: u16 = 0x0100;
const REFUSED: u16 = 0x8185;
const NOERROR: u16 = 0x8180;

impl Wire {
    /// With the header of the file; packets that can be sent over a cable, or bare ones.
    pub(crate) fn new(ethernet: bool) -> Self {
        let (number, link): (u32, _) = if ethernet { (1, ETHERNET) } else { (101, &[][..]) };
        let mut bytes = Vec::from(0xA1B2_3C4D_u32.to_le_bytes()); // pcap with nanoseconds
        bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(0xFFFF_u32.to_le_bytes());
        bytes.extend(number.to_le_bytes()); // LINKTYPE_ETHERNET, LINKTYPE_RAW
        Self { bytes, packets: 0, now: START, link }
    }

    /// One packet, and time goes on.
    fn packet(&mut self, bytes: &[u8]) {
        let [seconds, rest] = [self.now / 1_000_000_000, self.now % 1_000_000_000];
        let length = (self.link.len() + bytes.len()) as u64;
        for number in [seconds, rest, length, length] {
            self.bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.bytes.extend(self.link);
        self.bytes.extend(bytes);
        self.packets += 1;
        self.now += STEP;
    }

    fn ip(&mut self, ends: Ends, protocol: u8, number: u16, fragment: u16, payload: &[u8]) {
        let length = u16::try_from(20 + payload.len()).expect("packets are short");
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend(number.to_be_bytes());
        packet.extend(fragment.to_be_bytes());
        packet.extend([64, protocol, 0, 0]);
        packet.extend(ends.from.to_be_bytes());
        packet.extend(ends.to.to_be_bytes());
        packet.extend(payload);
        self.packet(&packet);
    }

    fn udp(&mut self, ends: Ends, message: &[u8]) {
        self.ip(ends, 17, 0, 0, &datagram(ends, message));
    }

    fn tcp(&mut self, ends: Ends, sequence: u32, flags: u8, payload: &[u8]) {
        let mut segment = Vec::from(ends.from_port.to_be_bytes());
        segment.extend(ends.to_port.to_be_bytes());
        segment.extend(sequence.to_be_bytes());
        segment.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        segment.extend(payload);
        self.ip(ends, 6, 0, 0, &segment);
    }

    /// An ICMP error of the server's host about a datagram that was sent to it.
    fn port_closed(&mut self, ends: Ends, quoted: &[u8]) {
        let mut error = vec![3, 3, 0, 0, 0, 0, 0, 0];
        error.extend([0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0]);
        error.extend(ends.from.to_be_bytes());
        error.extend(ends.to.to_be_bytes());
        error.extend(quoted);
        self.ip(ends.reversed(), 1, 0, 0, &error);
    }

    /// A query and, after a microsecond, its response.
    fn exchange(&mut self, ends: Ends, id: u16, name: &[u8], flags: u16) {
        self.udp(ends, &message(id, QUERY, name, 1));
        self.udp(ends.reversed(), &message(id, flags, name, 1));
    }
}

/// From whom to whom.
#[derive(Clone, Copy)]
struct Ends {
    from: u32,
    to: u32,
    from_port: u16,
    to_port: u16,
}

impl Ends {
    /// A client to the server.
    fn of(client: u32, port: u16) -> Self {
        Self { from: client, to: SERVER, from_port: port, to_port: 53 }
    }

    fn reversed(self) -> Self {
        Self { from: self.to, to: self.from, from_port: self.to_port, to_port: self.from_port }
    }
}

fn datagram(ends: Ends, message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + message.len()).expect("messages are short");
    let mut datagram = Vec::from(ends.from_port.to_be_bytes());
    datagram.extend(ends.to_port.to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(message);
    datagram
}

/// Twelve bytes: ID, flags, and four counts.
fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    let words = [id, flags].into_iter().chain(counts);
    words.flat_map(u16::to_be_bytes).collect()
}

/// A message with one question, of class IN.
fn message(id: u16, flags: u16, name: &[u8], kind: u16) -> Vec<u8> {
    let mut message = header(id, flags, [1, 0, 0, 0]);
    message.extend(name);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

/// A name of its own for each number, under one suffix.
fn name(number: u64) -> Vec<u8> {
    let label = format!("{:016x}", scattered(number));
    let mut name = vec![16];
    name.extend(label.bytes());
    name.extend(b"\x06victim\x07example\0");
    name
}

/// A number that shares no pattern with its neighbours.
fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

fn low(number: u64) -> u16 {
    (number & 0xFFFF) as u16
}

/// One of 256 clients.
fn some_client(number: u64) -> Ends {
    let number = scattered(number);
    Ends::of(CLIENT + ((number >> 8) & 0xFF) as u32, 1024 + low(number >> 16) % 60_000)
}

/// An address of its own for each number, of which there are 16 million.
fn address(number: u64) -> u32 {
    0x0A00_0000 | (number & 0xFF_FFFF) as u32
}

const WWW: &[u8] = b"\x03www\x07example\0";

fn random_names(nth: u64, wire: &mut Wire) {
    wire.exchange(some_client(nth), low(nth), &name(nth), REFUSED);
}

fn spoofed_clients(nth: u64, wire: &mut Wire) {
    wire.exchange(Ends::of(address(nth), 5353), low(nth), WWW, REFUSED);
}

fn spoofed_servers(nth: u64, wire: &mut Wire) {
    let ends = Ends { from: address(nth), to: CLIENT, from_port: 53, to_port: 1024 };
    wire.udp(ends, &message(low(nth), REFUSED, WWW, 1));
}

fn unanswered(nth: u64, wire: &mut Wire) {
    wire.udp(some_client(nth), &message(low(nth), QUERY, &name(nth), 1));
}

fn id_reuse(nth: u64, wire: &mut Wire) {
    let ends = Ends::of(CLIENT, 1024);
    wire.udp(ends, &message(1, QUERY, WWW, 1));
    for _ in 0..nth % 3 {
        wire.udp(ends.reversed(), &message(1, REFUSED, WWW, 1));
    }
}

fn all_numbers(nth: u64, wire: &mut Wire) {
    let flags = 0x8000 | (low(nth >> 4) & 0xF) << 11 | (low(nth) & 0xF);
    let mut message = message(low(nth), flags, WWW, low(nth));
    let class = message.len() - 2;
    message[class..].copy_from_slice(&low(nth >> 3).to_be_bytes());
    wire.udp(some_client(nth).reversed(), &message);
}

/// RFC 8914, section 2: option 15 of the OPT record, whose text is anything.
fn ede_texts(nth: u64, wire: &mut Wire) {
    let ends = some_client(nth);
    wire.udp(ends, &message(low(nth), QUERY, WWW, 1));
    let mut response = message(low(nth), REFUSED, WWW, 1);
    response[11] = 1;
    response.extend(b"\0\0\x29\x04\xD0\0\0\0\0\0\x16\0\x0F\0\x12\0\x12");
    response.extend(format!("{:016x}", scattered(nth)).bytes());
    wire.udp(ends.reversed(), &response);
}

/// RFC 1035, section 4.1.4: a pointer is to an earlier place; these are to any.
fn pointers(nth: u64, wire: &mut Wire) {
    let mut message = header(low(nth), REFUSED, [1, 200, 0, 0]);
    for place in 0..200_u16 {
        let to = scattered(nth + u64::from(place)) % 420;
        message.extend((0xC000 | low(to)).to_be_bytes());
    }
    wire.udp(some_client(nth).reversed(), &message);
}

fn lying_counts(nth: u64, wire: &mut Wire) {
    let mut message = header(low(nth), NOERROR, [0xFFFF; 4]);
    message.extend(WWW);
    wire.udp(some_client(nth).reversed(), &message);
}

fn half_open(nth: u64, wire: &mut Wire) {
    let ends = Ends::of(address(nth), 4096 + low(nth) % 50_000);
    wire.tcp(ends, 1, 0x02, &[]);
    wire.tcp(ends, 2, 0x18, &[0xFF, 0xFF, 0, 1]);
}

fn holes(nth: u64, wire: &mut Wire) {
    let ends = Ends::of(address(nth >> 10), 4096);
    let sequence = 1 + (nth & 0x3FF) as u32 * 200;
    wire.tcp(ends, sequence, 0x10, &[0x55; 100]);
}

/// RFC 5961: whoever knows the ends of a connection can send these without having seen it.
fn blind_resets(nth: u64, wire: &mut Wire) {
    let [syn, reset, push, ack] = [0x02, 0x04, 0x08, 0x10];
    let ends = Ends::of(address(nth), 4096);
    let number = |seed: u64| (scattered(4 * nth + seed) & 0xFFFF_FFFF) as u32;
    let [ours, theirs] = [number(0), number(1)];
    let prefixed = |flags| {
        let message = message(low(nth), flags, WWW, 1);
        [&[0, u8::try_from(message.len()).expect("messages are short")], &message[..]].concat()
    };
    let (query, answer) = (prefixed(QUERY), prefixed(REFUSED));
    let (first, last) = answer.split_at(9);
    wire.tcp(ends, ours, syn, &[]);
    wire.tcp(ends.reversed(), theirs, syn | ack, &[]);
    wire.tcp(ends, ours.wrapping_add(1), push | ack, &query);
    wire.tcp(ends.reversed(), theirs.wrapping_add(1), ack, first);
    wire.tcp(ends.reversed(), number(2), reset, &[]);
    wire.tcp(ends.reversed(), number(3), syn, &[]);
    wire.tcp(ends.reversed(), theirs.wrapping_add(10), push | ack, last);
}

fn tiny_fragments(nth: u64, wire: &mut Wire) {
    const MORE: u16 = 0x2000;
    let ends = Ends::of(address(nth), 4096);
    wire.ip(ends, 17, low(nth), MORE, &datagram(ends, &[])[..8]);
}

fn overlapping_fragments(nth: u64, wire: &mut Wire) {
    const MORE: u16 = 0x2000;
    let offset = low(scattered(nth)) % 8_000;
    // A first fragment has ports: a capture filter passes no other.
    let mut piece = [0xAA; 64];
    piece[..4].copy_from_slice(&[0x10, 0, 0, 53]);
    wire.ip(Ends::of(CLIENT, 4096), 17, low(nth % 16), MORE | offset, &piece);
}

/// Each says something else, every other one that it is not DNS.
fn same_time(nth: u64, wire: &mut Wire) {
    const MORE: u16 = 0x2000;
    wire.now = START;
    let ours = Ends::of(CLIENT, 4096).reversed();
    let ends = if nth.is_multiple_of(2) { ours } else { Ends { from_port: 9_999, ..ours } };
    wire.ip(ends, 17, 7, MORE, &datagram(ends, &nth.to_be_bytes()));
}

/// RFC 792: an error quotes the first bytes of what it is about.
fn icmp_errors(nth: u64, wire: &mut Wire) {
    let ends = Ends::of(address(nth), 4096);
    wire.port_closed(ends, &datagram(ends, &message(low(nth), QUERY, WWW, 1)));
}

/// RFC 792: eight bytes of what follows the IP header suffice.
fn short_errors(nth: u64, wire: &mut Wire) {
    const RESET: u8 = 0x04;
    wire.udp(some_client(nth), &message(low(nth), QUERY, WWW, 1));
    let ends = Ends::of(address(nth), 4096);
    wire.tcp(ends.reversed(), 0, RESET, &[]);
    wire.port_closed(ends, &datagram(ends, &[])[..8]);
}

fn time_jumps(nth: u64, wire: &mut Wire) {
    wire.now = START + scattered(nth) % 60 * YEAR;
    wire.exchange(some_client(nth), low(nth), WWW, REFUSED);
}

fn same_buckets(nth: u64, wire: &mut Wire) {
    let client = u32::from(low(nth)) << 16 | 7;
    let label = format!("{:<8}", nth << 3);
    let name = [&[8], label.as_bytes(), b"\x07example\0"].concat();
    wire.exchange(Ends::of(client, 1024), 0, &name, REFUSED);
}

fn empty_frames(_: u64, wire: &mut Wire) {
    wire.packet(&[]);
}
