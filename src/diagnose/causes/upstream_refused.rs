//! `upstream-refused`: a forwarder is refused by its own upstream.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "upstream-refused",
    title: "a forwarder is refused by its own upstream",
    headline: "{servers} {servers:is|are} refused by {servers:its|their} own upstream, and so {servers:its|their} clients fail",
    fault: true,
    from_upstream: true,
    rcodes: &[Rcode::REFUSED, Rcode::SERVFAIL],
    meaning: "A forwarder asks another resolver, and that one refuses it. The client sees the \
              refusal passed on (dnsmasq) or SERVFAIL (BIND, Unbound, PowerDNS Recursor). The \
              fault is at the upstream: its access list does not have the forwarder, or it is an \
              authoritative server and no resolver.",
    evidence: "The forwarder sends a query with RD and is refused, and its own answer to a client, \
               for the same name, follows at once. Seen from the client's side only: all clients \
               and all names are refused with RA=1, after a round trip rather than at once.",
    mistaken_for: "no-upstream, where no query of the forwarder is seen; lame-delegation, where a \
                   resolver asks without RD.",
    remedy: &[
        "Explain the refusal of the forwarder first: at the upstream it is acl-recursion, \
         acl-query or auth-only with the forwarder as the client.",
        "Allow the forwarder's address at the upstream, or give the forwarder another upstream.",
        "Check from which address the forwarder asks: behind NAT or over IPv6 it may be another \
         one.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "forwarders { 192.0.2.53; }; in the options or the zone of type forward; \
                   query-source sets the address that the upstream sees.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "forward-zone: forward-addr: 192.0.2.53; forward-first: yes resolves by itself \
                   if the upstream fails; outgoing-interface sets the address.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "forward: [{ subtree: ., servers: [192.0.2.53] }], with options: { \
                   authoritative: true, dnssec: false } if it is an authoritative server of an \
                   internal zone.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "recursor.forward_zones_recurse for resolvers; recursor.forward_zones sends \
                   without RD, which is for authoritative servers.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "newServer({address=\"192.0.2.53\", mustResolve=true}) takes a server that \
                   refuses out of service.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "server=192.0.2.53, or server=192.0.2.53@eth0 for the interface; several servers \
                   are tried in turn when one refuses.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-DnsServerForwarder; Set-DnsServerForwarder -IPAddress 192.0.2.53; \
                   Set-DnsServerConditionalForwarderZone for one domain.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "forward . 192.0.2.53 192.0.2.54 with failover REFUSED SERVFAIL in its block \
                   (recent versions); the health check takes a refusal for health.",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "resolvectl dns LINK 192.0.2.53: another server on the link.",
        },
    ],
    on_the_client: "If the forwarder is on this machine (127.0.0.53, dnsmasq, a VPN client), its \
                    upstream is the setting to look at: `resolvectl status`, or the file that \
                    dnsmasq reads.",
    never: "",
    sources: &["RFC 5625", "RFC 8914 §4.19"],
};
