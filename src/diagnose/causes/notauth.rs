//! `notauth`: the server is not authoritative for the zone, or does not accept the key.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "notauth",
    title: "the server is not authoritative for the zone, or does not accept the key",
    headline: "{servers} {servers:says it is|say they are} not the authority for what {clients} {clients:asks|ask}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::NOTAUTH],
    meaning: "An update, a NOTIFY or a transfer went to a server that does not have the zone, or \
              that does not accept its signature. Knot says NOTAUTH for whatever an access list \
              denies.",
    evidence: "The code is NOTAUTH (9). A TSIG record in the response tells which: error 16 \
               (BADSIG) the secret or algorithm differs, 17 (BADKEY) the key is not known, 18 \
               (BADTIME) the clocks differ. Without one, see whether the server answers queries \
               for the zone with AA.",
    mistaken_for: "acl-transfer, acl-update and acl-notify, where the zone is there and permission \
                   is what is missing; acl-query on Knot, if the opcode is QUERY and the type an \
                   ordinary one.",
    remedy: &[
        "Without TSIG: send it to the primary of the zone, or configure the zone on this server.",
        "With BADKEY or BADSIG: configure the same key name, algorithm and secret on both sides.",
        "With BADTIME: set the clocks right on both sides; 300 seconds are the usual limit.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "key \"xfer.\" { algorithm hmac-sha256; secret \"...\"; }; on both sides; \
                   tsig-keygen makes one.",
        },
        Fix {
            brand: Brand::Knot,
            text: "A key with id: xfer, algorithm: hmac-sha256, secret: ...; and the acl of the \
                   zone, whose address or action may be what is missing.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "A key: with name: xfer, algorithm: hmac-sha256, secret: ...; NSD has no way to \
                   take updates.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "pdnsutil tsigkey import and tsigkey activate (import-tsig-key and \
                   activate-tsig-key before 5.0); for AXFR also allow-axfr-ips.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Windows DNS signs only by GSS-TSIG; transfers with TSIG keys are not supported.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 2136 §2.2", "RFC 8945 §5.2"],
};
