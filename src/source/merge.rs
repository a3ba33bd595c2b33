//! Several capture files as one: always the earliest frame next, files of equal time in the order
//! in which they were named.
//!
//! A file that ends damaged does not end the others; what was wrong is told at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::error::SourceError;
use super::file::{Manner, Reader, Step};
use super::frames::Frames;
use super::held::Held;
use super::naming::{InterfaceNames, Numbering};
use super::record::Place;
use super::{End, FrameSource, Next, NextRun};
use crate::snapshot::Progress;
use crate::time::Timestamp;

/// How long a followed file is left alone once its end is reached.
const FOLLOW_PAUSE: Duration = Duration::from_millis(50);

/// With several files followed, how many frames of one may pass before the others are looked at.
const FRAMES_BETWEEN_LOOKS: u32 = 1024;

/// Frames of one file that are handed out in a row; more would push their bytes out of the cache
/// before they are read.
const RUN: usize = 256;

/// From so many files on, a file has a window only while its frames are due: windows take memory,
/// and captures that were rotated every minute are many.
pub(super) const OPEN_AT_ONCE: usize = 32;

/// Complaints that are kept word by word; more are only counted.
const COMPLAINTS_KEPT: usize = 16;

/// One of the files.
struct Lane {
    held: Arc<Held>,
    /// `None` before the file is due and after its end.
    reader: Option<Box<Reader>>,
    size: Option<u64>,
    consumed: Arc<AtomicU64>,
}

/// Frames of several files in the order of their times.
pub(super) struct Merged {
    lanes: Vec<Lane>,
    manner: Manner,
    numbering: Numbering,
    /// The lane whose frames are given out.
    leader: Option<usize>,
    /// Its frames that come before those of all others: those from `given` to `due`.
    run: Vec<Place>,
    given: usize,
    due: usize,
    /// First frames of all other lanes.
    heads: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Lanes that are not at their end and have no frame now.
    starved: Vec<usize>,
    frames_since_look: u32,
    complaints: Vec<String>,
    complaints_beyond: u64,
    failed: bool,
    /// One of them is no packet capture.
    has_dnstap: bool,
}

enum Choice {
    Frame(usize),
    Quiet,
    End,
}

impl Merged {
    /// Begins to read all files; the first that is no capture ends it.
    pub(super) fn open(files: &[Arc<Held>], manner: Manner) -> Result<Self, SourceError> {
        let mut merged = Self {
            lanes: Vec::with_capacity(files.len()),
            manner,
            numbering: Numbering::default(),
            leader: None,
            run: vec![Place::default(); RUN],
            given: 0,
            due: 0,
            heads: BinaryHeap::new(),
            starved: Vec::new(),
            frames_since_look: 0,
            complaints: Vec::new(),
            complaints_beyond: 0,
            failed: false,
            has_dnstap: false,
        };
        let park = files.len() > OPEN_AT_ONCE && !manner.follow;
        for held in files {
            merged.add(held, park)?;
        }
        Ok(merged)
    }

    /// Whether frames may be dnstap, which is to be translated.
    pub(super) fn has_dnstap(&self) -> bool {
        self.has_dnstap
    }

    fn add(&mut self, held: &Arc<Held>, park: bool) -> Result<(), SourceError> {
        let reader = Reader::open(held, self.manner, &self.numbering)?;
        let (size, consumed) = (reader.size(), reader.consumed());
        self.has_dnstap |= reader.may_be_dnstap();
        let lane = self.lanes.len();
        let held = Arc::clone(held);
        self.lanes.push(Lane { held, reader: Some(Box::new(reader)), size, consumed });
        if park && size.is_some() {
            self.park(lane);
        } else {
            self.starved.push(lane);
        }
        Ok(())
    }

    /// Leaves a file alone until the time of its first frame has come.
    fn park(&mut self, lane: usize) {
        let first = loop {
            match self.pull(lane) {
                Some(first) => break first,
                None if self.starved.pop().is_some() => {}
                None => return,
            }
        };
        self.lanes[lane].close();
        self.lanes[lane].consumed = Arc::default();
        self.heads.push(Reverse((first, lane)));
    }

    /// Begins a parked file again and moves to its first frame.
    fn unpark(&mut self, lane: usize) {
        match Reader::open(&self.lanes[lane].held, self.manner, &self.numbering) {
            Ok(reader) => {
                self.lanes[lane].consumed = reader.consumed();
                self.lanes[lane].reader = Some(Box::new(reader));
                self.starved.push(lane);
            }
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Moves a lane to its next frame and tells its time. `None`: it has none now, or no more.
    fn pull(&mut self, lane: usize) -> Option<Timestamp> {
        loop {
            let this = self.lanes.get_mut(lane)?;
            let reader = this.reader.as_mut()?;
            match reader.step() {
                Step::Frame => return Some(reader.time()),
                Step::Quiet => {
                    self.starved.push(lane);
                    return None;
                }
                Step::Replaced(lost) => {
                    this.consumed = this.reader.as_ref()?.consumed();
                    if let Some(text) = lost {
                        self.complain(text);
                    }
                }
                Step::Complaint(text) => self.complain(text),
                Step::End(end) => {
                    this.close();
                    self.note_end(end);
                    return None;
                }
            }
        }
    }

    fn note_end(&mut self, end: End) {
        match end {
            End::EndOfFile => {}
            End::Damaged(text) => self.complain(text),
            End::Failed(text) => {
                self.failed = true;
                self.complain(text);
            }
        }
    }

    fn complain(&mut self, text: String) {
        if self.complaints.len() < COMPLAINTS_KEPT {
            self.complaints.push(text);
        } else {
            self.complaints_beyond += 1;
        }
    }

    /// Finds the next frames, or why there are none.
    #[inline(never)]
    fn refill(&mut self) -> Choice {
        (self.given, self.due) = (0, 0);
        let choice = self.choose();
        if let Choice::Frame(lane) = choice {
            let (most, until) = self.reach(lane);
            let reader = self.lanes.get_mut(lane).and_then(|lane| lane.reader.as_mut());
            if let (Some(reader), [first, others @ ..]) = (reader, self.run.as_mut_slice()) {
                *first = reader.place();
                let most = most.min(others.len());
                self.due = 1 + reader.run(until, others.get_mut(..most).unwrap_or_default());
            }
            let further = u32::try_from(self.due).unwrap_or(u32::MAX).saturating_sub(1);
            self.frames_since_look = self.frames_since_look.saturating_add(further);
        }
        choice
    }

    /// How many more frames may follow in the same lane without a look at the others, and until
    /// when.
    fn reach(&self, lane: usize) -> (usize, Timestamp) {
        let until = match self.heads.peek() {
            None => Some(Timestamp(u64::MAX)),
            Some(Reverse((at, other))) if lane < *other => Some(*at),
            Some(Reverse((at, _))) => at.0.checked_sub(1).map(Timestamp),
        };
        let frames = if self.starved.is_empty() {
            RUN
        } else if self.manner.follow {
            let left = FRAMES_BETWEEN_LOOKS.saturating_sub(self.frames_since_look);
            usize::try_from(left).unwrap_or(RUN).min(RUN)
        } else {
            1
        };
        until.map_or((0, Timestamp::default()), |until| (frames.saturating_sub(1), until))
    }

    /// Sees to it that frames are at hand; else what there is instead.
    #[inline]
    fn make_ready(&mut self) -> Option<Choice> {
        if self.given < self.due {
            return None;
        }
        match self.refill() {
            Choice::Frame(_) => None,
            choice => Some(choice),
        }
    }

    /// What the places of the run are counted in.
    #[inline]
    fn buffer(&self) -> &[u8] {
        let leader = self.leader.and_then(|lane| self.lanes.get(lane));
        let reader = leader.and_then(|lane| lane.reader.as_ref());
        reader.map_or(&[], |reader| reader.buffer())
    }

    fn choose(&mut self) -> Choice {
        if let Some(lane) = self.leader.take()
            && let Some(at) = self.pull(lane)
        {
            if self.may_lead(at, lane) {
                self.leader = Some(lane);
                return Choice::Frame(lane);
            }
            self.heads.push(Reverse((at, lane)));
        }
        self.choose_among_all()
    }

    /// The common case by far: the same file goes on.
    fn may_lead(&mut self, at: Timestamp, lane: usize) -> bool {
        self.frames_since_look = self.frames_since_look.saturating_add(1);
        let nobody_waits = self.starved.is_empty() || self.may_look_later();
        nobody_waits && self.heads.peek().is_none_or(|Reverse(head)| (at, lane) <= *head)
    }

    /// Followed files hold up nobody, and a look at each after each frame would be a system call.
    fn may_look_later(&self) -> bool {
        self.manner.follow && self.frames_since_look < FRAMES_BETWEEN_LOOKS
    }

    fn choose_among_all(&mut self) -> Choice {
        loop {
            self.look_at_starved();
            if self.must_wait() {
                return self.wait();
            }
            let Some(Reverse((_, lane))) = self.heads.pop() else { return Choice::End };
            if self.lanes.get(lane).is_some_and(|lane| lane.reader.is_some()) {
                self.leader = Some(lane);
                return Choice::Frame(lane);
            }
            self.unpark(lane);
        }
    }

    fn look_at_starved(&mut self) {
        if self.may_look_later() && !self.heads.is_empty() {
            return;
        }
        self.frames_since_look = 0;
        for lane in std::mem::take(&mut self.starved) {
            if let Some(at) = self.pull(lane) {
                self.heads.push(Reverse((at, lane)));
            }
        }
    }

    /// The next frame of a pipe has to be waited for; a followed file may not grow for hours.
    fn must_wait(&self) -> bool {
        let holds_up = |lane: &usize| {
            let reader = self.lanes.get(*lane).and_then(|lane| lane.reader.as_ref());
            self.heads.is_empty() || !reader.is_some_and(|reader| reader.follows())
        };
        self.starved.iter().any(holds_up)
    }

    /// Pipes have waited already; a file at its end answers at once.
    fn wait(&self) -> Choice {
        if self.manner.follow {
            thread::sleep(FOLLOW_PAUSE);
        }
        Choice::Quiet
    }

    fn end(&self) -> End {
        if self.complaints.is_empty() {
            return End::EndOfFile;
        }
        let mut text = self.complaints.join("; ");
        if self.complaints_beyond > 0 {
            text.push_str(&format!("; and {} more", self.complaints_beyond));
        }
        if self.failed { End::Failed(text) } else { End::Damaged(text) }
    }
}

impl Lane {
    fn close(&mut self) {
        self.reader = None;
        // What is behind the damage counts as done, or the progress would never be complete.
        let size = self.size.unwrap_or_default();
        self.consumed = Arc::new(AtomicU64::new(size));
    }
}

impl FrameSource for Merged {
    fn interface_names(&self) -> InterfaceNames {
        self.numbering.names()
    }

    #[inline]
    fn next(&mut self) -> Next<'_> {
        match self.make_ready() {
            Some(Choice::End) => return Next::End(self.end()),
            Some(_) => return Next::Quiet,
            None => self.given += 1,
        }
        let place = self.run.get(self.given - 1);
        place.map_or(Next::Quiet, |place| Next::Frame(place.frame(self.buffer())))
    }

    #[inline]
    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        match self.make_ready() {
            Some(Choice::End) => return NextRun::End(self.end()),
            Some(_) => return NextRun::Quiet,
            None => {}
        }
        let left = self.run.get(self.given..self.due).unwrap_or_default();
        let taken = left.get(..most).unwrap_or(left);
        self.given += taken.len();
        NextRun::Frames(Frames::new(self.buffer(), taken))
    }

    fn peek(&mut self) -> Option<Timestamp> {
        if self.make_ready().is_some() {
            return None; // nothing now, or nothing any more
        }
        self.run.get(self.given).map(|place| place.at)
    }

    fn progress(&self) -> Option<Progress> {
        if self.manner.follow {
            return None;
        }
        self.lanes.iter().try_fold(Progress::default(), |sum, lane| {
            let total = sum.total + lane.size?;
            let done = sum.done + lane.consumed.load(Ordering::Relaxed).min(lane.size?);
            Some(Progress { done, total })
        })
    }

    fn complaints(&self) -> &[String] {
        &self.complaints
    }
}
