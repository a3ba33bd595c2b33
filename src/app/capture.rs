//! The capture loop: frames from a source into an analyzer, in pieces short enough to do something
//! else in between.

pub(super) mod play;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::analyze::Analyze;
use super::compare::Baseline;
use super::overload::Overload;
use super::remover::Remover;
use super::replay::Playing;
use crate::engine::EngineConfig;
use crate::feed::Command;
use crate::geo::Atlas;
use crate::record::Recorder;
use crate::select::Filter;
use crate::snapshot::{
    COMPLAINT, Ended, Lists, Progress, Quality, Snapshot, SnapshotSpec, SourceKind, Timestamp,
};
use crate::source::{End, FrameSource, Frames, InterfaceNames, NextRun, SourceError};
use crate::summary::Sum;

/// What a piece of work may take before the caller gets its turn.
const PIECE: Duration = Duration::from_millis(50);
/// A piece has at most this many frames, so that one slow moment is not a long one.
const MOST_FRAMES: u32 = 4096;

/// What is to be written to files is with the disk after so long at most.
const FLUSH: Duration = Duration::from_secs(1);

/// Where the packets come from, and what they are counted by.
pub(super) struct Capture {
    pub(super) origin: Origin,
    whole: Reader,
    part: Option<Part>,
    again: Again,
    /// How its packets come, if it is as they were captured.
    playing: Option<Playing>,
    /// Whether packets come faster than they can be looked at.
    overload: Overload,
    began: Instant,
    /// What it is compared with.
    baseline: Option<Baseline>,
    /// Removes the socket that it is told on, with the end of all this.
    remover: Option<Remover>,
}

/// A source, what it feeds, and how far they are.
struct Reader {
    source: Box<dyn FrameSource>,
    analyzer: Box<dyn Analyze>,
    /// Frames in a piece: adapts to the speed of source and analyzer.
    batch: u32,
    frames: u64,
    ended: Option<Ended>,
    /// Writes them to files.
    recorder: Option<Recorder>,
    flushed: Instant,
}

/// What a filter selects, counted apart from the whole, which goes on.
enum Part {
    /// What is read can be read again, from its beginning.
    Again(Box<Reader>),
    /// What is still in memory, and what comes in from now on; since when that is.
    FromNow(Box<dyn Analyze>, Timestamp),
}

/// How to count a part of it.
#[derive(Default)]
pub(super) struct Again {
    /// As the whole is counted.
    pub(super) engine: EngineConfig,
    /// Opens the source once more, if that can be.
    pub(super) open: Option<Reopen>,
}

/// Opens a source once more.
pub(super) type Reopen = Box<dyn Fn() -> Result<Box<dyn FrameSource>, SourceError> + Send>;

/// What a part may have of the memory granted to the whole.
pub(super) const PART_OF_MEMORY: u64 = 4;

/// What the source itself does not know.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) kind: SourceKind,
    /// As the user named it, escaped.
    pub(super) name: String,
    /// Whether addresses are pseudonyms.
    pub(super) pseudonyms: bool,
    /// Tells where addresses are.
    pub(super) atlas: Option<Arc<Atlas>>,
}

/// What is counted beside what reads.
type Beside<'a> = Option<&'a mut dyn Analyze>;

impl Reader {
    fn new(source: Box<dyn FrameSource>, analyzer: Box<dyn Analyze>) -> Self {
        let (recorder, flushed) = (None, Instant::now());
        Self { source, analyzer, batch: 1, frames: 0, ended: None, recorder, flushed }
    }

    /// Reads for about [`PIECE`], or until there is nothing to read now, and not more than so many
    /// frames. What is counted beside sees the same.
    fn advance(&mut self, most: u64, is_live: bool, mut beside: Beside<'_>) {
        let began = Instant::now();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut left = most.min(self.batch as usize);
        while left > 0 {
            match self.take(left, is_live, &mut beside) {
                Some(taken) => left -= taken,
                None => return,
            }
        }
        self.batch = next_batch(self.batch, began.elapsed());
    }

    /// Takes in at most so many frames and tells how many; `None` if there are none now, or none any
    /// more.
    fn take(&mut self, most: usize, is_live: bool, beside: &mut Beside<'_>) -> Option<usize> {
        match self.source.next_run(most) {
            NextRun::Frames(run) => {
                let taken = run.len();
                self.frames += taken as u64;
                let (recorder, analyzer) = (&mut self.recorder, &mut *self.analyzer);
                feed(run, recorder.as_mut(), beside, analyzer);
                return Some(taken);
            }
            NextRun::Quiet => self.quiet(is_live, beside),
            NextRun::End(end) => {
                self.end(ended(end), beside);
            }
        }
        None
    }

    /// On a quiet interface only the clock tells that queries have waited too long. In a file
    /// packet time is the only time there is.
    fn quiet(&mut self, is_live: bool, beside: &mut Beside<'_>) {
        self.batch = 1;
        if is_live {
            let now = now().minus(self.source.delay());
            self.analyzer.tick(now);
            if let Some(analyzer) = beside {
                analyzer.tick(now);
            }
        }
    }

    /// Takes in what was read already, where that waits for what comes before it.
    fn take_remains(&mut self, beside: &mut Beside<'_>) {
        while let (None, NextRun::Frames(run)) = (&self.ended, self.source.remains()) {
            self.frames += run.len() as u64;
            feed(run, self.recorder.as_mut(), beside, &mut *self.analyzer);
        }
    }

    /// Nothing follows: what was held is counted. The first end is the one that counts.
    fn end(&mut self, how: Ended, beside: &mut Beside<'_>) {
        if self.ended.is_some() {
            return;
        }
        if let Some(beside) = beside {
            beside.finish();
        }
        self.analyzer.finish();
        self.ended = Some(how);
    }

    /// What was read is with the disk before long.
    fn flush(&mut self) {
        let Some(recorder) = &mut self.recorder else { return };
        if self.ended.is_some() {
            recorder.finish();
        } else if self.flushed.elapsed() >= FLUSH {
            recorder.flush();
            self.flushed = Instant::now();
        }
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

/// Hands frames to all that look at them.
fn feed(
    run: Frames<'_>,
    recorder: Option<&mut Recorder>,
    beside: &mut Beside<'_>,
    analyzer: &mut dyn Analyze,
) {
    if let Some(recorder) = recorder {
        run.clone().for_each(|frame| recorder.frame(&frame));
    }
    if let Some(beside) = beside {
        beside.feed(run.clone());
    }
    analyzer.feed(run);
}

impl Capture {
    pub(super) fn new(
        origin: Origin,
        source: Box<dyn FrameSource>,
        analyzer: Box<dyn Analyze>,
    ) -> Self {
        let whole = Reader::new(source, analyzer);
        Self {
            origin,
            whole,
            part: None,
            again: Again::default(),
            playing: None,
            overload: Overload::default(),
            baseline: None,
            remover: None,
            began: Instant::now(),
        }
    }

    /// The same, of which parts can be looked at.
    pub(super) fn with(self, again: Again) -> Self {
        Self { again, ..self }
    }

    /// The same, whose packets come as they were captured.
    pub(super) fn played(self, playing: Playing) -> Self {
        Self { playing: Some(playing), ..self }
    }

    /// The same, compared with what was before.
    pub(super) fn compared(self, baseline: Option<Baseline>) -> Self {
        Self { baseline, ..self }
    }

    /// The same, with whose end a socket is removed.
    pub(super) fn keeping(self, remover: Option<Remover>) -> Self {
        Self { remover, ..self }
    }

    /// The same, whose frames are written to files.
    pub(super) fn recorded(mut self, recorder: Option<Recorder>) -> Self {
        self.whole.recorder = recorder;
        self
    }

    /// Reads a piece; first of what is looked at.
    pub(super) fn advance(&mut self) {
        self.read_on();
        self.relieve_if_overloaded();
        self.whole.flush();
    }

    /// Looks at less when the kernel drops what nobody fetched in time.
    fn relieve_if_overloaded(&mut self) {
        let now = self.began.elapsed();
        if self.origin.kind != SourceKind::Live || !self.overload.is_due(now) {
            return;
        }
        let lost = self.whole.source.losses().kernel.unwrap_or_default();
        if let Some(level) = self.overload.look(now, lost) {
            self.analyzers().for_each(|analyzer| analyzer.relieve(level));
        }
    }

    /// Who begins anew needs as much relief as who goes on.
    fn relieve_again(&mut self) {
        let level = self.overload.level();
        self.analyzers().for_each(|analyzer| analyzer.relieve(level));
    }

    fn read_on(&mut self) {
        if self.catch_up() {
            return;
        }
        if let Some(playing) = &mut self.playing {
            playing.has_caught_up();
            return self.play();
        }
        let is_live = self.origin.kind == SourceKind::Live;
        self.whole.advance(u64::MAX, is_live, beside(&mut self.part));
    }

    /// Reads a piece of the part that is looked at, unless it is as far as it may be.
    fn catch_up(&mut self) -> bool {
        let behind = self.behind();
        match &mut self.part {
            Some(Part::Again(part)) if behind > 0 => part.advance(behind, false, None),
            _ => return false,
        }
        true
    }

    /// How many frames more may be read of the part that is read again: of what is played, those
    /// that have been.
    fn behind(&self) -> u64 {
        match &self.part {
            Some(Part::Again(part)) if part.ended.is_some() => 0,
            Some(Part::Again(part)) if self.playing.is_some() && self.whole.ended.is_none() => {
                self.whole.frames.saturating_sub(part.frames)
            }
            Some(Part::Again(_)) => u64::MAX,
            Some(Part::FromNow(..)) | None => 0,
        }
    }

    /// Nothing follows.
    pub(super) fn end(&mut self, how: Ended) {
        // Of what is played, the time of what remains has not come.
        let is_played = self.playing.is_some();
        if let Some(Part::Again(part)) = &mut self.part {
            if !is_played {
                part.take_remains(&mut None);
            }
            part.end(how.clone(), &mut None);
        }
        let mut beside = beside(&mut self.part);
        if !is_played {
            self.whole.take_remains(&mut beside);
        }
        self.whole.end(how, &mut beside);
        self.whole.flush();
        self.remover = None;
    }

    /// What is looked at: the whole, or a part that is read again.
    fn shown(&self) -> &Reader {
        match &self.part {
            Some(Part::Again(part)) => part,
            _ => &self.whole,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.shown().ended.is_some()
    }

    /// Whether nothing is left to read, neither of what is looked at nor of the whole.
    pub(super) fn is_done(&self) -> bool {
        self.has_ended() && self.whole.ended.is_some()
    }

    pub(super) fn frames(&self) -> u64 {
        self.shown().frames
    }

    /// What the interfaces are called.
    pub(super) fn interface_names(&self) -> InterfaceNames {
        self.whole.source.interface_names()
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        self.shown().source.progress()
    }

    /// Looks at what a filter selects, or at everything again. Where the source cannot be opened
    /// once more, at what comes from now on.
    fn select(&mut self, filter: Option<&Filter>) {
        let filter = filter.filter(|filter| !filter.is_empty());
        self.part = filter.map(|filter| {
            let engine = &self.again.engine;
            let analyzer = super::analyzer::alone(EngineConfig {
                filter: Some(
                    engine
                        .filter
                        .as_ref()
                        .map_or_else(|| filter.clone(), |always| always.and(filter)),
                ),
                max_memory: engine.max_memory / PART_OF_MEMORY,
                trail: engine.trail / 4,
                names: engine.names / 4,
                ..engine.clone()
            });
            match self.again.open.as_ref().and_then(|open| open().ok()) {
                Some(source) => Part::Again(Box::new(Reader::new(source, analyzer))),
                None => self.remembered(analyzer),
            }
        });
    }

    /// A part that begins with the messages that are in memory.
    fn remembered(&mut self, mut analyzer: Box<dyn Analyze>) -> Part {
        let frames = self.whole.analyzer.kept_frames();
        frames.iter().for_each(|frame| analyzer.feed(frame.frame().into()));
        if self.whole.ended.is_some() {
            analyzer.finish();
        }
        Part::FromNow(analyzer, frames.first().map_or_else(now, |frame| frame.entry.at))
    }

    fn analyzers(&mut self) -> impl Iterator<Item = &mut Box<dyn Analyze>> {
        let part = self.part.as_mut().map(|part| match part {
            Part::Again(reader) => &mut reader.analyzer,
            Part::FromNow(analyzer, _) => analyzer,
        });
        std::iter::once(&mut self.whole.analyzer).chain(part)
    }

    /// Does what a reader asks; a new specification is the caller's to keep.
    pub(super) fn obey(&mut self, command: &Command) {
        match command {
            Command::Focus(focus) => {
                self.again.engine.focus = *focus;
                self.analyzers().for_each(|analyzer| analyzer.set_focus(*focus));
                self.playing.iter_mut().for_each(Playing::look_anew);
            }
            Command::Reset => {
                self.analyzers().for_each(|analyzer| analyzer.reset());
                self.relieve_again();
                self.playing.iter_mut().for_each(Playing::look_anew);
                if let Some(Part::FromNow(_, since)) = &mut self.part {
                    *since = now();
                }
            }
            Command::Select(filter) => {
                self.select(filter.as_ref());
                self.relieve_again();
                self.playing.iter_mut().for_each(Playing::look_anew);
            }
            Command::Play(play) => {
                self.playing.iter_mut().for_each(|playing| playing.obey(*play));
            }
            Command::Spec(_) => {}
        }
    }

    /// All that was counted, and what is known of it; nothing is counted any more from then on.
    pub(super) fn sum(mut self) -> Sum {
        let lists = Lists { domains: false, prefixes: false, paths: false };
        let spec = SnapshotSpec { top: 0, lists, weigh: false, ..SnapshotSpec::default() };
        let snapshot = self.snapshot(&spec);
        Sum::of(&snapshot, self.whole.analyzer.take_tallies())
    }

    /// What is known now.
    pub(super) fn snapshot(&mut self, spec: &SnapshotSpec) -> Snapshot {
        let losses = self.whole.source.losses();
        let mut snapshot = match self.analyzers().last() {
            Some(analyzer) => analyzer.snapshot(spec),
            None => Snapshot::default(),
        };
        if let (Some(Part::FromNow(_, since)), Some(selected)) =
            (&self.part, &mut snapshot.selected)
        {
            selected.since = Some(*since);
        }
        let shown = self.shown();
        snapshot.source.ended.clone_from(&shown.ended);
        snapshot.source.progress = shown.source.progress();
        snapshot.source.replay = self.playing.as_ref().map(Playing::told);
        let complaints = shown.complaints();
        snapshot.source.kind = self.origin.kind;
        snapshot.source.name.clone_from(&self.origin.name);
        snapshot.source.pseudonyms = self.origin.pseudonyms;
        snapshot.source.idle = self.whole.source.idle().map(str::to_owned);
        snapshot.source.senders = self.whole.source.senders();
        snapshot.source.recording = self.whole.recorder.as_ref().map(Recorder::status);
        snapshot.ledger.kernel_dropped = losses.kernel;
        snapshot.ledger.interface_dropped = losses.interface;
        snapshot.ledger.stream_gaps += losses.gaps;
        snapshot.ledger.shed_pieces += losses.pieces;
        if self.origin.pseudonyms {
            snapshot.withhold_commands();
        }
        snapshot.assess();
        // First: what is wrong with the source outweighs what follows from it.
        snapshot.quality.splice(0..0, complaints);
        if let Some(baseline) = &mut self.baseline {
            baseline.look(&mut snapshot);
        }
        // Last, as a baseline has rows of its own.
        if let Some(atlas) = &self.origin.atlas {
            snapshot.locate(|ip| atlas.of(ip));
        }
        snapshot
    }
}

/// What is counted beside the whole.
fn beside(part: &mut Option<Part>) -> Beside<'_> {
    match part {
        Some(Part::FromNow(analyzer, _)) => Some(&mut **analyzer),
        Some(Part::Again(_)) | None => None,
    }
}

fn ended(end: End) -> Ended {
    match end {
        End::EndOfFile => Ended::EndOfFile,
        End::Damaged(why) => Ended::Damaged(why),
        End::Failed(why) => Ended::Failed(why),
    }
}

pub(super) fn now() -> Timestamp {
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
        let origin = Origin {
            kind: SourceKind::File,
            name: "script".into(),
            pseudonyms: false,
            atlas: None,
        };
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

    /// A quiet source that holds so many frames back.
    struct Holding(u32);

    impl FrameSource for Holding {
        fn next(&mut self) -> Next<'_> {
            Next::Quiet
        }

        fn remains(&mut self) -> NextRun<'_> {
            if self.0 == 0 {
                return NextRun::Quiet;
            }
            self.0 -= 1;
            let (at, link) = (Timestamp::new(1, 0), LinkType(1));
            NextRun::Frames(Frame { at, wire_len: 0, link, interface: 0, bytes: &[] }.into())
        }
    }

    #[test]
    fn what_waits_to_be_put_in_order_is_counted_once_when_it_is_stopped() {
        let Capture { origin, .. } = capture(0, || Next::Quiet, Losses::default());
        let analyzer = crate::app::analyzer::alone(EngineConfig::default());
        let mut capture = Capture::new(origin, Box::new(Holding(3)), analyzer);
        capture.advance();
        assert_eq!(capture.frames(), 0);
        capture.end(Ended::Stopped);
        capture.end(Ended::Stopped);
        assert_eq!(capture.snapshot(&SnapshotSpec::default()).ledger.frames, 3);
        assert_eq!(capture.frames(), 3);
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
        let losses = Losses { kernel: Some(3), interface: Some(0), ..Losses::default() };
        let mut capture = capture(0, || Next::Quiet, losses);
        let snapshot = capture.snapshot(&SnapshotSpec::default());
        let ids: Vec<_> = snapshot.quality.iter().map(|quality| quality.id).collect();
        assert_eq!(ids, ["source", "dropped"]);
        assert_eq!(snapshot.quality[0].text, "the script is boring");
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

    /// The frames of the whole and of what is looked at, after a filter was set and taken back.
    #[track_caller]
    fn check_select(open: Option<Reopen>, expected: [u64; 3]) {
        let engine = EngineConfig::default();
        let whole = capture(6, || Next::Quiet, Losses::default());
        let mut capture = whole.with(Again { engine, open });
        capture.advance();
        capture.advance();
        capture.obey(&Command::Select(Some("type:A".parse().unwrap())));
        (0..9).for_each(|_| capture.advance());
        let part = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(part.selected.map(|it| it.filter).as_deref(), Some("type:A"));
        capture.obey(&Command::Select(None));
        (0..9).for_each(|_| capture.advance());
        let whole = capture.snapshot(&SnapshotSpec::default());
        assert_eq!(whole.selected, None);
        assert_eq!([part.ledger.frames, whole.ledger.frames, capture.frames()], expected);
        assert!(!capture.is_done(), "the whole has not ended");
    }

    #[test]
    fn a_part_is_read_again_or_counted_from_now_on_and_the_whole_is_kept() {
        // Two pieces of one and two frames are read before.
        check_select(None, [3, 6, 6]);
        let open: Reopen = Box::new(|| {
            let (losses, complaints) = (Losses::default(), Vec::new());
            Ok(Box::new(Script {
                frames: 40,
                then: || Next::End(End::EndOfFile),
                losses,
                complaints,
            }))
        });
        check_select(Some(open), [40, 6, 6]);
    }
}
