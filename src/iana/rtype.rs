//! Resource record types and classes (IANA registry "DNS Parameters", RFC 6895 §3.1 and §3.2).

use std::fmt;

/// A record or query type: 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

/// A class: 16 bits, nearly always `IN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

const TYPES: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP-PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (31, "EID"),
    (32, "NIMLOC"),
    (33, "SRV"),
    (34, "ATMA"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (40, "SINK"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (56, "NINFO"),
    (57, "RKEY"),
    (58, "TALINK"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (66, "DSYNC"),
    (67, "HHIT"),
    (68, "BRID"),
    (99, "SPF"),
    (100, "UINFO"),
    (101, "UID"),
    (102, "GID"),
    (103, "UNSPEC"),
    (104, "NID"),
    (105, "L32"),
    (106, "L64"),
    (107, "LP"),
    (108, "EUI48"),
    (109, "EUI64"),
    (128, "NXNAME"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
    (258, "AVC"),
    (259, "DOA"),
    (260, "AMTRELAY"),
    (261, "RESINFO"),
    (262, "WALLET"),
    (263, "CLA"),
    (264, "IPN"),
    (32768, "TA"),
    (32769, "DLV"),
];

/// QCLASS ANY is `ANY` here as in `dig`; the registry calls 255 "QCLASS * (ANY)".
const CLASSES: &[(u16, &str)] = &[(1, "IN"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY")];

impl RecordType {
    /// An IPv4 address (RFC 1035).
    pub const A: Self = Self(1);
    /// A server of a zone (RFC 1035).
    pub const NS: Self = Self(2);
    /// The name that another one stands for (RFC 1035).
    pub const CNAME: Self = Self(5);
    /// Start of a zone of authority (RFC 1035).
    pub const SOA: Self = Self(6);
    /// An IPv6 address (RFC 3596).
    pub const AAAA: Self = Self(28);
    /// The EDNS pseudo-record (RFC 6891).
    pub const OPT: Self = Self(41);
    /// A transaction signature (RFC 8945).
    pub const TSIG: Self = Self(250);
    /// Incremental zone transfer (RFC 1995).
    pub const IXFR: Self = Self(251);
    /// The name of an address, below in-addr.arpa or ip6.arpa (RFC 1035 §3.3.12).
    pub const PTR: Self = Self(12);
    /// Zone transfer (RFC 5936).
    pub const AXFR: Self = Self(252);
    /// All records the server has for a name (RFC 1035, RFC 8482).
    pub const ANY: Self = Self(255);

    /// From a mnemonic or `TYPE65280`, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        super::number_of(TYPES, "TYPE", text).map(Self)
    }
}

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
    /// Chaosnet, today only server identity queries such as `version.bind`.
    pub const CH: Self = Self(3);

    /// From a mnemonic or `CLASS42`, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        super::number_of(CLASSES, "CLASS", text).map(Self)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::name_of(TYPES, self.0) {
            Some(name) => f.pad(name),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::name_of(CLASSES, self.0) {
            Some(name) => f.pad(name),
            None => f.pad(&format!("CLASS{}", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_name_survive() {
        assert_eq!(RecordType(65280).to_string(), "TYPE65280");
        assert_eq!(RecordType::from_name("type65280"), Some(RecordType(65280)));
        assert_eq!(RecordType::from_name("aaaa"), Some(RecordType::AAAA));
        assert_eq!(Class(42).to_string(), "CLASS42");
        assert_eq!(RecordType::from_name("TYPE"), None);
        assert_eq!(RecordType::from_name("TYPE65536"), None);
    }

    #[test]
    fn every_name_reads_back_as_its_number() {
        for (number, name) in TYPES {
            assert_eq!(RecordType::from_name(name), Some(RecordType(*number)));
        }
        for (number, name) in CLASSES {
            assert_eq!(Class::from_name(name), Some(Class(*number)));
        }
    }
}
