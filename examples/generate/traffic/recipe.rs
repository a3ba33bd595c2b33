//! Traffic with a story.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::people::{Hosts, Network};
use super::shape::{Outage, Shape};

const SECOND: u64 = 1_000_000_000;

/// Three minutes of three resolvers and two client networks. After 70 seconds the second resolver
/// refuses the first network; most of its clients turn to another resolver, some know no other.
pub(crate) fn outage() -> Shape {
    Shape {
        packets: u64::MAX,
        duration: 180 * SECOND,
        rate: 36.0,
        clients: Hosts(vec![
            network([198, 51, 100, 20], 0x51, 24),
            network([203, 0, 113, 40], 0x113, 16),
        ]),
        servers: Hosts(vec![network([192, 0, 2, 53], 0x53, 3)]),
        names: 400,
        outage: Some(Outage { begins: 70 * SECOND, server: 1, network: 0 }),
        rcodes: vec![(0, 0.83), (3, 0.145), (2, 0.02), (5, 0.005)],
        ede: 0.8,
        bare: 0.0,
        retried: 0.6,
        lost: 0.004,
        ..Shape::default()
    }
}

fn network(ipv4: [u8; 4], subnet: u16, hosts: u32) -> Network {
    let last = u16::from(ipv4[3]);
    let ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0, subnet, 0, 0, 0, last);
    Network { ipv4: Ipv4Addr::from(ipv4), ipv6, hosts }
}
