//! `meta-servfail`: SERVFAIL to CHAOS, ANY or AXFR.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "meta-servfail",
    title: "SERVFAIL to CHAOS, ANY or AXFR",
    headline: "queries of an unusual type or class are answered SERVFAIL by {servers}",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "Some servers answer SERVFAIL to what they do not offer: Knot Resolver to ANY, AXFR \
              and class CHAOS, PowerDNS to the hidden version. Nothing failed; another code would \
              say it better.",
    evidence: "SERVFAIL only with class CH, or with the types ANY and AXFR; ordinary queries of \
               the same clients are answered.",
    mistaken_for: "meta-query and qtype-policy, which are the same with REFUSED.",
    remedy: &["Nothing; ask for the types that are needed."],
    fixes: &[
        Fix {
            brand: Brand::KnotResolver,
            text: "It offers neither ANY nor transfers, and there is nothing to set.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "version-string=anonymous hides the version this way; powerdns shows the name \
                   only.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 8482 §4", "RFC 4892 §2"],
};
