//! `family-acl`: one address family of the client is refused, the other is answered.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "family-acl",
    title: "one address family of the client is refused, the other is answered",
    headline: "{servers} {servers:refuses|refuse} one address family of {clients} and {servers:answers|answer} the other",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The access list has the clients' IPv4 networks and not its IPv6 ones, or the other \
              way round. Clients that have both lose time on each lookup, or fail when they happen \
              to use the forgotten one.",
    evidence: "The same client - by its hardware address, or by asking the same names at the same \
               time - is answered over one family and refused over the other; or all clients of \
               one family are refused, and those of the other are answered.",
    mistaken_for: "acl-recursion and acl-query, of which this is the commonest special case.",
    remedy: &[
        "Add the networks of the forgotten family to the list: the prefix of the site, ::1, and \
         fe80::/10 if clients use link-local addresses.",
        "Where the provider changes the prefix, use a list that follows the interfaces \
         (localnets).",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "allow-recursion { localhost; localnets; 192.0.2.0/24; 2001:db8::/32; };.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "access-control: 2001:db8::/32 allow and access-control: ::1 allow.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "views: [{ subnets: [192.0.2.0/24, \"2001:db8::/32\"], answer: allow }]; \
                   networks that begin with :: need quotes.",
        },
        Fix { brand: Brand::Nsd, text: "allow-query: 2001:db8::/32 NOKEY." },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.allow_from: [192.0.2.0/24, '2001:db8::/32'] (here the forgotten family \
                   is dropped).",
        },
        Fix { brand: Brand::Dnsdist, text: "addACL(\"2001:db8::/32\")." },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerClientSubnet -Name Clients -Action ADD -IPv6Subnet 2001:db8::/32.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "In acl: allow net 192.0.2.0/24 2001:db8::/32, then block.",
        },
    ],
    on_the_client: "Which address family does the machine use for the resolver? The resolver may \
                    be listed twice, once for each family.",
    never: "",
    sources: &["RFC 5358 §4", "RFC 3901 §3"],
};
