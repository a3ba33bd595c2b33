//! The whole core behind a few methods: frames and packet time in, snapshots out.
//!
//! Binds decoding, matching and counting, and keeps the books. No clock, no thread, no I/O: the
//! same input gives the same output.

use std::hash::BuildHasher;
use std::time::Duration;

use crate::iana::Rcode;
use crate::ledger::{Ledger, Reason};
use crate::snapshot::{self, Sample, Snapshot, SnapshotSpec};
use crate::tally::{Bounds, Tallies};
use crate::time::Timestamp;
use crate::track::{Answer, Exchange, Key, Message, Tracker, TrackerConfig, Verdict};
use crate::wire::{
    Datagram, Decoder, Endpoint, Frame, IcmpError, LinkType, MessageView, NameBuffer, Notes,
    Packet, Ports, Print, Segment, StreamMessage, Streams, Transport, describe,
};

/// What shapes an analysis from its first frame on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// UDP and TCP ports that carry DNS.
    pub ports: Vec<u16>,
    /// The response code that everything revolves around.
    pub focus: Rcode,
    /// How long a query waits for its response, in packet time.
    pub patience: Duration,
    /// Bound of all tables together, in bytes.
    pub max_memory: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            ports: vec![53],
            focus: Rcode::REFUSED,
            patience: Duration::from_secs(5),
            max_memory: 512 << 20,
        }
    }
}

/// Decodes, matches and counts.
#[derive(Debug)]
pub struct Engine {
    decoder: Decoder,
    streams: Streams,
    core: Core,
    config: EngineConfig,
    serial: u64,
    link_types: Vec<LinkType>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// What comes after decoding; apart, because decoded packets borrow the decoder.
#[derive(Debug)]
struct Core {
    ports: Ports,
    tracker: Tracker,
    tallies: Tallies,
    ledger: Ledger,
    name: NameBuffer,
    hasher: foldhash::quality::RandomState,
    latest: Latest,
}

/// The latest response with the focus code, in a buffer that is used again and again.
#[derive(Debug, Default)]
struct Latest {
    at: Timestamp,
    from: Endpoint,
    to: Endpoint,
    over_tcp: bool,
    bytes: Vec<u8>,
}

/// Bytes kept of it; enough for any refusal.
const MAX_SAMPLE: usize = 4096;

impl Latest {
    fn keep(&mut self, message: &Message<'_>, bytes: &[u8]) {
        self.at = message.at;
        (self.from, self.to) = (message.key.server, message.key.client);
        self.over_tcp = message.key.transport == Transport::Tcp;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes.get(..MAX_SAMPLE).unwrap_or(bytes));
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

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(config: EngineConfig) -> Self {
        let bounds = Bounds::of(config.max_memory);
        let hasher = foldhash::quality::RandomState::default();
        let tracker = TrackerConfig {
            patience: config.patience,
            max_pending: bounds.pending,
            max_recent: bounds.recent,
        };
        Self {
            decoder: Decoder::new(&config.ports, bounds.fragment_bytes),
            streams: Streams::new(bounds.stream_bytes),
            core: Core {
                ports: Ports::new(&config.ports),
                tracker: Tracker::new(tracker),
                tallies: Tallies::new(config.focus, config.patience, &bounds, hasher.clone()),
                ledger: Ledger::default(),
                name: NameBuffer::default(),
                hasher,
                latest: Latest::default(),
            },
            config,
            serial: 0,
            link_types: Vec::new(),
            first: None,
            last: None,
        }
    }

    /// Takes in one frame.
    pub fn feed(&mut self, frame: &Frame<'_>) {
        self.note_frame(frame);
        self.core.expire(frame.at);
        self.decoder.expire(frame.at);
        self.read_abandoned();
        let packet = self.decoder.decode(frame);
        self.core.packet(&packet, frame.at, &mut self.streams);
        self.read_abandoned();
    }

    fn note_frame(&mut self, frame: &Frame<'_>) {
        self.core.ledger.frames += 1;
        if self.link_types.last() != Some(&frame.link) && !self.link_types.contains(&frame.link) {
            self.link_types.push(frame.link);
        }
        // A frame without a time has time 0 and says nothing of when the capture was.
        if frame.at > Timestamp::default() {
            self.first = Some(self.first.map_or(frame.at, |first| first.min(frame.at)));
            self.last = Some(self.last.map_or(frame.at, |last| last.max(frame.at)));
        }
    }

    /// Datagrams that stayed incomplete are read as far as they came.
    fn read_abandoned(&mut self) {
        while let Some((at, packet)) = self.decoder.abandoned() {
            match packet {
                Packet::Datagram(datagram) => {
                    self.core.message(&datagram, at);
                }
                Packet::Segment(segment) => self.core.segment(&segment, at, &mut self.streams),
                _ => {}
            }
        }
    }

    /// Tells that it is at least `now`, so that queries can grow too old on a quiet link.
    pub fn tick(&mut self, now: Timestamp) {
        self.core.expire(now);
        self.decoder.expire(now);
        self.read_abandoned();
    }

    /// Tells that no frame follows: what was held for the rest of a datagram is read as it is.
    pub fn finish(&mut self) {
        self.decoder.abandon_all();
        self.read_abandoned();
        let core = &mut self.core;
        self.streams.finish(|from, to, at, message| {
            core.stream_message(message, from, to, at);
        });
        core.finish();
    }

    /// Changes the response code that everything revolves around, from the next snapshot on.
    pub fn set_focus(&mut self, focus: Rcode) {
        self.config.focus = focus;
        self.core.tallies.set_focus(focus);
        self.core.latest.bytes.clear();
    }

    /// Forgets everything and counts anew.
    pub fn reset(&mut self) {
        *self = Self { serial: self.serial, ..Self::new(self.config.clone()) };
    }

    /// What is known now. The caller fills in [`Snapshot::source`]'s kind, name, end and progress,
    /// and the losses that the source knows of.
    pub fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        let mut snapshot = Snapshot { serial: self.serial, ..Snapshot::default() };
        snapshot.source.first = self.first;
        snapshot.source.last = self.last;
        snapshot.source.link_types = self.link_types.iter().map(|link| link.name()).collect();
        // A response that waits a moment for its query counts when that is settled: every number
        // of a snapshot speaks of the same responses.
        let responses = self.core.tallies.rcodes().map(|(_, count)| count).sum();
        snapshot.ledger = Ledger {
            responses,
            dns_messages: self.core.ledger.queries + responses,
            fragments_held: self.decoder.fragments_held(),
            shed: self.core.tracker.shed(),
            shed_pieces: self.decoder.fragments_shed() + self.streams.shed(),
            stream_gaps: self.streams.gaps(),
            evicted: self.core.tallies.forgotten(),
            ..self.core.ledger.clone()
        };
        snapshot.outcomes = self.core.tracker.outcomes();
        snapshot::fill(&mut snapshot, &self.core.tallies, spec);
        snapshot.sample = self.core.latest.sample();
        snapshot
    }
}

impl Core {
    fn packet(&mut self, packet: &Packet<'_>, at: Timestamp, streams: &mut Streams) {
        match packet {
            Packet::Datagram(datagram) => match self.message(datagram, at) {
                None => self.ledger.undecodable(Reason::NoHeader),
                Some(Verdict::Message) => self.ledger.datagrams += 1,
                Some(Verdict::Duplicate) => self.ledger.duplicates += 1,
            },
            Packet::Segment(segment) => {
                self.ledger.segments += 1;
                self.segment(segment, at, streams);
            }
            Packet::Icmp(error) => {
                self.ledger.icmp_errors += 1;
                self.icmp(error);
            }
            Packet::Fragment => self.ledger.fragments += 1,
            Packet::NotDns => self.ledger.not_dns += 1,
            Packet::Undecodable(reason) => self.ledger.undecodable(*reason),
        }
    }

    fn message(&mut self, datagram: &Datagram<'_>, at: Timestamp) -> Option<Verdict> {
        let (from, to) = (datagram.from, datagram.to);
        let payload = (datagram.payload, datagram.cut);
        self.read(payload, from, to, Transport::Udp, at, datagram.print)
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
            self.ledger.malformed += 1;
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
        let message = Message {
            at,
            key: Key { client, server, id: view.id, transport },
            flags: view.flags,
            question: view.question,
            name,
            name_hash: self.hasher.hash_one(name),
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
                self.latest.keep(&message, bytes);
            }
            self.count(is_response, view.notes, at);
        }
        Some(verdict)
    }

    fn count(&mut self, is_response: bool, notes: Notes, at: Timestamp) {
        let ledger = &mut self.ledger;
        ledger.dns_messages += 1;
        ledger.malformed += u64::from(notes.is_malformed());
        ledger.cut += u64::from(notes.has(Notes::CUT));
        if is_response {
            ledger.responses += 1;
        } else {
            ledger.queries += 1;
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
