//! `edns-formerr`: queries with EDNS are answered FORMERR.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "edns-formerr",
    title: "queries with EDNS are answered FORMERR",
    headline: "queries with EDNS from {clients} are answered FORMERR by {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::FORMERR],
    meaning: "An old server, or a device between, does not understand the OPT record and calls the \
              query malformed; or the client really sends a malformed one. Resolvers try again \
              without EDNS, which costs time and DNSSEC.",
    evidence: "FORMERR only to queries with an OPT record, often without an OPT record in the \
               response; the same question without EDNS is answered.",
    mistaken_for: "formerr-acl, where one client network gets bare FORMERR for every recursive \
                   query with EDNS from a server that knows EDNS.",
    remedy: &[
        "Update or replace the server or the device in front of it; unknown options must be \
         ignored.",
        "If one client alone gets it, look at what its OPT record holds.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "For one server that cannot be mended: server 192.0.2.10 { edns no; };.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "disable-edns-do: yes helps only against devices that dislike the DO bit; there \
                   is no switch for one server.",
        },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "outgoing.edns_subnet_allow_list: [] if client subnets are what the server \
                   dislikes.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "Remove add-mac, add-subnet or add-cpe-id if the upstream dislikes them.",
        },
    ],
    on_the_client: "A home router between may be the device: ask another resolver directly and \
                    compare.",
    never: "",
    sources: &["RFC 6891 §7", "RFC 8906 §3.2"],
};
