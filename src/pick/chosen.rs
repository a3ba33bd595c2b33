//! Exchanges that are meant, as far as their packets have to be known again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;

use crate::engine::Witness;
use crate::iana::Rcode;
use crate::time::Timestamp;
use crate::track::{DUPLICATE_WINDOW, Exchange, LATE_PATIENCE, Outcome};
use crate::wire::{Endpoint, Transport};

/// What a note costs, with its place in a table.
const COST: usize = size_of::<Note>() + size_of::<Key>() + 32;

/// A TCP connection is there as a whole if it began and ended this much before and after.
const CONNECTION: Duration = Duration::from_secs(5);

/// Notes under one key that are looked at for one packet.
const SEARCH: usize = 16;

/// Who asked whom; the message ID where messages of one pair have to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) client: Endpoint,
    pub(super) server: Endpoint,
    pub(super) transport: Transport,
    pub(super) id: Option<u16>,
}

/// An exchange: when it was, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    from: Timestamp,
    to: Timestamp,
    outcome: Outcome,
    rcode: Option<Rcode>,
}

impl Note {
    fn of(exchange: &Exchange<'_>, patience: Duration) -> Self {
        let begin = match (exchange.asked, exchange.outcome) {
            (Some(asked), _) => asked.at.min(exchange.at),
            (None, Outcome::Answered { took, .. }) => Timestamp(exchange.at.0.saturating_sub(took)),
            (None, _) => exchange.at,
        };
        let end = match exchange.answer {
            Some(_) => exchange.at,
            // What ended it came before it was given up for good.
            None => exchange
                .asked
                .map_or(exchange.at, |asked| asked.last)
                .plus(patience * 2 + LATE_PATIENCE),
        };
        let margin = match exchange.transport {
            Transport::Tcp => CONNECTION,
            _ => Duration::ZERO,
        };
        let from = Timestamp(begin.0.saturating_sub(nanos(margin)));
        let to = end.max(begin).plus(margin.max(DUPLICATE_WINDOW));
        let rcode = exchange.answer.map(|answer| answer.rcode);
        Self { from, to, outcome: exchange.outcome, rcode }
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }
}

/// What came of it, in words.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rcode) = self.rcode {
            write!(f, "{rcode} ")?;
        }
        match self.outcome {
            Outcome::Answered { took, .. } => {
                write!(f, "after {:.3} ms", Duration::from_nanos(took).as_secs_f64() * 1e3)
            }
            Outcome::RepeatedResponse => f.write_str("once more"),
            Outcome::Unasked => f.write_str("to no query seen"),
            Outcome::Skipped => f.write_str("to a query that was skipped"),
            Outcome::Unanswered => f.write_str("no response"),
            Outcome::Unreachable(obstacle) => write!(f, "unreachable: {}", obstacle.meaning()),
            Outcome::Undecided => f.write_str("no response until the capture ended"),
        }
    }
}

/// The exchanges that are meant.
#[derive(Debug, Default)]
pub struct Notes {
    by_key: HashMap<Key, Vec<Note>, foldhash::quality::RandomState>,
    count: usize,
    without: u64,
    most: usize,
}

impl Notes {
    /// How many exchanges are meant.
    pub fn exchanges(&self) -> u64 {
        self.count as u64 + self.without
    }

    /// How many of them are not noted, for want of memory.
    pub fn without(&self) -> u64 {
        self.without
    }

    fn add(&mut self, exchange: &Exchange<'_>, patience: Duration) {
        if self.count >= self.most {
            self.without += 1;
            return;
        }
        self.count += 1;
        let end = |address, port| Endpoint { address, port };
        let key = Key {
            client: end(exchange.client, exchange.client_port),
            server: end(exchange.server, exchange.server_port),
            transport: exchange.transport,
            id: (exchange.transport != Transport::Tcp).then_some(exchange.id),
        };
        let note = Note::of(exchange, patience);
        self.by_key.entry(key).or_default().push(note);
        // An error may quote so little that there is no message ID in it.
        if key.id.is_some() && matches!(exchange.outcome, Outcome::Unreachable(_)) {
            self.by_key.entry(Key { id: None, ..key }).or_default().push(note);
        }
    }

    /// Makes them fit to be searched.
    pub(super) fn sorted(mut self) -> Self {
        self.by_key.values_mut().for_each(|notes| notes.sort_by_key(|note| note.from));
        self
    }

    /// The exchange that a packet belongs to.
    pub(super) fn find(&self, key: &Key, at: Timestamp) -> Option<&Note> {
        let notes = self.by_key.get(key)?;
        let behind = notes.partition_point(|note| note.from <= at);
        notes.get(..behind)?.iter().rev().take(SEARCH).find(|note| note.holds(at))
    }
}

/// Takes note of every exchange that it is told.
#[derive(Debug)]
pub struct Chosen {
    notes: Arc<Mutex<Notes>>,
    patience: Duration,
}

impl Chosen {
    /// Takes notes of so many bytes at most, of exchanges in which a query waits for so long.
    pub fn new(most_bytes: usize, patience: Duration) -> Self {
        let notes = Notes { most: most_bytes / COST, ..Notes::default() };
        Self { notes: Arc::new(Mutex::new(notes)), patience }
    }

    /// What is noted, to be taken when all was told.
    pub fn notes(&self) -> impl FnOnce() -> Notes + use<> {
        let notes = Arc::clone(&self.notes);
        move || std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Witness for Chosen {
    fn see(&mut self, exchange: &Exchange<'_>) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.add(exchange, self.patience);
    }

    fn pass(&mut self, _: Timestamp) {}

    fn close(&mut self) {}
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
