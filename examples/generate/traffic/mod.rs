//! Made-up DNS traffic of any shape, and the exact count of what it holds.
//!
//! Depends on the standard library only, above all not on the analyzer that is tested with it: a
//! mistake made on both sides would go unseen. The same [`Shape`] gives the same bytes, on every
//! machine. Memory is bounded by the responses still to come and by the names that are counted.
//!
//! Kept clean, so that every count has one meaning: a client does not take up a port and ID again
//! for another query within two thousand million queries; a query is repeated only before its
//! response; a response comes within four seconds or never.

pub(crate) mod capture;
pub(crate) mod connection;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod people;
pub(crate) mod random;
pub(crate) mod recipe;
pub(crate) mod shape;
pub(crate) mod truth;

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::io;
use std::net::IpAddr;

use capture::Sink;
use connection::Group;
use link::{Family, Inner};
use message::{Exchange, TYPES, Traits};
use packet::Flow;
use people::Names;
use random::{Random, Ranks};
use shape::{Direction, Shape};
pub(crate) use truth::Truth;
use truth::{Role, Sight};

const REFUSED: u16 = 5;
const SERVFAIL: u16 = 2;
/// Longer than any response takes, and shorter than anybody waits.
const LONGEST_LATENCY: u64 = 3_500_000_000;
/// How many servers a client asks at most, as resolv.conf allows.
const MOST_SERVERS: u32 = 3;
/// Ethernet frames that arrive are at least this long, padded with zeros.
const SHORTEST_FRAME: usize = 60;

/// Writes the traffic of this shape to `sink`, in order of time; returns what it wrote.
pub(crate) fn generate(shape: &Shape, sink: &mut impl Sink) -> io::Result<Truth> {
    shape.check().map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
    let mut generator = Generator::new(shape, sink);
    generator.run()?;
    generator.truth.finish();
    Ok(generator.truth)
}

/// The names that a shape asks for.
pub(crate) fn names(shape: &Shape) -> Names {
    Names::new(shape.names, shape.attack.as_ref().map_or("", |attack| &attack.suffix))
}

/// Something that happens at a certain time.
#[derive(Debug)]
struct Event {
    at: u64,
    serial: u64,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Query(Exchange),
    RepeatQuery(Exchange),
    Response(Exchange),
    RepeatResponse(Exchange),
    Packets(Box<Group>),
    Copy(Box<[u8]>),
}

impl Ord for Event {
    /// The earliest is the greatest, as [`BinaryHeap`] hands out the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.serial).cmp(&(self.at, self.serial))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

/// What is asked for; names of an attack have their fate already.
#[derive(Clone, Copy, Debug)]
struct Subject {
    name: u32,
    kind: u8,
    rcode: Option<u16>,
}

struct Generator<'a, S> {
    shape: &'a Shape,
    sink: &'a mut S,
    random: Random,
    names: Names,
    name_ranks: Ranks,
    server_ranks: Ranks,
    client_ranks: Ranks,
    /// How many queries each client has sent; gives each its own port and ID.
    sent: Vec<u32>,
    /// How many names of the attack were asked for.
    attacked: u32,
    events: BinaryHeap<Event>,
    serial: u64,
    /// Number of the next IP packet.
    number: u32,
    message: Vec<u8>,
    frame: Vec<u8>,
    truth: Truth,
}

impl<'a, S: Sink> Generator<'a, S> {
    fn new(shape: &'a Shape, sink: &'a mut S) -> Self {
        let attack = shape.attack.as_ref().map_or(0, |attack| attack.names);
        Self {
            shape,
            sink,
            random: Random::new(shape.seed),
            names: names(shape),
            name_ranks: Ranks::new(shape.names),
            server_ranks: Ranks::new(shape.servers.count()),
            client_ranks: Ranks::new(shape.clients.count()),
            sent: vec![0; shape.clients.count() as usize],
            attacked: 0,
            events: BinaryHeap::new(),
            serial: 0,
            number: 0,
            message: Vec::new(),
            frame: Vec::new(),
            truth: Truth::new(&shape.clients, &shape.servers, shape.names, attack),
        }
    }

    fn run(&mut self) -> io::Result<()> {
        let end = self.shape.start.saturating_add(self.shape.duration);
        let mut next_query = self.shape.start;
        while self.truth.packets < self.shape.packets {
            let pending = self.events.peek().map_or(u64::MAX, |event| event.at);
            if pending.min(next_query) > end {
                break;
            }
            if next_query <= pending {
                let exchange = self.draw(next_query);
                self.start(exchange, next_query)?;
                next_query += self.pause();
            } else if let Some(event) = self.events.pop() {
                self.happen(event)?;
            }
        }
        Ok(())
    }

    /// The time from one query to the next: a packet or two each, at random around the rate.
    fn pause(&mut self) -> u64 {
        nanoseconds(self.random.unit() * 4e9 / self.shape.rate).max(1)
    }

    fn happen(&mut self, event: Event) -> io::Result<()> {
        match event.step {
            Step::Query(exchange) => self.start(exchange, event.at),
            Step::RepeatQuery(exchange) => self.query(&exchange, event.at, Role::RepeatedQuery),
            Step::Response(exchange) => self.response(&exchange, event.at, Role::Response),
            Step::RepeatResponse(exchange) => {
                self.response(&exchange, event.at, Role::RepeatedResponse)
            }
            Step::Packets(group) => self.group(&group, event.at),
            Step::Copy(bytes) => {
                self.truth.duplicated_frames += 1;
                self.write(&bytes, event.at).map(|_| ())
            }
        }
    }

    fn later(&mut self, at: u64, step: Step) {
        self.serial += 1;
        self.events.push(Event { at, serial: self.serial, step });
    }

    /// Decides on a new exchange.
    fn draw(&mut self, at: u64) -> Exchange {
        let subject = self.subject();
        let client = self.client(subject.rcode.is_some());
        let server = self.server();
        self.exchange([client, server], subject, None, at)
    }

    fn subject(&mut self) -> Subject {
        match self.shape.attack.as_ref() {
            Some(attack) if self.random.chance(attack.share) => {
                let index = self.attacked % attack.names;
                self.attacked = self.attacked.wrapping_add(1);
                Subject { name: self.names.random(index), kind: 0, rcode: Some(attack.rcode) }
            }
            _ => {
                let name = self.name_ranks.draw(&mut self.random);
                Subject { name, kind: self.kind(), rcode: None }
            }
        }
    }

    /// Half of the queries come from busy clients, half from all alike; attacks from all alike.
    fn client(&mut self, attacking: bool) -> u32 {
        if attacking || self.random.chance(0.5) {
            self.random.below(self.shape.clients.count())
        } else {
            self.client_ranks.draw(&mut self.random)
        }
    }

    /// A handful of servers share the load; of many, few carry most.
    fn server(&mut self) -> u32 {
        match self.shape.servers.count() {
            count @ ..=8 => self.random.below(count),
            _ => self.server_ranks.draw(&mut self.random),
        }
    }

    fn kind(&mut self) -> u8 {
        let mut share = self.random.below(100);
        for (row, (.., percent)) in (0..).zip(TYPES) {
            if share < percent {
                return row;
            }
            share -= percent;
        }
        0
    }

    /// Decides on everything else; `along` is an exchange on the same TCP connection.
    fn exchange(
        &mut self,
        [client, server]: [u32; 2],
        subject: Subject,
        along: Option<&Exchange>,
        at: u64,
    ) -> Exchange {
        let shape = self.shape;
        let six = match (along, shape.link.family) {
            (Some(first), _) => first.six,
            (None, Some(family)) => family == Family::Six,
            (None, None) => self.random.chance(shape.ipv6),
        };
        let (port, id) = self.port_and_id(client);
        let traits = Traits::default()
            .with_if(self.random.chance(shape.edns), Traits::EDNS)
            .with_if(self.random.chance(shape.mixed_case), Traits::MIXED_CASE)
            .with_if(self.random.chance(shape.lost), Traits::LOST);
        let exchange = Exchange {
            client,
            server,
            name: subject.name,
            kind: subject.kind,
            six,
            tcp: along.is_some() || self.random.chance(shape.tcp),
            port: along.map_or(port, |first| first.port),
            id,
            rcode: 0,
            detail: self.random.next(),
            traits,
            ede: None,
            tries: 1,
        };
        let rcode = match subject.rcode {
            Some(rcode) => rcode,
            None => self.rcode(&exchange, at),
        };
        self.with_rcode(exchange, rcode)
    }

    /// Each query of a client has a port and ID that it did not use before: 2^31 of them.
    fn port_and_id(&mut self, client: u32) -> (u16, u16) {
        let Some(sent) = self.sent.get_mut(client as usize) else { return (32_768, 0) };
        *sent = sent.wrapping_add(1);
        // An odd factor: no two counts of 31 bits give the same product of 31 bits. The port
        // takes the lower bits, so it runs through all 32 768 before one comes again.
        let spread = sent.wrapping_add(client).wrapping_mul(0x2c1b_3c6d) & 0x7fff_ffff;
        let [port, id] = [spread & 0x7fff, spread >> 15];
        (32_768 + u16::try_from(port).unwrap_or(0), u16::try_from(id).unwrap_or(0))
    }

    fn rcode(&mut self, exchange: &Exchange, at: u64) -> u16 {
        if self.outage_hits(exchange, at) {
            return REFUSED;
        }
        let shape = self.shape;
        let sum: f64 = shape.rcodes.iter().map(|(_, share)| share).sum();
        let mut left = self.random.unit() * sum;
        for &(code, share) in &shape.rcodes {
            if left < share {
                return code;
            }
            left -= share;
        }
        shape.rcodes.first().map_or(0, |&(code, _)| code)
    }

    fn outage_hits(&self, exchange: &Exchange, at: u64) -> bool {
        self.shape.outage.is_some_and(|outage| {
            at >= self.shape.start.saturating_add(outage.begins)
                && exchange.server == outage.server
                && self.shape.clients.network(exchange.client) == outage.network
        })
    }

    /// The exchange with this response code and all that goes with it.
    fn with_rcode(&mut self, exchange: Exchange, rcode: u16) -> Exchange {
        let shape = self.shape;
        let edns = exchange.traits.has(Traits::EDNS) || rcode > 15;
        let unhappy = rcode == REFUSED || rcode == SERVFAIL;
        let bare = rcode == REFUSED && self.random.chance(shape.bare);
        let long = rcode == 0 && self.random.chance(shape.long);
        let explained = unhappy && edns && !bare && self.random.chance(shape.ede);
        // Only a datagram can come without its query: a TCP stream was agreed on before.
        let unasked = !exchange.tcp && self.random.chance(shape.unasked);
        Exchange {
            rcode,
            traits: exchange
                .traits
                .with_if(edns, Traits::EDNS)
                .with_if(bare, Traits::BARE)
                .with_if(long, Traits::LONG)
                .with_if(unasked, Traits::UNASKED),
            ede: explained.then_some(if rcode == REFUSED { 18 } else { 22 }),
            ..exchange
        }
    }

    /// Puts an exchange on the wire: the query now, the response when it is due.
    fn start(&mut self, exchange: Exchange, at: u64) -> io::Result<()> {
        if exchange.tcp {
            self.connect(exchange, at);
            return Ok(());
        }
        let latency = self.latency(&exchange);
        let unasked = exchange.traits.has(Traits::UNASKED);
        let mut due = at + latency;
        if !unasked {
            self.query(&exchange, at, Role::Query)?;
            if self.random.chance(self.shape.repeated) {
                let again = at + u64::from(self.random.between(300, 900)) * 1_000_000;
                self.later(again, Step::RepeatQuery(exchange));
                due = again + latency.min(LONGEST_LATENCY / 2);
            }
        }
        if unasked || !exchange.traits.has(Traits::LOST) {
            self.later(due, Step::Response(exchange));
            if self.random.chance(self.shape.repeated_responses) {
                let again = due + u64::from(self.random.between(50, 400)) * 1_000_000;
                self.later(again, Step::RepeatResponse(exchange));
            }
        }
        Ok(())
    }

    fn latency(&mut self, exchange: &Exchange) -> u64 {
        let scale = if exchange.rcode == REFUSED { 0.1 } else { 1.0 };
        let latency = self.random.log_normal(self.shape.latency * scale, self.shape.spread);
        nanoseconds(latency).clamp(50_000, LONGEST_LATENCY)
    }

    fn connect(&mut self, first: Exchange, at: u64) {
        let extra = self.random.below(self.shape.pipelined);
        let mut exchanges = vec![first];
        for _ in 0..extra {
            let subject = self.subject();
            let ends = [first.client, first.server];
            exchanges.push(self.exchange(ends, subject, Some(&first), at));
        }
        let latencies = exchanges.iter().map(|exchange| self.latency(exchange)).collect();
        let flow = self.flow(&first);
        let script = connection::Script {
            flow,
            segmented: self.shape.segmented,
            disordered: self.shape.disordered,
        };
        for (after, group) in script.play(&exchanges, latencies, &self.names, &mut self.random) {
            self.later(at + after, Step::Packets(Box::new(group)));
        }
    }

    /// The way from the client to the server.
    fn flow(&self, exchange: &Exchange) -> Flow {
        Flow {
            from: self.shape.clients.address(exchange.client, exchange.six),
            to: self.shape.servers.address(exchange.server, exchange.six),
            from_port: exchange.port,
            to_port: self.shape.port,
        }
    }

    fn query(&mut self, exchange: &Exchange, at: u64, role: Role) -> io::Result<()> {
        if self.shape.direction == Direction::ResponsesOnly {
            return Ok(());
        }
        let mut message = std::mem::take(&mut self.message);
        message::query(&self.names, exchange, &mut message);
        let written = self.datagram(self.flow(exchange), true, &message, at);
        self.message = message;
        let (at, _) = written?;
        self.count_query(exchange, at, role);
        Ok(())
    }

    fn count_query(&mut self, exchange: &Exchange, at: u64, role: Role) {
        let answered =
            self.shape.direction == Direction::Both && !exchange.traits.has(Traits::LOST);
        self.truth.query(exchange, at, role, answered);
    }

    fn response(&mut self, exchange: &Exchange, at: u64, role: Role) -> io::Result<()> {
        if role == Role::Response {
            self.ask_elsewhere(exchange, at);
        }
        if self.shape.direction == Direction::QueriesOnly {
            return Ok(());
        }
        let mut message = std::mem::take(&mut self.message);
        message::response(&self.names, exchange, &mut message);
        let written = self.datagram(self.flow(exchange).reversed(), false, &message, at);
        let length = message.len();
        self.message = message;
        let (_, start) = written?;
        self.count_response(exchange, role, start, length);
        Ok(())
    }

    /// Counts a response of `length` bytes that starts at byte `start` of its frame.
    fn count_response(&mut self, exchange: &Exchange, role: Role, start: usize, length: usize) {
        let kept = (self.shape.snaplen as usize).saturating_sub(start);
        let bare = exchange.traits.has(Traits::BARE);
        let query =
            self.shape.direction == Direction::Both && !exchange.traits.has(Traits::UNASKED);
        let whole = kept >= length && (!bare || kept > 512);
        let readable = whole || kept >= message::question_end(&self.names, exchange);
        // A header without question borrows the question of the query, cut at the same place.
        let question = readable && (query || !bare);
        self.truth.response(exchange, role, Sight { question, opt: kept >= length, query });
    }

    /// A client that was refused turns to the next server, if it knows one.
    fn ask_elsewhere(&mut self, exchange: &Exchange, at: u64) {
        let servers = self.shape.servers.count();
        let unhappy = exchange.rcode == REFUSED || exchange.rcode == SERVFAIL;
        let tired = u32::from(exchange.tries) >= servers.min(MOST_SERVERS);
        if !unhappy || tired || !self.knows_others(exchange.client) {
            return;
        }
        let at = at + u64::from(self.random.between(200, 3000)) * 1000;
        let ends = [exchange.client, (exchange.server + 1) % servers];
        let subject = Subject { name: exchange.name, kind: exchange.kind, rcode: None };
        let next = self.exchange(ends, subject, None, at);
        let next = Exchange { six: exchange.six, tries: exchange.tries + 1, ..next };
        self.later(at, Step::Query(next));
    }

    /// Whether this client has more than one server in its configuration.
    fn knows_others(&self, client: u32) -> bool {
        self.shape.retried > 0.0
            && Random::new(random::mix(u64::from(client))).chance(self.shape.retried)
    }

    /// Writes a datagram, in fragments if it is too long; when, and where its message starts.
    fn datagram(
        &mut self,
        flow: Flow,
        asking: bool,
        message: &[u8],
        at: u64,
    ) -> io::Result<(u64, usize)> {
        if message.len() > 1400 {
            return self.fragments(flow, asking, message, at);
        }
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        let length = flow.ip_header() + 8 + message.len();
        self.front(&mut frame, flow.from, asking, length);
        self.number = self.number.wrapping_add(1);
        packet::ip(&mut frame, flow, packet::UDP, 8 + message.len(), self.number);
        packet::udp(&mut frame, flow, message);
        let start = frame.len() - message.len();
        self.pad(&mut frame, asking);
        let written = self.write_and_copy(&frame, at);
        self.frame = frame;
        Ok((written?, start))
    }

    fn fragments(
        &mut self,
        flow: Flow,
        asking: bool,
        message: &[u8],
        at: u64,
    ) -> io::Result<(u64, usize)> {
        self.number = self.number.wrapping_add(1);
        let mut datagram = Vec::new();
        packet::udp(&mut datagram, flow, message);
        let mut frames: Vec<_> = (0..datagram.len())
            .step_by(1232)
            .map(|offset| self.fragment(flow, asking, &datagram, offset))
            .collect();
        if self.random.chance(self.shape.disordered) {
            frames.reverse();
        }
        let mut written = at;
        for frame in frames {
            self.truth.fragments += 1;
            written = self.write_and_copy(&frame, written + 1000)?;
        }
        Ok((written, 0))
    }

    fn fragment(&self, flow: Flow, asking: bool, datagram: &[u8], offset: usize) -> Vec<u8> {
        let piece = &datagram[offset..datagram.len().min(offset + 1232)];
        let last = offset + piece.len() == datagram.len();
        let extra = if flow.from.is_ipv6() { 8 } else { 0 };
        let mut frame = Vec::new();
        self.front(&mut frame, flow.from, asking, flow.ip_header() + extra + piece.len());
        let fragment = packet::Fragment { offset, last };
        packet::ip_fragment(&mut frame, flow, piece.len(), self.number, fragment);
        frame.extend_from_slice(piece);
        self.pad(&mut frame, asking);
        frame
    }

    /// Writes packets that belong together, and counts the messages that they complete.
    fn group(&mut self, group: &Group, at: u64) -> io::Result<()> {
        for (exchange, role) in &group.completes {
            if *role == Role::Response {
                self.ask_elsewhere(exchange, at);
            }
        }
        let hidden = if group.asking { Direction::ResponsesOnly } else { Direction::QueriesOnly };
        if self.shape.direction == hidden {
            return Ok(());
        }
        let flow = if group.asking { group.flow } else { group.flow.reversed() };
        let mut written = at;
        for (segment, payload) in &group.segments {
            let mut frame = Vec::new();
            let length = segment.header() + payload.len();
            self.front(&mut frame, flow.from, group.asking, flow.ip_header() + length);
            self.number = self.number.wrapping_add(1);
            packet::ip(&mut frame, flow, packet::TCP, length, self.number);
            packet::tcp(&mut frame, flow, *segment, payload);
            self.pad(&mut frame, group.asking);
            self.truth.segments += 1;
            written = self.write_and_copy(&frame, written + 1000)?;
        }
        for (exchange, role) in &group.completes {
            match role {
                Role::Query | Role::RepeatedQuery => self.count_query(exchange, written, *role),
                _ => self.count_response(exchange, *role, 0, 0),
            }
        }
        Ok(())
    }

    /// Appends what stands in front of an IP packet of `length` bytes.
    fn front(&self, frame: &mut Vec<u8>, from: IpAddr, asking: bool, length: usize) {
        let big_endian = self.shape.big_endian;
        let inner = Inner { six: from.is_ipv6(), asking, length, big_endian };
        (self.shape.link.write)(frame, inner);
    }

    /// Pads a frame as a network card does: what arrives is long enough, what leaves is not yet.
    fn pad(&self, frame: &mut Vec<u8>, asking: bool) {
        if !asking && self.shape.link.number == 1 && frame.len() < SHORTEST_FRAME {
            frame.resize(SHORTEST_FRAME, 0);
        }
    }

    fn write_and_copy(&mut self, frame: &[u8], at: u64) -> io::Result<u64> {
        let at = self.write(frame, at)?;
        if self.random.chance(self.shape.duplicated) {
            let again = at + u64::from(self.random.between(1, 20)) * 1000;
            self.later(again, Step::Copy(frame.into()));
        }
        Ok(at)
    }

    /// Writes a frame, no earlier than the one before it; the time that it got.
    fn write(&mut self, frame: &[u8], at: u64) -> io::Result<u64> {
        let at = (at - at % self.shape.resolution).max(self.truth.last);
        self.sink.frame(at, frame)?;
        self.truth.frame(at, frame.len());
        Ok(at)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub(crate) fn nanoseconds(number: f64) -> u64 {
    number as u64
}
