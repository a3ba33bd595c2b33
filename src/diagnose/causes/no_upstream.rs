//! `no-upstream`: a forwarder has no server to ask.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "no-upstream",
    title: "a forwarder has no server to ask",
    headline: "{servers} {servers:has|have} no upstream to forward to, and {servers:refuses|refuse} all but local names",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "A forwarder that knows no upstream for the name refuses at once. Typical: dnsmasq \
              whose resolv.conf is empty or names itself, a DHCP lease that did not bring a \
              server, or systemd-resolved without a server for the scope.",
    evidence: "Every client is refused every name that is not local, with RA=1 and within a \
               millisecond; no packet from the server to any upstream is seen; local names are \
               answered. dnsmasq adds EDE 14 (Not Ready), if the query had EDNS; systemd-resolved \
               refuses over loopback.",
    mistaken_for: "upstream-refused, where the refusal takes the time of a round trip and the \
                   forwarder's own query is refused; auth-only, where RA is never set.",
    remedy: &[
        "Give the forwarder an upstream for all names.",
        "If the upstream comes from DHCP or a VPN, find out why it did not: link down, option \
         missing, file overwritten.",
        "If only one domain is refused, its own server entry is empty: give it an address or \
         remove it.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Unbound,
            text: "forward-zone: name: \".\" with forward-addr: 192.0.2.53; without it Unbound \
                   resolves by itself.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "newServer(\"192.0.2.53\"); a pool without servers answers nobody.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "server=192.0.2.53, or resolv-file=/run/resolv.upstream; remove no-resolv if the \
                   upstream is in resolv.conf, and see that the file does not name 127.0.0.1.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerForwarder -IPAddress 192.0.2.53; for one domain \
                   Add-DnsServerConditionalForwarderZone -Name example.org -MasterServers \
                   192.0.2.10.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "A forward . 192.0.2.53 line in the server block for the root: names without a \
                   server block or plugin are refused.",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "resolvectl dns LINK 192.0.2.53 and resolvectl domain LINK '~.'; for good: \
                   DNS=192.0.2.53 and Domains=~. in resolved.conf.",
        },
    ],
    on_the_client: "If the server is 127.0.0.53, 127.0.0.1 or the router: does it know an \
                    upstream? `resolvectl status` lists one for each link; a VPN or DHCP client \
                    that failed leaves none.",
    never: "",
    sources: &["RFC 8914 §4.15", "RFC 5625"],
};
