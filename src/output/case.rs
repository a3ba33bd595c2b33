//! What a report tells of a finding: labelled sentences in the order in which a reader asks.

use super::words::{Moments, span};
use crate::snapshot::{Finding, Snapshot};

/// How much of a finding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// What a reader needs first, and where the rest is.
    Brief,
    /// Everything.
    Whole,
}

/// Lines of evidence of a brief account.
const MOST_EVIDENCE: usize = 3;

/// A label, and the sentences that stand beside it.
pub(super) type Told = (&'static str, Vec<String>);

/// The finding in one sentence, with its number and how sure it is.
pub(super) fn headline(number: usize, finding: &Finding) -> String {
    let kind = if finding.fault { "" } else { " (not a fault)" };
    format!("{number}. {}{kind}: {}", finding.confidence, finding.headline)
}

/// What speaks for it, since when, what speaks against it, what to do.
pub(super) fn case(snapshot: &Snapshot, finding: &Finding, detail: Detail) -> Vec<Told> {
    let (evidence, doubts) = match detail {
        Detail::Brief => (MOST_EVIDENCE, 1),
        Detail::Whole => (usize::MAX, usize::MAX),
    };
    let some = |all: &[String], most: usize| all.iter().take(most).cloned().collect();
    vec![
        ("for", some(&finding.evidence, evidence)),
        ("since", vec![since(snapshot, finding)]),
        ("against", some(&finding.against, doubts)),
        ("see also", linked(snapshot, finding)),
        ("change", changes(finding, detail)),
        ("verify", verify(finding, detail)),
    ]
}

/// From when to when, how it began, and whether it is over.
fn since(snapshot: &Snapshot, finding: &Finding) -> String {
    let moments = Moments::of(snapshot);
    let (first, last) = (moments.show(finding.first), moments.show(finding.last));
    let before = finding
        .answered_until()
        .map_or_else(String::new, |at| format!(", the last time at {}", moments.show(Some(at))));
    let over = match (finding.ongoing, finding.last, snapshot.source.last) {
        (false, Some(last), Some(end)) => {
            format!("; over for {} at the end", span(end.since(last)))
        }
        _ => String::new(),
    };
    format!("{first} to {last}: {}{before}{over}", finding.beginning())
}

fn linked(snapshot: &Snapshot, finding: &Finding) -> Vec<String> {
    let others = finding.linked.iter().filter_map(|place| {
        let other = snapshot.findings.get(*place)?;
        Some(format!("{}. {}", place + 1, other.headline))
    });
    others.collect()
}

/// What to do; briefly, the first thing, and where the rest is.
fn changes(finding: &Finding, detail: Detail) -> Vec<String> {
    if detail == Detail::Whole {
        return finding.fix.clone();
    }
    let mut lines: Vec<String> = finding.fix.iter().take(1).cloned().collect();
    lines.extend(finding.directive().map(|line| format!("it looks like {line}")));
    lines.push(format!("other servers, and more: rcodetop explain {}", finding.cause));
    lines
}

fn verify(finding: &Finding, detail: Detail) -> Vec<String> {
    let commands = match detail {
        Detail::Brief => vec![&finding.verify],
        Detail::Whole => vec![&finding.verify, &finding.verify_windows],
    };
    commands.into_iter().filter(|command| !command.is_empty()).cloned().collect()
}
