//! Internet addresses in the form that tables want: one integer for both families.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 or IPv6 address; IPv4 is kept v4-mapped (RFC 4291 §2.5.5.2).
///
/// An IPv6 packet that really carries a v4-mapped address counts as that IPv4 address: both
/// spell the same node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u128);

const MAPPED: u128 = 0xffff_0000_0000;

impl Address {
    /// From four bytes in network order.
    #[inline]
    pub const fn v4(bytes: [u8; 4]) -> Self {
        Self(MAPPED | u32::from_be_bytes(bytes) as u128)
    }

    /// From sixteen bytes in network order.
    #[inline]
    pub const fn v6(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Whether it is an IPv4 address.
    pub const fn is_v4(self) -> bool {
        self.0 >> 32 == MAPPED >> 32
    }

    /// Its first `bits` of 128, the others zero: the first address of a network.
    pub const fn prefix(self, bits: u32) -> Self {
        match u128::MAX.checked_shl(128_u32.saturating_sub(bits)) {
            Some(mask) => Self(self.0 & mask),
            None => Self(0),
        }
    }

    /// The standard library's form; prints as RFC 5952 asks.
    pub fn ip(self) -> IpAddr {
        Ipv6Addr::from(self.0).to_canonical()
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::v4(ip.octets()),
            IpAddr::V6(ip) => Self::v6(ip.octets()),
        }
    }
}

/// An address and a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The node.
    pub address: Address,
    /// The UDP or TCP port.
    pub port: u16,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", std::net::SocketAddr::new(self.address.ip(), self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_families_come_back_as_they_were() {
        for text in ["192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "::1"] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(Address::from(ip).ip(), ip);
            assert_eq!(Address::from(ip).is_v4(), ip.is_ipv4());
            assert_eq!(Address::from(ip).ip().to_string(), text);
        }
    }

    #[test]
    fn a_prefix_keeps_the_first_bits() {
        let prefix = |text: &str, bits| Address::from(text.parse::<IpAddr>().unwrap()).prefix(bits);
        for (bits, first) in [(128, "10.1.2.3"), (120, "10.1.2.0"), (96, "0.0.0.0"), (0, "::")] {
            assert_eq!(prefix("10.1.2.3", bits).ip().to_string(), first, "{bits}");
        }
        assert_eq!(prefix("2001:db8::1", 129), prefix("2001:db8::1", 128));
    }
}
