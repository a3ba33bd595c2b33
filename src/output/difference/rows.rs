//! A comparison as rows of words, for the formats that people read.

use super::Difference;
use crate::diff::{Change, Count, ENOUGH, Kind, RATE, Side, Table, Turn};
use crate::output::words::{self, count, percent, rounded, span};
use crate::snapshot::{Focus, Timestamp};

/// A table of words: a heading, titles, rows, and how many rows were left out.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) heading: &'static str,
    pub(super) titles: [&'static str; 4],
    /// How it changed, what it is about, before, after.
    pub(super) told: Vec<(Turn, bool, [String; 3])>,
    pub(super) omitted: usize,
    /// What any count may be too low by, before and after.
    pub(super) errors: (u64, u64),
}

/// What a side is, in a line.
pub(super) fn side(side: &Side) -> String {
    let day = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), Timestamp::date_and_clock);
    let period =
        format!("{} to {} UTC ({})", day(side.first), day(side.last), span(side.duration()));
    let filter = side.filter.as_ref().map_or_else(String::new, |it| format!(", filter `{it}`"));
    let (queries, responses) =
        (words::queries(side.queries), words::counted(side.responses, "response"));
    format!("{} ({}), {period}, {queries}, {responses}{filter}", side.name, side.kind.word())
}

/// What is in focus, on both sides.
pub(super) fn whole(it: &Difference<'_>) -> String {
    let (before, after) = (it.before.whole(), it.after.whole());
    let turn = match &it.comparison.whole {
        Some(whole) if it.comparison.whole_changed => whole.turn.word(),
        _ => "no clear difference",
    };
    format!(
        "{}: {} of {} {} before, {} of {} after ({turn})",
        it.before.focus_word,
        percent(before.share()),
        count(before.of),
        it.before.focus.whole(),
        percent(after.share()),
        count(after.of),
    )
}

/// What it was measured by, and what cannot be told.
pub(super) fn notes(it: &Difference<'_>) -> Vec<String> {
    let comparison = it.comparison;
    let restless = if comparison.spread > 1.05 {
        format!(
            "; shares vary over time {:.1} times as much as those of independent exchanges would, \
             and that is allowed for",
            comparison.spread
        )
    } else {
        String::new()
    };
    let mut notes = vec![format!(
        "told is what differs by more than chance and by a factor of 2 in the odds or more, with {ENOUGH} \
         exchanges at least: {} differences were looked at, and of those told at most {} are to be \
         expected to be chance{restless}",
        count(comparison.tested),
        percent(RATE)
    )];
    if comparison.unknown > 0 {
        notes.push(format!(
            "of {} the lists of one side were cut, so that nothing can be told; make reports with \
             --top all, or compare captures or summaries",
            words::counted(comparison.unknown, "row")
        ));
    }
    if it.before.filter != it.after.filter {
        notes.push("the sides count what different filters select".to_owned());
    }
    if it.before.pseudonyms != it.after.pseudonyms {
        notes.push(
            "the addresses of one side alone are pseudonyms: none of them is told of both"
                .to_owned(),
        );
    }
    if it.before.slow_after != it.after.slow_after {
        notes.push("slow means something else on each side, and is not compared".to_owned());
    }
    if [it.before, it.after].iter().any(|side| side.kind == Kind::Report) {
        notes.push(
            "a report holds only rows that met the focus: where the other side has a row that it \
             lacks, shares are of all, and response times are compared by their quantiles"
                .to_owned(),
        );
    }
    for (which, side) in [("before", it.before), ("after", it.after)] {
        notes.extend(side.emptiness().map(|text| format!("{which}: {text}")));
        notes.extend(side.cautions.iter().map(|text| format!("{which}: {text}")));
    }
    notes
}

/// Every table that has rows.
pub(super) fn tables(it: &Difference<'_>) -> Vec<Rows> {
    let comparison = it.comparison;
    let mut all = Vec::new();
    let findings = comparison.findings.iter().map(|finding| {
        let bad = finding.told.fault && finding.turn.is_more();
        let (before, after) = (count(finding.before), count(finding.after));
        (finding.turn, bad, [finding.told.headline.clone(), before, after])
    });
    all.push(rows("Findings", "finding", findings.collect(), it.top));
    let codes = comparison.rcodes.iter();
    all.push(rows("Response codes", "RCODE", codes.map(|row| change(it, row)).collect(), it.top));
    let ends = comparison.outcomes.iter().map(|row| {
        let (turn, bad, [_, before, after]) = change(it, row);
        let name = match row.key {
            Focus::Slow => "slow responses".to_owned(),
            focus => focus.to_string(),
        };
        (turn, bad, [name, before, after])
    });
    all.push(rows("Outcomes", "queries", ends.collect(), it.top));
    let times = comparison.times.iter().map(|row| {
        let turn = if row.is_slower() { Turn::Grown } else { Turn::Less };
        let told = |it: &crate::snapshot::Latency| {
            format!("{} (95%: {})", rounded(it.p50), rounded(it.p95))
        };
        (turn, row.is_slower(), [row.of.to_string(), told(&row.before), told(&row.after)])
    });
    all.push(rows("Response times, median (less is faster)", "of", times.collect(), it.top));
    for ((table, _, heading), changes) in Table::ALL.iter().zip(&comparison.tables) {
        let changes = changes.iter().map(|row| change(it, row)).collect();
        let what = heading_of(*table);
        let errors = (it.before.error(*table), it.after.error(*table));
        all.push(Rows { errors, ..rows(heading, what, changes, it.top) });
    }
    all.retain(|table| !table.told.is_empty());
    all
}

fn heading_of(table: Table) -> &'static str {
    match table {
        Table::Servers => "server",
        Table::Clients => "client",
        Table::Domains => "domain",
        Table::Names => "name",
        Table::Types => "type",
    }
}

fn rows(
    heading: &'static str,
    what: &'static str,
    mut rows: Vec<(Turn, bool, [String; 3])>,
    top: usize,
) -> Rows {
    let omitted = rows.len().saturating_sub(top);
    rows.truncate(top);
    Rows { heading, titles: ["", what, "before", "after"], told: rows, omitted, errors: (0, 0) }
}

fn change<K: std::fmt::Display>(it: &Difference<'_>, row: &Change<K>) -> (Turn, bool, [String; 3]) {
    let told =
        [(row.before, it.before), (row.after, it.after)].map(|(count, side)| part(count, side));
    let [before, after] = told;
    (row.turn, row.worse, [row.key.to_string(), before, after])
}

/// `61.9% (161 of 260)`; of what was not seen, that it was not.
fn part(counted: Option<Count>, side: &Side) -> String {
    match counted {
        Some(Count { part, error }) if part.of > 0 => {
            let error =
                if error > 0 { format!(", up to {} more", count(error)) } else { String::new() };
            format!("{} ({} of {}{error})", percent(part.share()), count(part.part), count(part.of))
        }
        Some(_) => "not seen".to_owned(),
        None => format!("no {}", side.focus),
    }
}
