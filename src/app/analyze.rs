//! What a capture needs of an engine, or of the like of one.

use crate::engine::Engine;
use crate::focus::Focus;
use crate::snapshot::{Snapshot, SnapshotSpec, Timestamp};
use crate::source::Frames;
use crate::trail::WholeFrame;

/// An engine, or the like of one.
pub(super) trait Analyze: Send {
    /// Takes in frames.
    fn feed(&mut self, run: Frames<'_>);

    /// Tells that it is at least `now`.
    fn tick(&mut self, now: Timestamp);

    /// Tells that no frame follows.
    fn finish(&mut self);

    /// Changes what everything revolves around.
    fn set_focus(&mut self, focus: Focus);

    /// Forgets everything and counts anew.
    fn reset(&mut self);

    /// The frames of the latest messages, as far as they are kept; none where they are not.
    fn kept_frames(&self) -> Vec<WholeFrame> {
        Vec::new()
    }

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

    fn set_focus(&mut self, focus: Focus) {
        Engine::set_focus(self, focus);
    }

    fn reset(&mut self) {
        Engine::reset(self);
    }

    fn kept_frames(&self) -> Vec<WholeFrame> {
        Engine::kept_frames(self)
    }

    fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        Engine::snapshot(self, spec)
    }
}
