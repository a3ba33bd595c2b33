//! Rows as lines of text: JSON Lines and CSV, with the same columns.

use std::io::{self, Write};

use super::batch::Batch;
use super::columns::{COLUMNS, Kind};
use super::press::Table;
use super::row::Row;
use super::shelf::Aside;
use super::texts::Texts;
use crate::output::disarm;
use crate::time::Timestamp;

/// What stands in a cell.
enum Cell<'a> {
    Null,
    Flag(bool),
    Number(u64),
    /// A word of a table of ours, or a time.
    Word(String),
    /// What came from a packet, escaped.
    Text(&'a str),
}

fn cell<'a>(kind: Kind, row: &Row, texts: &'a Texts) -> Cell<'a> {
    let cell = match kind {
        Kind::Time(get) => get(row).map(|at| Cell::Word(Timestamp(at.get()).to_string())),
        Kind::Nanos(get) => get(row).map(Cell::Number),
        Kind::Number(get) => get(row).map(|number| Cell::Number(number.into())),
        Kind::Flag(get) => get(row).map(Cell::Flag),
        Kind::Word(get, word) => get(row).map(|number| Cell::Word(word(number))),
        Kind::Text(get) => get(row).map(|id| Cell::Text(texts.get(id))),
    };
    cell.unwrap_or(Cell::Null)
}

/// JSON Lines.
pub(super) struct Json {
    out: Box<dyn Aside>,
    line: Vec<u8>,
    bytes: u64,
}

impl Json {
    pub(super) fn new(out: Box<dyn Aside>) -> Self {
        Self { out, line: Vec::new(), bytes: 0 }
    }

    fn row(&mut self, row: &Row, texts: &Texts) -> io::Result<()> {
        self.line.clear();
        let out = &mut self.line;
        for (number, column) in COLUMNS.iter().enumerate() {
            write!(out, "{}\"{}\":", if number == 0 { '{' } else { ',' }, column.name)?;
            match cell(column.kind, row, texts) {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Flag(flag) => write!(out, "{flag}")?,
                Cell::Number(number) => write!(out, "{number}")?,
                Cell::Word(word) => serde_json::to_writer(&mut *out, &word)?,
                Cell::Text(text) => serde_json::to_writer(&mut *out, text)?,
            }
        }
        out.extend_from_slice(b"}\n");
        self.bytes += out.len() as u64;
        self.out.write_all(out)
    }
}

impl Table for Json {
    fn add(&mut self, batch: &mut Batch) -> io::Result<()> {
        batch.rows().iter().try_for_each(|row| self.row(row, batch.texts()))
    }

    fn finish(self: Box<Self>) -> io::Result<(Box<dyn Aside>, u64)> {
        Ok((self.out, self.bytes))
    }
}

/// Comma-separated values.
pub(super) struct Csv {
    out: Box<dyn Aside>,
    bytes: u64,
    has_heading: bool,
}

impl Csv {
    pub(super) fn new(out: Box<dyn Aside>) -> Self {
        Self { out, bytes: 0, has_heading: false }
    }

    fn put(&mut self, lines: csv::Writer<Vec<u8>>) -> io::Result<()> {
        let lines = lines.into_inner().map_err(csv::IntoInnerError::into_error)?;
        self.bytes += lines.len() as u64;
        self.out.write_all(&lines)
    }

    fn heading(&mut self) -> io::Result<()> {
        if self.has_heading {
            return Ok(());
        }
        self.has_heading = true;
        let mut lines = csv::Writer::from_writer(Vec::new());
        lines.write_record(COLUMNS.iter().map(|column| column.name))?;
        self.put(lines)
    }
}

/// Rows that are made into lines before they are written.
const AT_ONCE: usize = 1024;

impl Table for Csv {
    fn add(&mut self, batch: &mut Batch) -> io::Result<()> {
        self.heading()?;
        for rows in batch.rows().chunks(AT_ONCE) {
            let mut lines = csv::Writer::from_writer(Vec::new());
            for row in rows {
                for column in COLUMNS {
                    lines.write_field(field(cell(column.kind, row, batch.texts())))?;
                }
                lines.write_record(None::<&[u8]>)?;
            }
            self.put(lines)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<(Box<dyn Aside>, u64)> {
        self.heading()?;
        Ok((self.out, self.bytes))
    }
}

fn field(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Word(word) => word,
        Cell::Text(text) => disarm(text.to_owned()),
    }
}
