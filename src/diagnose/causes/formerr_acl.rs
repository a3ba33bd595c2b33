//! `formerr-acl`: an access list of Unbound shows as FORMERR.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "formerr-acl",
    title: "an access list of Unbound shows as FORMERR",
    headline: "queries of {clients} are answered FORMERR by {servers}: an access list denies them",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::FORMERR],
    meaning: "Unbound with `refuse_non_local` for a client's network and `ede: yes` answers \
              queries that it would refuse with a broken FORMERR. The client takes that for a \
              server without EDNS and asks again without, and is refused then.",
    evidence: "FORMERR with counts of zero to every recursive query with EDNS of one client \
               network, and a plain refusal without EDNS; other networks are answered by the same \
               server.",
    mistaken_for: "edns-formerr, where all clients meet it.",
    remedy: &["Decide about the client as with acl-query, and meanwhile avoid the combination."],
    fixes: &[Fix {
        brand: Brand::Unbound,
        text: "access-control: 192.0.2.0/24 refuse (or deny) in place of refuse_non_local, or \
                   ede: no; seen with 1.17.",
    }],
    on_the_client: "Does the machine use the resolver meant for its network? Look at the name \
                    servers in /etc/resolv.conf, in `resolvectl status` or in `ipconfig /all`, and \
                    at where they come from: DHCP option 6, the router advertisement, or the VPN.",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 8914 §4.19"],
};
