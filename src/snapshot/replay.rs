//! How far and how fast a capture file is played, if its packets come as they were captured.

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

/// How many seconds of a capture pass in one, in thousandths, or as fast as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(u32);

impl Speed {
    /// As it was captured.
    pub const NORMAL: Self = Self(1_000);
    /// A tenth of it.
    pub const SLOWEST: Self = Self(100);
    /// The fastest that still keeps to the times of the capture.
    pub const FASTEST: Self = Self(1_000_000);
    /// As fast as packets can be read, whatever their times.
    pub const MAX: Self = Self(u32::MAX);

    /// What keys go through, each with a name on the screen.
    const LADDER: [Self; 9] = [
        Self::SLOWEST,
        Self(500),
        Self::NORMAL,
        Self(2_000),
        Self(5_000),
        Self(10_000),
        Self(100_000),
        Self::FASTEST,
        Self::MAX,
    ];

    /// From thousandths; `None` outside of [`Self::SLOWEST`] to [`Self::FASTEST`].
    pub fn from_thousandths(thousandths: u32) -> Option<Self> {
        let range = Self::SLOWEST.0..=Self::FASTEST.0;
        range.contains(&thousandths).then_some(Self(thousandths))
    }

    /// The next faster one of the ladder; the fastest stays.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::LADDER.into_iter().find(|each| *each > self).unwrap_or(Self::MAX)
    }

    /// The next slower one of the ladder; the slowest stays.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::LADDER.into_iter().rev().find(|each| *each < self).unwrap_or(Self::SLOWEST)
    }

    /// How much of the capture passes in this time; saturates.
    pub fn packet_time(self, took: Duration) -> Duration {
        nanos(took.as_nanos().saturating_mul(self.0.into()) / u128::from(Self::NORMAL.0))
    }

    /// How long so much of the capture takes.
    pub fn wall_time(self, passes: Duration) -> Duration {
        nanos(passes.as_nanos().saturating_mul(Self::NORMAL.0.into()) / u128::from(self.0.max(1)))
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// `10x`, `0.1x`, `max`.
impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MAX => f.write_str("max"),
            Self(thousandths) => write!(f, "{}x", f64::from(thousandths) / 1e3),
        }
    }
}

/// How far a capture is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// How fast.
    pub speed: Speed,
    /// Packet time goes on; else it stands still until it is told to.
    pub is_playing: bool,
    /// Packets are passed until the one that was asked for.
    pub is_seeking: bool,
    /// The packet time that has come; `None` before the first packet.
    pub at: Option<Timestamp>,
    /// When the packet that comes next was captured; `None` where that is not known.
    pub next: Option<Timestamp>,
    /// When the last one was captured; `None` where that is not known, or not yet.
    pub end: Option<Timestamp>,
}

/// A pause that nobody wants to wait for without being told.
const GAP: Duration = Duration::from_secs(2);

impl Replay {
    /// How long it takes until the next packet, where that is long.
    pub fn gap(&self) -> Option<Duration> {
        let wait = self.speed.wall_time(self.next?.since(self.at?));
        (self.is_playing && !self.is_seeking && self.speed != Speed::MAX && wait >= GAP)
            .then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: Speed, step: fn(Speed) -> Speed, expected: &str) {
        let mut told = vec![from.to_string()];
        let mut speed = from;
        while step(speed) != speed {
            speed = step(speed);
            told.push(speed.to_string());
        }
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn keys_go_through_a_ladder_of_speeds_and_its_ends_hold() {
        check(Speed::SLOWEST, Speed::faster, "0.1x 0.5x 1x 2x 5x 10x 100x 1000x max");
        check(Speed::MAX, Speed::slower, "max 1000x 100x 10x 5x 2x 1x 0.5x 0.1x");
        check(Speed(3_500), Speed::faster, "3.5x 5x 10x 100x 1000x max");
        check(Speed(3_500), Speed::slower, "3.5x 2x 1x 0.5x 0.1x");
    }

    #[test]
    fn a_speed_turns_time_into_packet_time_and_back() {
        let second = Duration::from_secs(1);
        assert_eq!(Speed(10_000).packet_time(second), second * 10);
        assert_eq!(Speed::SLOWEST.packet_time(second), second / 10);
        assert_eq!(Speed(10_000).wall_time(second), second / 10);
        assert_eq!(Speed::FASTEST.packet_time(Duration::MAX), Duration::from_nanos(u64::MAX));
        assert_eq!(Speed::SLOWEST.wall_time(Duration::MAX), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn a_gap_is_told_as_long_as_it_takes_at_this_speed() {
        let at = |second| Some(Timestamp::new(second, 0));
        let (speed, is_playing) = (Speed(10_000), true);
        let replay =
            Replay { speed, is_playing, is_seeking: false, at: at(10), next: at(60), end: None };
        assert_eq!(replay.gap(), Some(Duration::from_secs(5)));
        assert_eq!(Replay { next: at(29), ..replay }.gap(), None, "less than two seconds");
        assert_eq!(Replay { is_playing: false, ..replay }.gap(), None);
        assert_eq!(Replay { speed: Speed::MAX, ..replay }.gap(), None);
        assert_eq!(Replay { next: None, ..replay }.gap(), None);
    }
}
