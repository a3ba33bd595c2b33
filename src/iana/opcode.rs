//! DNS operation codes (IANA registry "DNS `OpCodes`", RFC 6895 §2.2).

use std::fmt;

/// What a message asks the server to do: four bits of the header (RFC 1035 §4.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(pub u8);

const NAMES: &[(u16, &str)] =
    &[(0, "QUERY"), (1, "IQUERY"), (2, "STATUS"), (4, "NOTIFY"), (5, "UPDATE"), (6, "DSO")];

impl Opcode {
    /// A standard query (RFC 1035).
    pub const QUERY: Self = Self(0);
    /// A primary tells its secondaries of a new zone version (RFC 1996).
    pub const NOTIFY: Self = Self(4);
    /// A dynamic update (RFC 2136).
    pub const UPDATE: Self = Self(5);

    /// From a mnemonic or `OPCODE7`, in any case; at most 15.
    pub fn from_name(text: &str) -> Option<Self> {
        super::number_of(NAMES, "OPCODE", text)
            .and_then(|number| u8::try_from(number).ok())
            .filter(|number| *number < 16)
            .map(Self)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::name_of(NAMES, u16::from(self.0)) {
            Some(name) => f.pad(name),
            None => f.pad(&format!("OPCODE{}", self.0)),
        }
    }
}
