//! `overload`: the resolver is overloaded.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "overload",
    title: "the resolver is overloaded",
    headline: "{servers} {servers:is|are} overloaded: queries fail or stay without a response",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "More queries wait than the resolver can hold: the load has grown, zones whose \
              servers are slow or dead hold places, or the machine is short of something. It \
              answers SERVFAIL or nothing until places are free.",
    evidence: "SERVFAIL and silence over names of all zones and to all clients, while the number \
               of queries that wait is high and answers take long; it ends when that number falls. \
               Names in the cache are still answered.",
    mistaken_for: "servfail-upstream-dead, where names of one zone fail; water-torture, which is \
                   one way to overload a resolver.",
    remedy: &[
        "Look at what waits: one slow zone can be bounded, an attack blocked.",
        "Raise the limits if the machine has memory and processor to spare.",
        "Share the load among more resolvers.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "recursive-clients 10000; fetches-per-zone 200; fetches-per-server 200; rndc \
                   recursing lists what waits.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "num-queries-per-thread: 4096; outgoing-range: 8192; num-threads; \
                   unbound-control dump_requestlist.",
        },
        Fix { brand: Brand::KnotResolver, text: "workers: auto; defer puts costly clients last." },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "recursor.threads and recursor.max_mthreads; rec_control get-all shows \
                   over-capacity-drops.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "newServer for more servers; setMaxUDPOutstanding(65535).",
        },
        Fix { brand: Brand::Dnsmasq, text: "dns-forward-max=1000; cache-size=10000." },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 9520 §2.3", "RFC 8767 §4"],
};
