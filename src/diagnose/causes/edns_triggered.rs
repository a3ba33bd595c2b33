//! `edns-triggered`: something in the EDNS part of the query makes it refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "edns-triggered",
    title: "something in the EDNS part of the query makes it refused",
    headline: "queries of {clients} are refused by {servers} because of their EDNS",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The question alone is answered; with an OPT record, or with one option in it (client \
              subnet, cookie, padding), it is refused. A device in between, an old server, or a \
              policy on client subnets is the reason.",
    evidence: "The same client, name and type are refused with EDNS, or with the option, and \
               answered without, by the same server and often within milliseconds, when the client \
               tries again.",
    mistaken_for: "edns-formerr, which is the same with FORMERR, as the standard has it; \
                   rate-limit, if the retry succeeds by chance.",
    remedy: &[
        "Find out which option it is: compare queries with and without it.",
        "Update the server or the device; options that are not known must be ignored.",
        "Meanwhile leave the option out.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "server 192.0.2.10 { send-cookie no; }; leaves cookies out; edns no; leaves out \
                   everything.",
        },
        Fix { brand: Brand::Unbound, text: "send-client-subnet only for servers that want it." },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "outgoing.edns_subnet_allow_list: only for servers that want it.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "newServer({address=\"192.0.2.53\", useClientSubnet=false}).",
        },
        Fix { brand: Brand::Dnsmasq, text: "Remove add-subnet, add-mac and add-cpe-id." },
    ],
    on_the_client: "A home router or VPN in between may be the device: ask another resolver \
                    directly and compare.",
    never: "",
    sources: &["RFC 6891 §6.1.2", "RFC 7871 §7", "RFC 8906 §3.2"],
};
