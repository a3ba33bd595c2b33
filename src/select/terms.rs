//! The keys and words of the filter language: one table.

use super::value::{self, Reading, Value};
use super::{Odd, Subject};
use crate::iana::{Rcode, RecordType};
use crate::tally::has_public_suffix;
use crate::time::Timestamp;
use crate::wire::name::labels;

/// A key with values, or a word by itself.
#[derive(Debug)]
pub struct Term {
    /// As it is written.
    pub key: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Values to offer, of those that are few.
    pub offers: &'static [&'static str],
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Key { read: fn(&str) -> Reading, holds: fn(&Value, &Subject<'_>) -> bool },
    Word(fn(&Subject<'_>) -> bool),
}

impl Term {
    /// Whether values follow.
    pub fn is_key(&self) -> bool {
        matches!(self.kind, Kind::Key { .. })
    }

    /// Whether it is about client or question: the same for all of a lookup.
    pub(super) fn is_of_lookup(&self) -> bool {
        let of_lookup =
            ["client", "name", "under", "type", "class", "unknown-tld", "a-for-a", "rfc1918-ptr"];
        of_lookup.contains(&self.key)
    }

    /// Whether it holds at a time; `None` if it is not about times.
    pub(super) fn holds_at(&self, values: &[Value], at: Timestamp) -> Option<bool> {
        match self.key {
            "after" => Some(values.iter().any(|value| value.is_reached(at))),
            "before" => Some(values.iter().any(|value| !value.is_reached(at))),
            _ => None,
        }
    }

    pub(super) fn holds(&self, values: &[Value], subject: &Subject<'_>) -> bool {
        match &self.kind {
            Kind::Key { holds, .. } => values.iter().any(|value| holds(value, subject)),
            Kind::Word(holds) => holds(subject),
        }
    }
}

const fn key(
    key: &'static str,
    help: &'static str,
    offers: &'static [&'static str],
    read: fn(&str) -> Reading,
    holds: fn(&Value, &Subject<'_>) -> bool,
) -> Term {
    Term { key, help, offers, kind: Kind::Key { read, holds } }
}

const fn word(key: &'static str, help: &'static str, holds: fn(&Subject<'_>) -> bool) -> Term {
    Term { key, help, offers: &[], kind: Kind::Word(holds) }
}

const RCODES: &[&str] = &["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const TYPES: &[&str] = &["A", "AAAA", "ANY", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

const TRANSPORTS: &[&str] = &["udp", "tcp", "dot", "doh", "doq", "dnscrypt"];

/// Every key and word.
pub const TERMS: &[Term] = &[
    key("server", "who was asked: an address or a network", &[], value::network, |value, it| {
        value.holds_address(it.server)
    }),
    key("client", "who asked: an address or a network", &[], value::network, |value, it| {
        value.holds_address(it.client)
    }),
    key("host", "server or client: an address or a network", &[], value::network, |value, it| {
        value.holds_address(it.server) || value.holds_address(it.client)
    }),
    key("name", "this very name, or *.NAME for all below it", &[], value::name, |value, it| {
        value.holds_name(it.name, false)
    }),
    key("under", "this name and all below it", &[], value::name, |value, it| {
        value.holds_name(it.name, true)
    }),
    key("type", "the type asked for", TYPES, value::rtype, |value, it| {
        it.rtype.is_some_and(|rtype| *value == Value::Type(rtype))
    }),
    key("class", "the class asked for", &["IN", "CH"], value::class, |value, it| {
        it.class.is_some_and(|class| *value == Value::Class(class))
    }),
    key("opcode", "what was to be done", &["QUERY", "NOTIFY", "UPDATE"], value::opcode, {
        |value, it| *value == Value::Opcode(it.opcode)
    }),
    key("rcode", "the response code", RCODES, value::rcode, |value, it| {
        it.rcode.is_some_and(|rcode| *value == Value::Rcode(rcode))
    }),
    key(
        "ede",
        "the number of the Extended DNS Error, or any",
        &["any"],
        value::ede,
        |value, it| it.ede.is_some_and(|ede| *value == Value::Any || *value == Value::Ede(ede)),
    ),
    key(
        "transport",
        "udp, tcp, dot, doh, doq or dnscrypt",
        TRANSPORTS,
        value::transport,
        |value, it| *value == Value::Transport(it.transport),
    ),
    key("family", "4 or 6: of the addresses", &["4", "6"], value::family, |value, it| {
        *value == Value::V4(it.server.is_v4())
    }),
    key("recursion", "whether it was desired", &["yes", "no"], value::yes, |value, it| {
        *value == Value::Yes(it.recursion)
    }),
    key("took", "the response time: >100ms or <1ms", &[], value::took, |value, it| {
        value.bounds(it.took)
    }),
    key("after", "not before this time (UTC)", &[], value::time, |value, it| {
        value.is_reached(it.at)
    }),
    key("before", "before this time (UTC)", &[], value::time, |value, it| !value.is_reached(it.at)),
    word("answered", "NOERROR or NXDOMAIN", |it| it.rcode.is_some_and(Rcode::is_answer)),
    word("failed", "another code, or no response in time", |it| {
        it.rcode.map_or(is_lost(it), |rcode| !rcode.is_answer())
    }),
    word("unanswered", "no response in time, be there a late one or not", is_lost),
    word("unreachable", "an ICMP error or a TCP reset came instead", |it| {
        it.odd == Odd::Unreachable
    }),
    word("unasked", "a response to no query that was seen", |it| it.odd == Odd::Unasked),
    word("repeated", "one more response to the same query", |it| it.odd == Odd::Repeated),
    word("unknown-tld", "the name ends in no known public suffix", |it| {
        !it.name.is_empty() && !has_public_suffix(it.name)
    }),
    word("a-for-a", "an address is asked for as a name", |it| {
        it.rtype == Some(RecordType::A) && is_address(it.name)
    }),
    word("rfc1918-ptr", "the name of a private address is asked for", |it| {
        it.rtype == Some(RecordType::PTR) && is_private(it.name)
    }),
];

fn is_lost(it: &Subject<'_>) -> bool {
    matches!(it.odd, Odd::Unanswered | Odd::Unreachable)
}

/// Whether a name is an IPv4 address in dotted form.
fn is_address(name: &[u8]) -> bool {
    let number = |label: &[u8]| {
        let text = std::str::from_utf8(label).ok();
        text.and_then(|text| text.parse::<u8>().ok()).is_some()
    };
    labels(name).count() == 4 && labels(name).all(number)
}

/// Whether a name is below in-addr.arpa, for an address of RFC 1918 §3.
fn is_private(name: &[u8]) -> bool {
    let all: Vec<&[u8]> = labels(name).collect();
    let [front @ .., second, first, b"in-addr", b"arpa"] = all.as_slice() else {
        return matches!(all.as_slice(), [b"10", b"in-addr", b"arpa"]);
    };
    let number =
        |label: &[u8]| std::str::from_utf8(label).ok().and_then(|text| text.parse::<u8>().ok());
    front.len() <= 2
        && match (number(first), number(second)) {
            (Some(10), _) | (Some(192), Some(168)) => true,
            (Some(172), Some(second)) => (16..32).contains(&second),
            _ => false,
        }
}
