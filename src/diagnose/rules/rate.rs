//! The same is answered at one time and refused at another: limits, load, and attacks.

use std::collections::{BTreeMap, BTreeSet};

use super::free;
use crate::diagnose::Confidence::{Likely, Possible};
use crate::diagnose::base::{Base, Case, Sight};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{OVERLOAD_REFUSED, RATE_LIMIT, WATER_TORTURE};
use crate::diagnose::claims::{Axis, Claims};
use crate::iana::{Rcode, RecordType};
use crate::tally::{End, Marks, Moments};
use crate::time::Timestamp;
use crate::wire::Address;

/// A client must have met both sides at least so often.
const LEAST: u64 = 8;

/// Names under one suffix, nearly each asked for once, that make an attack.
const MANY_NAMES: u64 = 100;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    water_torture(base, claims);
    flips(base, claims);
}

fn is_refused(base: &Base<'_>, case: &Case<'_>) -> bool {
    case.is(Rcode::REFUSED) && case.is_ordinary() && base.is_asked(case)
}

/// How one suffix is asked for.
#[derive(Default)]
struct Asked<'a> {
    answered: u64,
    count: u64,
    names: BTreeMap<&'a [u8], u64>,
}

fn water_torture<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let mut suffixes: BTreeMap<(Address, &[u8]), Asked<'a>> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| is_refused(base, case)) {
        let asked = suffixes.entry((case.fact.server, case.domain)).or_default();
        asked.count += case.fact.count;
        *asked.names.entry(case.fact.name).or_default() += case.fact.count;
    }
    for case in base.cases.iter().filter(|case| case.is_answer()) {
        if let Some(asked) = suffixes.get_mut(&(case.fact.server, case.domain)) {
            asked.answered += case.fact.count;
        }
    }
    let is_attack = |asked: &Asked<'_>| {
        let names = asked.names.len() as u64 * base.one_of;
        // A lookup asks for a name twice, by A and AAAA, and again when it is refused.
        let single = asked.names.values().filter(|count| **count <= 4).count();
        // A suffix that is answered, too, is not blocked.
        asked.count >= 3 * asked.answered
            && names >= MANY_NAMES
            && single * 100 >= asked.names.len() * 85
    };
    let attacked: BTreeSet<(Address, &[u8])> =
        suffixes.iter().filter(|(_, asked)| is_attack(asked)).map(|(key, _)| *key).collect();
    for (number, case) in free(base, claims, |case| is_refused(base, case)) {
        if attacked.contains(&(case.fact.server, case.domain)) {
            claims.claim(number, WATER_TORTURE, Likely, Axis::Name(case.domain));
        }
    }
}

/// What a client met at a server.
#[derive(Default)]
struct Met<'a> {
    refused: u64,
    fine: u64,
    /// Of some of it the queries were skipped.
    is_patchy: bool,
    /// When the last answer came, and the refusals before that.
    answered_until: Timestamp,
    refused_amid: u64,
    /// When it was refused, and when it got an answer.
    refused_when: Moments,
    fine_when: Moments,
    refused_questions: BTreeSet<(&'a [u8], RecordType)>,
    fine_questions: BTreeSet<(&'a [u8], RecordType)>,
    refused_domains: BTreeSet<&'a [u8]>,
    fine_domains: BTreeSet<&'a [u8]>,
    /// Questions that were refused and that anybody got answered.
    fine_for_any: usize,
}

/// So many domains that are refused and answered are not refused for their names.
const SEVERAL_DOMAINS: usize = 3;

impl Met<'_> {
    /// Whether neither the client nor the name makes the difference.
    fn flips(&self) -> bool {
        // Who is served first and then refused was shut off.
        let mixed = self.refused_amid * 2 >= LEAST;
        let often = self.refused >= LEAST && self.fine >= LEAST;
        // A time of refusals alone is an outage: somebody changed something, and changed it back.
        let by_turns = !self.refused_when.are_apart_from(self.fine_when);
        mixed && often && by_turns && (self.same_questions() || self.same_domains())
    }

    /// Whether a good part of the questions that were refused were answered, too.
    fn same_questions(&self) -> bool {
        let both = self.refused_questions.intersection(&self.fine_questions).count();
        both * 10 >= self.refused_questions.len() * 3
    }

    /// Whether the client gets the domains that it is refused, and others get the very questions.
    fn same_domains(&self) -> bool {
        let both = self.refused_domains.intersection(&self.fine_domains).count();
        both >= SEVERAL_DOMAINS
            && both * 10 >= self.refused_domains.len() * 9
            && self.fine_for_any * 10 >= self.refused_questions.len() * 3
    }
}

/// What each client is refused and any client of the server gets.
fn compare(clients: &mut BTreeMap<Address, Met<'_>>) {
    let fine: BTreeSet<_> = clients.values().flat_map(|it| &it.fine_questions).copied().collect();
    for met in clients.values_mut() {
        met.fine_for_any = met.refused_questions.intersection(&fine).count();
    }
}

/// The same client, the same question, the same server, and both outcomes.
fn flips<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let mut met: BTreeMap<Address, BTreeMap<Address, Met<'a>>> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| case.is_ordinary() && case.has(Marks::RD)) {
        let met = met.entry(case.fact.server).or_default().entry(case.fact.client).or_default();
        let question = (case.fact.name, case.rtype());
        met.is_patchy |= case.end() == End::Skipped;
        if case.is_answer() {
            met.fine += case.fact.count;
            met.answered_until = met.answered_until.max(case.fact.last);
            met.fine_questions.insert(question);
            met.fine_domains.insert(case.domain);
            met.fine_when = met.fine_when.and(case.fact.when);
        } else if is_refused(base, case) {
            met.refused += case.fact.count;
            met.refused_questions.insert(question);
            met.refused_domains.insert(case.domain);
            met.refused_when = met.refused_when.and(case.fact.when);
        }
    }
    met.values_mut().for_each(compare);
    let refused = |case: &&Case<'a>| is_refused(base, case) && case.has(Marks::RD);
    for case in base.cases.iter().filter(refused) {
        let met = met.get_mut(&case.fact.server).and_then(|it| it.get_mut(&case.fact.client));
        if let Some(met) = met.filter(|met| case.fact.first < met.answered_until) {
            met.refused_amid += case.fact.count;
        }
    }
    let verdicts: BTreeMap<Address, &'static Cause> = met
        .iter()
        .filter(|(_, clients)| clients.values().any(Met::flips))
        .map(|(server, clients)| (*server, verdict(clients)))
        .collect();
    let flipping: BTreeSet<(Address, Address)> = met
        .iter()
        .flat_map(|(server, clients)| clients.iter().map(|(client, met)| ((*server, *client), met)))
        .filter(|(_, met)| met.flips())
        .map(|(pair, _)| pair)
        .collect();
    // Without queries a forged response beside a real one looks like this, too.
    let sure = |met: &Met<'_>| match base.sight {
        Sight::Both if !met.is_patchy => Likely,
        _ => Possible,
    };
    for (number, case) in free(base, claims, |case| is_refused(base, case) && case.has(Marks::RD)) {
        let (server, client) = (case.fact.server, case.fact.client);
        let Some(cause) = verdicts.get(&server) else { continue };
        let Some(met) = met.get(&server).and_then(|met| met.get(&client)) else { continue };
        if **cause == *OVERLOAD_REFUSED {
            claims.claim(number, cause, sure(met), Axis::Server);
        } else if flipping.contains(&(server, client)) {
            claims.claim(number, cause, sure(met), Axis::Client);
        } else if met.fine_questions.contains(&(case.fact.name, case.rtype())) {
            // Too few to be told by themselves, where others show that there is a limit.
            claims.claim(number, cause, Possible, Axis::Client);
        }
    }
}

/// Where most clients are refused at times, it is the server that has too much to do.
fn verdict(clients: &BTreeMap<Address, Met<'_>>) -> &'static Cause {
    let active = clients.values().filter(|met| met.refused + met.fine >= 2 * LEAST);
    let active = active.count();
    let flipping = clients.values().filter(|met| met.flips()).count();
    let most = active >= 3 && flipping * 10 >= active * 6;
    if most { OVERLOAD_REFUSED } else { RATE_LIMIT }
}
