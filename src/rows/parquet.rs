//! Rows as Apache Parquet: each batch a row group, each column of its own type.
//!
//! The `parquet` crate writes the file and all that is said of its parts; pages are made here. A batch
//! has each name, address and shape once, so dictionaries are there already, and what the crate's
//! encoders would look up value by value is known. Not by way of Arrow: its crates would make most of
//! what has to be built.

mod binder;
mod content;
mod delta;
mod entries;
mod hybrid;
mod pages;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use self::binder::Binder;
use self::content::{Scratch, Source};
use super::batch::Batch;
use super::columns::{COLUMNS, Column};
use super::kinds::{Kind, Shaped, Store};
use super::order::Ordered;
use super::press::Table;
use super::shelf::Aside;

/// A file.
pub(super) struct Parquet {
    file: SerializedFileWriter<Counted>,
}

/// What row groups are made with, one after the other.
#[derive(Default)]
pub(super) struct Tools {
    ordered: Ordered,
    scratch: Scratch,
    binder: Binder,
}

impl Parquet {
    /// Begins a file; labels are its metadata.
    pub(super) fn new(out: Box<dyn Aside>, labels: &[(&'static str, String)]) -> io::Result<Self> {
        let schema = schema().map_err(io_error)?;
        let out = Counted { out, bytes: 0 };
        let properties = Arc::new(properties(labels));
        let file = SerializedFileWriter::new(out, schema, properties).map_err(io_error)?;
        Ok(Self { file })
    }

    fn add_group(&mut self, batch: &Batch, tools: &mut Tools) -> Result<(), ParquetError> {
        let Tools { ordered, scratch, binder } = tools;
        ordered.sort(batch);
        let source = Source { batch, ordered };
        scratch.begin(&source);
        let descriptions = self.file.schema_descr().columns().to_vec();
        let mut group = self.file.next_row_group()?;
        for (column, description) in COLUMNS.iter().zip(&descriptions) {
            let content = scratch.fill(column, &source)?;
            binder.write(&content, description, &mut group)?;
        }
        group.close()?;
        Ok(())
    }
}

impl Table for Parquet {
    fn add(&mut self, batch: &Batch, tools: &mut super::press::Tools) -> io::Result<()> {
        self.add_group(batch, &mut tools.columns).map_err(io_error)
    }

    fn finish(self: Box<Self>) -> io::Result<(Box<dyn Aside>, u64)> {
        let Counted { out, bytes } = self.file.into_inner().map_err(io_error)?;
        Ok((out, bytes))
    }
}

/// A file and how long it is.
struct Counted {
    out: Box<dyn Aside>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What the disk said, where it was the disk.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(inner) => *inner,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields = COLUMNS.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("exchange").with_fields(fields).build()?))
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Time(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::NANOS))),
        Kind::Nanos(_) => (Physical::INT64, None),
        Kind::Number(_) | Kind::Shaped(Shaped::Number(_)) => {
            (Physical::INT32, Some(LogicalType::integer(16, false)))
        }
        Kind::Shaped(Shaped::Flag(_)) => (Physical::BOOLEAN, None),
        _ => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition =
        if column.null.is_empty() { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let builder = Type::primitive_type_builder(column.name, physical);
    Ok(Arc::new(builder.with_repetition(repetition).with_logical_type(logical).build()?))
}

/// Of a file; how columns are written the pages themselves say.
fn properties(labels: &[(&'static str, String)]) -> WriterProperties {
    let label =
        |(key, value): &(&'static str, String)| KeyValue::new((*key).to_owned(), value.clone());
    WriterProperties::builder()
        .set_created_by(concat!("rcodetop version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(labels.iter().map(label).collect()))
        .set_sorting_columns(Some(sorting()))
        .set_max_row_group_row_count(None)
        .build()
}

fn sorting() -> Vec<SortingColumn> {
    let place = COLUMNS.iter().position(|column| column.store == Store::Sorted);
    let column = place.and_then(|place| i32::try_from(place).ok());
    let sorted = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: true };
    column.map(sorted).into_iter().collect()
}
