//! The only thing the capture thread and its readers share: the latest snapshot, how it ended,
//! and what the readers ask of the capture.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::focus::Focus;
use crate::select::Filter;
use crate::snapshot::{Snapshot, SnapshotSpec};

/// What a reader asks of the capture thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Everything shall revolve around this.
    Focus(Focus),
    /// Snapshots shall be made to this specification.
    Spec(SnapshotSpec),
    /// Counting starts anew.
    Reset,
    /// Snapshots shall tell of this alone; `None`: of everything.
    Select(Option<Filter>),
    /// The packets of a file that is played shall come otherwise.
    Play(Play),
}

/// How packets shall come that are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// Stand still, or go on.
    Toggle,
    /// Pass over everything before the next DNS message, and then go on as before.
    NextMessage,
    /// Pass over everything before the next response in focus, and stand still there.
    NextFocus,
    /// At the next slower speed.
    Slower,
    /// At the next faster speed.
    Faster,
    /// As fast as they can be read, to the end.
    ToEnd,
}

/// The meeting place of one capture thread and its readers. Locks are held to copy a pointer.
#[derive(Debug, Default)]
pub struct Feed {
    latest: Mutex<Arc<Snapshot>>,
    commands: Mutex<Vec<Command>>,
    asked: AtomicBool,
    stop: AtomicBool,
    panicked: Mutex<Option<String>>,
}

impl Feed {
    /// Replaces the latest snapshot.
    pub fn publish(&self, snapshot: Snapshot) {
        *lock(&self.latest) = Arc::new(snapshot);
    }

    /// The latest snapshot; an empty one before the first.
    pub fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.latest))
    }

    /// Asks something of the capture thread, which looks for it between packets.
    pub fn ask(&self, command: Command) {
        lock(&self.commands).push(command);
        self.asked.store(true, Ordering::Release);
    }

    /// What was asked since the last call; free when nothing was.
    pub fn take_commands(&self) -> Vec<Command> {
        if self.asked.swap(false, Ordering::AcqRel) {
            std::mem::take(&mut *lock(&self.commands))
        } else {
            Vec::new()
        }
    }

    /// Tells the capture thread to end, and readers that it shall.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether [`Self::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Records that a thread other than the screen's panicked, and how; the first one counts.
    pub fn note_panic(&self, what: String) {
        lock(&self.panicked).get_or_insert(what);
    }

    /// What [`Self::note_panic`] recorded.
    pub fn panicked(&self) -> Option<String> {
        lock(&self.panicked).clone()
    }
}

/// A thread that panicked while it held the lock left a whole value behind: pointers are swapped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_taken_once() {
        let feed = Feed::default();
        assert!(feed.take_commands().is_empty());
        feed.ask(Command::Reset);
        feed.ask(Command::Focus(Focus::NoResponse));
        assert_eq!(feed.take_commands(), [Command::Reset, Command::Focus(Focus::NoResponse)]);
        assert!(feed.take_commands().is_empty());
    }

    #[test]
    fn the_first_panic_is_the_one_told() {
        let feed = Feed::default();
        feed.note_panic("first".into());
        feed.note_panic("second".into());
        assert_eq!(feed.panicked().as_deref(), Some("first"));
    }
}
