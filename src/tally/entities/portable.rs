//! Rows as they are written down, and what was written down as rows.

use hashbrown::HashMap;

use super::{COUNTERS, Entities, Key, SLOW, UNANSWERED, UNMATCHED};
use crate::iana::Rcode;
use crate::time::Timestamp;

use crate::tally::records::{EntityRecord, Forgotten, trimmed};
use crate::tally::restore::{Broken, Sums};
use crate::tally::slot::{Aspect, SLOTS, Slot, Spanned};

/// Uncommon codes by key: code, count, the first and the last time.
pub(crate) type OthersByKey = HashMap<u32, Vec<(u16, u64, u64, u64)>>;

impl<K: Key> Entities<K> {
    /// The places of all keys in the order of these.
    pub(crate) fn in_order(&self) -> Vec<u32> {
        let mut places: Vec<u32> = self.iter().map(|entity| entity.place).collect();
        let key = |place: &u32| self.rows.get(*place as usize).map(|row| &row.key);
        places.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
        places
    }

    /// Places that there are, of keys or not.
    pub(crate) fn room(&self) -> usize {
        self.rows.len()
    }

    /// What uncommon codes each key has.
    pub(crate) fn others_by_key(&self) -> OthersByKey {
        self.others.by_key()
    }

    /// A key with its counts.
    pub(crate) fn record(&self, place: u32, others: &OthersByKey) -> Option<EntityRecord> {
        let row = self.rows.get(place as usize)?;
        let counts = (0..COUNTERS).map(|which| self.carry.one(place, &row.counts, which));
        let apart = (0..).map_while(Aspect::at).filter_map(|aspect| {
            let apart = self.apart_of(place, aspect)?;
            let count = if aspect == Aspect::SLOW { self.slow(place) } else { apart.count.into() };
            let number = u8::try_from(aspect.place()).ok()?;
            Some((number, apart.first.0, apart.last.0, count))
        });
        Some(EntityRecord {
            key: row.key.text(),
            counts: trimmed(counts),
            error: row.error.into(),
            apart: apart.collect(),
            others: others.get(&place).cloned().unwrap_or_default(),
        })
    }

    /// What the table has forgotten.
    pub(crate) fn bound(&self) -> Forgotten {
        Forgotten { error: self.floor, keys: self.forgotten, others: self.others.lost() }
    }

    /// Says what was forgotten elsewhere; once all rows are there.
    pub(crate) fn set_bound(&mut self, bound: Forgotten) {
        self.floor = bound.error;
        self.forgotten = bound.keys;
        self.others.set_lost(bound.others);
    }

    /// Puts a row into the table; its place.
    pub(crate) fn restore(
        &mut self,
        record: &EntityRecord,
        what: &'static str,
        sums: &mut Sums,
    ) -> Result<u32, Broken> {
        if self.is_full() {
            return Err(Broken::TooMany { what, most: self.max });
        }
        let key = K::of_text(&record.key).ok_or(Broken::Value { what })?;
        let hash = key.hash(&self.hasher);
        if self.find(hash, |other| *other == key).is_some() {
            return Err(Broken::Twice { what });
        }
        let place = self.insert(hash, key);
        let error = u32::try_from(record.error).map_err(|_| Broken::Value { what })?;
        let mut counts = [0; COUNTERS];
        if record.counts.len() > COUNTERS {
            return Err(Broken::Value { what });
        }
        for (which, (count, value)) in counts.iter_mut().zip(&record.counts).enumerate() {
            sums.add(which_sum(which), *value);
            self.carry.plus(place, which, count, *value);
        }
        if let Some(row) = self.rows.get_mut(place as usize) {
            (row.counts, row.error) = (counts, error);
        }
        for (number, first, last, count) in &record.apart {
            let aspect = Aspect::at(usize::from(*number)).ok_or(Broken::Value { what })?;
            let span = (Timestamp(*first), Timestamp(*last));
            self.restore_apart(place, aspect, span, *count).ok_or(Broken::Value { what })?;
            if aspect == Aspect::SLOW {
                sums.add(Sums::SLOW, *count);
            }
        }
        for (code, count, first, last) in &record.others {
            let rcode = uncommon(*code).ok_or(Broken::Value { what })?;
            sums.add(Sums::OTHERS, *count);
            let (first, last) = (Timestamp(*first), Timestamp(*last));
            self.others.merge_one(place, rcode, &Spanned { count: *count, first, last });
        }
        Ok(place)
    }

    fn restore_apart(
        &mut self,
        place: u32,
        aspect: Aspect,
        (first, last): (Timestamp, Timestamp),
        count: u64,
    ) -> Option<()> {
        let mut low = 0;
        if aspect == Aspect::SLOW {
            self.carry.plus(place, SLOW, &mut low, count);
        } else {
            low = u32::try_from(count).ok()?;
        }
        let apart = self.apart(place, aspect)?;
        (apart.first, apart.last, apart.count) = (first, last, low);
        Some(())
    }
}

/// Which sum a counter belongs to.
fn which_sum(which: usize) -> usize {
    match which {
        UNANSWERED => Sums::UNANSWERED,
        UNMATCHED => Sums::UNMATCHED,
        slot => slot.min(SLOTS - 1),
    }
}

/// A code that has no counter of its own.
pub(crate) fn uncommon(code: u16) -> Option<Rcode> {
    let rcode = Rcode(code);
    (rcode <= Rcode::MAX && Slot::of(rcode) == Slot::OTHER).then_some(rcode)
}
