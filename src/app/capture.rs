//! The capture loop: frames from a source into an analyzer, in pieces short enough to do something
//! else in between.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::analyze::Analyze;
use crate::feed::Command;
use crate::snapshot::{Ended, Progress, Quality, Snapshot, SnapshotSpec, SourceKind, Timestamp};
use crate::source::{End, FrameSource, NextRun};

/// What a piece of work may take before the caller gets its turn.
const PIECE: Duration = Duration::from_millis(50);
/// A piece has at most this many frames, so that one slow moment is not a long one.
const MOST_FRAMES: u32 = 4096;

/// The identifier of what a source complains of while it goes on.
pub(super) const COMPLAINT: &str = "source";

/// A source, what it feeds, and how far they are.
pub(super) struct Capture {
    pub(super) origin: Origin,
    source: Box<dyn FrameSource>,
    analyzer: Box<dyn Analyze>,
    /// Frames in a piece: adapts to the speed of source and analyzer.
    batch: u32,
    frames: u64,
    ended: Option<Ended>,
}

/// What the source itself does not know.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) kind: SourceKind,
    /// As the user named it, escaped.
    pub(super) name: String,
}

impl Capture {
    pub(super) fn new(
        origin: Origin,
        source: Box<dyn FrameSource>,
        analyzer: Box<dyn Analyze>,
    ) -> Self {
        Self { origin, source, analyzer, batch: 1, frames: 0, ended: None }
    }

    /// Reads for about [`PIECE`], or until there is nothing to read now.
    pub(super) fn advance(&mut self) {
        let began = Instant::now();
        let mut left = self.batch as usize;
        while left > 0 {
            match self.source.next_run(left) {
                NextRun::Frames(run) => {
                    left -= run.len();
                    self.frames += run.len() as u64;
                    self.analyzer.feed(run);
                }
                NextRun::Quiet => return self.quiet(),
                NextRun::End(end) => return self.end(ended(end)),
            }
        }
        self.batch = next_batch(self.batch, began.elapsed());
    }

    /// On a quiet interface only the clock tells that queries have waited too long. In a file
    /// packet time is the only time there is.
    fn quiet(&mut self) {
        self.batch = 1;
        if self.origin.kind == SourceKind::Live {
            self.analyzer.tick(now());
        }
    }

    /// Nothing follows: what was held is counted. The first end is the one that counts.
    pub(super) fn end(&mut self, how: Ended) {
        if self.ended.is_none() {
            self.analyzer.finish();
            self.ended = Some(how);
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        self.source.progress()
    }

    /// Does what a reader asks; a new specification is the caller's to keep.
    pub(super) fn obey(&mut self, command: &Command) {
        match command {
            Command::Focus(rcode) => self.analyzer.set_focus(*rcode),
            Command::Reset => self.analyzer.reset(),
            Command::Spec(_) => {}
        }
    }

    /// What is known now.
    pub(super) fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        let losses = self.source.losses();
        let mut snapshot = self.analyzer.snapshot(spec);
        snapshot.source.kind = self.origin.kind;
        snapshot.source.name.clone_from(&self.origin.name);
        snapshot.source.ended.clone_from(&self.ended);
        snapshot.source.progress = self.source.progress();
        snapshot.ledger.kernel_dropped = losses.kernel;
        snapshot.ledger.interface_dropped = losses.interface;
        snapshot.assess();
        snapshot.quality.extend(self.complaints());
        snapshot
    }

    /// What the source complains of, unless its end says it.
    fn complaints(&self) -> Vec<Quality> {
        if let Some(Ended::Damaged(_) | Ended::Failed(_)) = self.ended {
            return Vec::new();
        }
        let complaints = self.source.complaints().iter();
        complaints.map(|text| Quality { id: COMPLAINT, text: text.clone() }).collect()
    }
}

fn ended(end: End) -> Ended {
    match end {
        End::EndOfFile => Ended::EndOfFile,
        End::Damaged(why) => Ended::Damaged(why),
        End::Failed(why) => Ended::Failed(why),
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().plus(since)
}

/// Twice as many frames in the next piece while pieces are short, half as many if one was long.
fn next_batch(batch: u32, took: Duration) -> u32 {
    match took {
        took if took < PIECE / 4 => (batch * 2).min(MOST_FRAMES),
        took if took > PIECE => (batch / 2).max(1),
        _ => batch,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::EngineConfig;
    use crate::source::{Losses, Next};
    use crate::wire::{Frame, LinkType};

    /// A source that gives a number of empty frames and then does something else.
    pub(crate) struct Script {
        pub(crate) frames: u32,
        pub(crate) then: fn() -> Next<'static>,
        pub(crate) losses: Losses,
        pub(crate) complaints: Vec<String>,
    }

    impl FrameSource for Script {
        fn next(&mut self) -> Next<'_> {
            if self.frames == 0 {
                return (self.then)();
            }
            self.frames -= 1;
            let (at, link) = (Timestamp::new(1, 0), LinkType(1));
            Next::Frame(Frame { at, wire_len: 0, link, interface: 0, bytes: &[] })
        }

        fn losses(&mut self) -> Losses {
            self.losses
        }

        fn complaints(&self) -> &[String] {
            &self.complaints
        }
    }

    pub(crate) fn capture(frames: u32, then: fn() -> Next<'static>, losses: Losses) -> Capture {
        let origin = Origin { kind: SourceKind::File, name: "script".into() };
        let complaints = vec!["the script is boring".into()];
        let script = Script { frames, then, losses, complaints };
        let analyzer = crate::app::analyzer::alone(EngineConfig::default());
        Capture::new(origin, Box::new(script), analyzer)
    }

    #[test]
    fn a_capture_is_read_to_its_end_in_pieces() {
        let mut capture = capture(10_000, || Next::End(End::EndOfFile), Losses::default());
        let mut pieces = 0;
        while !capture.has_ended() {
            capture.advance();
            pieces += 1;
        }
        assert_eq!(capture.frames(), 10_000);
        assert!(pieces > 2, "{pieces} pieces");
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(snapshot.source.ended, Some(Ended::EndOfFile));
        assert_eq!(snapshot.source.name, "script");
    }

    #[test]
    fn damage_keeps_its_words_and_a_later_end_does_not_replace_it() {
        let then = || Next::End(End::Damaged("cut at byte 24".into()));
        let mut capture = capture(1, then, Losses::default());
        capture.advance();
        capture.advance();
        capture.end(Ended::Stopped);
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(snapshot.source.ended, Some(Ended::Damaged("cut at byte 24".into())));
    }

    #[test]
    fn lost_packets_and_complaints_are_reasons_for_caution() {
        let losses = Losses { kernel: Some(3), interface: Some(0) };
        let mut capture = capture(0, || Next::Quiet, losses);
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        let ids: Vec<_> = snapshot.quality.iter().map(|quality| quality.id).collect();
        assert_eq!(ids, ["dropped", "source"]);
        assert_eq!(snapshot.quality[1].text, "the script is boring");
        assert_eq!(snapshot.ledger.kernel_dropped, Some(3));
    }

    #[test]
    fn pieces_grow_while_they_are_short_and_shrink_when_long() {
        assert_eq!(next_batch(1, Duration::ZERO), 2);
        assert_eq!(next_batch(MOST_FRAMES, Duration::ZERO), MOST_FRAMES);
        assert_eq!(next_batch(64, PIECE * 2), 32);
        assert_eq!(next_batch(1, PIECE * 2), 1);
        assert_eq!(next_batch(64, PIECE / 2), 64);
    }
}
