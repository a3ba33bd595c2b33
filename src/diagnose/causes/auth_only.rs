//! `auth-only`: an authoritative server is used as a resolver.

use crate::diagnose::cause::{Brand, Cause, Fix};
use crate::iana::Rcode;

pub(in crate::diagnose) const CAUSE: Cause = Cause {
    id: "auth-only",
    title: "an authoritative server is used as a resolver",
    headline: "{clients} {clients:uses|use} {servers} as resolver, which {servers:answers|answer} for {servers:its|their} own zones only",
    fault: true,
    from_upstream: false,
    rcodes: &[Rcode::REFUSED],
    meaning: "The server answers for its own zones and offers recursion to nobody, as an \
              authoritative server should; a client has it as its resolver. Typical: the address \
              of the company's authoritative server in resolv.conf, in DHCP or in a forwarder, or \
              a resolver whose recursion was switched off on purpose or by an update.",
    evidence: "The server answers some zones with AA, and nobody ever gets RA=1 from it. Every \
               client that asks with RD for a name outside these zones is refused, with RA=0, and \
               no query of the server to others is seen. NSD and Knot add EDE 20 (Not \
               Authoritative), BIND and PowerDNS nothing.",
    mistaken_for: "acl-recursion, where other clients do get recursive answers; lame-delegation, \
                   where a resolver asks without RD because the parent zone told it to; \
                   no-upstream, where RA is set.",
    remedy: &[
        "Point the client at a recursive resolver: the name server entries of the client, DHCP \
         option 6, the RDNSS option of the router advertisement, or the forwarder line.",
        "If the server is meant to resolve as well, give recursion to its own networks only, \
         better on another address or another server.",
        "If it is a forwarder that asks for one internal zone, correct which zones it forwards to \
         this server.",
    ],
    fixes: &[
        Fix {
            brand: Brand::Bind,
            text: "recursion no; is right for an authoritative server. For own clients: recursion \
                   yes; allow-recursion { 192.0.2.0/24; };, best in a view of its own.",
        },
        Fix {
            brand: Brand::Knot,
            text: "Knot DNS cannot resolve: run a resolver on another address; mod-dnsproxy can \
                   hand other names on to it.",
        },
        Fix { brand: Brand::Nsd, text: "NSD cannot resolve: run a resolver on another address." },
        Fix {
            brand: Brand::PowerDns,
            text: "The authoritative server does not resolve since 4.1: put the Recursor or \
                   dnsdist in front, which sends own zones to it and the rest to a resolver.",
        },
        Fix {
            brand: Brand::Dnsmasq,
            text: "server=192.0.2.53 in place of the authoritative address; \
                   server=/example.org/192.0.2.10 sends only that zone to it.",
        },
        Fix {
            brand: Brand::WindowsDns,
            text: "Get-DnsServerRecursion shows whether it is off; Set-DnsServerRecursion -Enable \
                   $true gives it to all who can reach the server, so only where a firewall keeps \
                   strangers out.",
        },
        Fix {
            brand: Brand::CoreDns,
            text: "A server block that only has file, auto or kubernetes refuses all other names: \
                   add one for the root zone with forward . 192.0.2.53, for the inside only (acl).",
        },
        Fix {
            brand: Brand::SystemdResolved,
            text: "resolvectl dns LINK 192.0.2.53 sets the resolver of a link; in resolved.conf: \
                   DNS=192.0.2.53.",
        },
    ],
    on_the_client: "The address of the resolver is wrong on this machine, or the one that DHCP or \
                    the VPN hands out: set it to the resolver of the network. `resolvectl status`, \
                    `scutil --dns` or `ipconfig /all` shows it.",
    never: "Do not open recursion on an authoritative server: it then answers strangers, takes \
            part in attacks, and mixes cached with authoritative data.",
    sources: &["RFC 5358 §4", "RFC 9499 §6", "RFC 8914 §4.21"],
};
