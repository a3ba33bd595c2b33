//! `servfail-lame`: SERVFAIL, as all servers of the zone refuse or are unreachable.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "servfail-lame",
    title: "SERVFAIL, as all servers of the zone refuse or are unreachable",
    headline: "{servers} {servers:fails|fail} for names under {names}: the servers of the zone refuse them",
    fault: true,
    from_upstream: true,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "The resolver did its work and found no server that would answer for the zone, so it \
              says SERVFAIL to its clients. The fault is in the delegation, not in the resolver.",
    evidence: "SERVFAIL to the client after each server of the zone refused the resolver or left \
               it without an answer; the resolver's own queries, without RD, are in the same \
               capture with the same name. EDE 22 (No Reachable Authority) or 23 (Network Error) \
               says so if the resolver gives such codes; many do not.",
    mistaken_for: "servfail-upstream-dead, where the servers are silent; zone-expired, where the \
                   server that says SERVFAIL is authoritative; overload, where all zones fail.",
    remedy: &[
        "Correct the delegation: see lame-delegation.",
        "Meanwhile a resolver that serves stale data helps its clients over the outage.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "stale-answer-enable yes; serves expired data while the servers fail; rndc \
                   flushtree example.org forgets the failure when it is mended.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "serve-expired: yes; unbound-control flush_zone example.org.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "options: serve-stale: true; kresctl cache clear example.org.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "recordcache.serve_stale_extensions: 10; rec_control wipe-cache 'example.org$'.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 9520 §2.2", "RFC 8767 §4", "RFC 8914 §4.23"],
};
