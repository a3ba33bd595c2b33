//! Who is refused what by a server that answers others, or other things: access lists, policies,
//! views, and servers that are no resolvers.

use std::collections::{BTreeMap, BTreeSet};

use super::{free, network};
use crate::diagnose::Confidence;
use crate::diagnose::Confidence::{Likely, Possible};
use crate::diagnose::base::{Base, Case, Server};
use crate::diagnose::cause::Cause;
use crate::diagnose::causes::{
    ACL_QUERY, ACL_RECURSION, AUTH_ONLY, DOMAIN_POLICY, NO_UPSTREAM, UPSTREAM_REFUSED,
    VIEW_MISMATCH,
};
use crate::diagnose::claims::{Axis, Claims};
use crate::diagnose::dark::Dark;
use crate::iana::{Ede, Rcode};
use crate::tally::{Marks, Moments};
use crate::time::Timestamp;
use crate::wire::Address;
use crate::wire::name::is_under;

/// Microseconds in which a server near by answers without asking anybody.
const AT_ONCE: u32 = 1000;

/// A client that is refused so many domains, one after the other, is refused itself.
const MANY_DOMAINS: usize = 5;

/// Fewer refusals than this are no ground for more than a possibility.
const LEAST: u64 = 5;

pub(super) fn claim<'a>(base: &Base<'a>, claims: &mut Claims<'a>) {
    let is_ours =
        |case: &Case<'_>| case.is(Rcode::REFUSED) && case.is_ordinary() && base.is_asked(case);
    let found = free(base, claims, is_ours);
    let servers: BTreeSet<Address> = found.iter().map(|(_, case)| case.fact.server).collect();
    let mut verdicts: Vec<(usize, &Case<'a>, Verdict<'a>, bool)> = Vec::new();
    for server in servers {
        let cases = found.iter().filter(|(_, case)| case.fact.server == server);
        let cases: Vec<(usize, &Case<'a>)> = cases.copied().collect();
        let scene = Scene::of(base, server, &cases);
        for (number, case) in cases {
            if let Some(verdict) = scene.decide(case) {
                verdicts.push((number, case, verdict, scene.is_narrow(case)));
            }
        }
    }
    let policies: BTreeSet<&[u8]> = verdicts.iter().filter_map(|it| policy(&it.2)).collect();
    for (number, case, verdict, narrow) in verdicts {
        let (cause, confidence, axis) = narrowed(case, verdict, narrow, &policies);
        claims.claim(number, cause, confidence, axis);
    }
}

type Verdict<'a> = (&'static Cause, Confidence, Axis<'a>);

/// The suffix of which it is likely that a policy covers it.
fn policy<'a>((cause, confidence, axis): &Verdict<'a>) -> Option<&'a [u8]> {
    match axis {
        Axis::Name(suffix) if *cause == DOMAIN_POLICY && *confidence >= Likely => Some(suffix),
        _ => None,
    }
}

/// Where a client asked for one domain only, it cannot be told whether it or the domain is meant;
/// another address where both ask more may tell.
fn narrowed<'a>(
    case: &Case<'a>,
    verdict: Verdict<'a>,
    narrow: bool,
    policies: &BTreeSet<&'a [u8]>,
) -> Verdict<'a> {
    let (cause, confidence, axis) = verdict;
    if !narrow || axis != Axis::Client {
        return verdict;
    }
    match policies.iter().find(|suffix| is_under(case.fact.name, suffix)) {
        Some(suffix) => (DOMAIN_POLICY, Likely, Axis::Name(suffix)),
        None => (cause, confidence.min(Possible), axis),
    }
}

/// What one client met at the server.
#[derive(Debug, Default)]
struct Met<'a> {
    refused: u64,
    /// Answers that needed recursion, and when the last of them came.
    recursive: u64,
    served_until: Timestamp,
    /// Refusals since then of domains that the server answers, and of how many domains in all.
    refused_since: u64,
    domains_since: BTreeSet<&'a [u8]>,
    /// Refusals of domains that the server answers, at any time.
    refused_known: u64,
    refused_when: Moments,
    recursive_when: Moments,
    /// Answers of any kind.
    answers: u64,
    domains: BTreeSet<&'a [u8]>,
}

impl Met<'_> {
    /// Whether the client was served once, and since then gets nothing but refusals: somebody
    /// changed something.
    fn is_shut_off(&self) -> bool {
        // Names that nobody gets may be blocked; not so many at once.
        let many = self.refused_since >= LEAST && self.refused_since * 2 > self.refused;
        self.recursive > 0 && (many || self.domains_since.len() >= MANY_DOMAINS)
    }

    /// Whether the client was served, then got nothing but refusals for a time, and was served
    /// again: somebody changed something, and changed it back.
    fn was_shut_off(&self) -> bool {
        let many = self.refused_known >= LEAST && self.refused_known * 2 > self.refused;
        self.recursive > 0 && many && self.refused_when.are_apart_from(self.recursive_when)
    }
}

/// One server, what it refuses and what it answers.
struct Scene<'b, 'a> {
    server: &'b Server<'a>,
    /// It asks others by itself, so it could answer more than it does.
    resolves: bool,
    dark: Dark<'a>,
    clients: BTreeMap<Address, Met<'a>>,
    /// Domains that were answered, by network of the client.
    fine: BTreeSet<(&'a [u8], Address)>,
    /// Refusals by domain and network of the client.
    refused_there: BTreeMap<(&'a [u8], Address), u64>,
    /// Domains of which a refusal says that the client may not (EDE 18).
    prohibited: BTreeSet<&'a [u8]>,
    /// Networks in which somebody was refused even what the server owns, and got nothing at all.
    shut_out: BTreeSet<Address>,
    /// Networks of which somebody was served once, and then shut off.
    shut_off: BTreeSet<Address>,
    /// Clients that were refused a name under a dark suffix.
    refused_by_suffix: BTreeMap<&'a [u8], BTreeSet<Address>>,
    refused: u64,
}

impl<'b, 'a> Scene<'b, 'a> {
    fn of(base: &'b Base<'a>, address: Address, refused: &[(usize, &Case<'a>)]) -> Self {
        let mut dark = Dark::default();
        let mut clients: BTreeMap<Address, Met<'a>> = BTreeMap::new();
        let mut fine = BTreeSet::new();
        let mut refused_there: BTreeMap<(&[u8], Address), u64> = BTreeMap::new();
        let server = BTreeSet::from([address]);
        let here = base.of_servers(&server).map(|(_, case)| case);
        for case in here.filter(|case| case.is_ordinary() && case.is_answer()) {
            fine.insert((case.domain, network(case.fact.client)));
            dark.add(case.fact.name, case.fact.count, true);
            let met = clients.entry(case.fact.client).or_default();
            met.answers += case.fact.count;
            if case.is_recursive_answer() {
                met.recursive += case.fact.count;
                met.served_until = met.served_until.max(case.fact.last);
                met.recursive_when = met.recursive_when.and(case.fact.when);
            }
        }
        for (_, case) in refused {
            dark.add(case.fact.name, case.fact.count, false);
            let met = clients.entry(case.fact.client).or_default();
            met.refused += case.fact.count;
            let from = (case.domain, Address(0));
            let answered = fine.range(from..).next().is_some_and(|it| it.0 == case.domain);
            met.refused_known += if answered { case.fact.count } else { 0 };
            met.refused_when = met.refused_when.and(case.fact.when);
            if case.fact.first > met.served_until {
                met.refused_since += if answered { case.fact.count } else { 0 };
                met.domains_since.insert(case.domain);
            }
            met.domains.insert(case.domain);
            let there = (case.domain, network(case.fact.client));
            *refused_there.entry(there).or_default() += case.fact.count;
        }
        let mut refused_by_suffix: BTreeMap<&[u8], BTreeSet<Address>> = BTreeMap::new();
        for (_, case) in refused {
            if let Some(suffix) = dark.suffix(case.fact.name) {
                refused_by_suffix.entry(suffix).or_default().insert(case.fact.client);
            }
        }
        let server = base.server(address);
        let is_shut_out = |met: &Met<'_>| {
            met.answers == 0 && met.domains.iter().any(|domain| server.owned.contains(domain))
        };
        let shut_out = clients.iter().filter(|(_, met)| is_shut_out(met));
        let shut_out = shut_out.map(|(client, _)| network(*client)).collect();
        let shut_off = clients.iter().filter(|(_, met)| met.is_shut_off() || met.was_shut_off());
        let shut_off = shut_off.map(|(client, _)| network(*client)).collect();
        let prohibited = refused.iter().filter(|(_, case)| case.ede() == Some(Ede::PROHIBITED));
        Self {
            server,
            fine,
            refused_there,
            prohibited: prohibited.map(|(_, case)| case.domain).collect(),
            shut_out,
            shut_off,
            resolves: base.iterates(address) || base.forwards(address),
            dark,
            clients,
            refused_by_suffix,
            refused: refused.iter().map(|(_, case)| case.fact.count).sum(),
        }
    }

    /// The cause, if what is seen is consistent with one.
    fn decide(&self, case: &Case<'a>) -> Option<Verdict<'a>> {
        let (cause, confidence, axis) = if matches!(case.ede(), Some(Ede(15..=17))) {
            (DOMAIN_POLICY, Likely, self.name_axis(case))
        } else if !self.server.recursion_for.is_empty() {
            self.of_resolver(case)?
        } else {
            self.of_other(case)?
        };
        let few = self.refused < LEAST;
        Some((cause, if few { Possible.min(confidence) } else { confidence }, axis))
    }

    /// Whether the client asked here for one domain only, and got nothing.
    fn is_narrow(&self, case: &Case<'a>) -> bool {
        let met = self.clients.get(&case.fact.client);
        met.is_some_and(|met| met.domains.len() < 2 && met.answers == 0)
    }

    fn name_axis(&self, case: &Case<'a>) -> Axis<'a> {
        Axis::Name(self.dark.suffix(case.fact.name).unwrap_or(case.domain))
    }

    /// The server resolves for somebody.
    fn of_resolver(&self, case: &Case<'a>) -> Option<Verdict<'a>> {
        let none = Met::default();
        let met = self.clients.get(&case.fact.client).unwrap_or(&none);
        let is_shut_off = met.is_shut_off() && case.fact.first > met.served_until;
        if is_shut_off || met.was_shut_off() {
            return Some((ACL_RECURSION, Possible, Axis::Client));
        }
        if met.recursive > 0 {
            return self.of_served(case);
        }
        // Who gets nothing from outside is refused as a client - unless everybody is refused this.
        if self.is_for_all(case) {
            return Some((DOMAIN_POLICY, Likely, self.name_axis(case)));
        }
        Some(self.of_denied(case, met))
    }

    /// The client is served, but not this name.
    fn of_served(&self, case: &Case<'a>) -> Option<Verdict<'a>> {
        if self.is_for_others(case) {
            let sure = self.how_sure(case)?;
            return Some((self.list_or_view(case), sure, Axis::ClientName(case.domain)));
        }
        // What its neighbours get depends neither on the name nor on the client.
        let suffix = self.dark.suffix(case.fact.name)?;
        let clients = self.refused_by_suffix.get(suffix).map_or(0, BTreeSet::len);
        let count = self.dark.failures(suffix);
        // What happens once or twice happens by chance.
        if count < 3 && clients < 2 {
            return None;
        }
        let several = (clients > 1 && count > 2) || count >= LEAST;
        Some((DOMAIN_POLICY, if several { Likely } else { Possible }, Axis::Name(suffix)))
    }

    /// Whether the domain is answered to other networks, and not to the client's.
    fn is_for_others(&self, case: &Case<'a>) -> bool {
        let from = (case.domain, Address(0));
        let mut answered = self.fine.range(from..).take_while(|it| it.0 == case.domain);
        answered.next().is_some() && !self.fine.contains(&(case.domain, network(case.fact.client)))
    }

    /// How sure it is that a network is refused a domain; once or twice is chance.
    fn how_sure(&self, case: &Case<'a>) -> Option<Confidence> {
        let there = (case.domain, network(case.fact.client));
        match self.refused_there.get(&there).copied().unwrap_or_default() {
            0..3 => None,
            3..LEAST => Some(Possible),
            _ => Some(Likely),
        }
    }

    /// A list of the zone says so where it can; a view does not know the zone at all.
    fn list_or_view(&self, case: &Case<'a>) -> &'static Cause {
        let prohibited = self.prohibited.contains(case.domain);
        if prohibited { ACL_QUERY } else { VIEW_MISMATCH }
    }

    /// Whether this name is refused also to clients that get others.
    fn is_for_all(&self, case: &Case<'a>) -> bool {
        let Some(suffix) = self.dark.suffix(case.fact.name) else { return false };
        let none = BTreeSet::new();
        let refused = self.refused_by_suffix.get(suffix).unwrap_or(&none);
        let served =
            |client: &&Address| self.clients.get(client).is_some_and(|it| it.recursive > 0);
        let only = self.clients.get(&case.fact.client).is_some_and(|met| met.domains.len() == 1);
        only && refused.iter().any(|client| served(&client))
    }

    /// The server resolves for others, and not for this client.
    fn of_denied(&self, case: &Case<'a>, met: &Met<'a>) -> (&'static Cause, Confidence, Axis<'a>) {
        let sure = if met.refused >= LEAST { Likely } else { Possible };
        // What it owns it shows to others only.
        let owned = self.server.owned.contains(case.domain);
        if met.answers > 0 && owned {
            return (self.list_or_view(case), sure, Axis::ClientName(case.domain));
        }
        // It gives this client what it is an authority for.
        if met.answers > 0 {
            return (ACL_RECURSION, sure, Axis::Client);
        }
        // What befell its neighbours befalls it, too, whether it asked before or not.
        if self.shut_off.contains(&network(case.fact.client)) {
            return (ACL_RECURSION, Possible, Axis::Client);
        }
        let refused = self.server.refusals;
        let shut_out = self.shut_out.contains(&network(case.fact.client));
        if owned || shut_out || refused.bare > 0 || refused.offer_recursion * 2 > refused.all {
            return (ACL_QUERY, sure, Axis::Client);
        }
        if case.has(Marks::BARE) || case.has(Marks::RA) {
            return (ACL_QUERY, sure, Axis::Client);
        }
        // Nothing speaks against acl-query: the client asks for nothing that the server owns.
        (ACL_RECURSION, Possible, Axis::Client)
    }

    /// The server was not seen to resolve for anybody.
    fn of_other(&self, case: &Case<'a>) -> Option<Verdict<'a>> {
        let refused = self.server.refusals;
        // An authority refuses some what it tells others.
        if self.server.domains.contains(case.domain) {
            let axis = Axis::ClientName(case.domain);
            let sure = self.how_sure(case)?;
            return self.is_for_others(case).then_some((ACL_QUERY, sure, axis));
        }
        if refused.bare > 0 {
            return Some((ACL_QUERY, Likely, Axis::Client));
        }
        if refused.mostly(refused.not_authoritative) {
            return Some((AUTH_ONLY, Likely, Axis::Foreign));
        }
        if refused.mostly(refused.prohibited) {
            return Some((ACL_RECURSION, Likely, Axis::Client));
        }
        if refused.offer_recursion * 2 > refused.all {
            // To ask an upstream takes longer than to know that there is none.
            let at_once = case.fact.took < AT_ONCE;
            let cause = if at_once { NO_UPSTREAM } else { UPSTREAM_REFUSED };
            return Some((cause, Possible, Axis::Server));
        }
        if self.resolves {
            return Some((ACL_RECURSION, Likely, Axis::Client));
        }
        let known = !self.server.domains.is_empty();
        Some((AUTH_ONLY, if known { Likely } else { Possible }, Axis::Foreign))
    }
}
