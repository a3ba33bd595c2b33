//! Holds findings against the truth.
//!
//! A row is right when the first finding that covers it names its cause, or one that cannot be told
//! from it. A finding is a wrong accusation if it says of a fault that it is likely or certain, and
//! most of its rows have another cause, or it has none.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rcodetop::snapshot::{Confidence, Finding, FindingOutcome};

use super::truth::{Kind, Row};

/// What became of one scenario.
pub(crate) struct Verdict {
    pub(crate) scenario: String,
    /// Mean over the causes of the share of right rows; none if there are no rows.
    pub(crate) recall: Option<f64>,
    /// Findings that name a cause wrongly.
    pub(crate) wrong: Vec<String>,
    /// By the key of the cause: what was named how often.
    pub(crate) named: BTreeMap<String, BTreeMap<&'static str, usize>>,
}

/// Judges the findings about one scenario.
pub(crate) fn judge(scenario: &str, rows: &[Row], findings: &[Finding]) -> Verdict {
    // How many rows each finding has wrong and right.
    let mut blame = vec![[0_usize; 2]; findings.len()];
    let mut right: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut named: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    for row in rows {
        let found = first(row, findings);
        let cause = found.map_or("-", |number| findings[number].cause);
        let is_right = row.accepted.contains(cause);
        right.entry(&row.key).or_default()[usize::from(is_right)] += 1;
        *named.entry(row.key.clone()).or_default().entry(cause).or_default() += 1;
        if let Some(number) = found {
            blame[number][usize::from(is_right)] += 1;
        }
    }
    let shares = right.values().map(|[bad, good]| *good as f64 / (bad + good) as f64);
    let recall = (!right.is_empty()).then(|| shares.sum::<f64>() / right.len() as f64);
    let accused = findings.iter().zip(blame).filter(|(finding, _)| accuses(finding));
    let wrong = accused.filter(|(_, [bad, good])| good <= bad);
    let wrong = wrong.map(|(finding, blame)| told(finding, blame));
    Verdict { scenario: scenario.to_owned(), recall, wrong: wrong.collect(), named }
}

fn told(finding: &Finding, [bad, good]: [usize; 2]) -> String {
    format!(
        "{} {} {:?} count {}, rows {good} right {bad} wrong: {}; {:?}",
        finding.confidence,
        finding.cause,
        finding.outcome,
        finding.count,
        finding.headline,
        finding.scope
    )
}

fn accuses(finding: &Finding) -> bool {
    finding.fault && finding.confidence >= Confidence::Likely && finding.cause != "unknown"
}

/// The finding that a row belongs to. Where the truth does not tell all that a scope asks for, the
/// best finding counts.
fn first(row: &Row, findings: &[Finding]) -> Option<usize> {
    let mut covering = (0..findings.len()).filter(|number| covers(&findings[*number], row));
    let is_whole = row.kind != Kind::Unreachable && row.unasked.is_some() && !row.name.is_empty();
    if is_whole {
        return covering.next();
    }
    let covering: Vec<usize> = covering.collect();
    let right = covering.iter().find(|number| row.accepted.contains(findings[**number].cause));
    right.or(covering.first()).copied()
}

fn covers(finding: &Finding, row: &Row) -> bool {
    let scope = &finding.scope;
    is_of(finding.outcome, row)
        && row.server.is_none_or(|server| is_within(server, &scope.servers))
        && is_within(row.client, &scope.clients)
        && (row.kind == Kind::Unreachable || asks(finding, row))
}

fn is_of(outcome: FindingOutcome, row: &Row) -> bool {
    match outcome {
        FindingOutcome::Response(rcode) => {
            row.kind == Kind::Response && rcode.to_string() == row.rcode
        }
        FindingOutcome::Unanswered => row.kind == Kind::Unanswered,
        FindingOutcome::Unreachable => row.kind == Kind::Unreachable,
    }
}

/// Whether the scope holds for what was asked.
fn asks(finding: &Finding, row: &Row) -> bool {
    let scope = &finding.scope;
    let under = |suffix: &String| is_under(&row.name, suffix);
    // A response without a question has no name in the truth.
    (row.name.is_empty() || scope.suffixes.is_empty() || scope.suffixes.iter().any(under))
        && !scope.outside_suffixes.iter().any(under)
        && holds(&scope.types, &row.rtype)
        && holds(&scope.opcodes, &row.opcode)
        && holds(&scope.classes, row.class)
        && agree(scope.unasked, row.unasked)
        && agree(scope.recursion_desired, Some(row.recursion_desired))
}

/// Where either is not known, they do not contradict.
fn agree(one: Option<bool>, other: Option<bool>) -> bool {
    one.is_none() || other.is_none() || one == other
}

fn holds<T: ToString>(all: &[T], one: &str) -> bool {
    all.is_empty() || all.iter().any(|each| each.to_string() == one)
}

/// Whether a name is a suffix or below it, by whole labels.
fn is_under(name: &str, suffix: &str) -> bool {
    let (name, suffix) = (name.trim_end_matches('.'), suffix.trim_end_matches('.'));
    let above = name.strip_suffix(&suffix.to_lowercase());
    suffix.is_empty() || above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether an address is one of some, or in one of some networks; none means any.
fn is_within(address: IpAddr, places: &[String]) -> bool {
    places.is_empty() || places.iter().any(|place| is_in(address, place))
}

fn is_in(address: IpAddr, place: &str) -> bool {
    let Some((network, length)) = place.split_once('/') else {
        return place.parse() == Ok(address);
    };
    let length: u32 = length.parse().unwrap();
    match (network.parse().unwrap(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
        }
        _ => false,
    }
}
