//! What a capture needs to be played: the player, the clock that it is told, and how far there is
//! to go.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::capture::Reopen;
use super::player::Player;
use crate::engine::Counted;
use crate::feed::Play;
use crate::snapshot::{Replay, Speed, Timestamp};
use crate::source::NextRun;

/// Where no packet is due, commands are looked for so often.
const NAP: Duration = Duration::from_millis(10);

/// A capture that is played.
pub(super) struct Playing {
    player: Player,
    began: Instant,
    /// When the next packet was captured, as far as it was looked for.
    next: Option<Timestamp>,
    end: Option<EndTime>,
    /// What was counted when something began to be sought.
    from: Option<Counted>,
    /// What is looked at has changed, and may have to be read first.
    is_anew: bool,
    /// How often something else than time has changed what is shown.
    turns: u64,
}

impl Playing {
    /// Plays from the first packet on; what opens the capture once more tells where it ends.
    pub(super) fn start(speed: Speed, open: Option<Reopen>) -> io::Result<Self> {
        let end = open.map(EndTime::find).transpose()?;
        let (player, began) = (Player::new(speed), Instant::now());
        Ok(Self { player, began, next: None, end, from: None, is_anew: false, turns: 0 })
    }

    /// Whether a packet may be read, if the next one is of this time.
    pub(super) fn may_read(&mut self, next: Option<Timestamp>) -> bool {
        self.next = next;
        let until = self.player.go_on(self.began.elapsed(), next);
        next.is_none_or(|next| next <= until)
    }

    /// The packet that was next was read.
    pub(super) fn took(&mut self) {
        self.next.into_iter().for_each(|at| self.player.took(at));
    }

    /// Whether it stands still until it is told otherwise.
    pub(super) fn is_paused(&self) -> bool {
        self.player.is_paused()
    }

    /// The same, and what is looked at is told.
    pub(super) fn is_still(&self) -> bool {
        self.is_paused() && !self.is_anew
    }

    pub(super) fn is_seeking(&self) -> bool {
        self.player.sought().is_some()
    }

    /// So much is counted: whether what is sought is among it, which the first time it is not.
    pub(super) fn sees(&mut self, counted: Counted) -> bool {
        let from = self.from.get_or_insert(counted);
        // A late response takes a silence back: what comes after it is another.
        from.focus = from.focus.min(counted.focus);
        let is_found = match self.player.sought() {
            Some(Play::NextFocus) => counted.focus > from.focus,
            _ => counted.messages > from.messages,
        };
        if is_found {
            self.player.found();
            self.turn();
        }
        is_found
    }

    /// What is looked at has changed: what is sought is sought in that.
    pub(super) fn look_anew(&mut self) {
        (self.from, self.is_anew) = (None, true);
    }

    /// What is looked at was read as far as the whole was played.
    pub(super) fn has_caught_up(&mut self) {
        if std::mem::take(&mut self.is_anew) {
            self.turn();
        }
    }

    pub(super) fn obey(&mut self, play: Play) {
        self.may_read(self.next); // until now it went on as before
        self.player.obey(play, self.next);
        if !self.is_seeking() {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.from = None;
        self.turns += 1;
    }

    /// How often something else than time has changed what is shown.
    pub(super) fn turns(&self) -> u64 {
        self.turns
    }

    /// The packet time that has come where no packet tells it.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.player.time()
    }

    /// Waits for the next packet, and not for long.
    pub(super) fn rest(&self) {
        let wait = self.next.and_then(|next| self.player.wait(next));
        thread::sleep(wait.map_or(NAP, |wait| wait.min(NAP)));
    }

    pub(super) fn told(&self) -> Replay {
        self.player.told(self.next, self.end.as_ref().and_then(EndTime::get))
    }
}

/// When the last packet of capture files was captured, once a thread of its own has read them.
struct EndTime(Arc<AtomicU64>);

/// Not known yet; or the last packet has no time, which is as good.
const UNKNOWN: u64 = 0;

impl EndTime {
    fn find(open: Reopen) -> io::Result<Self> {
        let found = Arc::new(AtomicU64::new(UNKNOWN));
        let wanted = Arc::downgrade(&found);
        thread::Builder::new().name("ahead".into()).spawn(move || {
            // Who reads the files to count them tells what is wrong with them.
            let Ok(mut source) = open() else { return };
            let mut last = UNKNOWN;
            while let Some(found) = wanted.upgrade() {
                match source.next_run(usize::MAX) {
                    NextRun::Frames(run) => {
                        last = run
                            .map(|frame| frame.at.0)
                            .fold(last, |last, at| if at == UNKNOWN { last } else { at });
                    }
                    NextRun::Quiet => {}
                    NextRun::End(_) => return found.store(last, Ordering::Relaxed),
                }
            }
        })?;
        Ok(Self(found))
    }

    fn get(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|at| *at != UNKNOWN).map(Timestamp)
    }
}
