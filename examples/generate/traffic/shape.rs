//! What traffic is wanted: every choice, with the defaults that the benchmarks use.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::link::{Family, LINKS, Link};
use super::people::{Hosts, Network};

/// 2026-11-21T03:12:00Z, in nanoseconds since 1970.
const START: u64 = 1_795_230_720_000_000_000;

/// The capture point's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Both,
    QueriesOnly,
    ResponsesOnly,
}

/// Queries for names that nobody asked before, all under one suffix.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    /// How many different names.
    pub(crate) names: u32,
    /// Share of all queries.
    pub(crate) share: f64,
    /// The suffix.
    pub(crate) suffix: String,
    /// What the servers say to it.
    pub(crate) rcode: u16,
}

/// One server refuses one client network, from a moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    /// Nanoseconds after the start.
    pub(crate) begins: u64,
    /// The server's number.
    pub(crate) server: u32,
    /// The number of the client network.
    pub(crate) network: usize,
}

/// Everything that shapes the traffic. Shares are of 1; times are nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    /// No query is sent once so many packets are written.
    pub(crate) packets: u64,
    /// Nothing is written later than this after the start.
    pub(crate) duration: u64,
    pub(crate) start: u64,
    /// Packets a second, about.
    pub(crate) rate: f64,
    /// Times are multiples of this.
    pub(crate) resolution: u64,
    pub(crate) link: &'static Link,
    pub(crate) big_endian: bool,
    pub(crate) snaplen: u32,
    pub(crate) port: u16,
    pub(crate) direction: Direction,

    pub(crate) clients: Hosts,
    pub(crate) servers: Hosts,
    pub(crate) names: u32,
    pub(crate) ipv6: f64,
    pub(crate) attack: Option<Attack>,
    pub(crate) outage: Option<Outage>,

    pub(crate) rcodes: Vec<(u16, f64)>,
    pub(crate) edns: f64,
    /// Of the refused and failed with EDNS: those with an Extended DNS Error.
    pub(crate) ede: f64,
    /// Of the refused: those that come as a header only.
    pub(crate) bare: f64,
    pub(crate) mixed_case: f64,

    /// Median response time.
    pub(crate) latency: f64,
    /// How widely response times spread: the sigma of their logarithm.
    pub(crate) spread: f64,
    /// Responses that never come.
    pub(crate) lost: f64,
    /// Queries sent again before the response.
    pub(crate) repeated: f64,
    /// Responses sent twice.
    pub(crate) repeated_responses: f64,
    /// Responses to no query.
    pub(crate) unasked: f64,
    /// Clients that know another server, and ask it when they are refused.
    pub(crate) retried: f64,
    /// Frames captured twice.
    pub(crate) duplicated: f64,

    pub(crate) tcp: f64,
    /// The most queries on one TCP connection.
    pub(crate) pipelined: u32,
    /// TCP messages in several segments.
    pub(crate) segmented: f64,
    /// Of segmented and fragmented messages: those whose pieces come out of order.
    pub(crate) disordered: f64,
    /// NOERROR responses too long for one packet.
    pub(crate) long: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            seed: 1,
            packets: u64::MAX,
            duration: u64::MAX,
            start: START,
            rate: 50_000.0,
            resolution: 1000,
            link: &LINKS[0],
            big_endian: false,
            snaplen: 262_144,
            port: 53,
            direction: Direction::Both,
            clients: clients(50_000),
            servers: servers(200),
            names: 1_000_000,
            ipv6: 0.3,
            attack: None,
            outage: None,
            rcodes: usual_rcodes(),
            edns: 0.85,
            ede: 0.3,
            bare: 0.1,
            mixed_case: 0.0,
            latency: 8e6,
            spread: 1.2,
            lost: 0.02,
            repeated: 0.01,
            repeated_responses: 0.0,
            unasked: 0.0,
            retried: 0.0,
            duplicated: 0.0,
            tcp: 0.02,
            pipelined: 1,
            segmented: 0.1,
            disordered: 0.0,
            long: 0.0,
        }
    }
}

/// NOERROR 70 %, NXDOMAIN 18 %, REFUSED 8 %, SERVFAIL 3 %, and 1 % of five others.
pub(crate) fn usual_rcodes() -> Vec<(u16, f64)> {
    let common = [(0, 0.70), (3, 0.18), (5, 0.08), (2, 0.03)];
    // FORMERR, NOTIMP, NOTAUTH, BADVERS, BADCOOKIE
    let others = [1, 4, 9, 16, 23].map(|code| (code, 0.002));
    common.into_iter().chain(others).collect()
}

/// So many clients, from 10.0.0.1 and 2001:db8:c::1 on.
pub(crate) fn clients(hosts: u32) -> Hosts {
    let ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0xc, 0, 0, 0, 0, 1);
    Hosts(vec![Network { ipv4: Ipv4Addr::new(10, 0, 0, 1), ipv6, hosts }])
}

/// So many servers, from 198.18.0.1 and 2001:db8:5::1 on.
pub(crate) fn servers(hosts: u32) -> Hosts {
    let ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0x5, 0, 0, 0, 0, 1);
    Hosts(vec![Network { ipv4: Ipv4Addr::new(198, 18, 0, 1), ipv6, hosts }])
}

impl Shape {
    /// What is wrong with it, in a sentence; what a capture of it could not mean clearly.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_shares()?;
        self.check_counts()?;
        let cut = self.snaplen < 65_535;
        if cut && (self.tcp > 0.0 || self.long > 0.0) {
            return Err("a snaplen needs --tcp 0 and --long 0: \
                what a cut stream or fragment still tells is a matter of opinion"
                .to_owned());
        }
        if self.snaplen < self.least_snaplen() {
            let least = self.least_snaplen();
            return Err(format!(
                "a snaplen of {} cuts DNS headers: at least {least}",
                self.snaplen
            ));
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<(), String> {
        let shares = [
            ("ipv6", self.ipv6),
            ("edns", self.edns),
            ("ede", self.ede),
            ("bare", self.bare),
            ("mixed-case", self.mixed_case),
            ("lost", self.lost),
            ("repeated", self.repeated),
            ("repeated-responses", self.repeated_responses),
            ("unasked", self.unasked),
            ("retried", self.retried),
            ("duplicated", self.duplicated),
            ("tcp", self.tcp),
            ("segmented", self.segmented),
            ("disordered", self.disordered),
            ("long", self.long),
            ("attack-share", self.attack.as_ref().map_or(0.0, |attack| attack.share)),
        ];
        match shares.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((name, share)) => Err(format!("--{name} {share}: a share is from 0 to 1")),
            None => self.check_rcodes(),
        }
    }

    fn check_rcodes(&self) -> Result<(), String> {
        let sum: f64 = self.rcodes.iter().map(|(_, share)| share).sum();
        if self.rcodes.iter().any(|&(code, share)| code > 4095 || share < 0.0) || sum <= 0.0 {
            return Err("response codes are 0 to 4095, with shares of 0 or more that add up to \
                more than 0"
                .to_owned());
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), String> {
        let least = [
            ("clients", u64::from(self.clients.count()), 8_000_000),
            ("servers", u64::from(self.servers.count()), 60_000),
            ("names", u64::from(self.names), 500_000_000),
            ("packets", self.packets, u64::MAX),
            ("pipelined", u64::from(self.pipelined), 100),
        ];
        match least.iter().find(|(_, count, most)| count > most || *count == 0) {
            Some((name, count, most)) => Err(format!("--{name} {count}: it is from 1 to {most}")),
            None if !self.rate.is_finite() || !(0.001..=1e8).contains(&self.rate) => {
                Err(format!("--rate {}: it is from 0.001 to 100 million", self.rate))
            }
            None if self.packets == u64::MAX && self.duration == u64::MAX => {
                Err("say when to stop: --packets or --duration".to_owned())
            }
            None => Ok(()),
        }
    }

    /// The length that keeps every DNS header: link layer, IP, UDP and twelve bytes.
    fn least_snaplen(&self) -> u32 {
        let mut front = Vec::new();
        let six = match self.link.family {
            Some(family) => family == Family::Six,
            None => self.ipv6 > 0.0,
        };
        let inner =
            super::link::Inner { six, asking: true, length: 0, big_endian: self.big_endian };
        (self.link.write)(&mut front, inner);
        u32::try_from(front.len()).unwrap_or(u32::MAX) + if six { 40 } else { 20 } + 8 + 12
    }
}
