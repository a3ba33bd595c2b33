//! Exchanges that wait to be counted, some hundred at a time.
//!
//! Each exchange touches many tables, and every touch waits for memory. Where one table after the
//! other has its turn over all of them, the processor waits for many at once.

use crate::iana::{Ede, Opcode, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Hashes, Outcome};
use crate::wire::{Address, Question, Transport};

/// Exchanges counted together: what is kept of them fits the innermost caches.
pub(super) const MOST: usize = 128;

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
    pub(super) opcode: Opcode,
    pub(super) transport: Transport,
    name: Span,
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

/// The exchanges that wait, and the bytes of their names.
#[derive(Debug, Default)]
pub(super) struct Events {
    events: Vec<Event>,
    bytes: Vec<u8>,
}

impl Events {
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= MOST
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.bytes.clear();
    }

    pub(super) fn get(&self, from: usize, to: usize) -> &[Event] {
        self.events.get(from..to).unwrap_or_default()
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
    pub(super) fn push(&mut self, exchange: &Exchange<'_>) {
        let (took, unanswered) = match exchange.outcome {
            Outcome::Answered { took, late } => (Some(took), -i8::from(late)),
            Outcome::Unanswered | Outcome::Unreachable => (None, 1),
            Outcome::RepeatedResponse | Outcome::Unasked => (None, 0),
        };
        let response = exchange.answer.map(|answer| Response {
            rcode: answer.rcode,
            ede: answer.ede,
            took,
            text: if answer.ede.is_some() { self.keep(answer.ede_text) } else { Span::default() },
        });
        let event = Event {
            at: exchange.at,
            asked: exchange.asked.map_or(exchange.at, |asked| asked.at),
            client: exchange.client,
            server: exchange.server,
            hashes: exchange.hashes,
            question: exchange.question,
            response,
            unanswered,
            opcode: exchange.opcode,
            transport: exchange.transport,
            name: self.keep(exchange.name),
        };
        self.events.push(event);
    }
}
