//! How a capture is played, piece by piece: the whole as far as packet time has come, a part as far
//! as the whole.

use std::time::Instant;

use super::{Capture, PIECE, Part, Reader, beside};
use crate::app::replay::Playing;
use crate::engine::Counted;

impl Capture {
    /// Reads what is due by now, for about [`PIECE`], and waits a moment if nothing is.
    pub(super) fn play(&mut self) {
        let began = Instant::now();
        let Self { whole, part, playing: Some(playing), .. } = self else { return };
        if playing.is_paused() {
            return playing.rest();
        }
        if playing.is_seeking() {
            playing.sees(counted(whole, part)); // to begin with
        }
        while began.elapsed() < PIECE {
            if !playing.may_read(whole.source.peek()) {
                playing.rest();
                return self.pass_time();
            }
            if whole.take(1, false, &mut beside(part)).is_none() {
                return;
            }
            playing.took();
            if playing.is_seeking() {
                if let Some(Part::Again(part)) = part {
                    part.take(1, false, &mut None);
                }
                if playing.sees(counted(whole, part)) {
                    return; // to be shown
                }
            }
        }
    }

    /// Where no packet comes, queries grow old by the packet time that has come.
    fn pass_time(&mut self) {
        if let Some(now) = self.playing.as_ref().and_then(Playing::time) {
            self.analyzers().for_each(|analyzer| analyzer.tick(now));
        }
    }

    /// Nothing changes until something is asked for.
    pub(in crate::app) fn is_still(&self) -> bool {
        let is_still = self.playing.as_ref().is_some_and(Playing::is_still);
        self.has_ended() || (is_still && self.behind() == 0)
    }

    /// How often something else than packets and time has changed what is shown.
    pub(in crate::app) fn turns(&self) -> u64 {
        self.playing.as_ref().map_or(0, Playing::turns)
    }
}

/// How much of what is looked at is counted.
fn counted(whole: &mut Reader, part: &mut Option<Part>) -> Counted {
    match part {
        Some(Part::Again(part)) => part.analyzer.counted(),
        Some(Part::FromNow(analyzer, _)) => analyzer.counted(),
        None => whole.analyzer.counted(),
    }
}

#[cfg(test)]
pub(in crate::app) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::analyzer;
    use crate::app::capture::{Again, Origin, Reopen};
    use crate::engine::EngineConfig;
    use crate::feed::{Command, Play};
    use crate::output::{self, Format, Options};
    use crate::snapshot::{Ended, Snapshot, SnapshotSpec, SourceKind, Speed};
    use crate::source::{FileOptions, NextRun, open_files};

    /// A capture that is played and stands still at its first packet, and what it is of.
    pub(crate) fn paused() -> Capture {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outage.pcap.gz");
        let open =
            || -> Reopen { Box::new(move || open_files(&[path.into()], &FileOptions::default())) };
        let origin = Origin {
            kind: SourceKind::File,
            name: "outage".into(),
            pseudonyms: false,
            atlas: None,
        };
        let analyzer = || analyzer::alone(EngineConfig::default());
        let again = Again { engine: EngineConfig::default(), open: Some(open()) };
        let playing = Playing::start(Speed::SLOWEST, Some(open())).unwrap();
        let capture = Capture::new(origin, open()().unwrap(), analyzer()).with(again);
        let mut capture = capture.played(playing);
        while capture.frames() == 0 {
            capture.advance();
        }
        capture.obey(&Command::Play(Play::Toggle));
        capture
    }

    /// Lets it come to rest.
    fn rest(capture: &mut Capture) -> Snapshot {
        capture.advance();
        while !capture.is_still() {
            capture.advance();
        }
        capture.snapshot(&SnapshotSpec { weigh: true, ..SnapshotSpec::default() })
    }

    fn step(capture: &mut Capture, play: Play) -> Snapshot {
        let turns = capture.turns();
        capture.obey(&Command::Play(play));
        let snapshot = rest(capture);
        assert_eq!(capture.turns(), turns + 1, "{play:?} is told once");
        snapshot
    }

    fn focus(snapshot: &Snapshot) -> u64 {
        Counted::of(snapshot).focus
    }

    #[test]
    fn a_step_is_one_message_further_or_as_far_as_the_next_with_the_focus_code() {
        let mut capture = paused();
        let before = rest(&mut capture);
        for nth in 1..=40 {
            let now = step(&mut capture, Play::NextMessage);
            assert_eq!(now.ledger.dns_messages, before.ledger.dns_messages + nth);
            assert_eq!(now.source.replay.unwrap().at, now.source.last, "packet time is there");
        }
        for nth in 1..=20 {
            let now = step(&mut capture, Play::NextFocus);
            assert_eq!(focus(&now), focus(&before) + nth);
        }
    }

    #[test]
    fn a_part_is_read_as_far_as_the_whole_was_played_and_follows_it() {
        let mut capture = paused();
        step(&mut capture, Play::NextFocus);
        let whole = step(&mut capture, Play::NextFocus);
        capture.obey(&Command::Select(Some("rcode:NXDOMAIN".parse().unwrap())));
        let part = rest(&mut capture);
        assert_eq!(part.ledger.frames, whole.ledger.frames);
        assert_eq!(part.source.last, whole.source.last);
        // What comes next is sought in the part.
        let later = step(&mut capture, Play::NextMessage);
        assert!(later.ledger.frames > part.ledger.frames);
        assert_eq!(later.selected.unwrap().responses, part.selected.unwrap().responses + 1);
        capture.obey(&Command::Select(None));
        assert_eq!(rest(&mut capture).ledger.frames, later.ledger.frames);
    }

    #[test]
    fn what_was_played_to_the_end_is_what_was_read() {
        let mut capture = paused();
        capture.obey(&Command::Select(Some("failed".parse().unwrap())));
        rest(&mut capture);
        let read = |filter: Option<&str>| {
            let filter = filter.map(|text| text.parse().unwrap());
            let engine = EngineConfig { filter, ..EngineConfig::default() };
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outage.pcap.gz");
            let source = open_files(&[path.into()], &FileOptions::default()).unwrap();
            let origin = Origin {
                kind: SourceKind::File,
                name: "outage".into(),
                pseudonyms: false,
                atlas: None,
            };
            let analyzer = analyzer::alone(engine);
            rest(&mut Capture::new(origin, source, analyzer))
        };
        capture.obey(&Command::Play(Play::ToEnd));
        let part = rest(&mut capture);
        capture.obey(&Command::Select(None));
        let whole = rest(&mut capture);
        for (played, read) in [(part, read(Some("failed"))), (whole, read(None))] {
            assert_eq!(played.source.ended, Some(Ended::EndOfFile));
            let text = |snapshot: &Snapshot| {
                let mut out = Vec::new();
                output::write(Format::Json, snapshot, &Options::default(), &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            let (played, read) = (text(&played), text(&read));
            let differ = played.lines().zip(read.lines()).find(|(one, other)| one != other);
            assert_eq!(differ, None);
        }
    }

    #[test]
    fn where_the_files_end_is_found_out_by_reading_ahead() {
        let mut capture = paused();
        let began = Instant::now();
        loop {
            let replay = rest(&mut capture).source.replay.unwrap();
            if let Some(end) = replay.end {
                assert_eq!(end.clock(), "03:14:59");
                assert!(replay.at < replay.next && replay.next < Some(end) && !replay.is_playing);
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    fn what_is_counted_is_told_quickly_as_a_snapshot_tells_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/outage.pcap.gz");
        for filter in [None, Some("type:A")] {
            let filter = filter.map(|text| text.parse().unwrap());
            let mut engine = analyzer::alone(EngineConfig { filter, ..EngineConfig::default() });
            let mut source = open_files(&[path.into()], &FileOptions::default()).unwrap();
            while let NextRun::Frames(run) = source.next_run(777) {
                engine.feed(run);
                let snapshot = engine.snapshot(&SnapshotSpec::default());
                assert_eq!(engine.counted(), Counted::of(&snapshot));
            }
        }
    }
}
