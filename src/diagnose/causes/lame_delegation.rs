//! `lame-delegation`: a zone is delegated to a server that does not serve it.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "lame-delegation",
    title: "a zone is delegated to a server that does not serve it",
    headline: "{names} {names:is|are} delegated to {servers}, which {servers:refuses|refuse} {names:it|them}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The parent zone, or the zone's own NS records, name this server for the zone, and it \
              does not have the zone: it was never configured there, was removed, or the server \
              was replaced and the delegation was not. Resolvers ask it, are refused, and go on to \
              the next server of the zone; if all refuse, their clients get SERVFAIL.",
    evidence: "A resolver asks without RD, usually with EDNS and DO, for names of one zone, and \
               the server refuses with AA=0 and RA=0, whatever the type. A referral that names the \
               server for the zone comes before it in a capture at the resolver. The server \
               answers other zones with AA, or refuses everything; another server of the zone \
               answers, or the resolver's client gets SERVFAIL (servfail-lame).",
    mistaken_for: "An access list or a block list that refuses only this resolver: then another \
                   resolver is answered for the same zone. A zone that was taken away because of \
                   an attack looks the same (water-torture has many names that are asked once). \
                   auth-only has RD in the queries.",
    remedy: &[
        "Load the zone on the server, or take the server's NS record (and its glue) out of the \
         parent zone and out of the zone.",
        "Ask every server of the zone for its SOA: those that do not answer with AA are lame.",
        "If the zone is somebody else's, tell its contact (the mailbox in the SOA record) and \
         wait: a resolver can only ask the other servers.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "Add zone \"example.org\" { type secondary; primaries { 192.0.2.1; }; file \
                   \"example.org.db\"; }; then rndc zonestatus example.org. If there are views, to \
                   the view that resolvers get.",
        },
        Fix {
            brand: Brand::Knot,
            text: "zone: - domain: example.org; knotc zone-status example.org.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "zone: name: example.org, zonefile or request-xfr; nsd-control zonestatus \
                   example.org.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "pdnsutil zone list-all shows what is there; pdnsutil zone create-secondary \
                   example.org 192.0.2.1 adds a secondary (list-all-zones and \
                   create-secondary-zone before 5.0).",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Add-DnsServerSecondaryZone -Name example.org -ZoneFile example.org.dns \
                   -MasterServers 192.0.2.1.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "A server block for the zone with file, auto or secondary.",
        },
    ],
    on_the_client: "",
    never: "Do not cure it on the resolver with a forward to a server that happens to answer: the \
            delegation stays broken for all others.",
    sources: &["RFC 9499 §7", "RFC 1912 §2.8", "RFC 9520 §2.2"],
};
