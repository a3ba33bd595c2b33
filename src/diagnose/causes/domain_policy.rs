//! `domain-policy`: the name is blocked by a policy.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "domain-policy",
    title: "the name is blocked by a policy",
    headline: "every name under {names} is refused by {servers}, whoever asks: a policy blocks it",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "A filter refuses the name and what is below it: a local zone, a block list, a rule \
              of a load balancer or a protective DNS service. It works as intended if the name is \
              meant to be blocked. It is a fault if the list has a name too many, if a rule for an \
              internal name remained, or if it covers a whole suffix where one name was meant.",
    evidence: "What decides is the name: all clients are refused everything under one suffix, \
               whatever the type, and the same clients get other names answered by the same \
               server. RA is as in the server's other answers. The refusal comes at once, and no \
               query of the server to others follows. EDE 15 (Blocked), 16 (Censored) or 17 \
               (Filtered) says it outright; Unbound sets AA=1 for its local zones.",
    mistaken_for: "acl-query and view-mismatch, where other clients are answered for the same \
                   name; lame-delegation, where a resolver asks without RD; water-torture, where \
                   thousands of names are asked once each. BIND cannot refuse by a response policy \
                   zone (RPZ): there it is NXDOMAIN, NODATA, another answer, or silence.",
    remedy: &[
        "Find out whether the name is meant to be blocked; if so, nothing is broken.",
        "If not, take the suffix off the list, or add an exception for the name, and tell those \
         who maintain the list.",
        "Prefer NXDOMAIN with EDE 15 to REFUSED for a block list: clients try their next resolver \
         when they are refused, and so get around the block.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "A response policy zone does not refuse; look for a zone of that name with \
                   allow-query { none; };.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "Remove local-zone: \"example.org.\" refuse (or always_refuse); with RPZ, give \
                   the name the action rpz-passthru.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "Remove the name from local-data (rules, rpz) or from its tags; in version 5, \
                   the policy.add(policy.suffix(policy.REFUSE, ...)) line.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "A Lua hook (preresolve that sets dq.rcode = pdns.REFUSED); RPZ does not refuse.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "showRules() numbers the rules: remove QNameSuffixRule({\"example.org.\"}) with \
                   RCodeAction(DNSRCode.REFUSED), by rmRule; before 1.9 it is SuffixMatchNodeRule.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "connmark-allowlist=MARK,NAME: what the list of the connection's mark does not \
                   name is refused.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "block in an acl for example.org refuses with EDE 15; a server block for the \
                   zone whose plugins do not have the name refuses, too: add fallthrough.",
        },
    ],
    on_the_client: "A filter may run on the machine itself or be the resolver by choice: look for \
                    an ad blocker, a parental control, a VPN or an endpoint product, and at which \
                    resolver the name is sent to.",
    never: "Do not switch clients to another resolver to get around a block before you know why it \
            is there.",
    sources: &["RFC 8914 §4.16 to §4.18", "RFC 9499 §6"],
};
