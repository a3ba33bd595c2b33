//! Counters of 32 bits that never overflow: what does not fit is carried to a small table beside.
//!
//! Rows are half as large for it, and nearly no key ever counts to four thousand million.

use hashbrown::HashMap;

/// How often each counter has wrapped around, of those that have.
#[derive(Debug, Default)]
pub(crate) struct Carry {
    wraps: HashMap<(u32, u8), u32, foldhash::quality::RandomState>,
}

fn key(place: u32, which: usize) -> (u32, u8) {
    (place, u8::try_from(which).unwrap_or(u8::MAX))
}

impl Carry {
    /// One more.
    #[inline]
    pub(crate) fn add(&mut self, place: u32, counts: &mut [u32], which: usize) {
        let Some(count) = counts.get_mut(which) else { return };
        *count = count.wrapping_add(1);
        if *count == 0 {
            self.wrap(place, which, 1);
        }
    }

    /// A counter has wrapped around so many times more.
    #[cold]
    pub(crate) fn wrap(&mut self, place: u32, which: usize, by: u32) {
        let wraps = self.wraps.entry(key(place, which)).or_default();
        *wraps = wraps.saturating_add(by);
    }

    /// One less, if there is any.
    pub(crate) fn take_back(&mut self, place: u32, counts: &mut [u32], which: usize) {
        let Some(count) = counts.get_mut(which) else { return };
        if let Some(less) = count.checked_sub(1) {
            *count = less;
        } else if let Some(wraps) = self.wraps.get_mut(&key(place, which)).filter(|it| **it > 0) {
            *wraps -= 1;
            *count = u32::MAX;
        }
    }

    /// One counter in full.
    #[inline]
    pub(crate) fn one(&self, place: u32, counts: &[u32], which: usize) -> u64 {
        let low = counts.get(which).copied().map_or(0, u64::from);
        if self.wraps.is_empty() { low } else { low + self.high(place, which) }
    }

    /// What a counter's 32 bits do not hold.
    pub(crate) fn high(&self, place: u32, which: usize) -> u64 {
        self.wraps.get(&key(place, which)).map_or(0, |wraps| u64::from(*wraps) << 32)
    }

    /// Whether no counter has ever wrapped around.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.wraps.is_empty()
    }

    /// Adds the counters of another table's row.
    pub(crate) fn merge(
        &mut self,
        place: u32,
        counts: &mut [u32],
        other: &Self,
        other_place: u32,
        other_counts: &[u32],
    ) {
        for (which, count) in counts.iter_mut().enumerate() {
            self.plus(place, which, count, other.one(other_place, other_counts, which));
        }
    }

    /// So many more.
    pub(crate) fn plus(&mut self, place: u32, which: usize, count: &mut u32, more: u64) {
        let sum = u64::from(*count) + more;
        *count = u32::try_from(sum & u64::from(u32::MAX)).unwrap_or_default();
        let wraps = u32::try_from(sum >> 32).unwrap_or(u32::MAX);
        if wraps > 0 {
            self.wrap(place, which, wraps);
        }
    }

    /// Forgets the rows that are not kept any more.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(u32) -> bool) {
        self.wraps.retain(|(place, _), _| is_kept(*place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_goes_on_beyond_32_bits_and_back() {
        let (mut carry, mut counts) = (Carry::default(), [u32::MAX, 7]);
        carry.add(3, &mut counts, 0);
        assert_eq!(carry.one(3, &counts, 0), 1 << 32);
        assert_eq!(carry.one(4, &counts, 0), 0);
        assert_eq!((carry.high(3, 0), carry.high(3, 1)), (1 << 32, 0));
        carry.take_back(3, &mut counts, 0);
        assert_eq!(carry.one(3, &counts, 0), u64::from(u32::MAX));
        carry.take_back(4, &mut [0], 0);
    }

    #[test]
    fn merging_is_adding() {
        let (mut one, mut other) = (Carry::default(), Carry::default());
        let (mut ours, mut theirs) = ([u32::MAX], [u32::MAX]);
        other.add(9, &mut theirs, 0);
        one.merge(1, &mut ours, &other, 9, &theirs);
        assert_eq!(one.one(1, &ours, 0), u64::from(u32::MAX) + (1 << 32));
        one.retain(|place| place != 1);
        assert_eq!(one.one(1, &ours, 0), u64::from(u32::MAX));
    }
}
