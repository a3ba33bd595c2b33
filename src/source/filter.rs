//! The built-in capture filter, in the language of libpcap.
//!
//! The kernel shall pass what an analysis of DNS on some ports can use, and nothing else: the
//! messages, the fragments of large ones, and the ICMP errors that end queries.

/// Filters for these ports, best first: with VLAN tags to any of two depths, and, for link layers
/// where libpcap refuses the word, with what is left of tags in cooked frames, or without.
pub(super) fn built_in(ports: &[u16]) -> [String; 3] {
    let wanted = wanted(ports);
    // Each `vlan` moves what follows it four bytes further into the frame; the second one is for
    // QinQ. Where the kernel took the tag off, the first alternative matches already.
    let tagged = format!("({wanted}) or (vlan and ({wanted})) or (vlan and ({wanted}))");
    let cooked = format!("{wanted} or {}", COOKED_TAGS.join(" or "));
    [tagged, cooked, wanted]
}

/// Of two VLAN tags the system takes off the outer one. The inner one stays: as the protocol of the
/// frame, or, since Linux 6.12, before an IP header that the frame says to begin with.
const COOKED_TAGS: &[&str] = &[
    "ether proto 0x8100",
    "ether proto 0x88a8",
    "(ip[2:2] = 0x0800 and ip[4] & 0xf0 = 0x40)",
    "(ip6[2:2] = 0x86dd and ip6[4] & 0xf0 = 0x60)",
];

/// What passes a filter and does not come from the interfaces with these numbers of the system.
pub(super) fn of_others(left_out: &[u32], filter: &str) -> String {
    if left_out.is_empty() {
        return filter.to_owned();
    }
    let filter = if filter.trim().is_empty() { "greater 0" } else { filter };
    // First, so that most frames cost the kernel no more than that.
    let left_out: Vec<String> = left_out.iter().map(|index| format!("ifindex {index}")).collect();
    format!("not ({}) and ({filter})", left_out.join(" or "))
}

fn wanted(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(|port| format!("port {port}")).collect();
    let mut alternatives = ports;
    alternatives.extend(BESIDES.iter().map(|(expression, _)| format!("({expression})")));
    alternatives.join(" or ")
}

/// What is wanted besides the ports, and why.
const BESIDES: &[(&str, &str)] = &[
    ("ip[6:2] & 0x1fff != 0", "later IPv4 fragments carry no port"),
    ("ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60", "`port` sees no IPv6 extensions"),
    ("ip6[6] = 0 and ip6[40] != 58", "nor hop-by-hop options, but multicast reports have them too"),
    ("icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12", "unreachable, time exceeded, bad parameter"),
    ("icmp6 and ip6[40] < 5", "the errors of ICMPv6"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use pcap::{Capture, Linktype};

    fn compiles(link: i32, filter: &str) -> bool {
        Capture::dead(Linktype(link)).unwrap().compile(filter, true).is_ok()
    }

    #[test]
    fn one_of_the_filters_compiles_on_every_link_layer_that_is_captured_on() {
        // Ethernet, raw IP, Linux cooked 1 and 2, null, loop, PPP, 802.11, radiotap
        for link in [1, 12, 113, 276, 0, 108, 9, 105, 127] {
            let works = built_in(&[53, 5353]).iter().any(|filter| compiles(link, filter));
            assert!(works, "no filter compiles on link type {link}");
        }
        assert!(compiles(1, &built_in(&[53])[0]), "Ethernet has VLAN tags");
    }

    #[test]
    fn of_others_nothing_but_what_passes_the_filter() {
        assert_eq!(of_others(&[], "a or b"), "a or b");
        assert_eq!(of_others(&[1, 7], "a or b"), "not (ifindex 1 or ifindex 7) and (a or b)");
        let numbers: Vec<_> = (1..=256).collect();
        let works = built_in(&[53]).iter().any(|each| compiles(276, &of_others(&numbers, each)));
        assert!(works, "as many as are left out at most");
    }

    /// Ethernet frames as hex and whether they are wanted.
    #[track_caller]
    fn check(frame: &str, wanted: bool) {
        let bytes: Vec<u8> = frame
            .split_whitespace()
            .flat_map(|word| (0..word.len()).step_by(2).map(move |at| &word[at..at + 2]))
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        let dead = Capture::dead(Linktype(1)).unwrap();
        let program = dead.compile(&built_in(&[53])[0], true).unwrap();
        assert_eq!(program.filter(&bytes), wanted, "{frame}");
    }

    const MAC: &str = "020000000001020000000002";
    const IP_UDP: &str = "4500001c 00010000 40110000 0a000001 0a000002";
    const IP_TCP: &str = "45000028 00010000 40060000 0a000001 0a000002";
    const IP_LATER: &str = "4500001c 00010003 40110000 0a000001 0a000002";
    const IP_ICMP: &str = "45000024 00010000 40010000 0a000001 0a000002";
    const ADDRESSES6: &str = "fd000000000000000000000000000001 fd000000000000000000000000000002";

    #[test]
    fn messages_pass_tagged_or_not() {
        for tags in ["", "8100 0064", "88a8 0064 8100 0065"] {
            check(&format!("{MAC} {tags} 0800 {IP_UDP} 1234 0035 0008 0000"), true);
            check(
                &format!("{MAC} {tags} 0800 {IP_TCP} 0035 1234 00000000 00000000 5002 0000"),
                true,
            );
            check(&format!("{MAC} {tags} 0800 {IP_UDP} 1234 0050 0008 0000"), false);
        }
    }

    #[test]
    fn fragments_and_errors_pass_and_other_icmp_does_not() {
        check(&format!("{MAC} 0800 {IP_LATER} 00000000 00000000"), true);
        check(
            &format!("{MAC} 86dd 60000000 0010 2c 40 {ADDRESSES6} 1100 0008 00000001 00000000"),
            true,
        );
        check(&format!("{MAC} 0800 {IP_ICMP} 0303 0000 00000000 45000000 00000000"), true);
        check(&format!("{MAC} 0800 {IP_ICMP} 0800 0000 00000000 45000000 00000000"), false);
        check(&format!("{MAC} 86dd 60000000 0008 3a 40 {ADDRESSES6} 0104 0000 00000000"), true);
        check(&format!("{MAC} 86dd 60000000 0008 3a 40 {ADDRESSES6} 8000 0000 00000000"), false);
    }
}
