//! Response times as histograms: exact ends, quantiles within 1 %.
//!
//! Counting is a handful of instructions here and sixty in the `hdrhistogram` crate, twice for
//! each response (`docs/performance.md`); that crate is the second opinion in the tests.

use std::time::Duration;

use super::figures::Latency;
use super::records::{TimesOf, TimesRecord};

/// Response times of one kind of response.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// How many fell into each bucket, at most 2³²; as long as the longest time needs.
    buckets: Vec<u32>,
    count: u64,
    /// In nanoseconds.
    min: u64,
    max: u64,
}

/// Buckets tell times apart that differ by more than this.
const STEP_NANOS: u64 = 100;

/// Longer response times are counted as this long (an hour): no query waits for longer.
const MAX_STEPS: u64 = 36_000_000_000;

/// Each doubling of the time is divided into this many buckets, as a power of two: a bucket is
/// at most 1/64 wide, and its middle at most 1/128 from any time in it.
const PRECISION: u32 = 6;

impl Default for Times {
    fn default() -> Self {
        Self { buckets: Vec::new(), count: 0, min: u64::MAX, max: 0 }
    }
}

/// The bucket of so many steps: below 128 each its own, then 64 to each doubling.
#[inline]
fn bucket(steps: u64) -> usize {
    let shift = (u64::BITS - PRECISION - 1).saturating_sub(steps.leading_zeros());
    usize::try_from((u64::from(shift) << PRECISION) + (steps >> shift)).unwrap_or(usize::MAX)
}

/// The middle of a bucket, in steps.
fn middle(bucket: usize) -> f64 {
    let shift = (bucket >> PRECISION).saturating_sub(1);
    let start =
        ((bucket - (shift << PRECISION)) as f64) * 2_f64.powi(i32::try_from(shift).unwrap_or(0));
    // A bucket one step wide is that step.
    let width = 2_f64.powi(i32::try_from(shift).unwrap_or(0));
    if shift == 0 { start } else { start + width / 2.0 }
}

impl Times {
    /// Counts a response that took so many nanoseconds.
    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) {
        let place = bucket((nanos / STEP_NANOS).min(MAX_STEPS));
        match self.buckets.get_mut(place) {
            Some(bucket) => *bucket = bucket.saturating_add(1),
            None => self.add_beyond(place),
        }
        self.count += 1;
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
    }

    #[cold]
    fn add_beyond(&mut self, place: usize) {
        self.buckets.resize(place + 1, 0);
        if let Some(bucket) = self.buckets.last_mut() {
            *bucket = 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (ours, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *ours = ours.saturating_add(*theirs);
        }
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// As they are written down; `None` if nothing was measured.
    pub(super) fn record(&self, of: TimesOf) -> Option<TimesRecord> {
        let buckets = (0..).zip(&self.buckets).filter(|(_, count)| **count > 0);
        let buckets = buckets.map(|(bucket, count)| (bucket, *count)).collect();
        let Self { count, min, max, .. } = *self;
        (count > 0).then_some(TimesRecord { of, count, min, max, buckets })
    }

    /// What was written down; `None` if it cannot be.
    pub(super) fn restore(record: &TimesRecord) -> Option<Self> {
        let TimesRecord { count, min, max, buckets, .. } = record;
        let longest = bucket(MAX_STEPS);
        let mut times = Self { buckets: Vec::new(), count: *count, min: *min, max: *max };
        for (place, number) in buckets {
            let place = usize::try_from(*place).ok().filter(|place| *place <= longest)?;
            if place < times.buckets.len() {
                return None;
            }
            times.buckets.resize(place + 1, 0);
            *times.buckets.last_mut()? = *number;
        }
        let sum: u64 = times.buckets.iter().map(|number| u64::from(*number)).sum();
        // A bucket may have stopped at its greatest number.
        let is_whole = sum == *count || times.buckets.contains(&u32::MAX);
        (min <= max && sum > 0 && sum <= *count && is_whole).then_some(times)
    }

    /// How many took longer than so many nanoseconds, as far as buckets tell times apart, and how
    /// many there are.
    pub(crate) fn above(&self, nanos: u64) -> (u64, u64) {
        let place = bucket((nanos / STEP_NANOS).min(MAX_STEPS));
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum();
        let longer = self.buckets.get(place + 1..).unwrap_or_default();
        (sum(longer), sum(&self.buckets))
    }

    /// The figures; `None` if nothing was measured.
    pub(crate) fn latency(&self) -> Option<Latency> {
        if self.count == 0 {
            return None;
        }
        Some(Latency {
            count: self.count,
            min: Duration::from_nanos(self.min),
            p50: self.quantile(1, 2),
            p95: self.quantile(19, 20),
            p99: self.quantile(99, 100),
            max: Duration::from_nanos(self.max),
        })
    }

    /// The time that this share of all did not exceed.
    fn quantile(&self, part: u64, whole: u64) -> Duration {
        // Not of `count`: a bucket may have stopped at its greatest number.
        let all: u128 = self.buckets.iter().map(|count| u128::from(*count)).sum();
        let wanted = all * u128::from(part);
        let wanted = wanted.div_ceil(u128::from(whole)).max(1);
        let mut sum = 0_u128;
        let reached = self.buckets.iter().position(|count| {
            sum += u128::from(*count);
            sum >= wanted
        });
        let steps = middle(reached.unwrap_or(self.buckets.len().saturating_sub(1)));
        Duration::from_secs_f64(steps * STEP_NANOS as f64 / 1e9)
            .clamp(Duration::from_nanos(self.min), Duration::from_nanos(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_exact_and_quantiles_near() {
        let mut times = Times::default();
        assert_eq!(times.latency(), None);
        (1..=1000).for_each(|ms| times.add(ms * 1_000_000));
        let latency = times.latency().unwrap();
        assert_eq!(
            (latency.count, latency.min, latency.max),
            (1000, Duration::from_millis(1), Duration::from_secs(1))
        );
        for (got, want) in [(latency.p50, 500.0), (latency.p95, 950.0), (latency.p99, 990.0)] {
            let off = (got.as_secs_f64() * 1000.0 - want).abs() / want;
            assert!(off < 0.01, "{got:?} is not {want} ms");
        }
    }

    #[test]
    fn every_time_is_within_a_hundredth_of_its_bucket() {
        let mut last = 0;
        for steps in (0..3_000).chain((0..27).map(|n| (12_345_678 << n) / 7 * 3)) {
            let (place, steps_f) = (bucket(steps), steps as f64);
            assert!((middle(place) - steps_f).abs() <= steps_f / 128.0, "{steps}");
            assert!(place - last <= 1 || steps > 2_999, "no bucket is left out at {steps}");
            last = place;
        }
    }

    #[test]
    fn quantiles_agree_with_a_second_opinion() {
        let mut times = Times::default();
        let mut other = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let nanos = 1 << (10 + (state >> 60)) | state >> 44;
            times.add(nanos);
            other.record(nanos).unwrap();
        }
        let latency = times.latency().unwrap();
        for (ours, share) in [(latency.p50, 0.5), (latency.p95, 0.95), (latency.p99, 0.99)] {
            let theirs = other.value_at_quantile(share) as f64;
            let off = (ours.as_nanos() as f64 - theirs).abs() / theirs;
            assert!(off < 0.01, "{ours:?} is not {theirs} ns");
        }
    }

    #[test]
    fn merging_is_adding_all() {
        let (mut one, mut other, mut all) = (Times::default(), Times::default(), Times::default());
        for n in 0..500_u64 {
            let took = n * n * 1000;
            if n % 3 == 0 {
                one.add(took);
            } else {
                other.add(took);
            }
            all.add(took);
        }
        one.merge(&other);
        assert_eq!(one.latency(), all.latency());
    }
}
