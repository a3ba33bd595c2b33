//! The whole core behind a few methods: frames and packet time in, snapshots out.
//!
//! Binds decoding, matching and counting, and keeps the books. No clock, no thread, no I/O: the
//! same input gives the same output. Of its two halves, the front reads frames in the order of
//! capture; the back matches and counts, and there may be several, each for clients of its own.

mod back;
mod front;
mod keeper;
mod latest;
mod matcher;
mod parcel;
mod segments;
mod sieve;

use std::time::Duration;

use crate::focus::Focus;
use crate::select::Filter;
use crate::snapshot::{Snapshot, SnapshotSpec};
use crate::tally::{Bounds, Tallies, Watched};
use crate::time::Timestamp;
use crate::track::{Hasher, Relief};
use crate::trail::WholeFrame;
use crate::wire::Frame;

pub(crate) use back::Back;
pub(crate) use front::{Found, Front};
pub(crate) use matcher::Matcher;
pub(crate) use parcel::Parcel;
pub use sieve::Witness;

/// What shapes an analysis from its first frame on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// UDP and TCP ports that carry DNS.
    pub ports: Vec<u16>,
    /// What everything revolves around.
    pub focus: Focus,
    /// A first response that took longer is slow.
    pub slow_after: Duration,
    /// How long a query waits for its response, in packet time.
    pub patience: Duration,
    /// Bound of all tables together, in bytes.
    pub max_memory: u64,
    /// The longest that any list of a snapshot shall be; the first rows of longer lists may be
    /// wrong by the error that they state.
    pub rows: usize,
    /// Which exchanges are counted; `None` for all.
    pub filter: Option<Filter>,
    /// Bytes of `max_memory` for the latest messages themselves; 0 keeps none.
    pub trail: usize,
    /// Bytes of `max_memory` for the names of addresses that answers tell; 0 learns none.
    pub names: usize,
}

impl EngineConfig {
    /// The bounds of the tables: of what the messages and the names of addresses leave.
    pub(crate) fn bounds(&self) -> Bounds {
        let taken = u64::try_from(self.trail.saturating_add(self.names)).unwrap_or(u64::MAX);
        Bounds::of(self.max_memory.saturating_sub(taken), self.rows)
    }

    /// What is looked at.
    pub(crate) fn watched(&self) -> Watched {
        let Self { focus, slow_after, patience, .. } = *self;
        Watched { focus, slow_after, patience }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        let Watched { focus, slow_after, patience } = Watched::default();
        Self {
            ports: vec![53],
            focus,
            slow_after,
            patience,
            max_memory: 512 << 20,
            rows: SnapshotSpec::default().top,
            filter: None,
            trail: 0,
            names: 0,
        }
    }
}

/// How much is counted, for who goes on from one message to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// DNS messages; with a filter, those of the exchanges for which it holds.
    pub messages: u64,
    /// What is in focus among them: responses with a code, queries without a response.
    pub focus: u64,
}

impl Counted {
    /// The same from a snapshot, which costs much more.
    pub fn of(snapshot: &Snapshot) -> Self {
        let (focus, _) = snapshot.in_focus();
        Self { messages: snapshot.queries() + snapshot.responses(), focus }
    }
}

/// Decodes, matches and counts.
#[derive(Debug)]
pub struct Engine {
    front: Front,
    back: Back,
    config: EngineConfig,
    serial: u64,
}

impl Engine {
    /// An engine that has seen nothing.
    pub fn new(config: EngineConfig) -> Self {
        let bounds = config.bounds();
        Self {
            front: Front::new(&config, &bounds),
            back: Back::new(&config, &bounds, Hasher::default()),
            config,
            serial: 0,
        }
    }

    /// Takes in one frame.
    #[inline]
    pub fn feed(&mut self, frame: &Frame<'_>) {
        let back = &mut self.back;
        back.expire(frame.at);
        self.front.feed(frame, |found| back.take(&found));
    }

    /// Tells that it is at least `now`, so that queries can grow too old on a quiet link. Where
    /// frames are from later, nothing is earlier than they.
    pub fn tick(&mut self, now: Timestamp) {
        let (now, back) = (now.max(self.front.latest()), &mut self.back);
        back.expire(now);
        self.front.tick(now, |found| back.take(&found));
    }

    /// Tells that no frame follows: what was held for the rest of a datagram is read as it is.
    pub fn finish(&mut self) {
        let back = &mut self.back;
        self.front.finish(|found| back.take(&found));
        back.finish();
    }

    /// Takes load off: skips the queries of more clients from here on, or of fewer. Responses are
    /// looked at all the same, and what was skipped is in the ledger.
    pub fn relieve(&mut self, level: Relief) {
        self.back.relieve(level, self.front.latest());
    }

    /// Changes what everything revolves around, from the next snapshot on.
    pub fn set_focus(&mut self, focus: Focus) {
        self.config.focus = focus;
        self.back.set_focus(focus);
    }

    /// Forgets everything and counts anew.
    pub fn reset(&mut self) {
        *self = Self { serial: self.serial, ..Self::new(self.config.clone()) };
    }

    /// The frames that are kept of the latest messages, the oldest first; none if no messages are
    /// kept.
    pub fn kept_frames(&self) -> Vec<WholeFrame> {
        self.back.parts().0.kept_frames()
    }

    /// How much is counted by now.
    pub fn counted(&mut self) -> Counted {
        self.back.settle();
        let (matcher, tallies) = self.back.parts();
        matcher.counted(tallies)
    }

    /// Takes away what was counted: the engine has seen nothing more than frames from then on.
    pub fn take_tallies(&mut self) -> Tallies {
        self.back.settle();
        self.back.take_tallies()
    }

    /// What is known now. The caller fills in [`Snapshot::source`]'s kind, name, end and progress,
    /// and the losses that the source knows of.
    pub fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        self.back.settle();
        let snapshot = self.front.snapshot(self.back.parts(), self.serial, spec);
        let matcher = self.back.parts().0;
        let packets = matcher.packets(spec, &snapshot);
        let lookups = matcher.lookups(spec, &snapshot);
        let snapshot = Snapshot { lookups, packets, ..snapshot };
        snapshot.with_names(spec, &[matcher.hearsay()])
    }
}
