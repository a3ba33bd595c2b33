//! From a comparison to bytes: as text, as Markdown, or as one object in the schema `rcodetop.diff/1`.

mod json;
mod markdown;
mod rows;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::diff::{Comparison, Side};

/// The forms a comparison can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For reading on a screen
    Text,
    /// One object in the schema rcodetop.diff/1
    Json,
    /// For pasting into a ticket
    #[value(alias = "md")]
    Markdown,
}

impl DiffFormat {
    /// How many rows each table has, unless the user says.
    pub fn default_rows(self) -> usize {
        match self {
            Self::Text | Self::Markdown => 10,
            Self::Json => 20,
        }
    }
}

/// What is compared, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'a> {
    /// The earlier side.
    pub before: &'a Side,
    /// The later side.
    pub after: &'a Side,
    /// What differs.
    pub comparison: &'a Comparison,
    /// The most rows of each table.
    pub top: usize,
    /// Whether to send colour codes.
    pub color: bool,
}

/// Writes a comparison. The only errors are those of `out`.
pub fn write_difference(
    format: DiffFormat,
    it: &Difference<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        DiffFormat::Text => text::write(it, out),
        DiffFormat::Json => json::write(it, out),
        DiffFormat::Markdown => markdown::write(it, out),
    }
}
