//! Exchanges that wait to be counted, some hundred at a time.
//!
//! Each exchange touches many tables, and every touch waits for memory. Where one table after the
//! other has its turn over all of them, the processor waits for many at once.

use crate::iana::{Ede, Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Hashes, Outcome};
use crate::wire::{Address, Question, Transport};

use super::facts::How;

/// Exchanges counted together: what is kept of them fits the innermost caches.
const CHUNK: usize = 128;

/// Queries that wait to be counted, for each exchange; there is hardly more than one.
const QUERIES: usize = 4;

/// Bytes of one Extended DNS Error's text that are kept.
const MAX_TEXT: usize = 255;

/// What is counted of an exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    /// When its query was sent, if that was seen.
    pub(super) asked: Timestamp,
    pub(super) client: Address,
    pub(super) server: Address,
    pub(super) hashes: Hashes,
    pub(super) question: Option<Question>,
    pub(super) response: Option<Response>,
    /// Whether it was (or no longer is) a query without a response.
    pub(super) unanswered: i8,
    /// It had been given up before.
    pub(super) late: bool,
    pub(super) opcode: Opcode,
    pub(super) transport: Transport,
    pub(super) how: How,
    /// How often its query was sent again.
    pub(super) repeats: u16,
    /// Nanoseconds until its response, or until the last copy of a query to which none came.
    pub(super) waited: u64,
    name: Span,
}

/// A TCP connection that a server did not take.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotTaken {
    pub(super) at: Timestamp,
    pub(super) client: Address,
    pub(super) server: Address,
}

/// What is counted of its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response {
    pub(super) rcode: Rcode,
    pub(super) ede: Option<Ede>,
    /// How many nanoseconds it took, if its query was seen.
    pub(super) took: Option<u64>,
    text: Span,
}

/// Bytes kept beside the events.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    length: u8,
}

/// The exchanges that wait, the bytes of their names, and when queries were sent.
#[derive(Debug)]
pub struct Events {
    exchanges: Vec<Event>,
    /// Exchanges that no filter selects: causes are told from them, and nothing else counts them.
    aside: Vec<Event>,
    /// Queries of these.
    aside_queries: u64,
    bytes: Vec<u8>,
    queries: Vec<Timestamp>,
    /// TCP connections that servers did not take.
    not_taken: Vec<NotTaken>,
    /// When the capture began.
    began: Timestamp,
    most: usize,
}

impl Default for Events {
    fn default() -> Self {
        Self::with_room(CHUNK)
    }
}

impl Events {
    /// Room for so many exchanges.
    pub fn with_room(most: usize) -> Self {
        let (exchanges, queries) = (Vec::with_capacity(most), Vec::with_capacity(most));
        Self {
            exchanges,
            aside: Vec::new(),
            aside_queries: 0,
            bytes: Vec::new(),
            queries,
            not_taken: Vec::new(),
            began: Timestamp(0),
            most,
        }
    }

    /// Whether what is there should be counted before more is added.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.exchanges.len() >= self.most || self.others() >= QUERIES * self.most
    }

    /// Whether there is nothing to count.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty() && self.others() == 0
    }

    #[inline]
    fn others(&self) -> usize {
        self.queries.len() + self.not_taken.len() + self.aside.len()
    }

    pub(super) fn clear(&mut self) {
        self.exchanges.clear();
        self.aside.clear();
        self.aside_queries = 0;
        self.bytes.clear();
        self.queries.clear();
        self.not_taken.clear();
    }

    /// The exchanges, some at a time.
    pub(super) fn chunks(&self) -> impl Iterator<Item = &[Event]> {
        self.exchanges.chunks(CHUNK)
    }

    /// The exchanges that only causes are told from, and how many queries they had.
    pub(super) fn aside(&self) -> (&[Event], u64) {
        (&self.aside, self.aside_queries)
    }

    /// When queries were sent.
    pub(super) fn queries(&self) -> &[Timestamp] {
        &self.queries
    }

    /// Says when the capture began.
    #[inline]
    pub fn set_began(&mut self, at: Timestamp) {
        self.began = at;
    }

    /// When the capture began.
    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    /// The connections that were not taken.
    pub(super) fn not_taken(&self) -> &[NotTaken] {
        &self.not_taken
    }

    /// Takes note of a TCP connection that a server did not take; there must be room.
    pub fn push_not_taken(&mut self, at: Timestamp, client: Address, server: Address) {
        self.not_taken.push(NotTaken { at, client, server });
    }

    /// Takes note of a query; there must be room.
    #[inline]
    pub fn push_query(&mut self, at: Timestamp) {
        self.queries.push(at);
    }

    /// The name of an event in canonical wire form; empty if there is none.
    pub(super) fn name(&self, event: &Event) -> &[u8] {
        self.bytes(event.name)
    }

    /// The text of a response's Extended DNS Error.
    pub(super) fn text(&self, response: &Response) -> &[u8] {
        self.bytes(response.text)
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.bytes.get(start..start + usize::from(span.length)).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes);
        let start = u32::try_from(self.bytes.len()).unwrap_or_default();
        self.bytes.extend_from_slice(bytes);
        Span { start, length: u8::try_from(bytes.len()).unwrap_or_default() }
    }

    /// Takes note of an exchange; there must be room.
    pub fn push(&mut self, exchange: &Exchange<'_>) {
        let event = self.event(exchange);
        self.exchanges.push(event);
    }

    /// Takes note of an exchange that a filter selects, which may not have selected it while it had
    /// no response: then its late response takes nothing back. There must be room.
    pub fn push_selected(&mut self, exchange: &Exchange<'_>, was_missed: bool) {
        let event = self.event(exchange);
        let unanswered = if was_missed { event.unanswered } else { event.unanswered.max(0) };
        self.exchanges.push(Event { unanswered, ..event });
    }

    /// Takes note of an exchange that is not selected, and had so many queries; it may have been
    /// while it had no response. There must be room.
    pub fn push_aside(&mut self, exchange: &Exchange<'_>, queries: u64, was_selected: bool) {
        let event = self.event(exchange);
        // What a filter that asks for silence selected stays silent for it.
        let late = event.late && !was_selected;
        self.aside.push(Event { how: event.how.aside(), late, ..event });
        self.aside_queries += queries;
    }

    fn event(&mut self, exchange: &Exchange<'_>) -> Event {
        let (took, unanswered) = match exchange.outcome {
            Outcome::Answered { took, late } => (Some(took), -i8::from(late)),
            Outcome::Unanswered | Outcome::Unreachable(_) => (None, 1),
            Outcome::RepeatedResponse
            | Outcome::Unasked
            | Outcome::Skipped
            | Outcome::Undecided => (None, 0),
        };
        let response = exchange.answer.map(|answer| Response {
            rcode: answer.rcode,
            ede: answer.ede,
            took,
            text: if answer.ede.is_some() { self.keep(answer.ede_text) } else { Span::default() },
        });
        Event {
            at: exchange.at,
            asked: exchange.asked.map_or(exchange.at, |asked| asked.at),
            client: exchange.client,
            server: exchange.server,
            hashes: exchange.hashes,
            question: exchange.question,
            response,
            unanswered,
            late: unanswered < 0,
            opcode: exchange.opcode,
            transport: exchange.transport,
            how: How::of(exchange),
            repeats: exchange.asked.map_or(0, |asked| asked.repeats),
            waited: took.unwrap_or_else(|| match unanswered {
                1 => exchange.asked.map_or(0, |asked| asked.last.nanos_since(asked.at)),
                _ => 0,
            }),
            name: self.keep(exchange.name),
        }
    }
}
