//! The dashboard: the capture on a thread of its own, the screen on this one, a feed in between.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::Capture;
use super::compare::{Baseline, OpenSide};
use super::export::{self, Exporter, Hand};
use super::signals::{Inquiry, Stop};
use super::veil::Veil;
use super::verdict::{self, Exit};
use super::{InternalError, config, confinement, go_on, open, writer};
use crate::cli::{Analysis, ColorChoice, Rights, Volume};
use crate::confine::Status;
use crate::feed::{Command, Feed};
use crate::hearsay::Hearsay;
use crate::rehearsal;
use crate::snapshot::{Cost, Ended, Snapshot, SnapshotSpec};
use crate::tui;
use crate::tui::export::Written;
use crate::tui::glyphs::Glyphs;
use crate::tui::look::Look;
use crate::tui::summary::summary;
use crate::tui::theme::Theme;

/// When the first snapshot is made: some thousand packets of a file are counted by then, and nobody
/// has waited.
const FIRST_AFTER: Duration = Duration::from_millis(20);
/// From then on snapshots are as far apart as the capture is old, until they are this far apart.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// Causes are weighed at most so often: what is told of them shall not flicker.
const WEIGH_EVERY: Duration = Duration::from_secs(1);
/// Where it is costly to weigh them it is done less often: at most this part of the time, 0.5 %.
const MOST_OF_THE_TIME_TO_WEIGH: u32 = 200;
/// A snapshot that is costly to make is made less often: at most this part of the time, 3 %.
const MOST_OF_THE_TIME: u32 = 36;
/// After the end of the capture only the readers' wishes are left to wait for.
const IDLE: Duration = Duration::from_millis(20);

/// Shows the dashboard until the user leaves it.
pub(super) fn run(analysis: &Analysis) -> anyhow::Result<Exit> {
    let (config, note) = config::load(&analysis.screen.config)?;
    warn_of(analysis.volume, note.as_deref());
    let mut analysis = analysis.clone();
    analysis.engine.rows = tui::model::ROWS;
    // What is granted is divided between the whole and a part that may be looked at.
    analysis.engine.max_memory -= analysis.engine.max_memory / PARTS;
    analysis.engine.trail = trail(analysis.engine.max_memory);
    if !analysis.screen.numeric {
        analysis.engine.names = Hearsay::part_of(analysis.engine.max_memory);
    }
    let veil = Veil::of(&analysis)?;
    let baseline = baseline(&mut analysis, veil.clone())?;
    let folder = export::absolute(analysis.export_dir.as_deref())?;
    let hand = hand(&analysis.rights, &folder)?;
    // All that could be said is on the screen.
    let _unheeded = Inquiry::on_signal()?;
    // Until all is open there is nothing to end in order, and a FIFO may be waited for.
    let opened = open::open_behind(veil, &analysis)?;
    let stop = Stop::on_signals()?;
    confinement::take_keys_from_the_terminal();
    let mut to_read = opened.to_read();
    to_read.extend(baseline.iter().flat_map(OpenSide::to_read));
    let status = confinement::confine_to(&analysis.rights, to_read, opened.sockets())?;
    // Before any thread starts: where it cannot be compared with, nothing is to be given back.
    let baseline = baseline.map(Baseline::read).transpose()?;
    let mut exporter = Exporter::start(folder, hand)?;
    let feed = Arc::new(Feed::default());
    let worker = start(opened.read()?.compared(baseline), Arc::clone(&feed), stop)?;
    let options = options(&analysis, config, notice(note, &status), &status);
    let shown = tui::run(&feed, &options, &mut exporter);
    feed.stop();
    let _ = worker.join(); // a panic of the worker is in the feed
    // Where nobody reads it any more, the files still are where they are.
    let _ = tell(&exporter.finish());
    if let Some(what) = feed.panicked() {
        return Err(InternalError(what).into());
    }
    shown.context("cannot show the dashboard")?;
    let snapshot = feed.latest();
    verdict::require_frames(&snapshot)?;
    // Where nobody reads it any more, the exit status still tells.
    let _ = say_what_it_was(&analysis, options.look.glyphs, &snapshot);
    Ok(verdict::verdict(&snapshot, false))
}

/// What is seen shall be compared with this, which gets a part of the memory granted.
fn baseline(analysis: &mut Analysis, veil: Option<Veil>) -> anyhow::Result<Option<OpenSide>> {
    let Some(path) = analysis.screen.baseline.clone() else { return Ok(None) };
    let part = analysis.engine.max_memory / BASELINE_PART;
    analysis.engine.max_memory -= part;
    let mut its = analysis.clone();
    its.engine.max_memory = part;
    Baseline::open(&path, &its, veil).map(Some)
}

/// On the screen the note goes with the first key; here it stays.
fn warn_of(volume: Volume, note: Option<&str>) {
    if let (Some(note), true) = (note, volume > Volume::Quiet) {
        // Where nobody can be told, the dashboard still shows it.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
}

/// Who writes reports: where this process shall not, one that may do nothing else.
fn hand(rights: &Rights, folder: &Path) -> anyhow::Result<Hand> {
    match rights {
        Rights::Confined { .. } if cfg!(target_os = "linux") => writer::start(folder),
        Rights::Confined { .. } | Rights::All => Ok(export::by_oneself(folder)),
    }
}

/// What the user has to know before all else.
fn notice(note: Option<String>, status: &Status) -> Option<String> {
    let open = (*status == Status::Off).then(|| status.line());
    let all: Vec<String> = open.into_iter().chain(note).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The command line before the configuration file, and this before what suits the terminal.
fn options(
    analysis: &Analysis,
    config: config::Config,
    notice: Option<String>,
    status: &Status,
) -> tui::Options {
    let said = analysis.screen.theme.as_deref();
    let theme = match (analysis.color, said) {
        (ColorChoice::Never, _) => Theme::named("none"),
        (_, Some(name)) => Theme::named(name), // `auto` names none
        (_, None) => config.theme,
    };
    let mut look = Look::detect(theme, analysis.screen.ascii || config.ascii);
    if analysis.color == ColorChoice::Always && theme.is_none() && !look.theme.has_colour() {
        look.theme = Theme::named("ansi").unwrap_or(look.theme);
    }
    let mouse = config.mouse && !analysis.screen.no_mouse;
    let names = (!analysis.screen.numeric).then_some(config.names);
    let confined = tui::Confined { line: status.line(), warnings: status.warnings() };
    tui::Options { look, mouse, names, bindings: config.bindings, notice, confined }
}

/// What stays in the terminal.
fn say_what_it_was(analysis: &Analysis, glyphs: Glyphs, snapshot: &Snapshot) -> io::Result<()> {
    let lines = summary(snapshot, &go_on::command(analysis, snapshot));
    super::say(&glyphs.text(&format!("{}\n", lines.join("\n"))))
}

/// Which reports were written and which were not, once the screen is gone.
fn tell(written: &[Written]) -> io::Result<()> {
    for report in written {
        match report {
            Ok(path) => writeln!(io::stdout(), "report written: {path}")?,
            Err(refusal) => writeln!(io::stderr(), "warning: {}", refusal.why)?,
        }
    }
    Ok(())
}

/// The memory granted in shares of what a part may have, which is one of them.
const PARTS: u64 = super::capture::PART_OF_MEMORY + 1;

/// What a baseline may have of the memory granted: this part.
const BASELINE_PART: u64 = 4;

/// Bytes for the latest messages: of all that is granted this part, and no more than that.
const TRAIL_PART: u64 = 8;
const MOST_TRAIL: u64 = 16 << 20;

fn trail(granted: u64) -> usize {
    usize::try_from((granted / TRAIL_PART).min(MOST_TRAIL)).unwrap_or_default()
}

fn start(capture: Capture, feed: Arc<Feed>, stop: Stop) -> anyhow::Result<thread::JoinHandle<()>> {
    thread::Builder::new()
        .name("capture".into())
        .spawn(move || guarded(capture, &feed, &stop))
        .context("cannot start the capture thread")
}

/// A panic of the capture ends the screen in order and is told after it.
fn guarded(capture: Capture, feed: &Feed, stop: &Stop) {
    let result = panic::catch_unwind(AssertUnwindSafe(|| work(capture, feed, stop)));
    if let Err(panic) = result {
        feed.note_panic(words(&*panic));
    }
}

/// What a panic says.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a thread panicked").to_owned()
}

/// Reads a piece, or waits where nothing is left to read; tells all to end where that is asked for.
pub(super) fn go_on(capture: &mut Capture, feed: &Feed, stop: &Stop) {
    if stop.is_asked() {
        feed.stop();
    } else if capture.is_done() {
        thread::sleep(IDLE);
    } else {
        rehearsal::panic_in("capture");
        capture.advance();
    }
}

fn work(mut capture: Capture, feed: &Feed, stop: &Stop) {
    let mut publisher = Publisher::new();
    rehearsal::break_out();
    while !feed.is_stopping() {
        for command in feed.take_commands() {
            publisher.obey(&command, &mut capture);
        }
        go_on(&mut capture, feed, stop);
        publisher.publish_if_due(&mut capture, feed);
    }
    capture.end(Ended::Stopped);
    if !publisher.is_over {
        publisher.publish(&mut capture, feed, true);
    }
}

/// Makes snapshots, neither too often nor for nothing.
struct Publisher {
    spec: SnapshotSpec,
    /// When causes are weighed again.
    weigh_next: Instant,
    /// What a snapshot took last for which causes were not weighed.
    usual: Duration,
    began: Instant,
    next: Instant,
    /// Frames and end of the capture at the last snapshot.
    seen: Option<(u64, bool)>,
    /// What else had changed what is shown by then.
    turns: u64,
    /// Causes are still to be weighed of what was shown at once.
    owes_causes: bool,
    cost: Cost,
    /// The end of the capture is published.
    is_over: bool,
}

impl Publisher {
    fn new() -> Self {
        let began = Instant::now();
        let (spec, cost) = (SnapshotSpec::default(), Cost::default());
        Self {
            spec,
            weigh_next: began + WEIGH_EVERY,
            usual: Duration::ZERO,
            began,
            next: began + FIRST_AFTER,
            seen: None,
            turns: 0,
            owes_causes: false,
            cost,
            is_over: false,
        }
    }

    /// Whatever was asked for, the reader wants to see it at once; but a snapshot of the first few
    /// packets, which the screen's own specification would be answered with, is of no use.
    fn obey(&mut self, command: &Command, capture: &mut Capture) {
        if let Command::Spec(spec) = command {
            self.spec = spec.clone();
        }
        capture.obey(command);
        // What is asked of a replay is seen once it was done.
        if self.cost.snapshots > 0 && !matches!(command, Command::Play(_)) {
            (self.next, self.seen) = (Instant::now(), None);
            self.weigh_next = self.next;
        }
    }

    fn publish_if_due(&mut self, capture: &mut Capture, feed: &Feed) {
        let state = (capture.frames(), capture.has_ended());
        let ended_now = capture.has_ended() && self.seen.is_none_or(|(_, ended)| !ended);
        // A quiet interface still grows older; an ended or paused capture changes no more.
        let now = Instant::now();
        let is_due = self.owes_causes && now >= self.weigh_next;
        let is_news = !capture.is_still() || is_due || self.seen != Some(state);
        if self.turns != capture.turns() && !capture.has_ended() {
            // A key is answered at once. What it means takes longer, and follows when no other comes.
            self.publish(capture, feed, false);
            (self.weigh_next, self.owes_causes) = (now + WEIGH_EVERY, true);
        } else if ended_now || (is_news && now >= self.next) {
            self.publish(capture, feed, capture.has_ended() || now >= self.weigh_next);
        }
    }

    fn publish(&mut self, capture: &mut Capture, feed: &Feed, weigh: bool) {
        let began = Instant::now();
        let has_ended = capture.has_ended();
        let mut snapshot = capture.snapshot(&SnapshotSpec { weigh, ..self.spec.clone() });
        let took = began.elapsed();
        if weigh {
            self.weigh_next = began + WEIGH_EVERY.max(took * MOST_OF_THE_TIME_TO_WEIGH);
            self.owes_causes = false;
        } else {
            self.usual = took;
        }
        self.account(took, has_ended);
        snapshot.cost = Some(self.cost);
        feed.publish(snapshot);
        self.next = began + distance(self.began.elapsed(), self.usual);
        self.seen = Some((capture.frames(), capture.has_ended()));
        self.turns = capture.turns();
    }

    /// What is asked for after the end keeps nothing waiting.
    fn account(&mut self, took: Duration, has_ended: bool) {
        if !self.is_over {
            self.cost.snapshots += 1;
            self.cost.took += took;
            self.cost.of = self.began.elapsed();
        }
        self.is_over |= has_ended;
    }
}

/// How long after a snapshot the next one follows.
fn distance(age: Duration, took: Duration) -> Duration {
    age.clamp(FIRST_AFTER, PUBLISH_EVERY).max(took * MOST_OF_THE_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::capture::play::tests::paused;
    use crate::app::capture::tests::capture;
    use crate::feed::Play;
    use crate::iana::Rcode;
    use crate::source::{End, Losses, Next};

    #[test]
    fn a_panic_of_the_capture_is_told_and_does_not_spread() {
        let feed = Feed::default();
        let broken = capture(3, || panic!("frame of doom"), Losses::default());
        guarded(broken, &feed, &Stop::default());
        assert_eq!(feed.panicked().as_deref(), Some("frame of doom"));
    }

    #[test]
    fn what_is_known_at_the_end_is_published() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        let mut capture = capture(3, || Next::End(End::EndOfFile), Losses::default());
        while !capture.has_ended() {
            capture.advance();
            publisher.publish_if_due(&mut capture, &feed);
        }
        assert_eq!(feed.latest().source.ended, Some(Ended::EndOfFile));
        let serial = feed.latest().serial;
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().serial, serial, "an ended capture changes no more");
    }

    #[test]
    fn the_first_snapshots_come_soon_and_then_more_and_more_rarely() {
        let (soon, cheap) = (Duration::from_millis(1), Duration::from_micros(10));
        assert_eq!(distance(soon, cheap), FIRST_AFTER);
        assert_eq!(distance(FIRST_AFTER * 4, cheap), FIRST_AFTER * 4);
        assert_eq!(distance(PUBLISH_EVERY * 9, cheap), PUBLISH_EVERY);
        assert_eq!(distance(soon, PUBLISH_EVERY), PUBLISH_EVERY * MOST_OF_THE_TIME);
    }

    #[test]
    fn the_wishes_of_a_screen_that_opens_do_not_call_for_a_snapshot_of_nothing() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        publisher.next += PUBLISH_EVERY; // however slow the machine is
        let mut capture = capture(u32::MAX, || Next::Quiet, Losses::default());
        let spec = SnapshotSpec { top: 3, ..SnapshotSpec::default() };
        publisher.obey(&Command::Spec(spec.clone()), &mut capture);
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().serial, 0);
        assert_eq!(publisher.spec, spec);
        publisher.publish(&mut capture, &feed, true);
        publisher.obey(&Command::Spec(spec), &mut capture);
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().serial, 2, "a screen that is open sees it at once");
    }

    #[test]
    fn what_snapshots_cost_is_told_until_the_end_of_the_capture() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        let mut capture = capture(3, || Next::End(End::EndOfFile), Losses::default());
        publisher.publish(&mut capture, &feed, true);
        let first = feed.latest().cost.unwrap();
        assert_eq!(first.snapshots, 1);
        assert!(first.took <= first.of && first.share() <= 1.0);
        while !capture.has_ended() {
            capture.advance();
        }
        publisher.publish_if_due(&mut capture, &feed);
        let last = feed.latest().cost.unwrap();
        assert_eq!(last.snapshots, 2);
        publisher.obey(&Command::Reset, &mut capture);
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().cost, Some(last));
    }

    #[test]
    fn what_is_asked_of_a_replay_is_told_at_once_and_a_paused_one_tells_no_more() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        let mut capture = paused();
        publisher.publish(&mut capture, &feed, true);
        let mut serial = feed.latest().serial;
        let mut publish = |capture: &mut Capture, expected: u64, why: &str| {
            capture.advance();
            (publisher.next, publisher.weigh_next) = (publisher.began, publisher.began); // it is time
            publisher.publish_if_due(capture, &feed);
            publisher.next += PUBLISH_EVERY * 99;
            assert_eq!(feed.latest().serial, serial + expected, "{why}");
            serial += expected;
            feed.latest()
        };
        publish(&mut capture, 0, "it stands still");
        for play in [Play::NextMessage, Play::NextFocus, Play::Faster, Play::Toggle] {
            capture.obey(&Command::Play(play));
            while play == Play::NextFocus && !capture.is_still() {
                capture.advance();
            }
            publish(&mut capture, 1, "something was asked for");
            publish(&mut capture, 1, "and what it means");
            let is_last = play == Play::Toggle;
            publish(&mut capture, u64::from(is_last), "a gap is told while time goes on");
        }
    }

    #[test]
    fn a_new_focus_shows_at_once_even_after_the_end() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        let mut capture = capture(0, || Next::End(End::EndOfFile), Losses::default());
        capture.advance();
        publisher.publish_if_due(&mut capture, &feed);
        publisher.obey(&Command::Focus(Rcode::SERVFAIL.into()), &mut capture);
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().focus, Rcode::SERVFAIL);
    }
}
