//! A diagnosis as a value: what, how sure, on what evidence, and what to do.

use crate::iana::{Class, Opcode, Rcode, RecordType};
use crate::time::Timestamp;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Consistent with the evidence, as are other causes.
    Possible,
    /// The evidence speaks for it and against the others.
    Likely,
    /// Stated by the packets themselves.
    Certain,
}

impl std::fmt::Display for Confidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        })
    }
}

/// How the exchanges of a finding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingOutcome {
    /// With a response of this code.
    Response(Rcode),
    /// With nothing.
    Unanswered,
    /// With an ICMP error or a TCP reset.
    Unreachable,
}

/// What the evidence says about a group of exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable identifier of the cause.
    pub cause: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// False for what works as intended.
    pub fault: bool,
    /// How the exchanges ended.
    pub outcome: FindingOutcome,
    /// How many exchanges belong to it.
    pub count: u64,
    /// Which exchanges belong to it.
    pub scope: Scope,
    /// The first of them.
    pub first: Option<Timestamp>,
    /// The last of them.
    pub last: Option<Timestamp>,
    /// The last success of the same group before the first of them.
    pub last_success: Option<Timestamp>,
    /// The finding in one sentence.
    pub headline: String,
    /// What speaks for it, with numbers.
    pub evidence: Vec<String>,
    /// What speaks against it, or is missing.
    pub against: Vec<String>,
    /// What to change.
    pub fix: Vec<String>,
    /// One command that verifies it.
    pub verify: String,
}

/// The exchanges a finding covers; empty or `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Addresses or prefixes.
    pub servers: Vec<String>,
    /// Addresses or prefixes.
    pub clients: Vec<String>,
    /// The name is under one of these.
    pub suffixes: Vec<String>,
    /// The name is under none of these.
    pub outside_suffixes: Vec<String>,
    /// Question types.
    pub types: Vec<RecordType>,
    /// Opcodes.
    pub opcodes: Vec<Opcode>,
    /// Classes.
    pub classes: Vec<Class>,
    /// The RD bit of the query.
    pub recursion_desired: Option<bool>,
    /// Whether the response had no query.
    pub unasked: Option<bool>,
}
