//! `rd0-refused`: a query without the RD flag is refused by a resolver.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "rd0-refused",
    title: "a query without the RD flag is refused by a resolver",
    headline: "queries without recursion desired are refused by {servers}, a resolver",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "A resolver answers those who ask it to recurse. A query without RD only asks for \
              what it happens to have in its cache, which tells a stranger what others have asked \
              (cache snooping), so many resolvers refuse it. Usual senders: health checks and \
              monitoring, `dig +norecurse`, and resolvers that were told that this address is an \
              authoritative server (stub or NS record that names a resolver).",
    evidence: "Only queries without RD are refused; the same client is answered the same names \
               with RD, by the same server. RA is set in the refusal. Unbound and Knot Resolver \
               add EDE 20 (Not Authoritative), if the query had EDNS.",
    mistaken_for: "lame-delegation, where the server gives recursion to nobody.",
    remedy: &[
        "Let the client set RD.",
        "If a resolver asks, configure this address as a forwarder (with RD), not as a stub or as \
         the zone's name server.",
        "If looking into the cache is wanted for an administrator, allow it for that address only.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "BIND answers from the cache for those in allow-query-cache.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "access-control: 192.0.2.10/32 allow_snoop for an administrator; allow_setrd \
                   treats such queries as if they had RD.",
        },
        Fix {
            brand: Brand::KnotResolver,
            text: "options: refuse-no-rd: false; in version 5: modules.unload('refuse_nord').",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.allow_no_rd: true from version 5.0; older versions refuse always.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "Health checks: newServer({address=\"192.0.2.53\", checkName=\"example.org.\"}) \
                   sends RD by itself; a rule NotRule(RDRule()) may be what refuses.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 1035 §4.1.1", "RFC 8914 §4.21"],
};
