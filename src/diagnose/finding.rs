//! A diagnosis as a value: what, how sure, on what evidence, and what to do.

use std::time::Duration;

use super::causes::UNKNOWN;
use super::onset::Onset;
use super::watch::Turn;
use crate::focus::Focus;
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

impl Confidence {
    /// One step less sure.
    pub(super) fn lower(self) -> Self {
        match self {
            Self::Certain => Self::Likely,
            Self::Likely | Self::Possible => Self::Possible,
        }
    }
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

impl FindingOutcome {
    /// Whether such exchanges are in focus.
    pub fn is_in(self, focus: Focus) -> bool {
        match focus {
            Focus::Rcode(rcode) => self == Self::Response(rcode),
            Focus::NoResponse => matches!(self, Self::Unanswered | Self::Unreachable),
            // How long a response took is no way to end.
            Focus::Slow => false,
        }
    }
}

/// What the evidence says about a group of exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number in the order in which findings were opened, from 1: the same as long as it is known
    /// again. 0 where it is not followed: of what no cause explains.
    pub id: u64,
    /// Stable identifier of the cause.
    pub cause: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// False for what works as intended.
    pub fault: bool,
    /// How the exchanges ended.
    pub outcome: FindingOutcome,
    /// How many exchanges belong to it, and TCP connections that were not taken.
    pub count: u64,
    /// How many of these are connections: no query came to be, so no filter means them.
    pub connections: u64,
    /// Which exchanges belong to it.
    pub scope: Scope,
    /// The first of them.
    pub first: Option<Timestamp>,
    /// The last of them.
    pub last: Option<Timestamp>,
    /// The last success of the same group before the first of them.
    pub last_success: Option<Timestamp>,
    /// How it began.
    pub onset: Onset,
    /// Whether it was seen in the last minute of the capture.
    pub ongoing: bool,
    /// What became of it while packets flowed, oldest first; empty where causes were weighed once.
    pub turns: Vec<Turn>,
    /// What it did.
    pub impact: Impact,
    /// The numbers, counted from 0, of findings that have to do with it: the upstream that refuses
    /// the server that then fails.
    pub linked: Vec<usize>,
    /// The finding in one sentence.
    pub headline: String,
    /// The same with fewer examples, where room is short.
    pub brief: String,
    /// What speaks for it, with numbers.
    pub evidence: Vec<String>,
    /// What speaks against it, or is missing.
    pub against: Vec<String>,
    /// The product that the servers seem to be, by what their responses look like.
    pub brand: Option<String>,
    /// What to change: what comes first; the directive of each product, the likely one before the
    /// others; what not to do.
    pub fix: Vec<String>,
    /// One command that verifies it.
    pub verify: String,
    /// The same on Windows; empty where it cannot ask that.
    pub verify_windows: String,
}

impl Finding {
    /// What to change on the product that the servers seem to be.
    pub fn directive(&self) -> Option<&str> {
        let brand = self.brand.as_ref()?;
        let is_its = |line: &&String| {
            line.strip_prefix(brand.as_str()).is_some_and(|rest| rest.starts_with(':'))
        };
        self.fix.iter().find(is_its).map(String::as_str)
    }

    /// How it began, as the end of a sentence.
    pub fn beginning(&self) -> &'static str {
        match (self.onset, self.last_success) {
            (Onset::NoneBefore, None) => "nothing of the kind was answered before",
            (onset, _) => onset.meaning(),
        }
    }

    /// When the same was answered for the last time before it began, where that was its end: by
    /// turns, and while it fails more and more, it is answered afterwards as well.
    pub fn answered_until(&self) -> Option<Timestamp> {
        let goes_on = matches!(self.onset, Onset::Mixed | Onset::Drift);
        self.last_success.filter(|_| !goes_on)
    }

    /// Whether all that belongs to it are TCP connections that were not taken.
    pub fn is_of_connections(&self) -> bool {
        self.connections > 0 && self.connections >= self.count
    }

    /// What belongs to it, as a noun in the singular.
    pub fn unit(&self) -> &'static str {
        if self.is_of_connections() { "TCP connection" } else { "exchange" }
    }

    /// Whether it is of what no cause explains.
    pub fn is_unknown(&self) -> bool {
        self.cause == UNKNOWN.id
    }
}

/// What a finding did, as far as it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Pairs of client and question that met it and got no answer from any server: a lookup, but
    /// that what is asked again after a while counts once.
    pub lookups_failed: u64,
    /// Such pairs that got an answer from another server, or at another time.
    pub lookups_recovered: u64,
    /// Clients that met it.
    pub clients: u64,
    /// Names that met it.
    pub names: u64,
    /// Queries that were sent for it, again and again.
    pub queries: u64,
    /// How long was waited for it in all: until each response, or, where none came, until the query
    /// was sent for the last time - so at least so long.
    pub waited: Duration,
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

#[cfg(test)]
pub(crate) mod fixtures {
    use super::*;

    /// A finding that says nothing in particular.
    pub(crate) fn finding() -> Finding {
        Finding {
            id: 0,
            cause: "acl-recursion",
            confidence: Confidence::Likely,
            fault: true,
            outcome: FindingOutcome::Response(Rcode::REFUSED),
            count: 1,
            connections: 0,
            scope: Scope::default(),
            first: None,
            last: None,
            last_success: None,
            onset: Onset::NoneBefore,
            ongoing: true,
            turns: Vec::new(),
            impact: Impact::default(),
            linked: Vec::new(),
            headline: String::new(),
            brief: String::new(),
            evidence: Vec::new(),
            against: Vec::new(),
            brand: None,
            fix: Vec::new(),
            verify: String::new(),
            verify_windows: String::new(),
        }
    }
}
