//! The comparison for programs: one object in the schema `rcodetop.diff/1`.
//!
//! A field keeps its name and meaning within the schema; fields may be added.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Difference;
use crate::diff::{Change, Count, ENOUGH, ENOUGH_TIMES, ODDS, RATE, Side, Table};
use crate::snapshot::{Latency, Timestamp};

/// Changes when a field changes its name or meaning.
const SCHEMA: &str = "rcodetop.diff/1";

/// Writes the object and a line feed.
pub(super) fn write(it: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Diff::of(it))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Diff<'a> {
    schema: &'static str,
    version: &'static str,
    focus: &'a str,
    share_of: &'static str,
    before: SideOf<'a>,
    after: SideOf<'a>,
    test: Test,
    worse: bool,
    whole: Option<Row>,
    findings: List<Finding<'a>>,
    rcodes: List<Row>,
    outcomes: List<Row>,
    latency_ms: List<Times>,
    #[serde(flatten)]
    tables: BTreeMap<&'static str, List<Row>>,
}

#[derive(Serialize)]
struct SideOf<'a> {
    name: &'a str,
    kind: &'static str,
    first: Option<String>,
    last: Option<String>,
    duration_s: f64,
    filter: Option<&'a str>,
    queries: u64,
    responses: u64,
    focus: u64,
    of: u64,
    share: f64,
    cautions: &'a [String],
}

/// By what differences were told from chance.
#[derive(Serialize)]
struct Test {
    differences: u64,
    unknown: u64,
    false_discovery_rate: f64,
    least_odds_ratio: f64,
    least_exchanges: u64,
    least_response_times: u64,
    spread: f64,
}

#[derive(Serialize)]
struct List<T> {
    total: usize,
    /// Counts before and after may be too low by up to this much; the test allows for it.
    error: [u64; 2],
    rows: Vec<T>,
}

#[derive(Serialize)]
struct Row {
    key: String,
    turn: &'static str,
    worse: bool,
    before: Option<Counted>,
    after: Option<Counted>,
    chance: f64,
}

#[derive(Serialize)]
struct Counted {
    focus: u64,
    of: u64,
    share: f64,
    error: u64,
}

#[derive(Serialize)]
struct Times {
    of: String,
    slower: bool,
    before: Quantiles,
    after: Quantiles,
    chance: f64,
}

#[derive(Serialize)]
struct Quantiles {
    count: u64,
    p50: f64,
    p95: f64,
    p99: f64,
}

#[derive(Serialize)]
struct Finding<'a> {
    turn: &'static str,
    worse: bool,
    cause: &'a str,
    fault: bool,
    ending: &'a str,
    headline: &'a str,
    before: u64,
    after: u64,
    chance: f64,
}

/// Six digits are more than any share is worth.
fn share(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

impl<'a> SideOf<'a> {
    fn of(side: &'a Side) -> Self {
        let whole = side.whole();
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            name: &side.name,
            kind: side.kind.word(),
            first: time(side.first),
            last: time(side.last),
            duration_s: side.duration().as_secs_f64(),
            filter: side.filter.as_deref(),
            queries: side.queries,
            responses: side.responses,
            focus: whole.part,
            of: whole.of,
            share: share(whole.share()),
            cautions: &side.cautions,
        }
    }
}

impl<T> List<T> {
    fn of(all: impl ExactSizeIterator<Item = T>, top: usize) -> Self {
        Self { total: all.len(), error: [0; 2], rows: all.take(top).collect() }
    }
}

impl Row {
    fn of<K: std::fmt::Display>(change: &Change<K>) -> Self {
        let counted = |count: Option<Count>| {
            count.map(|Count { part, error }| Counted {
                focus: part.part,
                of: part.of,
                share: share(part.share()),
                error,
            })
        };
        Self {
            key: change.key.to_string(),
            turn: change.turn.word(),
            worse: change.worse,
            before: counted(change.before),
            after: counted(change.after),
            chance: change.chance,
        }
    }
}

fn quantiles(latency: &Latency) -> Quantiles {
    let ms = |time: std::time::Duration| time.as_nanos() as f64 / 1e6;
    let Latency { count, p50, p95, p99, .. } = *latency;
    Quantiles { count, p50: ms(p50), p95: ms(p95), p99: ms(p99) }
}

impl<'a> Diff<'a> {
    fn of(it: &'a Difference<'_>) -> Self {
        let (comparison, top) = (it.comparison, it.top);
        let times = comparison.times.iter().map(|row| Times {
            of: row.of.to_string(),
            slower: row.is_slower(),
            before: quantiles(&row.before),
            after: quantiles(&row.after),
            chance: row.chance,
        });
        let findings = comparison.findings.iter().map(|row| Finding {
            turn: row.turn.word(),
            worse: row.told.fault && row.turn.is_more(),
            cause: &row.told.cause,
            fault: row.told.fault,
            ending: &row.told.ending,
            headline: &row.told.headline,
            before: row.before,
            after: row.after,
            chance: row.chance,
        });
        let tables = Table::ALL.iter().zip(&comparison.tables).map(|((table, id, _), rows)| {
            let error = [it.before.error(*table), it.after.error(*table)];
            (*id, List { error, ..List::of(rows.iter().map(Row::of), top) })
        });
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            focus: &it.before.focus_word,
            share_of: it.before.focus.whole(),
            before: SideOf::of(it.before),
            after: SideOf::of(it.after),
            test: Test {
                differences: comparison.tested,
                unknown: comparison.unknown,
                false_discovery_rate: RATE,
                least_odds_ratio: ODDS,
                least_exchanges: ENOUGH,
                least_response_times: ENOUGH_TIMES,
                spread: comparison.spread,
            },
            worse: comparison.is_worse(),
            whole: comparison.whole.as_ref().filter(|_| comparison.whole_changed).map(Row::of),
            findings: List::of(findings, top),
            rcodes: List::of(comparison.rcodes.iter().map(Row::of), top),
            outcomes: List::of(comparison.outcomes.iter().map(Row::of), top),
            latency_ms: List::of(times, top),
            tables: tables.collect(),
        }
    }
}
