//! `rate-limit`: a rate limit refuses queries above a threshold.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "rate-limit",
    title: "a rate limit refuses queries above a threshold",
    headline: "{servers} {servers:refuses|refuse} {clients} at times and {servers:answers|answer} the same at others: a rate limit",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "A server or a load balancer in front counts what each client, network or name asks \
              and refuses what is too much. Either the limit is too low for a client that stands \
              for many (a forwarder, a NAT, a mail server), or one client asks in a loop.",
    evidence: "The same client gets answers and refusals to the same kind of query, even to the \
               same name, mixed in time: below some rate it is answered, above it refused, and the \
               share refused grows with the client's rate, or it lasts for a fixed time and ends \
               at once. Other clients are not touched.",
    mistaken_for: "overload-refused, where most clients are refused at the same moments. rrl-slip \
                   and rrl-drop, where the limit shows as truncation and silence. injected, where \
                   one query gets two answers.",
    remedy: &[
        "Find out why the client asks so much: look at its names and repetitions; a loop or a \
         missing cache is cured there.",
        "If the client stands for many, raise its limit or exempt it.",
        "Prefer truncation to refusal above the limit: real clients then come back by TCP.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "BIND limits by rate-limit { responses-per-second 20; exempt-clients { \
                   192.0.2.53; }; }; and truncates or drops; it does not refuse by rate.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "ip-ratelimit: drops above the limit; ratelimit: answers SERVFAIL.",
        },
        Fix {
            brand: Brand::Knot,
            text: "mod-rrl: rate-limit, whitelist: it truncates or drops; it does not refuse by \
                   rate.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "rate-limiting: rate-limit, and views with options: { price-factor: 0.0 } for \
                   the client; it truncates or drops.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "Raise MaxQPSIPRule(20), or exempt the client: \
                   addAction(AndRule({NotRule(NetmaskGroupRule(\"192.0.2.53\")), \
                   MaxQPSIPRule(20)}), TCAction()); for dynamic blocks: \
                   dbr:excludeRange(\"192.0.2.53\").",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "It truncates or drops: Set-DnsServerResponseRateLimiting -ResponsesPerSec 20; \
                   Add-DnsServerResponseRateLimitingExceptionlist -Name Forwarders -ClientSubnet \
                   \"EQ,Forwarders\".",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "CoreDNS has no such plugin of its own; look at external plugins (rrl, \
                   ratelimit) and at max_concurrent (overload-refused).",
        },
    ],
    on_the_client: "Which program on the machine asks that much? A local cache (systemd-resolved, \
                    nscd, unbound) takes away repeated queries.",
    never: "Do not switch limits off on a server that strangers can reach.",
    sources: &["RFC 1035 §4.1.1", "draft-muks-dns-ede-rate-limited §2"],
};
