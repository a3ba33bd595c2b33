//! What a capture feeds: one engine on this thread, or the like of one on several. All count the
//! same.

use std::io;
use std::num::NonZeroUsize;
use std::thread;

use super::pair::Pair;
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
pub(super) trait Analyze: Send {
    /// Takes in frames.
    fn feed(&mut self, run: Frames<'_>);

    /// Tells that it is at least `now`.
    fn tick(&mut self, now: Timestamp);

    /// Tells that no frame follows.
    fn finish(&mut self);

    /// Changes the response code that everything revolves around.
    fn set_focus(&mut self, focus: Rcode);

    /// Forgets everything and counts anew.
    fn reset(&mut self);

    /// What is known now, as [`Engine::snapshot`] gives it.
    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot;
}

impl Analyze for Engine {
    fn feed(&mut self, run: Frames<'_>) {
        run.for_each(|frame| Engine::feed(self, &frame));
    }

    fn tick(&mut self, now: Timestamp) {
        Engine::tick(self, now);
    }

    fn finish(&mut self) {
        Engine::finish(self);
    }

    fn set_focus(&mut self, focus: Rcode) {
        Engine::set_focus(self, focus);
    }

    fn reset(&mut self) {
        Engine::reset(self);
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        Engine::snapshot(self, spec)
    }
}

/// Everything on the thread that reads.
pub(super) fn alone(config: EngineConfig) -> Box<dyn Analyze> {
    Box::new(Engine::new(config))
}

/// So many threads, of which one reads: with two, the other one counts; with more, the others
/// match and count for clients of their own.
pub(super) fn on_threads(
    threads: NonZeroUsize,
    config: EngineConfig,
) -> io::Result<Box<dyn Analyze>> {
    Ok(match threads.get() {
        1 => alone(config),
        2 => Box::new(Pair::start(config)?),
        _ => {
            let others = NonZeroUsize::new(threads.get() - 1).unwrap_or(NonZeroUsize::MIN);
            Box::new(Workers::start(others, config)?)
        }
    })
}

/// As many threads as help.
pub(super) fn useful_threads(config: &EngineConfig) -> NonZeroUsize {
    let granted = usize::try_from(config.max_memory / LEAST_MEMORY).unwrap_or(usize::MAX);
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(processors.min(granted).min(MOST_THREADS)).unwrap_or(NonZeroUsize::MIN)
}
