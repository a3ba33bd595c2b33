//! `notimp-update`: the server does not know dynamic updates.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "notimp-update",
    title: "the server does not know dynamic updates",
    headline: "{servers} {servers:does|do} not know dynamic updates, which {clients} {clients:sends|send}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::NOTIMP],
    meaning: "A client sends UPDATE to a server that cannot take it: a resolver, a forwarder, or \
              an authoritative server without that feature. Clients find the server to update by \
              the SOA record of the zone, so a wrong primary name in it (MNAME) sends them all to \
              the wrong place.",
    evidence: "The opcode is UPDATE and the code NOTIMP, while queries are answered.",
    mistaken_for: "acl-update, where the server knows updates and does not permit them.",
    remedy: &[
        "Send updates to the primary of the zone: correct the name in the SOA record, or the \
         client's settings.",
        "If nobody should register, stop the clients from sending updates.",
    ],
    fixes: &[
        Fix { brand: Brand::Unbound, text: "Unbound takes no updates: send them to the primary." },
        Fix {
            brand: Brand::Nsd,
            text: "NSD takes no updates: send them to the primary that feeds it.",
        },
        Fix { brand: Brand::PowerDns, text: "dnsupdate=yes switches it on." },
        Fix {
            brand: Brand::Dnsdist,
            text: "addAction(OpcodeRule(DNSOpcode.Update), PoolAction(\"primary\")) sends updates \
                   to the primary.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "dnsmasq takes no updates; it knows the names of its DHCP clients by itself.",
        },
    ],
    on_the_client: "To stop a Windows machine: Set-DnsClient -InterfaceAlias NAME \
                    -RegisterThisConnectionsAddress $false.",
    never: "",
    sources: &["RFC 2136 §4.3", "RFC 6895 §2.2"],
};
