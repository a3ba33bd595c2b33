//! What the columns are: one table, from which every writer and the reference are made.
//!
//! Names follow the terms of C-DNS (RFC 8618 §7) and of ENTRADA 2 where these have one.

use super::kinds::{Kind, Shaped, Store};
use super::row::{Row, end_word, obstacle_number, obstacle_word};
use super::shape::Shape;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::wire::{Flags, Transport};

/// A column.
#[derive(Debug)]
pub struct Column {
    /// As it is named in every format.
    pub name: &'static str,
    /// Its type, and where its value comes from.
    pub kind: Kind,
    /// Whether it may be null, and what that means; empty if it never is.
    pub null: &'static str,
    /// How Parquet shall store it.
    pub store: Store,
    /// What it says.
    pub about: &'static str,
}

const fn column(
    name: &'static str,
    kind: Kind,
    null: &'static str,
    store: Store,
    about: &'static str,
) -> Column {
    Column { name, kind, null, store, about }
}

const fn number(get: fn(&Shape) -> Option<u16>) -> Kind {
    Kind::Shaped(Shaped::Number(get))
}

const fn word(get: fn(&Shape) -> Option<u16>, spell: fn(u16) -> String) -> Kind {
    Kind::Shaped(Shaped::Word(get, spell))
}

const fn query_flag(
    name: &'static str,
    get: fn(&Shape) -> Option<bool>,
    about: &'static str,
) -> Column {
    column(name, Kind::Shaped(Shaped::Flag(get)), NO_QUERY, Store::Bits, about)
}

const fn response_flag(
    name: &'static str,
    get: fn(&Shape) -> Option<bool>,
    about: &'static str,
) -> Column {
    column(name, Kind::Shaped(Shaped::Flag(get)), NO_RESPONSE, Store::Bits, about)
}

const NO_QUERY: &str = "the query was not seen, or this answers a copy of it";
const NO_RESPONSE: &str = "no response";
const NO_QUESTION: &str = "neither message has a question that can be read";
const NEVER: &str = "";

/// Bits of the header without a method of their own (RFC 4035 §3.1.6, §3.2.2).
const AD: u16 = 0x0020;
const CD: u16 = 0x0010;

fn asked(shape: &Shape, has: impl Fn(Flags) -> bool) -> Option<bool> {
    shape.query.map(|query| has(query.flags))
}

fn told(shape: &Shape, has: impl Fn(Flags) -> bool) -> Option<bool> {
    shape.response.map(|response| has(response.flags))
}

/// Every column, in order.
pub const COLUMNS: &[Column] = &[
    column(
        "query_time",
        Kind::Time(|row| row.query_time),
        "no query was seen",
        Store::Packed,
        "when the query was first sent; of a response to a copy of a query, when that copy was sent",
    ),
    column(
        "response_time",
        Kind::Time(|row| row.response_time),
        NO_RESPONSE,
        Store::Packed,
        "when the response came",
    ),
    column(
        "response_delay",
        Kind::Nanos(Row::delay),
        "not both were seen",
        Store::Packed,
        "from the query to the response (C-DNS: response-delay); 0 if clocks of two capture points \
         disagree",
    ),
    column(
        "outcome",
        word(|shape| Some(shape.end as u16), |number| end_word(number).to_owned()),
        NEVER,
        Store::Dictionary,
        "what became of it: one of the words below",
    ),
    column(
        "obstacle",
        word(
            |shape| shape.obstacle.and_then(obstacle_number),
            |number| obstacle_word(number).to_owned(),
        ),
        "`outcome` is not `unreachable`",
        Store::Dictionary,
        "what came in place of a response: one of the words below",
    ),
    column("client_address", Kind::Client, NEVER, Store::Sought, "who asked (RFC 5952)"),
    column(
        "client_port",
        Kind::Number(|row| row.client_port),
        NEVER,
        Store::Packed,
        "from which port",
    ),
    column("server_address", Kind::Server, NEVER, Store::Sought, "who was asked (RFC 5952)"),
    column(
        "server_port",
        number(|shape| Some(shape.server_port)),
        NEVER,
        Store::Dictionary,
        "at which port",
    ),
    column(
        "ip_version",
        number(|shape| Some(if shape.is_v4 { 4 } else { 6 })),
        NEVER,
        Store::Dictionary,
        "4 or 6",
    ),
    column(
        "transport",
        word(
            |shape| Some(shape.transport as u16),
            |number| {
                let transport = Transport::from_number(number.into()).unwrap_or(Transport::Udp);
                transport.word().to_owned()
            },
        ),
        NEVER,
        Store::Dictionary,
        "`udp` or `tcp`; what a server tells in dnstap may be `dot`, `doh`, `doq` or `dnscrypt`, too",
    ),
    column("transaction_id", Kind::Number(|row| row.id), NEVER, Store::Packed, "the message ID"),
    column(
        "qname",
        Kind::Name,
        NO_QUESTION,
        Store::Sorted,
        "the name asked for: in lower case, without the final dot (the root is `.`), escaped as in \
         RFC 1035 §5.1",
    ),
    column(
        "domain",
        Kind::Domain,
        NO_QUESTION,
        Store::Dictionary,
        "the registered domain of the name: public suffix and one label more, as in reports",
    ),
    column(
        "qtype",
        word(|shape| Some(shape.question?.rtype.0), |number| RecordType(number).to_string()),
        NO_QUESTION,
        Store::Dictionary,
        "the type asked for: its mnemonic, or such as `TYPE65280`",
    ),
    column(
        "qclass",
        word(|shape| Some(shape.question?.class.0), |number| Class(number).to_string()),
        NO_QUESTION,
        Store::Dictionary,
        "the class asked for: its mnemonic, or such as `CLASS42`",
    ),
    column(
        "opcode",
        word(
            |shape| Some(shape.opcode.0.into()),
            |number| Opcode(u8::try_from(number).unwrap_or_default()).to_string(),
        ),
        NEVER,
        Store::Dictionary,
        "what was to be done: `QUERY`, `NOTIFY`, `UPDATE` ..., or such as `OPCODE7`",
    ),
    query_flag("query_rd", |shape| asked(shape, Flags::recursion_desired), "RD of the query"),
    query_flag("query_ra", |shape| asked(shape, Flags::recursion_available), "RA of the query"),
    query_flag("query_aa", |shape| asked(shape, Flags::authoritative), "AA of the query"),
    query_flag("query_tc", |shape| asked(shape, Flags::truncated), "TC of the query"),
    query_flag("query_ad", |shape| asked(shape, |it| it.0 & AD != 0), "AD of the query"),
    query_flag("query_cd", |shape| asked(shape, |it| it.0 & CD != 0), "CD of the query"),
    query_flag(
        "query_edns",
        |shape| shape.query.map(|query| query.edns),
        "whether the query has an OPT record",
    ),
    response_flag(
        "response_rd",
        |shape| told(shape, Flags::recursion_desired),
        "RD of the response",
    ),
    response_flag(
        "response_ra",
        |shape| told(shape, Flags::recursion_available),
        "RA of the response",
    ),
    response_flag("response_aa", |shape| told(shape, Flags::authoritative), "AA of the response"),
    response_flag("response_tc", |shape| told(shape, Flags::truncated), "TC of the response"),
    response_flag("response_ad", |shape| told(shape, |it| it.0 & AD != 0), "AD of the response"),
    response_flag("response_cd", |shape| told(shape, |it| it.0 & CD != 0), "CD of the response"),
    response_flag(
        "response_edns",
        |shape| shape.response.map(|response| response.edns),
        "whether the response has an OPT record",
    ),
    column(
        "rcode",
        number(|shape| Some(shape.response?.rcode.0)),
        NO_RESPONSE,
        Store::Dictionary,
        "the response code: four bits, or twelve with EDNS",
    ),
    column(
        "rcode_name",
        word(|shape| Some(shape.response?.rcode.0), |number| Rcode(number).to_string()),
        NO_RESPONSE,
        Store::Dictionary,
        "its mnemonic, or such as `RCODE3841`",
    ),
    column(
        "ede",
        number(|shape| Some(shape.response?.ede?.0)),
        "the response has no Extended DNS Error",
        Store::Dictionary,
        "the code of the Extended DNS Error (RFC 8914)",
    ),
    column(
        "ede_name",
        word(|shape| Some(shape.response?.ede?.0), |number| Ede(number).to_string()),
        "the response has no Extended DNS Error",
        Store::Dictionary,
        "its name in the registry, or such as `EDE 4711`",
    ),
    column(
        "ede_text",
        Kind::Shaped(Shaped::Text(|shape| shape.response?.ede_text)),
        "no text",
        Store::Dictionary,
        "what the server adds to it: printable ASCII, all else as `\\DDD`",
    ),
    column(
        "answer_count",
        number(|shape| Some(shape.response?.answers)),
        NO_RESPONSE,
        Store::Dictionary,
        "records that the header of the response promises in its answer section",
    ),
    column(
        "repeats",
        number(|shape| Some(shape.repeats)),
        NEVER,
        Store::Dictionary,
        "how often the query was sent again while it waited",
    ),
    column(
        "in_focus",
        Kind::Shaped(Shaped::Flag(|shape| Some(shape.in_focus))),
        NEVER,
        Store::Bits,
        "whether this is what `--focus` asks for: REFUSED unless told otherwise",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own_and_says_what_it_is() {
        for column in COLUMNS {
            assert_eq!(COLUMNS.iter().filter(|each| each.name == column.name).count(), 1);
            assert!(!column.about.is_empty(), "{}", column.name);
            assert!(column.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        }
        let sorted = COLUMNS.iter().filter(|column| column.store == Store::Sorted);
        assert_eq!(sorted.count(), 1);
    }
}
