//! Keeps the latest messages, if that was asked for.

use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::track::{Exchange, Hasher, Message, Obstacle, Outcome};
use crate::trail::{self, Around, End, Entry, Kept, Kind, Trail};
use crate::wire::IcmpError;

/// The record of messages, or none.
#[derive(Debug)]
pub(super) struct Keeper {
    trail: Option<Box<Trail>>,
    hasher: Hasher,
}

/// Where a message was found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// Its frame's place in the capture; 0 if that is not known.
    pub(super) frame: u64,
    /// The frame around it, with all of its bytes.
    pub(super) around: Option<(Around, &'a [u8])>,
}

impl Keeper {
    /// One that keeps so many bytes; none if that is 0.
    pub(super) fn new(bytes: usize, hasher: Hasher) -> Self {
        let trail = (bytes > 0).then(|| Box::new(Trail::new(bytes)));
        Self { trail, hasher }
    }

    pub(super) fn trail(&self) -> Option<&Trail> {
        self.trail.as_deref()
    }

    /// Takes over what another one kept.
    pub(super) fn adopt(&mut self, other: &mut Self) {
        if let (Some(trail), Some(other)) = (&mut self.trail, other.trail.take()) {
            trail.adopt(*other);
        }
    }

    /// An exchange ended.
    #[inline]
    pub(super) fn note(&mut self, exchange: &Exchange<'_>) {
        if let Some(trail) = &mut self.trail {
            trail.note(exchange, trail::lookup(&self.hasher, exchange.hashes));
        }
    }

    /// A message was read; if it is a response that settles an exchange, that was noted before.
    #[inline]
    pub(super) fn message(
        &mut self,
        message: &Message<'_>,
        code: Option<Rcode>,
        bytes: &[u8],
        place: Place<'_>,
    ) {
        if let Some(trail) = &mut self.trail {
            let own = trail::lookup(&self.hasher, message.hashes);
            keep(trail, message, code, own, bytes, place);
        }
    }

    /// Something in the way ended an exchange; for an ICMP error it is given.
    pub(super) fn ended(
        &mut self,
        exchange: &Exchange<'_>,
        error: Option<&IcmpError<'_>>,
        at: Timestamp,
        frame: u64,
    ) {
        let Some(trail) = &mut self.trail else { return };
        let Outcome::Unreachable(_) = exchange.outcome else { return };
        let lookup = trail::lookup(&self.hasher, exchange.hashes);
        let reset = (End { obstacle: Obstacle::Reset, icmp: None }, [0; 16]);
        let (end, reporter) = error.map_or(reset, trail::icmp_end);
        let entry = trail::ended(exchange, end, lookup, (at, frame));
        let bytes = if error.is_some() { &reporter[..] } else { &[] };
        trail.keep(Kept { entry, bytes });
    }
}

fn keep(
    trail: &mut Trail,
    message: &Message<'_>,
    code: Option<Rcode>,
    own: u64,
    bytes: &[u8],
    place: Place<'_>,
) {
    let is_bare = code.is_some() && message.question.is_none();
    let settled = if is_bare { trail.settled(message.at) } else { None };
    let kind = match code {
        Some(rcode) => Kind::Response { rcode, truncated: message.flags.truncated() },
        None => Kind::Query,
    };
    let (around, kept) = match place.around {
        Some((around, frame)) => (Some(around), frame),
        None => (None, bytes),
    };
    let entry = Entry {
        at: message.at,
        frame: place.frame,
        // A response without a question belongs to the lookup that it settled.
        lookup: settled.unwrap_or(own),
        client: message.key.client,
        server: message.key.server,
        id: Some(message.key.id),
        transport: message.key.transport,
        kind,
        length: bytes.len(),
        around,
    };
    trail.keep(Kept { entry, bytes: kept });
}
