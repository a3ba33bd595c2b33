//! Responses that nobody asked for, and responses that somebody else gave.

use std::collections::{BTreeMap, BTreeSet};

use super::free;
use crate::diagnose::Confidence::{Likely, Possible};
use crate::diagnose::base::{Base, Case, Sight};
use crate::diagnose::causes::{INJECTED, UNSOLICITED};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Rcode, RecordType};
use crate::tally::{End, Marks};
use crate::wire::Address;

/// Fewer unasked refusals than this may be responses that were very late.
const LEAST: u64 = 10;

/// So many questions of a domain with two different responses, and somebody answers for it.
const SEVERAL: usize = 3;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    if base.sight != Sight::Both {
        return;
    }
    injected(base, claims);
    unsolicited(base, claims);
}

fn unsolicited<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let is_unasked = |case: &Case<'_>| case.is(Rcode::REFUSED) && !base.is_asked(case);
    let found = free(base, claims, is_unasked);
    let all: u64 = found.iter().map(|(_, case)| case.fact.count).sum();
    let confidence = if all >= LEAST && !base.is_patchy { Likely } else { Possible };
    for (number, _) in found {
        claims.claim(number, UNSOLICITED, confidence, Axis::Unasked);
    }
}

/// A question to one server.
type Asked<'a> = (Address, &'a [u8], RecordType, Address);

fn asked<'a>(case: &Case<'a>) -> Asked<'a> {
    (case.fact.server, case.fact.name, case.rtype(), case.fact.client)
}

/// One query, two responses: a refusal and an answer. Only one of them can be the server's.
fn injected<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let mut again: BTreeSet<Asked<'a>> = BTreeSet::new();
    let mut refused: BTreeSet<Asked<'a>> = BTreeSet::new();
    let mut answered: BTreeSet<Asked<'a>> = BTreeSet::new();
    for case in base.cases.iter().filter(|case| !case.has(Marks::TCP)) {
        let key = asked(case);
        if case.end() == End::Repeated {
            again.insert(key);
        }
        if case.is(Rcode::REFUSED) {
            refused.insert(key);
        } else if case.is_answer() {
            answered.insert(key);
        }
    }
    let is_double =
        |key: &Asked<'a>| again.contains(key) && refused.contains(key) && answered.contains(key);
    let mut domains: BTreeMap<(Address, &[u8]), BTreeSet<Asked<'a>>> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| is_double(&asked(case))) {
        domains.entry((case.fact.server, case.domain)).or_default().insert(asked(case));
    }
    let is_forged = |case: &Case<'a>| {
        let doubles = domains.get(&(case.fact.server, case.domain)).map_or(0, BTreeSet::len);
        // A forger does not know what the server would have sent.
        let alike = doubles >= SEVERAL && !case.has(Marks::EDNS);
        case.is(Rcode::REFUSED) && base.is_asked(case) && (is_double(&asked(case)) || alike)
    };
    for (number, case) in free(base, claims, is_forged) {
        let doubles = domains.get(&(case.fact.server, case.domain)).map_or(0, BTreeSet::len);
        let confidence = if doubles >= SEVERAL { Likely } else { Possible };
        claims.claim(number, INJECTED, confidence, Axis::Name(case.domain));
    }
}
