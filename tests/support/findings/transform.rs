//! Changes of a scenario after which its causes are the same, or are there no more.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rcodetop::time::Timestamp;

use super::layers::{Transport, UDP, address, be16, layers, put};
use super::packets::Packet;
use super::truth::{Kind, Row, Scenario};

/// So long the analyzer waits for a response.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn untouched(scenario: Scenario) -> Scenario {
    scenario
}

/// Gives other networks to all addresses; who are neighbours in a /24 or a /64 stay so.
pub(crate) fn addresses_renamed(scenario: Scenario) -> Scenario {
    readdressed(scenario, |address| other_network(address, 1))
}

/// A bijection: the middle of an address is multiplied by an odd number.
fn other_network(address: IpAddr, salt: u64) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, host] = address.octets();
            let salt = u16::try_from(salt).unwrap();
            let middle =
                u16::from_be_bytes([second, third]).wrapping_mul(0x6d2b).wrapping_add(salt);
            let [second, third] = middle.to_be_bytes();
            IpAddr::V4(Ipv4Addr::from([first, second, third, host]))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let network = u64::try_from(bits >> 64).unwrap();
            let middle = network.wrapping_mul(0x9e37_79b9_7f4b).wrapping_add(salt) & MIDDLE;
            let network = u128::from(network & !MIDDLE | middle);
            IpAddr::V6(Ipv6Addr::from_bits(network << 64 | bits & u128::from(u64::MAX)))
        }
    }
}

/// All but the first two bytes of a /64.
const MIDDLE: u64 = (1 << 48) - 1;

fn readdressed(mut scenario: Scenario, other: impl Fn(IpAddr) -> IpAddr) -> Scenario {
    for packet in &mut scenario.packets {
        let places = layers(packet).addresses;
        for place in places.into_iter().flat_map(|(source, destination)| [source, destination]) {
            if let Some(old) = address(&packet.bytes, &place) {
                put(&mut packet.bytes, &place, other(old));
            }
        }
    }
    for row in &mut scenario.rows {
        row.client = other(row.client);
        row.server = row.server.map(&other);
    }
    scenario.clients = scenario.clients.into_iter().map(other).collect();
    scenario
}

/// The clients of a network become one address, as behind a router that translates addresses.
pub(crate) fn clients_merged(scenario: Scenario) -> Scenario {
    let clients = scenario.clients.clone();
    readdressed(scenario, |address| {
        let same = |client: &&IpAddr| network(**client) == network(address);
        let first = clients.iter().find(same).filter(|_| clients.contains(&address));
        first.copied().unwrap_or(address)
    })
}

/// The /24 or the /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !0xff).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Every second packet is lost.
pub(crate) fn half_lost(scenario: Scenario) -> Scenario {
    with_holes(scenario, 500)
}

/// Every tenth packet is lost.
pub(crate) fn tenth_lost(scenario: Scenario) -> Scenario {
    with_holes(scenario, 100)
}

/// So many of a thousand packets are lost by chance, which is always the same.
fn with_holes(scenario: Scenario, lost: u64) -> Scenario {
    let mut state = 0x5eed_u64;
    thinned(scenario, |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) % 1000 >= lost
    })
}

/// What goes to servers was not captured.
pub(crate) fn queries_lost(scenario: Scenario) -> Scenario {
    let mut scenario = thinned(scenario, |packet| direction(packet) != Some(Direction::ToServer));
    scenario.rows.iter_mut().for_each(|row| row.unasked = Some(true));
    scenario
}

/// What goes to clients was not captured; why there is no answer, nobody can tell.
pub(crate) fn responses_lost(scenario: Scenario) -> Scenario {
    let mut scenario = thinned(scenario, |packet| direction(packet) != Some(Direction::ToClient));
    scenario.rows.clear();
    scenario
}

/// The capture ended at half of its time.
pub(crate) fn first_half(scenario: Scenario) -> Scenario {
    let times = || scenario.packets.iter().map(|packet| packet.at);
    let (Some(start), Some(end)) = (times().min(), times().max()) else { return scenario };
    let middle = start.plus(end.since(start) / 2);
    let mut scenario = thinned(scenario, |packet| packet.at <= middle);
    // What waits at the end is not decided.
    let is_decided = |row: &Row| {
        let query = scenario.packets.iter().find(|packet| packet.number == row.frame);
        query.is_some_and(|query| query.at.plus(PATIENCE) < middle)
    };
    scenario.rows.retain(|row| row.kind != Kind::Unanswered || is_decided(row));
    scenario
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// By the bit of the message, as both ports may be those of servers; of a stream by its port.
fn direction(packet: &Packet) -> Option<Direction> {
    let found = layers(packet);
    let transport = found.transport.filter(Transport::is_dns)?;
    let flags = packet.bytes.get(transport.payload.start + 2).filter(|_| transport.protocol == UDP);
    let is_query = flags.map_or(transport.destination_port == 53, |flags| flags & 0x80 == 0);
    let to_server = is_query && !found.is_quoted;
    Some(if to_server { Direction::ToServer } else { Direction::ToClient })
}

/// Keeps some packets, and the rows that are told of them.
fn thinned(mut scenario: Scenario, keep: impl FnMut(&Packet) -> bool) -> Scenario {
    let before = asked(&scenario.packets);
    let mut keep = keep;
    scenario.packets.retain(|packet| keep(packet));
    let after = asked(&scenario.packets);
    let kept: BTreeSet<usize> = scenario.packets.iter().map(|packet| packet.number).collect();
    scenario.rows.retain(|row| kept.contains(&row.frame));
    let lost: BTreeSet<&Question> = before.difference(&after).collect();
    let orphans: BTreeSet<usize> = scenario
        .packets
        .iter()
        .filter(|packet| question(packet, Direction::ToClient).is_some_and(|it| lost.contains(&it)))
        .map(|packet| packet.number)
        .collect();
    // An error ends a query; without it, there is nothing to end.
    let is_told = |row: &Row| row.kind != Kind::Unreachable || !orphans.contains(&row.frame);
    scenario.rows.retain(is_told);
    let is_whole = lost.is_empty();
    for row in scenario.rows.iter_mut().filter(|row| row.kind == Kind::Response) {
        if orphans.contains(&row.frame) {
            row.unasked = Some(true);
        } else if row.is_tcp && !is_whole {
            // A stream with holes may or may not show the query.
            row.unasked = None;
        }
    }
    scenario
}

/// Client, server, the client's port and the message ID.
type Question = (IpAddr, IpAddr, u16, u16);

fn asked(packets: &[Packet]) -> BTreeSet<Question> {
    packets.iter().filter_map(|packet| question(packet, Direction::ToServer)).collect()
}

/// What a datagram in a direction asks, answers, or as an ICMP error quotes.
fn question(packet: &Packet, wanted: Direction) -> Option<Question> {
    let found = layers(packet);
    let transport = found.transport.filter(|it| it.protocol == UDP)?;
    let (source, destination) = found.addresses.last()?;
    let [source, destination] = [source, destination].map(|it| address(&packet.bytes, it));
    let id = be16(&packet.bytes, transport.payload.start)?;
    let direction = direction(packet)?;
    if direction != wanted {
        return None;
    }
    if direction == Direction::ToServer || found.is_quoted {
        return Some((source?, destination?, transport.source_port, id));
    }
    Some((destination?, source?, transport.destination_port, id))
}

/// Two scenarios at the same time; the second at other addresses.
pub(crate) fn overlaid(one: &Scenario, other: &Scenario) -> Scenario {
    let other = readdressed(other.clone(), |address| other_network(address, 77));
    let start = |scenario: &Scenario| scenario.packets.first().map(|packet| packet.at);
    let (Some(start), Some(other_start)) = (start(one), start(&other)) else { return other };
    let shifted = |at: Timestamp| start.plus(at.since(other_start));
    let moved = other.packets.into_iter().map(|packet| {
        let at = shifted(packet.at);
        packet.moved_to(at)
    });
    let mut packets: Vec<Packet> = one.packets.iter().cloned().chain(moved).collect();
    packets.sort_by_key(|packet| packet.at);
    let rows = [(&one.name, &one.rows), (&other.name, &other.rows)];
    let rows = rows.into_iter().flat_map(|(name, rows)| rows.iter().map(|row| keyed(row, name)));
    Scenario {
        title: String::new(),
        name: format!("{} + {}", one.name, other.name),
        packets,
        rows: rows.collect(),
        clients: one.clients.union(&other.clients).copied().collect(),
    }
}

/// The capture had begun an hour before, with one query: what happens is short beside it.
pub(crate) fn after_an_hour(mut scenario: Scenario) -> Scenario {
    let hour = Duration::from_secs(3600);
    let Some(first) = scenario.packets.first().cloned() else { return scenario };
    for packet in &mut scenario.packets {
        *packet = packet.clone().moved_to(packet.at.plus(hour));
    }
    scenario.packets.insert(0, first);
    scenario
}

/// A row whose cause is told from the like of another scenario.
fn keyed(row: &Row, scenario: &str) -> Row {
    Row { key: format!("{} of {scenario}", row.key), ..row.clone() }
}
