//! `overload-refused`: a concurrency limit refuses what is too much.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "overload-refused",
    title: "a concurrency limit refuses what is too much",
    headline: "{servers} {servers:refuses|refuse} most clients at times: a limit of concurrent queries is reached",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "A forwarder allows a number of queries to wait for upstreams at a time and refuses \
              what exceeds it. Most often the upstream has become slow, and so the number that \
              wait has grown; the limit itself was enough before.",
    evidence: "REFUSED comes in bursts, to most active clients at the same moments, for names that \
               are answered before and after; in these moments many of the server's own queries \
               are unanswered, or its answers take long. When the upstream answers again, the \
               refusals stop.",
    mistaken_for: "rate-limit, where one client is refused and others are not; no-upstream, where \
                   nothing is ever answered.",
    remedy: &[
        "Look at the upstream first: is it slow or down? A second one helps.",
        "Raise the limit if the upstream is well and the load has grown.",
        "Look for a client that asks in a loop, or for an attack on one suffix (water-torture).",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "recursive-clients 10000; fetches-per-server and fetches-per-zone keep slow \
                   zones from taking all (BIND answers SERVFAIL or drops).",
        },
        Fix {
            brand: Brand::Unbound,
            text: "num-queries-per-thread: 4096 and outgoing-range: 8192 (Unbound drops what is \
                   too much).",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "More workers, and rate-limiting for clients that take too much.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "recursor.max_mthreads: 4096 (the Recursor drops or answers SERVFAIL).",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "dns-forward-max=1000; the default is 150, counted for each group of servers in \
                   newer versions.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "max_concurrent 2000 in the block of forward; without it there is no limit.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 9520 §2.3"],
};
