//! Chance that repeats: the same seed gives the same numbers on every machine.
//!
//! Only integer and IEEE basic arithmetic: the C library's `exp` differs in its last bit from
//! system to system, and a capture that is to be made again byte by byte cannot.

/// A stream of pseudo-random numbers (splitmix64): quick, good enough for traffic, not a secret.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; 0 if there is none.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let product = (self.next() >> 32) * u64::from(bound);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// At least `low`, below `high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low))
    }

    /// At least 0, below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `share` of all calls.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// Around `median`, now and then much more: the usual shape of response times.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        // The sum of twelve uniform numbers less six is normal enough; four scaled by the root of
        // three is quicker and as good for latency.
        let sum = self.unit() + self.unit() + self.unit() + self.unit() - 2.0;
        median * exp(sigma * sum * 1.732_050_807_568_877_2)
    }
}

/// A Zipf law with exponent 1: rank k is drawn about 1/k as often as the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranks {
    count: u32,
    logarithm: f64,
}

impl Ranks {
    pub(crate) fn new(count: u32) -> Self {
        Self { count, logarithm: ln(f64::from(count) + 1.0) }
    }

    /// A rank from 0, the most frequent, to `count - 1`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to count + 1")]
    pub(crate) fn draw(self, random: &mut Random) -> u32 {
        let rank = exp(random.unit() * self.logarithm) as u32;
        rank.saturating_sub(1).min(self.count.saturating_sub(1))
    }
}

/// Spreads the bits of a number over the whole word; different numbers stay different.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// e to the power of `x`, for `x` between -700 and 700, right to nine digits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "-1010 to 1010")]
fn exp(x: f64) -> f64 {
    const INVERSES: [f64; 11] = [
        1.0 / 11.0,
        1.0 / 10.0,
        1.0 / 9.0,
        1.0 / 8.0,
        1.0 / 7.0,
        1.0 / 6.0,
        1.0 / 5.0,
        1.0 / 4.0,
        1.0 / 3.0,
        1.0 / 2.0,
        1.0,
    ];
    let scaled = x * std::f64::consts::LOG2_E;
    let whole = scaled.floor();
    let rest = (scaled - whole) * std::f64::consts::LN_2;
    let series = INVERSES.iter().fold(1.0, |sum, inverse| 1.0 + rest * inverse * sum);
    series * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

/// The natural logarithm of a number from 1 to 2^33, by halving the interval.
fn ln(number: f64) -> f64 {
    let (mut low, mut high) = (0.0, 23.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if exp(middle) < number { low = middle } else { high = middle }
    }
    low
}
