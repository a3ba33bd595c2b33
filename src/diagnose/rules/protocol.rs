//! What the protocol itself tells: opcodes, classes, types and EDNS have causes of their own,
//! whoever asks for whatever name.

use std::collections::{BTreeMap, BTreeSet};

use super::free;
use crate::diagnose::Confidence::{Certain, Likely, Possible};
use crate::diagnose::base::{Base, Case};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{
    ACL_NOTIFY, ACL_QUERY, ACL_TRANSFER, ACL_UPDATE, COOKIE_REQUIRED, EDNS_BADCOOKIE, EDNS_BADVERS,
    EDNS_FORMERR, FORMERR_ACL, META_QUERY, META_SERVFAIL, NOTAUTH, NOTIMP, NOTIMP_UPDATE,
    POLICY_NXDOMAIN, QTYPE_POLICY, QTYPE_SPLIT, RRL_SLIP, SERVFAIL_POLICY, UNSUPPORTED_OPCODE,
};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::tally::{End, Marks};
use crate::wire::Address;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    for (number, case) in free(base, claims, Case::is_response) {
        if let Some((cause, confidence, axis)) = by_itself(base, case) {
            claims.claim(number, cause, confidence, axis);
        }
    }
    types(base, claims);
    slips(base, claims);
}

type Verdict<'a> = (&'static Cause, crate::diagnose::Confidence, Axis<'a>);

/// What a response says by itself, or beside what the server is known to be.
fn by_itself<'a>(base: &Base<'a>, case: &Case<'a>) -> Option<Verdict<'a>> {
    match case.rcode() {
        Rcode::BADVERS => Some((EDNS_BADVERS, Certain, Axis::Server)),
        Rcode::BADCOOKIE => Some((EDNS_BADCOOKIE, Certain, Axis::Server)),
        Rcode::FORMERR => formerr(base, case),
        Rcode::NOTIMP if case.fact.how.opcode == Opcode::UPDATE => {
            Some((NOTIMP_UPDATE, Certain, Axis::Opcode))
        }
        Rcode::NOTIMP => Some((NOTIMP, Likely, Axis::Opcode)),
        Rcode::NOTAUTH => Some(notauth(base, case)),
        Rcode::NXDOMAIN => policy(case),
        Rcode::SERVFAIL => servfail(case),
        // Without its query it is not known to be meant for anybody.
        Rcode::REFUSED if base.is_asked(case) => refused(case),
        _ => None,
    }
}

/// Of a refusal that has nothing to do with the name.
fn refused<'a>(case: &Case<'a>) -> Option<Verdict<'a>> {
    match (case.fact.how.opcode, case.class(), case.rtype()) {
        (Opcode::UPDATE, ..) => Some((ACL_UPDATE, Likely, Axis::Opcode)),
        (Opcode::NOTIFY, ..) => Some((ACL_NOTIFY, Likely, Axis::Opcode)),
        (opcode, ..) if opcode != Opcode::QUERY => Some((UNSUPPORTED_OPCODE, Likely, Axis::Opcode)),
        (_, class, _) if class != Class::IN => Some((META_QUERY, Likely, Axis::Class)),
        (_, _, RecordType::AXFR | RecordType::IXFR) => Some((ACL_TRANSFER, Likely, Axis::Type)),
        _ if case.has(Marks::TC) && case.ede() == Some(Ede(0)) => {
            Some((COOKIE_REQUIRED, Likely, Axis::Server))
        }
        _ => None,
    }
}

/// A server that is the authority and says that it is not means that the client may not (Knot,
/// PowerDNS), unless a signature was wrong: the TSIG record of the response says which (RFC 8945
/// §5.2).
fn notauth<'a>(base: &Base<'a>, case: &Case<'a>) -> Verdict<'a> {
    let serves = base.server(case.fact.server).domains.contains(case.domain);
    let denied = serves && !case.has(Marks::TSIG);
    match (case.fact.how.opcode, case.rtype()) {
        (Opcode::QUERY, RecordType::AXFR | RecordType::IXFR) if denied => {
            (ACL_TRANSFER, Likely, Axis::Type)
        }
        (Opcode::UPDATE, _) if denied => (ACL_UPDATE, Possible, Axis::Opcode),
        (Opcode::NOTIFY, _) if denied => (ACL_NOTIFY, Possible, Axis::Opcode),
        (Opcode::QUERY, _) if case.is_ordinary() && case.rtype() != RecordType::SOA => {
            (ACL_QUERY, Likely, Axis::Client)
        }
        (Opcode::QUERY, _) => (NOTAUTH, Likely, Axis::Type),
        _ => (NOTAUTH, Likely, Axis::Opcode),
    }
}

/// An answer that was made by a rule, and says so.
fn policy<'a>(case: &Case<'a>) -> Option<Verdict<'a>> {
    let says_so = matches!(case.ede(), Some(Ede(15..=17)));
    let by_zone = case.has(Marks::POLICY.and(Marks::RA));
    (says_so || by_zone).then_some((POLICY_NXDOMAIN, Likely, Axis::Name(case.domain)))
}

fn servfail<'a>(case: &Case<'a>) -> Option<Verdict<'a>> {
    let special = case.class() != Class::IN
        || matches!(case.rtype(), RecordType::AXFR | RecordType::IXFR | RecordType::ANY);
    if special && case.fact.how.opcode == Opcode::QUERY {
        let axis = if case.class() == Class::IN { Axis::Type } else { Axis::Class };
        return Some((META_SERVFAIL, Likely, axis));
    }
    matches!(case.ede(), Some(Ede(15..=18))).then_some((
        SERVFAIL_POLICY,
        Likely,
        Axis::Name(case.domain),
    ))
}

/// A query is called malformed. A server that refuses the same client's other queries means the
/// client; one that does so for all queries with EDNS does not know EDNS (RFC 6891 §7).
fn formerr<'a>(base: &Base<'a>, case: &Case<'a>) -> Option<Verdict<'a>> {
    if !case.has(Marks::ASKED_EDNS) && !case.has(Marks::UNSEEN) {
        return None;
    }
    let server = base.server(case.fact.server);
    let others = !server.recursion_for.is_empty();
    let served = server.recursion_for.contains(&case.fact.client);
    if case.has(Marks::BARE) && others && !served {
        return Some((FORMERR_ACL, Likely, Axis::Client));
    }
    // Who is answered with EDNS is not refused for it.
    let met = base.with_edns(case.fact.server, case.fact.client);
    let many = met.formerr >= LEAST && met.answers * 4 < met.formerr;
    let sure = if many { Likely } else { Possible };
    Some((EDNS_FORMERR, sure, Axis::Server))
}

/// How a server answers one type.
#[derive(Default)]
struct ByType<'a> {
    refused: u64,
    fine: u64,
    /// Names that were refused.
    names: BTreeSet<&'a [u8]>,
    clients: BTreeSet<Address>,
}

/// Fewer refusals of a type than this say nothing about the type.
const LEAST: u64 = 5;

/// A type is refused whoever asks for whatever name, and the same names and clients get others.
fn types<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let mut by_type: BTreeMap<(Address, RecordType), ByType<'a>> = BTreeMap::new();
    let mut names: BTreeSet<(Address, &[u8])> = BTreeSet::new();
    let mut clients: BTreeSet<(Address, Address)> = BTreeSet::new();
    for case in &base.cases {
        let row = by_type.entry((case.fact.server, case.rtype())).or_default();
        if case.is_answer() {
            row.fine += case.fact.count;
            names.insert((case.fact.server, case.fact.name));
            clients.insert((case.fact.server, case.fact.client));
        } else if case.is(Rcode::REFUSED) && base.is_asked(case) {
            row.refused += case.fact.count;
            row.names.insert(case.fact.name);
            row.clients.insert(case.fact.client);
        }
    }
    let is_split = |server: Address, rtype: RecordType| {
        let Some(row) = by_type.get(&(server, rtype)) else { return false };
        let known = row.names.iter().filter(|name| names.contains(&(server, name))).count();
        let served = row.clients.iter().filter(|it| clients.contains(&(server, **it))).count();
        let all = row.fine * 10 <= row.refused && row.refused >= LEAST;
        // Of ANY it is usual; of another type, most of its names must be answered otherwise.
        let is_any = rtype == RecordType::ANY;
        all && served * 2 > row.clients.len() && (is_any || known * 2 > row.names.len())
    };
    let refused = |case: &Case<'_>| case.is(Rcode::REFUSED) && base.is_asked(case);
    for (number, case) in free(base, claims, refused) {
        if is_split(case.fact.server, case.rtype()) {
            let is_any = case.rtype() == RecordType::ANY;
            let cause = if is_any { QTYPE_POLICY } else { QTYPE_SPLIT };
            claims.claim(number, cause, Likely, Axis::Type);
        }
    }
}

/// Answers cut to nothing though they fit a datagram, as the same client got the same answer in
/// full before: response rate limiting (BIND's `slip`). Whoever is limited gets other answers cut,
/// too.
fn slips<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let question = |case: &Case<'a>| {
        let edns = case.has(Marks::ASKED_EDNS);
        (case.fact.server, case.fact.client, case.fact.name, case.rtype(), edns)
    };
    let full: BTreeSet<_> = base
        .cases
        .iter()
        .filter(|case| case.is_answer() && !case.has(Marks::TCP))
        .map(question)
        .collect();
    let is_cut = |case: &Case<'a>| {
        let cut = case.has(Marks::TC.and(Marks::EMPTY)) && !case.has(Marks::TCP);
        cut && case.rcode().is_answer() && case.is_response()
    };
    // Who is limited gets no response to a part of the queries.
    let mut silent: BTreeMap<(Address, Address), u64> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| case.end() == End::Silence) {
        *silent.entry((case.fact.server, case.fact.client)).or_default() += case.fact.count;
    }
    let is_dropped = |case: &Case<'a>| {
        let count = silent.get(&(case.fact.server, case.fact.client));
        count.is_some_and(|count| *count >= LEAST)
    };
    let mut limited: BTreeMap<(Address, Address), u64> = BTreeMap::new();
    // That a name does not exist fits every datagram, unless it has to be proved (DNSSEC).
    let is_short = |case: &Case<'a>| {
        case.rcode() == Rcode::NXDOMAIN && (!case.has(Marks::ASKED_EDNS) || is_dropped(case))
    };
    let limits =
        |case: &&Case<'a>| is_cut(case) && (is_short(case) || full.contains(&question(case)));
    for case in base.cases.iter().filter(limits) {
        *limited.entry((case.fact.server, case.fact.client)).or_default() += case.fact.count;
    }
    for (number, case) in free(base, claims, is_cut) {
        let count = limited.get(&(case.fact.server, case.fact.client)).copied();
        let many = if is_dropped(case) { LEAST } else { 4 * LEAST };
        if count.is_some_and(|count| count >= many) {
            claims.claim(number, RRL_SLIP, Likely, Axis::Client);
        }
    }
}
