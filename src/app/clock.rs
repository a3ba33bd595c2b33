//! What back halves must be told of time, beyond what comes with their own packets.
//!
//! A back half acts on time late but as of when it was due, so that it makes no difference how
//! late, nor who else's packets it sees; unless time leaps or goes back. Then it is told at once.

use std::time::Duration;

use crate::snapshot::Timestamp;
use crate::track::SKEW;

/// The time of a capture, frame by frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    latest: Timestamp,
    /// When all were told.
    told: Timestamp,
    /// Time may go back by so much before it matters.
    slack: Duration,
}

/// All are told at least so often, in packet time: less than what makes a difference, which is
/// [`crate::track::LATE_PATIENCE`].
const LEAP: Duration = Duration::from_secs(10);

impl Clock {
    pub(super) fn new(patience: Duration) -> Self {
        let start = Timestamp::default();
        Self { latest: start, told: start, slack: patience.min(SKEW) }
    }

    /// The latest time, since it was last told.
    #[inline]
    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// It is `at`, by the next frame. What must be told at once, one after the other: when it was
    /// before, and that.
    #[inline]
    pub(super) fn pass(&mut self, at: Timestamp) -> Option<[Timestamp; 2]> {
        if self.latest.since(at) <= self.slack && at.since(self.told) <= LEAP {
            self.latest = self.latest.max(at);
            return None;
        }
        let before = self.latest;
        (self.latest, self.told) = (at, at);
        Some([before, at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clock: &mut Clock, nanos: u64, told: Option<[u64; 2]>) {
        let told = told.map(|told| told.map(Timestamp));
        assert_eq!(clock.pass(Timestamp(nanos)), told, "at {nanos}");
    }

    #[test]
    fn only_leaps_and_steps_back_are_told_at_once() {
        const SECOND: u64 = 1_000_000_000;
        let mut clock = Clock::new(Duration::from_secs(5));
        check(&mut clock, 100 * SECOND, Some([0, 100 * SECOND]));
        check(&mut clock, 101 * SECOND, None);
        check(&mut clock, 101 * SECOND - 5_000_000, None);
        assert_eq!(clock.latest(), Timestamp(101 * SECOND));
        check(&mut clock, 90 * SECOND, Some([101 * SECOND, 90 * SECOND]));
        check(&mut clock, 100 * SECOND, None);
        check(&mut clock, 101 * SECOND, Some([100 * SECOND, 101 * SECOND]));
    }
}
