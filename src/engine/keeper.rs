//! Keeps the latest messages, if that was asked for.

use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::track::{Exchange, Hasher, Key, Message, Obstacle, Outcome};
use crate::trail::{self, Around, End, Entry, Kept, Kind, MAX_KEPT, Trail};
use crate::wire::{Frame, IcmpError};

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
    /// The frame that may hold it.
    pub(super) whole: Option<&'a Frame<'a>>,
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
    let (around, kept) = match place.whole.and_then(|frame| around(frame, bytes)) {
        Some((around, frame)) => (Some(around), frame),
        None => (None, bytes),
    };
    let Key { client, server, id, transport } = message.key;
    let entry = Entry {
        at: message.at,
        frame: place.frame,
        // A response without a question belongs to the lookup that it settled.
        lookup: settled.unwrap_or(own),
        client: client.address,
        server: server.address,
        ports: (client.port, server.port),
        id: Some(id),
        transport,
        kind,
        length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        around,
    };
    trail.keep(Kept { entry, bytes: kept });
}

/// The frame around a message; a frame too long to be kept is not.
fn around<'a>(frame: &Frame<'a>, message: &[u8]) -> Option<(Around, &'a [u8])> {
    if frame.bytes.len() > MAX_KEPT {
        return None;
    }
    let start = u16::try_from(start(frame, message)?).ok()?;
    let message = (start, u16::try_from(message.len()).ok()?);
    Some((Around { link: frame.link, wire_len: frame.wire_len, message }, frame.bytes))
}

/// Where in a frame these bytes are; `None` if they are not of it but were put together.
pub(super) fn start(frame: &Frame<'_>, bytes: &[u8]) -> Option<usize> {
    let start = bytes.as_ptr().addr().checked_sub(frame.bytes.as_ptr().addr())?;
    let end = start.checked_add(bytes.len())?;
    (end <= frame.bytes.len()).then_some(start)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::engine::{Back, EngineConfig, Front, Parcel};
    use crate::source::{FileOptions, Next, open_files};
    use crate::track::Hasher;
    use crate::trail::Wanted;
    use crate::wire::Transport;

    /// The frames of a capture and, by their places, those kept: on the way through a parcel too.
    #[track_caller]
    fn check(capture: &str, through_parcel: bool) {
        let config = EngineConfig { trail: 16 << 20, ..EngineConfig::default() };
        let bounds = config.bounds();
        let mut front = Front::new(&config, &bounds);
        let mut back = Back::new(&config, &bounds, Hasher::default());
        let mut parcel = Parcel::default();
        let mut frames: Vec<Vec<u8>> = Vec::new();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(capture);
        let mut source = open_files(&[path], &FileOptions::default()).unwrap();
        while let Next::Frame(frame) = source.next() {
            frames.push(frame.bytes.to_vec());
            front.feed(&frame, |found| {
                if through_parcel {
                    parcel.push(&found, frame.at);
                } else {
                    back.take(&found);
                }
            });
            parcel.unpack(&mut back);
        }
        let trail = back.parts().0.trail().unwrap();
        let chains = trail.chains(&Wanted { most: usize::MAX, pinned: None });
        let mut links = chains.iter().flat_map(|chain| &chain.links).peekable();
        assert!(links.peek().is_some(), "{capture}");
        for link in links.filter(|link| link.entry.transport == Transport::Udp) {
            let frame = &frames[usize::try_from(link.entry.frame).unwrap() - 1];
            if link.entry.around.is_some() {
                assert_eq!(&link.kept(), frame, "{capture}");
            }
            // The ID stands first, and what is kept of a message is a part of its frame.
            let message = link.message();
            assert_eq!(
                message.get(..2),
                link.entry.id.map(u16::to_be_bytes).as_ref().map(|id| &id[..])
            );
            assert_eq!(u32::try_from(message.len()).unwrap(), link.entry.length, "{capture}");
        }
    }

    #[test]
    fn messages_are_kept_with_the_frames_around_them() {
        for capture in ["links/ethernet.pcap", "links/vxlan.pcap", "shapes/fragments.pcap"] {
            check(capture, false);
            check(capture, true);
        }
    }
}
