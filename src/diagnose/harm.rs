//! What a cause did: who was hurt, for how many lookups, and how often it was asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::base::{Base, Case, Sight};
use super::claims::Claims;
use super::finding::Confidence;
use crate::focus::Focus;
use crate::iana::RecordType;
use crate::tally::{self, Distinct, End, Moments};
use crate::time::Timestamp;
use crate::wire::Address;

/// Who asks for what, whatever servers it takes, and however often: a pair of client and question.
pub(super) type Lookup<'a> = (Address, &'a [u8], RecordType);

/// What a finding did.
#[derive(Clone, Debug, Default)]
pub(super) struct Harm {
    /// Exchanges that belong to the finding, as far as they were looked at.
    pub(super) exchanges: u64,
    /// Of these, TCP connections that were not taken.
    pub(super) connections: u64,
    pub(super) lookups_failed: u64,
    pub(super) lookups_recovered: u64,
    /// Lookups that failed, and what looks like one though nobody was seen to ask: what findings are
    /// put in order by.
    pub(super) weight: u64,
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

/// Lookups, and whether they recovered.
type Recovered<'a> = BTreeMap<Lookup<'a>, bool>;

fn note<'a>(
    lookups: &mut Recovered<'a>,
    base: &Base<'a>,
    case: &Case<'a>,
    answered: &Answered<'a>,
) {
    let fact = &case.fact;
    let lookup = (fact.client, fact.name, case.rtype());
    let recovered = answered.get(&lookup).is_some_and(|(when, last)| {
        *last >= fact.first && fact.when.is_followed_by(*when, base.parts.within(WINDOW))
    });
    *lookups.entry(lookup).or_default() |= recovered;
}

/// What became of the lookups that met the focus, where they cannot be followed one by one: those
/// of which some query got no response, and all of them where the capture shows next to no queries.
pub(super) fn of_facts(base: &Base<'_>, focus: Focus) -> Option<tally::Impact> {
    match focus {
        Focus::NoResponse => {
            Some(impact(base, |case| matches!(case.end(), End::Silence | End::Blocked(_))))
        }
        Focus::Rcode(rcode) if base.sight == Sight::Responses && !rcode.is_answer() => {
            Some(impact(base, |case| case.is(rcode)))
        }
        Focus::Rcode(_) | Focus::Slow => None,
    }
}

fn impact(base: &Base<'_>, has_met: impl Fn(&Case<'_>) -> bool) -> tally::Impact {
    let answered = answered(base);
    let mut lookups = Recovered::new();
    for case in base.cases.iter().filter(|case| case.selected && has_met(case)) {
        note(&mut lookups, base, case, &answered);
    }
    let failed: Vec<&Lookup<'_>> =
        lookups.iter().filter(|(_, recovered)| !**recovered).map(|(lookup, _)| lookup).collect();
    let clients: BTreeSet<Address> = failed.iter().map(|(client, ..)| *client).collect();
    let names: BTreeSet<_> = failed.iter().map(|(_, name, rtype)| (*name, *rtype)).collect();
    let all = lookups.len() as u64 * base.one_of;
    let failed = failed.len() as u64 * base.one_of;
    let distinct = |count: usize| Distinct { count: count as u64, at_least: base.one_of > 1 };
    tally::Impact {
        lookups_refused: all,
        recovered: all - failed,
        failed,
        clients_failed: distinct(clients.len()),
        names_failed: distinct(names.len()),
        are_pairs: true,
    }
}

/// Of some cases.
pub(super) fn harm<'a>(
    base: &Base<'a>,
    claims: &Claims<'a>,
    cases: &[usize],
    answered: &Answered<'a>,
) -> Harm {
    let mut harm = Harm { first: Timestamp(u64::MAX), ..Harm::default() };
    let (mut lookups, mut others) = (Recovered::new(), Recovered::new());
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut sure: BTreeMap<Confidence, u64> = BTreeMap::new();
    let cases = cases.iter().filter_map(|it| Some((*it, base.cases.get(*it)?)));
    for (number, case) in cases {
        let Case { fact, .. } = case;
        harm.exchanges += fact.count;
        harm.connections += if case.end() == End::NoConnection { fact.count } else { 0 };
        harm.queries += if case.was_sent() { fact.sent } else { 0 };
        harm.waited = harm.waited.saturating_add(fact.waited);
        harm.clients.insert(fact.client);
        harm.first = harm.first.min(fact.first);
        harm.last = harm.last.max(fact.last);
        // Empty where it is not known.
        names.extend(Some(fact.name).filter(|name| !name.is_empty()));
        note(
            if base.is_of_lookup(case) { &mut lookups } else { &mut others },
            base,
            case,
            answered,
        );
        if let Some(claim) = claims.get(number) {
            *sure.entry(claim.confidence).or_default() += fact.count;
        }
    }
    harm.names = names.len() as u64;
    let failed = |lookups: &Recovered<'_>| lookups.values().filter(|it| !**it).count() as u64;
    harm.lookups_failed = failed(&lookups);
    harm.lookups_recovered = lookups.len() as u64 - harm.lookups_failed;
    harm.weight = harm.lookups_failed + failed(&others);
    harm.confidence = sure.into_iter().max_by_key(|(_, count)| *count).map(|(sure, _)| sure);
    harm
}
