//! What a capture feeds: one engine on this thread, or the like of one on several. All count the
//! same.

use std::io;
use std::num::NonZeroUsize;
use std::thread;

use super::analyze::Analyze;
use super::pair::Pair;
use super::workers::Workers;
use crate::engine::{Engine, EngineConfig};

/// More threads than this are not used unless asked for: one reads, and cannot keep more busy.
const MOST_THREADS: usize = 8;
/// What each must at least have of the memory granted.
const LEAST_MEMORY: u64 = 16 << 20;

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
