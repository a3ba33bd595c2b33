//! From claims to findings: grouped, ordered by harm, each with its numbers.

use std::collections::BTreeMap;

use super::base::Base;
use super::claims::Claims;
use super::finding::Finding;
use super::harm::{Harm, answered, harm};
use super::link::link;
use super::scope::{Draft, outcome};
use super::words;
use crate::focus::Focus;
use crate::tally::End;
use crate::wire::Address;

/// Findings of one cause that a further server may join.
const MOST_JOINED: usize = 4;

/// Servers of one cause that are looked at one by one; the others are told of together. Thus the
/// work for a cause is bounded, however many addresses an attacker makes up.
const MOST_SERVERS: usize = 16;

/// The findings, most harm first, and how many exchanges in focus they explain. Where silence is in
/// focus, faults by which queries get no response come before the others.
pub(super) fn findings(base: &Base<'_>, claims: &Claims<'_>, focus: Focus) -> (Vec<Finding>, u64) {
    let mut drafts = drafts(base, claims);
    let answered = answered(base);
    let rough: Vec<Harm> =
        drafts.iter().map(|it| harm(base, claims, &it.cases, &answered)).collect();
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|number| {
        std::cmp::Reverse(rough.get(*number).map(|it| {
            let draft = drafts.get(*number);
            let fault = draft.is_some_and(|draft| draft.cause.fault);
            let silent = focus == Focus::NoResponse;
            let first = silent && fault && draft.is_some_and(|it| it.outcome.is_in(focus));
            (first, fault, it.weight, it.clients.len(), it.exchanges)
        }))
    });
    drafts = order.iter().filter_map(|number| drafts.get(*number).cloned()).collect();
    belong(base, &mut drafts);
    for draft in &mut drafts {
        draft.cases.retain(|number| base.cases.get(*number).is_some_and(|case| case.selected));
    }
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

/// Exchanges in focus in the findings.
fn explained(base: &Base<'_>, drafts: &[Draft<'_>], focus: Focus) -> u64 {
    let of_focus = drafts.iter().filter(|it| it.outcome.is_in(focus));
    let cases = of_focus.flat_map(|draft| &draft.cases).filter_map(|it| base.cases.get(*it));
    // A connection that was not taken is no query.
    let cases = cases.filter(|case| case.end() != End::NoConnection);
    cases.map(|case| case.fact.count).sum::<u64>() * base.one_of
}

/// One or a few drafts for each cause and outcome.
fn drafts<'a>(base: &Base<'a>, claims: &Claims<'a>) -> Vec<Draft<'a>> {
    type Kind = (&'static str, String, u8);
    let mut groups: BTreeMap<Kind, BTreeMap<Address, Vec<usize>>> = BTreeMap::new();
    for (number, case) in base.cases.iter().enumerate() {
        let Some(claim) = claims.get(number) else { continue };
        let key = (claim.cause.id, format!("{:?}", outcome(case)), claim.axis.kind());
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
