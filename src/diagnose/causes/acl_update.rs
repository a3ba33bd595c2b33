//! `acl-update`: a dynamic update is refused.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "acl-update",
    title: "a dynamic update is refused",
    headline: "dynamic updates from {clients} are refused by {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED, Rcode::NOTAUTH],
    meaning: "A client sends UPDATE to register its own name or those of DHCP leases, and the zone \
              does not accept updates from it. The server has the zone: permission is what fails, \
              and by the standard that is looked at after the zone and the prerequisites (RFC 2136 \
              §3.3).",
    evidence: "The opcode is UPDATE and the code REFUSED (Knot says NOTAUTH), while queries for \
               the zone are answered with AA by the same server, to the same client. Many clients \
               at regular intervals, each with its own name, are Windows or DHCP clients that \
               register themselves.",
    mistaken_for: "notauth, where the server does not have the zone or does not accept the \
                   signature; notimp-update, where it does not know updates at all.",
    remedy: &[
        "If the client should be able to register, allow its key (or, if there is no other way, \
         its address) for the zone.",
        "If not, stop the client from sending updates.",
        "If DHCP should register for all clients, allow the DHCP server's key and let clients \
         leave it to DHCP.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "update-policy { grant dhcp-key. zonesub A AAAA DHCID PTR; }; or allow-update { \
                   key \"dhcp-key.\"; }; in the zone; on a secondary, allow-update-forwarding.",
        },
        Fix {
            brand: Brand::Knot,
            text: "An acl with id: updaters, key: dhcp-key, action: update; and acl: updaters in \
                   the zone.",
        },
        Fix {
            brand: Brand::Nsd,
            text: "NSD takes no updates; drop-updates: yes keeps it from answering them.",
        },
        Fix {
            brand: Brand::PowerDns,
            text: "dnsupdate=yes and allow-dnsupdate-from=192.0.2.0/24, or the metadata \
                   ALLOW-DNSUPDATE-FROM and TSIG-ALLOW-DNSUPDATE of the zone.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Set-DnsServerPrimaryZone -Name example.org -DynamicUpdate Secure: members of \
                   the domain sign by Kerberos (GSS-TSIG); the refused unsigned attempt before the \
                   signed one is normal.",
        },
    ],
    on_the_client: "To stop a Windows machine: Set-DnsClient -InterfaceAlias NAME \
                    -RegisterThisConnectionsAddress $false. On others look for nsupdate, dhclient, \
                    dhcpcd or sssd (dyndns_update = false).",
    never: "Do not allow updates by address alone on a network with strangers: a source address is \
            easily forged over UDP.",
    sources: &["RFC 2136 §3.3", "RFC 3007 §3", "RFC 8945 §5"],
};
