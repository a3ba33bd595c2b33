//! What a capture feeds: one engine on this thread, or a front half here and back halves on
//! threads of their own. Both count the same.

use std::io;
use std::num::NonZeroUsize;
use std::thread;

use super::workers::Workers;
use crate::engine::{Engine, EngineConfig};
use crate::iana::Rcode;
use crate::snapshot::{Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;

/// More threads than this are not used unless asked for: one reads, and cannot keep more busy.
const MOST_THREADS: usize = 8;
/// What each must at least have of the memory granted.
const LEAST_MEMORY: u64 = 16 << 20;

/// An engine, or the like of one.
pub(super) enum Analyzer {
    /// Everything on the thread that reads.
    Alone(Box<Engine>),
    /// Several threads that match and count.
    Shared(Box<Workers>),
}

impl Analyzer {
    /// One engine, on the thread that reads.
    pub(super) fn alone(config: EngineConfig) -> Self {
        Self::Alone(Box::new(Engine::new(config)))
    }

    /// So many threads that match and count; with one, it is the thread that reads.
    pub(super) fn on_threads(threads: NonZeroUsize, config: EngineConfig) -> io::Result<Self> {
        match threads {
            NonZeroUsize::MIN => Ok(Self::alone(config)),
            threads => Workers::start(threads, config).map(|it| Self::Shared(Box::new(it))),
        }
    }

    /// As many threads as help.
    pub(super) fn useful_threads(config: &EngineConfig) -> NonZeroUsize {
        let granted = usize::try_from(config.max_memory / LEAST_MEMORY).unwrap_or(usize::MAX);
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new(processors.min(granted).min(MOST_THREADS)).unwrap_or(NonZeroUsize::MIN)
    }

    /// Takes in frames.
    pub(super) fn feed(&mut self, run: Frames<'_>) {
        match self {
            Self::Alone(engine) => run.for_each(|frame| engine.feed(&frame)),
            Self::Shared(workers) => workers.feed(run),
        }
    }

    /// Tells that it is at least `now`.
    pub(super) fn tick(&mut self, now: Timestamp) {
        match self {
            Self::Alone(engine) => engine.tick(now),
            Self::Shared(workers) => workers.tick(now),
        }
    }

    /// Tells that no frame follows.
    pub(super) fn finish(&mut self) {
        match self {
            Self::Alone(engine) => engine.finish(),
            Self::Shared(workers) => workers.finish(),
        }
    }

    /// Changes the response code that everything revolves around.
    pub(super) fn set_focus(&mut self, focus: Rcode) {
        match self {
            Self::Alone(engine) => engine.set_focus(focus),
            Self::Shared(workers) => workers.set_focus(focus),
        }
    }

    /// Forgets everything and counts anew.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Alone(engine) => engine.reset(),
            Self::Shared(workers) => workers.reset(),
        }
    }

    /// What is known now, as [`Engine::snapshot`] gives it.
    pub(super) fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        match self {
            Self::Alone(engine) => engine.snapshot(spec),
            Self::Shared(workers) => workers.snapshot(spec),
        }
    }
}
