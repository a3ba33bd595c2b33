//! The back half: matches and counts the packets of some clients.

use crate::iana::Rcode;
use crate::ledger::{Ledger, Outcomes, Reason};
use crate::snapshot::Sample;
use crate::tally::{Bounds, Tallies};
use crate::time::Timestamp;
use crate::track::{
    Answer, Exchange, Hasher, Hashes, Key, Message, Tracker, TrackerConfig, Verdict,
};
use crate::wire::{
    Datagram, Endpoint, IcmpError, MessageView, NameBuffer, Notes, Packet, Ports, Print, Segment,
    StreamMessage, Streams, Transport, describe,
};

use super::EngineConfig;
use super::front::Found;

/// Matches and counts.
#[derive(Debug)]
pub(crate) struct Back {
    streams: Streams,
    core: Core,
}

/// What comes after streams; apart, because their messages borrow them.
#[derive(Debug)]
struct Core {
    ports: Ports,
    tracker: Tracker,
    tallies: Tallies,
    /// Of packets and messages, as far as no other part keeps them.
    books: Ledger,
    others: Others,
    name: NameBuffer,
    hasher: Hasher,
    latest: Latest,
    /// Of the packet that is being read.
    number: u64,
}

/// What back halves that were added to this one knew of themselves.
#[derive(Clone, Debug, Default)]
struct Others {
    outcomes: Outcomes,
    books: Ledger,
}

/// The latest response with the focus code, in a buffer that is used again and again.
#[derive(Debug, Default)]
struct Latest {
    number: u64,
    at: Timestamp,
    from: Endpoint,
    to: Endpoint,
    over_tcp: bool,
    bytes: Vec<u8>,
}

/// The number of what comes out of streams at the end, in the order of their addresses.
const AFTER_ALL: u64 = u64::MAX;

/// Bytes kept of it; enough for any refusal.
const MAX_SAMPLE: usize = 4096;

impl Latest {
    fn keep(&mut self, number: u64, message: &Message<'_>, bytes: &[u8]) {
        (self.number, self.at) = (number, message.at);
        (self.from, self.to) = (message.key.server, message.key.client);
        self.over_tcp = message.key.transport == Transport::Tcp;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes.get(..MAX_SAMPLE).unwrap_or(bytes));
    }

    fn order(&self) -> (u64, Endpoint, Endpoint) {
        (self.number, self.from, self.to)
    }

    fn sample(&self) -> Option<Sample> {
        (!self.bytes.is_empty()).then(|| Sample {
            at: self.at,
            server: self.from.address.ip(),
            client: self.to.address.ip(),
            transport: if self.over_tcp { Transport::Tcp } else { Transport::Udp },
            lines: describe(&self.bytes),
            bytes: self.bytes.clone(),
        })
    }
}

impl Back {
    /// A back half that has seen nothing. Those that shall be added up need the same hasher.
    pub(crate) fn new(config: &EngineConfig, bounds: &Bounds, hasher: Hasher) -> Self {
        let tracker = TrackerConfig {
            patience: config.patience,
            max_pending: bounds.pending,
            max_recent: bounds.recent,
        };
        Self {
            streams: Streams::new(bounds.stream_bytes),
            core: Core {
                ports: Ports::new(&config.ports),
                tracker: Tracker::new(tracker, hasher.clone()),
                tallies: Tallies::new(config.focus, config.patience, bounds, hasher.clone()),
                books: Ledger::default(),
                others: Others::default(),
                name: NameBuffer::default(),
                hasher,
                latest: Latest::default(),
                number: 0,
            },
        }
    }

    /// Takes in a packet.
    #[inline]
    pub(crate) fn take(&mut self, found: &Found<'_>) {
        self.core.number = found.number;
        match &found.packet {
            Packet::Datagram(datagram) => self.core.datagram(datagram, found.at, found.counts),
            Packet::Segment(segment) => self.core.segment(segment, found.at, &mut self.streams),
            Packet::Icmp(error) => self.core.icmp(error),
            _ => {}
        }
    }

    /// It is at least `now`.
    #[inline]
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.core.expire(now);
    }

    /// No packet follows.
    pub(crate) fn finish(&mut self) {
        let core = &mut self.core;
        core.number = AFTER_ALL;
        self.streams.finish(|from, to, at, message| {
            core.stream_message(message, from, to, at);
        });
        core.finish();
    }

    /// Brings everything up to date; to be called before anything is read.
    pub(crate) fn settle(&mut self) {
        self.core.settle();
    }

    /// Changes the response code that everything revolves around.
    pub(crate) fn set_focus(&mut self, focus: Rcode) {
        self.core.tallies.set_focus(focus);
        self.core.latest.bytes.clear();
    }

    /// Adds what another back half counted, for other clients; for readers only: a sum takes in
    /// no more packets. Both must be settled.
    pub(crate) fn add(&mut self, other: &Self) {
        let (ours, theirs) = (&mut self.core, &other.core);
        ours.tallies.merge(&theirs.tallies);
        ours.others.outcomes.add(&other.outcomes());
        ours.others.books.add(&other.own_books());
        let later = &theirs.latest;
        if !later.bytes.is_empty()
            && (ours.latest.bytes.is_empty() || later.order() > ours.latest.order())
        {
            ours.latest = Latest { bytes: later.bytes.clone(), ..*later };
        }
    }

    /// What is not in the tallies.
    fn own_books(&self) -> Ledger {
        let mut books = self.core.books.clone();
        books.shed += self.core.tracker.shed();
        books.shed_pieces += self.streams.shed();
        books.stream_gaps += self.streams.gaps();
        books.add(&self.core.others.books);
        books
    }

    /// The books of frames, completed.
    pub(super) fn complete(&self, frames: &mut Ledger) {
        frames.add(&self.own_books());
        let tallies = &self.core.tallies;
        // A response that waits a moment for its query counts when that is settled: every number
        // of a snapshot speaks of the same responses.
        frames.responses = tallies.rcodes().map(|(_, count)| count).sum();
        frames.dns_messages = frames.queries + frames.responses;
        frames.evicted = tallies.forgotten();
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        let mut outcomes = self.core.tracker.outcomes();
        outcomes.add(&self.core.others.outcomes);
        outcomes
    }

    pub(super) fn tallies(&self) -> &Tallies {
        &self.core.tallies
    }

    pub(super) fn sample(&self) -> Option<Sample> {
        self.core.latest.sample()
    }
}

impl Core {
    fn datagram(&mut self, datagram: &Datagram<'_>, at: Timestamp, counts: bool) {
        let (from, to) = (datagram.from, datagram.to);
        let payload = (datagram.payload, datagram.cut);
        let verdict = self.read(payload, from, to, Transport::Udp, at, datagram.print);
        if counts {
            match verdict {
                None => self.books.undecodable(Reason::NoHeader),
                Some(Verdict::Message) => self.books.datagrams += 1,
                Some(Verdict::Duplicate) => self.books.duplicates += 1,
            }
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, at: Timestamp, streams: &mut Streams) {
        let (from, to) = (segment.from, segment.to);
        if segment.rst && self.ports.has(from.port) {
            let tallies = &mut self.tallies;
            self.tracker.reset(to, from, &mut |exchange: &Exchange<'_>| tallies.add(exchange));
        }
        streams.add(segment, at, |message| self.stream_message(message, from, to, at));
    }

    fn stream_message(
        &mut self,
        message: StreamMessage<'_>,
        from: Endpoint,
        to: Endpoint,
        at: Timestamp,
    ) {
        let payload = (message.bytes, message.cut);
        if self.read(payload, from, to, Transport::Tcp, at, Print::default()).is_none() {
            self.books.malformed += 1;
        }
    }

    /// Reads a message and hands it on; `None` if not even its flags are there.
    fn read(
        &mut self,
        (bytes, cut): (&[u8], bool),
        from: Endpoint,
        to: Endpoint,
        transport: Transport,
        at: Timestamp,
        print: Print,
    ) -> Option<Verdict> {
        let view = MessageView::read(bytes, cut, &mut self.name)?;
        let is_response = view.flags.is_response();
        let (client, server) = if is_response { (to, from) } else { (from, to) };
        let name = self.name.wire();
        let key = Key { client, server, id: view.id, transport };
        let message = Message {
            at,
            key,
            flags: view.flags,
            question: view.question,
            name,
            hashes: Hashes::of(&self.hasher, &key, name, view.question),
            edns: view.edns.is_some(),
            answer: is_response.then(|| answer(&view)),
            print,
        };
        let tallies = &mut self.tallies;
        let mut sink = |exchange: &Exchange<'_>| tallies.add(exchange);
        let verdict = match &message.answer {
            Some(answer) => self.tracker.response(&message, answer, &mut sink),
            None => self.tracker.query(&message, &mut sink),
        };
        if verdict == Verdict::Message {
            if message.answer.is_some_and(|answer| answer.rcode == self.tallies.focus()) {
                self.latest.keep(self.number, &message, bytes);
            }
            self.count(is_response, view.notes, at);
        }
        Some(verdict)
    }

    fn count(&mut self, is_response: bool, notes: Notes, at: Timestamp) {
        let books = &mut self.books;
        books.malformed += u64::from(notes.is_malformed());
        books.cut += u64::from(notes.has(Notes::CUT));
        if !is_response {
            books.queries += 1;
            self.tallies.query(at);
        }
    }

    fn icmp(&mut self, error: &IcmpError<'_>) {
        // An error about a response says that its client was gone, not that its query failed.
        if !self.ports.has(error.to.port) {
            return;
        }
        let transport = if error.udp { Transport::Udp } else { Transport::Tcp };
        let id = error.payload.first_chunk().map(|id| u16::from_be_bytes(*id));
        let tallies = &mut self.tallies;
        self.tracker.icmp_error(error.from, error.to, transport, id, &mut |exchange| {
            tallies.add(exchange);
        });
    }

    fn expire(&mut self, now: Timestamp) {
        let tallies = &mut self.tallies;
        self.tracker.expire(now, &mut |exchange: &Exchange<'_>| tallies.add(exchange));
    }

    fn settle(&mut self) {
        let tallies = &mut self.tallies;
        self.tracker.settle(&mut |exchange: &Exchange<'_>| tallies.add(exchange));
        tallies.settle();
    }

    fn finish(&mut self) {
        let tallies = &mut self.tallies;
        self.tracker.finish(&mut |exchange: &Exchange<'_>| tallies.add(exchange));
    }
}

fn answer<'a>(view: &MessageView<'a>) -> Answer<'a> {
    let explained = view.edns.and_then(|edns| edns.extended_error());
    Answer {
        rcode: view.rcode(),
        ede: explained.map(|(ede, _)| ede),
        ede_text: explained.map_or(&[], |(_, text)| text),
        answers: view.answers,
    }
}
