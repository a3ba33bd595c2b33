//! Several threads that match and count, each for clients of its own.
//!
//! The thread that reads frames owns the front half and deals out packets by client, in parcels.
//! Each worker owns one back half. What one client asks and is told stays with one worker, so
//! workers have nothing to say to each other, and their counts add up. Knows no file, no screen.

use std::io;
use std::num::NonZeroUsize;

use super::analyze::Analyze;
use super::clock::Clock;
use super::lane::Lane;
use crate::engine::{Back, EngineConfig, Found, Front, Parcel};
use crate::focus::Focus;
use crate::snapshot::{KeptPackets, Lookups, Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::tally::Tallies;
use crate::track::{Hasher, Relief};
use crate::trail::WholeFrame;
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
    workers: Vec<Worker>,
    ports: Ports,
    /// The same for all, or their tables could not be added up.
    hasher: Hasher,
    clock: Clock,
}

/// A back half on a thread of its own, and what it is sent next.
struct Worker {
    lane: Lane<Parcel, Back>,
    parcel: Parcel,
}

impl Worker {
    fn start(number: usize, back: Back) -> io::Result<Self> {
        let lane = Lane::start(number, back, Parcel::default, Parcel::unpack)?;
        Ok(Self { lane, parcel: Parcel::default() })
    }

    /// Adds a packet that was found when it was `now`.
    #[inline]
    fn push(&mut self, found: &Found<'_>, now: Timestamp) {
        self.parcel.push(found, now);
        self.send_if_full();
    }

    /// Adds that it is `now`.
    fn push_time(&mut self, now: Timestamp) {
        self.parcel.push_time(now);
        self.send_if_full();
    }

    #[inline]
    fn send_if_full(&mut self) {
        if self.parcel.is_full() {
            self.send();
        }
    }

    fn send(&mut self) {
        self.lane.send(&mut self.parcel);
    }
}

impl Workers {
    /// Starts so many threads.
    pub(super) fn start(threads: NonZeroUsize, config: EngineConfig) -> io::Result<Self> {
        let hasher = Hasher::default();
        let workers: io::Result<Vec<Worker>> = (1..=threads.get())
            .map(|number| Worker::start(number, back(&config, threads.get(), &hasher)))
            .collect();
        let ports = Ports::new(&config.ports);
        let crew = Crew { workers: workers?, ports, hasher, clock: Clock::new(config.patience) };
        Ok(Self { front: front(&config), crew, config, serial: 0, finished: false })
    }

    /// Brings everything up to date; at the end all back halves become one.
    fn settle(&mut self) {
        self.crew.rest(Back::settle);
        if self.finished {
            self.crew.merge();
        }
    }

    /// All back halves in one, for readers; they go on by themselves.
    fn sum(&self) -> Back {
        let mut sum = back(&self.config, 1, &self.crew.hasher);
        self.crew.workers.iter().for_each(|worker| sum.add(&worker.lane.desk()));
        sum
    }
}

impl Analyze for Workers {
    fn feed(&mut self, run: Frames<'_>) {
        let Self { front, crew, .. } = self;
        for frame in run {
            crew.pass(frame.at);
            front.feed(&frame, |found| crew.deal(&found));
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let Self { front, crew, .. } = self;
        let now = now.max(front.latest());
        crew.pass(now);
        front.tick(now, |found| crew.deal(&found));
    }

    fn finish(&mut self) {
        let Self { front, crew, .. } = self;
        front.finish(|found| crew.deal(&found));
        crew.rest(Back::finish);
        self.finished = true;
    }

    fn relieve(&mut self, level: Relief) {
        let now = self.front.latest();
        self.crew.rest(|back| back.relieve(level, now));
    }

    fn set_focus(&mut self, focus: Focus) {
        self.config.focus = focus;
        self.crew.rest(|back| back.set_focus(focus));
    }

    fn reset(&mut self) {
        let threads = self.crew.workers.len();
        let Self { config, crew, .. } = self;
        let hasher = crew.hasher.clone();
        crew.rest(|old| *old = back(config, threads, &hasher));
        crew.clock = Clock::new(config.patience);
        self.front = front(&self.config);
    }

    fn kept_frames(&mut self) -> Vec<WholeFrame> {
        let (mut frames, mut since) = (Vec::new(), Timestamp::default());
        self.crew.rest(|back| {
            let (matcher, _) = back.parts();
            since = since.max(matcher.kept_since());
            frames.extend(matcher.kept_frames());
        });
        frames.retain(|frame| frame.entry.at >= since);
        frames.sort_by_key(|frame| (frame.entry.at, frame.entry.frame));
        frames
    }

    fn take_tallies(&mut self) -> Tallies {
        self.settle();
        match self.crew.workers.as_slice() {
            [one] => one.lane.desk().take_tallies(),
            _ => self.sum().take_tallies(),
        }
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        self.serial += 1;
        self.settle();
        let snapshot = match self.crew.workers.as_slice() {
            [one] => self.front.snapshot(one.lane.desk().parts(), self.serial, spec),
            _ => self.front.snapshot(self.sum().parts(), self.serial, spec),
        };
        let packets = self.crew.packets(spec, &snapshot);
        let lookups = self.crew.lookups(spec, &snapshot);
        self.crew.name(spec, Snapshot { lookups, packets, ..snapshot })
    }
}

fn front(config: &EngineConfig) -> Front {
    Front::new(config, &config.bounds())
}

fn back(config: &EngineConfig, threads: usize, hasher: &Hasher) -> Back {
    let bounds = config.bounds().part(threads);
    let part = |bytes: usize| bytes / threads.max(1);
    let (trail, names) = (part(config.trail), part(config.names));
    let config = EngineConfig { trail, names, ..config.clone() };
    Back::new(&config, &bounds, hasher.clone())
}

impl Crew {
    /// It is `at`, by the next frame.
    #[inline]
    fn pass(&mut self, at: Timestamp) {
        if let Some(times) = self.clock.pass(at) {
            self.tell_times(times);
        }
    }

    #[cold]
    fn tell_times(&mut self, times: [Timestamp; 2]) {
        for worker in &mut self.workers {
            times.into_iter().for_each(|now| worker.push_time(now));
        }
    }

    /// A packet for the worker to whom its client belongs.
    #[inline]
    fn deal(&mut self, found: &Found<'_>) {
        let hash = self.hasher.address(found.client(&self.ports));
        // By the highest bits: tables use the others.
        let which = ((hash >> 32) * self.workers.len() as u64) >> 32;
        let which = usize::try_from(which).unwrap_or_default();
        if let Some(worker) = self.workers.get_mut(which) {
            worker.push(found, self.clock.latest());
        }
    }

    /// Waits until everything is counted that was dealt out, and does something to each back half.
    fn rest(&mut self, mut then: impl FnMut(&mut Back)) {
        for worker in &mut self.workers {
            worker.push_time(self.clock.latest());
            worker.send();
        }
        for worker in &mut self.workers {
            worker.lane.wait();
            then(&mut worker.lane.desk());
        }
    }

    /// Adds up all back halves in the first; the others end.
    fn merge(&mut self) {
        if let Some((first, others)) = self.workers.split_first() {
            let mut sum = first.lane.desk();
            for worker in others {
                sum.add(&worker.lane.desk());
                sum.adopt(&mut worker.lane.desk());
            }
        }
        self.workers.truncate(1);
    }

    /// The packets that all workers keep.
    fn packets(&self, spec: &SnapshotSpec, snapshot: &Snapshot) -> KeptPackets {
        let each = self.workers.iter().map(|it| it.lane.desk().parts().0.packets(spec, snapshot));
        each.reduce(KeptPackets::join).unwrap_or_default()
    }

    /// With the names of addresses that any worker heard.
    fn name(&self, spec: &SnapshotSpec, snapshot: Snapshot) -> Snapshot {
        let desks: Vec<_> = self.workers.iter().map(|worker| worker.lane.desk()).collect();
        let hearsay: Vec<_> = desks.iter().map(|desk| desk.parts().0.hearsay()).collect();
        snapshot.with_names(spec, &hearsay)
    }

    /// The lookups that all workers know of.
    fn lookups(&self, spec: &SnapshotSpec, snapshot: &Snapshot) -> Option<Lookups> {
        let each = self.workers.iter().map(|it| it.lane.desk().parts().0.lookups(spec, snapshot));
        each.reduce(|one, other| Lookups::join(one, other, spec.lookups.as_ref())).flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::Engine;
    use crate::output::{self, Format, Options};
    use crate::snapshot::LookupsSpec;
    use crate::source::{FileOptions, FrameSource, NextRun, open_files};

    const SPEC: SnapshotSpec = SnapshotSpec {
        top: usize::MAX,
        label_depth: Some(2),
        lists: crate::snapshot::Lists::ALL,
        weigh: true,
        lookups: Some(LookupsSpec { most: usize::MAX, open: None }),
        packets: true,
        names: true,
        monitor: Some(3),
    };

    /// An engine and workers that are fed the same.
    struct Both {
        source: Box<dyn FrameSource>,
        engine: Engine,
        workers: Workers,
    }

    impl Both {
        fn new() -> Self {
            let config = EngineConfig {
                rows: usize::MAX,
                trail: 32 << 20,
                names: 1 << 20,
                ..EngineConfig::default()
            };
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
            let frames = |frames: Vec<WholeFrame>| -> Vec<Vec<u8>> {
                frames.into_iter().map(|frame| frame.bytes).collect()
            };
            assert!(frames(self.engine.kept_frames()) == frames(self.workers.kept_frames()));
            let (one, all) = (self.engine.snapshot(&SPEC), self.workers.snapshot(&SPEC));
            assert!(one.packets == all.packets);
            let rows = |snapshot: &Snapshot| snapshot.named.clone().map(|named| named.rows);
            assert!(rows(&one).is_some() && rows(&one) == rows(&all));
            assert_eq!(one.serial, all.serial);
            assert!(
                one.lookups.as_ref().map(|it| &it.rows) == all.lookups.as_ref().map(|it| &it.rows)
            );
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
        both.engine.set_focus(crate::iana::Rcode::NXDOMAIN.into());
        both.workers.set_focus(crate::iana::Rcode::NXDOMAIN.into());
        both.check();
        both.feed(usize::MAX);
        both.engine.finish();
        both.workers.finish();
        both.check();
        both.engine.set_focus(crate::iana::Rcode::SERVFAIL.into());
        both.workers.set_focus(crate::iana::Rcode::SERVFAIL.into());
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
