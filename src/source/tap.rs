//! What DNS servers tell on a Unix socket (dnstap), as frames that hold a message alone, about in
//! the order of their times.
//!
//! The kernel's buffers are the queue: a server whose messages nobody takes drops them and waits
//! for nobody, and no sender waits for another here. What comes is held for two seconds by the
//! clock, for each server gathers for up to one, and then given out sorted.

use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::batch::Batch;
use super::sender::{Ear, Fate, Sender};
use super::socket::DnstapSocket;
use super::sorted::Sorted;
use super::{FrameSource, LONGEST_WAIT, Next, NextRun};
use crate::snapshot::{SenderTrouble, Senders};
use crate::time::Timestamp;

/// Senders at once.
pub const MOST_SENDERS: usize = 64;

/// Connections accepted before those that are there have their turn.
const ACCEPTED_AT_ONCE: usize = 16;

/// Bytes read of one sender before it is the next one's turn.
const PIECE: usize = 64 << 10;

/// How long frames wait for earlier ones: twice what servers gather for at most.
const HELD_FOR: Duration = Duration::from_secs(2);

/// After so long, what happened has come and was given out, if it ever will be.
const DELAY: Duration = Duration::from_millis(2200);

/// Where nothing can be accepted, as no descriptor is free, it is tried again after this.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket and who tells what on it.
struct Tap {
    socket: DnstapSocket,
    senders: Vec<Sender<UnixStream>>,
    counts: Senders,
    complaints: Vec<String>,
    sorted: Sorted,
    batch: Batch,
    piece: Vec<u8>,
    /// Nobody is accepted before.
    paused: Option<Instant>,
}

impl DnstapSocket {
    /// Waits for senders and gives out what they tell. It never ends by itself.
    pub fn listen(self) -> Box<dyn FrameSource> {
        Box::new(Tap {
            socket: self,
            senders: Vec::new(),
            counts: Senders::default(),
            complaints: Vec::new(),
            sorted: Sorted::default(),
            batch: Batch::default(),
            piece: vec![0; PIECE],
            paused: None,
        })
    }
}

impl FrameSource for Tap {
    fn next(&mut self) -> Next<'_> {
        self.refill();
        self.batch.take().map_or(Next::Quiet, Next::Frame)
    }

    fn next_run(&mut self, most: usize) -> NextRun<'_> {
        self.refill();
        if self.batch.is_spent() {
            return NextRun::Quiet;
        }
        NextRun::Frames(self.batch.take_many(most))
    }

    fn remains(&mut self) -> NextRun<'_> {
        if self.batch.is_spent() {
            self.batch.clear();
            self.sorted.give_all(&mut self.batch);
        }
        self.batch.take_rest()
    }

    fn complaints(&self) -> &[String] {
        &self.complaints
    }

    fn listeners(&self) -> Vec<RawFd> {
        vec![self.socket.listener.as_raw_fd()]
    }

    fn senders(&self) -> Option<Senders> {
        Some(self.counts)
    }

    fn delay(&self) -> Duration {
        DELAY
    }
}

impl Tap {
    /// Sees to it that frames are at hand, if any are due in time.
    fn refill(&mut self) {
        if !self.batch.is_spent() {
            return;
        }
        self.batch.clear();
        let began = Instant::now();
        loop {
            self.give_out();
            let left = LONGEST_WAIT.saturating_sub(began.elapsed());
            self.hear(if self.batch.is_spent() { left } else { Duration::ZERO });
            if !self.batch.is_spent() || left.is_zero() {
                return;
            }
        }
    }

    /// Gives out what has waited for long enough, and what is from a time that is still to come, as
    /// where the clock was set back.
    fn give_out(&mut self) {
        let now = now();
        self.sorted.give_out(now.minus(HELD_FOR), &mut self.batch);
        if self.sorted.earliest().is_some_and(|earliest| earliest.since(now) > HELD_FOR) {
            self.sorted.give_all(&mut self.batch);
        }
    }

    /// Waits until somebody says something, for so long at most, and hears a piece of each.
    fn hear(&mut self, wait: Duration) {
        let before = self.counts;
        let ready = self.wait(wait);
        let mut ready = ready.into_iter();
        let is_called = ready.next().unwrap_or_default();
        let (now, clock) = (now(), Instant::now());
        let Self { senders, sorted, piece, counts, .. } = self;
        let mut ear = Ear { piece, sorted, senders: counts, now, clock };
        senders.retain_mut(|sender| {
            let is_ready = ready.next().unwrap_or_default();
            let stays = !is_ready || sender.hear(&mut ear) == Fate::Stays;
            stays && !sender.is_late(clock, ear.senders)
        });
        if is_called {
            self.accept(clock);
        }
        let telling = self.senders.iter().filter(|sender| sender.is_telling()).count();
        self.counts.connected = telling as u64;
        if self.counts.troubles != before.troubles {
            self.complaints = self.counts.losses().collect();
        }
    }

    /// Whether there is something to accept, and for each sender, something to hear.
    fn wait(&self, wait: Duration) -> Vec<bool> {
        let readable = |flags: PollFlags| !flags.is_empty();
        let is_paused = self.paused.is_some_and(|until| Instant::now() < until);
        let call = if is_paused { PollFlags::empty() } else { PollFlags::IN };
        let mut all = vec![PollFd::from_borrowed_fd(self.socket.listener.as_fd(), call)];
        let each = self.senders.iter();
        all.extend(each.map(|each| PollFd::from_borrowed_fd(each.stream.as_fd(), PollFlags::IN)));
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        // A signal ends the wait early, which is as good as silence.
        if poll(&mut all, Some(&wait)).is_err() {
            return Vec::new();
        }
        all.iter().map(|each| readable(each.revents())).collect()
    }

    fn accept(&mut self, clock: Instant) {
        self.paused = None;
        for _ in 0..ACCEPTED_AT_ONCE {
            let stream = match self.socket.listener.accept() {
                Ok((stream, _)) => stream,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.paused = clock.checked_add(PAUSE);
                    return;
                }
            };
            // Who is not listened to sees that it is closed, and may come again.
            if self.senders.len() >= MOST_SENDERS || stream.set_nonblocking(true).is_err() {
                self.counts.note(SenderTrouble::Refused);
            } else {
                self.senders.push(Sender::new(stream, clock));
            }
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().plus(since)
}
