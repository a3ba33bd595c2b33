//! What rules look at: the facts in a fixed order, and what is known of each server and client.
//!
//! Knows no rule and no opinion.

use std::collections::{BTreeMap, BTreeSet};

use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::tally::{End, Fact, Marks, Parts, Tallies, registered};
use crate::time::Timestamp;
use crate::wire::Address;

/// A fact, and the registered domain of its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) fact: Fact<'a>,
    /// The registered domain of its name, in wire form; empty if the name is not known.
    pub(super) domain: &'a [u8],
    /// Whether findings count it; it is evidence in any case.
    pub(super) selected: bool,
}

impl Case<'_> {
    pub(super) fn has(&self, marks: Marks) -> bool {
        self.fact.how.marks.has(marks)
    }

    pub(super) fn rcode(&self) -> Rcode {
        self.fact.how.rcode
    }

    pub(super) fn end(&self) -> End {
        self.fact.how.end
    }

    pub(super) fn ede(&self) -> Option<Ede> {
        self.fact.how.ede
    }

    pub(super) fn rtype(&self) -> RecordType {
        self.fact.question.map_or(RecordType(0), |question| question.rtype)
    }

    pub(super) fn class(&self) -> Class {
        self.fact.question.map_or(Class::IN, |question| question.class)
    }

    /// Whether there was a response.
    pub(super) fn is_response(&self) -> bool {
        self.end().is_response()
    }

    /// Whether it is a response with this code.
    pub(super) fn is(&self, rcode: Rcode) -> bool {
        self.is_response() && self.rcode() == rcode
    }

    /// Whether the question was answered: that a name does not exist is an answer, too. A response
    /// that was cut to nothing is none.
    pub(super) fn is_answer(&self) -> bool {
        let cut = self.has(Marks::TC.and(Marks::EMPTY));
        self.is_response() && self.rcode().is_answer() && !cut && !self.has(Marks::POLICY)
    }

    /// Whether the server answered from the outside world for this client: with RA, and not from
    /// data of its own (resolvers claim authority for what they have been given).
    pub(super) fn is_recursive_answer(&self) -> bool {
        self.is_answer() && self.has(Marks::RD.and(Marks::RA)) && !self.has(Marks::AA)
    }

    /// Whether the server answered as an authority.
    pub(super) fn is_authoritative_answer(&self) -> bool {
        self.is_answer() && self.has(Marks::AA) && !self.has(Marks::RA)
    }

    /// Whether it tells what was asked. A connection that was not taken does not, nor does a further
    /// part of a response: of a zone that comes in many messages, only the first need repeat the
    /// question (RFC 5936 §2.2.1). Of a query that was cut, its flags are known.
    pub(super) fn tells_what_was_asked(&self) -> bool {
        match self.end() {
            End::NoConnection => false,
            End::Repeated | End::Unasked | End::Skipped => self.fact.question.is_some(),
            End::Answered | End::Silence | End::Blocked(_) => true,
        }
    }

    /// Whether it is a query, or the response to one that was seen or skipped.
    pub(super) fn was_sent(&self) -> bool {
        !matches!(self.end(), End::Unasked | End::NoConnection)
    }

    /// Whether it is an ordinary question: class IN, and a type that a name can have.
    pub(super) fn is_ordinary(&self) -> bool {
        let special = matches!(self.rtype().0, 251..=255);
        self.fact.how.opcode == Opcode::QUERY && self.class() == Class::IN && !special
    }
}

/// What is known of an address that answers.
#[derive(Debug, Default)]
pub(super) struct Server<'a> {
    /// Whether it responds at all.
    pub(super) responds: bool,
    /// Answers of any kind.
    pub(super) answers: u64,
    /// Clients that it answered from the outside world.
    pub(super) recursion_for: BTreeSet<Address>,
    /// Domains it is an authority for, and nothing but an authority.
    pub(super) domains: BTreeSet<&'a [u8]>,
    /// Domains for which it claims authority to anybody, also while it resolves for them.
    pub(super) owned: BTreeSet<&'a [u8]>,
    /// Clients that got any answer.
    pub(super) answered: BTreeSet<Address>,
    /// Refusals to ordinary questions by form.
    pub(super) refusals: Refusals,
}

/// Refusals of ordinary questions by what they look like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusals {
    pub(super) all: u64,
    /// Their query carried EDNS, so that they could have carried an Extended DNS Error.
    pub(super) could_explain: u64,
    /// Extended DNS Errors: prohibited (18), and not authoritative (20).
    pub(super) prohibited: u64,
    pub(super) not_authoritative: u64,
    /// They do not repeat the question.
    pub(super) bare: u64,
    /// They offer recursion.
    pub(super) offer_recursion: u64,
}

/// What is known of an address that asks.
#[derive(Debug, Default)]
pub(super) struct Asker {
    /// Servers that it asked without desiring recursion.
    pub(super) iterates: BTreeSet<Address>,
    /// Servers that it asked with.
    pub(super) asks: BTreeSet<Address>,
}

/// Which directions the capture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Both,
    /// Next to no queries: every response seems unasked, and nothing unanswered.
    Responses,
    /// Next to no responses: every query seems unanswered.
    Queries,
}

/// Everything that rules look at.
#[derive(Debug)]
pub(super) struct Base<'a> {
    pub(super) cases: Vec<Case<'a>>,
    /// The numbers of the cases of each server.
    by_server: BTreeMap<Address, Vec<usize>>,
    pub(super) servers: BTreeMap<Address, Server<'a>>,
    pub(super) askers: BTreeMap<Address, Asker>,
    pub(super) sight: Sight,
    /// When the capture began and ended.
    pub(super) span: (Timestamp, Timestamp),
    /// The parts of it that facts are marked by.
    pub(super) parts: Parts,
    /// One of so many lookups was looked at.
    pub(super) one_of: u64,
    /// Whether the capture lacks so much that silence may be its own.
    pub(super) has_holes: bool,
    /// Whether it lacks so much, or so much was skipped, that what nobody seems to have asked for may
    /// have been asked for.
    pub(super) is_patchy: bool,
    /// What a client met at a server when it used EDNS.
    with_edns: BTreeMap<(Address, Address), WithEdns>,
    /// Servers and clients of which refusals came that nobody asked for.
    unsolicited: BTreeSet<(Address, Address)>,
}

/// Responses to queries with EDNS.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WithEdns {
    pub(super) answers: u64,
    pub(super) formerr: u64,
}

/// Responses in the first moments may belong to queries before the capture began.
const EDGE: std::time::Duration = std::time::Duration::from_secs(1);

/// A capture lacks much when one answer in so many has no query.
const HOLES: u64 = 50;
const PATCHY: u64 = 10;

/// Fewer refusals without a query than this may be late ones.
const SEVERAL: u64 = 5;

/// Responses, and those without a query.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    all: u64,
    unasked: u64,
}

impl Seen {
    fn add(&mut self, unasked: bool, count: u64) {
        self.all += count;
        self.unasked += if unasked { count } else { 0 };
    }
}

/// One direction is missing when there is less than one in so many of it.
const ONE_WAY: u64 = 20;

impl<'a> Base<'a> {
    pub(super) fn of(tallies: &'a Tallies) -> Self {
        let facts = &tallies.facts;
        let mut cases: Vec<Case<'a>> = facts.iter().map(case).collect();
        cases.sort_by(|one, other| order(&one.fact).cmp(&order(&other.fact)));
        let sight = sight(facts.queries(), facts.responses(), &cases);
        let mut by_server: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        for (number, case) in cases.iter().enumerate() {
            by_server.entry(case.fact.server).or_default().push(number);
        }
        let mut base = Self {
            by_server,
            servers: BTreeMap::new(),
            askers: BTreeMap::new(),
            sight,
            span: facts.span(),
            parts: facts.parts(),
            one_of: facts.one_of(),
            has_holes: false,
            is_patchy: false,
            with_edns: BTreeMap::new(),
            unsolicited: BTreeSet::new(),
            cases,
        };
        base.look_for_holes();
        base.learn();
        base.pair();
        base
    }

    /// What the capture lacks shows in answers whose query it does not have: of these nobody says
    /// that they were not asked for.
    fn look_for_holes(&mut self) {
        if self.sight != Sight::Both {
            return;
        }
        let mut all = Seen::default();
        let mut skipped = 0;
        let mut servers: BTreeMap<Address, Seen> = BTreeMap::new();
        let mut refused: BTreeMap<(Address, Address), Seen> = BTreeMap::new();
        let start = self.span.0.plus(EDGE);
        for case in self.cases.iter().filter(|case| case.fact.last > start) {
            let unasked = case.end() == End::Unasked;
            if case.is_answer() {
                all.add(unasked, case.fact.count);
                skipped += if case.end() == End::Skipped { case.fact.count } else { 0 };
                servers.entry(case.fact.server).or_default().add(unasked, case.fact.count);
            } else if case.is(Rcode::REFUSED) {
                let pair = (case.fact.server, case.fact.client);
                refused.entry(pair).or_default().add(unasked, case.fact.count);
            }
        }
        self.has_holes = all.unasked * HOLES > all.all;
        self.is_patchy = (all.unasked + skipped) * PATCHY > all.all;
        let is_seen = |server: &Address| {
            servers.get(server).is_none_or(|seen| {
                seen.unasked * 5 <= seen.all || seen.unasked * all.all <= 2 * all.unasked * seen.all
            })
        };
        let unsolicited = refused.iter().filter(|((server, _), seen)| {
            // At most half as many as usual have a query.
            let usual = (all.all - all.unasked) * seen.all;
            let few_asked = all.all == 0 || 2 * (seen.all - seen.unasked) * all.all <= usual;
            seen.unasked >= SEVERAL && few_asked && is_seen(server)
        });
        self.unsolicited = unsolicited.map(|(pair, _)| *pair).collect();
    }

    /// Whether a case was asked for, as far as the capture tells: what it lacks it cannot deny.
    pub(super) fn is_asked(&self, case: &Case<'_>) -> bool {
        case.end() != End::Unasked
            || !case.is(Rcode::REFUSED)
            || !self.unsolicited.contains(&(case.fact.server, case.fact.client))
    }

    /// Whether somebody wanted to know something by it. A response that nobody was seen to ask for
    /// says so only where the capture shows next to no queries, and a connection that was not taken
    /// says it never.
    pub(super) fn is_of_lookup(&self, case: &Case<'_>) -> bool {
        case.was_sent() || (case.end() == End::Unasked && self.sight == Sight::Responses)
    }

    fn learn(&mut self) {
        for case in &self.cases {
            let Fact { client, server, count, .. } = case.fact;
            let is_asked = self.is_asked(case);
            if case.has(Marks::ASKED_EDNS) {
                let met = self.with_edns.entry((server, client)).or_default();
                met.answers += if case.is_answer() { count } else { 0 };
                met.formerr += if case.is(Rcode::FORMERR) { count } else { 0 };
            }
            let known = self.servers.entry(server).or_default();
            known.responds |= case.is_response();
            if case.is_answer() {
                known.answers += count;
                known.answered.insert(client);
            }
            if case.is_recursive_answer() {
                known.recursion_for.insert(client);
            }
            if case.is_answer() && case.has(Marks::AA) {
                known.owned.insert(case.domain);
            }
            if case.is_authoritative_answer() {
                known.domains.insert(case.domain);
            }
            if case.is(Rcode::REFUSED) && case.is_ordinary() && is_asked {
                known.refusals.add(case);
            }
            let asker = self.askers.entry(client).or_default();
            // A secondary that asks its primary for the SOA record and the zone resolves nothing.
            let resolves = case.is_ordinary()
                && case.tells_what_was_asked()
                && case.rtype() != RecordType::SOA;
            if resolves && is_asked {
                if case.has(Marks::RD) {
                    asker.asks.insert(server);
                } else {
                    asker.iterates.insert(server);
                }
            }
        }
    }

    /// The cases of some servers, with their numbers.
    pub(super) fn of_servers<'s>(
        &'s self,
        servers: &'s BTreeSet<Address>,
    ) -> impl Iterator<Item = (usize, &'s Case<'a>)> {
        let numbers = servers.iter().filter_map(|server| self.by_server.get(server)).flatten();
        numbers.filter_map(|number| Some((*number, self.cases.get(*number)?)))
    }

    /// What a client met at a server when it used EDNS.
    pub(super) fn with_edns(&self, server: Address, client: Address) -> WithEdns {
        self.with_edns.get(&(server, client)).copied().unwrap_or_default()
    }

    /// Puts the refusals of two addresses of one server together, as far as it can be told: the
    /// only IPv4 and the only IPv6 address that refuse, and else do the same.
    fn pair(&mut self) {
        type Alike<'a> = (bool, bool, Vec<&'a [u8]>);
        let mut alike: BTreeMap<Alike<'a>, (Vec<Address>, Vec<Address>)> = BTreeMap::new();
        for (address, server) in self.servers.iter().filter(|(_, it)| it.refusals.all > 0) {
            let offers = server.refusals.offer_recursion * 2 > server.refusals.all;
            let domains = server.domains.iter().copied().collect();
            let key = (offers, server.recursion_for.is_empty(), domains);
            let (v4, v6) = alike.entry(key).or_default();
            if address.is_v4() { v4.push(*address) } else { v6.push(*address) }
        }
        for (v4, v6) in alike.into_values() {
            if let ([one], [other]) = (v4.as_slice(), v6.as_slice()) {
                let sum = self.server(*one).refusals.and(self.server(*other).refusals);
                for address in [one, other] {
                    if let Some(server) = self.servers.get_mut(address) {
                        server.refusals = sum;
                    }
                }
            }
        }
    }

    pub(super) fn server(&self, address: Address) -> &Server<'a> {
        const NONE: &Server<'static> = &Server {
            responds: false,
            answers: 0,
            recursion_for: BTreeSet::new(),
            domains: BTreeSet::new(),
            owned: BTreeSet::new(),
            answered: BTreeSet::new(),
            refusals: Refusals {
                all: 0,
                could_explain: 0,
                prohibited: 0,
                not_authoritative: 0,
                bare: 0,
                offer_recursion: 0,
            },
        };
        self.servers.get(&address).unwrap_or(NONE)
    }

    /// Whether an address that asks resolves names by itself: it asks several servers without
    /// desiring recursion, or one, while it answers others.
    pub(super) fn iterates(&self, address: Address) -> bool {
        let several = |asker: &Asker| {
            asker.iterates.len() > 1
                || (!asker.iterates.is_empty() && self.server(address).answers > 0)
        };
        self.askers.get(&address).is_some_and(several)
    }

    /// Whether an address that answers asks anybody.
    pub(super) fn asks(&self, address: Address) -> bool {
        self.servers.get(&address).is_some_and(|server| server.responds)
            && self
                .askers
                .get(&address)
                .is_some_and(|it| !it.asks.is_empty() || !it.iterates.is_empty())
    }

    /// Whether an address that answers asks others with recursion desired.
    pub(super) fn forwards(&self, address: Address) -> bool {
        self.servers.contains_key(&address)
            && self.askers.get(&address).is_some_and(|asker| !asker.asks.is_empty())
    }
}

impl Refusals {
    fn add(&mut self, case: &Case<'_>) {
        let count = case.fact.count;
        let when = |holds: bool| if holds { count } else { 0 };
        self.all += count;
        self.could_explain += when(case.has(Marks::ASKED_EDNS));
        self.prohibited += when(case.ede() == Some(Ede::PROHIBITED));
        self.not_authoritative += when(case.ede() == Some(Ede::NOT_AUTHORITATIVE));
        self.bare += when(case.has(Marks::BARE));
        self.offer_recursion += when(case.has(Marks::RA));
    }

    fn and(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            could_explain: self.could_explain + other.could_explain,
            prohibited: self.prohibited + other.prohibited,
            not_authoritative: self.not_authoritative + other.not_authoritative,
            bare: self.bare + other.bare,
            offer_recursion: self.offer_recursion + other.offer_recursion,
        }
    }

    /// Whether more than half of those that could carry it do.
    pub(super) fn mostly(self, explained: u64) -> bool {
        explained * 2 > self.could_explain && explained > 0
    }
}

fn case(fact: Fact<'_>) -> Case<'_> {
    let selected = !fact.how.marks.has(Marks::ASIDE);
    Case { fact, domain: domain(fact.name), selected }
}

/// The registered domain of a name, in wire form.
fn domain(name: &[u8]) -> &[u8] {
    if name.is_empty() { name } else { registered(name) }
}

type Order<'a> = (Timestamp, Address, Address, &'a [u8], RecordType, crate::tally::How);

/// An order that does not depend on how the facts were kept.
fn order<'a>(fact: &Fact<'a>) -> Order<'a> {
    let rtype = fact.question.map_or(RecordType(0), |question| question.rtype);
    (fact.first, fact.server, fact.client, fact.name, rtype, fact.how)
}

fn sight(queries: u64, responses: u64, cases: &[Case<'_>]) -> Sight {
    if queries * ONE_WAY < responses && !are_answers_asked(cases) {
        Sight::Responses
    } else if responses * ONE_WAY < queries {
        Sight::Queries
    } else {
        Sight::Both
    }
}

/// Whether most answers have their queries: a flood of refusals that nobody asked for hides no
/// direction, and what is seen of one direction alone lacks the queries of its answers as well.
fn are_answers_asked(cases: &[Case<'_>]) -> bool {
    let mut seen = Seen::default();
    for case in cases.iter().filter(|case| case.is_answer()) {
        let is_asked = matches!(case.end(), End::Answered | End::Repeated);
        seen.add(!is_asked, case.fact.count);
    }
    seen.all >= SEVERAL && seen.unasked * 2 < seen.all
}
