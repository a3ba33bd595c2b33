//! `unsolicited`: refusals arrive that nobody asked for.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "unsolicited",
    title: "refusals arrive that nobody asked for",
    headline: "{clients} {clients:gets|get} refusals from {servers} that nobody asked for",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Responses come without a query: someone sends queries with this address as their \
              forged source (reflection), or sends the responses themselves, to fill the line or \
              to guess a port. The servers that answer are not misconfigured because they refuse; \
              a refusal is at least small.",
    evidence: "REFUSED from servers to which no query was seen, though the capture shows both \
               directions; usually many servers and one client, ports fixed or random, and ICMP \
               port unreachable from the client in return.",
    mistaken_for: "The first second of a capture, and a capture of one direction only, show the \
                   same: responses whose query came before, or went another way.",
    remedy: &[
        "Filter at the edge, or have the provider filter: the client cannot stop what arrives.",
        "Check that the capture sees both directions before calling it an attack.",
        "Tell the operators of the servers that answer: rate limits on their side help.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "On a server that is used as a reflector: rate-limit { errors-per-second 5; };.",
        },
        Fix {
            brand: Brand::Knot,
            text: "On a server that is used as a reflector: mod-rrl as a global module.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "On a server that is used as a reflector: rrl-ratelimit: 200.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "On a server that is used as a reflector: DropAction() in place of \
                   RCodeAction(DNSRCode.REFUSED) for queries from outside.",
        },
    ],
    on_the_client: "",
    never: "Do not answer or scan the senders: their addresses may be forged.",
    sources: &["RFC 5358 §3", "RFC 2827", "RFC 5452 §3"],
};
