//! `acl-transfer`: a zone transfer is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-transfer",
    title: "a zone transfer is refused",
    headline: "zone transfers to {clients} are refused by {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED, Rcode::NOTAUTH],
    meaning: "The server has the zone and does not hand it as a whole (AXFR) or in changes (IXFR) \
              to this address, or not without a key. If the client is a secondary of the zone, the \
              secondary grows stale and at last stops answering (zone-expired). If the client is a \
              stranger, the refusal is right.",
    evidence: "The type is AXFR or IXFR, and the code REFUSED (BIND, NSD) or NOTAUTH (Knot, \
               PowerDNS for AXFR); the SOA and other types of the same zone are answered with AA \
               to the same client. A SOA query just before is the refresh of a secondary.",
    mistaken_for: "notauth: with a TSIG record, NOTAUTH with error 16, 17 or 18 in it means a \
                   wrong key or clock, not a missing permission; NOTAUTH without it, if the zone \
                   is not answered with AA, means that the server does not have the zone.",
    remedy: &[
        "If the client is a wanted secondary, allow its address or, better, its TSIG key on the \
         primary.",
        "If it is a stranger, nothing: zone transfers are asked for by everyone who scans.",
        "Check from which address the secondary really asks; over IPv6 it is often another one \
         than the list has.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "allow-transfer { 192.0.2.2; key \"xfer.\"; }; in the zone, the view or the \
                   options; the default is none in 9.20 and any address before. On the secondary, \
                   transfer-source sets the address.",
        },
        Fix {
            brand: Brand::Knot,
            text: "An acl with id: secondaries, address: 192.0.2.2, key: xfer, action: transfer; \
                   and acl: secondaries in the zone.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "provide-xfr: 192.0.2.2 xfer (or NOKEY) on the primary; request-xfr: AXFR \
                   192.0.2.1 xfer on the secondary.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "allow-axfr-ips=192.0.2.2, or the metadata ALLOW-AXFR-FROM of the zone, or \
                   TSIG-ALLOW-AXFR for a key; disable-axfr must be no.",
        },
        Fix {
            brand: Brand::Dnsdist,
            text: "Transfers need a rule of their own, so that they go to the primary: \
                   addAction(OrRule({QTypeRule(DNSQType.AXFR), QTypeRule(DNSQType.IXFR)}), \
                   PoolAction(\"primary\")).",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "auth-peer=192.0.2.2 beside auth-server and auth-zone.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerPrimaryZone -Name example.org -SecureSecondaries \
                   TransferToSecureServers -SecondaryServers 192.0.2.2, or the tab Zone Transfers \
                   of the zone.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "to 192.0.2.2 in transfer example.org, beside the file, auto or secondary \
                   plugin.",
        },
    ],
    on_the_client: "",
    never: "Do not allow transfers to everyone to find out whether that helps: it gives the whole \
            zone away.",
    sources: &["RFC 5936 §5", "RFC 1995 §2", "RFC 8945 §5"],
};
