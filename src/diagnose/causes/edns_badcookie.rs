//! `edns-badcookie`: the server wants a cookie first.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "edns-badcookie",
    title: "the server wants a cookie first",
    headline: "{servers} {servers:asks|ask} {clients} for a cookie first",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::BADCOOKIE],
    meaning: "The client sent a DNS cookie without the server's half, or with an old one. The \
              server gives it the right one, and the client asks again. This is once for each \
              client and server, and works as intended.",
    evidence: "BADCOOKIE (23) with a server cookie in it, and the next query of the client, which \
               carries it, is answered.",
    mistaken_for: "A cookie that is never accepted: servers behind one anycast address that do not \
                   share their secret.",
    remedy: &[
        "Nothing, if the second query is answered.",
        "If it repeats, give all servers behind the address the same secret.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "cookie-secret \"...\"; the same on all of them; require-server-cookie no; (the \
                   default) does not insist.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "cookie-secret: \"...\", the same on all of them; access-control allow_cookie is \
                   what insists.",
        },
        Fix { brand: Brand::Knot, text: "mod-cookies: secret: [...], the same on all of them." },
        Fix { brand: Brand::Nsd, text: "cookie-secret: \"...\", the same on all of them." },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 7873 §5.2.3", "RFC 9018 §4"],
};
