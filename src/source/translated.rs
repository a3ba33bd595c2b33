//! A source of which some frames are dnstap: given out as frames that hold a DNS message alone, in
//! the order of their times.
//!
//! Servers have several threads and write what each of them has gathered one after the other, so
//! that a response may stand before its query, and both a second late. What comes is held for a
//! while, within a bound, and then given out sorted.

use std::os::fd::RawFd;
use std::time::Duration;

use super::batch::Batch;
use super::dnstap::{self, Message, Teller};
use super::record::Place;
use super::sorted::Sorted;
use super::{End, FrameSource, InterfaceNames, Losses, Next, NextRun};
use crate::snapshot::Progress;
use crate::time::Timestamp;
use crate::wire::Frame;

/// Frames that are translated at a time.
const RUN: usize = 64;

/// A frame waits until another one is so much later: twice what servers gather for at most (BIND
/// and fstrm write after a second).
const PATIENCE: Duration = Duration::from_secs(2);

/// After so many looks in vain, of 100 ms each, nothing earlier will come.
const MOST_QUIET: u32 = 20;

/// Translates what another source gives.
pub(super) struct Translated<S> {
    source: S,
    teller: Teller,
    held: Held,
    /// Frames that are not given out yet.
    batch: Batch,
    quiet: u32,
    end: Option<End>,
}

/// Frames that wait for earlier ones, and until when.
#[derive(Debug, Default)]
struct Held {
    sorted: Sorted,
    course: Course,
    /// Whether any frame was dnstap. Until then nothing has to wait: of a file that is followed it
    /// is not known from the beginning what it will be.
    is_told: bool,
}

impl<S: FrameSource> Translated<S> {
    pub(super) fn new(source: S) -> Self {
        let (teller, held, batch) = (Teller::default(), Held::default(), Batch::default());
        Self { source, teller, held, batch, quiet: 0, end: None }
    }

    /// Sees to it that a frame is at hand; else what there is instead.
    fn fill(&mut self) -> Option<NextRun<'static>> {
        while self.batch.is_spent() {
            self.batch.clear();
            if let Some(end) = &self.end {
                return Some(NextRun::End(end.clone()));
            }
            let Self { source, teller, held, batch, quiet, end } = self;
            let mut is_over = false;
            match source.next_run(RUN) {
                NextRun::Frames(run) => {
                    *quiet = 0;
                    run.for_each(|frame| translate(teller, &frame, held, batch));
                }
                NextRun::Quiet => {
                    *quiet += 1;
                    is_over = *quiet > MOST_QUIET;
                    if !is_over || held.sorted.is_empty() {
                        return Some(NextRun::Quiet);
                    }
                }
                NextRun::End(how) => {
                    *end = Some(how);
                    is_over = true;
                }
            }
            if is_over {
                held.sorted.give_all(batch);
            } else {
                held.sorted.give_out(held.course.latest.minus(PATIENCE), batch);
            }
        }
        None
    }
}

/// A time that is farther than this from those before it is odd.
const LEAP: Duration = Duration::from_secs(10);

/// So many odd ones in a row are the time from then on: a clock was set, or nothing came for long.
const MOST_ODD: u32 = 8;

/// How far the time of frames is. One that is far ahead does not make all that follow it late.
#[derive(Debug, Default)]
struct Course {
    latest: Timestamp,
    /// Odd ones in a row, and the latest of these.
    odd: u32,
    odd_latest: Timestamp,
}

impl Course {
    fn note(&mut self, at: Timestamp) {
        let is_odd = at.since(self.latest).max(self.latest.since(at)) > LEAP;
        if !is_odd {
            self.odd = 0;
            self.latest = self.latest.max(at);
            return;
        }
        self.odd_latest = if self.odd == 0 { at } else { self.odd_latest.max(at) };
        self.odd += 1;
        if self.odd >= MOST_ODD || self.latest == Timestamp::default() {
            (self.latest, self.odd) = (self.odd_latest, 0);
        }
    }
}

fn translate(teller: &mut Teller, frame: &Frame<'_>, held: &mut Held, batch: &mut Batch) {
    let Frame { at, wire_len, link, interface, bytes } = *frame;
    let place = Place { at, wire_len, link, interface, ..Place::default() };
    let is_dnstap = link == dnstap::LINK;
    held.is_told |= is_dnstap;
    if !held.is_told {
        return batch.add(place, bytes);
    }
    held.course.note(at);
    if !is_dnstap {
        return held.sorted.add(place, bytes);
    }
    teller.tell(at, Message::read(bytes), |told| {
        let at = told.map_or(at, |told| told.at);
        held.sorted.tell(Place { at, ..place }, told);
    });
}

impl<S: FrameSource> FrameSource for Translated<S> {
    fn next(&mut self) -> Next<'_> {
        match self.fill() {
            Some(NextRun::End(end)) => Next::End(end),
            Some(_) => Next::Quiet,
            None => self.batch.take().map_or(Next::Quiet, Next::Frame),
        }
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.fill() {
            Some(instead) => instead,
            None => NextRun::Frames(self.batch.take_many(most)),
        }
    }

    fn peek(&mut self) -> Option<Timestamp> {
        if self.fill().is_some() {
            return None;
        }
        self.batch.next_time()
    }

    fn losses(&mut self) -> Losses {
        self.source.losses()
    }

    fn interface_names(&self) -> InterfaceNames {
        self.source.interface_names()
    }

    fn remains(&mut self) -> NextRun<'_> {
        let Self { held, batch, .. } = self;
        if batch.is_spent() {
            batch.clear();
            held.sorted.give_all(batch);
        }
        batch.take_rest()
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

    fn progress(&self) -> Option<Progress> {
        self.source.progress()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds as they come, and which one is the latest after each.
    #[track_caller]
    fn check(script: &[(u64, u64)]) {
        let mut course = Course::default();
        for (place, (at, latest)) in script.iter().enumerate() {
            course.note(Timestamp::new(*at, 0));
            assert_eq!(course.latest, Timestamp::new(*latest, 0), "{place}: {script:?}");
        }
    }

    #[test]
    fn a_time_far_from_all_others_moves_nothing() {
        check(&[(100, 100), (99, 100), (101, 101), (9_000, 101), (102, 102), (5, 102), (103, 103)]);
    }

    #[test]
    fn times_that_stay_elsewhere_are_the_time() {
        let leap = |to: u64| {
            let still = std::iter::repeat_n((to, 100), 7);
            [(100, 100)].into_iter().chain(still).chain([(to, to), (to + 1, to + 1)])
        };
        check(&leap(9_000).collect::<Vec<_>>());
        check(&leap(20).collect::<Vec<_>>());
    }
}
