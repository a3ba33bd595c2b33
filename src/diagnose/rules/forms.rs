//! What makes the difference is the form of the query: its EDNS, a suffix that was added to its
//! name, a kind that the server never answers.

use std::collections::{BTreeMap, BTreeSet};

use super::free;
use crate::diagnose::Confidence::Likely;
use crate::diagnose::base::{Base, Case, Sight};
use crate::diagnose::causes::{DROPPED_UNWANTED, EDNS_TRIGGERED, SEARCH_SUFFIX};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Opcode, Rcode, RecordType};
use crate::tally::{End, Marks};
use crate::wire::Address;
use crate::wire::name::labels;

/// Fewer queries of a kind than this say nothing about the kind.
const LEAST: u64 = 5;

/// So many questions must show the contrast.
const SEVERAL: usize = 3;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    edns(base, claims);
    suffixes(base, claims);
    unwanted(base, claims);
}

fn is_refused(base: &Base<'_>, case: &Case<'_>) -> bool {
    case.is(Rcode::REFUSED) && case.is_ordinary() && base.is_asked(case)
}

/// What a server does with EDNS, and without.
#[derive(Default)]
struct Edns<'a> {
    refused_with: BTreeSet<(Address, &'a [u8], RecordType)>,
    answered_without: BTreeSet<(Address, &'a [u8], RecordType)>,
    refused: u64,
    answered_with: u64,
}

impl Edns<'_> {
    /// The same client gets the same answered as soon as it leaves EDNS out, and nobody gets
    /// anything with it.
    fn is_trigger(&self) -> bool {
        let both = self.refused_with.intersection(&self.answered_without).count();
        self.answered_with == 0 && self.refused >= LEAST && both >= SEVERAL
    }
}

fn edns<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let mut servers: BTreeMap<Address, Edns<'a>> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| case.is_ordinary() && !case.has(Marks::UNSEEN)) {
        let edns = servers.entry(case.fact.server).or_default();
        let question = (case.fact.client, case.fact.name, case.rtype());
        match (case.has(Marks::ASKED_EDNS), case.is_answer()) {
            (true, true) => edns.answered_with += case.fact.count,
            (false, true) => {
                edns.answered_without.insert(question);
            }
            (true, false) if is_refused(base, case) => {
                edns.refused += case.fact.count;
                edns.refused_with.insert(question);
            }
            _ => {}
        }
    }
    let is_ours = |case: &Case<'a>| is_refused(base, case) && case.has(Marks::ASKED_EDNS);
    for (number, case) in free(base, claims, is_ours) {
        if servers.get(&case.fact.server).is_some_and(Edns::is_trigger) {
            claims.claim(number, EDNS_TRIGGERED, Likely, Axis::Server);
        }
    }
}

/// Names that were refused, and those of them that are another name with a domain added.
type Names<'a> = (BTreeSet<&'a [u8]>, BTreeSet<&'a [u8]>);

/// The domain that was added to a name which the same client asks for without it, and gets.
fn suffixes<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let answered: BTreeSet<(Address, &[u8])> = base
        .cases
        .iter()
        .filter(|case| case.is_answer())
        .map(|case| (case.fact.client, without_root(case.fact.name)))
        .collect();
    // The name in front of its registered domain, if that is a name by itself.
    let is_extended = |case: &Case<'a>| {
        let front = case.fact.name.len().checked_sub(case.domain.len());
        let front = front.and_then(|length| case.fact.name.get(..length)).unwrap_or_default();
        labels(front).count() > 1 && answered.contains(&(case.fact.client, front))
    };
    let mut domains: BTreeMap<(Address, &[u8]), Names<'a>> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| is_refused(base, case)) {
        let (all, extended) = domains.entry((case.fact.server, case.domain)).or_default();
        all.insert(case.fact.name);
        if is_extended(case) {
            extended.insert(case.fact.name);
        }
    }
    for (number, case) in free(base, claims, |case| is_refused(base, case)) {
        let names = domains.get(&(case.fact.server, case.domain));
        let most = |(all, extended): &(BTreeSet<_>, BTreeSet<_>)| {
            extended.len() >= SEVERAL && extended.len() * 10 >= all.len() * 8
        };
        if names.is_some_and(most) {
            claims.claim(number, SEARCH_SUFFIX, Likely, Axis::Name(case.domain));
        }
    }
}

fn without_root(name: &[u8]) -> &[u8] {
    name.strip_suffix(&[0]).unwrap_or(name)
}

/// How a server treats a kind of query.
#[derive(Clone, Copy, Default)]
struct Kind {
    silent: u64,
    responses: u64,
}

/// A kind of query that gets no response from a server which answers the same clients' others.
fn unwanted<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    if base.sight != Sight::Both || base.has_holes {
        return;
    }
    let kind = |case: &Case<'a>| (case.fact.server, case.fact.how.opcode, case.rtype());
    let is_everyday = |case: &Case<'a>| {
        case.fact.how.opcode == Opcode::QUERY
            && matches!(case.rtype(), RecordType::A | RecordType::AAAA)
    };
    let mut kinds: BTreeMap<(Address, Opcode, RecordType), Kind> = BTreeMap::new();
    let mut served: BTreeSet<(Address, Address)> = BTreeSet::new();
    for case in &base.cases {
        let counts = kinds.entry(kind(case)).or_default();
        if case.is_response() {
            counts.responses += case.fact.count;
        } else if case.end() == End::Silence {
            counts.silent += case.fact.count;
        }
        if case.is_answer() && is_everyday(case) {
            served.insert((case.fact.server, case.fact.client));
        }
    }
    let is_ours = |case: &Case<'a>| case.end() == End::Silence && !is_everyday(case);
    for (number, case) in free(base, claims, is_ours) {
        let unanswered =
            kinds.get(&kind(case)).is_some_and(|it| it.responses == 0 && it.silent >= LEAST);
        if unanswered && served.contains(&(case.fact.server, case.fact.client)) {
            let is_query = case.fact.how.opcode == Opcode::QUERY;
            let axis = if is_query { Axis::Type } else { Axis::Opcode };
            claims.claim(number, DROPPED_UNWANTED, Likely, axis);
        }
    }
}
