//! The dashboard: the capture on a thread of its own, the screen on this one, a feed in between.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::Capture;
use super::signals::Stop;
use super::verdict::{self, Exit};
use super::{InternalError, open};
use crate::cli::Analysis;
use crate::feed::{Command, Feed};
use crate::snapshot::{Ended, SnapshotSpec};
use crate::tui;

/// Snapshots are at least this far apart.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// A snapshot that is costly to make is made less often: at most this part of the time, 3 %.
const MOST_OF_THE_TIME: u32 = 33;
/// After the end of the capture only the readers' wishes are left to wait for.
const IDLE: Duration = Duration::from_millis(20);

/// Shows the dashboard until the user leaves it.
pub(super) fn run(analysis: &Analysis) -> anyhow::Result<Exit> {
    let stop = Stop::on_signals()?;
    let mut analysis = analysis.clone();
    analysis.engine.rows = tui::model::ROWS;
    let capture = open::capture(&analysis)?;
    let feed = Arc::new(Feed::default());
    let worker = start(capture, Arc::clone(&feed), stop)?;
    let color = super::wants_color(analysis.color, false);
    let shown = tui::run(&feed, &tui::Options { color, mouse: true });
    feed.stop();
    let _ = worker.join(); // a panic of the worker is in the feed
    if let Some(what) = feed.panicked() {
        return Err(InternalError(what).into());
    }
    shown.context("cannot show the dashboard")?;
    let snapshot = feed.latest();
    verdict::require_frames(&snapshot)?;
    Ok(verdict::verdict(&snapshot, false))
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

fn work(mut capture: Capture, feed: &Feed, stop: &Stop) {
    let mut publisher = Publisher::new();
    while !feed.is_stopping() {
        for command in feed.take_commands() {
            publisher.obey(&command, &mut capture);
        }
        if stop.is_asked() {
            feed.stop();
        } else if capture.has_ended() {
            thread::sleep(IDLE);
        } else {
            capture.advance();
        }
        publisher.publish_if_due(&mut capture, feed);
    }
    capture.end(Ended::Stopped);
    publisher.publish(&mut capture, feed);
}

/// Makes snapshots, neither too often nor for nothing.
struct Publisher {
    spec: SnapshotSpec,
    next: Instant,
    /// Frames and end of the capture at the last snapshot.
    seen: Option<(u64, bool)>,
}

impl Publisher {
    fn new() -> Self {
        Self { spec: SnapshotSpec::default(), next: Instant::now(), seen: None }
    }

    /// Whatever was asked for, the reader wants to see it at once.
    fn obey(&mut self, command: &Command, capture: &mut Capture) {
        if let Command::Spec(spec) = command {
            self.spec = spec.clone();
        }
        capture.obey(command);
        (self.next, self.seen) = (Instant::now(), None);
    }

    fn publish_if_due(&mut self, capture: &mut Capture, feed: &Feed) {
        let state = (capture.frames(), capture.has_ended());
        let ended_now = capture.has_ended() && self.seen.is_some_and(|(_, ended)| !ended);
        // A quiet interface still grows older; an ended capture changes no more.
        let is_news = !capture.has_ended() || self.seen != Some(state);
        if ended_now || (is_news && Instant::now() >= self.next) {
            self.publish(capture, feed);
        }
    }

    fn publish(&mut self, capture: &mut Capture, feed: &Feed) {
        let began = Instant::now();
        feed.publish(capture.snapshot(&self.spec));
        self.next = began + PUBLISH_EVERY.max(began.elapsed() * MOST_OF_THE_TIME);
        self.seen = Some((capture.frames(), capture.has_ended()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::capture::tests::capture;
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
    fn a_new_focus_shows_at_once_even_after_the_end() {
        let feed = Feed::default();
        let mut publisher = Publisher::new();
        let mut capture = capture(0, || Next::End(End::EndOfFile), Losses::default());
        capture.advance();
        publisher.publish_if_due(&mut capture, &feed);
        publisher.obey(&Command::Focus(Rcode::SERVFAIL), &mut capture);
        publisher.publish_if_due(&mut capture, &feed);
        assert_eq!(feed.latest().focus, Rcode::SERVFAIL);
    }
}
