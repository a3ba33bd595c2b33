//! `zone-expired`: a secondary's copy of the zone has expired, or never came.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "zone-expired",
    title: "a secondary's copy of the zone has expired, or never came",
    headline: "{servers} {servers:fails|fail} for every name of {names}: {servers:its|their} copy of the zone has expired or was never loaded",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "A secondary could not refresh the zone for longer than the expire time of its SOA, \
              or could not fetch it in the first place. It has nothing that it may answer from and \
              says SERVFAIL, while the primary still answers.",
    evidence: "SERVFAIL with AA=0 for every name of one zone from one server, while other zones \
               are answered with AA by it and other servers answer the zone. EDE 24 (Invalid Data) \
               or 14 (Not Ready) says so on Knot and NSD. The cause shows between secondary and \
               primary: SOA queries or transfers that are refused or unanswered.",
    mistaken_for: "lame-delegation, where the server refuses, as it does not have the zone at all; \
                   DNSSEC failures, which only resolvers have.",
    remedy: &[
        "Make the transfer work: the primary's address, its access list, the TSIG key and the \
         clocks on both sides, TCP port 53.",
        "Then transfer at once instead of waiting for the retry time.",
        "Raise expire in the SOA record to a week or more, so that an outage over a weekend does \
         no harm.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "rndc zonestatus example.org shows when it expires; rndc retransfer example.org.",
        },
        Fix {
            brand: Brand::Knot,
            text: "knotc zone-status example.org; knotc zone-retransfer example.org.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "nsd-control zonestatus example.org; nsd-control force_transfer example.org.",
        },
        Fix { brand: Brand::PowerDns, text: "pdns_control retrieve example.org." },
        Fix {
            brand: Brand::WindowsDns,
            text: "Start-DnsServerZoneTransfer -Name example.org -FullTransfer.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "transfer from 192.0.2.1 in secondary; the zone is fetched when the server \
                   starts.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 1035 §3.3.13", "RFC 1034 §4.3.5", "RFC 8914 §4.25"],
};
