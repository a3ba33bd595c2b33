//! Findings as samples: bounded, and one for each set of labels.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::snapshot::{Confidence, Finding, FindingOutcome, Snapshot};

/// Findings that have samples of their own: the most harmful ones come first.
pub(super) const MOST_FINDINGS: usize = 64;

/// What a finding is told by; what it is about in detail is in reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    cause: &'static str,
    confidence: String,
    fault: bool,
    outcome: String,
    server: String,
}

/// All findings with the same labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Exchanges that belong to them.
    pub(super) exchanges: u64,
    /// Whether one of them was seen in the last minute of the capture.
    pub(super) ongoing: bool,
    /// The first of all exchanges, since 1970.
    pub(super) first: Option<Duration>,
}

/// The names of the labels, in the order of [`each`].
pub(super) const LABELS: &[&str] = &["cause", "confidence", "fault", "outcome", "server"];

/// Calls `tell` for each set of labels.
pub(super) fn each(snapshot: &Snapshot, mut tell: impl FnMut(&[&str], &Told)) {
    let mut all: BTreeMap<Labels, Told> = BTreeMap::new();
    for finding in snapshot.findings.iter().take(MOST_FINDINGS) {
        let told = all.entry(labels(finding)).or_default();
        let first = finding.first.map(|at| Duration::from_nanos(at.0));
        told.exchanges += finding.count;
        told.ongoing |= finding.ongoing;
        told.first = [told.first, first].into_iter().flatten().min();
    }
    for (Labels { cause, confidence, fault, outcome, server }, told) in &all {
        tell(&[cause, confidence, word(*fault), outcome, server], told);
    }
}

fn labels(finding: &Finding) -> Labels {
    Labels {
        cause: finding.cause,
        confidence: finding.confidence.to_string(),
        fault: finding.fault,
        outcome: match finding.outcome {
            // A code that nobody assigned is one of any number.
            FindingOutcome::Response(rcode) if rcode.fact().is_none() => "other".into(),
            FindingOutcome::Response(rcode) => rcode.to_string(),
            FindingOutcome::Unanswered => "unanswered".into(),
            FindingOutcome::Unreachable => "unreachable".into(),
        },
        server: match finding.scope.servers.as_slice() {
            [] => "any".into(),
            some @ ([_] | [_, _] | [_, _, _]) => some.join(", "),
            _ => "several".into(),
        },
    }
}

/// How many are going on, by how sure they are and whether they are faults.
pub(super) fn ongoing(snapshot: &Snapshot, confidence: Confidence, fault: bool) -> u64 {
    let is_one = |it: &&Finding| it.ongoing && it.confidence == confidence && it.fault == fault;
    snapshot.findings.iter().filter(is_one).count() as u64
}

pub(super) fn word(claim: bool) -> &'static str {
    if claim { "true" } else { "false" }
}
