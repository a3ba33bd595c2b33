//! `firewall-reject`: a packet filter rejects DNS.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "firewall-reject",
    title: "a packet filter rejects DNS",
    headline: "queries of {clients} to {servers} are rejected by a packet filter",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "A filter throws DNS packets away and says so by ICMP, so that clients do not wait. \
              The rule is wrong, or the client is not meant to use this server.",
    evidence: "ICMP errors that quote the query: administratively prohibited, or port unreachable \
               from an address other than the server's (a router), or from a server that answers \
               others.",
    mistaken_for: "port-closed, where the server's own address says port unreachable to everyone.",
    remedy: &[
        "Let UDP and TCP port 53 pass on the filter, whose address the ICMP error shows.",
        "If direct DNS to the outside is forbidden on this network, use the network's own \
         resolver.",
    ],
    fixes: &[Fix {
        brand: Brand::WindowsDns,
        text: "Get-NetFirewallRule -DisplayGroup 'DNS Service' shows the rules of the Windows \
                   firewall.",
    }],
    on_the_client: "Does the network forbid DNS to others than its own resolver? Use the one that \
                    DHCP gives.",
    never: "",
    sources: &["RFC 792", "RFC 4443 §3.1", "RFC 1812 §5.2.7.1"],
};
