//! Where the capture was taken: at a server, a client or a resolver, or somewhere between.
//!
//! A capture at a host has that host in every exchange, and one on the way does not. Nothing else
//! is looked at - no hops, no link addresses - so that it holds for every link type and for files
//! that were filtered or rewritten. It is as much as the exchanges tell: a capture next to a host,
//! or one that was cut down to what concerns it, looks like one taken at it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::base::{Base, Case};
use super::networks::Network;
use super::roles::{Role, Roles};
use crate::wire::Address;

/// Where a capture was taken, as far as it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// What kind of place it is.
    pub point: VantagePoint,
    /// Whom nearly every exchange has on one side; empty where there are none.
    pub addresses: Vec<IpAddr>,
    /// The same in words, to follow "seen": `at 192.0.2.53, a recursive server ...`.
    pub text: String,
}

/// Places where captures are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VantagePoint {
    /// A server that several clients ask, and that asks nobody.
    AtServer,
    /// A host that asks, and that nobody asks.
    AtClient,
    /// A server that asks others in turn; what it asks is seen as well.
    AtResolver,
    /// On the way from clients to servers.
    Between,
}

impl VantagePoint {
    /// The word for it: stable, and the same in every report.
    pub fn id(self) -> &'static str {
        match self {
            Self::AtServer => "at-server",
            Self::AtClient => "at-client",
            Self::AtResolver => "at-resolver",
            Self::Between => "between",
        }
    }
}

/// Fewer exchanges than this tell nothing.
const LEAST: u64 = 20;

/// Nearly all, in percent: the others may be strays that the capture met by chance.
const NEARLY_ALL: u64 = 95;

/// More servers than this are no place where one takes a capture.
const MOST_SERVERS: usize = 8;

/// Where the capture was taken; `None` where it shows too little.
pub(super) fn of(base: &Base<'_>, roles: &Roles) -> Option<Vantage> {
    let traffic = Traffic::of(base);
    if traffic.all < LEAST {
        return None;
    }
    let (addresses, told) = if let Some(host) = traffic.host() {
        let told = at_host(base, roles, &host, &traffic.sides(&host))?;
        (host, told)
    } else if let Some((site, told)) = traffic.at_site(base, roles) {
        (site, told)
    } else {
        (Vec::new(), traffic.between()?)
    };
    let addresses = addresses.iter().map(|address| address.ip()).collect();
    Some(Vantage { point: told.0, addresses, text: told.1 })
}

type Told = (VantagePoint, String);

/// Nearly all exchanges have this host on one side.
fn at_host(base: &Base<'_>, roles: &Roles, host: &[Address], sides: &Sides) -> Option<Told> {
    let role = |of: fn(&Roles, IpAddr) -> Option<Role>| {
        host.iter().find_map(|address| of(roles, address.ip()))
    };
    let server = role(Roles::of_server);
    let offers = server.is_some_and(Role::offers_recursion);
    if offers && host.iter().any(|address| base.asks(*address)) {
        Some(at_resolver(&who(host, server), sides))
    } else if sides.asked <= sides.asks {
        Some(at_client(&who(host, role(Roles::of_client)), sides))
    } else if sides.clients < 2 {
        None
    } else if offers {
        Some(before(&who(host, server), sides))
    } else {
        Some(at_server(&who(host, server), sides))
    }
}

/// What the host asks is seen beside what it is asked.
fn at_resolver(who: &str, sides: &Sides) -> Told {
    let (ask, servers) = (sides.ask(), sides.servers());
    (VantagePoint::AtResolver, format!("at {who}: {ask} it, and it asks {servers}"))
}

/// One host asks. It may stand for many that address translation hides; and with one client and
/// one server, the capture may as well have been taken at the server.
fn at_client(who: &str, sides: &Sides) -> Told {
    (VantagePoint::AtClient, format!("at {who}: it asks {}", sides.servers()))
}

/// A server that resolves or forwards has to ask others. Where it is not seen to, the capture is on
/// its clients' side: on the way, or at an interface that faces them. That it had all answers in
/// its cache cannot be ruled out.
fn before(who: &str, sides: &Sides) -> Told {
    let ask = sides.ask();
    let text = format!("on the way to {who}: {ask} it, and what it asks others does not show");
    (VantagePoint::Between, text)
}

/// One server is asked by several clients, and has no need to ask. That the clients share a
/// network, at whose edge the capture was taken, cannot be ruled out.
fn at_server(who: &str, sides: &Sides) -> Told {
    (VantagePoint::AtServer, format!("at {who}: {} it", sides.ask()))
}

/// A host in words: its addresses and its role.
fn who(host: &[Address], role: Option<Role>) -> String {
    let addresses: Vec<String> = host.iter().map(|address| address.ip().to_string()).collect();
    let role = role.map_or_else(String::new, |role| format!(", {}", role.words()));
    format!("{}{role}", addresses.join(" and "))
}

/// A number of hosts, which in a sample of the lookups is the least there are.
fn counted(number: usize, what: &str, is_sample: bool) -> String {
    let least = if is_sample { "at least " } else { "" };
    format!("{least}{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Exchanges by who is on either side.
struct Traffic<'b> {
    cases: Vec<&'b Case<'b>>,
    /// Exchanges.
    all: u64,
    addresses: BTreeMap<Address, Count>,
    /// Whether a part of the lookups was left out.
    is_sample: bool,
}

/// Exchanges of an address.
#[derive(Clone, Copy, Default)]
struct Count {
    asked: u64,
    asks: u64,
}

type Busy = (Address, Count);

fn of_busy(busy: &[Busy]) -> Vec<Address> {
    busy.iter().map(|(address, _)| *address).collect()
}

/// One that asks and one that is asked are no host.
fn are_alike(pair: &[Busy]) -> bool {
    pair.iter().all(|(_, count)| count.asked > 0)
        || pair.iter().all(|(_, count)| count.asks > count.asked)
}

/// Who is on the other side of a host's exchanges.
#[derive(Default)]
struct Sides {
    /// Exchanges in which it is asked, and in which it asks.
    asked: u64,
    asks: u64,
    clients: usize,
    servers: usize,
    is_sample: bool,
}

impl Sides {
    /// So many clients ask.
    fn ask(&self) -> String {
        let clients = counted(self.clients, "client", self.is_sample);
        format!("{clients} {}", if self.clients == 1 { "asks" } else { "ask" })
    }

    fn servers(&self) -> String {
        counted(self.servers, "server", self.is_sample)
    }
}

impl<'b> Traffic<'b> {
    fn of(base: &'b Base<'b>) -> Self {
        // What a host tells itself is seen on the host only, beside what matters; if it is all
        // there is, it matters.
        let goes_out = |case: &&Case<'_>| !case.fact.client.ip().is_loopback();
        let mut cases: Vec<&Case<'_>> = base.cases.iter().filter(goes_out).collect();
        if cases.is_empty() {
            cases = base.cases.iter().collect();
        }
        let mut addresses: BTreeMap<Address, Count> = BTreeMap::new();
        for case in &cases {
            addresses.entry(case.fact.server).or_default().asked += case.fact.count;
            addresses.entry(case.fact.client).or_default().asks += case.fact.count;
        }
        let all = cases.iter().map(|case| case.fact.count).sum();
        Self { cases, all, addresses, is_sample: base.one_of > 1 }
    }

    /// The address, or the IPv4 and the IPv6 address, that nearly all exchanges have on one side.
    fn host(&self) -> Option<Vec<Address>> {
        // Of two addresses that only have to do with each other either may be it: the one that
        // asks, unless that does not agree with the other family.
        let pairs = [self.busiest(|it| it.asks), self.busiest(|it| it.asked)];
        let is_host = |pair: &&Vec<Busy>| are_alike(pair) && self.holds_nearly_all(&of_busy(pair));
        if let Some(pair) = pairs.iter().find(is_host) {
            return Some(of_busy(pair));
        }
        let mut alone = pairs.iter().flatten().map(|(address, _)| vec![*address]);
        alone.find(|address| self.holds_nearly_all(address))
    }

    /// The address of each family with most exchanges.
    fn busiest(&self, first: fn(&Count) -> u64) -> Vec<Busy> {
        let busiest = |is_v4: bool| {
            let family = self.addresses.iter().filter(|(address, _)| address.is_v4() == is_v4);
            let busiest = family.max_by_key(|(_, it)| (it.asked + it.asks, first(it)));
            busiest.map(|(address, count)| (*address, *count))
        };
        [true, false].into_iter().filter_map(busiest).collect()
    }

    /// The servers of a site with resolvers, if nearly all exchanges have one of them on one side:
    /// some are asked and some ask, as with a load balancer before resolvers, or where a server is
    /// asked at one address and asks from another. A site is one usual network of each family.
    fn at_site(&self, base: &Base<'_>, roles: &Roles) -> Option<(Vec<Address>, Told)> {
        let networks = self.busiest_networks(roles);
        let is_there = |address: &Address| networks.iter().any(|it| it.holds(*address));
        let serves =
            |address: &Address| base.server(*address).responds || resolves(roles, *address);
        let addresses = self.addresses.keys().copied();
        let site: Vec<Address> =
            addresses.filter(|address| serves(address) && is_there(address)).collect();
        if site.len() > MOST_SERVERS || !self.holds_nearly_all(&site) {
            return None;
        }
        let offers =
            |address: &Address| roles.of_server(address.ip()).is_some_and(Role::offers_recursion);
        let sides = self.sides(&site);
        let (ask, servers) = (sides.ask(), sides.servers());
        let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
        let networks = networks.join(" and ");
        let text = format!("at the servers of {networks}: {ask} them, and they ask {servers}");
        let is_site = site.iter().any(offers) && sides.asks > 0;
        is_site.then_some((site, (VantagePoint::AtResolver, text)))
    }

    /// Of each family, the network whose resolvers have most exchanges.
    fn busiest_networks(&self, roles: &Roles) -> Vec<Network> {
        let mut networks: BTreeMap<Network, u64> = BTreeMap::new();
        for (address, count) in self.addresses.iter().filter(|(it, _)| resolves(roles, **it)) {
            *networks.entry(Network::around(*address)).or_default() += count.asked + count.asks;
        }
        let busiest = |is_v4: bool| {
            let family = networks.iter().filter(|(network, _)| network.is_v4() == is_v4);
            family.max_by_key(|(_, count)| **count).map(|(network, _)| *network)
        };
        [true, false].into_iter().filter_map(busiest).collect()
    }

    fn holds_nearly_all(&self, host: &[Address]) -> bool {
        let sides = self.sides(host);
        (sides.asked + sides.asks) * 100 >= self.all * NEARLY_ALL
    }

    fn sides(&self, host: &[Address]) -> Sides {
        let (mut clients, mut servers) = (BTreeSet::new(), BTreeSet::new());
        let mut sides = Sides { is_sample: self.is_sample, ..Sides::default() };
        for case in &self.cases {
            // One resolver may ask another.
            if host.contains(&case.fact.server) {
                sides.asked += case.fact.count;
                clients.insert(case.fact.client);
            } else if host.contains(&case.fact.client) {
                sides.asks += case.fact.count;
                servers.insert(case.fact.server);
            }
        }
        Sides { clients: clients.len(), servers: servers.len(), ..sides }
    }

    /// No host or site is on a side of nearly all.
    fn between(&self) -> Option<Told> {
        let clients = self.addresses.values().filter(|count| count.asks > 0).count();
        let servers = self.addresses.values().filter(|count| count.asked > 0).count();
        let counted = |number, what| counted(number, what, self.is_sample);
        let text =
            format!("between {} and {}", counted(clients, "client"), counted(servers, "server"));
        (clients > 1 && servers > 1).then_some((VantagePoint::Between, text))
    }
}

/// Whether an address resolves or forwards, as far as either side of it tells.
fn resolves(roles: &Roles, address: Address) -> bool {
    let address = address.ip();
    let asks = matches!(roles.of_client(address), Some(Role::Iterative | Role::Forwarder));
    asks || roles.of_server(address).is_some_and(Role::offers_recursion)
}
