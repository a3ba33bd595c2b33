//! Extended DNS Errors (IANA registry "Extended DNS Error Codes", RFC 8914 §5.2).

use std::fmt;

/// The INFO-CODE of an Extended DNS Error option: why, in the server's own words.
///
/// A server may send one only to a client whose query carried EDNS (RFC 6891 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ede(pub u16);

const NAMES: &[(u16, &str)] = &[
    (0, "Other"),
    (1, "Unsupported DNSKEY Algorithm"),
    (2, "Unsupported DS Digest Type"),
    (3, "Stale Answer"),
    (4, "Forged Answer"),
    (5, "DNSSEC Indeterminate"),
    (6, "DNSSEC Bogus"),
    (7, "Signature Expired"),
    (8, "Signature Not Yet Valid"),
    (9, "DNSKEY Missing"),
    (10, "RRSIGs Missing"),
    (11, "No Zone Key Bit Set"),
    (12, "NSEC Missing"),
    (13, "Cached Error"),
    (14, "Not Ready"),
    (15, "Blocked"),
    (16, "Censored"),
    (17, "Filtered"),
    (18, "Prohibited"),
    (19, "Stale NXDOMAIN Answer"),
    (20, "Not Authoritative"),
    (21, "Not Supported"),
    (22, "No Reachable Authority"),
    (23, "Network Error"),
    (24, "Invalid Data"),
    (25, "Signature Expired before Valid"),
    (26, "Too Early"),
    (27, "Unsupported NSEC3 Iterations Value"),
    (28, "Unable to conform to policy"),
    (29, "Synthesized"),
    (30, "Invalid Query Type"),
    (31, "Rate Limited"),
    (32, "Over Quota"),
    (33, "Negative Trust Anchor"),
    (34, "New Delegation Only"),
    (35, "Blocked by Upstream DNS Server"),
];

impl Ede {
    /// The server cannot answer yet (RFC 8914 §4.15).
    pub const NOT_READY: Self = Self(14);
    /// The client may not (RFC 8914 §4.19).
    pub const PROHIBITED: Self = Self(18);
    /// The server is no authority for the name, and recursion was not asked for (RFC 8914 §4.21).
    pub const NOT_AUTHORITATIVE: Self = Self(20);

    /// The registry's name for the code, if it has one.
    pub fn name(self) -> Option<&'static str> {
        super::name_of(NAMES, self.0)
    }
}

/// The registry's name, or `EDE 36` for a code without one.
impl fmt::Display for Ede {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("EDE {}", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_their_own_place_in_the_registry() {
        for (place, (code, _)) in NAMES.iter().enumerate() {
            assert_eq!(usize::from(*code), place);
        }
        assert_eq!(Ede(18).to_string(), "Prohibited");
        assert_eq!(Ede(49152).to_string(), "EDE 49152");
    }
}
