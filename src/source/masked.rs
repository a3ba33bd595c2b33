//! A source whose frames have no true addresses: whoever reads it cannot tell them to anybody.

use std::os::fd::RawFd;
use std::time::Duration;

use super::batch::Batch;
use super::record::Place;
use super::{End, FrameSource, Losses, Next, NextRun};
use crate::mask::{Key, Masker};
use crate::snapshot::{Progress, Senders};
use crate::time::Timestamp;
use crate::wire::Frame;

/// Frames that are masked at a time.
const RUN: usize = 64;

/// Masks what another source gives.
pub struct Masked {
    source: Box<dyn FrameSource>,
    masker: Masker,
    /// Frames that are masked and not given out yet.
    batch: Batch,
    ended: bool,
}

impl Masked {
    /// The frames of a source with DNS on these ports, by the pseudonyms of a key.
    pub fn new(source: Box<dyn FrameSource>, key: &Key, ports: &[u16]) -> Self {
        let (masker, batch) = (Masker::new(key, ports), Batch::default());
        Self { source, masker, batch, ended: false }
    }

    /// Sees to it that a frame is at hand; else what there is instead.
    fn fill(&mut self) -> Option<Instead> {
        while self.batch.is_spent() {
            self.batch.clear();
            let Self { source, masker, batch, ended } = self;
            let mut keep = |frame: &Frame<'_>| keep(frame, batch);
            match source.next_run(RUN) {
                NextRun::Frames(run) => run.for_each(|frame| masker.take(&frame, &mut keep)),
                NextRun::Quiet => return Some(Instead::Quiet),
                NextRun::End(end) if *ended => return Some(Instead::End(end)),
                NextRun::End(end) => {
                    *ended = true;
                    masker.finish(&mut keep);
                    if batch.is_spent() {
                        return Some(Instead::End(end));
                    }
                }
            }
        }
        None
    }
}

fn keep(frame: &Frame<'_>, batch: &mut Batch) {
    let Frame { at, wire_len, link, interface, bytes } = *frame;
    batch.add(Place { at, wire_len, link, interface, ..Place::default() }, bytes);
}

/// What there is where there is no frame.
enum Instead {
    Quiet,
    End(End),
}

impl FrameSource for Masked {
    fn next(&mut self) -> Next<'_> {
        match self.fill() {
            Some(Instead::Quiet) => Next::Quiet,
            Some(Instead::End(end)) => Next::End(end),
            None => self.batch.take().map_or(Next::Quiet, Next::Frame),
        }
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.fill() {
            Some(Instead::Quiet) => NextRun::Quiet,
            Some(Instead::End(end)) => NextRun::End(end),
            None => NextRun::Frames(self.batch.take_many(most)),
        }
    }

    fn remains(&mut self) -> NextRun<'_> {
        while self.batch.is_spent() {
            self.batch.clear();
            let Self { source, masker, batch, .. } = self;
            let NextRun::Frames(run) = source.remains() else { break };
            let mut keep = |frame: &Frame<'_>| keep(frame, batch);
            run.for_each(|frame| masker.take(&frame, &mut keep));
        }
        self.batch.take_rest()
    }

    fn peek(&mut self) -> Option<Timestamp> {
        // One that is masked already, or else the time of the one that would be.
        match self.batch.next_time() {
            Some(at) => Some(at),
            None => self.source.peek(),
        }
    }

    fn losses(&mut self) -> Losses {
        let (gaps, pieces) = self.masker.lost();
        let losses = self.source.losses();
        Losses { gaps: losses.gaps + gaps, pieces: losses.pieces + pieces, ..losses }
    }

    fn complaints(&self) -> &[String] {
        self.source.complaints()
    }

    fn idle(&self) -> Option<&str> {
        self.source.idle()
    }

    fn sockets(&self) -> Vec<RawFd> {
        self.source.sockets()
    }

    fn listeners(&self) -> Vec<RawFd> {
        self.source.listeners()
    }

    fn senders(&self) -> Option<Senders> {
        self.source.senders()
    }

    fn delay(&self) -> Duration {
        self.source.delay()
    }

    fn progress(&self) -> Option<Progress> {
        self.source.progress()
    }
}
