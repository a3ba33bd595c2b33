//! `qtype-policy`: a query type is refused by policy.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "qtype-policy",
    title: "a query type is refused by policy",
    headline: "queries of type {types} are refused by {servers}, other types are answered",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The server does not answer one type, nearly always ANY: large answers to it are what \
              reflection attacks ask for. Programs that still ask for ANY (old mail servers, \
              scripts) should ask for the types that they need.",
    evidence: "What decides is the type: ANY is refused to all clients and for all names, and the \
               same names are answered for A, AAAA and other types to the same clients.",
    mistaken_for: "qtype-split, where a type in everyday use (AAAA, HTTPS) is the one refused. \
                   meta-servfail, where the answer is SERVFAIL.",
    remedy: &[
        "Change the client: query the types that are needed.",
        "On the server a minimal answer to ANY (RFC 8482) is friendlier than a refusal.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "minimal-any yes; answers ANY over UDP with one record set; BIND itself does not \
                   refuse ANY.",
        },
        Fix { brand: Brand::Unbound, text: "deny-any: yes gives an empty answer." },
        Fix {
            brand: Brand::Knot,
            text: "Knot DNS answers ANY over UDP with one record set by itself; a module or a \
                   proxy in front must be refusing.",
        },
        Fix { brand: Brand::Nsd, text: "refuse-any: no lets NSD answer with one record set." },
        Fix {
            brand: Brand::PowerDns,
            text: "any-to-tcp=yes, the default, truncates ANY over UDP.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "addAction(AndRule({QTypeRule(DNSQType.ANY), TCPRule(false)}), TCAction()) in \
                   place of RCodeAction(DNSRCode.REFUSED).",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "The any plugin answers by RFC 8482; block type ANY in acl refuses.",
        },
    ],
    on_the_client: "Which program asks for ANY? `dig` without a type asks for A; `host -a` and \
                    `dig ANY` ask for ANY.",
    never: "",
    sources: &["RFC 8482 §4"],
};
