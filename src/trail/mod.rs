//! The latest DNS messages themselves: from a name down to the packet that proves it.
//!
//! A bounded record in the order of capture, which forgets the oldest messages first. Those of
//! lookups that met trouble - a response code that is no answer, an error, or nothing - outlive
//! the others in a room of their own. Counts nothing and knows no screen: whoever makes snapshots
//! asks it for chains of messages. One that nobody asked for does not exist.

mod chains;
mod marks;
mod ring;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::track::{Exchange, Hashes, Obstacle, Outcome};
use crate::wire::{Address, Endpoint, IcmpError, LinkType, Transport};

pub use chains::{Chain, Link, MAX_LINKS, Pin, Wanted, WholeFrame};

use marks::Marks;
use ring::Ring;

/// Bytes kept of one message, or of the frame that carries it; its full length is known.
pub const MAX_KEPT: usize = 4096;

/// Of the bytes granted, the part for messages whatever became of them; the rest is for trouble.
const PART_FOR_ALL: usize = 3;
const PARTS: usize = 4;

/// Lookups in trouble that are known to be the latest.
const MAX_LATEST: usize = 512;

/// What is kept of a message beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When its packet was captured.
    pub at: Timestamp,
    /// Its frame's place in the capture, from 1: of a stream's message, of the frame that
    /// completed it. 0 if it is not known.
    pub frame: u64,
    /// A keyed hash of the client's address and the question.
    pub lookup: u64,
    /// Who asks.
    pub client: Address,
    /// Who is asked.
    pub server: Address,
    /// The ports of both; 0 where nothing tells. Apart, as an [`Endpoint`] takes twice the bytes.
    pub ports: (u16, u16),
    /// The message ID; `None` where nothing tells.
    pub id: Option<u16>,
    /// Over what.
    pub transport: Transport,
    /// What it is.
    pub kind: Kind,
    /// Bytes of the whole message, which may be more than are kept.
    pub length: u32,
    /// The frame around it, if that is kept.
    pub around: Option<Around>,
}

/// The frame around a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// How its first header is to be read.
    pub link: LinkType,
    /// Its length on the wire in bytes.
    pub wire_len: u32,
    /// Where in it the message begins, and how many of its bytes are the message's.
    pub message: (u16, u16),
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A query.
    Query,
    /// A response.
    Response {
        /// Its code.
        rcode: Rcode,
        /// It says that it is not whole (TC).
        truncated: bool,
    },
    /// Something in the way ended a query.
    Ended(End),
}

/// What ended a query that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// What was in the way.
    pub obstacle: Obstacle,
    /// ICMP version (4 or 6), type and code; `None` for a TCP reset.
    pub icmp: Option<(u8, u8, u8)>,
}

impl Entry {
    /// Who asks, with the port.
    pub fn client(&self) -> Endpoint {
        Endpoint { address: self.client, port: self.ports.0 }
    }

    /// Who is asked, with the port.
    pub fn server(&self) -> Endpoint {
        Endpoint { address: self.server, port: self.ports.1 }
    }
}

impl Kind {
    /// A response that settles a lookup.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Response { rcode, truncated: false } if rcode.is_answer())
    }
}

/// A message to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// What is known of it.
    pub entry: Entry,
    /// Its bytes, or those of the frame around it.
    pub bytes: &'a [u8],
}

/// The record.
#[derive(Debug)]
pub struct Trail {
    all: Ring,
    trouble: Ring,
    marks: Marks,
    /// Lookups that met trouble, the latest last.
    latest: VecDeque<u64>,
    /// The lookup of the exchange that was noted last, and when it ended, if by a response.
    last_ended: Option<(u64, Timestamp)>,
    forgotten: u64,
    /// Records of other clients, which others kept.
    adopted: Vec<Trail>,
}

impl Trail {
    /// An empty one that keeps at most so many bytes, its own included.
    pub fn new(bytes: usize) -> Self {
        let all = bytes / PARTS * PART_FOR_ALL;
        let trouble = Ring::new(bytes.saturating_sub(all));
        Self {
            all: Ring::new(all),
            marks: Marks::for_entries(trouble.most_entries()),
            trouble,
            latest: VecDeque::new(),
            last_ended: None,
            forgotten: 0,
            adopted: Vec::new(),
        }
    }

    /// Keeps a message. What has to go for it is kept on if its lookup met trouble.
    #[inline]
    pub fn keep(&mut self, kept: Kept<'_>) {
        let Self { all, trouble, marks, forgotten, .. } = self;
        let bytes = kept.bytes.get(..MAX_KEPT).unwrap_or(kept.bytes);
        all.push(kept.entry, [bytes, &[]], |old, pieces| {
            if marks.has(old.lookup, old.at) {
                trouble.push(*old, pieces, |_, _| *forgotten += 1);
            } else {
                *forgotten += 1;
            }
        });
    }

    /// An exchange ended: if in trouble, its lookup's messages are worth more than others.
    #[inline]
    pub fn note(&mut self, exchange: &Exchange<'_>, lookup: u64) {
        self.last_ended = exchange.answer.map(|_| (lookup, exchange.at));
        if is_trouble(exchange) {
            self.mark(lookup, exchange.at);
        }
    }

    fn mark(&mut self, lookup: u64, at: Timestamp) {
        if !self.marks.has(lookup, at) {
            if self.latest.len() >= MAX_LATEST {
                self.latest.pop_front();
            }
            self.latest.push_back(lookup);
        }
        self.marks.set(lookup, at);
    }

    /// The lookup that a response captured then was noted to belong to: one without a question
    /// does not tell by itself what it answers.
    pub fn settled(&self, at: Timestamp) -> Option<u64> {
        self.last_ended.filter(|(_, ended)| *ended == at).map(|(lookup, _)| lookup)
    }

    /// Takes over what another one kept, which is empty then.
    pub fn adopt(&mut self, other: Self) {
        self.adopted.push(other);
    }

    /// This one and those it took over.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.adopted)
    }

    /// Messages kept.
    pub fn entries(&self) -> u64 {
        (self.all.len() + self.trouble.len()) as u64
    }

    /// Messages that had to go.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes taken by what is kept.
    pub fn bytes(&self) -> u64 {
        (self.all.bytes() + self.trouble.bytes()) as u64
    }

    /// The time of the oldest message from which on everything is kept; `None` if nothing is.
    pub fn since(&self) -> Option<Timestamp> {
        self.all.oldest().map(|entry| entry.at)
    }
}

/// The entry of what ended a query of `exchange`, which was seen `at` so.
pub fn ended(
    exchange: &Exchange<'_>,
    end: End,
    lookup: u64,
    (at, frame): (Timestamp, u64),
) -> Entry {
    Entry {
        at,
        frame,
        lookup,
        client: exchange.client,
        server: exchange.server,
        ports: (0, 0),
        id: None,
        transport: exchange.transport,
        kind: Kind::Ended(end),
        length: 0,
        around: None,
    }
}

/// What an ICMP error says, and who said so as the bytes to keep.
pub fn icmp_end(error: &IcmpError<'_>) -> (End, [u8; 16]) {
    let version = if error.v6 { 6 } else { 4 };
    let icmp = Some((version, error.kind, error.code));
    (End { obstacle: Obstacle::of(error), icmp }, error.reporter.0.to_be_bytes())
}

/// The lookup that an exchange or a message with these hashes belongs to.
pub fn lookup(hasher: &crate::track::Hasher, hashes: Hashes) -> u64 {
    hasher.pair(hashes.client, hashes.question)
}

fn is_trouble(exchange: &Exchange<'_>) -> bool {
    match exchange.outcome {
        Outcome::Unanswered | Outcome::Unreachable(_) => true,
        _ => exchange.answer.is_some_and(|answer| !answer.rcode.is_answer()),
    }
}
