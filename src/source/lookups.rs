//! Names in a capture filter that libpcap would look up, in the DNS: which would send packets, and
//! wait for the very service that may be down.

/// What kind of thing an identifier is, in the language of `pcap-filter(7)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A host or a network: looked up unless it is an address.
    Place,
    /// A port, a protocol, an interface and the like: known from tables of this machine.
    Other,
}

/// Words of the language after which an identifier is something else than a host.
const OTHERS: &[&str] = &[
    "port",
    "portrange",
    "proto",
    "protochain",
    "on",
    "ifname",
    "rset",
    "ruleset",
    "rnr",
    "rulenum",
    "srnr",
    "subrulenum",
    "reason",
    "action",
    "type",
    "subtype",
    "dir",
    "direction",
    "llc",
];

/// Words after which one is a host or network again.
const PLACES: &[&str] = &[
    "src", "dst", "host", "net", "gateway", "link", "ether", "ppp", "slip", "fddi", "tr", "wlan",
    "arp", "rarp", "ip", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp",
    "radio", "ip6", "icmp6", "ah", "esp", "atalk", "aarp", "decnet", "lat", "sca", "moprc",
    "mopdl", "iso", "esis", "es-is", "isis", "is-is", "clnp", "stp", "ipx", "netbeui", "address1",
    "addr1", "address2", "addr2", "address3", "addr3", "address4", "addr4", "ra", "ta",
];

/// All other words: what follows them is of the kind that came before.
const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "mask",
    "less",
    "greater",
    "byte",
    "broadcast",
    "multicast",
    "len",
    "length",
    "inbound",
    "outbound",
    "ifindex",
    "vlan",
    "mpls",
    "pppoed",
    "pppoes",
    "geneve",
    "vxlan",
    "lane",
    "metac",
    "bcc",
    "oam",
    "oamf4",
    "oamf4ec",
    "oamf4sc",
    "sc",
    "ilmic",
    "vpi",
    "vci",
    "connectmsg",
    "metaconnect",
    "l1",
    "l2",
    "iih",
    "lsp",
    "snp",
    "csnp",
    "psnp",
    "fisu",
    "lssu",
    "lsu",
    "msu",
    "hfisu",
    "hlssu",
    "hmsu",
    "sio",
    "opc",
    "dpc",
    "sls",
    "hsio",
    "hopc",
    "hdpc",
    "hsls",
];

/// The first name in a filter that would be looked up.
pub(super) fn first(filter: &str) -> Option<&str> {
    let mut kind = Kind::Place;
    for word in words(filter) {
        if OTHERS.contains(&word) {
            kind = Kind::Other;
        } else if PLACES.contains(&word) {
            kind = Kind::Place;
        } else if kind == Kind::Place && !WORDS.contains(&word) && is_name(word) {
            return Some(word);
        }
    }
    None
}

/// The words, without what stands in brackets: offsets and constants.
fn words(filter: &str) -> impl Iterator<Item = &str> {
    let outside = filter.split('[').enumerate().map(|(nth, part)| match nth {
        0 => part,
        _ => part.split_once(']').map_or("", |(_, rest)| rest),
    });
    let is_part = |letter: char| letter.is_alphanumeric() || "_-.:".contains(letter);
    outside.flat_map(move |part| part.split(move |letter| !is_part(letter)))
}

/// Whether it is neither a number nor an address, of IP or of a network card.
fn is_name(word: &str) -> bool {
    let is_hex = |text: &str| text.chars().all(|letter| letter.is_ascii_hexdigit());
    let is_card = |apart: char, groups: usize, long: usize| {
        let mut parts = word.split(apart);
        word.split(apart).count() == groups && parts.all(|part| is_hex(part) && part.len() <= long)
    };
    let is_number = word.strip_prefix("0x").is_some_and(is_hex)
        || word.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let is_constant = ["icmp-", "icmp6-", "tcp-"].iter().any(|start| word.starts_with(start));
    !(word.contains(':') || is_number || is_constant || is_card('-', 6, 2) || is_card('.', 3, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &str, expected: Option<&str>) {
        assert_eq!(first(filter), expected, "{filter}");
    }

    #[test]
    fn names_of_hosts_are_found_wherever_they_may_stand() {
        check("host ns1.example.com", Some("ns1.example.com"));
        check("host resolver", Some("resolver"));
        check("src 10.0.0.1 or resolver", Some("resolver"));
        check("port 53 and not dst net corp", Some("corp"));
        check("(udp port domain) and (ip6 host 3com.example)", Some("3com.example"));
        check("resolver", Some("resolver"));
        check("tcp[13] & 7 != 0 and host a", Some("a"));
    }

    #[test]
    fn what_is_no_name_of_a_host_is_let_pass() {
        for filter in [
            "",
            "port 53",
            "udp port domain or mdns",
            "host 10.0.0.1 or 2001:db8::1 or net 10.1 or net 192.0.2.0/24 mask 255.0.0.0",
            "ether host 02:00:00:00:00:01 or 02-00-00-00-00-0a or 0200.0000.000a",
            "vlan 5 and (vlan and not ip proto \\tcp)",
            "icmp[icmptype] = icmp-unreach and tcp[tcpflags] & tcp-rst != 0",
            "ether proto 0x88a8 and less 0x100 || greater 64 && not broadcast",
            "on eth0 and inbound and ifindex 7",
            "wlan type mgt subtype beacon or mpls or pppoes 5 or ip6 protochain 17",
        ] {
            check(filter, None);
        }
    }
}
