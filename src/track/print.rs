//! Telling a second copy of a packet from a packet sent again.

use std::time::Duration;

use crate::time::Timestamp;
use crate::wire::Print;

/// Two copies of one packet are captured within this time of each other.
pub const DUPLICATE_WINDOW: Duration = Duration::from_nanos(WINDOW_NANOS);

const WINDOW_NANOS: u64 = 10_000_000;

/// A [`Print`] in eight bytes: content in 48 bits, place in 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

const PLACE: u64 = 0xffff;

/// Where the IPv4 identification stands in the content.
const IDENTIFICATION: u64 = 0xffff << 48;

impl Mark {
    pub(super) fn of(print: &Print) -> Self {
        let place = u64::from(print.place ^ print.place >> 16) & PLACE;
        Self(print.content << 16 | place)
    }

    /// Two packets are one, captured twice: same content close in time, and either seen at another
    /// place or carrying the same IPv4 identification.
    pub(super) fn is_copy(self, at: Timestamp, other: Self, other_at: Timestamp) -> bool {
        let content = self.0 & !PLACE;
        content != 0
            && content == other.0 & !PLACE
            && (self.0 != other.0 || self.0 & IDENTIFICATION != 0)
            && at.0.abs_diff(other_at.0) <= WINDOW_NANOS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: (u64, u32), other: (u64, u32), apart_ms: u64, expected: bool) {
        let mark =
            |(content, place): (u64, u32)| Mark::of(&Print { content, place, ..Print::default() });
        let later = Timestamp::new(1, apart_ms * 1_000_000);
        assert_eq!(mark(one).is_copy(Timestamp::new(1, 0), mark(other), later), expected);
    }

    #[test]
    fn a_copy_has_the_same_content_soon_and_elsewhere_or_with_the_same_identification() {
        check((7, 1), (7, 2), 1, true);
        check((7, 1), (7, 1), 1, false);
        check((9 << 32 | 7, 1), (9 << 32 | 7, 1), 1, true);
        check((9 << 32 | 7, 1), (9 << 32 | 7, 1), 11, false);
        check((7, 1), (8, 2), 1, false);
        check((0, 1), (0, 2), 1, false);
    }
}
