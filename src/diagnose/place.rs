//! Whether an address is in a network of our own or outside of it.

use std::net::IpAddr;

use super::networks::Network;
use super::vantage::Vantage;

/// Where an address is, seen from the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a network that is not part of the Internet, or in that of the host of the capture.
    Local,
    /// Anywhere else.
    Outside,
}

impl Place {
    /// The word for it: stable, and the same in every report.
    pub fn id(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Outside => "outside",
        }
    }

    /// Local is what is not routed on the Internet (RFC 6890: private, shared, link-local, unique
    /// local, loopback), and what shares the usual size of a network (/24, /64) with the host of
    /// the capture. A site with public addresses in several networks is only known in part.
    pub(super) fn of(address: IpAddr, vantage: Option<&Vantage>) -> Self {
        let hosts = vantage.map_or(&[][..], |vantage| &vantage.addresses);
        let network = Network::around(address.into());
        let is_near = hosts.iter().any(|host| network.holds((*host).into()));
        if is_near || is_inside(address) { Self::Local } else { Self::Outside }
    }
}

fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            // 100.64.0.0/10, between a provider and its customers (RFC 6598).
            let is_shared = matches!(ip.octets(), [100, 64..=127, ..]);
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}
