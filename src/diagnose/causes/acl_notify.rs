//! `acl-notify`: a NOTIFY is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-notify",
    title: "a NOTIFY is refused",
    headline: "NOTIFY from {clients} is refused by {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED, Rcode::NOTAUTH],
    meaning: "A primary tells a server that a zone has changed, and the server does not take that \
              from this address: it is not configured as a secondary of the zone, has another \
              primary, or knows this primary under another address (IPv6, NAT). The secondary then \
              learns of changes only when the refresh time of the SOA is over.",
    evidence: "The opcode is NOTIFY and the code REFUSED (Knot says NOTAUTH). A working NOTIFY is \
               answered with NOERROR and is followed by a SOA query and a transfer from the \
               secondary to the primary; here none follows.",
    mistaken_for: "notauth, where the notified server does not have the zone.",
    remedy: &[
        "List the sender as a primary, or as one that may notify, on the secondary.",
        "Or correct on the primary who is notified: the NS records of the zone and the list of \
         additional addresses.",
        "Check the source address of the NOTIFY: a primary with several addresses may use another \
         one than the secondary knows.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "On the secondary: primaries { 192.0.2.1; }; or allow-notify { 192.0.2.1; };. On \
                   the primary: also-notify, notify explicit;, notify-source.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "auth-zone: with primary: 192.0.2.1 or allow-notify: 192.0.2.1.",
        },
        Fix {
            brand: Brand::Knot,
            text: "An acl with id: primary, address: 192.0.2.1, action: notify; and acl: primary \
                   in the zone.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "allow-notify: 192.0.2.1 xfer (or NOKEY) on the secondary; notify: 192.0.2.2 \
                   xfer on the primary.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "The sender must be a primary of the zone and in allow-notify-from; \
                   trusted-notification-proxy names relays; with allow-unsigned-notify=no it must \
                   sign.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "On the secondary: Set-DnsServerSecondaryZone -Name example.org -MasterServers \
                   192.0.2.1. On the primary: Set-DnsServerPrimaryZone -Notify NotifyServers \
                   -NotifyServers 192.0.2.2.",
        },
    ],
    on_the_client: "",
    never: "",
    sources: &["RFC 1996 §3", "RFC 8945 §5"],
};
