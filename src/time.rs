//! Packet time: nanoseconds since the Unix epoch, as captured.
//!
//! Knows no clock. Arithmetic saturates, because capture times go backwards, jump and lie.

use std::fmt;
use std::time::Duration;

/// A moment of packet time: nanoseconds since 1970-01-01T00:00:00Z, not before it.
///
/// Covers the years 1970 to 2554; what a capture claims beyond that is clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From whole seconds and nanoseconds within the second; saturates.
    pub const fn new(seconds: u64, nanos: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    /// How much later `self` is than `earlier`; zero if it is not later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// How many nanoseconds later `self` is than `earlier`; zero if it is not later.
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The distance between two moments, whichever comes first.
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.abs_diff(other.0))
    }

    /// This moment and `by` more; saturates at the end of time.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// This moment less `by`; saturates at the beginning of time.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// A length of time, rounded to what a person compares: `90 µs`, `1.2 ms`, `140 ms`, `2.00 s`,
/// `3m 12s`, `5h 20m`, `2d 02h`; from minutes on as much as is full, as clocks do.
pub fn rounded(time: Duration) -> String {
    let nanos = time.as_nanos();
    // What rounds up to the next larger unit is told in that.
    let nearest = |unit: u128| nanos.saturating_add(unit / 2) / unit;
    let [micros, tenths, millis] = [1_000, 100_000, 1_000_000].map(nearest);
    let [hundredths, tenths_of_a_second] = [10_000_000, 100_000_000].map(nearest);
    let seconds = time.as_secs().max(60);
    match nanos {
        0 => "0".to_owned(),
        1..1_000 => format!("{nanos} ns"),
        _ if micros < 1_000 => format!("{micros} µs"),
        _ if tenths < 100 => format!("{}.{} ms", tenths / 10, tenths % 10),
        _ if millis < 1_000 => format!("{millis} ms"),
        _ if hundredths < 1_000 => format!("{}.{:02} s", hundredths / 100, hundredths % 100),
        _ if tenths_of_a_second < 600 => {
            format!("{}.{} s", tenths_of_a_second / 10, tenths_of_a_second % 10)
        }
        _ if seconds < 3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// RFC 3339, UTC, always nine fractional digits: `2026-11-21T03:12:00.000001000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match moment(*self) {
            Some(at) => write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ")),
            None => f.write_str("9999-12-31T23:59:59.999999999Z"),
        }
    }
}

impl Timestamp {
    /// The time of day in UTC, to the second: `03:12:05`.
    pub fn clock(self) -> String {
        moment(self).map_or_else(String::new, |at| at.strftime("%H:%M:%S").to_string())
    }

    /// Date and time in UTC, to the second: `2026-11-21 03:12:05`.
    pub fn date_and_clock(self) -> String {
        moment(self).map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// The same for the name of a file: `20261121T031205Z`.
    pub fn stamp(self) -> String {
        moment(self).map_or_else(String::new, |at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
    }
}

impl Timestamp {
    /// From RFC 3339, e.g. `2026-11-21T03:12:00Z`; `None` if it is none, or before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(at.as_nanosecond()).ok().map(Self)
    }
}

/// `03:12`, `03:12:05` or `03:12:05.250` as nanoseconds since midnight.
pub(crate) fn time_of_day(text: &str) -> Option<u64> {
    let time: jiff::civil::Time = text.parse().ok()?;
    let since = time.duration_since(jiff::civil::Time::midnight());
    u64::try_from(since.as_nanos()).ok()
}

fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_nanosecond(i128::from(at.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_rounded_to_two_or_three_digits() {
        let cases = [
            (0, "0"),
            (999, "999 ns"),
            (90_000, "90 µs"),
            (999_500, "1.0 ms"),
            (1_240_000, "1.2 ms"),
            (9_960_000, "10 ms"),
            (23_958_000, "24 ms"),
            (140_000_000, "140 ms"),
            (999_600_000, "1.00 s"),
            (2_001_500_000, "2.00 s"),
            (9_996_000_000, "10.0 s"),
            (24_042_000_000, "24.0 s"),
            (59_970_000_000, "1m 00s"),
            (192_999_000_000, "3m 12s"),
            (19_200_000_000_000, "5h 20m"),
            (180_000_000_000_000, "2d 02h"),
        ];
        for (nanos, text) in cases {
            assert_eq!(rounded(Duration::from_nanos(nanos)), text);
        }
        assert_eq!(rounded(Duration::MAX), "213503982334601d 07h");
    }

    #[test]
    fn prints_rfc_3339_with_nanoseconds() {
        let at = Timestamp::new(1_795_231_920, 1_000);
        assert_eq!(at.to_string(), "2026-11-21T03:32:00.000001000Z");
        assert_eq!(at.clock(), "03:32:00");
        assert_eq!(Timestamp::default().to_string(), "1970-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn time_that_goes_backwards_takes_no_time() {
        let (early, late) = (Timestamp::new(1, 0), Timestamp::new(3, 5));
        assert_eq!(late.since(early), Duration::new(2, 5));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(early.distance(late), Duration::new(2, 5));
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        let end = Timestamp::new(u64::MAX, u64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(end.minus(Duration::MAX), Timestamp::default());
        assert!(end.to_string().starts_with("2554-"));
    }
}
