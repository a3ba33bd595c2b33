//! Sees every exchange, and puts the rows together that are written together.

use std::time::Duration;

use super::batch::Batch;
use super::hour::{Hour, Place};
use super::row::{END_WORDS, Row};
use crate::engine::Witness;
use crate::focus::Focus;
use crate::time::Timestamp;
use crate::track::{Exchange, LATE_PATIENCE};

/// What the words of a row depend on beside the exchange.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// What everything revolves around.
    pub focus: Focus,
    /// Nanoseconds that a query waits for its response.
    pub patience: u64,
    /// Nanoseconds after which a first response is slow.
    pub slow_after: u64,
}

/// What is to be done with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Add them to the file of this hour.
    Add(Hour),
    /// The file of this hour is whole.
    Close(Hour),
    /// All files are.
    Finish,
}

/// Rows and what is to be done with them; whoever takes them leaves an empty batch.
#[derive(Debug)]
pub struct Load {
    /// What to do.
    pub order: Order,
    /// With these.
    pub batch: Batch,
}

impl Default for Load {
    fn default() -> Self {
        Self { order: Order::Finish, batch: Batch::default() }
    }
}

/// Takes rows that are to be written.
pub type Hand = Box<dyn FnMut(&mut Load) + Send>;

/// How many rows there were, by how their exchanges ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; END_WORDS.len()]);

impl Tally {
    /// Counts the rows of a batch.
    pub fn add(&mut self, batch: &Batch) {
        for row in batch.rows() {
            let shape = batch.shapes().get(row.shape.0 as usize);
            if let Some(count) = shape.and_then(|shape| self.0.get_mut(shape.end as usize)) {
                *count += 1;
            }
        }
    }

    /// Counts the rows that another one counted.
    pub fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The words of all ends that there were, and how many of each.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let each = END_WORDS.iter().zip(self.0).map(|((_, word, _), count)| (*word, count));
        each.filter(|(_, count)| *count > 0)
    }
}

/// Hours of which rows wait at once. Packets come nearly in order: there is one, or two where one
/// goes over into the next.
pub(super) const MOST_OPEN: usize = 4;

/// An hour is over this long after its end: clocks differ, and packets come late.
const GRACE: Duration = Duration::from_secs(60);

/// Gathers rows.
pub struct Gather {
    meaning: Meaning,
    place: Place,
    /// The one that was used last is the last.
    drawers: Vec<(Hour, Batch)>,
    most_bytes: usize,
    hand: Hand,
    /// For what is handed over.
    load: Load,
}

impl std::fmt::Debug for Gather {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gather").field("drawers", &self.drawers.len()).finish_non_exhaustive()
    }
}

impl Gather {
    /// Gathers rows into batches of so many bytes at most, and hands them over.
    pub fn new(meaning: Meaning, place: Place, most_bytes: usize, hand: Hand) -> Self {
        let (drawers, load) = (Vec::with_capacity(MOST_OPEN + 1), Load::default());
        Self { meaning, place, drawers, most_bytes, hand, load }
    }

    /// The batch for rows of an hour.
    fn drawer(&mut self, hour: Hour) -> &mut Batch {
        let place = match self.drawers.iter().rposition(|(each, _)| *each == hour) {
            Some(place) => place,
            None => self.open(hour),
        };
        let last = self.drawers.len() - 1;
        if place != last {
            self.drawers.swap(place, last);
        }
        &mut self.drawers[last].1
    }

    fn open(&mut self, hour: Hour) -> usize {
        if self.drawers.len() >= MOST_OPEN {
            let (hour, batch) = self.drawers.remove(0);
            self.give(Order::Add(hour), batch);
        }
        let batch = std::mem::take(&mut self.load.batch);
        self.drawers.push((hour, batch));
        self.drawers.len() - 1
    }

    fn give(&mut self, order: Order, mut batch: Batch) {
        batch.settle();
        self.load.order = order;
        let empty = std::mem::replace(&mut self.load.batch, batch);
        (self.hand)(&mut self.load);
        if !self.load.batch.has_room() {
            self.load.batch = empty;
        }
    }

    fn give_drawer(&mut self, place: usize, order: fn(Hour) -> Order) {
        let (hour, batch) = self.drawers.remove(place);
        self.give(order(hour), batch);
    }
}

impl Witness for Gather {
    fn see(&mut self, exchange: &Exchange<'_>) {
        let hour = self.place.drawer(Row::time_of(exchange));
        let (meaning, most) = (self.meaning, self.most_bytes);
        let batch = self.drawer(hour);
        batch.push(exchange, &meaning);
        if batch.is_full(most) {
            self.give_drawer(self.drawers.len() - 1, Order::Add);
        }
    }

    fn pass(&mut self, now: Timestamp) {
        if matches!(self.place, Place::File(_)) {
            return;
        }
        let late = Duration::from_nanos(self.meaning.patience) * 2 + LATE_PATIENCE + GRACE;
        let before = Hour::of(Timestamp(now.0.saturating_sub(nanos(late))));
        while let Some(place) = self.drawers.iter().position(|(hour, _)| *hour < before) {
            self.give_drawer(place, Order::Close);
        }
    }

    fn close(&mut self) {
        while !self.drawers.is_empty() {
            self.give_drawer(0, Order::Add);
        }
        self.give(Order::Finish, Batch::default());
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
