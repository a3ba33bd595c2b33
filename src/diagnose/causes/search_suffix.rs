//! `search-suffix`: the client's own suffix is added to names, and those are refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "search-suffix",
    title: "the client's own suffix is added to names, and those are refused",
    headline: "names with the suffix {names} are refused to {clients} by {servers}; without it they are answered",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Resolver libraries try short names, and some also full ones, with the suffixes of \
              their search list. If the resolver refuses names of that suffix - it belongs to \
              another network, to a VPN that is down, or to an authoritative server that does not \
              offer it - each lookup begins or ends with a refusal.",
    evidence: "The refused names are other names with a suffix added, the same suffix for all; the \
               names without it are asked by the same client just before or after, and are \
               answered.",
    mistaken_for: "domain-policy, where the names are asked as they are.",
    remedy: &[
        "Correct the search list of the client or of DHCP (options 15 and 119), or the domain that \
         the VPN pushes.",
        "Or forward the suffix to the server that has it.",
        "In Kubernetes, lower ndots in dnsConfig, or write names with a final dot.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "zone \"corp.example\" { type forward; forward only; forwarders { 192.0.2.10; }; \
                   };.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "stub-zone: or forward-zone: name: \"corp.example.\"; or local-zone: \
                   \"corp.example.\" static for NXDOMAIN in place of a refusal.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "server=/corp.example/192.0.2.10 forwards the suffix; \
                   dhcp-option=option:domain-search,example.org sets the list.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Add-DnsServerConditionalForwarderZone -Name corp.example -MasterServers \
                   192.0.2.10; on clients: Set-DnsClientGlobalSetting -SuffixSearchList \
                   @('example.org').",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "autopath @kubernetes answers in one step; forward corp.example 192.0.2.10.",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "resolvectl domain LINK '' clears the list of a link; Domains= in resolved.conf.",
        },
    ],
    on_the_client: "Look at search and ndots in /etc/resolv.conf, at `resolvectl domain`, or at \
                    the suffix list in `ipconfig /all`; a VPN that is down often leaves its \
                    suffix.",
    never: "",
    sources: &["RFC 1535", "RFC 3397 §2", "RFC 9499 §2"],
};
