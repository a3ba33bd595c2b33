//! Response times as histograms: exact ends, quantiles within 1 %.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::figures::Latency;

/// Response times of one kind of response.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// In steps of 100 ns; two significant digits.
    steps: Option<Histogram<u64>>,
    min: Duration,
    max: Duration,
}

const STEP_NANOS: u128 = 100;

/// Longer response times are counted as this long: no query waits for hours.
const MAX_STEPS: u64 = 36_000_000_000;

impl Default for Times {
    fn default() -> Self {
        // Two digits are within what the crate allows, so this cannot fail; without a histogram
        // there is just no latency to show.
        let mut steps = Histogram::new(2).ok();
        if let Some(steps) = &mut steps {
            steps.auto(true);
        }
        Self { steps, min: Duration::MAX, max: Duration::ZERO }
    }
}

impl Times {
    pub(crate) fn add(&mut self, took: Duration) {
        let steps = u64::try_from(took.as_nanos() / STEP_NANOS).unwrap_or(MAX_STEPS);
        if let Some(histogram) = &mut self.steps {
            // Cannot fail: it resizes, and the value is bounded.
            let _ = histogram.record(steps.min(MAX_STEPS));
        }
        self.min = self.min.min(took);
        self.max = self.max.max(took);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if let (Some(ours), Some(theirs)) = (&mut self.steps, &other.steps) {
            let _ = ours.add(theirs);
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The figures; `None` if nothing was measured.
    pub(crate) fn latency(&self) -> Option<Latency> {
        let steps = self.steps.as_ref().filter(|steps| !steps.is_empty())?;
        let quantile = |share: f64| {
            Duration::from_nanos(steps.value_at_quantile(share).saturating_mul(100))
                .clamp(self.min, self.max)
        };
        Some(Latency {
            count: steps.len(),
            min: self.min,
            p50: quantile(0.50),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: self.max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_exact_and_quantiles_near() {
        let mut times = Times::default();
        assert_eq!(times.latency(), None);
        (1..=1000).for_each(|ms| times.add(Duration::from_millis(ms)));
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
    fn merging_is_adding_all() {
        let (mut one, mut other, mut all) = (Times::default(), Times::default(), Times::default());
        for n in 0..500_u64 {
            let took = Duration::from_micros(n * n);
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
