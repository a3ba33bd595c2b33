//! Lookups written by hand: what no capture in `testdata` has all at once.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rcodetop::snapshot::{
    Class, Lookup, LookupId, LookupOutcome, LookupStep, Lookups, QuestionKey, Rcode, RecordType,
    StepKind, Timestamp, Transport,
};
use rcodetop::wire::LinkType;

const START: u64 = 1_795_230_720; // 2026-11-21 03:12:00 UTC

/// A response of `REFUSED` for `www.ads.example`, and its query.
const RESPONSE: &[u8] =
    b"\x2a\x07\x81\x05\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x03ads\x07example\
    \x00\x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x06\x00\x0f\x00\x02\x00\x0f";
const QUERY: &[u8] =
    b"\x2a\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03ads\x07example\x00\x00\x01\x00\x01";

/// An ICMP error in raw IPv4 that quotes the query.
fn error() -> Vec<u8> {
    let header = |length: usize, protocol: u8, from: [u8; 4], to: [u8; 4]| {
        let length = u16::try_from(length).expect("it fits a packet").to_be_bytes();
        let fixed = [0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0];
        [&fixed[..], &from, &to].concat()
    };
    let (client, server, router) = ([10, 8, 0, 4], [192, 0, 2, 53], [192, 0, 2, 1]);
    let udp = [&[0x9c, 0x40, 0, 53, 0, 44, 0, 0], QUERY].concat();
    let quoted = [header(20 + udp.len(), 17, client, server), udp].concat();
    let icmp = [&[3, 3, 0, 0, 0, 0, 0, 0], &quoted[..]].concat();
    [header(20 + icmp.len(), 1, router, client), icmp].concat()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("fixtures hold addresses")
}

/// A lookup that grows step by step.
struct Story {
    client: IpAddr,
    name: String,
    steps: Vec<LookupStep>,
}

impl Story {
    fn new(client: &str, name: &str) -> Self {
        Self { client: address(client), name: name.to_owned(), steps: Vec::new() }
    }

    fn step(mut self, after_ms: u64, server: &str, transport: Transport, kind: StepKind) -> Self {
        let after = Duration::from_millis(after_ms);
        let is_error = matches!(kind, StepKind::Error { .. });
        let bytes = match kind {
            StepKind::Query { .. } => QUERY.to_vec(),
            StepKind::Response { .. } => RESPONSE.to_vec(),
            StepKind::Error { .. } => error(),
        };
        let took =
            matches!(kind, StepKind::Response { .. }).then_some(Duration::from_micros(1_840));
        self.steps.push(LookupStep {
            at: Timestamp::new(START, 0).plus(after),
            after,
            client: SocketAddr::new(self.client, 40_000),
            server: SocketAddr::new(address(server), 53),
            took,
            id: Some(0x2a07),
            kind,
            transport,
            frame: Some(1 + after_ms),
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            link: is_error.then_some(LinkType(101)),
            bytes,
        });
        self
    }

    fn asks(self, after_ms: u64, server: &str, again: bool) -> Self {
        self.step(after_ms, server, Transport::Udp, StepKind::Query { again })
    }

    fn gets(self, after_ms: u64, server: &str, code: u16) -> Self {
        let kind = StepKind::Response { rcode: Rcode(code), truncated: false };
        self.step(after_ms, server, Transport::Udp, kind)
    }

    fn fails(self, after_ms: u64, server: &str, says: &str, by: &str) -> Self {
        let kind = StepKind::Error { says: says.to_owned(), by: address(by) };
        self.step(after_ms, server, Transport::Udp, kind)
    }

    fn ends(mut self, outcome: LookupOutcome) -> Lookup {
        let began = self.steps[0].at;
        self.steps.iter_mut().for_each(|step| step.after = step.at.since(began));
        let mut servers: Vec<IpAddr> = Vec::new();
        for step in &self.steps {
            if !servers.contains(&step.server.ip()) {
                servers.push(step.server.ip());
            }
        }
        let count = |kind: fn(&StepKind) -> bool| {
            self.steps.iter().filter(|step| kind(&step.kind)).count() as u64
        };
        Lookup {
            id: LookupId {
                client: self.client,
                question: QuestionKey { name: self.name, rtype: RecordType(1), class: Class(1) },
                began,
                last: self.steps[self.steps.len() - 1].at,
            },
            servers,
            queries: count(|kind| matches!(kind, StepKind::Query { .. })),
            responses: count(|kind| matches!(kind, StepKind::Response { .. })),
            took: (outcome != LookupOutcome::NoResponse)
                .then(|| self.steps[self.steps.len() - 1].after),
            outcome,
            earlier: 0,
            steps: self.steps,
        }
    }
}

fn lookups(rows: Vec<Lookup>) -> Lookups {
    let since = Some(Timestamp::new(START - 92, 0));
    Lookups { rows, kept: 244_817, bytes: 61_204_992, forgotten: 1_204_113, since }
}

/// Retries, failover, errors, truncation and plain refusals.
pub(crate) fn busy() -> Lookups {
    let truncated = StepKind::Response { rcode: Rcode::NOERROR, truncated: true };
    let whole = StepKind::Response { rcode: Rcode::NOERROR, truncated: false };
    let failover = Story::new("10.20.1.11", "www.ads.example")
        .asks(7_000, "10.53.0.10", false)
        .gets(7_002, "10.53.0.10", 5)
        .asks(7_003, "fd53::10", false)
        .asks(8_004, "fd53::10", true)
        .asks(9_006, "10.53.0.11", false)
        .fails(9_007, "10.53.0.11", "ICMP port unreachable", "10.53.0.11")
        .asks(9_008, "10.53.0.12", false)
        .fails(9_012, "10.53.0.12", "ICMP host unreachable", "10.20.1.1")
        .asks(9_013, "10.53.0.13", false)
        .gets(9_041, "10.53.0.13", 2)
        .ends(LookupOutcome::Failed(Rcode::SERVFAIL));
    let large = Story::new("2001:db8:20:1:5054:ff:fe12:3456", "_443._tcp.large.example")
        .asks(5_000, "fd53::10", false)
        .step(5_020, "fd53::10", Transport::Udp, truncated)
        .step(5_022, "fd53::10", Transport::Tcp, StepKind::Query { again: false })
        .step(5_060, "fd53::10", Transport::Tcp, whole)
        .ends(LookupOutcome::Answered(Rcode::NOERROR));
    let refused = Story::new("10.20.2.12", "login.casino.example")
        .asks(3_000, "10.53.0.10", false)
        .gets(3_002, "10.53.0.10", 5)
        .ends(LookupOutcome::Failed(Rcode::REFUSED));
    let silent = Story::new("10.20.2.13", "nobody.home.example")
        .asks(1_000, "10.53.0.14", false)
        .asks(2_000, "10.53.0.14", true)
        .ends(LookupOutcome::NoResponse);
    lookups(vec![failover, large, refused, silent])
}

/// What an attacker would send to break the screen.
pub(crate) fn hostile() -> Lookups {
    let name = format!("\\027]0;owned\\007.{}.example", "\\000".repeat(230));
    let mut story = Story::new("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", &name);
    for n in 0..64_u64 {
        let server = format!("2001:db8:ffff:eeee:dddd:cccc:bbbb:{n:x}");
        story = story.asks(n * 4_000, &server, false).gets(n * 4_000 + 1, &server, 3_841);
    }
    story.steps.truncate(64);
    let mut endless = story.ends(LookupOutcome::Failed(Rcode(3_841)));
    endless.earlier = u64::MAX;
    endless.queries = u64::MAX;
    for step in &mut endless.steps {
        step.bytes = b"\x1b]0;owned\x07\x00\xff\xe2\x80\xae".repeat(270);
        step.length = 65_535;
    }
    let mut rows = vec![endless];
    rows.extend(busy().rows);
    lookups(rows)
}
