//! A report that was kept (`report --format json`), as a side of a comparison.
//!
//! It holds what is in focus and not what else there was, so that of a row that one side does not
//! have only shares of all can be compared. What it says may be anybody's: names are read and written
//! anew, and numbers are checked.

use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::side::{Count, Key, Kind, Rows, Side, Table, TimesOf, Told};
use super::stats::Part;
use crate::focus::{Focus, SLOW_AFTER};
use crate::iana::{Class, Rcode, RecordType};
use crate::ledger::Outcomes;
use crate::snapshot::{Latency, QuestionKey, Timestamp};
use crate::tally::MOST_COUNTED;
use crate::wire::name::{parse, text};

/// The schema whose names and meanings these are.
const SCHEMA: &str = "rcodetop.report/1";

/// The longest sentence that is taken over.
const LONGEST_TEXT: usize = 2048;

/// Why a report cannot be compared: a sentence without its subject, which is the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is longer than the memory granted has room for.
    #[error("is longer than {0} bytes: grant more with --max-memory, or compare summaries")]
    TooLong(u64),
    /// It is not the object that it should be.
    #[error(
        "is no report of this program: {0}; make it with `rcodetop report --format json --top all`"
    )]
    NotOne(String),
    /// It is of another version.
    #[error(
        "is a report of schema {0:?}, and this program knows {SCHEMA}: use the newer one of both"
    )]
    Version(String),
    /// A value cannot be.
    #[error("holds {0} that cannot be: make it again")]
    Value(&'static str),
}

#[derive(Deserialize)]
struct Report {
    schema: String,
    source: Source,
    ledger: Ledger,
    #[serde(default)]
    quality: Vec<Quality>,
    filter: Option<Selected>,
    focus: String,
    slow: Slow,
    rcodes: Vec<Code>,
    outcomes: Outcomes,
    latency_ms: Option<Times>,
    servers: Vec<Row>,
    clients: Vec<Row>,
    names: Vec<Row>,
    domains: Vec<Row>,
    types: Vec<Row>,
    lists: HashMap<String, Extent>,
    timeline: Timeline,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Source {
    name: String,
    first: Option<String>,
    last: Option<String>,
    #[serde(default)]
    pseudonyms: bool,
}

#[derive(Deserialize)]
struct Ledger {
    queries: u64,
    responses: u64,
}

#[derive(Deserialize)]
struct Quality {
    text: String,
}

#[derive(Deserialize)]
struct Selected {
    text: String,
    queries: u64,
    responses: u64,
}

#[derive(Deserialize)]
struct Slow {
    after_ms: f64,
    responses: u64,
}

#[derive(Deserialize)]
struct Code {
    #[serde(rename = "code")]
    number: u16,
    responses: u64,
    latency_ms: Option<Times>,
}

#[derive(Clone, Copy, Deserialize)]
struct Times {
    count: u64,
    min: f64,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

/// A row of any list; which of its keys it has says of which.
#[derive(Deserialize)]
struct Row {
    server: Option<String>,
    client: Option<String>,
    domain: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<String>,
    class: Option<String>,
    focus: u64,
    of: u64,
    #[serde(default)]
    error: u64,
    latency_ms: Option<Times>,
}

#[derive(Deserialize)]
struct Extent {
    total: u64,
    #[serde(default)]
    error: u64,
}

#[derive(Deserialize)]
struct Timeline {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    focus: u64,
    of: u64,
}

#[derive(Deserialize)]
struct Finding {
    cause: String,
    fault: bool,
    outcome: String,
    rcode: Option<String>,
    count: u64,
    scope: Scope,
    headline: String,
}

#[derive(Deserialize)]
struct Scope {
    servers: Vec<String>,
    clients: Vec<String>,
    suffixes: Vec<String>,
}

/// Whether bytes are the beginning of a report, or of any object in JSON.
pub fn is_report(begin: &[u8]) -> bool {
    begin.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// Printable ASCII, and not without end.
fn tame(text: &str) -> String {
    let printable = text.chars().map(|it| if matches!(it, ' '..='~') { it } else { '?' });
    printable.take(LONGEST_TEXT).collect()
}

impl Side {
    /// Reads a report of at most so many bytes.
    pub fn of_report(input: impl Read, most: u64) -> Result<Self, ReportError> {
        let mut bytes = Vec::new();
        let read = input.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|err| ReportError::Unreadable(err.to_string()))?;
        if bytes.len() as u64 > most {
            return Err(ReportError::TooLong(most));
        }
        let report: Report = serde_json::from_slice(&bytes).map_err(|err| {
            ReportError::NotOne(tame(&err.to_string()).chars().take(200).collect())
        })?;
        drop(bytes);
        if report.schema != SCHEMA {
            return Err(ReportError::Version(tame(&report.schema).chars().take(40).collect()));
        }
        report.side()
    }
}

impl Report {
    fn side(self) -> Result<Side, ReportError> {
        let (word, _) = self.focus.split_once(':').unwrap_or((&self.focus, ""));
        let focus: Focus = word.parse().map_err(|_| ReportError::Value("a focus"))?;
        let (queries, responses) = match &self.filter {
            Some(filter) => (filter.queries, filter.responses),
            None => (self.ledger.queries, self.ledger.responses),
        };
        let numbers = [queries, responses, self.slow.responses];
        let codes = self.rcodes.iter().map(|row| row.responses);
        let findings = self.findings.iter().map(|finding| finding.count);
        let steps = self.timeline.steps.iter().map(|step| step.focus.max(step.of));
        let mut all = numbers.into_iter().chain(codes).chain(findings).chain(steps);
        if all.any(|number| number > MOST_COUNTED) {
            return Err(ReportError::Value("a number"));
        }
        let slow_after = milliseconds(self.slow.after_ms).unwrap_or(SLOW_AFTER);
        let mut tables = HashMap::new();
        for (table, id, rows) in [
            (Table::Servers, "servers", &self.servers),
            (Table::Clients, "clients", &self.clients),
            (Table::Domains, "domains", &self.domains),
            (Table::Names, "names", &self.names),
            (Table::Types, "types", &self.types),
        ] {
            tables.insert(table, table_of(table, rows, self.lists.get(id))?);
        }
        let moment = |text: &Option<String>| text.as_deref().and_then(Timestamp::parse);
        Ok(Side {
            name: tame(&self.source.name),
            kind: Kind::Report,
            first: moment(&self.source.first),
            last: moment(&self.source.last),
            focus,
            focus_word: tame(&self.focus),
            slow_after,
            filter: self.filter.as_ref().map(|filter| tame(&filter.text)),
            pseudonyms: self.source.pseudonyms,
            queries,
            responses,
            rcodes: self.rcodes.iter().map(|row| (Rcode(row.number), row.responses)).collect(),
            outcomes: self.outcomes()?,
            slow: self.slow.responses,
            steps: self
                .timeline
                .steps
                .iter()
                .map(|step| Part { part: step.focus.min(step.of), of: step.of })
                .collect(),
            findings: self.findings.iter().map(Finding::told).collect(),
            cautions: self.quality.iter().take(16).map(|quality| tame(&quality.text)).collect(),
            latencies: self.latencies()?,
            tables,
            sum: None,
        })
    }

    fn outcomes(&self) -> Result<Outcomes, ReportError> {
        let is_possible = self.outcomes.greatest() <= MOST_COUNTED;
        is_possible.then_some(self.outcomes).ok_or(ReportError::Value("a number"))
    }

    fn latencies(&self) -> Result<Vec<(TimesOf, Latency)>, ReportError> {
        let all = self.latency_ms.map(|times| (TimesOf::All, times));
        let codes = self.rcodes.iter();
        let codes =
            codes.filter_map(|row| Some((TimesOf::Rcode(Rcode(row.number)), row.latency_ms?)));
        let mut out = Vec::new();
        for (of, times) in all.into_iter().chain(codes) {
            out.push((of, latency(times)?));
        }
        for row in &self.servers {
            if let (Some(server), Some(times)) = (&row.server, row.latency_ms) {
                out.push((TimesOf::Server(address(server)?), latency(times)?));
            }
        }
        Ok(out)
    }
}

impl Finding {
    fn told(&self) -> Told {
        let all = |texts: &[String]| texts.iter().map(|text| tame(text)).collect();
        let ending = self.rcode.as_deref().unwrap_or(&self.outcome);
        Told {
            cause: tame(&self.cause),
            fault: self.fault,
            ending: tame(ending),
            count: self.count,
            scope: [all(&self.scope.servers), all(&self.scope.clients), all(&self.scope.suffixes)],
            headline: tame(&self.headline),
        }
    }
}

fn table_of(table: Table, rows: &[Row], extent: Option<&Extent>) -> Result<Rows, ReportError> {
    let mut out = HashMap::with_capacity(rows.len());
    for row in rows {
        if row.focus.max(row.of).max(row.error) > MOST_COUNTED {
            return Err(ReportError::Value("a number"));
        }
        let part = Part { part: row.focus, of: row.of.max(row.focus) };
        out.insert(key(table, row)?, Count { part, error: row.error });
    }
    // Types have no list that could be cut.
    let is_whole = extent.is_none_or(|it| it.total <= rows.len() as u64);
    let error = extent.map_or(0, |it| it.error.min(MOST_COUNTED));
    Ok(Rows { by_key: out, is_whole, error })
}

fn key(table: Table, row: &Row) -> Result<Key, ReportError> {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    match table {
        Table::Servers => address(&of(&row.server)).map(Key::Address),
        Table::Clients => address(&of(&row.client)).map(Key::Address),
        Table::Domains => name(&of(&row.domain)).map(Key::Domain),
        Table::Types => rtype(&of(&row.name)).map(Key::Type),
        Table::Names => Ok(Key::Question(QuestionKey {
            name: name(&of(&row.name))?,
            rtype: rtype(&of(&row.rtype))?,
            class: Class::from_name(&of(&row.class)).ok_or(ReportError::Value("a class"))?,
        })),
    }
}

fn address(text: &str) -> Result<IpAddr, ReportError> {
    text.parse().map_err(|_| ReportError::Value("an address"))
}

fn rtype(text: &str) -> Result<RecordType, ReportError> {
    RecordType::from_name(text).ok_or(ReportError::Value("a type"))
}

/// A name as this program writes it.
fn name(wanted: &str) -> Result<String, ReportError> {
    match wanted {
        "-" => Ok(wanted.to_owned()),
        _ => parse(wanted).map(|wire| text(&wire)).ok_or(ReportError::Value("a name")),
    }
}

fn milliseconds(time: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(time / 1e3).ok()
}

fn latency(times: Times) -> Result<Latency, ReportError> {
    let of = |time: f64| milliseconds(time).ok_or(ReportError::Value("a response time"));
    let latency = Latency {
        count: times.count.min(MOST_COUNTED),
        min: of(times.min)?,
        p50: of(times.p50)?,
        p95: of(times.p95)?,
        p99: of(times.p99)?,
        max: of(times.max)?,
    };
    let in_order = latency.min <= latency.p50
        && latency.p50 <= latency.p95
        && latency.p95 <= latency.p99
        && latency.p99 <= latency.max;
    in_order.then_some(latency).ok_or(ReportError::Value("a response time"))
}
