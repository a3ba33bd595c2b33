//! Every table of the screen: which rows, which columns.
//!
//! A new column is a row here; a new table is a `static`, a variant and its arm.

mod areas;

use std::net::IpAddr;

use areas::{country, network};

pub(crate) use areas::is_of_places;

use super::sheet::{Column, Heading, NO_COLUMN, Sheet, Table, cut, whole};
use super::value::Value;
use crate::snapshot::{
    Class, Compared, EdeRow, Finding, Focus, Latency, Lookup, LookupOutcome, Mark, Opcode, PathKey,
    Prefix, QuestionKey, RcodeRow, RecordType, Row, Snapshot, Split, Transport, UNKNOWN, share,
};

/// Names a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SheetId {
    /// Who was asked when it was met.
    Servers,
    /// Who met it.
    Clients,
    /// Questions that met it.
    Names,
    /// Registered domains of these.
    Domains,
    /// Names cut to a number of labels.
    Suffixes,
    /// Networks of the servers, by autonomous system.
    ServerNetworks,
    /// Countries of the servers.
    ServerCountries,
    /// Networks of the clients, by autonomous system.
    ClientNetworks,
    /// Countries of the clients.
    ClientCountries,
    /// Networks of the clients, by prefix.
    Prefixes,
    /// Client, server and question together.
    Paths,
    /// Responses by code.
    Rcodes,
    /// Responses by question type.
    Types,
    /// Responses by class.
    Classes,
    /// Responses by opcode.
    Opcodes,
    /// Responses by transport.
    Transports,
    /// Extended DNS Errors.
    Ede,
    /// Response times by code.
    RcodeTimes,
    /// Response times by server.
    ServerTimes,
    /// Why.
    Findings,
    /// The latest lookups.
    Lookups,
}

impl SheetId {
    pub(crate) fn sheet(self) -> &'static dyn Sheet {
        match self {
            Self::Servers => &SERVERS,
            Self::Clients => &CLIENTS,
            Self::Names => &NAMES,
            Self::Domains => &DOMAINS,
            Self::Suffixes => &SUFFIXES,
            Self::ServerNetworks => &areas::SERVER_NETWORKS,
            Self::ServerCountries => &areas::SERVER_COUNTRIES,
            Self::ClientNetworks => &areas::CLIENT_NETWORKS,
            Self::ClientCountries => &areas::CLIENT_COUNTRIES,
            Self::Prefixes => &PREFIXES,
            Self::Paths => &PATHS,
            Self::Rcodes => &RCODES,
            Self::Types => &TYPES,
            Self::Classes => &CLASSES,
            Self::Opcodes => &OPCODES,
            Self::Transports => &TRANSPORTS,
            Self::Ede => &EDE,
            Self::RcodeTimes => &RCODE_TIMES,
            Self::ServerTimes => &SERVER_TIMES,
            Self::Findings => &FINDINGS,
            Self::Lookups => &LOOKUPS,
        }
    }
}

const fn fixed<R>(
    heading: &'static str,
    rank: u8,
    value: for<'a> fn(&'a R, &'a Snapshot) -> Value<'a>,
) -> Column<R> {
    Column { heading: Heading::Fixed(heading), rank, value }
}

const fn focus<R>(value: for<'a> fn(&'a R, &'a Snapshot) -> Value<'a>) -> Column<R> {
    Column { heading: Heading::Focus, rank: 0, value }
}

const fn whole_of<R>(rank: u8, value: for<'a> fn(&'a R, &'a Snapshot) -> Value<'a>) -> Column<R> {
    Column { heading: Heading::Whole, rank, value }
}

const fn share_of<R>(rank: u8, value: for<'a> fn(&'a R, &'a Snapshot) -> Value<'a>) -> Column<R> {
    Column { heading: Heading::Share, rank, value }
}

/// A count of a row whose table may have forgotten some.
fn counted<K>(row: &Row<K>, number: u64) -> Value<'_> {
    Value::Count { number, at_least: row.error > 0 }
}

/// Of all that is in focus, the part in this row.
fn part_of_focus(focus: u64, snapshot: &Snapshot) -> f64 {
    share(focus, snapshot.in_focus().0)
}

// The columns that lists of every key share; ranks say what leaves first.
const fn hits<K>() -> Column<Row<K>> {
    focus(|row, _| counted(row, row.focus))
}
const fn part<K>(rank: u8) -> Column<Row<K>> {
    fixed("of all", rank, |row, snapshot| match row.whole {
        0 => Value::Absent,
        _ => Value::Share(part_of_focus(row.focus, snapshot)),
    })
}
const fn share_of_row<K>(rank: u8) -> Column<Row<K>> {
    share_of(rank, |row, _| match row.whole {
        0 => Value::Absent,
        _ => Value::Share(row.share()),
    })
}
const fn whole_of_row<K>(rank: u8) -> Column<Row<K>> {
    whole_of(rank, |row, _| match row.whole {
        // It is there because the baseline has it; of what its share is was not asked.
        0 => Value::Absent,
        whole => counted(row, whole),
    })
}
const fn unanswered<K>(rank: u8) -> Column<Row<K>> {
    fixed("no reply", rank, |row, snapshot| match snapshot.focus {
        // It has a column already.
        Focus::NoResponse => Value::Absent,
        _ if row.whole == 0 => Value::Absent,
        _ => counted(row, row.unanswered),
    })
}
const fn clients<K>(rank: u8) -> Column<Row<K>> {
    fixed("clients", rank, |row, _| Value::distinct(row.clients))
}
const fn servers<K>(rank: u8) -> Column<Row<K>> {
    fixed("servers", rank, |row, _| Value::distinct(row.servers))
}
const fn names<K>(rank: u8) -> Column<Row<K>> {
    fixed("names", rank, |row, _| Value::distinct(row.names))
}
const fn first<K>(rank: u8) -> Column<Row<K>> {
    fixed("first", rank, |row, _| Value::moment(row.first))
}
const fn last<K>(rank: u8) -> Column<Row<K>> {
    fixed("last", rank, |row, _| Value::moment(row.last))
}
const fn median<K>(rank: u8) -> Column<Row<K>> {
    fixed("p50", rank, |row, _| took(row.latency, |times| times.p50))
}
const fn tail<K>(rank: u8) -> Column<Row<K>> {
    fixed("p95", rank, |row, _| took(row.latency, |times| times.p95))
}
/// How a row differs from the baseline, the worst first; no part of what identifies it.
fn changed<'a>(mark: Option<&Mark>) -> Value<'a> {
    let graded = |mark: &Mark| {
        let grade = match mark {
            Mark::New => 3,
            Mark::Grown => 2,
            Mark::Gone => 1,
            Mark::Less => 0,
        };
        Value::Graded { grade, word: mark.word().to_owned() }
    };
    mark.map_or(Value::Absent, graded)
}
/// What stands above it; the column is there only where there is a baseline.
pub(crate) const CHANGE: &str = "change";

const fn role<K>(rank: u8) -> Column<Row<K>> {
    fixed("role", rank, |row, _| row.role.map_or(Value::Absent, |role| Value::word(role.id())))
}

fn took<'a>(times: Option<Latency>, pick: fn(&Latency) -> std::time::Duration) -> Value<'a> {
    times.map_or(Value::Absent, |times| Value::Took(pick(&times)))
}

static SERVERS: Table<Row<IpAddr>> = Table {
    title: "servers",
    rows: |snapshot| &snapshot.servers.rows,
    extent: |snapshot| cut(&snapshot.servers),
    columns: &[
        fixed("server", 0, |row, _| Value::Address(row.key)),
        hits(),
        fixed(CHANGE, 2, |row, snapshot| {
            changed(snapshot.compared.as_ref().and_then(|it| it.servers.get(&row.key)))
        }),
        share_of_row(2),
        part(3),
        whole_of_row(5),
        unanswered(7),
        clients(4),
        names(6),
        first(9),
        last(8),
        median(10),
        tail(11),
        role(9),
        country(8),
        network(8),
    ],
    default_sort: 1,
};

static CLIENTS: Table<Row<IpAddr>> = Table {
    title: "clients",
    rows: |snapshot| &snapshot.clients.rows,
    extent: |snapshot| cut(&snapshot.clients),
    columns: &[
        fixed("client", 0, |row, _| Value::Address(row.key)),
        hits(),
        fixed(CHANGE, 2, |row, snapshot| {
            changed(snapshot.compared.as_ref().and_then(|it| it.clients.get(&row.key)))
        }),
        share_of_row(2),
        part(3),
        whole_of_row(5),
        unanswered(7),
        servers(4),
        names(6),
        first(9),
        last(8),
        median(10),
        tail(11),
        role(9),
        country(8),
        network(8),
    ],
    default_sort: 1,
};

static NAMES: Table<Row<QuestionKey>> = Table {
    title: "names",
    rows: |snapshot| &snapshot.names.rows,
    extent: |snapshot| cut(&snapshot.names),
    columns: &[
        fixed("name", 0, |row, _| Value::Name(row.key.name())),
        fixed("type", 1, |row, _| Value::word(row.key.kind())),
        hits(),
        fixed(CHANGE, 2, |row, snapshot| {
            changed(snapshot.compared.as_ref().and_then(|it| it.names.get(&row.key)))
        }),
        share_of_row(2),
        part(5),
        whole_of_row(6),
        unanswered(8),
        clients(3),
        servers(4),
        first(10),
        last(9),
    ],
    default_sort: 2,
};

static DOMAINS: Table<Row<String>> = Table {
    title: "registered domains",
    rows: |snapshot| &snapshot.domains.rows,
    extent: |snapshot| cut(&snapshot.domains),
    columns: ROLL_UP,
    default_sort: 1,
};

static SUFFIXES: Table<Row<String>> = Table {
    title: "names",
    rows: |snapshot| &snapshot.suffixes.rows,
    extent: |snapshot| cut(&snapshot.suffixes),
    columns: ROLL_UP,
    default_sort: 1,
};

const ROLL_UP: &[Column<Row<String>>] = &[
    // Where names are cut, what is not known has a row of its own.
    fixed("name", 0, |row, _| Value::Name(if row.key == "-" { UNKNOWN } else { &row.key })),
    hits(),
    fixed(CHANGE, 2, |row, snapshot| {
        changed(snapshot.compared.as_ref().and_then(|it| it.domains.get(&row.key)))
    }),
    share_of_row(2),
    part(4),
    whole_of_row(5),
    unanswered(8),
    clients(3),
    servers(6),
    names(7),
    first(10),
    last(9),
];

static PREFIXES: Table<Row<Prefix>> = Table {
    title: "client networks",
    rows: |snapshot| &snapshot.prefixes.rows,
    extent: |snapshot| cut(&snapshot.prefixes),
    columns: &[
        fixed("network", 0, |row, _| Value::Network(row.key)),
        hits(),
        share_of_row(2),
        part(3),
        whole_of_row(5),
        unanswered(8),
        clients(4),
        servers(6),
        names(7),
        first(10),
        last(9),
    ],
    default_sort: 1,
};

static PATHS: Table<Row<PathKey>> = Table {
    title: "paths",
    rows: |snapshot| &snapshot.paths.rows,
    extent: |snapshot| cut(&snapshot.paths),
    columns: &[
        fixed("client", 0, |row, _| Value::Address(row.key.client)),
        fixed("server", 0, |row, _| Value::Address(row.key.server)),
        fixed("name", 0, |row, _| Value::Name(row.key.question.name())),
        fixed("type", 1, |row, _| Value::word(row.key.question.kind())),
        hits(),
        share_of_row(2),
        whole_of_row(4),
        unanswered(5),
        part(6),
        first(8),
        last(7),
    ],
    default_sort: 4,
};

static RCODES: Table<RcodeRow> = Table {
    title: "response codes",
    rows: |snapshot| &snapshot.rcodes,
    extent: |snapshot| whole(&snapshot.rcodes),
    columns: &[
        fixed("RCODE", 0, |row, _| Value::word(row.rcode.to_string())),
        fixed("responses", 0, |row, _| Value::exact(row.responses)),
        fixed("share", 1, |row, _| Value::Share(row.share)),
        fixed("p50", 4, |row, _| took(row.latency, |times| times.p50)),
        fixed("p95", 5, |row, _| took(row.latency, |times| times.p95)),
        fixed("number", 3, |row, _| Value::Number(row.rcode.0)),
        fixed("meaning", 2, |row, _| Value::word(meaning(row))),
    ],
    default_sort: 1,
};

fn meaning(row: &RcodeRow) -> &'static str {
    row.rcode.fact().map_or("not assigned by IANA", |fact| fact.meaning)
}

const fn split_hits<K>() -> Column<Split<K>> {
    focus(|row, _| Value::exact(row.focus))
}
const fn split_share<K>() -> Column<Split<K>> {
    share_of(1, |row, _| Value::Share(row.share()))
}
const fn split_part<K>() -> Column<Split<K>> {
    fixed("of all", 3, |row, snapshot| Value::Share(part_of_focus(row.focus, snapshot)))
}
const fn split_whole<K>() -> Column<Split<K>> {
    whole_of(2, |row, _| Value::exact(row.whole))
}

static TYPES: Table<Split<RecordType>> = Table {
    title: "question types",
    rows: |snapshot| &snapshot.types,
    extent: |snapshot| whole(&snapshot.types),
    columns: &[
        fixed("type", 0, |row, _| Value::word(row.key.to_string())),
        split_hits(),
        split_share(),
        split_part(),
        split_whole(),
    ],
    default_sort: 1,
};

static CLASSES: Table<Split<Class>> = Table {
    title: "classes",
    rows: |snapshot| &snapshot.classes,
    extent: |snapshot| whole(&snapshot.classes),
    columns: &[
        fixed("class", 0, |row, _| Value::word(row.key.to_string())),
        split_hits(),
        split_share(),
        split_part(),
        split_whole(),
    ],
    default_sort: 1,
};

static OPCODES: Table<Split<Opcode>> = Table {
    title: "opcodes",
    rows: |snapshot| &snapshot.opcodes,
    extent: |snapshot| whole(&snapshot.opcodes),
    columns: &[
        fixed("opcode", 0, |row, _| Value::word(row.key.to_string())),
        split_hits(),
        split_share(),
        split_part(),
        split_whole(),
    ],
    default_sort: 1,
};

static TRANSPORTS: Table<Split<Transport>> = Table {
    title: "transports",
    rows: |snapshot| &snapshot.transports,
    extent: |snapshot| whole(&snapshot.transports),
    columns: &[
        fixed("transport", 0, |row, _| Value::word(row.key.to_string())),
        split_hits(),
        split_share(),
        split_part(),
        split_whole(),
    ],
    default_sort: 1,
};

static EDE: Table<EdeRow> = Table {
    title: "extended errors",
    rows: |snapshot| &snapshot.ede,
    extent: |snapshot| whole(&snapshot.ede),
    columns: &[
        fixed("extended error", 0, |row, _| Value::word(row.ede.to_string())),
        fixed("code", 3, |row, _| Value::Number(row.ede.0)),
        fixed("RCODE", 1, |row, _| Value::word(row.rcode.to_string())),
        fixed("responses", 0, |row, _| Value::exact(row.responses)),
        fixed("text", 2, |row, _| said(&row.text)),
    ],
    default_sort: 3,
};

fn said(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Absent } else { Value::word(text) }
}

static RCODE_TIMES: Table<RcodeRow> = Table {
    title: "response times by code",
    rows: |snapshot| &snapshot.rcodes,
    extent: |snapshot| whole(&snapshot.rcodes),
    columns: &[
        fixed("RCODE", 0, |row, _| Value::word(row.rcode.to_string())),
        fixed("number", 9, |row, _| Value::Number(row.rcode.0)),
        fixed("timed", 5, |row, _| timed(row.latency)),
        fixed("min", 4, |row, _| took(row.latency, |times| times.min)),
        fixed("p50", 0, |row, _| took(row.latency, |times| times.p50)),
        fixed("p95", 1, |row, _| took(row.latency, |times| times.p95)),
        fixed("p99", 2, |row, _| took(row.latency, |times| times.p99)),
        fixed("max", 3, |row, _| took(row.latency, |times| times.max)),
    ],
    default_sort: 2,
};

static SERVER_TIMES: Table<Row<IpAddr>> = Table {
    title: "response times by server",
    rows: |snapshot| &snapshot.servers.rows,
    extent: |snapshot| cut(&snapshot.servers),
    columns: &[
        fixed("server", 0, |row, _| Value::Address(row.key)),
        focus(|row, _| counted(row, row.focus)),
        fixed("timed", 5, |row, _| timed(row.latency)),
        fixed("min", 4, |row, _| took(row.latency, |times| times.min)),
        fixed("p50", 0, |row, _| took(row.latency, |times| times.p50)),
        fixed("p95", 1, |row, _| took(row.latency, |times| times.p95)),
        fixed("p99", 2, |row, _| took(row.latency, |times| times.p99)),
        fixed("max", 3, |row, _| took(row.latency, |times| times.max)),
    ],
    default_sort: 1,
};

fn timed<'a>(times: Option<Latency>) -> Value<'a> {
    times.map_or(Value::Absent, |times| Value::exact(times.count))
}

static FINDINGS: Table<Finding> = Table {
    title: "findings",
    rows: |snapshot| &snapshot.findings,
    extent: |snapshot| whole(&snapshot.findings),
    columns: &[
        fixed("finding", 0, |row, _| Value::word(row.headline.as_str())),
        fixed(CHANGE, 2, |row, snapshot| {
            let is_new = |it: &&Compared| it.new_findings.contains(&row.headline);
            changed(snapshot.compared.as_ref().filter(is_new).map(|_| &Mark::New))
        }),
        fixed("cause", 2, |row, _| Value::word(row.cause)),
        fixed("confidence", 1, |row, _| Value::word(row.confidence.to_string())),
        fixed("exchanges", 1, |row, _| Value::exact(row.count)),
        fixed("first", 4, |row, _| Value::moment(row.first)),
        fixed("last", 3, |row, _| Value::moment(row.last)),
    ],
    default_sort: NO_COLUMN,
};

static LOOKUPS: Table<Lookup> = Table {
    title: "lookups",
    rows: |snapshot| snapshot.lookups.as_ref().map_or(&[], |lookups| &lookups.rows),
    extent: |snapshot| whole(snapshot.lookups.as_ref().map_or(&[], |lookups| &lookups.rows)),
    columns: &[
        fixed("began", 0, |row, _| Value::Moment(row.id.began)),
        fixed("client", 0, |row, _| Value::Address(row.id.client)),
        fixed("name", 0, |row, _| Value::Name(row.id.question.name())),
        fixed("type", 1, |row, _| Value::word(row.id.question.kind())),
        fixed("outcome", 0, |row, _| ended(row)),
        fixed("servers", 3, |row, _| Value::exact(row.servers.len() as u64)),
        fixed("queries", 4, |row, _| Value::exact(row.queries)),
        fixed("took", 2, |row, _| row.took.map_or(Value::Absent, Value::Took)),
    ],
    default_sort: NO_COLUMN,
};

/// Worst is what nobody answered, then what was refused, whatever the code.
fn ended(lookup: &Lookup) -> Value<'_> {
    let grade = match lookup.outcome {
        LookupOutcome::NoResponse => 4,
        LookupOutcome::Unreachable => 3,
        LookupOutcome::Failed(_) => 2,
        LookupOutcome::Waiting => 1,
        LookupOutcome::Answered(_) => 0,
    };
    Value::Graded { grade, word: lookup.outcome.to_string() }
}
