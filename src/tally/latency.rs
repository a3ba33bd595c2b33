//! Response times as histograms: exact ends, quantiles within 1 %.
//!
//! Counting is a handful of instructions here and sixty in the `hdrhistogram` crate, twice for
//! each response (`docs/performance.md`); that crate is the second opinion in the tests.

use std::time::Duration;

use super::figures::{BOUNDS, Histogram, Latency};
use super::records::{TimesOf, TimesRecord};

/// Response times of one kind of response.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// How many fell into each bucket; as long as the longest time needs. A monitor counts for
    /// months: 32 bits would be full within days.
    buckets: Vec<u64>,
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

/// How wide a bucket is, in steps: 1, and beyond the first doublings a power of two.
fn width(bucket: usize) -> u64 {
    1 << (bucket >> PRECISION).saturating_sub(1).min(63)
}

/// Where a bucket starts, in steps.
fn start(bucket: usize) -> u64 {
    let before = (bucket >> PRECISION).saturating_sub(1) << PRECISION;
    (bucket - before) as u64 * width(bucket)
}

/// The middle of a bucket, in steps; one that is a step wide is that step.
fn middle(bucket: usize) -> u64 {
    start(bucket) + width(bucket) / 2
}

fn nanos(steps: u64) -> u64 {
    steps.saturating_mul(STEP_NANOS)
}

impl Times {
    /// Counts a response that took so many nanoseconds.
    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) {
        let place = bucket((nanos / STEP_NANOS).min(MAX_STEPS));
        match self.buckets.get_mut(place) {
            Some(bucket) => *bucket += 1,
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
            *ours += *theirs;
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
        let sum = times.buckets.iter().try_fold(0_u64, |sum, number| sum.checked_add(*number))?;
        (min <= max && sum > 0 && sum == *count).then_some(times)
    }

    /// How many took longer than so many nanoseconds, as far as buckets tell times apart, and how
    /// many there are.
    pub(crate) fn above(&self, nanos: u64) -> (u64, u64) {
        let place = bucket((nanos / STEP_NANOS).min(MAX_STEPS));
        let sum = |counts: &[u64]| counts.iter().sum();
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
        let wanted = u128::from(self.count) * u128::from(part);
        let wanted = wanted.div_ceil(u128::from(whole)).max(1);
        let mut sum = 0_u64;
        let reached = self.buckets.iter().position(|count| {
            sum += count;
            u128::from(sum) >= wanted
        });
        let steps = middle(reached.unwrap_or(self.buckets.len().saturating_sub(1)));
        Duration::from_nanos(nanos(steps))
            .clamp(Duration::from_nanos(self.min), Duration::from_nanos(self.max))
    }
}

impl Times {
    /// The same times in the few buckets of [`BOUNDS`].
    pub(crate) fn histogram(&self) -> Histogram {
        let mut out = Histogram::default();
        let counted = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        for (place, count) in counted {
            let (first, middle) = (nanos(start(place)), nanos(middle(place)));
            // One that begins within a bound belongs to it, so that what is as long as the bound does.
            let within = BOUNDS.partition_point(|bound| bound.as_nanos() < u128::from(first));
            if let Some(sum) = out.counts.get_mut(within) {
                *sum += count;
            }
            out.nanos = out.nanos.saturating_add(count.saturating_mul(middle));
        }
        out
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
            assert!((middle(place) as f64 - steps_f).abs() <= steps_f / 128.0, "{steps}");
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

    #[test]
    fn a_time_is_counted_within_the_bound_that_it_is_as_long_as() {
        for (place, bound) in BOUNDS.iter().enumerate() {
            let mut times = Times::default();
            let nanos = u64::try_from(bound.as_nanos()).unwrap();
            times.add(nanos);
            times.add(nanos / 65 * 66); // a bucket is at most 1/64 wide
            let histogram = times.histogram();
            assert_eq!(histogram.counts[place], 1, "{bound:?}: {histogram:?}");
            assert_eq!(histogram.counts[place + 1], 1, "{bound:?}: {histogram:?}");
            let off = histogram.nanos.abs_diff(nanos + nanos / 65 * 66);
            assert!(off < nanos / 50, "{bound:?}: {histogram:?}");
        }
    }
}
