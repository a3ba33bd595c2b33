//! `policy-nxdomain`: the name is blocked by a policy that answers NXDOMAIN.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "policy-nxdomain",
    title: "the name is blocked by a policy that answers NXDOMAIN",
    headline: "{servers} {servers:says|say} that names under {names} do not exist, by policy",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::NXDOMAIN],
    meaning: "A block list makes a name look as if it did not exist. That is the usual way of \
              response policy zones (RPZ) and of filtering resolvers.",
    evidence: "NXDOMAIN with EDE 15 (Blocked), 16 (Censored) or 17 (Filtered), or with the SOA \
               record of a policy zone in place of the one that the name's own zone has; the \
               answer comes at once, and no query of the server to others follows.",
    mistaken_for: "A name that does not exist: then the SOA record is that of its zone or of a \
                   parent, and other resolvers agree.",
    remedy: &[
        "Find out whether the name is meant to be blocked; if so, nothing is broken.",
        "If not, make an exception in the policy and tell those who maintain the list.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "In a response policy zone that comes first in response-policy: example.org \
                   CNAME rpz-passthru.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "In a policy zone that comes first among the rpz: clauses: example.org CNAME \
                   rpz-passthru.; or remove local-zone: \"example.org.\" always_nxdomain.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "local-data: rules or rpz: take the name off, or tag the rule and leave the tag \
                   out of the clients' view.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "In a policy zone that comes first in recursor.rpzs (rpzFile or rpzPrimary in \
                   the Lua file): example.org CNAME rpz-passthru.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "Remove the rule with NXDomain: showRules(), rmRule().",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "Remove address=/example.org/ (NXDOMAIN for the name and all below).",
        },
    ],
    on_the_client: "A filter may run on the machine itself or be the resolver by choice: look for \
                    an ad blocker, a parental control, a VPN or an endpoint product.",
    never: "",
    sources: &["RFC 8914 §4.16 to §4.18"],
};
