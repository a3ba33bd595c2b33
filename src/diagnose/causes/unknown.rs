//! `unknown`: no cause is consistent with all of the evidence.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "unknown",
    title: "no cause is consistent with all of the evidence",
    headline: "the cause is not determined",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The counts do not single out any cause: too few refusals, a capture of one \
              direction, or several causes at once for the same clients and names. The report \
              lists what was compared.",
    evidence: "None of the contrasts - client, server, name, type, flags, time, rate - separates \
               what is refused from what is answered.",
    mistaken_for: "",
    remedy: &[
        "Capture longer, in both directions, and where the refused queries and the answered ones \
         of a server both pass.",
        "Compare by hand: which clients, names and types does the same server still answer?",
        "Look at the server's own log of refusals: BIND category security, Unbound \
         log-local-actions, Knot Resolver and PowerDNS logs.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "logging { category security { default_log; }; }; names the access list that \
                   denied a query; rndc querylog on.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "log-local-actions: yes; log-servfail: yes; verbosity: 2; ede: yes tells clients \
                   the reason.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "showRules() counts the matches of each rule; topResponses(10, DNSRCode.REFUSED) \
                   and grepq() find names and clients.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerDiagnostics, or the analytic log of DNS-Server.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "The log and errors plugins; coredns_dns_responses_total by rcode.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 8914 §2"],
};
