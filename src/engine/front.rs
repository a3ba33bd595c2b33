//! The front half: from frames to packets, in the order of capture; keeps the books of frames.

use crate::ledger::Ledger;
use crate::snapshot::{self, Roster, Snapshot, SnapshotSpec, Weighed};
use crate::tally::{Bounds, Tallies};
use crate::time::Timestamp;
use crate::wire::{Address, Decoder, Delivered, Frame, LinkType, Packet, Ports};

use super::{EngineConfig, Matcher};

/// A packet that concerns DNS.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// Time of its frame, or of its first fragment.
    pub(crate) at: Timestamp,
    /// Grows from packet to packet.
    pub(crate) number: u64,
    /// The place of its frame in the capture, from 1; 0 if it was put together from fragments.
    pub(crate) frame: u64,
    /// A datagram, a segment or an ICMP error.
    pub(crate) packet: Packet<'a>,
    /// It stands for a frame that is not counted yet. Otherwise it was put together from
    /// fragments, which are.
    pub(crate) counts: bool,
    /// The frame that holds it; `None` where frames are not kept, and where it was put together.
    pub(crate) whole: Option<&'a Frame<'a>>,
}

impl Found<'_> {
    /// Who asks: all packets of one client belong to one back half.
    ///
    /// Of a datagram its flags tell, as they tell who counts it (RFC 1035 §4.1.1). Of a stream
    /// between two DNS ports, the lower address is taken for the client.
    #[inline]
    pub(crate) fn client(&self, ports: &Ports) -> Address {
        match &self.packet {
            Packet::Datagram(it) | Packet::Delivered(Delivered { datagram: it, .. }) => {
                let is_response = it.payload.get(2).is_some_and(|flags| flags & 0x80 != 0);
                if is_response { it.to.address } else { it.from.address }
            }
            Packet::Segment(it) => match (ports.has(it.from.port), ports.has(it.to.port)) {
                (true, false) => it.to.address,
                (false, true) => it.from.address,
                _ => it.from.address.min(it.to.address),
            },
            // The packet that an error quotes went from the client to the server.
            Packet::Icmp(it) => it.from.address,
            _ => Address::default(),
        }
    }
}

/// Reads frames.
#[derive(Debug)]
pub(crate) struct Front {
    decoder: Decoder,
    ledger: Ledger,
    /// Whether messages are handed on with the frames around them.
    keeps_frames: bool,
    /// The highest number given to a packet.
    number: u64,
    link_types: Vec<LinkType>,
    /// What the counts meant when causes were weighed last.
    weighed: Weighed,
    /// The servers that a monitor tells apart.
    roster: Roster,
    /// Of the frames that have a time.
    first: Timestamp,
    last: Timestamp,
}

impl Front {
    /// A front half that has seen nothing.
    pub(crate) fn new(config: &EngineConfig, bounds: &Bounds) -> Self {
        Self {
            decoder: Decoder::new(&config.ports, bounds.fragment_bytes),
            ledger: Ledger::default(),
            keeps_frames: config.trail > 0,
            number: 0,
            link_types: Vec::new(),
            weighed: Weighed::default(),
            roster: Roster::default(),
            first: Timestamp(u64::MAX),
            last: Timestamp(0),
        }
    }

    /// Takes in one frame; what concerns DNS goes to the sink.
    #[inline]
    pub(crate) fn feed(&mut self, frame: &Frame<'_>, mut sink: impl FnMut(Found<'_>)) {
        self.note(frame);
        self.decoder.expire(frame.at);
        self.give_abandoned(&mut sink);
        self.number += 1;
        let (at, number, place) = (frame.at, self.number, self.ledger.frames);
        // Nearly all frames are plain datagrams.
        if let Some(datagram) = self.decoder.datagram(frame) {
            let (packet, whole) = (Packet::Datagram(datagram), self.keeps_frames.then_some(frame));
            sink(Found { at, number, frame: place, packet, counts: true, whole });
            return;
        }
        let whole = self.keeps_frames.then_some(frame);
        let packet = self.decoder.decode(frame);
        match packet {
            Packet::Datagram(_) | Packet::Delivered(_) => {}
            Packet::Segment(_) => self.ledger.segments += 1,
            Packet::Icmp(_) => self.ledger.icmp_errors += 1,
            Packet::Fragment => self.ledger.fragments += 1,
            Packet::NotDns => self.ledger.not_dns += 1,
            Packet::Undecodable(reason) => self.ledger.undecodable(reason),
        }
        let has_to_do_with_dns = matches!(
            packet,
            Packet::Datagram(_) | Packet::Segment(_) | Packet::Icmp(_) | Packet::Delivered(_)
        );
        if has_to_do_with_dns {
            sink(Found { at, number, frame: place, packet, counts: true, whole });
        }
        self.give_abandoned(&mut sink);
    }

    fn note(&mut self, frame: &Frame<'_>) {
        self.ledger.frames += 1;
        if self.link_types.last() != Some(&frame.link) && !self.link_types.contains(&frame.link) {
            self.link_types.push(frame.link);
        }
        // A frame without a time has time 0 and says nothing of when the capture was.
        self.last = self.last.max(frame.at);
        if frame.at < self.first && frame.at > Timestamp(0) {
            self.first = frame.at;
        }
    }

    /// Datagrams that stayed incomplete are read as far as they came.
    #[inline]
    fn give_abandoned(&mut self, sink: &mut impl FnMut(Found<'_>)) {
        if self.decoder.has_abandoned() {
            self.give_all_abandoned(sink);
        }
    }

    #[cold]
    fn give_all_abandoned(&mut self, sink: &mut impl FnMut(Found<'_>)) {
        while let Some((at, packet)) = self.decoder.abandoned() {
            self.number += 1;
            if let Packet::Datagram(_) | Packet::Segment(_) = packet {
                let (number, whole) = (self.number, None);
                sink(Found { at, number, frame: 0, packet, counts: false, whole });
            }
        }
    }

    /// The latest time of a frame.
    pub(crate) fn latest(&self) -> Timestamp {
        self.last
    }

    /// It is at least `now`.
    pub(crate) fn tick(&mut self, now: Timestamp, mut sink: impl FnMut(Found<'_>)) {
        self.decoder.expire(now);
        self.give_abandoned(&mut sink);
    }

    /// No frame follows.
    pub(crate) fn finish(&mut self, mut sink: impl FnMut(Found<'_>)) {
        self.weighed.finish();
        self.decoder.abandon_all();
        self.give_abandoned(&mut sink);
    }

    /// What is known now by what matched and counted, or by the sum of all that did; both settled.
    pub(crate) fn snapshot(
        &mut self,
        (matcher, tallies): (&Matcher, &Tallies),
        serial: u64,
        spec: &SnapshotSpec,
    ) -> Snapshot {
        let mut snapshot = Snapshot { serial, ..Snapshot::default() };
        let has_time = self.first <= self.last;
        snapshot.source.first = has_time.then_some(self.first);
        snapshot.source.last = has_time.then_some(self.last);
        snapshot.source.link_types = self.link_types.iter().map(|link| link.name()).collect();
        snapshot.ledger = Ledger {
            fragments_held: self.decoder.fragments_held(),
            shed_pieces: self.decoder.fragments_shed(),
            ..self.ledger.clone()
        };
        matcher.complete(&mut snapshot.ledger, tallies);
        snapshot.outcomes = matcher.outcomes();
        snapshot.selected = matcher.selected();
        snapshot::fill(&mut snapshot, tallies, spec);
        if spec.weigh {
            self.weighed.weigh(tallies, self.last);
        }
        self.weighed.fill(&mut snapshot);
        snapshot.monitored = spec.monitor.map(|most| self.roster.follow(tallies, most));
        snapshot.sample = matcher.sample();
        snapshot
    }
}
