//! `meta-query`: a query about the server itself is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "meta-query",
    title: "a query about the server itself is refused",
    headline: "questions about the server itself are refused by {servers}",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Names such as version.bind, hostname.bind and id.server in the class CHAOS ask a \
              server for its version or identity. Many operators hide these, and scanners ask for \
              them all day.",
    evidence: "The class is CH; queries in class IN of the same client are answered, or the client \
               asks for nothing else.",
    mistaken_for: "acl-query, if names in class IN are refused to the same client as well.",
    remedy: &[
        "Nothing: hiding the version is intended. Use NSID (RFC 5001) to tell anycast servers \
         apart, if they offer it.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "version none;, hostname none; and server-id none; hide it; an explicit value \
                   shows it.",
        },
        Fix { brand: Brand::Unbound, text: "hide-version: yes and hide-identity: yes refuse it." },
        Fix { brand: Brand::Knot, text: "server: version: \"\" and identity: \"\" disable it." },
        Fix { brand: Brand::Nsd, text: "hide-version: yes and hide-identity: yes refuse it." },
        Fix {
            brand: Brand::PowerDns,
            text: "version-string=anonymous hides the version, with SERVFAIL.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 4892 §2", "RFC 5001 §2"],
};
