//! Rows as Apache Parquet: each batch a row group, each column of its own type.
//!
//! Written column by column without Arrow in between: what rows hold is what pages hold, and the
//! crates of Arrow would make most of what has to be built.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::batch::Batch;
use super::columns::{COLUMNS, Column, Kind, Store};
use super::press::Table;
use super::row::Row;
use super::shelf::Aside;
use super::texts::{TextId, Texts};

/// Measured: more of it makes files hardly smaller, and takes several times as long.
const ZSTD_LEVEL: i32 = 1;

/// Of a thousand values that are not there, a Bloom filter takes so many for some that are.
const FALSE_POSITIVES: f64 = 0.01;

/// A file.
pub(super) struct Parquet {
    file: SerializedFileWriter<Counted>,
    buffers: Buffers,
}

impl Parquet {
    /// Begins a file; labels are its metadata.
    pub(super) fn new(out: Box<dyn Aside>, labels: &[(&'static str, String)]) -> io::Result<Self> {
        let schema = schema().map_err(io_error)?;
        let properties = properties(labels).map_err(io_error)?;
        let out = Counted { out, bytes: 0 };
        let file = SerializedFileWriter::new(out, schema, properties).map_err(io_error)?;
        Ok(Self { file, buffers: Buffers::default() })
    }

    fn add_sorted(&mut self, batch: &Batch) -> Result<(), ParquetError> {
        let texts: Vec<ByteArray> = spelled(batch.texts());
        let mut group = self.file.next_row_group()?;
        for column in COLUMNS {
            let Some(mut writer) = group.next_column()? else { break };
            self.buffers.write(column, batch.rows(), &texts, &mut writer)?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }
}

impl Table for Parquet {
    fn add(&mut self, batch: &mut Batch) -> io::Result<()> {
        batch.sort();
        self.add_sorted(batch).map_err(io_error)
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

fn spelled(texts: &Texts) -> Vec<ByteArray> {
    texts.all().iter().map(|text| ByteArray::from(&**text)).collect()
}

/// Values and levels of one column, in memory that is used for the next one, too.
#[derive(Default)]
struct Buffers {
    longs: Vec<i64>,
    numbers: Vec<i32>,
    flags: Vec<bool>,
    texts: Vec<ByteArray>,
    levels: Vec<i16>,
}

impl Buffers {
    fn write(
        &mut self,
        column: &Column,
        rows: &[Row],
        texts: &[ByteArray],
        writer: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let Self { longs, numbers, flags, texts: words, levels } = self;
        let is_optional = !column.null.is_empty();
        let levels = is_optional.then_some(levels);
        match column.kind {
            Kind::Time(get) => put::<Int64Type>(rows, longs, levels, writer, |row| {
                get(row).map(|at| at.get().cast_signed())
            }),
            Kind::Nanos(get) => put::<Int64Type>(rows, longs, levels, writer, |row| {
                get(row).map(|span| i64::try_from(span).unwrap_or(i64::MAX))
            }),
            Kind::Number(get) => {
                put::<Int32Type>(rows, numbers, levels, writer, |row| get(row).map(i32::from))
            }
            Kind::Flag(get) => put::<BoolType>(rows, flags, levels, writer, get),
            Kind::Word(get, spell) => {
                let mut known = Words::default();
                put::<ByteArrayType>(rows, words, levels, writer, |row| {
                    get(row).map(|number| known.get(number, spell))
                })
            }
            Kind::Text(get) => put::<ByteArrayType>(rows, words, levels, writer, |row| {
                get(row).map(|id| text(texts, id))
            }),
        }
    }
}

fn text(texts: &[ByteArray], id: TextId) -> ByteArray {
    texts.get(id.place()).cloned().unwrap_or_default()
}

/// Writes the values of a column that are there, and for each row whether one is.
fn put<T: DataType>(
    rows: &[Row],
    values: &mut Vec<T::T>,
    levels: Option<&mut Vec<i16>>,
    writer: &mut SerializedColumnWriter<'_>,
    mut get: impl FnMut(&Row) -> Option<T::T>,
) -> Result<(), ParquetError> {
    values.clear();
    let levels = match levels {
        None => {
            values.extend(rows.iter().filter_map(&mut get));
            None
        }
        Some(levels) => {
            levels.clear();
            for row in rows {
                let value = get(row);
                levels.push(i16::from(value.is_some()));
                values.extend(value);
            }
            Some(levels.as_slice())
        }
    };
    writer.typed::<T>().write_batch(values, levels, None)?;
    Ok(())
}

/// The words of a column, each spelled once in a row group.
#[derive(Default)]
struct Words(hashbrown::HashMap<u16, ByteArray, foldhash::fast::RandomState>);

impl Words {
    fn get(&mut self, number: u16, spell: fn(u16) -> String) -> ByteArray {
        let spelled = || ByteArray::from(spell(number).into_bytes());
        self.0.entry(number).or_insert_with(spelled).clone()
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
        Kind::Number(_) => (Physical::INT32, Some(LogicalType::integer(16, false))),
        Kind::Flag(_) => (Physical::BOOLEAN, None),
        Kind::Word(..) | Kind::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition =
        if column.null.is_empty() { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let builder = Type::primitive_type_builder(column.name, physical);
    Ok(Arc::new(builder.with_repetition(repetition).with_logical_type(logical).build()?))
}

fn properties(labels: &[(&'static str, String)]) -> Result<WriterPropertiesPtr, ParquetError> {
    let label =
        |(key, value): &(&'static str, String)| KeyValue::new((*key).to_owned(), value.clone());
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("rcodetop version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_key_value_metadata(Some(labels.iter().map(label).collect()))
        .set_sorting_columns(Some(sorting()))
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None);
    for column in COLUMNS {
        let path = ColumnPath::from(column.name);
        let statistics = match (column.kind, column.store) {
            (_, Store::Sorted) => EnabledStatistics::Page,
            // Who asks for a time, a delay or a code can pass over row groups.
            (Kind::Time(_) | Kind::Nanos(_) | Kind::Number(_), _) => EnabledStatistics::Chunk,
            // Of what else there is, every row group has from the least to the most.
            _ => EnabledStatistics::None,
        };
        builder = builder.set_column_statistics_enabled(path.clone(), statistics);
        builder = match column.store {
            Store::Plain => builder.set_column_dictionary_enabled(path, false),
            Store::Dictionary => builder,
            Store::Sought | Store::Sorted => sought(builder, path),
        };
    }
    Ok(Arc::new(builder.build()))
}

type Builder = parquet::file::properties::WriterPropertiesBuilder;

fn sought(builder: Builder, path: ColumnPath) -> Builder {
    builder
        .set_column_bloom_filter_enabled(path.clone(), true)
        .set_column_bloom_filter_fpp(path, FALSE_POSITIVES)
}

fn sorting() -> Vec<SortingColumn> {
    let place = COLUMNS.iter().position(|column| column.store == Store::Sorted);
    let column = place.and_then(|place| i32::try_from(place).ok());
    let sorted = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: true };
    column.map(sorted).into_iter().collect()
}
