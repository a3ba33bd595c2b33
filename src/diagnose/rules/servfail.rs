//! Why a server failed: what it met when it asked others, or that it asked nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::free;
use crate::diagnose::Confidence::{Likely, Possible};
use crate::diagnose::base::{Base, Case, Sight};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{OVERLOAD, SERVFAIL_LAME, SERVFAIL_UPSTREAM_DEAD, ZONE_EXPIRED};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Ede, Rcode};
use crate::tally::{End, Marks};
use crate::wire::Address;

/// Fewer failures than this happen in every network.
const LEAST: u64 = 5;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    overload(base, claims);
    stuck(base, claims);
    let upstream = Upstream::of(base);
    let is_ours = |case: &Case<'_>| case.is(Rcode::SERVFAIL) && case.is_ordinary();
    let found = free(base, claims, is_ours);
    let mut all: BTreeMap<(Address, &[u8]), u64> = BTreeMap::new();
    for (_, case) in &found {
        *all.entry((case.fact.server, case.domain)).or_default() += case.fact.count;
    }
    for (number, case) in found {
        let count = all.get(&(case.fact.server, case.domain)).copied().unwrap_or_default();
        if let Some((cause, sure)) = upstream.decide(base, case) {
            let confidence = if sure && count >= LEAST { Likely } else { Possible };
            claims.claim(number, cause, confidence, Axis::Name(case.domain));
        }
    }
}

/// What servers met when they asked others, by the domain of the name.
struct Upstream<'a> {
    refused: BTreeSet<(Address, &'a [u8])>,
    silent: BTreeMap<(Address, &'a [u8]), u64>,
    answered: BTreeMap<(Address, &'a [u8]), u64>,
}

impl<'a> Upstream<'a> {
    fn of(base: &Base<'a>) -> Self {
        let mut found =
            Self { refused: BTreeSet::new(), silent: BTreeMap::new(), answered: BTreeMap::new() };
        let own = base.cases.iter().filter(|case| base.servers.contains_key(&case.fact.client));
        for case in own.filter(|case| case.is_ordinary()) {
            let key = (case.fact.client, case.domain);
            if case.is(Rcode::REFUSED) {
                found.refused.insert(key);
            } else if matches!(case.end(), End::Silence | End::Blocked(_)) {
                *found.silent.entry(key).or_default() += case.fact.count;
            } else if case.is_answer() && !case.has(Marks::REFERRAL) {
                *found.answered.entry(key).or_default() += case.fact.count;
            }
        }
        found
    }

    /// What a resolver met when it asked about the domain: by its own address, or by another one
    /// where it asks nobody by this.
    fn of_resolver(&self, base: &Base<'a>, case: &Case<'a>) -> Option<&'static Cause> {
        let server = case.fact.server;
        let askers: Vec<Address> = if base.asks(server) {
            vec![server]
        } else {
            base.servers.keys().copied().filter(|it| base.asks(*it)).collect()
        };
        let of = |counts: &BTreeMap<(Address, &'a [u8]), u64>| {
            let count = |asker: &Address| counts.get(&(*asker, case.domain)).copied();
            askers.iter().filter_map(count).sum::<u64>()
        };
        if askers.iter().any(|asker| self.refused.contains(&(*asker, case.domain))) {
            return Some(SERVFAIL_LAME);
        }
        (of(&self.silent) > of(&self.answered)).then_some(SERVFAIL_UPSTREAM_DEAD)
    }

    /// The cause, and whether it was seen.
    fn decide(&self, base: &Base<'a>, case: &Case<'a>) -> Option<(&'static Cause, bool)> {
        let server = base.server(case.fact.server);
        let is_authority = !case.has(Marks::RA) && server.recursion_for.is_empty();
        if !is_authority && let Some(cause) = self.of_resolver(base, case) {
            return Some((cause, true));
        }
        match case.ede() {
            Some(Ede(22 | 23)) => return Some((SERVFAIL_UPSTREAM_DEAD, true)),
            Some(Ede(14 | 24)) if !case.has(Marks::RA) => return Some((ZONE_EXPIRED, true)),
            _ => {}
        }
        let resolves = base.iterates(case.fact.server);
        if is_authority && !resolves && (!server.domains.is_empty() || !case.has(Marks::RD)) {
            return Some((ZONE_EXPIRED, server.answers > 0));
        }
        None
    }
}

/// A failure that comes later than this was waited for.
const WAITED: u32 = 300_000;

/// So many failures of one domain are a flood.
const FLOOD: u64 = 100;

/// What a server failed at of one domain.
#[derive(Clone, Copy, Default)]
struct Stuck {
    failures: u64,
    /// Names that it never asked anybody for, and yet took its time to fail.
    unasked: u64,
}

/// A server that fails late, without ever having asked: so many queries wait for servers that do
/// not answer that it has no room for more.
fn stuck<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    if base.sight != Sight::Both {
        return;
    }
    let asked: BTreeSet<(Address, &[u8])> =
        base.cases.iter().map(|case| (case.fact.client, case.fact.name)).collect();
    let mut counts: BTreeMap<(Address, &[u8]), Stuck> = BTreeMap::new();
    let is_trouble = |case: &Case<'_>| is_failure(base, case) && case.is_ordinary();
    for (_, case) in free(base, claims, is_trouble) {
        let (server, count) = (case.fact.server, case.fact.count);
        let stuck = counts.entry((server, case.domain)).or_default();
        let waited = case.is_response() && case.fact.took >= WAITED;
        let unasked = base.asks(server) && !asked.contains(&(server, case.fact.name));
        stuck.failures += if case.is_response() { count } else { 0 };
        stuck.unasked += if waited && unasked { count } else { 0 };
    }
    let is_stuck = |stuck: &Stuck| stuck.failures >= FLOOD && stuck.unasked * 4 >= stuck.failures;
    for (number, case) in free(base, claims, is_trouble) {
        if counts.get(&(case.fact.server, case.domain)).is_some_and(is_stuck) {
            claims.claim(number, OVERLOAD, Likely, Axis::Name(case.domain));
        }
    }
}

/// What one server did for its clients.
#[derive(Default)]
struct Load<'a> {
    clients: BTreeSet<Address>,
    /// Clients that met failures of what else succeeds.
    failing: BTreeSet<Address>,
    /// Domains that fail at one time and succeed at another.
    domains: BTreeSet<&'a [u8]>,
    failures: u64,
}

/// What is answered at one time fails at another, for most clients and several domains, while the
/// server waits for others that do not answer.
fn overload<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    if base.sight != Sight::Both {
        return;
    }
    let ordinary = || base.cases.iter().filter(|case| case.is_ordinary() && case.has(Marks::RD));
    let fine: BTreeSet<(Address, &[u8])> = ordinary()
        .filter(|case| case.is_answer())
        .map(|case| (case.fact.server, case.domain))
        .collect();
    let mut loads: BTreeMap<Address, Load<'a>> = BTreeMap::new();
    for case in ordinary() {
        let load = loads.entry(case.fact.server).or_default();
        load.clients.insert(case.fact.client);
        if is_failure(base, case) && fine.contains(&(case.fact.server, case.domain)) {
            load.failing.insert(case.fact.client);
            load.domains.insert(case.domain);
            load.failures += case.fact.count;
        }
    }
    let waits = |server: Address| {
        let own = base.cases.iter().filter(|case| case.fact.client == server);
        own.filter(|case| case.end() == End::Silence).map(|case| case.fact.count).sum::<u64>()
    };
    let loaded: BTreeSet<Address> = loads
        .iter()
        .filter(|(server, load)| load.is_heavy() && waits(**server) >= 4 * LEAST)
        .map(|(server, _)| *server)
        .collect();
    let is_trouble = |case: &Case<'_>| is_failure(base, case) && case.is_ordinary();
    for (number, case) in free(base, claims, is_trouble) {
        if loaded.contains(&case.fact.server) {
            claims.claim(number, OVERLOAD, Likely, Axis::Server);
        }
    }
}

/// Silence is the server's only where the capture has no holes.
fn is_failure(base: &Base<'_>, case: &Case<'_>) -> bool {
    case.is(Rcode::SERVFAIL) || (case.end() == End::Silence && !base.has_holes)
}

impl Load<'_> {
    fn is_heavy(&self) -> bool {
        let wide = self.failing.len() >= 3 && self.failing.len() * 10 >= self.clients.len() * 5;
        wide && self.domains.len() >= 3 && self.failures >= 4 * LEAST
    }
}
