//! A finding in words: headline, evidence, doubts, what to do.

use super::base::{Base, Sight};
use super::compose::Harm;
use super::finding::{Confidence, Finding};
use super::scope::Draft;

/// Whether a cause is something to repair.
pub(super) fn is_fault(_cause: &str) -> bool {
    true
}

/// The finding that a draft makes.
pub(super) fn finding(base: &Base<'_>, draft: &Draft<'_>, harm: &Harm) -> Finding {
    let mut confidence = harm.confidence.unwrap_or(Confidence::Possible);
    if base.sight != Sight::Both {
        confidence = confidence.min(Confidence::Likely);
    }
    Finding {
        cause: draft.cause,
        confidence,
        fault: is_fault(draft.cause),
        outcome: draft.outcome,
        count: harm.exchanges * base.one_of,
        scope: draft.scope(),
        first: Some(harm.first),
        last: Some(harm.last),
        last_success: None,
        headline: draft.cause.to_owned(),
        evidence: Vec::new(),
        against: Vec::new(),
        fix: Vec::new(),
        verify: String::new(),
    }
}
