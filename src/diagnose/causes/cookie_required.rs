//! `cookie-required`: the server refuses over UDP until the client shows a cookie.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "cookie-required",
    title: "the server refuses over UDP until the client shows a cookie",
    headline: "{servers} {servers:refuses|refuse} {clients} over UDP until {clients:it shows|they show} a cookie",
    fault: false,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "Unbound with `allow_cookie` wants proof that the client's address is not forged: a \
              DNS cookie, or TCP. A client that knows neither cookies nor TCP stays refused; all \
              others get through.",
    evidence: "REFUSED with TC over UDP, with EDE 0 and a text about cookies if the query had \
               EDNS; the same question by TCP, or with a server cookie, is answered.",
    mistaken_for: "acl-query, where TCP is refused as well; edns-badcookie, where the client sends \
                   cookies already.",
    remedy: &[
        "Let TCP port 53 pass between client and server, and let the client follow TC.",
        "If the client can do neither, allow its address without a cookie.",
    ],
    fixes: &[Fix {
        brand: Brand::Unbound,
        text: "access-control: 192.0.2.0/24 allow in place of allow_cookie; answer-cookie: yes \
                   must be on for the latter.",
    }],
    on_the_client: "Does the resolver library follow TC by TCP, and does a firewall let TCP port \
                    53 out?",
    never: "",
    sources: &["RFC 7873 §5.2", "RFC 9018 §4", "RFC 7766 §5"],
};
