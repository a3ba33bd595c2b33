//! What the columns are: one table, from which every writer and the reference are made.
//!
//! Names follow the terms of C-DNS (RFC 8618 §7) and of ENTRADA 2 where these have one.

use std::num::NonZeroU64;

use super::row::{Row, end_word, obstacle_word};
use super::texts::TextId;
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::wire::Flags;

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

/// The type of a column, and its value in a row.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A moment: nanoseconds since 1970, UTC.
    Time(fn(&Row) -> Option<NonZeroU64>),
    /// A span of time, in nanoseconds.
    Nanos(fn(&Row) -> Option<u64>),
    /// A number from 0 to 65535.
    Number(fn(&Row) -> Option<u16>),
    /// True or false.
    Flag(fn(&Row) -> Option<bool>),
    /// One of few words, by a number that stands for it.
    Word(fn(&Row) -> Option<u16>, fn(u16) -> String),
    /// A text of the batch.
    Text(fn(&Row) -> Option<TextId>),
}

/// How Parquet stores a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// As it is: nearly every value is another one.
    Plain,
    /// By a dictionary: values come again and again.
    Dictionary,
    /// Likewise, and with a Bloom filter: somebody looks for one value among many.
    Sought,
    /// Likewise, and rows are in its order, so that pages say from what to what they have it.
    Sorted,
}

impl Kind {
    /// The type in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time(_) => "timestamp (ns, UTC)",
            Self::Nanos(_) => "int64",
            Self::Number(_) => "uint16",
            Self::Flag(_) => "boolean",
            Self::Word(..) | Self::Text(_) => "string",
        }
    }

    /// The unit in words; empty if there is none.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => "ns since 1970-01-01T00:00:00Z",
            Self::Nanos(_) => "ns",
            _ => "",
        }
    }
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

const fn query_flag(
    name: &'static str,
    get: fn(&Row) -> Option<bool>,
    about: &'static str,
) -> Column {
    column(name, Kind::Flag(get), NO_QUERY, Store::Plain, about)
}

const fn response_flag(
    name: &'static str,
    get: fn(&Row) -> Option<bool>,
    about: &'static str,
) -> Column {
    column(name, Kind::Flag(get), NO_RESPONSE, Store::Plain, about)
}

const NO_QUERY: &str = "the query was not seen, or this answers a copy of it";
const NO_RESPONSE: &str = "no response";
const NO_QUESTION: &str = "neither message has a question that can be read";
const NEVER: &str = "";

/// Bits of the header without a method of their own (RFC 4035 §3.1.6, §3.2.2).
const AD: u16 = 0x0020;
const CD: u16 = 0x0010;

fn asked(row: &Row, has: impl Fn(Flags) -> bool) -> Option<bool> {
    row.query_flags.map(has)
}

fn told(row: &Row, has: impl Fn(Flags) -> bool) -> Option<bool> {
    row.response_flags.map(has)
}

/// Every column, in order.
pub const COLUMNS: &[Column] = &[
    column(
        "query_time",
        Kind::Time(|row| row.query_time),
        "no query was seen",
        Store::Plain,
        "when the query was first sent; of a response to a copy of a query, when that copy was sent",
    ),
    column(
        "response_time",
        Kind::Time(|row| row.response_time),
        NO_RESPONSE,
        Store::Plain,
        "when the response came",
    ),
    column(
        "response_delay",
        Kind::Nanos(|row| row.delay),
        "not both were seen",
        Store::Plain,
        "from the query to the response (C-DNS: response-delay); 0 if clocks of two capture points \
         disagree",
    ),
    column(
        "outcome",
        Kind::Word(|row| Some(row.end_number()), |number| end_word(number).to_owned()),
        NEVER,
        Store::Dictionary,
        "what became of it: one of the words below",
    ),
    column(
        "obstacle",
        Kind::Word(Row::obstacle_number, |number| obstacle_word(number).to_owned()),
        "`outcome` is not `unreachable`",
        Store::Dictionary,
        "what came in place of a response: one of the words below",
    ),
    column(
        "client_address",
        Kind::Text(|row| Some(row.client)),
        NEVER,
        Store::Sought,
        "who asked (RFC 5952)",
    ),
    column(
        "client_port",
        Kind::Number(|row| Some(row.client_port)),
        NEVER,
        Store::Plain,
        "from which port",
    ),
    column(
        "server_address",
        Kind::Text(|row| Some(row.server)),
        NEVER,
        Store::Sought,
        "who was asked (RFC 5952)",
    ),
    column(
        "server_port",
        Kind::Number(|row| Some(row.server_port)),
        NEVER,
        Store::Dictionary,
        "at which port",
    ),
    column(
        "ip_version",
        Kind::Number(|row| Some(if row.is_v4 { 4 } else { 6 })),
        NEVER,
        Store::Dictionary,
        "4 or 6",
    ),
    column(
        "transport",
        Kind::Word(
            |row| Some(row.transport as u16),
            |number| {
                if number == 0 { "udp".to_owned() } else { "tcp".to_owned() }
            },
        ),
        NEVER,
        Store::Dictionary,
        "`udp` or `tcp`",
    ),
    column(
        "transaction_id",
        Kind::Number(|row| Some(row.id)),
        NEVER,
        Store::Plain,
        "the message ID",
    ),
    column(
        "qname",
        Kind::Text(|row| row.name),
        NO_QUESTION,
        Store::Sorted,
        "the name asked for: in lower case, without the final dot (the root is `.`), escaped as in \
         RFC 1035 §5.1",
    ),
    column(
        "domain",
        Kind::Text(|row| row.domain),
        NO_QUESTION,
        Store::Dictionary,
        "the registered domain of the name: public suffix and one label more, as in reports",
    ),
    column(
        "qtype",
        Kind::Word(|row| Some(row.question?.rtype.0), |number| RecordType(number).to_string()),
        NO_QUESTION,
        Store::Dictionary,
        "the type asked for: its mnemonic, or such as `TYPE65280`",
    ),
    column(
        "qclass",
        Kind::Word(|row| Some(row.question?.class.0), |number| Class(number).to_string()),
        NO_QUESTION,
        Store::Dictionary,
        "the class asked for: its mnemonic, or such as `CLASS42`",
    ),
    column(
        "opcode",
        Kind::Word(
            |row| Some(row.opcode.0.into()),
            |number| Opcode(u8::try_from(number).unwrap_or_default()).to_string(),
        ),
        NEVER,
        Store::Dictionary,
        "what was to be done: `QUERY`, `NOTIFY`, `UPDATE` ..., or such as `OPCODE7`",
    ),
    query_flag("query_rd", |row| asked(row, Flags::recursion_desired), "RD of the query"),
    query_flag("query_ra", |row| asked(row, Flags::recursion_available), "RA of the query"),
    query_flag("query_aa", |row| asked(row, Flags::authoritative), "AA of the query"),
    query_flag("query_tc", |row| asked(row, Flags::truncated), "TC of the query"),
    query_flag("query_ad", |row| asked(row, |it| it.0 & AD != 0), "AD of the query"),
    query_flag("query_cd", |row| asked(row, |it| it.0 & CD != 0), "CD of the query"),
    query_flag("query_edns", |row| row.query_edns, "whether the query has an OPT record"),
    response_flag("response_rd", |row| told(row, Flags::recursion_desired), "RD of the response"),
    response_flag("response_ra", |row| told(row, Flags::recursion_available), "RA of the response"),
    response_flag("response_aa", |row| told(row, Flags::authoritative), "AA of the response"),
    response_flag("response_tc", |row| told(row, Flags::truncated), "TC of the response"),
    response_flag("response_ad", |row| told(row, |it| it.0 & AD != 0), "AD of the response"),
    response_flag("response_cd", |row| told(row, |it| it.0 & CD != 0), "CD of the response"),
    response_flag(
        "response_edns",
        |row| row.response_edns,
        "whether the response has an OPT record",
    ),
    column(
        "rcode",
        Kind::Number(|row| row.rcode.map(|rcode| rcode.0)),
        NO_RESPONSE,
        Store::Dictionary,
        "the response code: four bits, or twelve with EDNS",
    ),
    column(
        "rcode_name",
        Kind::Word(|row| row.rcode.map(|rcode| rcode.0), |number| Rcode(number).to_string()),
        NO_RESPONSE,
        Store::Dictionary,
        "its mnemonic, or such as `RCODE3841`",
    ),
    column(
        "ede",
        Kind::Number(|row| row.ede.map(|ede| ede.0)),
        "the response has no Extended DNS Error",
        Store::Dictionary,
        "the code of the Extended DNS Error (RFC 8914)",
    ),
    column(
        "ede_name",
        Kind::Word(|row| row.ede.map(|ede| ede.0), |number| Ede(number).to_string()),
        "the response has no Extended DNS Error",
        Store::Dictionary,
        "its name in the registry, or such as `EDE 4711`",
    ),
    column(
        "ede_text",
        Kind::Text(|row| row.ede_text),
        "no text",
        Store::Dictionary,
        "what the server adds to it: printable ASCII, all else as `\\DDD`",
    ),
    column(
        "answer_count",
        Kind::Number(|row| row.answers),
        NO_RESPONSE,
        Store::Dictionary,
        "records that the header of the response promises in its answer section",
    ),
    column(
        "repeats",
        Kind::Number(|row| Some(row.repeats)),
        NEVER,
        Store::Dictionary,
        "how often the query was sent again while it waited",
    ),
    column(
        "in_focus",
        Kind::Flag(|row| Some(row.in_focus)),
        NEVER,
        Store::Plain,
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
