//! Writes batches to files, one for each hour, and gives these their names when they are whole.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::TableFormat;
use super::batch::Batch;
use super::gather::{Load, MOST_OPEN, Order, Tally};
use super::hour::{Hour, Place};
use super::lines::{Csv, Json, Lines};
#[cfg(feature = "parquet")]
use super::parquet::Parquet;
use super::shelf::{Aside, Shelf};
use crate::wire::name::escape_text;

/// A file that rows are added to.
pub(super) trait Table: Send {
    /// Adds rows, in whatever order suits it.
    fn add(&mut self, batch: &Batch, tools: &mut Tools) -> io::Result<()>;

    /// No row follows: the file, without a name yet, and how long it is.
    fn finish(self: Box<Self>) -> io::Result<(Box<dyn Aside>, u64)>;
}

/// Memory that it takes to write a batch, whichever file that goes to.
#[derive(Default)]
pub(super) struct Tools {
    #[cfg(feature = "parquet")]
    pub(super) columns: super::parquet::Tools,
}

/// Rows of a file at most; then another one is begun. What is kept of a file until it is whole is
/// bounded so.
const MOST_ROWS: u64 = 1 << 23;

/// Files of an export at most. A capture whose times jump about would else fill a disk with them.
const MOST_FILES: u64 = 10_000;

/// What shapes the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PressOptions {
    /// How rows are written.
    pub format: TableFormat,
    /// How files are laid out.
    pub place: Place,
    /// What is said of the rows in files that have room for it: names and values.
    pub labels: Vec<(&'static str, String)>,
}

/// What was written, as far as it got.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    /// Files that have their names.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Rows in these.
    pub rows: Tally,
    /// Rows that were handed over and are in no file.
    pub lost: u64,
    /// The path, below the shelf, of what could not be written, and why.
    pub failed: Option<(PathBuf, Arc<io::Error>)>,
}

/// The same for those who look on.
pub type Progress = Arc<Mutex<Printed>>;

/// What is known of the writing.
pub fn read(progress: &Progress) -> MutexGuard<'_, Printed> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Open {
    hour: Hour,
    table: Box<dyn Table>,
    path: PathBuf,
    rows: Tally,
}

/// Writes files.
pub struct Press {
    options: PressOptions,
    shelf: Box<dyn Shelf>,
    /// The one that was used last is the last.
    open: Vec<Open>,
    tools: Tools,
    begun: u64,
    progress: Progress,
}

impl Press {
    /// Puts files onto a shelf.
    pub fn new(options: PressOptions, shelf: Box<dyn Shelf>) -> Self {
        let progress = Progress::default();
        Self { options, shelf, open: Vec::new(), tools: Tools::default(), begun: 0, progress }
    }

    /// What becomes known of the writing.
    pub fn progress(&self) -> Progress {
        Arc::clone(&self.progress)
    }

    /// Does what is ordered, and leaves an empty batch. After a failure nothing more is written.
    pub fn take(&mut self, load: &mut Load) {
        let rows = load.batch.rows().len() as u64;
        if read(&self.progress).failed.is_some() {
            read(&self.progress).lost += rows;
        } else if let Err((path, error)) = self.obey(load) {
            let lost = self.open.drain(..).map(|open| open.rows.rows()).sum::<u64>() + rows;
            let mut printed = read(&self.progress);
            printed.lost += lost;
            printed.failed = Some((path, Arc::new(error)));
        }
        load.batch.clear();
    }

    fn obey(&mut self, load: &mut Load) -> Result<(), (PathBuf, io::Error)> {
        match load.order {
            Order::Add(hour) => self.add(hour, &load.batch),
            Order::Close(hour) => {
                self.add(hour, &load.batch)?;
                self.close(|open| open.hour == hour)
            }
            Order::Finish => {
                self.ensure_a_file()?;
                self.close(|_| true)
            }
        }
    }

    fn add(&mut self, hour: Hour, batch: &Batch) -> Result<(), (PathBuf, io::Error)> {
        let Some(first) = batch.rows().first() else { return Ok(()) };
        let found = self.open.iter().position(|open| open.hour == hour);
        let place = if let Some(place) = found {
            place
        } else {
            let (number, extension) = (self.begun + 1, self.options.format.extension());
            let path = self.options.place.path(first.time(), number, extension);
            self.begin(hour, path)?
        };
        let mut open = self.open.remove(place);
        open.rows.add(batch);
        open.table.add(batch, &mut self.tools).map_err(|error| (open.path.clone(), error))?;
        let is_long = open.rows.rows() >= MOST_ROWS && self.options.place.has_many();
        self.open.push(open);
        if is_long { self.close(|open| open.hour == hour) } else { Ok(()) }
    }

    /// Begins a file; its place among the open ones.
    fn begin(&mut self, hour: Hour, path: PathBuf) -> Result<usize, (PathBuf, io::Error)> {
        if self.open.len() >= MOST_OPEN {
            let oldest = self.open.first().map(|open| open.hour);
            self.close(|open| Some(open.hour) == oldest)?;
        }
        self.begun += 1;
        if self.begun > MOST_FILES {
            let why = "so many hours come one after the other, again and again, that there would \
                       be no end of files: the times of this capture cannot be right; write one \
                       file";
            return Err((path, io::Error::new(ErrorKind::QuotaExceeded, why)));
        }
        let table = self.table(&path).map_err(|error| (path.clone(), error))?;
        self.open.push(Open { hour, table, path, rows: Tally::default() });
        Ok(self.open.len() - 1)
    }

    fn table(&mut self, path: &std::path::Path) -> io::Result<Box<dyn Table>> {
        let out = self.shelf.begin(path)?;
        Ok(match self.options.format {
            #[cfg(feature = "parquet")]
            TableFormat::Parquet => {
                let mut labels = vec![("rcodetop.schema", super::SCHEMA.to_owned())];
                labels.extend(self.options.labels.iter().cloned());
                Box::new(Parquet::new(out, &labels)?)
            }
            TableFormat::Jsonl => Box::new(Lines::<Json>::new(out)),
            TableFormat::Csv => Box::new(Lines::<Csv>::new(out)),
        })
    }

    /// Who asks for one file gets one, be there a row or not.
    fn ensure_a_file(&mut self) -> Result<(), (PathBuf, io::Error)> {
        match &self.options.place {
            Place::File(path) if self.begun == 0 => {
                let path = path.clone();
                self.begin(Hour::of(crate::time::Timestamp(0)), path).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self, which: impl Fn(&Open) -> bool) -> Result<(), (PathBuf, io::Error)> {
        while let Some(place) = self.open.iter().position(&which) {
            let Open { table, path, rows, .. } = self.open.remove(place);
            let kept = table.finish().and_then(|(file, bytes)| file.keep().map(|()| bytes));
            let mut printed = read(&self.progress);
            match kept {
                Ok(bytes) => {
                    printed.files += 1;
                    printed.bytes += bytes;
                    printed.rows.join(&rows);
                }
                Err(error) => {
                    printed.lost += rows.rows();
                    return Err((path, error));
                }
            }
        }
        Ok(())
    }
}

impl Printed {
    /// What could not be written, and why, for a person.
    pub fn trouble(&self) -> Option<String> {
        let (path, error) = self.failed.as_ref()?;
        Some(format!("{}: {error}", escape_text(path.as_os_str().as_encoded_bytes())))
    }
}
