//! Refused queries without recursion desired: a resolver that follows a delegation, a client that
//! looks into a cache, a secondary that asks its primary.

use std::collections::BTreeSet;

use super::free;
use crate::diagnose::Confidence::{Likely, Possible};
use crate::diagnose::base::{Base, Case};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{ACL_QUERY, LAME_DELEGATION, RD0_REFUSED};
use crate::diagnose::claims::{Axis, Claims};
use crate::diagnose::dark::Dark;
use crate::iana::{Ede, Rcode, RecordType};
use crate::tally::Marks;
use crate::wire::Address;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let is_ours = |case: &Case<'_>| {
        case.is(Rcode::REFUSED) && case.is_ordinary() && base.is_asked(case) && !case.has(Marks::RD)
    };
    let found = free(base, claims, is_ours);
    let servers: BTreeSet<Address> = found.iter().map(|(_, case)| case.fact.server).collect();
    // Who is itself asked for a domain is a server of it.
    let served: BTreeSet<(Address, &[u8])> = base
        .cases
        .iter()
        .filter(|case| case.is_response())
        .map(|case| (case.fact.server, case.domain))
        .collect();
    for server in servers {
        let dark = dark(base, server);
        for (number, case) in found.iter().filter(|(_, case)| case.fact.server == server) {
            let serves = served.contains(&(case.fact.client, case.domain));
            let (cause, confidence, axis) = decide(base, case, &dark, serves);
            claims.claim(*number, cause, confidence, axis);
        }
    }
}

/// What a server answers and refuses without recursion, by name.
fn dark<'a>(base: &Base<'a>, server: Address) -> Dark<'a> {
    let mut dark = Dark::default();
    let cases = base.cases.iter().filter(|case| case.fact.server == server);
    for case in cases.filter(|case| !case.has(Marks::RD) && case.is_ordinary()) {
        if case.is_answer() {
            dark.add(case.fact.name, case.fact.count, true);
        } else if case.is(Rcode::REFUSED) {
            dark.add(case.fact.name, case.fact.count, false);
        }
    }
    dark
}

fn decide<'a>(
    base: &Base<'a>,
    case: &Case<'a>,
    dark: &Dark<'a>,
    serves: bool,
) -> (&'static Cause, crate::diagnose::Confidence, Axis<'a>) {
    let server = base.server(case.fact.server);
    // A resolver answers from its cache alone, and will not show it.
    let is_resolver = !server.recursion_for.is_empty() || case.has(Marks::RA);
    if is_resolver {
        let recursion = server.recursion_for.contains(&case.fact.client);
        return (RD0_REFUSED, if recursion { Likely } else { Possible }, Axis::NoRecursion);
    }
    let suffix = dark.suffix(case.fact.name);
    let for_others = server.domains.contains(case.domain) && suffix.is_none();
    let is_secondary = case.rtype() == RecordType::SOA && serves;
    if for_others || is_secondary {
        return (ACL_QUERY, Likely, Axis::ClientName(case.domain));
    }
    let name = suffix.unwrap_or(case.domain);
    if base.iterates(case.fact.client) {
        return (LAME_DELEGATION, Likely, Axis::Name(name));
    }
    let denied = case.ede() == Some(Ede::PROHIBITED);
    if denied {
        return (ACL_QUERY, Possible, Axis::Client);
    }
    (LAME_DELEGATION, Possible, Axis::Name(name))
}
