//! `rcodetop serve`: the capture on a thread of its own, answers to who asks on this one, a feed in
//! between.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::{self, Capture};
use super::signals::{Inquiry, Stop};
use super::verdict::{self, Exit};
use super::{InternalError, confinement, dashboard, open};
use crate::cli::{Serve, Volume};
use crate::feed::Feed;
use crate::rehearsal;
use crate::serve::{Listener, Pages};
use crate::snapshot::{Cost, Ended, Lists, SnapshotSpec, SourceKind};
use crate::tui::summary::summary;

/// When the numbers are put together for the first time.
const FIRST_AFTER: Duration = Duration::from_millis(100);
/// How often from then on: whoever asks gets numbers that are no older, and costs the capture nothing.
const EVERY: Duration = Duration::from_secs(1);
/// Where that is costly it is done less often: at most this part of the time, 3 %.
const MOST_OF_THE_TIME: u32 = 36;
/// Captures and answers until a signal asks for the end, or an interface fails.
pub(super) fn run(plan: &Serve) -> anyhow::Result<Exit> {
    let analysis = &plan.analysis;
    // Before all else: it is what fails most often, and what confinement must be told of.
    let listener = listen(plan.listen)?;
    let address = listener.address().context("cannot tell where it listens")?;
    let inquiry = Inquiry::on_signal()?;
    let opened = open::open(analysis)?;
    let stop = Stop::on_signals()?;
    let status = confinement::confine_monitor(listener.socket(), analysis, &opened)?;
    confinement::tell(&status, analysis.volume, analysis.input.is_live());
    let feed = Arc::new(Feed::default());
    let spec = spec(plan.servers);
    let mut pages = Pages::new(Arc::clone(&feed), capture::now());
    // Who asks is answered also while a pipe has nothing to read yet.
    let (may_wait, (begun, has_begun)) = (opened.may_wait(), mpsc::channel());
    let read = move || opened.read().inspect(|_| begun.send(()).unwrap_or_default());
    let worker = start(read, Arc::clone(&feed), stop, spec)?;
    // What is no capture is an error before anybody is told where to ask.
    if (may_wait || has_begun.recv().is_ok()) && analysis.volume > Volume::Quiet {
        // Nobody to tell is no reason to fail.
        let _ = writeln!(io::stderr(), "metrics at http://{address}/metrics");
    }
    let served = listener.serve(&mut pages, || {
        if inquiry.take() {
            say_how_it_goes(&feed);
        }
        feed.is_stopping() || feed.panicked().is_some()
    });
    feed.stop();
    let worked = worker.join();
    // A panic of the worker is in the feed.
    if let Some(what) = feed.panicked() {
        return Err(InternalError(what).into());
    }
    worked.unwrap_or(Ok(()))?;
    served.with_context(|| format!("cannot answer on {address}"))?;
    let snapshot = feed.latest();
    verdict::require_frames(&snapshot)?;
    Ok(verdict::verdict(&snapshot, false))
}

fn listen(address: SocketAddr) -> anyhow::Result<Listener> {
    Listener::open(address).with_context(|| {
        let advice = "give another address or port with --listen, such as 127.0.0.1:0 for any port";
        format!("cannot listen on {address} ({advice})")
    })
}

/// The lists of reports are not told; how long they are is.
fn spec(servers: usize) -> SnapshotSpec {
    let lists = Lists { domains: false, prefixes: false, paths: false };
    SnapshotSpec { top: 1, lists, monitor: Some(servers), ..SnapshotSpec::default() }
}

/// One line on standard error; where nobody reads it the capture goes on.
fn say_how_it_goes(feed: &Feed) {
    let [captured, verdict, ..] = summary(&feed.latest(), "");
    let _ = writeln!(io::stderr(), "{captured}; {verdict}");
}

/// The thread that captures; an error is what kept it from beginning.
fn start(
    open: impl FnOnce() -> anyhow::Result<Capture> + Send + 'static,
    feed: Arc<Feed>,
    stop: Stop,
    spec: SnapshotSpec,
) -> anyhow::Result<thread::JoinHandle<anyhow::Result<()>>> {
    thread::Builder::new()
        .name("capture".into())
        .spawn(move || {
            let result = guarded(open, &feed, &stop, spec);
            feed.stop();
            result
        })
        .context("cannot start the capture thread")
}

/// A panic of the capture ends the service in order and is told after it.
fn guarded(
    open: impl FnOnce() -> anyhow::Result<Capture>,
    feed: &Feed,
    stop: &Stop,
    spec: SnapshotSpec,
) -> anyhow::Result<()> {
    let work = || open().map(|capture| work(capture, feed, stop, spec));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        feed.note_panic(dashboard::words(&*panic));
        Ok(())
    })
}

fn work(mut capture: Capture, feed: &Feed, stop: &Stop, spec: SnapshotSpec) {
    let mut publisher = Publisher::new(spec);
    rehearsal::break_out();
    while !feed.is_stopping() {
        dashboard::go_on(&mut capture, feed, stop);
        publisher.publish_if_due(&mut capture, feed);
        // A confined program cannot open an interface again: who started it can start it anew.
        if capture.is_done() && capture.origin.kind == SourceKind::Live {
            feed.stop();
        }
    }
    capture.end(Ended::Stopped);
    if !publisher.is_over {
        publisher.publish(&mut capture, feed);
    }
}

/// Puts the numbers together from time to time.
struct Publisher {
    spec: SnapshotSpec,
    began: Instant,
    next: Instant,
    cost: Cost,
    /// The end of the capture is published.
    is_over: bool,
}

impl Publisher {
    fn new(spec: SnapshotSpec) -> Self {
        let began = Instant::now();
        Self { spec, began, next: began + FIRST_AFTER, cost: Cost::default(), is_over: false }
    }

    fn publish_if_due(&mut self, capture: &mut Capture, feed: &Feed) {
        let ends_now = capture.has_ended() && !self.is_over;
        if ends_now || !self.is_over && Instant::now() >= self.next {
            self.publish(capture, feed);
        }
    }

    fn publish(&mut self, capture: &mut Capture, feed: &Feed) {
        let began = Instant::now();
        self.is_over = capture.has_ended();
        let mut snapshot = capture.snapshot(&self.spec);
        let took = began.elapsed();
        self.cost.snapshots += 1;
        self.cost.took += took;
        self.cost.of = self.began.elapsed();
        snapshot.cost = Some(self.cost);
        feed.publish(snapshot);
        self.next = began + EVERY.max(took * MOST_OF_THE_TIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::capture::tests::capture;
    use crate::source::{End, Losses, Next};

    #[test]
    fn the_end_of_a_capture_is_published_once() {
        let (feed, mut publisher) = (Feed::default(), Publisher::new(spec(3)));
        let mut capture = capture(3, || Next::End(End::EndOfFile), Losses::default());
        while !capture.has_ended() {
            capture.advance();
        }
        publisher.publish_if_due(&mut capture, &feed);
        publisher.publish_if_due(&mut capture, &feed);
        let latest = feed.latest();
        assert_eq!((latest.serial, &latest.source.ended), (1, &Some(Ended::EndOfFile)));
        assert_eq!(latest.cost.map(|cost| cost.snapshots), Some(1));
    }

    #[test]
    fn an_interface_that_fails_ends_the_service_and_a_file_that_is_read_does_not() {
        for (kind, ends) in [(SourceKind::Live, true), (SourceKind::File, false)] {
            let (feed, stop) = (Arc::new(Feed::default()), Stop::default());
            let mut capture =
                capture(3, || Next::End(End::Failed("gone".into())), Losses::default());
            capture.origin.kind = kind;
            let worker = start(|| Ok(capture), Arc::clone(&feed), stop, spec(3)).unwrap();
            while feed.latest().source.ended.is_none() {
                thread::yield_now();
            }
            if !ends {
                assert!(!feed.is_stopping());
                feed.stop();
            }
            worker.join().unwrap().unwrap();
            assert!(feed.is_stopping());
        }
    }
}
