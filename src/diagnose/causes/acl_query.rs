//! `acl-query`: all queries of this client are denied by an access list.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-query",
    title: "all queries of this client are denied by an access list",
    headline: "all queries of {clients}{under} are refused by {servers}: an access list denies them",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED, Rcode::NOTAUTH],
    meaning: "The server does not talk to this client's network, whatever the name is; or it keeps \
              one zone from it (a list of the zone). As with recursion, the usual reasons are a \
              network that nobody listed, one address family that was forgotten, and an address \
              changed by NAT.",
    evidence: "Every name is refused to the client, also those for which the server is \
               authoritative, while clients of other networks get answers for the same names from \
               the same server. With a list of a zone, the names of that zone are refused to the \
               client, and other zones are answered to it. EDE 18 (Prohibited) says so, if the \
               query had EDNS and the server gives such codes. Unbound refuses with a bare header \
               of 12 bytes unless it has `ede: yes`; Knot says NOTAUTH instead of REFUSED.",
    mistaken_for: "acl-recursion, where authoritative names are answered to the client; \
                   domain-policy, where the name is refused to all clients; auth-only, if nobody \
                   in the capture is answered: then EDE 20 speaks for auth-only and EDE 18 for an \
                   access list.",
    remedy: &[
        "Add the client's network to the list of those that may query.",
        "If the client is a stranger, nothing: the refusal is what the list is for.",
        "Compare the source address in the capture with the client's own: NAT, VPN and IPv6 \
         privacy addresses make another client of it.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "allow-query { 192.0.2.0/24; }; in the options, the view or the zone: the \
                   innermost one counts. allow-query-on does the same by the server's own address.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "access-control: 192.0.2.0/24 allow; the most specific netblock counts, and the \
                   order of lines does not matter.",
        },
        Fix {
            brand: Brand::Knot,
            text: "mod-queryacl: address: [192.0.2.0/24], for the zone or as a global module; a \
                   client outside gets NOTAUTH.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "views: [{ subnets: [192.0.2.0/24], answer: allow }]; in version 5: remove or \
                   narrow the view:addr rule with policy.REFUSE.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "allow-query: 192.0.2.0/24 NOKEY in the zone; without any allow-query line all \
                   may ask.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.allow_from: [192.0.2.0/24] in YAML; allow-from=192.0.2.0/24 in the old \
                   format. Who is not listed gets no answer at all (see acl-drop).",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "Narrow the rule, e.g. addAction(NotRule(NetmaskGroupRule(\"192.0.2.0/24\")), \
                   RCodeAction(DNSRCode.REFUSED)); the list of addACL and setACL drops instead.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-DnsServerQueryResolutionPolicy shows policies by client; correct or remove \
                   the one whose ClientSubnet covers the client.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "In acl: the line allow net 192.0.2.0/24, then block; the first line that \
                   matches counts.",
        },
    ],
    on_the_client: "Does the machine use the resolver meant for its network? Look at the name \
                    servers in /etc/resolv.conf, in `resolvectl status` or in `ipconfig /all`, and \
                    at where they come from: DHCP option 6, the router advertisement, or the VPN.",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 8914 §4.19"],
};
