//! Exchanges as rows of a table, for databases: one row for each, whatever came of it.
//!
//! In: exchanges as the tracker tells them ([`Witness`](crate::engine::Witness)), each once. Out:
//! files of columns or of lines, each of one hour, handed to a [`Shelf`]. One table, [`COLUMNS`],
//! says what a column is; the writers and `docs/export.md` follow it. Rows wait in batches of
//! bounded memory. Knows no file system but in [`Folder`], no process and no clock.

mod addresses;
mod batch;
mod columns;
mod folder;
mod gather;
mod hour;
mod kinds;
mod lines;
mod names;
#[cfg(feature = "parquet")]
mod order;
#[cfg(feature = "parquet")]
mod parquet;
mod phrases;
mod pile;
mod press;
mod reference;
mod row;
mod shape;
mod shelf;
mod spell;
#[cfg(test)]
mod tests;
mod texts;

pub use addresses::AddressId;
pub use batch::Batch;
pub use columns::{COLUMNS, Column};
pub use folder::Folder;
pub use gather::{Gather, Hand, Load, Meaning, Order, Tally};
pub use hour::{Hour, Place, partition};
pub use kinds::{Kind, Shaped, Store};
pub use names::NameId;
pub use press::{Press, PressOptions, Printed, Progress, read};
pub use reference::reference;
pub use row::{END_WORDS, End, Row};
pub use shape::{Shape, ShapeId};
pub use shelf::{Aside, Shelf};
pub use texts::{TextId, Texts};

use clap::ValueEnum;

/// The version of the columns: their names, types and meanings. Columns may be added within one.
pub const SCHEMA: &str = "rcodetop.exchanges/1";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Apache Parquet, compressed with zstd
    #[cfg(feature = "parquet")]
    Parquet,
    /// JSON Lines: one object a line
    Jsonl,
    /// Comma-separated values with a heading (RFC 4180)
    Csv,
}

impl TableFormat {
    /// What the names of its files end with.
    pub const fn extension(self) -> &'static str {
        match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}
