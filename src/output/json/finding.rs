//! A cause, with the evidence and what to do.

use serde::Serialize;

use super::time;
use crate::snapshot::{self, FindingOutcome};

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    cause: &'static str,
    confidence: String,
    fault: bool,
    outcome: &'static str,
    rcode: Option<String>,
    count: u64,
    scope: Scope<'a>,
    first: Option<String>,
    last: Option<String>,
    last_success: Option<String>,
    onset: &'static str,
    ongoing: bool,
    impact: FindingImpact,
    linked: &'a [usize],
    headline: &'a str,
    evidence: &'a [String],
    against: &'a [String],
    brand: Option<&'a str>,
    fix: &'a [String],
    verify: &'a str,
    verify_windows: &'a str,
}

#[derive(Serialize)]
pub(super) struct FindingImpact {
    lookups_failed: u64,
    lookups_recovered: u64,
    clients: u64,
    names: u64,
    queries: u64,
    waited_s: f64,
}

impl FindingImpact {
    pub(super) fn of(impact: snapshot::FindingImpact) -> Self {
        Self {
            lookups_failed: impact.lookups_failed,
            lookups_recovered: impact.lookups_recovered,
            clients: impact.clients,
            names: impact.names,
            queries: impact.queries,
            waited_s: impact.waited.as_secs_f64(),
        }
    }
}

/// How the exchanges of a finding ended, and with which code.
pub(super) fn ended(outcome: FindingOutcome) -> (&'static str, Option<String>) {
    match outcome {
        FindingOutcome::Response(rcode) => ("response", Some(rcode.to_string())),
        FindingOutcome::Unanswered => ("unanswered", None),
        FindingOutcome::Unreachable => ("unreachable", None),
    }
}

impl<'a> Finding<'a> {
    pub(super) fn of(finding: &'a snapshot::Finding) -> Self {
        let (outcome, rcode) = ended(finding.outcome);
        Self {
            cause: finding.cause,
            confidence: finding.confidence.to_string(),
            fault: finding.fault,
            outcome,
            rcode,
            count: finding.count,
            scope: Scope::of(&finding.scope),
            first: time(finding.first),
            last: time(finding.last),
            last_success: time(finding.last_success),
            onset: finding.onset.id(),
            ongoing: finding.ongoing,
            impact: FindingImpact::of(finding.impact),
            linked: &finding.linked,
            headline: &finding.headline,
            evidence: &finding.evidence,
            against: &finding.against,
            brand: finding.brand.as_deref(),
            fix: &finding.fix,
            verify: &finding.verify,
            verify_windows: &finding.verify_windows,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Scope<'a> {
    servers: &'a [String],
    clients: &'a [String],
    suffixes: &'a [String],
    outside_suffixes: &'a [String],
    types: Vec<String>,
    opcodes: Vec<String>,
    classes: Vec<String>,
    recursion_desired: Option<bool>,
    unasked: Option<bool>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(scope: &'a snapshot::Scope) -> Self {
        Self {
            servers: &scope.servers,
            clients: &scope.clients,
            suffixes: &scope.suffixes,
            outside_suffixes: &scope.outside_suffixes,
            types: scope.types.iter().map(ToString::to_string).collect(),
            opcodes: scope.opcodes.iter().map(ToString::to_string).collect(),
            classes: scope.classes.iter().map(ToString::to_string).collect(),
            recursion_desired: scope.recursion_desired,
            unasked: scope.unasked,
        }
    }
}
