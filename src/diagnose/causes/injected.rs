//! `injected`: a forged refusal arrives before the real answer.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "injected",
    title: "a forged refusal arrives before the real answer",
    headline: "refusals for names under {names} are forged: {servers} also {servers:sends|send} real answers",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Something on the path answers in the server's place: a censor, a filtering \
              middlebox, an attacker. The client takes what comes first and never sees the real \
              answer, or is lucky and takes the second.",
    evidence: "One query has two responses with different codes: REFUSED first and the real answer \
               later. The forged one differs from the server's usual answers in hop limit, IP \
               identification, EDNS or timing; it is often quicker than the distance to the server \
               allows.",
    mistaken_for: "A query sent twice and answered twice; two servers behind one anycast address; \
                   a late answer to an earlier attempt. These do not differ in hop limit from \
                   query to query.",
    remedy: &[
        "Find out who runs the network between the capture and the server, and whether it filters \
         DNS.",
        "Use an encrypted transport (DNS over TLS, HTTPS or QUIC) to a resolver that you trust.",
        "Validate DNSSEC: a forged refusal then costs the answer, but cannot replace it.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "From 9.20: forwarders { 192.0.2.53 tls NAME; }; where tls NAME { \
                   remote-hostname \"resolver.example\"; }; names the server.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "forward-tls-upstream: yes with forward-addr: 192.0.2.53@853#resolver.example.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "forward: with transport: tls and hostname: resolver.example.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "forward . tls://192.0.2.53 with tls_servername resolver.example in its block.",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "DNSOverTLS=yes with DNS=192.0.2.53#resolver.example in resolved.conf.",
        },
    ],
    on_the_client: "A security product or VPN on the machine itself can answer in place of the \
                    server: compare with it switched off.",
    never: "",
    sources: &["RFC 5452 §3", "RFC 7858 §3"],
};
