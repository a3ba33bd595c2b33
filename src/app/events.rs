//! Findings as they come and go, a line each, while a capture goes on.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::capture::Capture;
use crate::output::EventLog;
use crate::snapshot::{Lists, Snapshot, SnapshotSpec};

/// How often it is looked at what was found.
const EVERY: Duration = Duration::from_secs(1);
/// Where that is costly it is done less often: at most this part of the time, 3 %.
const MOST_OF_THE_TIME: u32 = 36;
/// How often it is told how it stands.
const SUMMARY_EVERY: Duration = Duration::from_secs(60);

/// The lines, and when there are more.
pub(super) struct Events {
    log: EventLog,
    out: Box<dyn Write>,
    next: Instant,
    summary: Instant,
}

impl Events {
    pub(super) fn new(out: Box<dyn Write>) -> Self {
        let now = Instant::now();
        Self { log: EventLog::default(), out, next: now + EVERY, summary: now + SUMMARY_EVERY }
    }

    /// Writes what has become of findings, if it is time to look.
    pub(super) fn follow(&mut self, capture: &mut Capture) -> anyhow::Result<()> {
        let began = Instant::now();
        if began < self.next || capture.has_ended() {
            return Ok(());
        }
        let lists = Lists { domains: false, prefixes: false, paths: false };
        let snapshot = capture.snapshot(&SnapshotSpec { top: 1, lists, ..SnapshotSpec::default() });
        self.next = began + EVERY.max(began.elapsed() * MOST_OF_THE_TIME);
        self.write(&snapshot, began >= self.summary).context(CANNOT)
    }

    fn write(&mut self, snapshot: &Snapshot, with_summary: bool) -> io::Result<()> {
        self.log.follow(snapshot, &mut self.out)?;
        if with_summary {
            self.summary += SUMMARY_EVERY;
            self.log.summary(snapshot, &mut self.out)?;
        }
        Ok(())
    }

    /// Writes what is left to say at the end.
    pub(super) fn close(mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        self.log.close(snapshot, &mut self.out).context(CANNOT)
    }
}

const CANNOT: &str = "cannot write the events";

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::app::capture::tests::capture;
    use crate::snapshot::Ended;
    use crate::source::{Losses, Next};

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn how_it_stands_is_told_from_time_to_time_and_at_the_end() {
        let out = Shared::default();
        let mut capture = capture(3, || Next::Quiet, Losses::default());
        let mut events = Events::new(Box::new(out.clone()));
        capture.advance();
        let lines = |out: &Shared| out.0.borrow().split(|byte| *byte == b'\n').count() - 1;
        events.follow(&mut capture).unwrap();
        assert_eq!(lines(&out), 0, "it is not time yet");
        (events.next, events.summary) = (Instant::now(), Instant::now());
        events.follow(&mut capture).unwrap();
        events.follow(&mut capture).unwrap();
        assert_eq!(lines(&out), 1);
        capture.end(Ended::Stopped);
        events.close(&capture.snapshot(&SnapshotSpec::default())).unwrap();
        assert_eq!(lines(&out), 2);
    }
}
