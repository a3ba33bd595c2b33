//! Addresses that mean something by themselves: what stays of them, so that causes are told from
//! pseudonyms as they are from addresses.

use crate::wire::Address;

/// Addresses whose pseudonyms are in the same range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: Address,
    /// The length of its prefix, of 128 bits.
    pub(super) bits: u32,
}

/// The longest of these prefixes, of 32 or of 128 bits: networks that are no longer than this have
/// one pseudonym for all of their addresses.
pub(super) const LONGEST: u32 = 16;

const fn v4(a: u8, b: u8, bits: u32) -> Range {
    Range { first: Address::v4([a, b, 0, 0]), bits: 96 + bits }
}

const fn v6(first: u16, bits: u32) -> Range {
    Range { first: Address((first as u128) << 112), bits }
}

/// All of them (IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890).
const RANGES: &[Range] = &[
    v4(0, 0, 8),      // this network
    v4(10, 0, 8),     // private (RFC 1918)
    v4(100, 64, 10),  // between a provider and its customers (RFC 6598)
    v4(127, 0, 8),    // loopback
    v4(169, 254, 16), // link-local
    v4(172, 16, 12),  // private
    v4(192, 168, 16), // private
    v4(224, 0, 4),    // multicast
    v4(240, 0, 4),    // reserved, and broadcast
    v6(0, 8),         // unspecified, loopback, translated (64:ff9b::/96)
    v6(0x2000, 3),    // global unicast: what is outside looks as if it were
    v6(0xfc00, 7),    // unique local
    v6(0xfe80, 10),   // link-local
    v6(0xff00, 8),    // multicast
];

/// Of these the addresses themselves stay: each of them is the same on every host.
const AS_THEY_ARE: &[Range] = &[
    v4(0, 0, 8),
    v4(127, 0, 8),
    v4(224, 0, 24), // multicast that no router forwards
    Range { first: Address::v4([255; 4]), bits: 128 },
    Range { first: Address(0), bits: 128 },
    Range { first: Address(1), bits: 128 },
    // Groups that are assigned: all nodes, multicast DNS, its like for local names (RFC 4795).
    Range { first: Address(0xff02 << 112), bits: 104 },
    Range { first: Address(0xff02 << 112 | 0x1_0000), bits: 120 },
];

impl Range {
    fn holds(&self, address: Address) -> bool {
        address.is_v4() == self.first.is_v4() && address.prefix(self.bits) == self.first
    }
}

/// The range that an address is in, if it is in one.
pub(super) fn of(address: Address) -> Option<Range> {
    RANGES.iter().find(|range| range.holds(address)).copied()
}

/// Whether an address is its own pseudonym.
pub(super) fn is_as_it_is(address: Address) -> bool {
    AS_THEY_ARE.iter().any(|range| range.holds(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_prefixes_that_do_not_overlap() {
        for (nth, range) in RANGES.iter().enumerate() {
            assert_eq!(range.first.prefix(range.bits), range.first);
            let family = if range.first.is_v4() { 96 } else { 0 };
            assert!(range.bits - family <= LONGEST);
            assert!(RANGES[..nth].iter().all(|other| !other.holds(range.first)), "{range:?}");
        }
        for range in AS_THEY_ARE {
            assert_eq!(range.first.prefix(range.bits), range.first, "{range:?}");
            assert!(of(range.first).is_some(), "{range:?}");
        }
    }

    #[test]
    fn the_address_of_a_host_within_a_group_does_not_stay() {
        // A solicited-node group has the last 24 bits of an address (RFC 4291 §2.7.1).
        let solicited: std::net::IpAddr = "ff02::1:ff12:3456".parse().unwrap();
        assert!(!is_as_it_is(solicited.into()));
    }
}
