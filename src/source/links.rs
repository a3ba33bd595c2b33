//! Link types as capture files and libpcap number them, brought to the numbers of the registry.

use crate::wire::LinkType;

/// Numbers that mean the same link layer as a registered one: what libpcap's live captures use on
/// some systems (DLT_), and what some writers therefore put into files.
const ALIASES: &[(u16, u16)] = &[
    (11, 100), // DLT_ATM_RFC1483
    (12, 101), // DLT_RAW on most systems
    (14, 101), // DLT_RAW on OpenBSD
];

/// The registered number for what a capture calls `number`.
pub(super) fn canonical(number: u16) -> LinkType {
    let alias = ALIASES.iter().find(|(from, _)| *from == number);
    LinkType(alias.map_or(number, |(_, to)| *to))
}

/// Names of link layers that captures are met with and that no DNS can be read from, or that are
/// not decoded yet: an error that names them tells the user which capture to make instead.
const NAMES: &[(u32, &str)] = &[
    (3, "AX25"),
    (6, "IEEE802_5"),
    (7, "ARCNET_BSD"),
    (8, "SLIP"),
    (10, "FDDI"),
    (50, "PPP_HDLC"),
    (51, "PPP_ETHER"),
    (99, "SYMANTEC_FIREWALL"),
    (100, "ATM_RFC1483"),
    (104, "C_HDLC"),
    (105, "IEEE802_11"),
    (106, "ATM_CLIP"),
    (107, "FRELAY"),
    (109, "ENC"),
    (114, "LTALK"),
    (117, "PFLOG"),
    (119, "IEEE802_11_PRISM"),
    (122, "IP_OVER_FC"),
    (123, "SUNATM"),
    (127, "IEEE802_11_RADIOTAP"),
    (129, "ARCNET_LINUX"),
    (138, "APPLE_IP_OVER_IEEE1394"),
    (140, "MTP2"),
    (141, "MTP3"),
    (143, "DOCSIS"),
    (144, "LINUX_IRDA"),
    (147, "USER0"),
    (163, "IEEE802_11_AVS"),
    (165, "BACNET_MS_TP"),
    (166, "PPP_PPPD"),
    (177, "LINUX_LAPD"),
    (187, "BLUETOOTH_HCI_H4"),
    (189, "USB_LINUX"),
    (192, "PPI"),
    (195, "IEEE802_15_4_WITHFCS"),
    (197, "ERF"),
    (201, "BLUETOOTH_HCI_H4_WITH_PHDR"),
    (215, "IEEE802_15_4_NONASK_PHY"),
    (220, "USB_LINUX_MMAPPED"),
    (227, "CAN_SOCKETCAN"),
    (230, "IEEE802_15_4_NOFCS"),
    (231, "DBUS"),
    (239, "NFLOG"),
    (240, "NETANALYZER"),
    (247, "INFINIBAND"),
    (249, "USBPCAP"),
    (251, "BLUETOOTH_LE_LL"),
    (253, "NETLINK"),
    (254, "BLUETOOTH_LINUX_MONITOR"),
    (258, "PKTAP"),
    (265, "USB_DARWIN"),
    (271, "VSOCK"),
    (272, "NORDIC_BLE"),
];

/// The registry's name of a link type, or the best there is.
pub(super) fn name(number: u32) -> String {
    if let Some(link) = u16::try_from(number).ok().map(LinkType)
        && link.link().is_some()
    {
        return link.name();
    }
    let known = NAMES.iter().find(|(of, _)| *of == number);
    known.map_or_else(|| "no name known".to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_ip_has_one_number_whichever_system_wrote_it() {
        assert_eq!([12, 14, 101].map(canonical), [LinkType(101); 3]);
        assert_eq!(canonical(1), LinkType(1));
    }

    #[test]
    fn no_link_type_is_named_twice() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_link_type_is_named_as_far_as_known() {
        assert_eq!(name(1), "EN10MB");
        assert_eq!(name(239), "NFLOG");
        assert_eq!(name(9_999_999), "no name known");
    }
}
