//! Two threads: this one reads frames and matches messages, the other one counts exchanges.
//!
//! What is counted comes in the order of capture to the only tables that there are, so that
//! nothing has to be added up, and two threads take no more memory than one.

use std::io;

use super::analyze::Analyze;
use super::lane::Lane;
use crate::engine::{EngineConfig, Front, Matcher};
use crate::focus::Focus;
use crate::snapshot::{Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::tally::{Events, Tallies};
use crate::track::{Hasher, Relief};
use crate::trail::WholeFrame;

/// Exchanges handed over at once: enough that it costs next to nothing, and few enough that they
/// are still in a cache when they are counted. Measured.
const EVENTS: usize = 256;

/// What reads and matches, and the thread that counts.
pub(super) struct Pair {
    config: EngineConfig,
    front: Front,
    matcher: Matcher,
    counter: Lane<Events, Tallies>,
    serial: u64,
}

impl Pair {
    /// Starts the thread.
    pub(super) fn start(config: EngineConfig) -> io::Result<Self> {
        let (front, matcher, tallies) = parts(&config);
        let make = || Events::with_room(EVENTS);
        let count = |events: &mut Events, tallies: &mut Tallies| tallies.count_all(events);
        let counter = Lane::start(1, tallies, make, count)?;
        Ok(Self { config, front, matcher, counter, serial: 0 })
    }

    /// Waits until everything is counted.
    fn settle(&mut self) {
        let Self { matcher, counter, .. } = self;
        matcher.settle(&mut |events| counter.send(events));
        counter.wait();
        counter.desk().settle();
    }
}

fn parts(config: &EngineConfig) -> (Front, Matcher, Tallies) {
    let (bounds, hasher) = (config.bounds(), Hasher::default());
    (
        Front::new(config, &bounds),
        Matcher::new(config, &bounds, hasher.clone(), EVENTS),
        Tallies::new(config.watched(), &bounds, hasher),
    )
}

impl Analyze for Pair {
    fn feed(&mut self, run: Frames<'_>) {
        let Self { front, matcher, counter, .. } = self;
        let mut count = |events: &mut Events| counter.send(events);
        for frame in run {
            matcher.expire(frame.at, &mut count);
            front.feed(&frame, |found| matcher.take(&found, &mut count));
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let Self { front, matcher, counter, .. } = self;
        let now = now.max(front.latest());
        let mut count = |events: &mut Events| counter.send(events);
        matcher.expire(now, &mut count);
        front.tick(now, |found| matcher.take(&found, &mut count));
    }

    fn finish(&mut self) {
        let Self { front, matcher, counter, .. } = self;
        let mut count = |events: &mut Events| counter.send(events);
        front.finish(|found| matcher.take(&found, &mut count));
        matcher.finish(&mut count);
    }

    fn relieve(&mut self, level: Relief) {
        self.matcher.relieve(level, self.front.latest());
    }

    fn set_focus(&mut self, focus: Focus) {
        self.settle();
        self.config.focus = focus;
        self.matcher.set_focus(focus);
        self.counter.desk().set_focus(focus);
    }

    fn reset(&mut self) {
        self.settle();
        let (front, matcher, tallies) = parts(&self.config);
        *self.counter.desk() = tallies;
        (self.front, self.matcher) = (front, matcher);
    }

    fn kept_frames(&mut self) -> Vec<WholeFrame> {
        self.matcher.kept_frames()
    }

    fn take_tallies(&mut self) -> Tallies {
        self.settle();
        self.counter.desk().take()
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        self.settle();
        let snapshot =
            self.front.snapshot((&self.matcher, &self.counter.desk()), self.serial, spec);
        let packets = self.matcher.packets(spec, &snapshot);
        let lookups = self.matcher.lookups(spec, &snapshot);
        let snapshot = Snapshot { lookups, packets, ..snapshot };
        snapshot.with_names(spec, &[self.matcher.hearsay()])
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::Engine;
    use crate::snapshot::LookupsSpec;
    use crate::source::{FileOptions, NextRun, open_files};

    #[test]
    fn two_threads_keep_the_messages_that_one_keeps() {
        let config = EngineConfig { trail: 8 << 20, ..EngineConfig::default() };
        let mut pair = Pair::start(config.clone()).unwrap();
        let mut engine = Engine::new(config);
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outage.pcap.gz"));
        let mut source = open_files(&[path], &FileOptions::default()).unwrap();
        while let NextRun::Frames(run) = source.next_run(100) {
            run.clone().for_each(|frame| engine.feed(&frame));
            pair.feed(run);
        }
        engine.finish();
        pair.finish();
        let lookups = Some(LookupsSpec { most: 100, open: None });
        let spec = SnapshotSpec { lookups, ..SnapshotSpec::default() };
        let (one, two) = (engine.snapshot(&spec).lookups, pair.snapshot(&spec).lookups);
        assert!(two.as_ref().is_some_and(|lookups| lookups.rows.len() == 100));
        assert!(one == two, "they differ");
    }
}
