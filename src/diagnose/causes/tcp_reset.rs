//! `tcp-reset`: DNS over TCP is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "tcp-reset",
    title: "DNS over TCP is refused",
    headline: "{servers} {servers:takes|take} no TCP connections from {clients}",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "The server answers over UDP and resets TCP connections to port 53: it does not \
              listen there, is out of connections, or a filter forbids it. Truncated answers and \
              zone transfers then fail.",
    evidence: "RST in answer to SYN on port 53, or right after the query, while UDP queries of the \
               same client are answered.",
    mistaken_for: "acl-drop, where servers accept the connection and close it; port-closed, where \
                   UDP is not answered either.",
    remedy: &[
        "Let the server listen on TCP, and let TCP port 53 pass on every filter: DNS needs both.",
        "If it happens under load only, raise the number of TCP clients.",
    ],
    fixes: &[
        Fix { brand: Brand::Bind, text: "tcp-clients 1000; and tcp-listen-queue 64;." },
        Fix { brand: Brand::Unbound, text: "do-tcp: yes; incoming-num-tcp: 100." },
        Fix { brand: Brand::Knot, text: "server: tcp-max-clients: 1000." },
        Fix { brand: Brand::Nsd, text: "tcp-count: 1000." },
        Fix { brand: Brand::PowerDns, text: "max-tcp-connections=200." },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.max_tcp_clients: 1024 and incoming.max_tcp_per_client.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "addLocal listens on both; setMaxTCPClientThreads, \
                   setMaxTCPConnectionsPerClient.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "max-tcp-connections=50 in newer versions; the default is 20.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 7766 §5", "RFC 9210 §3"],
};
