//! From a hash to the numbers of the rows that carry it.
//!
//! An open-addressed table of eight bytes an entry with linear probing: a look-up is one line of
//! cache and a dozen instructions, a third of what a general hash table takes (measured, see
//! `docs/performance.md`). Rows decide whether they are meant; hashes must be keyed.

/// The numbers of rows, found by hash.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Tag in the upper half, number and one in the lower. A power of two long.
    entries: Vec<u64>,
    len: usize,
}

/// No entry: memory that is zero anyway.
const EMPTY: u64 = 0;
const LEAST: usize = 16;

/// Bytes that an entry costs at most: a table grows when five eighths are taken.
pub(crate) const INDEX_COST: usize = 26;

/// The part of a hash that an entry keeps: from the middle, so that what shares the rest of the
/// hash with it can be found by this part alone.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower 32 bits are meant")]
const fn tag(hash: u64) -> u32 {
    (hash >> TAG_SHIFT) as u32
}

const TAG_SHIFT: u32 = 14;

/// As many bits of a hash, from the lowest, suffice to find it.
pub(crate) const HASH_BITS: u32 = TAG_SHIFT + 32;

#[inline]
const fn join(hash: u64, number: u32) -> u64 {
    (tag(hash) as u64) << 32 | number.wrapping_add(1) as u64
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each half is meant")]
const fn split(entry: u64) -> (u32, u32) {
    ((entry >> 32) as u32, (entry as u32).wrapping_sub(1))
}

impl Index {
    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    /// The first number under a hash that suits.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut suits: impl FnMut(u32) -> bool) -> Option<u32> {
        let (tag, mask) = (tag(hash), self.mask());
        let mut at = tag as usize & mask;
        while let Some(&entry) = self.entries.get(at) {
            if entry == EMPTY {
                return None;
            }
            let (theirs, number) = split(entry);
            if theirs == tag && suits(number) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Reads what looking for these hashes will read: reads that do not depend on each other wait for
    /// memory together, where look-ups wait one after the other.
    pub(crate) fn warm(&self, hashes: impl Iterator<Item = u64>) {
        let mask = self.mask();
        let first = |hash| self.entries.get(tag(hash) as usize & mask).copied().unwrap_or(EMPTY);
        // Nobody wants the sum, but without one nothing would be read.
        std::hint::black_box(hashes.fold(0, |sum, hash| sum ^ first(hash)));
    }

    /// Adds a number; it must not be there.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        if (self.len + 1) * 8 > self.entries.len() * 5 {
            self.grow();
        }
        self.len += 1;
        self.put(join(hash, number));
    }

    #[inline]
    fn put(&mut self, entry: u64) {
        let mask = self.mask();
        let mut at = split(entry).0 as usize & mask;
        while let Some(place) = self.entries.get_mut(at) {
            if *place == EMPTY {
                *place = entry;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.entries.len() * 2).max(LEAST);
        let old = std::mem::replace(&mut self.entries, vec![EMPTY; size]);
        old.into_iter().filter(|entry| *entry != EMPTY).for_each(|entry| self.put(entry));
    }

    /// Puts another number in the place of one.
    pub(crate) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        if let Some(entry) = self.position(hash, old).and_then(|at| self.entries.get_mut(at)) {
            *entry = join(hash, new);
        }
    }

    #[inline]
    fn position(&self, hash: u64, number: u32) -> Option<usize> {
        let wanted = join(hash, number);
        let mask = self.mask();
        let mut at = tag(hash) as usize & mask;
        loop {
            match *self.entries.get(at)? {
                EMPTY => return None,
                entry if entry == wanted => return Some(at),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Removes a number, if it is there.
    #[inline]
    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let Some(mut hole) = self.position(hash, number) else { return };
        let mask = self.mask();
        self.len -= 1;
        let mut at = hole;
        // What follows moves up, unless that would put it before the place it is looked for.
        loop {
            at = (at + 1) & mask;
            let entry = self.entries.get(at).copied().unwrap_or(EMPTY);
            if entry == EMPTY {
                break;
            }
            let home = split(entry).0 as usize & mask;
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.set(hole, entry);
                hole = at;
            }
        }
        self.set(hole, EMPTY);
    }

    #[inline]
    fn set(&mut self, at: usize, entry: u64) {
        if let Some(place) = self.entries.get_mut(at) {
            *place = entry;
        }
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) {
        self.entries.fill(EMPTY);
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn an_index_is_a_set_of_hashes_and_numbers(
            steps in prop::collection::vec((any::<bool>(), 0..40_u64, 0..4_u32), 0..400)
        ) {
            let (mut index, mut model) = (Index::default(), BTreeSet::new());
            for (add, key, number) in steps {
                // Few tags, so that runs are long and wrap around.
                let hash = (key * 7) << TAG_SHIFT;
                match (add, model.contains(&(hash, number))) {
                    (true, false) => {
                        index.insert(hash, number);
                        model.insert((hash, number));
                    }
                    (false, _) => {
                        index.remove(hash, number);
                        model.remove(&(hash, number));
                    }
                    (true, true) => {}
                }
                prop_assert_eq!(index.len(), model.len());
                for key in 0..40 {
                    let hash = (key * 7) << TAG_SHIFT;
                    for number in 0..4 {
                        let found = index.find(hash, |other| other == number).is_some();
                        prop_assert_eq!(found, model.contains(&(hash, number)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_number_can_be_replaced_and_all_be_cleared() {
        let mut index = Index::default();
        (0..1000).for_each(|n| index.insert(u64::from(n) << 20, n));
        index.replace(7 << 20, 7, 9999);
        assert_eq!(index.find(7 << 20, |_| true), Some(9999));
        index.clear();
        assert_eq!((index.len(), index.find(7 << 20, |_| true)), (0, None));
    }
}
