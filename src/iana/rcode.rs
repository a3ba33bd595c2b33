//! Response codes (IANA registry "DNS RCODEs", RFC 6895 §2.3), their meaning and Windows numbers.

use std::fmt;

/// A response code: four header bits, or twelve with EDNS (RFC 1035 §4.1.1, RFC 6891 §6.1.3).
///
/// Only responses have one; no response is never an RCODE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rcode(pub u16);

/// One row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct RcodeFact {
    /// The code.
    pub rcode: Rcode,
    /// The IANA mnemonic, in upper case.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub meaning: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

const fn row(
    code: u16,
    name: &'static str,
    meaning: &'static str,
    source: &'static str,
) -> RcodeFact {
    RcodeFact { rcode: Rcode(code), name, meaning, source }
}

/// Every assigned response code that a response header with or without EDNS can carry.
///
/// 16 is BADVERS here; in a TSIG record the same number is BADSIG (RFC 8945 §3).
pub const RCODES: &[RcodeFact] = &[
    row(0, "NOERROR", "the query was answered, though perhaps with no records", "RFC 1035 §4.1.1"),
    row(1, "FORMERR", "the server could not make sense of the query", "RFC 1035 §4.1.1"),
    row(2, "SERVFAIL", "the server tried and failed to get an answer", "RFC 1035 §4.1.1"),
    row(3, "NXDOMAIN", "the name does not exist", "RFC 1035 §4.1.1"),
    row(4, "NOTIMP", "the server does not support this kind of query", "RFC 1035 §4.1.1"),
    row(
        5,
        "REFUSED",
        "the server will not answer this query for reasons of policy",
        "RFC 1035 §4.1.1",
    ),
    row(6, "YXDOMAIN", "a name exists that should not", "RFC 2136 §2.2, RFC 6672 §2.2"),
    row(7, "YXRRSET", "a record set exists that should not", "RFC 2136 §2.2"),
    row(8, "NXRRSET", "a record set that should exist does not", "RFC 2136 §2.2"),
    row(
        9,
        "NOTAUTH",
        "the server is not authoritative for the zone, or the signer is not authorized",
        "RFC 2136 §2.2, RFC 8945 §5.1",
    ),
    row(10, "NOTZONE", "a name of the update is outside its zone", "RFC 2136 §2.2"),
    row(11, "DSOTYPENI", "the DSO message type is not implemented", "RFC 8490 §10.2"),
    row(16, "BADVERS", "the server does not speak this version of EDNS", "RFC 6891 §6.1.3"),
    row(17, "BADKEY", "the signing key is not recognized", "RFC 8945 §5.2.1"),
    row(18, "BADTIME", "the signature is outside its time window", "RFC 8945 §5.2.3"),
    row(19, "BADMODE", "the TKEY mode is not supported", "RFC 2930 §2.6"),
    row(20, "BADNAME", "the key name is already in use", "RFC 2930 §2.6"),
    row(21, "BADALG", "the algorithm is not supported", "RFC 2930 §2.6"),
    row(22, "BADTRUNC", "the signature is cut too short", "RFC 8945 §5.2.2.1"),
    row(23, "BADCOOKIE", "the server cookie is missing or wrong", "RFC 7873 §5.2.3"),
];

/// Windows reports a DNS error as this base plus the RCODE, and its names for some of them.
const WINDOWS_BASE: u16 = 9000;

/// RCODEs that have a symbol in the Windows header `winerror.h`; 9016 is BADSIG there.
const WINDOWS_SYMBOLS: &[(u16, &str)] = &[
    (1, "DNS_ERROR_RCODE_FORMAT_ERROR"),
    (2, "DNS_ERROR_RCODE_SERVER_FAILURE"),
    (3, "DNS_ERROR_RCODE_NAME_ERROR"),
    (4, "DNS_ERROR_RCODE_NOT_IMPLEMENTED"),
    (5, "DNS_ERROR_RCODE_REFUSED"),
    (6, "DNS_ERROR_RCODE_YXDOMAIN"),
    (7, "DNS_ERROR_RCODE_YXRRSET"),
    (8, "DNS_ERROR_RCODE_NXRRSET"),
    (9, "DNS_ERROR_RCODE_NOTAUTH"),
    (10, "DNS_ERROR_RCODE_NOTZONE"),
    (16, "DNS_ERROR_RCODE_BADSIG"),
    (17, "DNS_ERROR_RCODE_BADKEY"),
    (18, "DNS_ERROR_RCODE_BADTIME"),
];

impl Rcode {
    /// Answered.
    pub const NOERROR: Self = Self(0);
    /// Format error.
    pub const FORMERR: Self = Self(1);
    /// Server failure.
    pub const SERVFAIL: Self = Self(2);
    /// No such name.
    pub const NXDOMAIN: Self = Self(3);
    /// Not implemented.
    pub const NOTIMP: Self = Self(4);
    /// Refused for reasons of policy.
    pub const REFUSED: Self = Self(5);
    /// Not authoritative, or not authorized.
    pub const NOTAUTH: Self = Self(9);
    /// Bad EDNS version.
    pub const BADVERS: Self = Self(16);
    /// Missing or wrong server cookie.
    pub const BADCOOKIE: Self = Self(23);
    /// The largest: twelve bits.
    pub const MAX: Self = Self(0x0fff);

    /// The registry's row, if the code is assigned.
    pub fn fact(self) -> Option<&'static RcodeFact> {
        RCODES.iter().find(|fact| fact.rcode == self)
    }

    /// From a mnemonic in any case, `RCODE3841`, or a number up to 4095.
    pub fn from_name(text: &str) -> Option<Self> {
        let named = RCODES.iter().find(|fact| fact.name.eq_ignore_ascii_case(text));
        let head = text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("RCODE"));
        let digits = if head { text.get(5..)? } else { text };
        named
            .map(|fact| fact.rcode)
            .or_else(|| digits.parse().ok().map(Self))
            .filter(|rcode| *rcode <= Self::MAX)
    }

    /// The number Windows shows for it: 9000 plus the code, for the codes 1 to 18.
    pub fn windows_error(self) -> Option<u16> {
        (1..=18).contains(&self.0).then(|| WINDOWS_BASE + self.0)
    }

    /// The symbol of [`Self::windows_error`] in `winerror.h`, where there is one.
    pub fn windows_symbol(self) -> Option<&'static str> {
        super::name_of(WINDOWS_SYMBOLS, self.0)
    }

    /// From a Windows error number (9001 to 9018) or its symbol.
    pub fn from_windows(text: &str) -> Option<Self> {
        let named = WINDOWS_SYMBOLS.iter().find(|(_, symbol)| symbol.eq_ignore_ascii_case(text));
        let number = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .map_or_else(|| text.parse().ok(), |hex| u16::from_str_radix(hex, 16).ok());
        named.map(|(code, _)| Self(*code)).or_else(|| {
            let rcode = Self(number?.checked_sub(WINDOWS_BASE)?);
            rcode.windows_error().map(|_| rcode)
        })
    }

    /// Whether a lookup that ends with this code got what it asked for: NOERROR or NXDOMAIN.
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::NOERROR | Self::NXDOMAIN)
    }
}

/// The mnemonic, or `RCODE3841` for a code without one.
impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fact() {
            Some(fact) => f.pad(fact.name),
            None => f.pad(&format!("RCODE{}", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_is_five_and_windows_9005() {
        assert_eq!(Rcode::from_name("refused"), Some(Rcode(5)));
        assert_eq!(Rcode::REFUSED.windows_error(), Some(9005));
        assert_eq!(Rcode::from_windows("0x232D"), Some(Rcode::REFUSED));
        assert_eq!(Rcode::from_windows("9001"), Some(Rcode::FORMERR));
        assert_eq!(Rcode::from_windows("9002"), Some(Rcode::SERVFAIL));
        assert_eq!(Rcode::from_windows("dns_error_rcode_refused"), Some(Rcode::REFUSED));
        assert_eq!(Rcode::from_windows("9000"), None);
        assert_eq!(Rcode::from_windows("9019"), None);
    }

    #[test]
    fn unknown_codes_keep_their_number() {
        assert_eq!(Rcode(3841).to_string(), "RCODE3841");
        assert_eq!(Rcode::from_name("RCODE3841"), Some(Rcode(3841)));
        assert_eq!(Rcode::from_name("4096"), None);
        assert_eq!(Rcode::from_name("nonsense"), None);
    }

    #[test]
    fn every_row_has_its_own_number_and_name() {
        for (place, fact) in RCODES.iter().enumerate() {
            assert_eq!(Rcode::from_name(fact.name), Some(fact.rcode));
            assert!(RCODES[..place].iter().all(|other| other.rcode < fact.rcode), "sorted");
        }
    }
}
