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
use std::time::Duration;

use crate::iana::{Ede, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Hashes, Obstacle, Outcome};
use crate::wire::{Address, Endpoint, Flags, IcmpError, LinkType, Transport};

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

/// What is kept of a message, or of what ended a query, beside its bytes.
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
    /// The message's flags, or those of the query that was ended.
    pub flags: Flags,
    /// Of a message that did not come whole in one TCP segment, how many carried it; 255 is as
    /// many or more. Those that are kept are entries before it.
    pub segments: u8,
    /// Bytes of the whole message, which may be more than are kept.
    pub length: u32,
    /// The frame around it, if that is kept.
    pub around: Option<Around>,
}

/// The frame around a message. What is kept of it may be less than was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// How its first header is to be read.
    pub link: LinkType,
    /// Its length on the wire in bytes.
    pub wire_len: u32,
    /// Where in it the message begins, or a part of one, and how many of its bytes belong to it.
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
        /// Its Extended DNS Error.
        ede: Option<Ede>,
    },
    /// Something in the way ended a query.
    Ended(End),
    /// A TCP segment that carried a part of the lookup's next message: no message by itself.
    Segment,
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

    /// A response that settles a lookup: one that says that it is whole (TC is not set).
    pub fn is_answer(&self) -> bool {
        let Kind::Response { rcode, .. } = self.kind else { return false };
        rcode.is_answer() && !self.flags.truncated()
    }

    fn is_message(&self) -> bool {
        self.kind != Kind::Segment
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
    /// A longer pause between two messages begins another lookup.
    pause: Duration,
    forgotten: u64,
    /// Records of other clients, which others kept.
    adopted: Vec<Trail>,
}

impl Trail {
    /// An empty one that keeps at most so many bytes, its own included; a query waits as long as
    /// `patience` says, and so long a pause ends a lookup.
    pub fn new(bytes: usize, patience: Duration) -> Self {
        let all = bytes / PARTS * PART_FOR_ALL;
        let trouble = Ring::new(bytes.saturating_sub(all));
        Self {
            all: Ring::new(all),
            marks: Marks::for_entries(trouble.most_entries(), patience),
            trouble,
            latest: VecDeque::new(),
            last_ended: None,
            pause: patience,
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
                trouble.push(*old, pieces, |gone, _| *forgotten += u64::from(gone.is_message()));
            } else {
                *forgotten += u64::from(old.is_message());
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
        (self.all.messages() + self.trouble.messages()) as u64
    }

    /// Messages that had to go.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes taken by what is kept.
    pub fn bytes(&self) -> u64 {
        (self.all.bytes() + self.trouble.bytes()) as u64
    }

    /// How long a query waits for its response.
    pub fn patience(&self) -> Duration {
        self.pause
    }

    /// From when on everything is kept: from the beginning, as long as nothing had to go.
    pub fn whole_since(&self) -> Timestamp {
        let is_whole = self.forgotten == 0 && self.trouble.oldest().is_none();
        if is_whole { Timestamp::default() } else { self.since().unwrap_or_default() }
    }

    /// The time of the oldest message from which on everything is kept; `None` if nothing is.
    pub fn since(&self) -> Option<Timestamp> {
        self.all.oldest().map(|entry| entry.at)
    }
}

/// What an ICMP error says, and who said so as bytes to keep where the packet cannot be.
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
