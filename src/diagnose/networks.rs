//! The fewest networks that hold some addresses and none of some others.

use std::collections::BTreeSet;

use crate::wire::Address;

/// A network: its first address, and how many leading bits of 128 are its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    first: Address,
    length: u32,
}

impl Network {
    fn of(address: Address, length: u32) -> Self {
        Self { first: address.prefix(length), length }
    }

    /// The network around an address, of the size that access lists are written for.
    pub(super) fn around(address: Address) -> Self {
        Self::of(address, usual(address))
    }

    pub(super) fn is_v4(&self) -> bool {
        self.first.is_v4()
    }

    /// Whether it is an address alone.
    pub(super) fn is_address(&self) -> bool {
        self.length == 128
    }

    pub(super) fn holds(&self, address: Address) -> bool {
        Self::of(address, self.length).first == self.first
    }
}

/// Whether one of the networks, which must be in order and apart, holds an address.
pub(super) fn holds(networks: &[Network], address: Address) -> bool {
    let behind = networks.partition_point(|network| network.first <= address);
    let before = behind.checked_sub(1).and_then(|place| networks.get(place));
    before.is_some_and(|network| network.holds(address))
}

/// An address alone, or a prefix in CIDR form.
impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let family = if self.first.is_v4() { 96 } else { 0 };
        match self.length {
            128 => write!(f, "{}", self.first.ip()),
            length => write!(f, "{}/{}", self.first.ip(), length.saturating_sub(family)),
        }
    }
}

/// The length of the networks that access lists are written for.
fn usual(address: Address) -> u32 {
    if address.is_v4() { 96 + 24 } else { 64 }
}

/// Networks are not joined into larger ones than these.
fn largest(address: Address) -> u32 {
    if address.is_v4() { 96 + 16 } else { 48 }
}

/// Networks that hold all of `inside`, and none of `outside` unless it is inside too.
///
/// One address of a network stands for itself: of its neighbours nothing is known.
pub(super) fn cover(inside: &BTreeSet<Address>, outside: &BTreeSet<Address>) -> Vec<Network> {
    let is_free = |network: &Network| {
        let (first, last) = (network.first, last(network));
        outside.range(first..=last).all(|address| inside.contains(address))
    };
    let mut found: Vec<Network> = Vec::new();
    for address in inside {
        if found.last().is_some_and(|network| network.holds(*address)) {
            continue;
        }
        let network = Network::of(*address, usual(*address));
        let neighbours = inside.range(network.first..=last(&network)).count();
        let shared = neighbours > 1 && is_free(&network);
        found.push(if shared { network } else { Network::of(*address, 128) });
    }
    join(found, is_free)
}

fn last(network: &Network) -> Address {
    let host = u128::MAX.checked_shr(network.length).unwrap_or(0);
    Address(network.first.0 | host)
}

/// Joins neighbours as long as nothing else is between them. An address alone is joined to nothing:
/// it says nothing even of its own network.
fn join(networks: Vec<Network>, is_free: impl Fn(&Network) -> bool) -> Vec<Network> {
    let mut found: Vec<Network> = Vec::new();
    for network in networks {
        let joined = found.last().and_then(|before| {
            let same = (before.first.0 ^ network.first.0).leading_zeros();
            let joined = Network::of(network.first, same.min(before.length).min(network.length));
            if before.is_address() || network.is_address() {
                return None;
            }
            let is_small = (largest(network.first)..=usual(network.first)).contains(&joined.length)
                && network.first.is_v4() == before.first.is_v4();
            (is_small && is_free(&joined)).then_some(joined)
        });
        if let Some(joined) = joined {
            found.pop();
            found.push(joined);
        } else {
            found.push(network);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> BTreeSet<Address> {
        let all = text.split_whitespace();
        all.map(|word| Address::from(word.parse::<std::net::IpAddr>().unwrap())).collect()
    }

    #[track_caller]
    fn check(inside: &str, outside: &str, expected: &str) {
        let found = cover(&addresses(inside), &addresses(outside));
        let text: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(text.join(" "), expected);
    }

    #[test]
    fn networks_hold_what_they_should_and_nothing_else() {
        check("10.20.2.21 10.20.2.22", "10.20.1.11", "10.20.2.0/24");
        check("10.20.2.21 10.20.2.22 10.20.3.31 10.20.3.32", "10.20.1.11", "10.20.2.0/23");
        check("10.20.2.21", "", "10.20.2.21");
        check("10.20.2.21 10.20.2.23", "10.20.2.22", "10.20.2.21 10.20.2.23");
        check("10.1.0.1 192.0.2.1", "", "10.1.0.1 192.0.2.1");
        check("10.20.1.11 10.20.2.21 10.20.3.31", "", "10.20.1.11 10.20.2.21 10.20.3.31");
        check("10.20.2.21 10.20.2.22 10.20.3.31", "", "10.20.2.0/24 10.20.3.31");
        check("2001:db8:1::1 2001:db8:1::2", "2001:db8:2::1", "2001:db8:1::/64");
        check("", "10.0.0.1", "");
    }
}
