//! `acl-recursion`: recursion is denied to this client by an access list.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-recursion",
    title: "recursion is denied to this client by an access list",
    headline: "recursion is denied to {clients} by {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The server resolves names for some networks, and this client's address is in none of \
              them. Typical: a new subnet, VPN or container network that nobody added to the list; \
              a list that has the IPv4 networks and not the IPv6 ones; or an address that a NAT or \
              a load balancer has changed, so that the server sees another client than the one \
              meant.",
    evidence: "What decides is the client's address, not the name: the client is refused every \
               name that needs recursion, with RD set, while names for which the server is \
               authoritative are answered (AA) to the same client, and other clients get recursive \
               answers (RA) from the same server for the same names. The refusal comes at once, \
               and no query of the server to others follows. BIND clears RA in it and, if the \
               query had EDNS, adds EDE 18 (Prohibited).",
    mistaken_for: "auth-only, where nobody gets recursion from the server; acl-query, where this \
                   client gets nothing at all. If the client never asks for a name that the server \
                   is authoritative for, acl-recursion and acl-query cannot be told apart from the \
                   packets.",
    remedy: &[
        "Add the client's network to the list of those that may use recursion.",
        "If the client is not meant to use this server, point it at a resolver that is meant for \
         it.",
        "If the address seen here is not the client's own, correct the NAT, or let the load \
         balancer pass the address on (PROXY protocol).",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "allow-recursion { localhost; localnets; 192.0.2.0/24; }; and the same list in \
                   allow-query-cache, if that is set: each takes its default from the other, and a \
                   client needs both. allow-recursion-on and allow-query-cache-on do the same by \
                   the server's own address.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "access-control: 192.0.2.0/24 allow (what no line covers is refused; \
                   refuse_non_local leaves such clients the local data only).",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "views: [{ subnets: [192.0.2.0/24], answer: allow }]; the most specific subnet \
                   counts. In version 5: view:addr('192.0.2.0/24', policy.all(policy.PASS)), where \
                   the first match counts.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "In the rule that refuses or that picks the recursive pool, e.g. \
                   addAction(NetmaskGroupRule(\"192.0.2.0/24\"), PoolAction(\"recursor\")); before \
                   1.9 NetmaskGroupRule takes a group made by newNMG().",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Give the clients a recursion scope: Add-DnsServerRecursionScope -Name Inside \
                   -EnableRecursion $true; Add-DnsServerClientSubnet -Name Clients -IPv4Subnet \
                   192.0.2.0/24; Add-DnsServerQueryResolutionPolicy -Name ClientsRecurse -Action \
                   ALLOW -ApplyOnRecursion -RecursionScope Inside -ClientSubnet \"EQ,Clients\".",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "allow net 192.0.2.0/24 in acl, before its block line, in the server block that \
                   has the forward plugin.",
        },
    ],
    on_the_client: "Does the machine use the resolver meant for its network? Look at the name \
                    servers in /etc/resolv.conf, in `resolvectl status` or in `ipconfig /all`, and \
                    at where they come from: DHCP option 6, the router advertisement, or the VPN.",
    never: "Do not allow recursion to the whole Internet to make the symptom go away: an open \
            resolver is used in attacks within days.",
    sources: &["RFC 1035 §4.1.1", "RFC 5358 §4", "RFC 8914 §4.19"],
};
