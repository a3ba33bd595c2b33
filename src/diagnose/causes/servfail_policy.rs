//! `servfail-policy`: a policy answers SERVFAIL.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "servfail-policy",
    title: "a policy answers SERVFAIL",
    headline: "{servers} {servers:answers|answer} SERVFAIL for names under {names}, by policy",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::SERVFAIL],
    meaning: "A policy that should refuse, or drop, answers SERVFAIL instead: Knot Resolver does \
              for policy.DROP, and a Windows query resolution policy for DENY. Resolvers and \
              clients take that for a failure and try again.",
    evidence: "SERVFAIL at once, without any query of the server to others, with EDE 18 \
               (Prohibited) if the query had EDNS; it depends on the client or on the name as a \
               refusal would.",
    mistaken_for: "servfail-upstream-dead and servfail-lame, where the server asks others first; \
                   DNSSEC failures, which have EDE 6 to 12.",
    remedy: &[
        "Go on as with domain-policy if it depends on the name, and as with acl-query if it \
         depends on the client.",
        "Prefer REFUSED or NXDOMAIN with an EDE in a policy: both say what is meant.",
    ],
    fixes: &[
        Fix {
            brand: Brand::KnotResolver,
            text: "In version 5: policy.REFUSE or policy.DENY in place of policy.DROP; in version \
                   6: answer: refused.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "A Lua hook that sets dq.rcode = pdns.SERVFAIL.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "RCodeAction(DNSRCode.REFUSED) in place of RCodeAction(DNSRCode.SERVFAIL).",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-DnsServerQueryResolutionPolicy: -Action DENY is documented to answer \
                   SERVFAIL, IGNORE is silent.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 8914 §4.19", "RFC 8906 §1"],
};
