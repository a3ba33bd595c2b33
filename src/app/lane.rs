//! One worker: a thread, what it works on, and the loads that go to and fro.

use std::io;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::rehearsal;

/// Loads on their way at once: what a worker may be behind. Together they fit in a cache.
const LOADS: usize = 3;

/// The sending thread's end of a worker.
pub(super) struct Lane<Load, Desk> {
    /// Locked for as long as a load takes; by the sending thread only when the worker rests.
    desk: Arc<Mutex<Desk>>,
    /// Empty loads at hand.
    empty: Vec<Load>,
    full: Option<SyncSender<Load>>,
    returned: Receiver<Load>,
    thread: Option<JoinHandle<()>>,
}

impl<Load: Send + 'static, Desk: Send + 'static> Lane<Load, Desk> {
    /// Starts a worker: `make` gives an empty load, `work` does what there is to do with a full
    /// one and leaves it empty.
    pub(super) fn start(
        number: usize,
        desk: Desk,
        make: fn() -> Load,
        work: fn(&mut Load, &mut Desk),
    ) -> io::Result<Self> {
        let (full, loads) = sync_channel(LOADS);
        let (done, returned) = sync_channel(LOADS);
        let desk = Arc::new(Mutex::new(desk));
        let theirs = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .name(format!("analysis-{number}"))
            .spawn(move || work_off(&theirs, &loads, &done, work))?;
        Ok(Self {
            desk,
            empty: (0..LOADS).map(|_| make()).collect(),
            full: Some(full),
            returned,
            thread: Some(thread),
        })
    }

    /// Sends a load, and gives an empty one in its place. Waits if the worker is behind.
    pub(super) fn send(&mut self, load: &mut Load) {
        let empty = match self.empty.pop() {
            Some(empty) => empty,
            None => self.receive(),
        };
        let load = std::mem::replace(load, empty);
        let sent = self.full.as_ref().is_some_and(|full| full.send(load).is_ok());
        if !sent {
            self.fail();
        }
    }

    /// Waits until the worker has nothing left to do.
    pub(super) fn wait(&mut self) {
        while self.empty.len() < LOADS {
            let load = self.receive();
            self.empty.push(load);
        }
    }

    /// What the worker works on; to be taken only while it rests.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }

    fn receive(&mut self) -> Load {
        match self.returned.recv() {
            Ok(load) => load,
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

impl<Load, Desk> Drop for Lane<Load, Desk> {
    fn drop(&mut self) {
        self.full = None; // the worker ends when nobody can send
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic that nobody waited for is not worth another
        }
    }
}

/// What a worker does until nobody sends loads any more.
fn work_off<Load, Desk>(
    desk: &Mutex<Desk>,
    loads: &Receiver<Load>,
    done: &SyncSender<Load>,
    work: fn(&mut Load, &mut Desk),
) {
    while let Ok(mut load) = loads.recv() {
        rehearsal::panic_in("analysis");
        work(&mut load, &mut lock(desk));
        if done.send(load).is_err() {
            return;
        }
    }
}

/// Of a worker that panicked nobody reads the counts.
fn lock<Desk>(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use super::*;
    use crate::app::dashboard::words;

    fn add_up(load: &mut Vec<u32>, sum: &mut u32) {
        *sum += load.drain(..).sum::<u32>();
    }

    #[test]
    fn everything_is_done_when_a_worker_rests() {
        let mut lane = Lane::start(1, 0, Vec::new, add_up).unwrap();
        for number in 0..100 {
            let mut load = vec![number];
            lane.send(&mut load);
            assert!(load.is_empty());
        }
        lane.wait();
        assert_eq!(*lane.desk(), 4950);
    }

    #[test]
    fn a_panic_of_a_worker_is_one_of_who_sends() {
        let work = |_: &mut Vec<u32>, _: &mut u32| panic!("in its work");
        let mut lane = Lane::start(1, 0, Vec::new, work).unwrap();
        let panic = panic::catch_unwind(AssertUnwindSafe(|| {
            (0..=LOADS).for_each(|_| lane.send(&mut Vec::new()));
            lane.wait();
        }));
        assert_eq!(words(&*panic.unwrap_err()), "in its work");
    }

    #[test]
    fn a_worker_that_is_not_needed_any_more_ends() {
        let mut lane = Lane::start(1, 0, Vec::new, add_up).unwrap();
        (0..100).for_each(|number| lane.send(&mut vec![number]));
        let desk = Arc::downgrade(&lane.desk);
        drop(lane);
        assert!(desk.upgrade().is_none(), "the thread is still there");
    }
}
