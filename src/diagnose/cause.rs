//! A cause as knowledge: what it is, how it shows, and what to do about it.
//!
//! Words only; which exchanges it explains is decided from counts, elsewhere.

use std::fmt;

use crate::iana::Rcode;

/// A cause that passive traffic can speak for.
#[derive(Debug)]
pub struct Cause {
    /// Stable identifier, as in reports.
    pub id: &'static str,
    /// What it is, in one line that begins in lower case and has no full stop.
    pub title: &'static str,
    /// The finding in one sentence: `{servers}`, `{clients}`, `{names}` (suffixes), `{types}` and
    /// `{under}` (the suffixes, if there are any) stand for its scope; `{servers:is|are}` for the
    /// word that agrees with how many they are.
    pub headline: &'static str,
    /// False for what works as intended.
    pub fault: bool,
    /// Whether the server only passes on what it met itself when it asked others.
    pub from_upstream: bool,
    /// The response codes it shows as; none for silence, ICMP errors and resets.
    pub rcodes: &'static [Rcode],
    /// What it means and how it comes about.
    pub meaning: &'static str,
    /// What in the packets speaks for it: contrasts, not one brand's habits.
    pub evidence: &'static str,
    /// What it is easily mistaken for, and what tells them apart; may be empty.
    pub mistaken_for: &'static str,
    /// What to do, whatever the server is; first the one that most need.
    pub remedy: &'static [&'static str],
    /// The exact directive by brand, in the order of [`Brand`].
    pub fixes: &'static [Fix],
    /// Which setting of the client's own machine to look at; empty where none can be it.
    pub on_the_client: &'static str,
    /// What not to do; empty if nothing tempts.
    pub never: &'static str,
    /// What it rests on, e.g. "RFC 5358 §4".
    pub sources: &'static [&'static str],
}

/// Causes are told apart by their identifiers.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Cause {}

/// What to change on one brand of server.
#[derive(Debug)]
pub struct Fix {
    /// The brand.
    pub brand: Brand,
    /// Its directive, and what to know about it.
    pub text: &'static str,
}

/// A server whose configuration is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brand {
    /// A resolver and authoritative server.
    Bind,
    /// A resolver.
    Unbound,
    /// An authoritative server.
    Knot,
    /// A resolver.
    KnotResolver,
    /// An authoritative server.
    Nsd,
    /// The authoritative server of PowerDNS.
    PowerDns,
    /// The resolver of PowerDNS.
    PowerDnsRecursor,
    /// The load balancer of PowerDNS.
    Dnsdist,
    /// The forwarder of small networks.
    Dnsmasq,
    /// The DNS server role of Windows Server.
    WindowsDns,
    /// The server of Kubernetes clusters.
    CoreDns,
    /// The stub resolver of systemd.
    SystemdResolved,
}

/// The product's proper name.
impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bind => "BIND",
            Self::Unbound => "Unbound",
            Self::Knot => "Knot DNS",
            Self::KnotResolver => "Knot Resolver",
            Self::Nsd => "NSD",
            Self::PowerDns => "PowerDNS",
            Self::PowerDnsRecursor => "PowerDNS Recursor",
            Self::Dnsdist => "dnsdist",
            Self::Dnsmasq => "dnsmasq",
            Self::WindowsDns => "Windows DNS",
            Self::CoreDns => "CoreDNS",
            Self::SystemdResolved => "systemd-resolved",
        })
    }
}
