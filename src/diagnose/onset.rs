//! How a finding began: at once, by and by, or so that nothing is known of before.

use std::collections::BTreeSet;
use std::ops::Range;

use super::base::{Base, Case};
use super::scope::Draft;
use crate::tally::PARTS;
use crate::time::Timestamp;

/// How the exchanges of a finding stand in time to answers of the same kind: from the same servers,
/// within the same scope, for the same registered domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onset {
    /// Hardly anything of the kind was answered before the first of them.
    NoneBefore,
    /// Before the first of them the same was answered, and since then next to nothing.
    Step,
    /// Before the first of them the same was answered, since then less and less of it.
    Drift,
    /// The same is answered and not, by turns.
    Mixed,
}

impl Onset {
    /// Its stable identifier, as in reports.
    pub fn id(self) -> &'static str {
        self.row().0
    }

    /// What it means, as the end of a sentence.
    pub(super) fn meaning(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::NoneBefore => ("none-before", "hardly anything of the kind was answered before"),
            Self::Step => ("step", "at once, the same was answered before"),
            Self::Drift => ("drift", "more and more, the same was answered before"),
            Self::Mixed => ("mixed", "by turns, the same is answered in between"),
        }
    }
}

/// Fewer answers than this say nothing about how it was before.
const FEW: u64 = 3;

/// From one third of the time to the next, the share must grow by so many hundredths.
const GROWTH: u64 = 15;

/// What happened in each part of the capture: exchanges of the finding, and answers of the same
/// kind. A part counts a question once, however often it was asked.
struct Course {
    bad: [u64; PARTS as usize],
    good: [u64; PARTS as usize],
}

/// How a finding began.
pub(super) fn onset(base: &Base<'_>, draft: &Draft<'_>) -> Onset {
    let course = Course::of(base, draft);
    let Some(first) = course.bad.iter().position(|count| *count > 0) else {
        return Onset::NoneBefore;
    };
    let last = course.bad.iter().rposition(|count| *count > 0).unwrap_or(first);
    if course.sum(0..first).1 < FEW {
        return Onset::NoneBefore;
    }
    // The first part may hold both sides of a step.
    let since = if last > first { first + 1 } else { first };
    if course.hundredths(since..last + 1) >= 90 {
        return Onset::Step;
    }
    let third = (last + 1 - first).div_ceil(3);
    let shares = [0, 1, 2].map(|nth| {
        let start = first + nth * third;
        course.hundredths(start..(start + third).min(last + 1))
    });
    let [one, two, three] = shares;
    let grows = two >= one + GROWTH && three >= two + GROWTH;
    if grows { Onset::Drift } else { Onset::Mixed }
}

/// The last answer of the same kind before the finding's first exchange.
pub(super) fn last_success(
    base: &Base<'_>,
    draft: &Draft<'_>,
    first: Timestamp,
) -> Option<Timestamp> {
    let before = answers(base, draft).filter(|case| case.fact.first < first);
    before
        .filter_map(|case| match case.fact.last {
            last if last < first => Some(last),
            _ => base.parts.last_before(case.fact.when, first),
        })
        .max()
}

/// Answers of the same kind: what a server answers from data of its own is another matter.
fn answers<'b, 'a>(base: &'b Base<'a>, draft: &'b Draft<'a>) -> impl Iterator<Item = &'b Case<'a>> {
    let own = draft.own(base);
    let domains: BTreeSet<&[u8]> = own.map(|case| case.domain).collect();
    let cases = base.of_servers(&draft.servers).map(|(_, case)| case);
    cases.filter(move |case| {
        case.is_answer() && domains.contains(case.domain) && draft.is_about(case)
    })
}

impl Course {
    fn of(base: &Base<'_>, draft: &Draft<'_>) -> Self {
        let own = draft.own(base);
        Self { bad: parts(own), good: parts(answers(base, draft)) }
    }

    /// Exchanges of the finding, and answers of the same kind.
    fn sum(&self, parts: Range<usize>) -> (u64, u64) {
        let sum = |counts: &[u64]| counts.get(parts.clone()).unwrap_or_default().iter().sum();
        (sum(&self.bad), sum(&self.good))
    }

    /// The share of exchanges of the finding, in hundredths.
    fn hundredths(&self, parts: Range<usize>) -> u64 {
        let (bad, good) = self.sum(parts);
        bad * 100 / (bad + good).max(1)
    }
}

fn parts<'c, 'a: 'c>(cases: impl Iterator<Item = &'c Case<'a>>) -> [u64; PARTS as usize] {
    let mut counts = [0; PARTS as usize];
    for case in cases {
        for part in case.fact.when.parts() {
            if let Some(count) = counts.get_mut(part as usize) {
                *count += 1;
            }
        }
    }
    counts
}
