//! `qtype-split`: one everyday type is refused while others are answered.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "qtype-split",
    title: "one everyday type is refused while others are answered",
    headline: "queries of type {types} are refused by {servers}, the same names are answered for other types",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The server, or the forwarder behind it, refuses AAAA, HTTPS or another common type \
              and answers A for the same name: a filter against IPv6 or against encrypted hellos, \
              or an old load balancer. Some libraries then drop the answer they have.",
    evidence: "The same client and name get an answer for one type and REFUSED for another, for \
               many names; it does not depend on the client.",
    mistaken_for: "qtype-policy, where the type is ANY; an authoritative server that refuses types \
                   it does not know, where it depends on the zone.",
    remedy: &[
        "Answer such types with no data instead of refusing them.",
        "If IPv6 or HTTPS records are not wanted, filter the records out of the answer rather than \
         the query.",
        "Update the load balancer or the server that does not know the type.",
    ],
    fixes: &[
        Fix { brand: Brand::Bind, text: "filter-aaaa.so leaves AAAA out of answers." },
        Fix {
            brand: Brand::Unbound,
            text: "local-zone with typetransparent, or the respip and python modules; not refuse.",
        },
        Fix { brand: Brand::KnotResolver, text: "local-data with the type missing gives no data." },
        Fix {
            brand: Brand::Dnsdist,
            text: "NegativeAndSOAAction or RCodeAction(DNSRCode.NOERROR) in place of \
                   RCodeAction(DNSRCode.REFUSED) in the rule with QTypeRule(DNSQType.AAAA).",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "filter-AAAA, or filter-rr=HTTPS, leaves records out of answers.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "filter type AAAA in acl gives an empty answer, block refuses; template can \
                   answer, too.",
        },
    ],
    on_the_client: "A filter or VPN on the machine may be what refuses the type: compare with it \
                    switched off.",
    never: "",
    sources: &["RFC 4074 §4", "RFC 8906 §3.1.2", "RFC 9460 §9"],
};
