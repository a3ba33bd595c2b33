//! Several threads that match and count, each for clients of its own.
//!
//! The thread that reads frames owns the front half and deals out packets by client, in parcels.
//! Each worker owns one back half. What one client asks and is told stays with one worker, so
//! workers have nothing to say to each other, and their counts add up. Knows no file, no screen.

use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::lane::Lane;
use crate::engine::{Back, EngineConfig, Found, Front};
use crate::iana::Rcode;
use crate::snapshot::{Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::tally::Bounds;
use crate::track::Hasher;
use crate::wire::Ports;

/// A front half and several back halves on threads of their own.
pub(super) struct Workers {
    config: EngineConfig,
    front: Front,
    crew: Crew,
    serial: u64,
    finished: bool,
}

/// The back halves, and what it takes to deal out packets.
struct Crew {
    lanes: Vec<Lane>,
    ports: Ports,
    /// The same for all, or their tables could not be added up.
    hasher: Hasher,
    clock: Clock,
}

impl Workers {
    /// Starts so many threads.
    pub(super) fn start(threads: NonZeroUsize, config: EngineConfig) -> io::Result<Self> {
        let hasher = Hasher::default();
        let lanes: io::Result<Vec<Lane>> = (1..=threads.get())
            .map(|number| Lane::start(number, back(&config, threads.get(), &hasher)))
            .collect();
        let ports = Ports::new(&config.ports);
        let crew = Crew { lanes: lanes?, ports, hasher, clock: Clock::new(config.patience) };
        Ok(Self { front: front(&config), crew, config, serial: 0, finished: false })
    }

    /// Takes in frames.
    pub(super) fn feed(&mut self, run: Frames<'_>) {
        let Self { front, crew, .. } = self;
        for frame in run {
            crew.pass(frame.at);
            front.feed(&frame, |found| crew.deal(&found));
        }
    }

    /// Tells that it is at least `now`.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let Self { front, crew, .. } = self;
        let now = now.max(front.latest());
        crew.pass(now);
        front.tick(now, |found| crew.deal(&found));
    }

    /// Tells that no frame follows.
    pub(super) fn finish(&mut self) {
        let Self { front, crew, .. } = self;
        front.finish(|found| crew.deal(&found));
        crew.rest(Back::finish);
        self.finished = true;
    }

    /// Changes the response code that everything revolves around.
    pub(super) fn set_focus(&mut self, focus: Rcode) {
        self.config.focus = focus;
        self.crew.rest(|back| back.set_focus(focus));
    }

    /// Forgets everything and counts anew.
    pub(super) fn reset(&mut self) {
        let threads = self.crew.lanes.len();
        let Self { config, crew, .. } = self;
        let hasher = crew.hasher.clone();
        crew.rest(|old| *old = back(config, threads, &hasher));
        crew.clock = Clock::new(config.patience);
        self.front = front(&self.config);
    }

    /// What is known now.
    pub(super) fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        self.crew.rest(Back::settle);
        if self.finished {
            self.crew.merge();
        }
        match self.crew.lanes.as_slice() {
            [one] => self.front.snapshot(&one.back(), self.serial, spec),
            _ => self.front.snapshot(&self.sum(), self.serial, spec),
        }
    }

    /// All back halves in one, for readers; they go on by themselves.
    fn sum(&self) -> Back {
        let mut sum = back(&self.config, 1, &self.crew.hasher);
        self.crew.lanes.iter().for_each(|lane| sum.add(&lane.back()));
        sum
    }
}

fn front(config: &EngineConfig) -> Front {
    Front::new(config, &Bounds::of(config.max_memory, config.rows))
}

fn back(config: &EngineConfig, threads: usize, hasher: &Hasher) -> Back {
    let bounds = Bounds::of(config.max_memory, config.rows).part(threads);
    Back::new(config, &bounds, hasher.clone())
}

impl Crew {
    /// It is `at`, by the next frame.
    #[inline]
    fn pass(&mut self, at: Timestamp) {
        if self.clock.is_steady(at) {
            self.clock.latest = self.clock.latest.max(at);
        } else {
            self.tell_time(at);
        }
    }

    #[cold]
    fn tell_time(&mut self, at: Timestamp) {
        for lane in &mut self.lanes {
            lane.push_time(self.clock.latest);
            lane.push_time(at);
        }
        self.clock.set(at);
    }

    /// A packet for the worker to whom its client belongs.
    #[inline]
    fn deal(&mut self, found: &Found<'_>) {
        let hash = self.hasher.address(found.client(&self.ports));
        // By the highest bits: tables use the others.
        let which = ((hash >> 32) * self.lanes.len() as u64) >> 32;
        let which = usize::try_from(which).unwrap_or_default();
        if let Some(lane) = self.lanes.get_mut(which) {
            lane.push(found, self.clock.latest);
        }
    }

    /// Waits until everything is counted that was dealt out, and does something to each back half.
    fn rest(&mut self, mut then: impl FnMut(&mut Back)) {
        for lane in &mut self.lanes {
            lane.push_time(self.clock.latest);
            lane.send();
        }
        for lane in &mut self.lanes {
            lane.wait();
            then(&mut lane.back());
        }
    }

    /// Adds up all back halves in the first; the others end.
    fn merge(&mut self) {
        if let Some((first, others)) = self.lanes.split_first() {
            let mut sum = first.back();
            others.iter().for_each(|lane| sum.add(&lane.back()));
        }
        self.lanes.truncate(1);
    }
}

/// What workers must be told of time, beyond what comes with their own packets.
///
/// A back half acts on time late but as of when it was due, so that it makes no difference who
/// else's packets it sees; unless time leaps or goes back. Then all are told at once.
struct Clock {
    latest: Timestamp,
    /// When all were told.
    told: Timestamp,
    /// Time may go back by so much before it matters.
    slack: Duration,
}

/// All are told at least so often, in packet time: less than what makes a difference, which is
/// [`crate::track::LATE_PATIENCE`].
const LEAP: Duration = Duration::from_secs(10);

impl Clock {
    fn new(patience: Duration) -> Self {
        let start = Timestamp::default();
        Self { latest: start, told: start, slack: patience.min(crate::track::SKEW) }
    }

    #[inline]
    fn is_steady(&self, at: Timestamp) -> bool {
        self.latest.since(at) <= self.slack && at.since(self.told) <= LEAP
    }

    fn set(&mut self, at: Timestamp) {
        (self.latest, self.told) = (at, at);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::Engine;
    use crate::output::{self, Format, Options};
    use crate::source::{FileOptions, FrameSource, NextRun, open_files};

    const SPEC: SnapshotSpec = SnapshotSpec { top: usize::MAX, label_depth: Some(2) };

    /// An engine and workers that are fed the same.
    struct Both {
        source: Box<dyn FrameSource>,
        engine: Engine,
        workers: Workers,
    }

    impl Both {
        fn new() -> Self {
            let config = EngineConfig { rows: usize::MAX, ..EngineConfig::default() };
            let threads = NonZeroUsize::new(3).unwrap();
            let workers = Workers::start(threads, config.clone()).unwrap();
            Self { source: outage(), engine: Engine::new(config), workers }
        }

        fn feed(&mut self, mut frames: usize) {
            while frames > 0 {
                let NextRun::Frames(run) = self.source.next_run(frames) else { return };
                frames -= run.len();
                run.clone().for_each(|frame| self.engine.feed(&frame));
                self.workers.feed(run);
            }
        }

        #[track_caller]
        fn check(&mut self) {
            let (one, all) = (self.engine.snapshot(&SPEC), self.workers.snapshot(&SPEC));
            assert_eq!(one.serial, all.serial);
            let text = |snapshot: &Snapshot| {
                let mut out = Vec::new();
                output::write(Format::Json, snapshot, &Options::default(), &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            let (one, all) = (text(&one), text(&all));
            let differ = one.lines().zip(all.lines()).find(|(one, all)| one != all);
            assert!(one == all, "{differ:?}");
        }
    }

    fn outage() -> Box<dyn FrameSource> {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outage.pcap.gz"));
        open_files(&[path], &FileOptions::default()).unwrap()
    }

    #[test]
    fn workers_tell_at_any_time_what_one_engine_tells() {
        let mut both = Both::new();
        both.check();
        for _ in 0..4 {
            both.feed(1777);
            both.check();
        }
        both.feed(usize::MAX);
        both.engine.finish();
        both.workers.finish();
        both.check();
        both.check();
    }

    #[test]
    fn a_new_focus_holds_for_all_workers_before_and_after_the_end() {
        let mut both = Both::new();
        both.feed(3000);
        both.engine.set_focus(Rcode::NXDOMAIN);
        both.workers.set_focus(Rcode::NXDOMAIN);
        both.check();
        both.feed(usize::MAX);
        both.engine.finish();
        both.workers.finish();
        both.check();
        both.engine.set_focus(Rcode::SERVFAIL);
        both.workers.set_focus(Rcode::SERVFAIL);
        both.check();
    }

    #[test]
    fn workers_that_count_anew_have_forgotten_everything() {
        let mut both = Both::new();
        both.feed(3000);
        both.engine.reset();
        both.workers.reset();
        both.check();
        both.feed(usize::MAX);
        let later = Timestamp::new(1 << 31, 0);
        both.engine.tick(later);
        both.workers.tick(later);
        both.check();
    }
}
