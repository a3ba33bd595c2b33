//! What a filter looks at, and how it is made of what the engine knows.

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::Timestamp;
use crate::track::{Exchange, Message, Outcome};
use crate::wire::{Address, Transport};

/// What a filter looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// When it ended, or the query was sent if it did not.
    pub at: Timestamp,
    /// Who asked.
    pub client: Address,
    /// Who was asked.
    pub server: Address,
    /// Over what.
    pub transport: Transport,
    /// The name in canonical wire form; empty if not known.
    pub name: &'a [u8],
    /// The type asked for, if known.
    pub rtype: Option<RecordType>,
    /// The class asked for, if known.
    pub class: Option<Class>,
    /// What the server was asked to do.
    pub opcode: Opcode,
    /// Of the response, if there was one.
    pub rcode: Option<Rcode>,
    /// Its Extended DNS Error.
    pub ede: Option<Ede>,
    /// Whether recursion was desired.
    pub recursion: bool,
    /// Nanoseconds to the response, if query and response were seen.
    pub took: Option<u64>,
    /// What stands in place of a first response to a query.
    pub odd: Odd,
}

/// How an exchange differs from a query and its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Not at all.
    No,
    /// No response came in time.
    Unanswered,
    /// An ICMP error or a TCP reset came instead.
    Unreachable,
    /// No query was seen.
    Unasked,
    /// The query had a response before.
    Repeated,
    /// Nobody knows: the capture ended first.
    Undecided,
}

impl<'a> Subject<'a> {
    /// What a filter sees of an exchange.
    pub fn of(exchange: &Exchange<'a>) -> Self {
        let (odd, took) = match exchange.outcome {
            Outcome::Answered { took, .. } => (Odd::No, Some(took)),
            Outcome::RepeatedResponse => (Odd::Repeated, None),
            Outcome::Unasked => (Odd::Unasked, None),
            // It had a query like any other.
            Outcome::Skipped => (Odd::No, None),
            Outcome::Unanswered => (Odd::Unanswered, None),
            Outcome::Unreachable(_) => (Odd::Unreachable, None),
            Outcome::Undecided => (Odd::Undecided, None),
        };
        let asked = exchange.asked.map_or(exchange.flags, |asked| asked.flags);
        Self {
            at: exchange.at,
            client: exchange.client,
            server: exchange.server,
            transport: exchange.transport,
            name: exchange.name,
            rtype: exchange.question.map(|question| question.rtype),
            class: exchange.question.map(|question| question.class),
            opcode: exchange.opcode,
            rcode: exchange.answer.map(|answer| answer.rcode),
            ede: exchange.answer.and_then(|answer| answer.ede),
            recursion: asked.recursion_desired(),
            took,
            odd,
        }
    }

    /// What it sees of a message by itself, before that is matched.
    pub fn of_message(message: &Message<'a>) -> Self {
        Self {
            at: message.at,
            client: message.key.client.address,
            server: message.key.server.address,
            transport: message.key.transport,
            name: message.name,
            rtype: message.question.map(|question| question.rtype),
            class: message.question.map(|question| question.class),
            opcode: message.flags.opcode(),
            rcode: message.answer.map(|answer| answer.rcode),
            ede: message.answer.and_then(|answer| answer.ede),
            recursion: message.flags.recursion_desired(),
            took: None,
            odd: Odd::No,
        }
    }
}
