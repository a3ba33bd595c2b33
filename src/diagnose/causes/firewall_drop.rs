//! `firewall-drop`: a packet filter drops DNS.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "firewall-drop",
    title: "a packet filter drops DNS",
    headline: "queries of {clients} to {servers} get no response at all: something between drops them",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "Something between client and server throws DNS packets away: a firewall rule, a \
              security group, a broken tunnel, or a filter that knows UDP and not TCP, small \
              packets and not fragments.",
    evidence: "Queries go unanswered and are sent again, without any ICMP error, to one server or \
               from one network; often one address family or one transport only. At the server's \
               side of the filter nothing arrives, or its answers leave and do not come back.",
    mistaken_for: "acl-drop; a server that is down; a capture that sees one direction only (then \
                   everything looks unanswered). Answers that are only missing when they are large \
                   are a matter of fragments.",
    remedy: &[
        "Let UDP and TCP port 53 pass in both directions, with IPv4 and IPv6.",
        "Capture on both sides of the filter: where the packets end, the rule is.",
        "If only large answers are lost, lower the EDNS buffer size to 1232 and let TCP pass.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "edns-udp-size 1232; and max-udp-size 1232; for large answers.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "edns-buffer-size: 1232 and max-udp-size: 1232 for large answers.",
        },
        Fix { brand: Brand::Knot, text: "server: udp-max-payload: 1232 for large answers." },
        Fix {
            brand: Brand::Nsd,
            text: "ipv4-edns-size: 1232 and ipv6-edns-size: 1232 for large answers.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-NetFirewallRule -DisplayGroup 'DNS Service' shows the rules of the Windows \
                   firewall.",
        },
    ],
    on_the_client: "The machine's own firewall, its VPN, and a guest network's portal are the \
                    first to look at; try another network.",
    never: "",
    sources: &["RFC 8906 §4", "RFC 7766 §5", "RFC 9715 §3"],
};
