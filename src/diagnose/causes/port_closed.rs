//! `port-closed`: no DNS server listens at the address.

use crate::diagnose::cause::{Brand, Cause, Fix};

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "port-closed",
    title: "no DNS server listens at the address",
    headline: "no DNS server listens on {servers}",
    fault: true,
    from_upstream: false,
    rcodes: &[],
    meaning: "The machine is there, and nothing listens on its port 53: the server is stopped, \
              crashed, listens on another address or on loopback only, or the address is wrong.",
    evidence: "ICMP port unreachable from the server's own address, or TCP RST in answer to a SYN, \
               to every client; nobody is answered there.",
    mistaken_for: "firewall-reject, where the same server answers others; a restart, where it \
                   lasts for seconds.",
    remedy: &[
        "Start the server, and see why it stopped.",
        "Let it listen on the address: many listen on loopback only after installation.",
        "Or correct the address that the clients have.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "listen-on { 192.0.2.53; }; and listen-on-v6 { 2001:db8::53; };, or no such \
                   line, which means all addresses; ss -lunt shows who listens.",
        },
        Fix {
            brand: Brand::Unbound,
            text: "interface: 192.0.2.53 (the default is loopback only).",
        },
        Fix { brand: Brand::Knot, text: "server: listen: 192.0.2.53." },
        Fix {
            brand: Brand::KnotResolver,
            text: "network: { listen: [{ interface: 192.0.2.53 }] }.",
        },
        Fix { brand: Brand::Nsd, text: "ip-address: 192.0.2.53." },
        Fix { brand: Brand::PowerDns, text: "local-address=192.0.2.53." },
        Fix {
            brand: Brand::PowerDnsRecursor,
            text: "incoming.listen: [192.0.2.53] (the default is loopback only).",
        },
        Fix { brand: Brand::Dnsdist, text: "addLocal(\"192.0.2.53:53\") or setLocal." },
        Fix {
            brand: Brand::Dnsmasq,
            text: "interface= or listen-address=192.0.2.53; port=0 switches DNS off.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Start-Service DNS; Get-DnsServerSetting -All shows ListeningIPAddress.",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "DNSStubListenerExtra=192.0.2.53 in resolved.conf; the stub itself listens on \
                   127.0.0.53 only.",
        },
    ],
    on_the_client: "Is the resolver's address right? If it is 127.0.0.1, 127.0.0.53 or ::1, the \
                    local resolver does not run.",
    never: "",
    sources: &["RFC 1122 §3.2.2.1", "RFC 4443 §3.1"],
};
