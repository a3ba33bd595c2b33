//! When something happened, in 64 bits: one for each part of the capture so far.
//!
//! The parts are equally long, and become twice as long when the capture outgrows them, so that
//! their number is the same for a second and for a year.

use std::time::Duration;

use crate::time::Timestamp;

/// Parts of the capture.
pub(crate) const PARTS: u32 = u64::BITS;

/// Nanoseconds of the first parts, as a power of two: 67 ms.
const SHORTEST: u32 = 26;

/// Longer ones are not needed for any time that there is.
const LONGEST: u32 = 59;

/// The parts in which something happened, a bit each, the earliest in the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moments(u64);

impl Moments {
    fn add(&mut self, part: u32) {
        self.0 |= 1_u64.checked_shl(part).unwrap_or(0);
    }

    /// The numbers of the parts in which it happened, the earliest first.
    pub(crate) fn parts(self) -> impl Iterator<Item = u32> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let part = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (part < PARTS).then_some(part)
        })
    }

    /// When either happened.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `other` happened in one of these parts, or in one of so many after it.
    pub(crate) fn is_followed_by(self, other: Self, within: u32) -> bool {
        let reach = (0..within.min(PARTS)).fold(self.0, |reach, _| reach | reach << 1);
        reach & other.0 != 0
    }

    /// Whether these are one time of several parts in which `other` did not happen; at its edges it
    /// may have.
    pub(crate) fn are_apart_from(self, other: Self) -> bool {
        let mut inner = self.parts().skip(1);
        let (Some(first), Some(last)) = (inner.next(), self.parts().last()) else { return false };
        let between = (1_u64 << last) - (1_u64 << first);
        last > first && between & other.0 == 0
    }

    /// As they are written down.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// What was written down.
    pub(super) fn of_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The same as so many parts later; `None` if these are too many.
    fn later(self, parts: u64) -> Option<Self> {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        match self.0 {
            0 => Some(self),
            bits if parts <= bits.leading_zeros() => Some(Self(bits << parts)),
            _ => None,
        }
    }

    /// The same in parts that are twice as long; `odd` if the first one is the second half of one.
    fn coarser(self, odd: bool) -> Self {
        let pairs = |bits: u64, shift: u32, mask: u64| (bits | bits >> shift) & mask;
        let last = if odd { self.0 >> 63 << 32 } else { 0 };
        let bits = self.0 << u32::from(odd);
        let bits = (bits | bits >> 1) & 0x5555_5555_5555_5555;
        let bits = pairs(bits, 1, 0x3333_3333_3333_3333);
        let bits = pairs(bits, 2, 0x0f0f_0f0f_0f0f_0f0f);
        let bits = pairs(bits, 4, 0x00ff_00ff_00ff_00ff);
        let bits = pairs(bits, 8, 0x0000_ffff_0000_ffff);
        Self(pairs(bits, 16, 0x0000_0000_ffff_ffff) | last)
    }
}

/// The parts of a capture: when it began, and how long they are. They start at multiples of their
/// length, so that those of any captures can be put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(super) began: Timestamp,
    /// Their length is two to this power of nanoseconds.
    length: u32,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { began: Timestamp(0), length: SHORTEST }
    }

    /// Those that began then, two to this power of nanoseconds long; `None` if none are so long.
    pub(super) fn of(began: Timestamp, length: u32) -> Option<Self> {
        (SHORTEST..=LONGEST).contains(&length).then_some(Self { began, length })
    }

    /// Their length, as a power of two of nanoseconds.
    pub(super) fn length(&self) -> u32 {
        self.length
    }

    /// Marks a moment, once the parts are long enough for it.
    pub(super) fn mark(&self, at: Timestamp, moments: &mut Moments) {
        moments.add(u32::try_from(self.part(at)).unwrap_or(PARTS));
    }

    fn part(&self, at: Timestamp) -> u64 {
        (at.0 >> self.length).saturating_sub(self.begin())
    }

    /// The number of the first part, counted from 1970.
    fn begin(&self) -> u64 {
        self.began.0 >> self.length
    }

    /// Makes these and those the same, also for all that has been marked: as early as the earlier,
    /// as long as the longer, and longer where they would be too many.
    pub(super) fn align(
        &mut self,
        marked: &mut [Moments],
        theirs: &mut Self,
        also_marked: &mut [Moments],
    ) {
        while self.length < theirs.length {
            self.lengthen(marked.iter_mut());
        }
        while theirs.length < self.length {
            theirs.lengthen(also_marked.iter_mut());
        }
        let began = match (self.began, theirs.began) {
            // Who has seen nothing began at no time.
            (Timestamp(0), other) | (other, Timestamp(0)) => other,
            (one, other) => one.min(other),
        };
        let all =
            |marked: &[Moments]| marked.iter().fold(Moments::default(), |all, it| all.and(*it));
        loop {
            let first = began.0 >> self.length;
            let [ours, other] = [&*self, &*theirs].map(|it| it.begin().saturating_sub(first));
            if all(marked).later(ours).is_some() && all(also_marked).later(other).is_some() {
                let put = |marked: &mut [Moments], by| {
                    marked.iter_mut().for_each(|it| *it = it.later(by).unwrap_or(*it));
                };
                put(marked, ours);
                put(also_marked, other);
                break;
            }
            self.lengthen(marked.iter_mut());
            theirs.lengthen(also_marked.iter_mut());
        }
        (self.began, theirs.began) = (began, began);
    }

    /// So many parts are at least so long.
    pub(crate) fn within(&self, time: Duration) -> u32 {
        let parts = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).div_ceil(1 << self.length);
        u32::try_from(parts).unwrap_or(u32::MAX)
    }

    /// The end of the last part with a mark before the part of a moment, but not beyond it.
    pub(crate) fn last_before(&self, moments: Moments, at: Timestamp) -> Option<Timestamp> {
        let here = self.part(at);
        let part = moments.parts().take_while(|part| u64::from(*part) < here).last()?;
        let end = (self.begin() + u64::from(part) + 1).saturating_mul(1 << self.length);
        Some(Timestamp(end).min(at))
    }

    /// Whether the parts are too short to hold a moment.
    pub(super) fn are_too_short(&self, at: Timestamp) -> bool {
        self.part(at) >= u64::from(PARTS)
    }

    /// Makes the parts twice as long, also for all that has been marked.
    pub(super) fn lengthen<'m>(&mut self, marked: impl Iterator<Item = &'m mut Moments>) {
        let odd = self.begin() % 2 == 1;
        self.length += 1;
        marked.for_each(|moments| *moments = moments.coarser(odd));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_stay_in_their_order_when_parts_become_longer() {
        let mut parts = Parts::new();
        let mut all = [Moments::default(); 50];
        for second in 0..50_u64 {
            let at = Timestamp::new(second, 0);
            while parts.are_too_short(at) {
                parts.lengthen(all.iter_mut());
            }
            parts.mark(at, &mut all[usize::try_from(second).unwrap()]);
        }
        for (second, moments) in (0..50_u64).zip(all) {
            let part = u32::try_from(parts.part(Timestamp::new(second, 0))).unwrap();
            assert_eq!(moments.parts().collect::<Vec<_>>(), [part], "{second}");
        }
        let last = Timestamp::new(49, 0);
        assert!(parts.part(last) >= 32, "parts are no longer than they need be");
    }

    #[test]
    fn what_follows_is_told_from_what_was_before() {
        let refused = Moments(0b0011_1000);
        assert!(refused.is_followed_by(Moments(0b0010_0000), 0));
        assert!(!refused.is_followed_by(Moments(0b0000_0111), 3));
        assert!(!refused.is_followed_by(Moments(0b1000_0000), 1));
        assert!(refused.is_followed_by(Moments(0b1000_0000), 2));
    }

    #[test]
    fn one_time_is_told_from_turns() {
        let refused = Moments(0b0011_1000);
        assert!(refused.are_apart_from(Moments(0b1110_1111)));
        assert!(!refused.are_apart_from(Moments(0b1111_0111)));
        assert!(!Moments(0b1).are_apart_from(Moments(0)), "of one part nothing can be told");
        assert!(!Moments(0b11).are_apart_from(Moments(0)), "nor of its edges");
        assert!(!Moments(1 << 63 | 1).are_apart_from(Moments(1 << 30)));
    }

    #[test]
    fn the_last_time_before_a_moment_is_found() {
        let mut parts = Parts::new();
        (0..4).for_each(|_| parts.lengthen(std::iter::empty()));
        let at = Timestamp::new(10, 0);
        let mut moments = Moments::default();
        for second in [1, 5, 12] {
            parts.mark(Timestamp::new(second, 0), &mut moments);
        }
        let last = parts.last_before(moments, at).unwrap();
        assert!(last >= Timestamp::new(5, 0) && last < Timestamp::new(7, 0), "{last}");
        assert_eq!(parts.last_before(moments, Timestamp::new(0, 0)), None);
        assert_eq!(parts.within(Duration::from_secs(5)), 5);
    }

    #[test]
    fn every_moment_has_a_part_in_the_end() {
        let mut parts = Parts::new();
        let mut moments = [Moments::default()];
        let at = Timestamp(u64::MAX);
        while parts.are_too_short(at) {
            parts.lengthen(moments.iter_mut());
        }
        parts.mark(at, &mut moments[0]);
        assert_eq!(moments[0].parts().collect::<Vec<_>>(), [63]);
        assert_eq!(Moments(0b1010_0001).parts().collect::<Vec<_>>(), [0, 5, 7]);
        assert_eq!(Moments::default().parts().count(), 0);
    }
}
