//! The few response codes that nearly all responses carry, each with a counter of its own.
//!
//! Everything else shares one counter per key and is told apart in a small side table.

use hashbrown::HashMap;

use crate::focus::Focus;
use crate::iana::Rcode;
use crate::time::Timestamp;

/// How many counters a key has.
pub(crate) const SLOTS: usize = 8;

/// A counter's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u8);

/// The codes with a counter of their own, by slot; the last slot is all others'.
const OWN: [Rcode; SLOTS - 1] = [
    Rcode::NOERROR,
    Rcode::NXDOMAIN,
    Rcode::SERVFAIL,
    Rcode::REFUSED,
    Rcode::FORMERR,
    Rcode::NOTIMP,
    Rcode::NOTAUTH,
];

impl Slot {
    /// Where codes without a counter of their own go.
    pub(crate) const OTHER: Self = Self(7);

    pub(crate) const fn of(rcode: Rcode) -> Self {
        match rcode {
            Rcode::NOERROR => Self(0),
            Rcode::NXDOMAIN => Self(1),
            Rcode::SERVFAIL => Self(2),
            Rcode::REFUSED => Self(3),
            Rcode::FORMERR => Self(4),
            Rcode::NOTIMP => Self(5),
            Rcode::NOTAUTH => Self(6),
            _ => Self::OTHER,
        }
    }

    pub(crate) const fn place(self) -> usize {
        (self.0 & 7) as usize
    }

    pub(crate) const fn bit(self) -> u8 {
        1 << (self.0 & 7)
    }

    /// All slots.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=7).map(Self)
    }

    /// The code of the slot, unless it is everyone's.
    pub(crate) fn rcode(self) -> Option<Rcode> {
        OWN.get(self.place()).copied()
    }
}

/// What is kept of a key apart, for when it is in focus: a slot of codes, no response, slow ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aspect(u8);

/// How many aspects there are.
pub(super) const ASPECTS: usize = SLOTS + 2;

impl Aspect {
    pub(crate) const NO_RESPONSE: Self = Self(8);
    pub(crate) const SLOW: Self = Self(9);

    pub(crate) const fn of(focus: Focus) -> Self {
        match focus {
            Focus::Rcode(rcode) => Self(Slot::of(rcode).0),
            Focus::NoResponse => Self::NO_RESPONSE,
            Focus::Slow => Self::SLOW,
        }
    }

    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }

    /// The aspect at a place.
    pub(crate) fn at(place: usize) -> Option<Self> {
        u8::try_from(place).ok().filter(|place| usize::from(*place) < ASPECTS).map(Self)
    }
}

impl From<Slot> for Aspect {
    fn from(slot: Slot) -> Self {
        Self(slot.0)
    }
}

/// A count with the first and last time it grew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spanned {
    pub(crate) count: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Spanned {
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            (self.first, self.last) = (other.first, other.last);
        }
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Counts of codes without a slot of their own, by key and code.
#[derive(Debug, Default)]
pub(crate) struct Others {
    counts: HashMap<(u32, Rcode), Spanned, foldhash::quality::RandomState>,
    lost: u64,
}

/// Pairs of key and uncommon code kept apart at once; the rest is only counted together.
const MAX_OTHERS: usize = 65_536;

impl Others {
    pub(crate) fn add(&mut self, key: u32, rcode: Rcode, at: Timestamp) {
        self.merge_one(key, rcode, &Spanned { count: 1, first: at, last: at });
    }

    /// Counts so many at once.
    pub(super) fn merge_one(&mut self, key: u32, rcode: Rcode, by: &Spanned) {
        if self.counts.len() >= MAX_OTHERS && !self.counts.contains_key(&(key, rcode)) {
            self.lost += by.count;
            return;
        }
        self.counts.entry((key, rcode)).or_default().merge(by);
    }

    pub(crate) fn get(&self, key: u32, rcode: Rcode) -> Spanned {
        self.counts.get(&(key, rcode)).copied().unwrap_or_default()
    }

    /// Counts that could not be told apart.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Says how many could not be told apart elsewhere.
    pub(super) fn set_lost(&mut self, lost: u64) {
        self.lost = lost;
    }

    /// All counts by key: code, count, the first and the last time, in the order of codes.
    pub(super) fn by_key(&self) -> HashMap<u32, Vec<(u16, u64, u64, u64)>> {
        let mut all: HashMap<u32, Vec<(u16, u64, u64, u64)>> = HashMap::default();
        for ((key, rcode), it) in &self.counts {
            all.entry(*key).or_default().push((rcode.0, it.count, it.first.0, it.last.0));
        }
        all.values_mut().for_each(|codes| codes.sort_unstable());
        all
    }

    /// Adds another table's counts, whose keys are numbered here as `remap` says.
    pub(crate) fn merge(&mut self, other: &Self, remap: &[u32]) {
        for ((key, rcode), spanned) in &other.counts {
            if let Some(key) = remap.get(*key as usize) {
                self.merge_one(*key, *rcode, spanned);
            }
        }
        self.lost += other.lost;
    }

    /// Adds another table's counts, whose keys mean the same here.
    pub(crate) fn merge_same_keys(&mut self, other: &Self) {
        for ((key, rcode), spanned) in &other.counts {
            self.merge_one(*key, *rcode, spanned);
        }
        self.lost += other.lost;
    }

    /// Forgets the keys that are not kept any more.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(u32) -> bool) {
        self.counts.retain(|(key, _), _| is_kept(*key));
    }
}

/// Entries that are reserved at once; a larger table grows.
pub(super) const MOST_RESERVED: usize = 1 << 20;

/// Room for as many entries as a table may have. Memory that is reserved costs nothing until it
/// is used, and a table that never grows is never copied.
pub(super) fn room_for<T>(max: usize) -> Vec<T> {
    Vec::with_capacity(max.min(MOST_RESERVED))
}

/// Puts a row where one is free, or at the end; its number.
pub(super) fn put<T>(rows: &mut Vec<T>, free: &mut Vec<u32>, row: T) -> u32 {
    let next = || u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let place = free.pop().unwrap_or_else(next);
    match rows.get_mut(place as usize) {
        Some(free) => *free = row,
        None => rows.push(row),
    }
    place
}

/// The weight at or below which half of the keys lie: what is forgotten when a table is full.
///
/// Nearly all weights are small: these are counted, not copied.
pub(crate) fn median<I: Iterator<Item = u64>>(weights: impl Fn() -> I) -> u64 {
    let mut counts = [0_usize; SMALL];
    for weight in weights() {
        let place = usize::try_from(weight).unwrap_or(usize::MAX).min(SMALL - 1);
        counts[place] += 1;
    }
    let middle = counts.iter().sum::<usize>() / 2;
    let mut sum = 0;
    let reached = counts.iter().take(SMALL - 1).position(|count| {
        sum += count;
        sum > middle
    });
    reached.map_or_else(|| median_of_all(weights().collect()), |weight| weight as u64)
}

/// Weights below this are counted.
const SMALL: usize = 1024;

fn median_of_all(mut weights: Vec<u64>) -> u64 {
    let middle = weights.len() / 2;
    if weights.is_empty() { 0 } else { *weights.select_nth_unstable(middle).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_weights_are_at_most_the_median() {
        for weights in [vec![], vec![7], vec![1, 2, 3, 4], vec![9; 5], vec![1, 5000, 6000, 7000]] {
            let found = median(|| weights.iter().copied());
            assert_eq!(found, median_of_all(weights.clone()), "{weights:?}");
        }
    }

    #[test]
    fn every_slot_of_its_own_is_found_by_its_code() {
        for slot in Slot::all() {
            match slot.rcode() {
                Some(rcode) => assert_eq!(Slot::of(rcode), slot),
                None => assert_eq!(slot, Slot::OTHER),
            }
        }
        assert_eq!(Slot::of(Rcode::BADVERS), Slot::OTHER);
    }
}
