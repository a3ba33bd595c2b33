//! Machines with an IPv4 and an IPv6 address of which only one is denied.
//!
//! Nothing in a DNS message says that two addresses are one machine. But a stub resolver that is
//! refused asks the next server of its list for the same at once, and where that one is reached
//! over the other family, its queries come from the other address. Two clients whose questions
//! follow each other so again and again are taken for one machine.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::base::Base;
use super::causes::{ACL_QUERY, ACL_RECURSION, FAMILY_ACL};
use super::finding::Finding;
use super::headline::some;
use super::scope::Draft;
use crate::iana::RecordType;
use crate::time::Timestamp;
use crate::wire::Address;

/// The next server is asked within this time.
const NEXT: Duration = Duration::from_secs(2);

/// So many questions of two clients must follow each other.
const SEVERAL: usize = 3;

/// Clients that are looked at for each question: who floods one name shall not make work.
const MOST: usize = 16;

type Question<'a> = (&'a [u8], RecordType);

/// Clients that got an answer to a question, and when for the first time.
type Answered<'a> = BTreeMap<Question<'a>, Vec<(Address, Timestamp)>>;

/// Says so where most of the denied clients get the same over the other family.
pub(super) fn tell(base: &Base<'_>, draft: &Draft<'_>, finding: &mut Finding) {
    if draft.cause != ACL_RECURSION && draft.cause != ACL_QUERY {
        return;
    }
    let denied: BTreeSet<Address> = draft.own(base).map(|case| case.fact.client).collect();
    let machines = machines(base, draft);
    let families: Vec<bool> = machines.keys().map(|client| client.is_v4()).collect();
    let (refused, served) = match families.as_slice() {
        [true, others @ ..] if others.iter().all(|is_v4| *is_v4) => ("IPv4", "IPv6"),
        [false, others @ ..] if !others.iter().any(|is_v4| *is_v4) => ("IPv6", "IPv4"),
        _ => return,
    };
    if machines.len() * 2 < denied.len() {
        return;
    }
    let others: BTreeSet<Address> = machines.values().copied().collect();
    let others: Vec<String> = others.iter().map(|it| it.ip().to_string()).collect();
    let contrast = format!(", over {refused}; over {served} the same is answered");
    finding.headline.push_str(&contrast);
    finding.brief.push_str(&contrast);
    let told = format!(
        "{} of {} denied clients ask the same over {served} within {} s and get it, as {}: \
         {FAMILY}",
        machines.len(),
        denied.len(),
        NEXT.as_secs(),
        some(others),
    );
    finding.evidence.insert(0, told);
    if let Some(remedy) = FAMILY_ACL.remedy.first() {
        finding.fix.insert(0, (*remedy).to_owned());
    }
}

/// What it means.
const FAMILY: &str = "most likely the same machines, of which one address family is not listed";

/// The denied clients that seem to be machines with another address, each with that address.
fn machines(base: &Base<'_>, draft: &Draft<'_>) -> BTreeMap<Address, Address> {
    let mut asked: BTreeMap<Address, BTreeSet<Question<'_>>> = BTreeMap::new();
    let mut followed: BTreeMap<(Address, Address), BTreeSet<Question<'_>>> = BTreeMap::new();
    let answered = answered(base);
    for case in draft.own(base) {
        let (client, question) = (case.fact.client, (case.fact.name, case.rtype()));
        asked.entry(client).or_default().insert(question);
        let follows = |(other, at): &&(Address, Timestamp)| {
            other.is_v4() != client.is_v4()
                && case.fact.first <= *at
                && at.since(case.fact.first) <= NEXT
        };
        for (other, _) in answered.get(&question).into_iter().flatten().filter(follows) {
            followed.entry((client, *other)).or_default().insert(question);
        }
    }
    let mut machines: BTreeMap<Address, (usize, Address)> = BTreeMap::new();
    for ((client, other), questions) in followed {
        let all = asked.get(&client).map_or(0, BTreeSet::len);
        if questions.len() >= SEVERAL && questions.len() * 2 >= all {
            let best = machines.entry(client).or_insert((0, other));
            *best = (*best).max((questions.len(), other));
        }
    }
    machines.into_iter().map(|(client, (_, other))| (client, other)).collect()
}

fn answered<'a>(base: &Base<'a>) -> Answered<'a> {
    let mut answered: Answered<'a> = BTreeMap::new();
    for case in base.cases.iter().filter(|case| case.is_answer() && case.is_ordinary()) {
        let clients = answered.entry((case.fact.name, case.rtype())).or_default();
        if clients.len() < MOST {
            clients.push((case.fact.client, case.fact.first));
        }
    }
    answered
}
