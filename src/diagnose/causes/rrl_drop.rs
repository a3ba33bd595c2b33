//! `rrl-drop`: a response rate limit drops answers.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "rrl-drop",
    title: "a response rate limit drops answers",
    headline: "{servers} {servers:drops|drop} answers to {clients}: response rate limiting",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "Response rate limiting (RRL) drops what is above its limit. A client network behind \
              one address - a NAT, a large forwarder - can meet it without any attack, and its \
              users wait for timeouts.",
    evidence: "Of one client network's queries some are answered, some come back truncated, and \
               the rest stay unanswered, for the same names and at a high rate; other clients are \
               answered throughout.",
    mistaken_for: "firewall-drop and packet loss, which do not depend on the client's rate and \
                   show no truncated answers.",
    remedy: &[
        "Find out why the client asks so much; a resolver with a cache in front of it helps.",
        "Raise the limit, or exempt a client that you know.",
        "Let every second dropped response slip (truncated), so that real clients get through by \
         TCP.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "rate-limit { responses-per-second 50; slip 2; exempt-clients { 192.0.2.53; }; \
                   };; log-only yes; shows what it would do.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "ip-ratelimit: 200; ip-ratelimit-factor: 10 lets one in ten through.",
        },
        Fix {
            brand: Brand::Knot,
            text: "mod-rrl: rate-limit: 100; slip: 2; whitelist: 192.0.2.53; dry-run: on shows \
                   what it would do.",
        },
        Fix { brand: Brand::KnotResolver, text: "rate-limiting: rate-limit: 200; slip: 2." },
        Fix { brand: Brand::Nsd, text: "rrl-ratelimit: 400; rrl-slip: 2." },
        Fix {
            brand: Brand::Dnsdist,
            text: "addAction(AndRule({MaxQPSIPRule(50), TCPRule(false)}), TCAction()) in place of \
                   DropAction().",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerResponseRateLimiting -ResponsesPerSec 50; \
                   Add-DnsServerResponseRateLimitingExceptionlist -Name Forwarders -ClientSubnet \
                   \"EQ,Forwarders\".",
        },
    ],
    on_the_client: "",
    never: "Do not switch it off on a server that strangers can reach.",
    sources: &["RFC 5358 §4", "RFC 8906 §4"],
};
