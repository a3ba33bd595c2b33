//! What each address does: who answers from zones of its own, who resolves, who only asks.
//!
//! Roles are read from header bits and from who asks whom, never from a brand's habits, so they
//! hold for any software. They are what was seen: a server that is both authority and resolver
//! and was asked as one of them only has that role.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::base::{Base, Case};
use super::place::Place;
use super::vantage::{self, Vantage};
use crate::iana::{Class, Opcode, Rcode, RecordType};
use crate::tally::Marks;
use crate::wire::Address;

/// What an address does, in the terms of RFC 9499.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Answers from zones that it holds, or refers to those below them.
    Authoritative,
    /// Offers recursion, or is seen to resolve: one whose own queries are not seen may as well
    /// forward them.
    Recursive,
    /// Answers from zones that it holds, and offers recursion; whether it resolves or forwards is
    /// left open.
    Both,
    /// Passes on what it is asked, with recursion desired, and resolves nothing itself.
    Forwarder,
    /// Asks with recursion desired and answers nobody. Behind an address there may be many, as
    /// address translation hides them.
    Stub,
    /// Asks several servers without desiring recursion, or one that is an authority: at such a
    /// server, every resolver is seen with that one only. A program that checks servers looks alike.
    Iterative,
    /// Asks for SOA records and transfers as a secondary server does, or is notified as one.
    Secondary,
    /// Sends UPDATE.
    Updater,
}

/// Each role with the word that stands for it everywhere, and what it is called in a sentence.
const ROLES: [(Role, &str, &str); 8] = [
    (Role::Authoritative, "authoritative", "an authoritative server"),
    (Role::Recursive, "recursive", "a recursive server"),
    (Role::Both, "both", "an authoritative and recursive server"),
    (Role::Forwarder, "forwarder", "a forwarder"),
    (Role::Stub, "stub", "a stub resolver"),
    (Role::Iterative, "iterative", "an iterative resolver"),
    (Role::Secondary, "secondary", "a secondary server"),
    (Role::Updater, "updater", "a sender of updates"),
];

impl Role {
    fn row(self) -> (&'static str, &'static str) {
        let row = ROLES.iter().find(|(role, ..)| *role == self);
        row.map_or(("", ""), |(_, id, words)| (id, words))
    }

    /// The word for it: stable, and the same in every report.
    pub fn id(self) -> &'static str {
        self.row().0
    }

    /// What it is called in a sentence, with its article.
    pub fn words(self) -> &'static str {
        self.row().1
    }

    /// Whether a server of this role offers recursion.
    pub(super) fn offers_recursion(self) -> bool {
        matches!(self, Self::Recursive | Self::Both | Self::Forwarder)
    }
}

/// Who does what, and where that was seen.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    servers: BTreeMap<Address, Role>,
    clients: BTreeMap<Address, Role>,
    /// Where the capture was taken; `None` if nothing tells.
    pub vantage: Option<Vantage>,
}

impl Roles {
    pub(super) fn of(base: &Base<'_>) -> Self {
        let deeds = deeds(base);
        let mut roles = Self::default();
        for (address, deeds) in &deeds {
            let resolves = base.iterates(*address);
            roles.servers.extend(deeds.as_server(resolves).map(|role| (*address, role)));
            roles.clients.extend(deeds.as_client(resolves).map(|role| (*address, role)));
        }
        roles.vantage = vantage::of(base, &roles);
        roles
    }

    /// What an address does that answers.
    pub fn of_server(&self, address: IpAddr) -> Option<Role> {
        self.servers.get(&address.into()).copied()
    }

    /// What an address does that asks.
    pub fn of_client(&self, address: IpAddr) -> Option<Role> {
        self.clients.get(&address.into()).copied()
    }

    /// Where an address is, seen from the capture.
    pub fn place(&self, address: IpAddr) -> Place {
        Place::of(address, self.vantage.as_ref())
    }
}

/// What an address was seen to do; numbers are of exchanges.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a deed of its own")]
struct Deeds {
    responds: bool,
    /// It answered from a zone of its own, or referred to one below.
    is_authority: bool,
    /// It said that it offers recursion to a client that desired it.
    offers: bool,
    /// It desired recursion of another.
    forwards: bool,
    /// It asked another for a name that it was asked for.
    passes_on: bool,
    /// It desired recursion.
    desires: u64,
    /// It asked an authority without desiring recursion.
    iterates: u64,
    /// They keep its copy of a zone up to date.
    transfers: u64,
    /// They change a zone.
    updates: u64,
}

fn deeds(base: &Base<'_>) -> BTreeMap<Address, Deeds> {
    let mut all: BTreeMap<Address, Deeds> = BTreeMap::new();
    let asked = || base.cases.iter().filter(|case| base.is_asked(case));
    for case in asked() {
        all.entry(case.fact.server).or_default().answer(case);
    }
    for case in asked() {
        let of_authority = all.get(&case.fact.server).is_some_and(|deeds| deeds.is_authority);
        all.entry(case.fact.client).or_default().ask(case, of_authority);
    }
    for address in passing_on(base) {
        all.entry(address).or_default().passes_on = true;
    }
    all
}

/// Who asked another, with recursion desired, for a name that it was asked for itself. Only names
/// tell this of a server that offers no recursion to those it refuses.
fn passing_on(base: &Base<'_>) -> BTreeSet<Address> {
    let between_two = || base.cases.iter().filter(|case| case.fact.client != case.fact.server);
    let asked = between_two().filter(|case| base.forwards(case.fact.server));
    let asked: BTreeSet<_> = asked.map(|case| (case.fact.server, case.fact.name)).collect();
    let asks = between_two().filter(|case| case.is_ordinary() && case.has(Marks::RD));
    let asks = asks.map(|case| (case.fact.client, case.fact.name));
    let passed = asks.filter(|ask| !ask.1.is_empty() && asked.contains(ask));
    passed.map(|(address, _)| address).collect()
}

impl Deeds {
    fn answer(&mut self, case: &Case<'_>) {
        self.responds |= case.is_response();
        self.is_authority |= speaks_with_authority(case);
        let offers = case.is_response() && case.has(Marks::RD.and(Marks::RA));
        self.offers |= offers && !case.has(Marks::AA);
        if case.fact.how.opcode == Opcode::NOTIFY {
            self.transfers += case.fact.count;
        }
    }

    fn ask(&mut self, case: &Case<'_>, of_authority: bool) {
        let count = case.fact.count;
        let is_transfer =
            matches!(case.rtype(), RecordType::SOA | RecordType::AXFR | RecordType::IXFR);
        match case.fact.how.opcode {
            _ if !case.tells_what_was_asked() => {}
            Opcode::UPDATE => self.updates += count,
            Opcode::QUERY if case.has(Marks::RD) => {
                self.desires += count;
                self.forwards |= case.fact.client != case.fact.server;
            }
            Opcode::QUERY if is_transfer => self.transfers += count,
            Opcode::QUERY if of_authority => self.iterates += count,
            _ => {}
        }
    }

    fn as_server(&self, resolves: bool) -> Option<Role> {
        let role = if self.is_authority {
            if self.offers || resolves { Role::Both } else { Role::Authoritative }
        } else if self.is_forwarder(resolves) {
            Role::Forwarder
        } else if self.offers || resolves {
            Role::Recursive
        } else {
            return None;
        };
        self.responds.then_some(role)
    }

    fn is_forwarder(&self, resolves: bool) -> bool {
        self.forwards && (self.offers || self.passes_on) && !resolves
    }

    /// One that resolves does so for others, whatever else it does; of the others, what they do
    /// most is their role, as hosts ask for names of their own beside.
    fn as_client(&self, resolves: bool) -> Option<Role> {
        if resolves {
            return Some(Role::Iterative);
        }
        if self.is_forwarder(resolves) {
            return Some(Role::Forwarder);
        }
        let deeds = [
            (self.desires, Role::Stub),
            (self.iterates, Role::Iterative),
            (self.updates, Role::Updater),
            (self.transfers, Role::Secondary),
        ];
        let most = deeds.into_iter().max_by_key(|(count, _)| *count);
        most.filter(|(count, _)| *count > 0).map(|(_, role)| role)
    }
}

/// Whether a response says that the server holds a zone.
///
/// AA beside RA says less, as resolvers claim authority for names they were given (local zones,
/// leases, blocked names): then only what was asked without recursion counts, or for what is at the
/// top of a zone. A referral is an authority's, too (RFC 9499 §6), where no recursion is offered.
fn speaks_with_authority(case: &Case<'_>) -> bool {
    let refers = case.is(Rcode::NOERROR) && case.has(Marks::REFERRAL.and(Marks::EMPTY));
    if refers && !case.has(Marks::RA) {
        return true;
    }
    let at_the_top = matches!(case.rtype(), RecordType::SOA | RecordType::NS);
    let of_a_zone = !case.has(Marks::RA)
        || !case.has(Marks::RD)
        || (at_the_top && !case.has(Marks::EMPTY) && case.is(Rcode::NOERROR));
    let about_names = case.fact.how.opcode == Opcode::QUERY && case.class() == Class::IN;
    case.is_answer() && about_names && case.has(Marks::AA) && of_a_zone
}
