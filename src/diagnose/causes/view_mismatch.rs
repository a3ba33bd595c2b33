//! `view-mismatch`: the view that this client gets does not have the name.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "view-mismatch",
    title: "the view that this client gets does not have the name",
    headline: "{names} {names:is|are} refused to {clients} by {servers}, which {servers:answers|answer} others: another view",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The server answers by who asks (views, split horizon, pools behind a balancer), and \
              this client is put into a view that neither has the zone nor offers recursion. \
              Typical: a new internal network that lands in the view for the outside.",
    evidence: "The same name at the same server address is answered to clients of one network, \
               often with AA and internal data, and refused to others; these may well get other \
               names from the same address.",
    mistaken_for: "acl-query with a list of the zone cannot be told apart by packets alone; EDE 18 \
                   speaks for the list, EDE 20 or none for a view. domain-policy refuses the name \
                   to everyone. A balancer whose servers do not all have the zone refuses a part \
                   of each client's queries.",
    remedy: &[
        "Add the client's network to those of the right view.",
        "Or add the zone, or recursion for that network, to the view in which it lands.",
        "Check the order of the views: the first that matches is used.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "match-clients { 192.0.2.0/24; }; in the right view, which must come before the \
                   wider one; rndc zonestatus example.org IN internal.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "access-control-view: 192.0.2.0/24 internal, and view-first: yes if other names \
                   should fall back to the global data.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "views: [{ subnets: [192.0.2.0/24], tags: [internal] }], and the same tag at the \
                   local data.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "From 5.0: views=yes and pdnsutil network set 192.0.2.0/24 internal; else by a \
                   backend or a balancer in front.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "The rule that picks the pool: addAction(NetmaskGroupRule(\"192.0.2.0/24\"), \
                   PoolAction(\"internal\")), before wider rules.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Add-DnsServerQueryResolutionPolicy -ZoneName example.org -Action ALLOW \
                   -ClientSubnet \"EQ,Inside\" -ZoneScope \"internal,1\".",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "expr incidr(client_ip(), '192.0.2.0/24') in view internal of the server block, \
                   which must come before the one without a view.",
        },
    ],
    on_the_client: "Is the machine on the network that it should be on? A VPN that is down, or a \
                    guest network, makes an outsider of it; so does a resolver that is asked over \
                    another interface.",
    never: "",
    sources: &["RFC 9499 §6", "RFC 8914 §4.21"],
};
