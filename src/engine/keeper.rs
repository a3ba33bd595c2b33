//! Keeps the latest messages with the packets that carried them, if that was asked for.

use std::time::Duration;

use crate::iana::{Ede, Rcode};
use crate::time::Timestamp;
use crate::track::{Exchange, Hasher, Key, Message, Obstacle, Outcome};
use crate::trail::{self, Around, End, Entry, Kept, Kind, MAX_KEPT, Trail};
use crate::wire::{Endpoint, Frame, IcmpError, Segment, StreamMessage, Transport};

use super::segments::{Carried, Piece, Segments};

/// The record of messages, or none.
#[derive(Debug)]
pub(super) struct Keeper {
    kept: Option<Box<Record>>,
    hasher: Hasher,
}

#[derive(Debug)]
struct Record {
    trail: Trail,
    segments: Segments,
}

/// Of the bytes granted, the part for segments that wait for the rest of their message.
const SEGMENTS_PART: usize = 32;

/// Where a message was found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// Its frame's place in the capture; 0 if that is not known.
    pub(super) frame: u64,
    /// The frame that may hold it.
    pub(super) whole: Option<&'a Frame<'a>>,
    /// The segment that is being read.
    pub(super) segment: Option<&'a Segment<'a>>,
    /// What came out of its stream.
    pub(super) message: Option<StreamMessage<'a>>,
}

impl Keeper {
    /// One that keeps so many bytes; none if that is 0.
    pub(super) fn new(bytes: usize, patience: Duration, hasher: Hasher) -> Self {
        let segments = bytes / SEGMENTS_PART;
        let kept = (bytes > 0).then(|| {
            let (trail, segments) =
                (Trail::new(bytes - segments, patience), Segments::new(segments));
            Box::new(Record { trail, segments })
        });
        Self { kept, hasher }
    }

    pub(super) fn trail(&self) -> Option<&Trail> {
        self.kept.as_ref().map(|kept| &kept.trail)
    }

    /// Takes over what another one kept.
    pub(super) fn adopt(&mut self, other: &mut Self) {
        if let (Some(kept), Some(other)) = (&mut self.kept, other.kept.take()) {
            kept.trail.adopt(other.trail);
        }
    }

    /// An exchange ended.
    #[inline]
    pub(super) fn note(&mut self, exchange: &Exchange<'_>) {
        if let Some(kept) = &mut self.kept {
            kept.trail.note(exchange, trail::lookup(&self.hasher, exchange.hashes));
        }
    }

    /// A message was read; if it is a response that settles an exchange, that was noted before.
    #[inline]
    pub(super) fn message(
        &mut self,
        message: &Message<'_>,
        code: Option<(Rcode, Option<Ede>)>,
        bytes: &[u8],
        place: &Place<'_>,
    ) {
        if let Some(kept) = &mut self.kept {
            let own = trail::lookup(&self.hasher, message.hashes);
            kept.message(message, code, own, bytes, place);
        }
    }

    /// A segment was read, and the messages up to the sequence number `done` with it.
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        done: Option<u32>,
        at: Timestamp,
        place: &Place<'_>,
    ) {
        let Some(kept) = &mut self.kept else { return };
        let frame = || {
            let (around, bytes) = around(place.whole?, segment.payload)?;
            Some((around, bytes.into()))
        };
        kept.segments.read(segment, done, frame, (at, place.frame));
    }

    /// Something in the way ended an exchange between these endpoints; for an ICMP error it is
    /// given.
    pub(super) fn ended(
        &mut self,
        exchange: &Exchange<'_>,
        (client, server): (Endpoint, Endpoint),
        error: Option<&IcmpError<'_>>,
        at: Timestamp,
        place: &Place<'_>,
    ) {
        let Some(kept) = &mut self.kept else { return };
        let Outcome::Unreachable(_) = exchange.outcome else { return };
        let reset = (End { obstacle: Obstacle::Reset, icmp: None }, [0; 16]);
        let (end, reporter) = error.map_or(reset, trail::icmp_end);
        let payload = place.segment.map_or(&[][..], |segment| segment.payload);
        let carried = error.map_or(payload, |error| error.payload);
        let packet = place.whole.and_then(|frame| around(frame, carried));
        let reporter = if error.is_some() { &reporter[..] } else { &[] };
        let entry = Entry {
            at,
            frame: place.frame,
            lookup: trail::lookup(&self.hasher, exchange.hashes),
            client: client.address,
            server: server.address,
            ports: (client.port, server.port),
            id: error.and_then(IcmpError::id),
            transport: exchange.transport,
            kind: Kind::Ended(end),
            flags: exchange.flags,
            segments: 0,
            length: packet.map_or(0, |(around, _)| around.wire_len),
            around: packet.map(|(around, _)| around),
        };
        kept.trail.keep(Kept { entry, bytes: packet.map_or(reporter, |(_, bytes)| bytes) });
    }
}

impl Record {
    fn message(
        &mut self,
        message: &Message<'_>,
        code: Option<(Rcode, Option<Ede>)>,
        own: u64,
        bytes: &[u8],
        place: &Place<'_>,
    ) {
        let Self { trail, segments } = self;
        let is_bare = code.is_some() && message.question.is_none();
        let settled = if is_bare { trail.settled(message.at) } else { None };
        let kind = match code {
            Some((rcode, ede)) => Kind::Response { rcode, ede },
            None => Kind::Query,
        };
        let (around, kept) = match place.whole.and_then(|frame| around(frame, bytes)) {
            Some((around, frame)) => (Some(around), frame),
            None => (None, bytes),
        };
        let Key { client, server, id, transport } = message.key;
        let mut entry = Entry {
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
            flags: message.flags,
            segments: 0,
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            around,
        };
        if around.is_none() && transport == Transport::Tcp {
            let way = if code.is_some() { (server, client) } else { (client, server) };
            entry.segments = keep_segments(trail, segments, &entry, way, place);
        }
        trail.keep(Kept { entry, bytes: kept });
    }
}

/// Keeps the segments that carried a message which did not come whole in one; how many there were.
#[cold]
fn keep_segments(
    trail: &mut Trail,
    segments: &Segments,
    message: &Entry,
    way: (Endpoint, Endpoint),
    place: &Place<'_>,
) -> u8 {
    let Some(it) = place.message else { return 0 };
    let Carried { pieces, count } = segments.of(way, &it, place.segment);
    let segment = |at, frame, around| Entry {
        at,
        frame,
        kind: Kind::Segment,
        length: 0,
        around: Some(around),
        ..*message
    };
    for Piece { at, frame, around, bytes, .. } in pieces {
        trail.keep(Kept { entry: segment(*at, *frame, *around), bytes });
    }
    let last = place.segment.zip(place.whole).and_then(|(now, frame)| around(frame, now.payload));
    if let Some((around, bytes)) = last {
        trail.keep(Kept { entry: segment(message.at, place.frame, around), bytes });
    }
    count
}

/// The frame around the bytes of a message, or of a part of one; as much of it as is kept.
fn around<'a>(frame: &Frame<'a>, message: &[u8]) -> Option<(Around, &'a [u8])> {
    let start = u16::try_from(start(frame, message)?).ok()?;
    let message = (start, u16::try_from(message.len()).ok()?);
    let kept = frame.bytes.get(..MAX_KEPT).unwrap_or(frame.bytes);
    Some((Around { link: frame.link, wire_len: frame.wire_len, message }, kept))
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
        let chains = trail.chains(&Wanted::ALL);
        let kept = trail.frames();
        let numbered = kept.iter().filter(|frame| frame.entry.frame > 0);
        for frame in numbered {
            let place = usize::try_from(frame.entry.frame).unwrap() - 1;
            assert_eq!(frame.bytes, frames[place], "{capture}");
        }
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
        for capture in [
            "links/ethernet.pcap",
            "links/vxlan.pcap",
            "shapes/fragments.pcap",
            "shapes/tcp-segmented.pcap",
        ] {
            check(capture, false);
            check(capture, true);
        }
    }
}
