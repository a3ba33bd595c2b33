//! What a cause did: who was hurt, for how many lookups, and how often it was asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::base::{Base, Case};
use super::claims::Claims;
use super::finding::Confidence;
use crate::iana::RecordType;
use crate::tally::Moments;
use crate::time::Timestamp;
use crate::wire::Address;

/// Who asks for what, whatever servers it takes.
pub(super) type Lookup<'a> = (Address, &'a [u8], RecordType);

/// What a finding did.
#[derive(Clone, Debug, Default)]
pub(super) struct Harm {
    /// Exchanges that belong to the finding, as far as they were looked at.
    pub(super) exchanges: u64,
    pub(super) lookups_failed: u64,
    pub(super) lookups_recovered: u64,
    pub(super) clients: BTreeSet<Address>,
    pub(super) names: u64,
    pub(super) queries: u64,
    /// Microseconds.
    pub(super) waited: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// How surely most of them are put down to the cause.
    pub(super) confidence: Option<Confidence>,
}

/// The lookups that some server answered: when, and when for the last time.
pub(super) type Answered<'a> = BTreeMap<Lookup<'a>, (Moments, Timestamp)>;

pub(super) fn answered<'a>(base: &Base<'a>) -> Answered<'a> {
    let mut answered = Answered::new();
    for case in base.cases.iter().filter(|case| case.is_answer()) {
        let lookup = (case.fact.client, case.fact.name, case.rtype());
        let (when, last) = answered.entry(lookup).or_insert((case.fact.when, case.fact.last));
        *when = when.and(case.fact.when);
        *last = case.fact.last.max(*last);
    }
    answered
}

/// A lookup recovers by an answer that comes within this time: what is asked and answered later is
/// another lookup.
const WINDOW: Duration = Duration::from_secs(5);

/// Of some cases.
pub(super) fn harm<'a>(
    base: &Base<'a>,
    claims: &Claims<'a>,
    cases: &[usize],
    answered: &Answered<'a>,
) -> Harm {
    let mut harm = Harm { first: Timestamp(u64::MAX), ..Harm::default() };
    // Whether they recovered.
    let mut lookups: BTreeMap<Lookup<'a>, bool> = BTreeMap::new();
    let window = base.parts.within(WINDOW);
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut sure: BTreeMap<Confidence, u64> = BTreeMap::new();
    let cases = cases.iter().filter_map(|it| Some((*it, base.cases.get(*it)?)));
    for (number, case) in cases {
        let Case { fact, .. } = case;
        harm.exchanges += fact.count;
        harm.queries += fact.sent;
        harm.waited = harm.waited.saturating_add(fact.waited);
        harm.clients.insert(fact.client);
        harm.first = harm.first.min(fact.first);
        harm.last = harm.last.max(fact.last);
        names.insert(fact.name);
        let lookup = (fact.client, fact.name, case.rtype());
        let recovered = answered.get(&lookup).is_some_and(|(when, last)| {
            *last >= fact.first && fact.when.is_followed_by(*when, window)
        });
        *lookups.entry(lookup).or_default() |= recovered;
        if let Some(claim) = claims.get(number) {
            *sure.entry(claim.confidence).or_default() += fact.count;
        }
    }
    harm.names = names.len() as u64;
    harm.lookups_recovered = lookups.values().filter(|recovered| **recovered).count() as u64;
    harm.lookups_failed = lookups.len() as u64 - harm.lookups_recovered;
    harm.confidence = sure.into_iter().max_by_key(|(_, count)| *count).map(|(sure, _)| sure);
    harm
}
