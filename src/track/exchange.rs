//! The words of matching: message, key, exchange, outcome.

use crate::iana::{Ede, Opcode, Rcode};
use crate::time::Timestamp;
use crate::wire::{Address, Endpoint, Flags, IcmpError, Print, Question, Transport};

use super::hash::Hashes;

/// What a query and its response share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who asks.
    pub client: Endpoint,
    /// Who is asked.
    pub server: Endpoint,
    /// The message ID.
    pub id: u16,
    /// Over what.
    pub transport: Transport,
}

/// A decoded message on its way to be matched.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// When its packet was captured.
    pub at: Timestamp,
    /// Pairs it with its counterpart.
    pub key: Key,
    /// Its flags.
    pub flags: Flags,
    /// Its first question, if any.
    pub question: Option<Question>,
    /// The question's name in canonical wire form; empty if there is none.
    pub name: &'a [u8],
    /// Keyed hashes of client, server and question.
    pub hashes: Hashes,
    /// Whether it carries an OPT record.
    pub edns: bool,
    /// What it answers; `None` for a query.
    pub answer: Option<Answer<'a>>,
    /// Tells a second copy of its packet from a message sent again.
    pub print: Print,
}

/// What a response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its code, twelve bits where it carries EDNS.
    pub rcode: Rcode,
    /// Its Extended DNS Error.
    pub ede: Option<Ede>,
    /// The text of that error: anyone's bytes.
    pub ede_text: &'a [u8],
    /// Records in its answer section, as promised.
    pub answers: u16,
    /// Its form.
    pub form: Form,
}

/// What a response looks like beside its code: servers differ in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct Form {
    /// It carries an OPT record.
    pub edns: bool,
    /// It does not repeat the question.
    pub bare: bool,
    /// It carries a TSIG record.
    pub tsig: bool,
    /// It names the policy zone that made it: an SOA record among the additional ones, with no
    /// answer and no authority (BIND and others with response policy zones).
    pub policy: bool,
    /// It refers to other servers: records of authority, no answer, no SOA.
    pub referral: bool,
}

/// What a query asked for, as far as its response does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When it was first sent.
    pub at: Timestamp,
    /// Its flags.
    pub flags: Flags,
    /// Whether it carried EDNS: without it no Extended DNS Error can come back.
    pub edns: bool,
    /// When it was last sent.
    pub last: Timestamp,
    /// How often it was sent again while it waited.
    pub repeats: u16,
    /// An ICMP error or a TCP reset had ended it, before a late response came.
    pub unreachable: bool,
}

/// How one question ended, as far as the wire shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response came; `late` if after the query had been given up as unanswered.
    Answered {
        /// Nanoseconds from the first copy of the query to the response (from the last copy, if an
        /// earlier one already had a response); zero if clocks disagree.
        took: u64,
        /// The exchange was reported as unanswered (or unreachable) before, and no longer is.
        late: bool,
    },
    /// One more response to a query that already had one.
    RepeatedResponse,
    /// A response nobody was seen asking for.
    Unasked,
    /// A response whose query was skipped to relieve an overloaded capture.
    Skipped,
    /// Nothing came in time. This is not RCODE 0 and never counts as NOERROR.
    Unanswered,
    /// An ICMP error or a TCP reset came instead.
    Unreachable(Obstacle),
    /// The capture ended first, or the query was forgotten for want of room. Told only where
    /// [`TrackerConfig::holds`](super::TrackerConfig::holds).
    Undecided,
}

/// What was in the way of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// The server's own host says that nobody listens on the port (RFC 1122 §3.2.2.1).
    PortClosed,
    /// Somebody between says that it is not allowed, or that there is no such port.
    Rejected,
    /// The server's own host says that it is not allowed.
    RejectedByHost,
    /// No way leads there, or the packet was too old or too large.
    NoRoute,
    /// The TCP connection was reset.
    Reset,
}

impl Obstacle {
    /// What an ICMP error says (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3).
    pub fn of(error: &IcmpError<'_>) -> Self {
        let by_host = error.reporter == error.to.address;
        match (error.v6, error.kind, error.code) {
            (false, 3, 3) | (true, 1, 4) if by_host => Self::PortClosed,
            (false, 3, 3 | 9 | 10 | 13) | (true, 1, 1 | 4 | 5 | 6) => {
                if by_host {
                    Self::RejectedByHost
                } else {
                    Self::Rejected
                }
            }
            _ => Self::NoRoute,
        }
    }

    /// What came in place of a response, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::PortClosed => "its host says that nobody listens on the port",
            Self::Rejected => "something on the way says that it is not allowed",
            Self::RejectedByHost => "its host says that it is not allowed",
            Self::NoRoute => "no way leads there",
            Self::Reset => "the TCP connection was reset",
        }
    }
}

/// One question and its end.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// When it ended: the response's time, or the query's where none came.
    pub at: Timestamp,
    /// Who asked.
    pub client: Address,
    /// Who was asked.
    pub server: Address,
    /// From which port of the client.
    pub client_port: u16,
    /// At which port of the server.
    pub server_port: u16,
    /// The message ID.
    pub id: u16,
    /// Over what.
    pub transport: Transport,
    /// How it ended.
    pub outcome: Outcome,
    /// What the server was asked to do.
    pub opcode: Opcode,
    /// The question, from the response or else from the query.
    pub question: Option<Question>,
    /// Its name in canonical wire form; empty if there is none.
    pub name: &'a [u8],
    /// Keyed hashes of client, server and question.
    pub hashes: Hashes,
    /// The query, if it was seen.
    pub asked: Option<Asked>,
    /// The response, if there was one.
    pub answer: Option<Answer<'a>>,
    /// The response's flags, or the query's where none came.
    pub flags: Flags,
}
