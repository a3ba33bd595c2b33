//! From a snapshot to bytes: the reports, one file per format.
//!
//! Knows the snapshot only. Every format has its own output types, because what scripts read is a
//! promise and the snapshot is not. The same snapshot and options give the same bytes.

mod answers;
mod areas;
mod case;
mod csv;
pub mod difference;
#[cfg(test)]
mod fixtures;
mod json;
mod markdown;
mod names;
pub mod pcapng;
pub mod probe;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::io::{self, Write};

use clap::ValueEnum;

pub(crate) use csv::disarm;
pub use json::EventLog;

use crate::snapshot::Snapshot;

/// The forms a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For reading on a screen
    Text,
    /// One object in the schema rcodetop.report/1
    Json,
    /// One JSON object a line: each finding as it opens, changes and ends, and a summary a minute
    Jsonl,
    /// One table for spreadsheets; `list` says what a row is of
    Csv,
    /// For pasting into a ticket
    #[value(alias = "md")]
    Markdown,
}

impl Format {
    /// How many rows the lists of a snapshot for this format have, unless the user says.
    pub fn default_rows(self) -> usize {
        match self {
            Self::Text | Self::Markdown => 10,
            Self::Json | Self::Jsonl | Self::Csv => 20,
        }
    }
}

/// What the text report adapts to; the other formats look the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a screen")]
pub struct Options {
    /// Columns of the screen.
    pub width: usize,
    /// Whether to send colour codes.
    pub color: bool,
    /// Whether block characters can be shown; otherwise charts are ASCII.
    pub unicode: bool,
    /// Every row of the snapshot is shown; otherwise the tables share one screen.
    pub every_row: bool,
    /// Whether the whole ledger is shown.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 100, color: false, unicode: true, every_row: false, verbose: false }
    }
}

/// Writes one report. The only errors are those of `out`.
pub fn write(
    format: Format,
    snapshot: &Snapshot,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(snapshot, options, out),
        Format::Json => json::write(snapshot, out),
        Format::Jsonl => EventLog::default().close(snapshot, out),
        Format::Csv => csv::write(snapshot, out),
        Format::Markdown => markdown::write(snapshot, out),
    }
}

/// Writes aligned columns of plain text; the first row is the heading.
pub fn write_columns(rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
