//! `servfail-upstream-dead`: SERVFAIL, as the servers of the zone do not answer.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "servfail-upstream-dead",
    title: "SERVFAIL, as the servers of the zone do not answer",
    headline: "{names} cannot be resolved: {names:its|their} servers do not answer",
    fault: true,
    from_upstream: true,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "The resolver asked and waited: the servers of the zone, or the resolver's upstreams, \
              are down, cut off, or drop its queries. After some seconds it gives up and says \
              SERVFAIL.",
    evidence: "SERVFAIL comes seconds after the query, and the resolver's own queries for the name \
               stay unanswered, to every server of the zone. EDE 22 (No Reachable Authority) or 23 \
               (Network Error) says so if the resolver gives such codes. Names of other zones are \
               answered.",
    mistaken_for: "servfail-lame, where the servers refuse; overload, where names of all zones \
                   fail; DNSSEC failures, where the servers answer and SERVFAIL follows with EDE 6 \
                   to 12.",
    remedy: &[
        "See that the servers of the zone run and can be reached from the resolver, over both IPv4 \
         and IPv6, UDP and TCP.",
        "If only large answers fail, lower the EDNS buffer size to 1232 and let TCP pass.",
        "If the servers are somebody else's, tell their operator; more servers in other networks \
         would have helped.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "edns-udp-size 1232; stale-answer-enable yes; forwarders in place of the dead \
                   one.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "edns-buffer-size: 1232; serve-expired: yes; unbound-control dump_infra shows \
                   which servers it holds for dead.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "network: edns-buffer-size: { upstream: 1232B }; options: serve-stale: true.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "outgoing.edns_bufsize: 1232; rec_control dump-failedservers FILE lists the \
                   dead.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "all-servers asks all upstreams at once; edns-packet-max=1232.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-DnsServerForwarder; Set-DnsServerForwarder -IPAddress and -Timeout.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 9520 §2.3", "RFC 8767 §4", "RFC 8914 §4.23, §4.24"],
};
