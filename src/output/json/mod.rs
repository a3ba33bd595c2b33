//! The report for programs: one object in the schema `rcodetop.report/1`.
//!
//! A field keeps its name and meaning within the schema; fields may be added. Times are RFC 3339
//! UTC with nanoseconds, durations are milliseconds unless the name ends in `_s`.

mod events;
mod finding;
mod geography;
mod source;

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

pub use events::EventLog;
use finding::Finding;
use geography::Geography;
use source::{Named, Source};

use crate::ledger::{Ledger, Outcomes};
use crate::snapshot::{
    self, Class, Distinct, List, Opcode, PathKey, Place, Prefix, QuestionKey, RecordType, Role,
    Row, Snapshot, Split, Timestamp, Transport,
};

/// Changes when a field changes its name or meaning.
const SCHEMA: &str = "rcodetop.report/1";

/// Writes the object and a line feed.
pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Report::of(snapshot))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: &'static str,
    source: Source<'a>,
    ledger: &'a Ledger,
    quality: Vec<Quality<'a>>,
    vantage: Option<Vantage<'a>>,
    filter: Option<Selected<'a>>,
    focus: String,
    share_of: &'static str,
    slow: Slow,
    rcodes: Vec<Rcode>,
    outcomes: &'a Outcomes,
    latency_ms: Option<Latency>,
    impact: Impact,
    servers: Vec<ServerRow>,
    clients: Vec<ClientRow>,
    names: Vec<NameRow<'a>>,
    domains: Vec<DomainRow<'a>>,
    suffixes: Vec<SuffixRow<'a>>,
    prefixes: Vec<NetworkRow>,
    paths: Vec<PathRow<'a>>,
    types: Vec<Kind>,
    classes: Vec<Kind>,
    opcodes: Vec<Kind>,
    transports: Vec<Kind>,
    ede: Vec<Ede<'a>>,
    lists: Lists,
    timeline: Timeline,
    findings: Vec<Finding<'a>>,
    /// Only if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    named: Option<Named<'a>>,
    /// Only where databases were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    geography: Option<Geography<'a>>,
}

impl<'a> Report<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            source: Source::of(&snapshot.source),
            ledger: &snapshot.ledger,
            quality: snapshot.quality.iter().map(Quality::of).collect(),
            vantage: snapshot.vantage.as_ref().map(Vantage::of),
            filter: snapshot.selected.as_ref().map(Selected::of),
            focus: snapshot.focus_word(),
            share_of: snapshot.focus.whole(),
            slow: Slow::of(&snapshot.slow),
            rcodes: snapshot.rcodes.iter().map(Rcode::of).collect(),
            outcomes: &snapshot.outcomes,
            latency_ms: snapshot.latency.map(Latency::of),
            impact: Impact::of(&snapshot.impact),
            servers: rows(&snapshot.servers, ServerRow::of),
            clients: rows(&snapshot.clients, ClientRow::of),
            names: rows(&snapshot.names, NameRow::of),
            domains: rows(&snapshot.domains, DomainRow::of),
            suffixes: rows(&snapshot.suffixes, SuffixRow::of),
            prefixes: rows(&snapshot.prefixes, NetworkRow::of),
            paths: rows(&snapshot.paths, PathRow::of),
            types: splits(&snapshot.types, RecordType::to_string),
            classes: splits(&snapshot.classes, Class::to_string),
            opcodes: splits(&snapshot.opcodes, Opcode::to_string),
            transports: splits(&snapshot.transports, Transport::to_string),
            ede: snapshot.ede.iter().map(Ede::of).collect(),
            lists: Lists::of(snapshot),
            timeline: Timeline::of(&snapshot.timeline),
            findings: snapshot.findings.iter().map(Finding::of).collect(),
            named: snapshot.named.as_ref().map(Named::of),
            geography: snapshot.geography.as_ref().map(Geography::of),
        }
    }
}

/// Answered queries whose response was slow.
#[derive(Serialize)]
struct Slow {
    after_ms: f64,
    responses: u64,
}

impl Slow {
    fn of(slow: &snapshot::Slow) -> Self {
        Self { after_ms: ms(slow.after), responses: slow.responses }
    }
}

/// What a filter selects.
#[derive(Serialize)]
struct Selected<'a> {
    text: &'a str,
    queries: u64,
    responses: u64,
}

impl<'a> Selected<'a> {
    fn of(selected: &'a snapshot::Selected) -> Self {
        let snapshot::Selected { filter, queries, responses, .. } = selected;
        Self { text: filter, queries: *queries, responses: *responses }
    }
}

fn rows<'a, K, T>(list: &'a List<K>, of: impl Fn(&'a Row<K>) -> T) -> Vec<T> {
    list.rows.iter().map(of).collect()
}

fn splits<K>(all: &[Split<K>], name: impl Fn(&K) -> String) -> Vec<Kind> {
    let kind = |split: &Split<K>| Kind {
        name: name(&split.key),
        responses: split.responses,
        focus: split.focus,
        of: split.whole,
        share: share(split.share()),
    };
    all.iter().map(kind).collect()
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// From whole nanoseconds by one division, so that 74.1375 does not print as 74.13749999999999.
fn ms(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}

/// Six digits are more than any share is worth, and keep the text short.
fn share(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

#[derive(Serialize)]
struct Quality<'a> {
    id: &'static str,
    text: &'a str,
}

impl<'a> Quality<'a> {
    fn of(quality: &'a snapshot::Quality) -> Self {
        Self { id: quality.id, text: &quality.text }
    }
}

#[derive(Serialize)]
struct Vantage<'a> {
    id: &'static str,
    addresses: Vec<String>,
    text: &'a str,
}

impl<'a> Vantage<'a> {
    fn of(vantage: &'a snapshot::Vantage) -> Self {
        Self {
            id: vantage.point.id(),
            addresses: vantage.addresses.iter().map(ToString::to_string).collect(),
            text: &vantage.text,
        }
    }
}

#[derive(Serialize)]
struct Rcode {
    code: u16,
    name: String,
    responses: u64,
    share: f64,
    latency_ms: Option<Latency>,
}

impl Rcode {
    fn of(row: &snapshot::RcodeRow) -> Self {
        Self {
            code: row.rcode.0,
            name: row.rcode.to_string(),
            responses: row.responses,
            share: share(row.share),
            latency_ms: row.latency.map(Latency::of),
        }
    }
}

#[derive(Serialize)]
struct Latency {
    count: u64,
    min: f64,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl Latency {
    fn of(latency: snapshot::Latency) -> Self {
        Self {
            count: latency.count,
            min: ms(latency.min),
            p50: ms(latency.p50),
            p95: ms(latency.p95),
            p99: ms(latency.p99),
            max: ms(latency.max),
        }
    }
}

#[derive(Serialize)]
struct Impact {
    lookups_refused: u64,
    recovered: u64,
    failed: u64,
    clients_failed: u64,
    names_failed: u64,
    /// Which of the above may be too low.
    at_least: Vec<&'static str>,
}

impl Impact {
    fn of(impact: &snapshot::Impact) -> Self {
        Self {
            lookups_refused: impact.lookups_refused,
            recovered: impact.recovered,
            failed: impact.failed,
            clients_failed: impact.clients_failed.count,
            names_failed: impact.names_failed.count,
            at_least: [
                ("clients_failed", impact.clients_failed),
                ("names_failed", impact.names_failed),
            ]
            .into_iter()
            .filter(|(_, distinct)| distinct.at_least)
            .map(|(name, _)| name)
            .collect(),
        }
    }
}

/// What every row of a list ends with.
#[derive(Serialize)]
struct Tail {
    first: Option<String>,
    last: Option<String>,
    unanswered: u64,
    latency_ms: Option<Latency>,
    /// The counts of this row may be too low by up to this much.
    error: u64,
    /// Which numbers of distinct things are lower bounds.
    at_least: Vec<&'static str>,
}

impl Tail {
    fn of<K>(row: &Row<K>) -> Self {
        let numbers = [("clients", row.clients), ("servers", row.servers), ("names", row.names)];
        let bounded = numbers.into_iter().filter(|(_, number)| number.is_some_and(|n| n.at_least));
        Self {
            first: time(row.first),
            last: time(row.last),
            unanswered: row.unanswered,
            latency_ms: row.latency.map(Latency::of),
            error: row.error,
            at_least: bounded.map(|(name, _)| name).collect(),
        }
    }
}

fn distinct(number: Option<Distinct>) -> u64 {
    number.unwrap_or_default().count
}

/// A row type of a list: its key fields, the counts, the numbers of distinct things, the tail.
macro_rules! row {
    ($name:ident $(<$life:lifetime>)?, $key:ty, |$row:ident| {
        $($field:ident: $type:ty = $value:expr),+
    }, $($number:ident),*) => {
        #[derive(Serialize)]
        struct $name $(<$life>)? {
            $($field: $type,)+
            responses: u64,
            focus: u64,
            of: u64,
            share: f64,
            $($number: u64,)*
            #[serde(flatten)]
            tail: Tail,
        }

        impl $(<$life>)? $name $(<$life>)? {
            fn of($row: &$($life)? Row<$key>) -> Self {
                Self {
                    $($field: $value,)+
                    responses: $row.responses,
                    focus: $row.focus,
                    of: $row.whole,
                    share: share($row.share()),
                    $($number: distinct($row.$number),)*
                    tail: Tail::of($row),
                }
            }
        }
    };
}

row!(ServerRow, IpAddr, |row| {
    server: String = row.key.to_string(),
    role: Option<&'static str> = row.role.map(Role::id)
}, clients, names);
row!(ClientRow, IpAddr, |row| {
    client: String = row.key.to_string(),
    role: Option<&'static str> = row.role.map(Role::id),
    place: Option<&'static str> = row.place.map(Place::id)
}, servers, names);
row!(NameRow<'a>, QuestionKey, |row| {
    name: &'a str = &row.key.name,
    r#type: String = row.key.rtype.to_string(),
    class: String = row.key.class.to_string()
}, clients, servers);
row!(DomainRow<'a>, String, |row| { domain: &'a str = &row.key }, names);
row!(SuffixRow<'a>, String, |row| { suffix: &'a str = &row.key }, names);
row!(NetworkRow, Prefix, |row| { prefix: String = row.key.to_string() }, clients);
row!(PathRow<'a>, PathKey, |row| {
    client: String = row.key.client.to_string(),
    server: String = row.key.server.to_string(),
    name: &'a str = &row.key.question.name,
    r#type: String = row.key.question.rtype.to_string(),
    class: String = row.key.question.class.to_string()
},);

#[derive(Serialize)]
struct Kind {
    name: String,
    responses: u64,
    focus: u64,
    of: u64,
    share: f64,
}

#[derive(Serialize)]
struct Ede<'a> {
    code: u16,
    name: String,
    rcode: String,
    responses: u64,
    text: &'a str,
}

impl<'a> Ede<'a> {
    fn of(row: &'a snapshot::EdeRow) -> Self {
        Self {
            code: row.ede.0,
            name: row.ede.to_string(),
            rcode: row.rcode.to_string(),
            responses: row.responses,
            text: &row.text,
        }
    }
}

/// How long each list would be without its bound, and what the bound left out.
#[derive(Serialize)]
struct Lists {
    servers: Whole,
    clients: Whole,
    names: Whole,
    domains: Whole,
    suffixes: Whole,
    prefixes: Whole,
    paths: Whole,
}

impl Lists {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            servers: Whole::of(&snapshot.servers),
            clients: Whole::of(&snapshot.clients),
            names: Whole::of(&snapshot.names),
            domains: Whole::of(&snapshot.domains),
            suffixes: Whole::of(&snapshot.suffixes),
            prefixes: Whole::of(&snapshot.prefixes),
            paths: Whole::of(&snapshot.paths),
        }
    }
}

#[derive(Serialize)]
struct Whole {
    total: u64,
    omitted_focus: u64,
    error: u64,
}

impl Whole {
    fn of<K>(list: &List<K>) -> Self {
        Self { total: list.total, omitted_focus: list.omitted, error: list.error }
    }
}

#[derive(Serialize)]
struct Timeline {
    start: Option<String>,
    step_s: f64,
    steps: Vec<Step>,
}

impl Timeline {
    fn of(timeline: &snapshot::Timeline) -> Self {
        Self {
            start: time((!timeline.steps.is_empty()).then_some(timeline.start)),
            step_s: timeline.step.as_secs_f64(),
            steps: timeline.steps.iter().map(Step::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Step {
    queries: u64,
    responses: u64,
    focus: u64,
    of: u64,
    unanswered: u64,
    rcodes: Vec<(String, u64)>,
}

impl Step {
    fn of(step: &snapshot::Step) -> Self {
        let rcodes = step.rcodes.iter().map(|(rcode, responses)| (rcode.to_string(), *responses));
        Self {
            queries: step.queries,
            responses: step.responses,
            focus: step.focus,
            of: step.whole,
            unanswered: step.unanswered,
            rcodes: rcodes.collect(),
        }
    }
}
