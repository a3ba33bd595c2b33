//! Counts by server, client or registered domain: exact while they fit, then with a stated error.
//!
//! When the table is full, the lighter half of its keys is forgotten. A key that comes (back)
//! later may have been counted up to the heaviest weight ever forgotten: that is its error, so
//! its true count lies between `count` and `count + error` (the Misra-Gries bound, kept per key).

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;

use super::figures::Distinct;
use crate::iana::Rcode;
use crate::time::Timestamp;

use super::slot::{GONE, Others, SLOTS, Slot, Spanned, median};

/// The counts of one key.
#[derive(Clone, Debug)]
pub(crate) struct Entity<K> {
    pub(crate) key: K,
    slots: [u64; SLOTS],
    pub(crate) unanswered: u64,
    /// Counted before it was kept, at most.
    pub(crate) error: u64,
    trouble: Option<Box<Trouble>>,
}

/// What is kept of a key only once it had a response other than NOERROR or NXDOMAIN.
#[derive(Clone, Debug, Default)]
struct Trouble {
    spans: [Spanned; SLOTS],
    failed: [u32; SLOTS],
    distinct: [u64; 3],
}

/// What is counted apart at a key, for the focus code only.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Apart {
    Clients,
    Servers,
    Names,
}

impl<K> Entity<K> {
    fn new(key: K, error: u64) -> Self {
        Self { key, slots: [0; SLOTS], unanswered: 0, error, trouble: None }
    }

    pub(crate) fn responses(&self) -> u64 {
        self.slots.iter().sum()
    }

    fn weight(&self) -> u64 {
        self.responses() + self.unanswered + self.error
    }

    pub(crate) fn distinct(&self, what: Apart, at_least: bool) -> Distinct {
        let count = self.trouble.as_ref().map_or(0, |trouble| trouble.distinct[what as usize]);
        Distinct { count, at_least }
    }
}

/// A bounded table of entities, numbered in order of first sight.
#[derive(Debug)]
pub(crate) struct Entities<K> {
    rows: Vec<Entity<K>>,
    index: HashTable<u32>,
    others: Others,
    hasher: foldhash::quality::RandomState,
    max: usize,
    floor: u64,
    forgotten: u64,
}

impl<K: Clone + Eq + Hash> Entities<K> {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            rows: Vec::new(),
            index: HashTable::new(),
            others: Others::default(),
            hasher: foldhash::quality::RandomState::default(),
            max: max.max(64),
            floor: 0,
            forgotten: 0,
        }
    }

    /// The number of a key, if it is kept.
    pub(crate) fn find<Q: Hash + ?Sized>(&self, key: &Q, same: impl Fn(&K) -> bool) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let rows = &self.rows;
        let suits = |place: &u32| rows.get(*place as usize).is_some_and(|row| same(&row.key));
        self.index.find(hash, suits).copied()
    }

    /// Keeps a key that is not kept yet; its number.
    pub(crate) fn insert(&mut self, key: K) -> u32 {
        let place = u32::try_from(self.rows.len()).unwrap_or(GONE);
        let hash = self.hasher.hash_one(&key);
        self.rows.push(Entity::new(key, self.floor));
        let (rows, hasher) = (&self.rows, &self.hasher);
        self.index.insert_unique(hash, place, |other| {
            rows.get(*other as usize).map_or(0, |row| hasher.hash_one(&row.key))
        });
        place
    }

    /// Its error is lowered again by the caller, who knows the other table's error for it.
    fn insert_known_elsewhere(&mut self, key: K, floor: u64) -> u32 {
        let place = self.insert(key);
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.error += floor;
        }
        place
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= self.max
    }

    pub(crate) fn rows(&self) -> &[Entity<K>] {
        &self.rows
    }

    pub(crate) fn get(&self, place: u32) -> Option<&Entity<K>> {
        self.rows.get(place as usize)
    }

    /// Any count may be too low by this much.
    pub(crate) fn error(&self) -> u64 {
        self.floor
    }

    /// Keys that were forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten + self.others.lost()
    }

    /// Counts a response.
    pub(crate) fn add(&mut self, place: u32, rcode: Rcode, at: Timestamp) {
        let slot = Slot::of(rcode);
        let Some(row) = self.rows.get_mut(place as usize) else { return };
        row.slots[slot.place()] += 1;
        if !rcode.is_answer() {
            row.trouble.get_or_insert_default().spans[slot.place()].add(at);
            if slot == Slot::OTHER {
                self.others.add(place, rcode, at);
            }
        }
    }

    /// Counts a query without response, or takes one back (`by` is -1) when it came late.
    pub(crate) fn add_unanswered(&mut self, place: u32, by: i64) {
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.unanswered = row.unanswered.saturating_add_signed(by);
        }
    }

    /// One more distinct client, server or name.
    pub(crate) fn add_distinct(&mut self, place: u32, what: Apart) {
        if let Some(row) = self.rows.get_mut(place as usize) {
            row.trouble.get_or_insert_default().distinct[what as usize] += 1;
        }
    }

    /// Forgets what was counted apart, for another focus.
    pub(crate) fn clear_distinct(&mut self) {
        for trouble in self.rows.iter_mut().filter_map(|row| row.trouble.as_mut()) {
            trouble.distinct = [0; 3];
        }
    }

    /// One lookup more (or less) failed here; whether it was the first (or the last).
    pub(crate) fn add_failed(&mut self, place: u32, slot: Slot, more: bool) -> bool {
        let Some(row) = self.rows.get_mut(place as usize) else { return false };
        let failed = &mut row.trouble.get_or_insert_default().failed[slot.place()];
        *failed = if more { failed.saturating_add(1) } else { failed.saturating_sub(1) };
        *failed == u32::from(more)
    }

    /// Forgets which lookups of a code failed.
    pub(crate) fn clear_failed(&mut self, slot: Slot) {
        for trouble in self.rows.iter_mut().filter_map(|row| row.trouble.as_mut()) {
            trouble.failed[slot.place()] = 0;
        }
    }

    /// Keys with a failed lookup.
    pub(crate) fn count_failed(&self, slot: Slot) -> u64 {
        let troubled = self.rows.iter().filter_map(|row| row.trouble.as_ref());
        troubled.filter(|trouble| trouble.failed[slot.place()] > 0).count() as u64
    }

    /// Responses with one code, first and last.
    pub(crate) fn focus(&self, place: u32, rcode: Rcode) -> Spanned {
        let slot = Slot::of(rcode);
        if slot == Slot::OTHER {
            return self.others.get(place, rcode);
        }
        let Some(row) = self.rows.get(place as usize) else { return Spanned::default() };
        let span = row.trouble.as_ref().map(|trouble| trouble.spans[slot.place()]);
        Spanned { count: row.slots[slot.place()], ..span.unwrap_or_default() }
    }

    /// Forgets the lighter half; the new number of each key, [`GONE`] if it has none.
    pub(crate) fn forget_lighter_half(&mut self) -> Vec<u32> {
        let threshold = median(self.rows.iter().map(Entity::weight).collect());
        self.floor = self.floor.max(threshold);
        let mut remap = Vec::with_capacity(self.rows.len());
        let (mut kept, mut next) = (Vec::new(), 0);
        for row in std::mem::take(&mut self.rows) {
            if row.weight() > threshold {
                kept.push(row);
                remap.push(next);
                next += 1;
            } else {
                remap.push(GONE);
                self.forgotten += 1;
            }
        }
        self.rows = kept;
        self.others.renumber(&remap);
        self.rebuild_index();
        remap
    }

    fn rebuild_index(&mut self) {
        self.index.clear();
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash =
            |place: &u32| rows.get(*place as usize).map_or(0, |row| hasher.hash_one(&row.key));
        for place in (0..).take(rows.len()) {
            self.index.insert_unique(hash(&place), place, hash);
        }
    }

    /// Adds another table's counts; the number here of each of its keys.
    pub(crate) fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut remap = Vec::with_capacity(other.rows.len());
        // A key that the other table does not have may have been forgotten there.
        self.rows.iter_mut().for_each(|row| row.error += other.floor);
        for row in &other.rows {
            let place = self
                .find(&row.key, |key| *key == row.key)
                .unwrap_or_else(|| self.insert_known_elsewhere(row.key.clone(), other.floor));
            remap.push(place);
            if let Some(ours) = self.rows.get_mut(place as usize) {
                ours.merge(row);
                ours.error = ours.error.saturating_sub(other.floor);
            }
        }
        self.floor = self.floor.saturating_add(other.floor);
        self.forgotten += other.forgotten;
        self.others.merge(&other.others, &remap);
        remap
    }
}

impl<K> Entity<K> {
    /// Adds the counts of the same key elsewhere; what was counted apart is not addable.
    fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.slots.iter_mut().zip(other.slots) {
            *ours += theirs;
        }
        self.unanswered += other.unanswered;
        self.error += other.error;
        if let Some(theirs) = &other.trouble {
            let ours = self.trouble.get_or_insert_default();
            for (ours, theirs) in ours.spans.iter_mut().zip(&theirs.spans) {
                ours.merge(theirs);
            }
            for (ours, theirs) in ours.failed.iter_mut().zip(theirs.failed) {
                *ours += theirs;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(entities: &mut Entities<u32>, key: u32) {
        if entities.is_full() {
            entities.forget_lighter_half();
        }
        let place = entities.find(&key, |other| *other == key);
        let place = place.unwrap_or_else(|| entities.insert(key));
        entities.add(place, Rcode::REFUSED, Timestamp::default());
    }

    #[test]
    fn counts_are_exact_while_they_fit() {
        let mut entities = Entities::new(100);
        (0..1000).for_each(|n| add(&mut entities, n % 50));
        assert_eq!(entities.error(), 0);
        assert!((0..50).all(|place| entities.focus(place, Rcode::REFUSED).count == 20));
    }

    #[test]
    fn a_full_table_is_wrong_by_no_more_than_it_says() {
        let mut entities = Entities::new(64);
        for n in 0..20_000_u32 {
            add(&mut entities, n + 1000); // each once
            add(&mut entities, n % 5); // five heavy ones
        }
        assert!(entities.rows().len() <= 64);
        assert!(entities.error() < 20_000 / 16, "{}", entities.error());
        for key in 0..5 {
            let place = entities.find(&key, |other| *other == key).expect("heavy keys stay");
            let (count, error) = (
                entities.focus(place, Rcode::REFUSED).count,
                entities.rows()[place as usize].error,
            );
            assert!((count..=count + error).contains(&4000), "{count} + {error}");
        }
    }
}
