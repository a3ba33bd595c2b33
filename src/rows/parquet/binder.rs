//! Puts the pages of a column into a row group, compressed, and notes where each is.

use std::io::{self, Write};

use bytes::Bytes;
use parquet::basic::{
    BoundaryOrder, Compression, Encoding, EncodingMask, PageType, Type as Physical, ZstdLevel,
};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use super::pages::{Content, Plan, Presence};

/// Measured: more of it makes files hardly smaller, and takes several times as long.
const ZSTD_LEVEL: i32 = 1;

/// Makes pages.
#[derive(Default)]
pub(super) struct Binder {
    /// From the first page on that it compresses.
    zstd: Option<Compressor<'static>>,
    /// A page as it is read.
    body: Vec<u8>,
    /// The same as it is written; memory that goes to and fro.
    packed: Vec<u8>,
    /// The pages of a column, likewise.
    column: Vec<u8>,
}

impl Binder {
    /// Adds a column to a row group.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        content: &Content<'_>,
        descr: &ColumnDescPtr,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let mut sink = TrackedWrite::new(std::mem::take(&mut self.column));
        let told = self.bind(content, descr, &mut sink)?;
        let column = Bytes::from(sink.into_inner()?);
        group.append_column(&column, told)?;
        self.column = emptied(column);
        Ok(())
    }

    /// Writes the pages of a column, and says what is to be said of them.
    fn bind(
        &mut self,
        content: &Content<'_>,
        descr: &ColumnDescPtr,
        sink: &mut TrackedWrite<Vec<u8>>,
    ) -> Result<ColumnCloseResult, ParquetError> {
        let plan = Plan::of(content);
        let mut chunk = Chunk::new(SerializedPageWriter::new(sink), content.rows);
        if let Some(entries) = plan.dictionary {
            self.body.clear();
            self.body.extend_from_slice(entries.bytes());
            let (bytes, length) = self.pack(plan.is_packed)?;
            let page = Page::DictionaryPage {
                buf: bytes.clone(),
                num_values: count(entries.len()),
                encoding: Encoding::PLAIN,
                is_sorted: content.is_sorted,
            };
            chunk.dictionary(CompressedPage::new(page, length))?;
            self.packed = emptied(bytes);
        }
        let mut values = 0;
        for rows in plan.pages(content) {
            let present = content.presence.count(&rows);
            let taken = values..values + present;
            values += present;
            self.body.clear();
            content.presence.push(&rows, &mut self.body);
            plan.push(content.values, taken.clone(), &mut self.body);
            let (bytes, length) = self.pack(plan.is_packed)?;
            let page = Page::DataPage {
                buf: bytes.clone(),
                num_values: count(rows.len()),
                encoding: plan.encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let page = CompressedPage::new(page, length);
            chunk.data(page, rows.len(), present, content.ends(taken))?;
            self.packed = emptied(bytes);
        }
        chunk.close(content, &plan, descr)
    }

    /// The bytes of the page that the body makes, and how many the body has.
    fn pack(&mut self, is_packed: bool) -> Result<(Bytes, usize), ParquetError> {
        let length = self.body.len();
        if is_packed {
            self.compress().map_err(|error| ParquetError::External(Box::new(error)))?;
        } else {
            std::mem::swap(&mut self.body, &mut self.packed);
        }
        Ok((std::mem::take(&mut self.packed).into(), length))
    }

    fn compress(&mut self) -> io::Result<()> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            None => self.zstd.insert(Compressor::new(ZSTD_LEVEL)?),
        };
        self.packed.reserve(zstd::compress_bound(self.body.len()));
        zstd.compress_to_buffer(&self.body, &mut self.packed).map(|_| ())
    }
}

/// The memory of what was written, for more.
fn emptied(bytes: Bytes) -> Vec<u8> {
    let mut memory = Vec::from(bytes);
    memory.clear();
    memory
}

/// Numbers of rows and values are bounded by those of a batch.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The pages of a column as they are written, and what is noted of them.
struct Chunk<'a> {
    writer: SerializedPageWriter<'a, Vec<u8>>,
    rows: usize,
    dictionary_at: Option<i64>,
    data_at: Option<i64>,
    uncompressed: i64,
    compressed: i64,
    pages: i32,
    offsets: OffsetIndexBuilder,
    bounds: ColumnIndexBuilder,
}

fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

impl<'a> Chunk<'a> {
    fn new(writer: SerializedPageWriter<'a, Vec<u8>>, rows: usize) -> Self {
        Self {
            writer,
            rows,
            dictionary_at: None,
            data_at: None,
            uncompressed: 0,
            compressed: 0,
            pages: 0,
            offsets: OffsetIndexBuilder::new(),
            bounds: ColumnIndexBuilder::new(Physical::BYTE_ARRAY),
        }
    }

    fn write(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        let written = self.writer.write_page(page)?;
        self.uncompressed += signed(written.uncompressed_size);
        self.compressed += signed(written.compressed_size);
        Ok(written)
    }

    fn dictionary(&mut self, page: CompressedPage) -> Result<(), ParquetError> {
        let written = self.write(page)?;
        self.dictionary_at = Some(signed(written.offset));
        Ok(())
    }

    fn data(
        &mut self,
        page: CompressedPage,
        rows: usize,
        present: usize,
        ends: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(), ParquetError> {
        let written = self.write(page)?;
        let offset = signed(written.offset);
        self.data_at.get_or_insert(offset);
        self.pages += 1;
        self.offsets.append_row_count(signed(rows));
        let size = i32::try_from(written.compressed_size).unwrap_or(i32::MAX);
        self.offsets.append_offset_and_size(offset, size);
        let (least, most) = ends.unwrap_or_default();
        self.bounds.append(present == 0, least, most, signed(rows - present), None);
        Ok(())
    }

    fn close(
        mut self,
        content: &Content<'_>,
        plan: &Plan<'_>,
        descr: &ColumnDescPtr,
    ) -> Result<ColumnCloseResult, ParquetError> {
        let data = (PageType::DATA_PAGE, plan.encoding, self.pages);
        let dictionary = (PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1);
        let kinds = self.dictionary_at.map(|_| dictionary).into_iter().chain([data]);
        let kinds: Vec<_> = kinds
            .map(|(page_type, encoding, count)| PageEncodingStats { page_type, encoding, count })
            .collect();
        let level_encoding =
            (!matches!(content.presence, Presence::Required)).then_some(Encoding::RLE);
        let encodings: Vec<_> =
            kinds.iter().map(|kind| kind.encoding).chain(level_encoding).collect();
        let compression = if plan.is_packed {
            Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?)
        } else {
            Compression::UNCOMPRESSED
        };
        let mut metadata = ColumnChunkMetaData::builder(descr.clone())
            .set_compression(compression)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings.iter()))
            .set_page_encoding_stats(kinds)
            .set_total_compressed_size(self.compressed)
            .set_total_uncompressed_size(self.uncompressed)
            .set_num_values(signed(self.rows))
            .set_data_page_offset(self.data_at.unwrap_or_default())
            .set_dictionary_page_offset(self.dictionary_at);
        if let Some(statistics) = &content.statistics {
            metadata = metadata.set_statistics(statistics.clone());
        }
        self.bounds.set_boundary_order(BoundaryOrder::ASCENDING);
        Ok(ColumnCloseResult {
            bytes_written: self.compressed.cast_unsigned(),
            rows_written: self.rows as u64,
            metadata: metadata.build()?,
            bloom_filter: content.bloom.clone(),
            column_index: content.is_sorted.then(|| self.bounds.build()).transpose()?,
            offset_index: Some(self.offsets.build()),
        })
    }
}
