//! A server that passes on what its own upstream, or the lack of one, lets it say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::free;
use crate::diagnose::Confidence::{Certain, Likely, Possible};
use crate::diagnose::base::{Base, Case};
use crate::diagnose::causes::{NO_UPSTREAM, UPSTREAM_REFUSED};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Ede, Rcode};
use crate::tally::{End, Fact, Marks};
use crate::time::Timestamp;
use crate::wire::Address;

/// A refusal from upstream explains what the client is told within this time.
const SOON: Duration = Duration::from_secs(6);

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    no_upstream(base, claims);
    upstream_refused(base, claims);
}

/// A forwarder that offers recursion and says that it is not ready (EDE 14) has no upstream; it
/// says so only to those that asked with EDNS.
fn no_upstream<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let is_refused =
        |case: &Case<'_>| case.is(Rcode::REFUSED) && case.is_ordinary() && case.has(Marks::RA);
    let not_ready = |case: &Case<'_>| is_refused(case) && case.ede() == Some(Ede::NOT_READY);
    let servers: BTreeSet<Address> =
        base.cases.iter().filter(|case| not_ready(case)).map(|case| case.fact.server).collect();
    // It may have upstreams for some domains.
    let asked: BTreeSet<(Address, &[u8])> =
        base.cases.iter().map(|case| (case.fact.client, case.fact.name)).collect();
    for (number, case) in free(base, claims, is_refused) {
        let unasked = !asked.contains(&(case.fact.server, case.fact.name));
        if servers.contains(&case.fact.server) && unasked {
            let confidence = if not_ready(case) { Certain } else { Likely };
            claims.claim(number, NO_UPSTREAM, confidence, Axis::Server);
        }
    }
}

/// A refusal of what a server itself asked.
struct Refusal {
    asker: Address,
    by: Address,
    first: Timestamp,
    last: Timestamp,
}

/// Such refusals by name.
type Refused<'a> = BTreeMap<&'a [u8], Vec<Refusal>>;

/// The queries of servers themselves, with recursion desired, that were refused.
fn refused_upstream<'a>(base: &Base<'a>) -> Refused<'a> {
    let mut refused: Refused<'a> = BTreeMap::new();
    for case in &base.cases {
        let own = base.servers.contains_key(&case.fact.client);
        let is_ours = case.is(Rcode::REFUSED) && case.is_ordinary() && case.has(Marks::RD);
        if own && is_ours && case.tells_what_was_asked() {
            let Fact { client: asker, server: by, first, last, .. } = case.fact;
            refused.entry(case.fact.name).or_default().push(Refusal { asker, by, first, last });
        }
    }
    refused
}

/// What a client is told (or not told) about a name that its server was just refused.
fn upstream_refused<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let refused = refused_upstream(base);
    if refused.is_empty() {
        return;
    }
    let explains = |case: &Case<'a>| {
        let server = case.fact.server;
        // Where it asks nobody by this address, it may ask by another.
        let by_another = !base.asks(server) && !base.asks(case.fact.client);
        let may_be = |asker: Address| asker == server || by_another;
        refused.get(case.fact.name).is_some_and(|times| {
            times.iter().any(|it| {
                let overlaps = it.first <= case.fact.last && it.last.plus(SOON) >= case.fact.first;
                overlaps && may_be(it.asker) && it.asker != case.fact.client && it.by != server
            })
        })
    };
    let is_trouble = |case: &Case<'a>| {
        let failed = case.is(Rcode::REFUSED) || case.is(Rcode::SERVFAIL);
        let silent = case.end() == End::Silence && !base.has_holes;
        let is_ours = case.is_ordinary() && case.has(Marks::RD) && case.tells_what_was_asked();
        (failed || silent) && is_ours
    };
    let found = free(base, claims, is_trouble);
    let mut share: BTreeMap<(Address, End, Rcode), (u64, u64)> = BTreeMap::new();
    let kind = |case: &Case<'a>| (case.fact.server, case.end(), case.rcode());
    for (_, case) in &found {
        let (explained, all) = share.entry(kind(case)).or_default();
        *all += case.fact.count;
        *explained += if explains(case) { case.fact.count } else { 0 };
    }
    for (number, case) in found {
        let (explained, all) = share.get(&kind(case)).copied().unwrap_or_default();
        // When most of what a server says has an explanation upstream, so has the rest; nearly all
        // of it where the server was not seen to ask.
        let server = base.server(case.fact.server);
        let serves = !server.domains.is_empty() || !server.recursion_for.is_empty();
        let holds = if base.asks(case.fact.server) {
            explains(case) || explained * 2 > all
        } else {
            explained * 10 >= all * 8 && !serves
        };
        if holds {
            // Failing has other reasons than being refused.
            let confidence = if case.is(Rcode::SERVFAIL) { Possible } else { Likely };
            claims.claim(number, UPSTREAM_REFUSED, confidence, Axis::Server);
        }
    }
}
