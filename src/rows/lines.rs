//! Rows as lines of text: JSON Lines and CSV, with the same columns.
//!
//! What a row has of its own is written for it; what all rows of one shape have is written once, as
//! phrases that are copied.

use std::io::{self, Write};

use super::batch::Batch;
use super::columns::{COLUMNS, Column};
use super::kinds::{Kind, Shaped};
use super::phrases::{Phrases, Piece, pieces};
use super::press::{Table, Tools};
use super::row::Row;
use super::shape::Shape;
use super::shelf::Aside;
use super::spell::{Clock, push_address, push_number};
use super::texts::Texts;
use crate::output::disarm;
use crate::time::Timestamp;

/// What stands in a cell.
pub(super) enum Cell<'a> {
    Null,
    Flag(bool),
    Number(u64),
    /// A word of a table of ours, or what is made of nothing else: an address, a time.
    Word(&'a str),
    /// What came from a packet, escaped.
    Text(&'a str),
}

/// How cells are put into lines.
pub(super) trait Style: Send {
    /// What stands before the first line of a file.
    fn heading() -> io::Result<Vec<u8>>;

    /// Writes a cell and what separates it from the one before.
    fn cell(column: &Column, is_first: bool, cell: Cell<'_>, out: &mut Vec<u8>) -> io::Result<()>;

    /// Ends a line.
    fn end(out: &mut Vec<u8>);
}

/// Bytes of lines that are made before they are written.
const AT_ONCE: usize = 64 << 10;

/// A file of lines.
pub(super) struct Lines<S> {
    out: Box<dyn Aside>,
    style: std::marker::PhantomData<S>,
    /// What is not written yet.
    text: Vec<u8>,
    bytes: u64,
    has_heading: bool,
    pieces: Vec<Piece>,
    phrases: Phrases,
    clock: Clock,
    /// For a cell while it is written.
    word: String,
}

impl<S: Style> Lines<S> {
    pub(super) fn new(out: Box<dyn Aside>) -> Self {
        Self {
            out,
            style: std::marker::PhantomData,
            text: Vec::new(),
            bytes: 0,
            has_heading: false,
            pieces: pieces(),
            phrases: Phrases::default(),
            clock: Clock::default(),
            word: String::new(),
        }
    }

    fn put(&mut self) -> io::Result<()> {
        self.bytes += self.text.len() as u64;
        let written = self.out.write_all(&self.text);
        self.text.clear();
        written
    }

    fn begin(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_heading, true) {
            self.text = S::heading()?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Row, batch: &Batch) -> io::Result<()> {
        let place = row.shape.0 as usize;
        let Some(shape) = batch.shapes().get(place) else { return Ok(()) };
        for (number, piece) in self.pieces.iter().enumerate() {
            let columns = COLUMNS.get(piece.columns.clone()).unwrap_or_default();
            let is_first = piece.columns.start == 0;
            let out = &mut self.text;
            if piece.is_shaped {
                let at = place * self.pieces.len() + number;
                self.phrases.put(at, out, |out| {
                    phrase::<S>(columns, is_first, shape, batch.texts(), out)
                })?;
            } else if let [column] = columns {
                self.word.clear();
                let cell = own(column.kind, row, batch.texts(), &mut self.clock, &mut self.word);
                S::cell(column, is_first, cell, out)?;
            }
        }
        S::end(&mut self.text);
        Ok(())
    }
}

impl<S: Style> Table for Lines<S> {
    fn add(&mut self, batch: &Batch, _: &mut Tools) -> io::Result<()> {
        self.begin()?;
        self.phrases.clear(batch.shapes().len() * self.pieces.len());
        for row in batch.rows() {
            self.row(row, batch)?;
            if self.text.len() >= AT_ONCE {
                self.put()?;
            }
        }
        self.put()
    }

    fn finish(mut self: Box<Self>) -> io::Result<(Box<dyn Aside>, u64)> {
        self.begin()?;
        self.put()?;
        Ok((self.out, self.bytes))
    }
}

/// The cell of a column that each row has of its own.
fn own<'a>(
    kind: Kind,
    row: &Row,
    texts: &'a Texts,
    clock: &mut Clock,
    word: &'a mut String,
) -> Cell<'a> {
    let cell = match kind {
        Kind::Time(get) => get(row).map(|at| {
            clock.push(Timestamp(at.get()), word);
            Cell::Word(word)
        }),
        Kind::Nanos(get) => get(row).map(Cell::Number),
        Kind::Number(get) => Some(Cell::Number(get(row).into())),
        Kind::Client => {
            push_address(word, texts.clients.get(row.client));
            Some(Cell::Word(word))
        }
        Kind::Server => {
            push_address(word, texts.servers.get(row.server));
            Some(Cell::Word(word))
        }
        Kind::Name => row.name.map(|name| Cell::Text(texts.names.get(name))),
        Kind::Domain => row.name.map(|name| Cell::Text(texts.names.domain(name))),
        Kind::Shaped(_) => None,
    };
    cell.unwrap_or(Cell::Null)
}

/// The cells of columns that stand together and are the same for all rows of a shape.
fn phrase<S: Style>(
    columns: &[Column],
    is_first: bool,
    shape: &Shape,
    texts: &Texts,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    for (number, column) in columns.iter().enumerate() {
        let Kind::Shaped(shaped) = column.kind else { continue };
        let word;
        let cell = match shaped {
            Shaped::Number(get) => get(shape).map(|number| Cell::Number(number.into())),
            Shaped::Flag(get) => get(shape).map(Cell::Flag),
            Shaped::Word(get, spell) => {
                word = get(shape).map(spell);
                word.as_deref().map(Cell::Word)
            }
            Shaped::Text(get) => get(shape).map(|id| Cell::Text(texts.get(id))),
        };
        S::cell(column, is_first && number == 0, cell.unwrap_or(Cell::Null), out)?;
    }
    Ok(())
}

fn push_cell_number(out: &mut Vec<u8>, number: u64) {
    let mut text = String::with_capacity(20);
    push_number(&mut text, number, 0);
    out.extend_from_slice(text.as_bytes());
}

fn truth(flag: bool) -> &'static [u8] {
    if flag { b"true" } else { b"false" }
}

/// JSON Lines.
pub(super) struct Json;

impl Style for Json {
    fn heading() -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn cell(column: &Column, is_first: bool, cell: Cell<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(if is_first { b"{\"" } else { b",\"" });
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(b"\":");
        match cell {
            Cell::Null => out.extend_from_slice(b"null"),
            Cell::Flag(flag) => out.extend_from_slice(truth(flag)),
            Cell::Number(number) => push_cell_number(out, number),
            Cell::Word(text) | Cell::Text(text) => serde_json::to_writer(out, text)?,
        }
        Ok(())
    }

    fn end(out: &mut Vec<u8>) {
        out.extend_from_slice(b"}\n");
    }
}

/// Comma-separated values.
pub(super) struct Csv;

impl Style for Csv {
    fn heading() -> io::Result<Vec<u8>> {
        let mut line = csv::Writer::from_writer(Vec::new());
        line.write_record(COLUMNS.iter().map(|column| column.name))?;
        line.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    fn cell(_: &Column, is_first: bool, cell: Cell<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        if !is_first {
            out.push(b',');
        }
        match cell {
            Cell::Null => {}
            Cell::Flag(flag) => out.extend_from_slice(truth(flag)),
            Cell::Number(number) => push_cell_number(out, number),
            Cell::Word(word) => quote(word, out),
            Cell::Text(text) if is_harmless(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Text(text) => quote(&disarm(text.to_owned()), out),
        }
        Ok(())
    }

    fn end(out: &mut Vec<u8>) {
        out.push(b'\n');
    }
}

/// Whether a cell needs neither to be disarmed nor quotes: it begins with a letter or a digit, and
/// has no more than names of hosts have.
fn is_harmless(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(is_plain)
}

/// Puts a cell in quotes if it needs them (RFC 4180 §2).
fn quote(text: &str, out: &mut Vec<u8>) {
    if text.contains(['"', ',', '\n', '\r']) {
        out.push(b'"');
        out.extend(text.replace('"', "\"\"").bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for number in [0, 9, 10, 65_535, u64::MAX] {
            let mut out = Vec::new();
            push_cell_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }

    fn as_the_library_writes(text: &str) -> Vec<u8> {
        let mut line = csv::Writer::from_writer(Vec::new());
        line.write_record(["", &disarm(text.to_owned())]).unwrap();
        line.into_inner().unwrap()
    }

    proptest! {
        #[test]
        fn a_cell_is_quoted_and_disarmed_as_reports_do_it(text in "[ -~]{0,9}") {
            let mut out = Vec::new();
            Csv::cell(&COLUMNS[0], false, Cell::Text(&text), &mut out).unwrap();
            Csv::end(&mut out);
            prop_assert_eq!(out, as_the_library_writes(&text));
        }
    }
}
