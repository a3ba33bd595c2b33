//! One worker: a thread, its back half, and the parcels that go to and fro.

use std::io;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::engine::{Back, Found, Parcel};
use crate::snapshot::Timestamp;

/// Parcels on their way at once: what a worker may be behind. Together they fit in a cache.
const PARCELS: usize = 4;

/// The reading thread's end of a worker.
pub(super) struct Lane {
    /// Locked for as long as a parcel takes; by the reading thread only when the worker rests.
    back: Arc<Mutex<Back>>,
    /// What is being filled.
    parcel: Parcel,
    /// Empty parcels at hand.
    empty: Vec<Parcel>,
    full: Option<SyncSender<Parcel>>,
    returned: Receiver<Parcel>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Starts a worker.
    pub(super) fn start(number: usize, back: Back) -> io::Result<Self> {
        Self::with(number, back, work)
    }

    fn with(number: usize, back: Back, work: Work) -> io::Result<Self> {
        let (full, parcels) = sync_channel(PARCELS);
        let (done, returned) = sync_channel(PARCELS);
        let back = Arc::new(Mutex::new(back));
        let theirs = Arc::clone(&back);
        let thread = thread::Builder::new()
            .name(format!("analysis-{number}"))
            .spawn(move || work(&theirs, &parcels, &done))?;
        Ok(Self {
            back,
            parcel: Parcel::default(),
            empty: (0..PARCELS).map(|_| Parcel::default()).collect(),
            full: Some(full),
            returned,
            thread: Some(thread),
        })
    }

    /// Adds a packet that was found when it was `now`.
    #[inline]
    pub(super) fn push(&mut self, found: &Found<'_>, now: Timestamp) {
        self.parcel.push(found, now);
        if self.parcel.is_full() {
            self.send();
        }
    }

    /// Adds that it is `now`.
    pub(super) fn push_time(&mut self, now: Timestamp) {
        self.parcel.push_time(now);
        if self.parcel.is_full() {
            self.send();
        }
    }

    /// Sends what there is. Waits if the worker is behind.
    pub(super) fn send(&mut self) {
        let empty = match self.empty.pop() {
            Some(empty) => empty,
            None => self.receive(),
        };
        let parcel = std::mem::replace(&mut self.parcel, empty);
        let sent = self.full.as_ref().is_some_and(|full| full.send(parcel).is_ok());
        if !sent {
            self.fail();
        }
    }

    /// Waits until the worker has nothing left to do.
    pub(super) fn wait(&mut self) {
        while self.empty.len() < PARCELS {
            let parcel = self.receive();
            self.empty.push(parcel);
        }
    }

    /// The back half; to be taken only while the worker rests.
    pub(super) fn back(&self) -> MutexGuard<'_, Back> {
        lock(&self.back)
    }

    fn receive(&mut self) -> Parcel {
        match self.returned.recv() {
            Ok(parcel) => parcel,
            Err(_) => self.fail(),
        }
    }

    /// The worker is gone, which nothing but a panic does: it becomes one of this thread.
    #[cold]
    fn fail(&mut self) -> ! {
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Err(panic)) => panic::resume_unwind(panic),
            _ => panic::resume_unwind(Box::new("an analysis thread is gone")),
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.full = None; // the worker ends when nobody can send
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic that nobody waited for is not worth another
        }
    }
}

/// What a worker does until nobody sends parcels any more.
type Work = fn(&Mutex<Back>, &Receiver<Parcel>, &SyncSender<Parcel>);

fn work(back: &Mutex<Back>, parcels: &Receiver<Parcel>, done: &SyncSender<Parcel>) {
    while let Ok(mut parcel) = parcels.recv() {
        parcel.unpack(&mut lock(back));
        if done.send(parcel).is_err() {
            return;
        }
    }
}

/// Of a worker that panicked nobody reads the counts.
fn lock(back: &Mutex<Back>) -> MutexGuard<'_, Back> {
    back.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use super::*;
    use crate::app::dashboard::words;
    use crate::engine::EngineConfig;
    use crate::tally::Bounds;
    use crate::track::Hasher;

    fn back() -> Back {
        Back::new(&EngineConfig::default(), &Bounds::of(0, 20), Hasher::default())
    }

    #[track_caller]
    fn check_panic(work: Work, expected: &str) {
        let mut lane = Lane::with(1, back(), work).unwrap();
        let panic = panic::catch_unwind(AssertUnwindSafe(|| {
            (0..PARCELS).for_each(|_| lane.send());
            lane.wait();
        }));
        assert_eq!(words(&*panic.unwrap_err()), expected);
    }

    #[test]
    fn a_panic_of_a_worker_is_one_of_who_sends() {
        check_panic(|_, _, _| panic!("at once"), "at once");
        check_panic(
            |_, parcels, _| {
                let _ = parcels.recv();
                panic!("in its work")
            },
            "in its work",
        );
    }

    #[test]
    fn a_worker_that_is_not_needed_any_more_ends() {
        let mut lane = Lane::start(1, back()).unwrap();
        (0..100).for_each(|second| {
            lane.push_time(Timestamp::new(second, 0));
            lane.send();
        });
        let back = Arc::downgrade(&lane.back);
        drop(lane);
        assert!(back.upgrade().is_none(), "the thread is still there");
    }
}
