//! Whether two shares differ by more than chance, and how many of many such findings can be believed.
//!
//! One test for everything: two shares, of so many each. Fisher's exact test where counts are small,
//! else the G-test (Sokal and Rohlf, Biometry, ch. 17), whose statistic is divided by how much more
//! the shares vary over time than independent exchanges would. False discoveries are held down by
//! the procedure of Benjamini and Hochberg (1995).

/// A part of a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many are meant.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Part {
    /// The share, 0 to 1; 0 of nothing.
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.part as f64 / self.of as f64 }
    }

    fn rest(self) -> u64 {
        self.of.saturating_sub(self.part)
    }

    /// The odds; half an exchange more on each side, so that none is infinite.
    pub fn odds(self) -> f64 {
        (self.part as f64 + 0.5) / (self.rest() as f64 + 0.5)
    }
}

/// Where all numbers that are expected reach this, the G-test is good enough.
const SMALL: f64 = 50.0;

/// Tables that are summed up exactly have at most so many terms.
const MOST_TERMS: u64 = 2_000;

/// How likely shares that differ so much, or more, would be by chance if they were the same: 0 to 1.
/// `spread` is how many times as much they vary as independent exchanges do, 1 or more.
pub fn chance(one: Part, other: Part, spread: f64) -> f64 {
    if one.of == 0 || other.of == 0 {
        return 1.0;
    }
    let all = one.of as f64 + other.of as f64;
    let parts = one.part as f64 + other.part as f64;
    let rests = all - parts;
    if parts <= 0.0 || rests <= 0.0 {
        return 1.0;
    }
    let expected = [one.of, other.of].map(|of| [of as f64 * parts / all, of as f64 * rests / all]);
    let least = expected.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let terms = (one.part + other.part).min(one.of).min(other.of);
    if least < SMALL && spread <= 1.0 && terms <= MOST_TERMS {
        return exact(one, other);
    }
    let observed = [one, other].map(|it| [it.part as f64, it.rest() as f64]);
    let pairs = observed.iter().flatten().zip(expected.iter().flatten());
    let g: f64 = pairs.map(|(seen, expected)| deviance(*seen, *expected)).sum();
    // Williams's correction keeps small counts from looking surer than they are.
    let inverse = |a: f64, b: f64| all * (1.0 / a + 1.0 / b) - 1.0;
    let q = 1.0 + inverse(one.of as f64, other.of as f64) * inverse(parts, rests) / (6.0 * all);
    tail(2.0 * g.max(0.0) / q.max(1.0) / spread.max(1.0))
}

fn deviance(seen: f64, expected: f64) -> f64 {
    if seen <= 0.0 { 0.0 } else { seen * (seen / expected).ln() }
}

/// The probability that a chi-square with one degree of freedom exceeds `x`.
fn tail(x: f64) -> f64 {
    complementary_error((x / 2.0).sqrt())
}

/// The complementary error function for arguments of 0 or more, within 1.2e-7 of itself (Numerical
/// Recipes, 2nd edition, section 6.2).
fn complementary_error(x: f64) -> f64 {
    const TERMS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = TERMS.iter().rev().fold(0.0, |sum, term| sum * t + term);
    (t * (sum - x * x).exp()).clamp(0.0, 1.0)
}

/// Fisher's exact test, on both sides: the sum of all tables that are no likelier than this one.
fn exact(one: Part, other: Part) -> f64 {
    let parts = one.part + other.part;
    let least = parts.saturating_sub(other.of);
    let most = parts.min(one.of);
    let log = |part: u64| choose(one.of, part) + choose(other.of, parts - part);
    let all = choose(one.of + other.of, parts);
    let seen = log(one.part);
    // What is as likely must not fall out by rounding.
    let near = seen.abs() * 1e-10 + 1e-7;
    let sum: f64 =
        (least..=most).map(log).filter(|it| *it <= seen + near).map(|it| (it - all).exp()).sum();
    sum.clamp(0.0, 1.0)
}

/// The logarithm of the number of ways to choose `part` of `of`.
fn choose(of: u64, part: u64) -> f64 {
    log_factorial(of) - log_factorial(part) - log_factorial(of.saturating_sub(part))
}

/// The logarithm of a factorial: exact for small numbers, else by Stirling's series.
fn log_factorial(number: u64) -> f64 {
    if number < 32 {
        return (2..=number).map(|factor| (factor as f64).ln()).sum();
    }
    let n = number as f64;
    let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1260.0 * n.powi(5));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + series
}

/// Which chances can be believed, so that of all that are, no more than the share `rate` is to be
/// expected to be there by chance: the greatest that still counts. `None` if none does.
pub fn believable(mut chances: Vec<f64>, rate: f64) -> Option<f64> {
    chances.sort_unstable_by(f64::total_cmp);
    let all = chances.len() as f64;
    let ranked = (1_u32..).zip(&chances);
    let counts = ranked.filter(|(rank, chance)| **chance <= rate * f64::from(*rank) / all);
    counts.last().map(|(_, chance)| *chance)
}

/// The mean of a chi-square with one degree of freedom without its greatest tenth.
const TRIMMED_MEAN: f64 = 0.623;

/// How many times as much a share varies from one step to the next as that of independent exchanges
/// would, 1 or more. The greatest tenth of the differences is left out: one clear change is no
/// restlessness.
pub fn spread(steps: &[Part]) -> f64 {
    let steps: Vec<Part> = steps.iter().copied().filter(|step| step.of > 0).collect();
    let all = steps.iter().fold(Part::default(), |all, it| Part {
        part: all.part.saturating_add(it.part),
        of: all.of.saturating_add(it.of),
    });
    let share = all.share();
    let variance = share * (1.0 - share);
    if variance <= 0.0 {
        return 1.0;
    }
    let mut squares: Vec<f64> = steps
        .iter()
        .zip(steps.iter().skip(1))
        .map(|(one, next)| {
            let by = next.share() - one.share();
            by * by / (variance * (1.0 / one.of as f64 + 1.0 / next.of as f64))
        })
        .collect();
    squares.sort_unstable_by(f64::total_cmp);
    squares.truncate(squares.len() - squares.len() / 10);
    if squares.len() < 8 {
        return 1.0;
    }
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    (mean / TRIMMED_MEAN).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(part: u64, of: u64) -> Part {
        Part { part, of }
    }

    #[track_caller]
    fn check(one: Part, other: Part, expected: f64) {
        let chance = chance(one, other, 1.0);
        let off = (chance - expected).abs() / expected;
        assert!(off < 0.02, "{one:?} {other:?}: {chance} is not {expected}");
    }

    #[test]
    fn small_tables_are_exact() {
        // The lady who tasted tea (Fisher 1935), and a textbook's table.
        check(part(3, 4), part(1, 4), 0.485_714);
        check(part(1, 10), part(11, 14), 0.002_759_46);
        check(part(0, 20), part(5, 20), 0.047_1);
        check(part(5, 5), part(5, 5), 1.0);
    }

    #[test]
    fn large_tables_follow_the_chi_square() {
        // G = 4.0683, which the correction hardly changes in so large a table.
        check(part(500, 10_000), part(564, 10_000), 0.043_7);
        check(part(500, 10_000), part(500, 10_000), 1.0);
        assert!(chance(part(100, 1_000), part(900, 1_000), 1.0) < 1e-100);
        assert!(chance(part(0, u64::MAX / 4), part(u64::MAX / 4, u64::MAX / 4), 1.0) < 1e-9);
    }

    #[test]
    fn of_nothing_nothing_can_be_told() {
        for (one, other) in [((0, 0), (5, 5)), ((0, 9), (0, 7)), ((9, 9), (7, 7))] {
            let chance = chance(part(one.0, one.1), part(other.0, other.1), 1.0);
            assert!((chance - 1.0).abs() < 1e-9, "{one:?} {other:?}: {chance}");
        }
    }

    #[test]
    fn the_tail_of_the_chi_square_is_that_of_the_tables() {
        for (x, expected) in [(3.841_459, 0.05), (6.634_897, 0.01), (10.827_57, 0.001)] {
            assert!((tail(x) - expected).abs() / expected < 1e-4, "{x}");
        }
    }

    #[test]
    fn restless_shares_need_more_of_a_difference() {
        let (one, other) = (part(500, 10_000), part(600, 10_000));
        assert!(chance(one, other, 1.0) < 0.01 && chance(one, other, 5.0) > 0.1);
        let even: Vec<Part> = (0..100).map(|n| part(45 + n * 7919 % 11, 1_000)).collect();
        assert!(spread(&even) < 1.2, "{}", spread(&even));
        let bursts: Vec<Part> =
            (0..100).map(|n| part(if n % 3 == 0 { 150 } else { 0 }, 1_000)).collect();
        assert!(spread(&bursts) > 20.0, "{}", spread(&bursts));
        let step: Vec<Part> =
            (0..100).map(|n| part(if n < 50 { 10 } else { 500 }, 1_000)).collect();
        assert!(spread(&step) < 1.2, "one step is none: {}", spread(&step));
        assert!((spread(&[]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_more_is_tested_the_surer_each_must_be() {
        assert_eq!(believable(vec![], 0.01), None);
        assert_eq!(believable(vec![0.009], 0.01), Some(0.009));
        assert_eq!(believable(vec![0.009, 0.5, 0.9], 0.01), None);
        assert_eq!(believable(vec![0.9, 0.001, 0.006, 0.003], 0.01), Some(0.006));
    }
}
