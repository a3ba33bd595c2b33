//! `acl-drop`: the server ignores this client without a word.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-drop",
    title: "the server ignores this client without a word",
    headline: "{servers} never {servers:answers|answer} {clients}, but {servers:answers|answer} others",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "An access list drops the client's queries instead of refusing them. The client \
              waits, tries again and gives up, and it looks like a broken network.",
    evidence: "One client network gets no answer, while others are answered by the same server at \
               the same time; no ICMP error comes. Over TCP the connection is accepted and then \
               closed or reset, which a packet filter does not do.",
    mistaken_for: "firewall-drop: the packets cannot tell them apart over UDP; a TCP connection \
                   that is accepted speaks for the server. A dead server answers nobody.",
    remedy: &[
        "Add the client's network to the list.",
        "Prefer refusing to dropping: a client that is told goes on to its next resolver at once.",
    ],
    fixes: &[
        Fix { brand: Brand::Bind, text: "blackhole { ... }; is what drops: take the network out." },
        Fix {
            brand: Brand::Unbound,
            text: "access-control: 192.0.2.0/24 allow in place of deny or deny_non_local.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "views: answer: noanswer drops; answer: refused tells.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.allow_from: [192.0.2.0/24], which replaces the default of private \
                   networks, so name these too; allow-from= in the old format.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "addACL(\"192.0.2.0/24\"); setACL({...}) replaces the whole list.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "local-service answers only networks that an interface of the server is in: set \
                   interface= or listen-address= instead, and keep strangers out by the firewall.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "A query resolution policy with -Action IGNORE drops.",
        },
        Fix { brand: Brand::CoreDns, text: "A drop line in acl drops; block refuses." },
    ],
    on_the_client: "Does the machine use the resolver meant for its network? Look at the name \
                    servers in /etc/resolv.conf, in `resolvectl status` or in `ipconfig /all`, and \
                    at where they come from: DHCP option 6, the router advertisement, or the VPN.",
    never: "Do not empty the list of the Recursor or of dnsdist: that means everyone.",
    sources: &["RFC 8906 §1", "RFC 5358 §4"],
};
