//! What a capture needs of an engine, or of the like of one.

use crate::engine::{Counted, Engine};
use crate::focus::Focus;
use crate::snapshot::{Lists, Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::tally::Tallies;
use crate::track::Relief;
use crate::trail::WholeFrame;

/// An engine, or the like of one.
pub(super) trait Analyze: Send {
    /// Takes in frames.
    fn feed(&mut self, run: Frames<'_>);

    /// Tells that it is at least `now`.
    fn tick(&mut self, now: Timestamp);

    /// Tells that no frame follows.
    fn finish(&mut self);

    /// Takes load off, as [`Engine::relieve`] does.
    fn relieve(&mut self, level: Relief);

    /// Changes what everything revolves around.
    fn set_focus(&mut self, focus: Focus);

    /// Forgets everything and counts anew.
    fn reset(&mut self);

    /// The frames of the latest messages, as far as they are kept, the oldest first.
    fn kept_frames(&mut self) -> Vec<WholeFrame>;

    /// How much is counted by now.
    fn counted(&mut self) -> Counted {
        let lists = Lists { domains: false, prefixes: false, paths: false };
        let spec = SnapshotSpec { top: 0, lists, weigh: false, ..SnapshotSpec::default() };
        Counted::of(&self.snapshot(&spec))
    }

    /// Takes away what was counted: for who needs more than a snapshot, once nothing follows.
    fn take_tallies(&mut self) -> Tallies;

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

    fn relieve(&mut self, level: Relief) {
        Engine::relieve(self, level);
    }

    fn set_focus(&mut self, focus: Focus) {
        Engine::set_focus(self, focus);
    }

    fn reset(&mut self) {
        Engine::reset(self);
    }

    fn kept_frames(&mut self) -> Vec<WholeFrame> {
        Engine::kept_frames(self)
    }

    fn counted(&mut self) -> Counted {
        Engine::counted(self)
    }

    fn take_tallies(&mut self) -> Tallies {
        Engine::take_tallies(self)
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        Engine::snapshot(self, spec)
    }
}
