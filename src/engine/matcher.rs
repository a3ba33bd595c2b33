//! Matches the packets of some clients: from packets to exchanges, which others count.
//!
//! Whoever counts is handed events by the hundred, on this thread or on another.

use crate::focus::Focus;
use crate::hearsay::{Hearsay, Telling};
use crate::iana::Rcode;
use crate::ledger::{Ledger, Outcomes, Reason};
use crate::select::Filter;
use crate::snapshot::{self, KeptPackets, Lookups, Sample, Selected, Snapshot, SnapshotSpec};
use crate::tally::{Bounds, Events, Tallies};
use crate::time::Timestamp;
use crate::track::{
    Answer, Exchange, Form, Hasher, Hashes, Key, Message, Obstacle, Outcome, Relief, Tracker,
    TrackerConfig, Verdict,
};
use crate::trail::{Trail, WholeFrame};
use crate::wire::{
    Datagram, Endpoint, IcmpError, MessageView, NameBuffer, Notes, Packet, Ports, Print, Segment,
    StreamMessage, Streams, Transport,
};

use super::front::Found;
use super::keeper::{Keeper, Place};
use super::latest::Latest;
use super::sieve::{Sieve, Witness};
use super::{Counted, EngineConfig};

/// Matches.
#[derive(Debug)]
pub(crate) struct Matcher {
    streams: Streams,
    core: Core,
}

/// What comes after streams; apart, because their messages borrow them.
#[derive(Debug)]
struct Core {
    ports: Ports,
    tracker: Tracker,
    /// What is to be counted.
    events: Events,
    sieve: Sieve,
    /// Of packets and messages, as far as no other part keeps them.
    books: Ledger,
    others: Others,
    name: NameBuffer,
    hasher: Hasher,
    latest: Latest,
    keeper: Keeper,
    /// Names of addresses, if they are to be learnt.
    hearsay: Option<Box<Hearsay>>,
    /// Of the packet that is being read.
    number: u64,
    /// The first time that was told.
    began: Timestamp,
}

/// What others that were added to this one knew of themselves.
#[derive(Clone, Debug, Default)]
struct Others {
    outcomes: Outcomes,
    /// Responses, where there is a filter.
    responses: u64,
    /// Queries that passed it.
    queries: u64,
    books: Ledger,
}

/// The number of what comes out of streams at the end, in the order of their addresses.
const AFTER_ALL: u64 = u64::MAX;

impl Matcher {
    /// One that has seen nothing, and hands on so many events at a time at most. Those that shall
    /// be added up need the same hasher.
    pub(crate) fn new(
        config: &EngineConfig,
        bounds: &Bounds,
        hasher: Hasher,
        events: usize,
    ) -> Self {
        Self::made(config, bounds, hasher, events, None)
    }

    /// One whose exchanges are seen by a witness, each once, and not counted.
    pub(crate) fn witnessed(
        config: &EngineConfig,
        bounds: &Bounds,
        hasher: Hasher,
        witness: Box<dyn Witness>,
    ) -> Self {
        Self::made(config, bounds, hasher, 1, Some(witness))
    }

    fn made(
        config: &EngineConfig,
        bounds: &Bounds,
        hasher: Hasher,
        events: usize,
        witness: Option<Box<dyn Witness>>,
    ) -> Self {
        let tracker = TrackerConfig {
            patience: config.patience,
            max_pending: bounds.pending,
            max_recent: bounds.recent,
            holds: witness.is_some(),
        };
        Self {
            streams: Streams::new(bounds.stream_bytes),
            core: Core {
                ports: Ports::new(&config.ports),
                tracker: Tracker::new(tracker, hasher.clone()),
                events: Events::with_room(events),
                sieve: Sieve::new(config.filter.clone(), witness),
                books: Ledger::default(),
                others: Others::default(),
                name: NameBuffer::default(),
                keeper: Keeper::new(config.trail, config.patience, hasher.clone()),
                hearsay: (config.names > 0)
                    .then(|| Box::new(Hearsay::new(config.names, hasher.clone()))),
                hasher,
                latest: Latest::new(config.watched()),
                number: 0,
                began: Timestamp(0),
            },
        }
    }

    /// Takes in a packet. `count` is handed events, and leaves none of them.
    #[inline]
    pub(crate) fn take(&mut self, found: &Found<'_>, count: &mut impl FnMut(&mut Events)) {
        let core = &mut self.core;
        core.number = found.number;
        match &found.packet {
            Packet::Datagram(it) => core.datagram(it, Transport::Udp, found, count),
            Packet::Delivered(it) => core.datagram(&it.datagram, it.transport, found, count),
            Packet::Segment(segment) => core.segment(segment, found, &mut self.streams, count),
            Packet::Icmp(error) => core.icmp(error, found, count),
            _ => {}
        }
    }

    /// It is at least `now`.
    #[inline]
    pub(crate) fn expire(&mut self, now: Timestamp, count: &mut impl FnMut(&mut Events)) {
        let Core { tracker, events, sieve, keeper, latest, began, .. } = &mut self.core;
        if *began == Timestamp(0) {
            *began = now;
        }
        events.set_began(*began);
        tracker.expire(now, &mut |exchange| give(events, sieve, (keeper, latest), exchange, count));
    }

    /// No packet follows.
    pub(crate) fn finish(&mut self, count: &mut impl FnMut(&mut Events)) {
        let core = &mut self.core;
        core.number = AFTER_ALL;
        self.streams.finish(|from, to, at, message| {
            core.stream_message(message, from, to, at, Place::default(), count);
        });
        let Core { tracker, events, sieve, keeper, latest, .. } = core;
        tracker.finish(&mut |exchange| give(events, sieve, (keeper, latest), exchange, count));
    }

    /// Tells who sees every exchange what time it is.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        if let Some(witness) = self.core.sieve.witness() {
            witness.pass(now);
        }
    }

    /// Tells who sees every exchange that no more come.
    pub(crate) fn close(&mut self) {
        if let Some(witness) = self.core.sieve.witness() {
            witness.close();
        }
    }

    /// Brings everything up to date and hands on the last event; to be called before anything is
    /// read.
    pub(crate) fn settle(&mut self, count: &mut impl FnMut(&mut Events)) {
        let Core { tracker, events, sieve, keeper, latest, .. } = &mut self.core;
        tracker.settle(&mut |exchange| give(events, sieve, (keeper, latest), exchange, count));
        count(events);
    }

    /// Changes what everything revolves around; everything must be settled.
    pub(crate) fn set_focus(&mut self, focus: Focus) {
        self.core.latest.set_focus(focus);
    }

    /// Skips the queries of more clients from `now` on, or of fewer.
    pub(crate) fn relieve(&mut self, level: Relief, now: Timestamp) {
        self.core.tracker.relieve(level, now);
    }

    /// Adds what another one knows of the packets of other clients; for readers only: a sum takes
    /// in no more packets. Both must be settled.
    pub(crate) fn add(&mut self, other: &Self) {
        let (ours, theirs) = (&mut self.core, &other.core);
        ours.others.outcomes.add(&other.outcomes());
        ours.others.books.add(&other.own_books());
        ours.others.queries += theirs.sieve.queries() + theirs.others.queries;
        ours.others.responses += theirs.sieve.responses() + theirs.others.responses;
        ours.latest.add(&theirs.latest);
    }

    /// What is not in the tallies.
    fn own_books(&self) -> Ledger {
        let mut books = self.core.books.clone();
        books.shed += self.core.tracker.shed();
        books.shed_pieces += self.streams.shed();
        books.stream_gaps += self.streams.gaps();
        books.misfit_segments += self.streams.misfits();
        books.add(&self.core.others.books);
        books
    }

    /// The books of frames, completed with what was counted of them.
    pub(super) fn complete(&self, frames: &mut Ledger, tallies: &Tallies) {
        frames.add(&self.own_books());
        // A response that waits a moment for its query counts when that is settled: every number
        // of a snapshot speaks of the same responses.
        frames.responses = tallies.rcodes().map(|(_, count)| count).sum();
        if !self.core.sieve.is_open() {
            frames.responses = self.core.sieve.responses() + self.core.others.responses;
        }
        frames.dns_messages = frames.queries + frames.responses;
        frames.evicted = tallies.forgotten();
    }

    /// How much the tallies have counted; both settled.
    pub(super) fn counted(&self, tallies: &Tallies) -> Counted {
        let mut books = Ledger::default();
        self.complete(&mut books, tallies);
        let selected = self.selected().map(|it| it.queries + it.responses);
        let (focus, _) = tallies.in_focus();
        Counted { messages: selected.unwrap_or(books.dns_messages), focus }
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        let own = self.core.sieve.outcomes();
        let mut outcomes = own.unwrap_or_else(|| self.core.tracker.outcomes());
        outcomes.add(&self.core.others.outcomes);
        outcomes
    }

    /// Which exchanges are counted.
    pub(super) fn filter(&self) -> Option<&Filter> {
        self.core.sieve.filter()
    }

    /// What the filter selects, if there is one.
    pub(super) fn selected(&self) -> Option<Selected> {
        let queries = self.core.sieve.queries() + self.core.others.queries;
        self.core.sieve.selected(queries, &self.outcomes())
    }

    /// Takes over the messages that another one kept, and the names that it heard; it is done with.
    pub(super) fn adopt(&mut self, other: &mut Self) {
        self.core.keeper.adopt(&mut other.core.keeper);
        if let (Some(ours), Some(theirs)) = (&mut self.core.hearsay, &mut other.core.hearsay) {
            ours.adopt(theirs);
        }
    }

    /// The latest lookups that the messages kept make up, if `spec` asks for them; `snapshot` says
    /// what time it is.
    pub(crate) fn lookups(&self, spec: &SnapshotSpec, snapshot: &Snapshot) -> Option<Lookups> {
        let (trail, asked) = (self.trail()?, spec.lookups.as_ref()?);
        let now = snapshot.source.last.unwrap_or_default();
        Some(snapshot::lookups(trail, asked, self.filter(), now))
    }

    /// The packets behind what is told, if `spec` asks for them; `snapshot` says what time it is.
    pub(crate) fn packets(&self, spec: &SnapshotSpec, snapshot: &Snapshot) -> KeptPackets {
        let now = snapshot.source.last.unwrap_or_default();
        let trail = self.trail().filter(|_| spec.packets);
        trail
            .map_or_else(KeptPackets::default, |trail| snapshot::packets(trail, self.filter(), now))
    }

    /// The frames that are kept of the latest messages, the oldest first.
    pub(crate) fn kept_frames(&self) -> Vec<WholeFrame> {
        let mut frames = self.trail().map_or_else(Vec::new, Trail::frames);
        let since = self.kept_since();
        frames.retain(|frame| frame.entry.at >= since);
        frames
    }

    /// From when on every message is kept, not only those of lookups in trouble: what is counted
    /// of them has both.
    pub(crate) fn kept_since(&self) -> Timestamp {
        self.trail().map_or_else(Timestamp::default, Trail::whole_since)
    }

    /// The names of addresses; `None` if none are to be learnt.
    pub(crate) fn hearsay(&self) -> Option<&Hearsay> {
        self.core.hearsay.as_deref()
    }

    /// The messages kept; `None` if none are to be.
    pub(super) fn trail(&self) -> Option<&Trail> {
        self.core.keeper.trail()
    }

    pub(super) fn sample(&self) -> Option<Sample> {
        self.core.latest.sample()
    }
}

/// Hands on an exchange.
#[inline]
fn give(
    events: &mut Events,
    sieve: &mut Sieve,
    (keeper, latest): (&mut Keeper, &mut Latest),
    exchange: &Exchange<'_>,
    count: &mut impl FnMut(&mut Events),
) {
    keeper.note(exchange);
    if latest.heeds_exchanges() && sieve.takes(exchange) {
        latest.note(exchange);
    }
    sieve.pass(events, exchange, count);
}

impl Core {
    #[inline]
    fn datagram(
        &mut self,
        datagram: &Datagram<'_>,
        transport: Transport,
        found: &Found<'_>,
        count: &mut impl FnMut(&mut Events),
    ) {
        let (from, to, at) = (datagram.from, datagram.to, found.at);
        if found.counts && is_query(datagram.payload) && self.tracker.skips(&from.address) {
            self.books.skipped += 1;
            return;
        }
        let (payload, print) = ((datagram.payload, datagram.cut), datagram.print);
        let verdict = self.read(payload, from, to, transport, at, print, &place(found), count);
        if found.counts {
            match verdict {
                None => self.books.undecodable(Reason::NoHeader),
                Some(Verdict::Message) => self.books.datagrams += 1,
                Some(Verdict::Duplicate) => self.books.duplicates += 1,
            }
        }
    }

    fn segment(
        &mut self,
        segment: &Segment<'_>,
        found: &Found<'_>,
        streams: &mut Streams,
        count: &mut impl FnMut(&mut Events),
    ) {
        let (from, to, at) = (segment.from, segment.to, found.at);
        let place = Place { segment: Some(segment), ..place(found) };
        let mut done = None;
        let is_believed = streams.add(segment, at, |message| {
            done = Some(message.end());
            self.stream_message(message, from, to, at, place, count);
        });
        if segment.rst && !is_believed {
            return;
        }
        if segment.rst && self.ports.has(from.port) {
            let Self { tracker, events, sieve, keeper, latest, .. } = self;
            tracker.reset(to, from, &mut |exchange| {
                keeper.ended(exchange, (to, from), None, at, &place);
                give(events, sieve, (keeper, latest), exchange, count);
            });
            // In answer to a SYN a reset has the number 0 (RFC 9293 §3.10.7.1). What it was about
            // is not known: no filter holds for it.
            if segment.ack && segment.sequence == 0 && self.sieve.is_open() {
                self.make_room(count);
                self.events.push_not_taken(at, to.address, from.address);
            }
        }
        self.keeper.segment(segment, done, at, &place);
    }

    fn stream_message(
        &mut self,
        message: StreamMessage<'_>,
        from: Endpoint,
        to: Endpoint,
        at: Timestamp,
        place: Place<'_>,
        count: &mut impl FnMut(&mut Events),
    ) {
        let (payload, print) = ((message.bytes, message.cut), Print::default());
        let place = &Place { message: Some(message), ..place };
        if self.read(payload, from, to, Transport::Tcp, at, print, place, count).is_none() {
            self.books.malformed += 1;
        }
    }

    /// Reads a message and matches it; `None` if not even its flags are there.
    #[expect(clippy::too_many_arguments, reason = "each tells something else of one message")]
    fn read(
        &mut self,
        (bytes, cut): (&[u8], bool),
        from: Endpoint,
        to: Endpoint,
        transport: Transport,
        at: Timestamp,
        print: Print,
        place: &Place<'_>,
        count: &mut impl FnMut(&mut Events),
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
        let Self { events, sieve, keeper, latest, .. } = self;
        let mut is_matched = false;
        let mut sink = |exchange: &Exchange<'_>| {
            is_matched |= matches!(exchange.outcome, Outcome::Answered { .. });
            give(events, sieve, (keeper, latest), exchange, count);
        };
        let verdict = match &message.answer {
            Some(answer) => self.tracker.response(&message, answer, &mut sink),
            None => self.tracker.query(&message, &mut sink),
        };
        if verdict == Verdict::Message {
            let is_focus = message.answer.is_some_and(|answer| self.latest.takes(answer.rcode));
            if is_focus && self.sieve.may_hold(&message) {
                self.latest.keep(self.number, &message, bytes);
            }
            let code = message.answer.map(|answer| (answer.rcode, answer.ede));
            if self.sieve.may_concern(&message) {
                self.keeper.message(&message, code, bytes, place);
            }
            if is_matched && let Some(hearsay) = &mut self.hearsay {
                hear(hearsay, &message, self.number, bytes);
            }
            self.count(is_response, view.notes, at, count);
        }
        Some(verdict)
    }

    fn count(
        &mut self,
        is_response: bool,
        notes: Notes,
        at: Timestamp,
        count: &mut impl FnMut(&mut Events),
    ) {
        let books = &mut self.books;
        books.malformed += u64::from(notes.is_malformed());
        books.cut += u64::from(notes.has(Notes::CUT));
        if !is_response {
            books.queries += 1;
            if self.sieve.is_open() {
                self.make_room(count);
                self.events.push_query(at);
            }
        }
    }

    /// Queries without an end need room too.
    #[inline]
    fn make_room(&mut self, count: &mut impl FnMut(&mut Events)) {
        if self.events.is_full() {
            count(&mut self.events);
        }
    }

    fn icmp(
        &mut self,
        error: &IcmpError<'_>,
        found: &Found<'_>,
        count: &mut impl FnMut(&mut Events),
    ) {
        // An error about a response says that its client was gone, not that its query failed.
        if !self.ports.has(error.to.port) {
            return;
        }
        let transport = if error.udp { Transport::Udp } else { Transport::Tcp };
        let (at, place) = (found.at, place(found));
        let Self { tracker, events, sieve, keeper, latest, .. } = self;
        tracker.icmp_error(
            error.from,
            error.to,
            transport,
            error.id(),
            Obstacle::of(error),
            &mut |exchange| {
                keeper.ended(exchange, (error.from, error.to), Some(error), at, &place);
                give(events, sieve, (keeper, latest), exchange, count);
            },
        );
    }
}

/// Whether the flags are there, and say so (RFC 1035 §4.1.1).
#[inline]
fn is_query(message: &[u8]) -> bool {
    matches!(message, [_, _, flags, _, ..] if flags & 0x80 == 0)
}

/// A response to a query that was seen may tell names of addresses. One that overtook its query
/// tells none: its bytes are gone when that comes.
fn hear(hearsay: &mut Hearsay, message: &Message<'_>, number: u64, bytes: &[u8]) {
    let Some(answer) = message.answer else { return };
    if answer.rcode == Rcode::NOERROR && (answer.answers > 0 || answer.form.referral) {
        let (at, by, asked) = (message.at, message.key.server.address, message.name);
        hearsay.hear(&Telling { at, number, by, asked, message: bytes });
    }
}

/// Where a packet is, and the frame that holds it.
fn place<'a>(found: &Found<'a>) -> Place<'a> {
    Place { frame: found.frame, whole: found.whole, ..Place::default() }
}

fn answer<'a>(view: &MessageView<'a>) -> Answer<'a> {
    let explained = view.edns.and_then(|edns| edns.extended_error());
    Answer {
        rcode: view.rcode(),
        ede: explained.map(|(ede, _)| ede),
        ede_text: explained.map_or(&[], |(_, text)| text),
        answers: view.answers,
        form: Form {
            edns: view.edns.is_some(),
            bare: view.question.is_none() && !view.notes.is_unread(),
            tsig: view.tsig,
            policy: view.soa && view.answers == 0 && view.authority == 0,
            referral: !view.soa && view.answers == 0 && view.authority > 0,
        },
    }
}
