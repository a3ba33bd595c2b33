//! Relief under load: the queries of some clients are skipped, their responses are not.
//!
//! Responses tell who is refused, by whom and for which names; queries tell who waits in vain, and
//! for how long. So queries go first, client by client: of a client that is left, everything is
//! seen, and what is said of its queries stays true.

use std::time::Duration;

use crate::time::Timestamp;

/// How much relief there is: the queries of one client in two to the power of this are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// None: every query is looked at.
    pub const NONE: Self = Self(0);
    /// The queries of one client in 64 are looked at; fewer would be a relief no more.
    pub const MOST: Self = Self(6);

    /// Half as many clients, as far as that goes.
    pub fn more(self) -> Self {
        Self(self.0 + 1).min(Self::MOST)
    }

    /// Twice as many clients.
    pub fn less(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The queries of one client in so many are looked at.
    pub fn one_in(self) -> u32 {
        1 << self.0
    }
}

/// Whose queries are skipped, and whose were a moment ago.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Relief {
    level: Level,
    /// Until when responses may come to queries that were skipped at this level, and no longer are.
    until: [Timestamp; Level::MOST.0 as usize + 1],
}

impl Relief {
    /// Changes the level when it is `now`; a response may come so much later than its query.
    pub(super) fn set(&mut self, level: Level, now: Timestamp, patience: Duration) {
        for (until, each) in self.until.iter_mut().zip(0..) {
            if level.0 < each && each <= self.level.0 {
                *until = now.plus(patience);
            }
        }
        self.level = level;
    }

    /// Whether there is any.
    #[inline]
    pub(super) fn is_given(&self) -> bool {
        self.level > Level::NONE
    }

    /// Whether queries of the client with this hash are skipped.
    pub(super) fn skips(&self, client: u64) -> bool {
        client.leading_zeros() < u32::from(self.level.0)
    }

    /// Whether the query of this client's response of that time may have been skipped.
    pub(super) fn may_have_skipped(&self, client: u64, at: Timestamp) -> bool {
        let first_without = client.leading_zeros() as usize + 1;
        self.skips(client) || self.until.iter().skip(first_without).any(|until| at < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_leaves_half_of_the_clients_of_the_one_before() {
        let clients: Vec<u64> = (0..1u64 << 8).map(|n| n << 56).collect();
        let mut level = Level::NONE;
        for left in [256, 128, 64, 32, 16, 8, 4, 4] {
            let mut relief = Relief::default();
            relief.set(level, Timestamp::new(1, 0), Duration::ZERO);
            assert_eq!(clients.iter().filter(|it| !relief.skips(**it)).count(), left, "{level:?}");
            assert_eq!(relief.is_given(), level > Level::NONE);
            level = level.more();
        }
        assert_eq!((level.one_in(), level.less().one_in(), Level::NONE.less()), (64, 32, Level(0)));
    }

    #[test]
    fn responses_to_skipped_queries_may_come_for_a_while_after_relief_ends() {
        let second = |seconds| Timestamp::new(seconds, 0);
        let [always, half, quarter] = [1, 1 << 62, 1 << 63].map(|hash: u64| hash);
        let mut relief = Relief::default();
        relief.set(Level(2), second(10), Duration::from_secs(5));
        relief.set(Level(1), second(20), Duration::from_secs(5));
        relief.set(Level(0), second(40), Duration::from_secs(5));
        let check = |at, expected: [bool; 3]| {
            let told = [always, half, quarter].map(|it| relief.may_have_skipped(it, second(at)));
            assert_eq!(told, expected, "at {at} s");
        };
        check(24, [false, true, true]);
        check(25, [false, false, true]);
        check(44, [false, false, true]);
        check(45, [false, false, false]);
    }
}
