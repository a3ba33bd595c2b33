//! `rrl-slip`: a response rate limit answers with truncation.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "rrl-slip",
    title: "a response rate limit answers with truncation",
    headline: "{servers} {servers:cuts|cut} answers to {clients} short: response rate limiting",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::NOERROR],
    meaning: "Response rate limiting (RRL) is at work: above the limit, a part of the responses is \
              replaced by empty truncated ones, so that a real client comes back by TCP and a \
              forged one gets nothing large.",
    evidence: "Responses with TC and no records, to one client network and for the same name or \
               kind of answer, at a high rate; mixed with full answers and silence. Queries that \
               follow over TCP are answered.",
    mistaken_for: "Answers that are truncated because they are large, which does not depend on the \
                   rate.",
    remedy: &[
        "Nothing, if the clients come back by TCP.",
        "If TCP port 53 is closed to them, open it: slipping rests on it.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "rate-limit { slip 2; responses-per-second 20; exempt-clients { 192.0.2.53; }; \
                   };.",
        },
        Fix {
            brand: Brand::Knot,
            text: "mod-rrl: slip: 1; rate-limit: 50; whitelist: 192.0.2.53.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "rate-limiting: slip: 2; views with price-factor: 0.0 exempt clients.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "rrl-slip: 2; rrl-ratelimit: 200; rrl-whitelist-ratelimit for kinds named by \
                   rrl-whitelist.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerResponseRateLimiting -TruncateRate 2 -LeakRate 3.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 5358 §4", "RFC 7766 §5"],
};
