//! When something happened, in 64 bits: one for each part of the capture so far.
//!
//! The parts are equally long, and become twice as long when the capture outgrows them, so that
//! their number is the same for a second and for a year.

use crate::time::Timestamp;

/// Parts of the capture.
pub(crate) const PARTS: u32 = u64::BITS;

/// Nanoseconds of the first parts, as a power of two: 67 ms.
const SHORTEST: u32 = 26;

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

    /// The same in parts that are twice as long.
    fn coarser(self) -> Self {
        let pairs = |bits: u64, shift: u32, mask: u64| (bits | bits >> shift) & mask;
        let bits = (self.0 | self.0 >> 1) & 0x5555_5555_5555_5555;
        let bits = pairs(bits, 1, 0x3333_3333_3333_3333);
        let bits = pairs(bits, 2, 0x0f0f_0f0f_0f0f_0f0f);
        let bits = pairs(bits, 4, 0x00ff_00ff_00ff_00ff);
        let bits = pairs(bits, 8, 0x0000_ffff_0000_ffff);
        Self(pairs(bits, 16, 0x0000_0000_ffff_ffff))
    }
}

/// The parts of a capture: when it began, and how long they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) began: Timestamp,
    /// Their length is two to this power of nanoseconds.
    length: u32,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { began: Timestamp(0), length: SHORTEST }
    }

    /// Marks a moment, once the parts are long enough for it.
    pub(super) fn mark(&self, at: Timestamp, moments: &mut Moments) {
        moments.add(u32::try_from(self.part(at)).unwrap_or(PARTS));
    }

    fn part(&self, at: Timestamp) -> u64 {
        at.nanos_since(self.began) >> self.length
    }

    /// Whether the parts are too short to hold a moment.
    pub(super) fn are_too_short(&self, at: Timestamp) -> bool {
        self.part(at) >= u64::from(PARTS)
    }

    /// Whether they are shorter than others.
    pub(super) fn are_shorter(&self, other: &Self) -> bool {
        self.length < other.length
    }

    /// Makes the parts twice as long, also for all that has been marked.
    pub(super) fn lengthen<'m>(&mut self, marked: impl Iterator<Item = &'m mut Moments>) {
        self.length += 1;
        marked.for_each(|moments| *moments = moments.coarser());
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
