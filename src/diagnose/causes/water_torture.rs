//! `water-torture`: an attack with random names is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "water-torture",
    title: "an attack with random names is refused",
    headline: "random names under {names} are refused by {servers}: an attack on that suffix",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Thousands of made-up names below one suffix are asked, usually by infected machines \
              or through open resolvers, to exhaust the servers of the suffix: nothing in a cache \
              matches. Who refuses them protects itself; the refusal is a symptom of the attack, \
              not a misconfiguration.",
    evidence: "Hundreds or thousands of different first labels under one suffix, nearly each asked \
               once, refused to every client; the labels look random, and other suffixes are \
               answered.",
    mistaken_for: "domain-policy with a few names that are asked again and again. Names that carry \
                   data or serials on purpose (block list look-ups, telemetry, tunnels) are \
                   unique, too, and are answered when all is well.",
    remedy: &[
        "Keep the block while it lasts; the few real names below the suffix suffer too, and can be \
         exempted.",
        "Find the senders: infected machines of your own network, or open forwarders that \
         strangers use.",
        "Tell the owner of the suffix, who is the target.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "fetches-per-zone 200; and fetches-per-server 200; on a resolver; an \
                   authoritative server is helped by rate-limit { nxdomains-per-second 10; };.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "ratelimit-for-domain: example.org 100 limits what is asked upstream.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "rate-limiting for clients, and defer, which puts costly clients last.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "addAction(AndRule({QNameSuffixRule(\"example.org.\"), \
                   NotRule(MaxQPSRule(100))}), RCodeAction(DNSRCode.REFUSED)): MaxQPSRule matches \
                   what is below the limit.",
        },
    ],
    on_the_client: "A machine of yours that asks such names is infected, or forwards for \
                    strangers: look for a resolver on it that is open to the Internet.",
    never: "Do not answer by opening limits: the load goes to the target.",
    sources: &["RFC 8198 §6", "RFC 9520 §2.3"],
};
