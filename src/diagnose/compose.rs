//! From claims to findings: grouped, ordered by harm, each with its numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::base::{Base, Case};
use super::claims::Claims;
use super::finding::{Confidence, Finding, FindingOutcome};
use super::scope::{Draft, outcome};
use super::words;
use crate::iana::{Rcode, RecordType};
use crate::time::Timestamp;
use crate::wire::Address;

/// Findings of one cause that a further server may join.
const MOST_JOINED: usize = 4;

/// Servers of one cause that are looked at one by one; the others are told of together. Thus the
/// work for a cause is bounded, however many addresses an attacker makes up.
const MOST_SERVERS: usize = 16;

type Lookup<'a> = (Address, &'a [u8], RecordType);

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
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// How surely most of them are put down to the cause.
    pub(super) confidence: Option<Confidence>,
}

/// The findings, most harm first, and how many responses with the focus code they explain.
pub(super) fn findings(base: &Base<'_>, claims: &Claims<'_>, focus: Rcode) -> (Vec<Finding>, u64) {
    let mut drafts = drafts(base, claims);
    let answered = answered(base);
    let rough: Vec<Harm> =
        drafts.iter().map(|it| harm(base, claims, &it.cases, &answered)).collect();
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|number| {
        std::cmp::Reverse(rough.get(*number).map(|it| {
            let fault = drafts.get(*number).is_some_and(|draft| words::is_fault(draft.cause));
            (fault, it.lookups_failed, it.clients.len(), it.exchanges)
        }))
    });
    drafts = order.iter().filter_map(|number| drafts.get(*number).cloned()).collect();
    belong(base, &mut drafts);
    drafts.retain(|draft| !draft.cases.is_empty());
    let explained = explained(base, &drafts, focus);
    let findings = drafts.iter().map(|draft| {
        let harm = harm(base, claims, &draft.cases, &answered);
        words::finding(base, draft, &harm)
    });
    let mut findings: Vec<Finding> = findings.collect();
    link(base, &drafts, &mut findings);
    (findings, explained)
}

/// Causes for which it matters what happened to the server itself.
pub(super) const PASSED_ON: [&str; 3] =
    ["upstream-refused", "servfail-lame", "servfail-upstream-dead"];

/// Findings about what a server was told, and about what it then told its clients, name each other.
fn link(base: &Base<'_>, drafts: &[Draft<'_>], findings: &mut [Finding]) {
    for (number, draft) in drafts.iter().enumerate().filter(|it| PASSED_ON.contains(&it.1.cause)) {
        for (other, upstream) in drafts.iter().enumerate().filter(|it| it.0 != number) {
            let cases = upstream.cases.iter().filter_map(|case| base.cases.get(*case));
            let asks = cases.into_iter().any(|case| draft.servers.contains(&case.fact.client));
            if asks {
                for (one, another) in [(number, other), (other, number)] {
                    if let Some(finding) = findings.get_mut(one)
                        && !finding.linked.contains(&another)
                    {
                        finding.linked.push(another);
                    }
                }
            }
        }
    }
}

/// Responses with the focus code in the findings.
fn explained(base: &Base<'_>, drafts: &[Draft<'_>], focus: Rcode) -> u64 {
    let of_focus = drafts.iter().filter(|it| it.outcome == FindingOutcome::Response(focus));
    let cases = of_focus.flat_map(|draft| &draft.cases).filter_map(|it| base.cases.get(*it));
    cases.map(|case| case.fact.count).sum::<u64>() * base.one_of
}

/// One or a few drafts for each cause and outcome.
fn drafts<'a>(base: &Base<'a>, claims: &Claims<'a>) -> Vec<Draft<'a>> {
    type Kind = (&'static str, String, u8);
    let mut groups: BTreeMap<Kind, BTreeMap<Address, Vec<usize>>> = BTreeMap::new();
    for (number, case) in base.cases.iter().enumerate() {
        let Some(claim) = claims.get(number) else { continue };
        let key = (claim.cause, format!("{:?}", outcome(case)), claim.axis.kind());
        groups.entry(key).or_default().entry(case.fact.server).or_default().push(number);
    }
    groups.into_values().flat_map(|servers| of_cause(base, claims, servers)).collect()
}

/// All servers in one draft, if it covers nothing else; else as few as possible.
fn of_cause<'a>(
    base: &Base<'a>,
    claims: &Claims<'a>,
    servers: BTreeMap<Address, Vec<usize>>,
) -> Vec<Draft<'a>> {
    let all: Vec<usize> = servers.values().flatten().copied().collect();
    if let Some(draft) = Draft::of(base, claims, &all)
        && draft.conflicts == 0
    {
        return vec![draft];
    }
    let weight = |cases: &Vec<usize>| -> u64 {
        cases.iter().filter_map(|number| base.cases.get(*number)).map(|it| it.fact.count).sum()
    };
    let mut groups: Vec<Vec<usize>> = servers.into_values().collect();
    groups.sort_by_key(|cases| std::cmp::Reverse(weight(cases)));
    if groups.len() > MOST_SERVERS {
        let others = groups.split_off(MOST_SERVERS).concat();
        groups.push(others);
    }
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for cases in groups {
        let joined = drafts.iter_mut().take(MOST_JOINED).find_map(|draft| {
            let joined = draft.joined(base, claims, &cases)?;
            Some((draft, joined))
        });
        match joined {
            Some((draft, joined)) => *draft = joined,
            None => drafts.extend(Draft::of(base, claims, &cases)),
        }
    }
    drafts
}

/// Each case belongs to the first finding that covers it.
fn belong(base: &Base<'_>, drafts: &mut [Draft<'_>]) {
    drafts.iter_mut().for_each(|draft| draft.cases.clear());
    for (number, case) in base.cases.iter().enumerate() {
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.covers(case)) {
            draft.cases.push(number);
        }
    }
}

/// The lookups that some server answered.
fn answered<'a>(base: &Base<'a>) -> BTreeSet<Lookup<'a>> {
    let answers = base.cases.iter().filter(|case| case.is_answer());
    answers.map(|case| (case.fact.client, case.fact.name, case.rtype())).collect()
}

fn harm<'a>(
    base: &Base<'a>,
    claims: &Claims<'a>,
    cases: &[usize],
    answered: &BTreeSet<Lookup<'a>>,
) -> Harm {
    let mut harm = Harm { first: Timestamp(u64::MAX), ..Harm::default() };
    let mut lookups: BTreeSet<Lookup<'a>> = BTreeSet::new();
    let mut names: BTreeSet<&[u8]> = BTreeSet::new();
    let mut sure: BTreeMap<Confidence, u64> = BTreeMap::new();
    let cases = cases.iter().filter_map(|it| Some((*it, base.cases.get(*it)?)));
    for (number, case) in cases {
        let Case { fact, .. } = case;
        harm.exchanges += fact.count;
        harm.queries += fact.sent;
        harm.clients.insert(fact.client);
        harm.first = harm.first.min(fact.first);
        harm.last = harm.last.max(fact.last);
        names.insert(fact.name);
        lookups.insert((fact.client, fact.name, case.rtype()));
        if let Some(claim) = claims.get(number) {
            *sure.entry(claim.confidence).or_default() += fact.count;
        }
    }
    harm.names = names.len() as u64;
    harm.lookups_recovered = lookups.intersection(answered).count() as u64;
    harm.lookups_failed = lookups.len() as u64 - harm.lookups_recovered;
    harm.confidence = sure.into_iter().max_by_key(|(_, count)| *count).map(|(sure, _)| sure);
    harm
}
