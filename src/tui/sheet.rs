//! What a table is: rows out of a snapshot, columns that know their cells.
//!
//! Knows no screen. [`super::sheets`] holds the tables themselves.

use std::cmp::Ordering;

use super::value::Value;
use crate::snapshot::{Focus, List, Snapshot};

/// A table that the screen can show, sort and move through.
pub(crate) trait Sheet: Sync {
    /// What its rows are, in lower case: `servers`.
    fn title(&self) -> &'static str;
    /// How many rows the snapshot holds.
    fn rows(&self, snapshot: &Snapshot) -> usize;
    /// How much the snapshot left out.
    fn extent(&self, snapshot: &Snapshot) -> Extent;
    /// How many columns there are, the first of them the key.
    fn columns(&self) -> usize;
    /// The heading of a column.
    fn heading(&self, column: usize, snapshot: &Snapshot) -> String;
    /// Which columns leave first where room is short: the highest. 0 stays.
    fn rank(&self, column: usize) -> u8;
    /// One cell; `Absent` outside the table.
    fn value<'a>(&self, row: usize, column: usize, snapshot: &'a Snapshot) -> Value<'a>;
    /// The column to sort by until the user chooses; [`NO_COLUMN`] keeps the snapshot's order.
    fn default_sort(&self) -> usize;
}

/// How a table relates to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Rows there would be without a cut.
    pub(crate) total: u64,
    /// Exchanges in focus of the rows that are not here.
    pub(crate) omitted: u64,
    /// Counts may be too low by up to this much.
    pub(crate) error: u64,
    /// Of sums, what was added up; then `omitted` is of what was not.
    pub(crate) summed: Option<Summed>,
    /// Of the rows that are here, those that a baseline alone has.
    pub(crate) gone: u64,
}

/// What sums are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summed {
    /// Rows that were added up.
    pub(crate) rows: u64,
    /// Rows there would be without a cut.
    pub(crate) total: u64,
    /// Of which table.
    pub(crate) what: &'static str,
}

/// A column of a table of `R`.
pub(crate) struct Column<R> {
    pub(crate) heading: Heading,
    pub(crate) rank: u8,
    pub(crate) value: for<'a> fn(&'a R, &'a Snapshot) -> Value<'a>,
}

/// What stands above a column.
#[derive(Clone, Copy)]
pub(crate) enum Heading {
    Fixed(&'static str),
    /// What is in focus.
    Focus,
    /// What the share of the focus is of.
    Whole,
    /// That share.
    Share,
}

/// What a share is of, in one word.
pub(crate) fn whole_of(focus: Focus) -> &'static str {
    match focus {
        Focus::Slow => "answered",
        focus => focus.whole(),
    }
}

/// What a share is called: where it is not of responses, it says of what it is.
fn share_of(focus: Focus) -> &'static str {
    match focus {
        Focus::Rcode(_) => "share",
        Focus::NoResponse => "of queries",
        Focus::Slow => "of answered",
    }
}

/// A table whose rows are a slice of the snapshot.
pub(crate) struct Table<R: 'static> {
    pub(crate) title: &'static str,
    pub(crate) rows: fn(&Snapshot) -> &[R],
    pub(crate) extent: fn(&Snapshot) -> Extent,
    pub(crate) columns: &'static [Column<R>],
    pub(crate) default_sort: usize,
}

impl<R> Sheet for Table<R> {
    fn title(&self) -> &'static str {
        self.title
    }

    fn rows(&self, snapshot: &Snapshot) -> usize {
        (self.rows)(snapshot).len()
    }

    fn extent(&self, snapshot: &Snapshot) -> Extent {
        (self.extent)(snapshot)
    }

    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn heading(&self, column: usize, snapshot: &Snapshot) -> String {
        match self.columns.get(column).map(|column| column.heading) {
            Some(Heading::Fixed(text)) => text.to_owned(),
            Some(Heading::Focus) => snapshot.focus.to_string(),
            Some(Heading::Whole) => whole_of(snapshot.focus).to_owned(),
            Some(Heading::Share) => share_of(snapshot.focus).to_owned(),
            None => String::new(),
        }
    }

    fn rank(&self, column: usize) -> u8 {
        self.columns.get(column).map_or(u8::MAX, |column| column.rank)
    }

    fn value<'a>(&self, row: usize, column: usize, snapshot: &'a Snapshot) -> Value<'a> {
        match ((self.rows)(snapshot).get(row), self.columns.get(column)) {
            (Some(row), Some(column)) => (column.value)(row, snapshot),
            _ => Value::Absent,
        }
    }

    fn default_sort(&self) -> usize {
        self.default_sort
    }
}

/// The extent of a list that may have been cut.
pub(crate) fn cut<K>(list: &List<K>) -> Extent {
    let gone = list.gone() as u64;
    Extent { total: list.total, omitted: list.omitted, error: list.error, summed: None, gone }
}

/// The extent of rows that are all there.
pub(crate) fn whole<R>(rows: &[R]) -> Extent {
    Extent { total: rows.len() as u64, ..Extent::default() }
}

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) column: usize,
    pub(crate) reversed: bool,
}

/// Sorting by this column changes nothing.
pub(crate) const NO_COLUMN: usize = usize::MAX;

/// The rows in the order to show; ties keep the order of the snapshot.
pub(crate) fn sorted(sheet: &dyn Sheet, sort: Sort, snapshot: &Snapshot) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..sheet.rows(snapshot)).collect();
    rows.sort_by(|a, b| compare(sheet, sort, snapshot, *a, *b));
    rows
}

fn compare(sheet: &dyn Sheet, sort: Sort, snapshot: &Snapshot, a: usize, b: usize) -> Ordering {
    let [a, b] = [a, b].map(|row| sheet.value(row, sort.column, snapshot));
    let order = a.order(&b);
    let one_is_absent = (a == Value::Absent) != (b == Value::Absent);
    if sort.reversed && !one_is_absent { order.reverse() } else { order }
}

/// What identifies a row while the numbers around it change: its cells of rank 0 that are no
/// numbers, and when it began if that comes first.
pub(crate) fn identity(sheet: &dyn Sheet, row: usize, snapshot: &Snapshot) -> String {
    (0..sheet.columns())
        .filter(|column| *column == 0 || sheet.rank(*column) <= KEY_RANK)
        .map(|column| sheet.value(row, column, snapshot))
        .filter(|value| {
            matches!(
                value,
                Value::Name(_)
                    | Value::Word(_)
                    | Value::Long(_)
                    | Value::Address(_)
                    | Value::Network(_)
                    | Value::Moment(_)
            )
        })
        .map(|value| value.text().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Columns up to this rank may belong to the key of a row.
pub(crate) const KEY_RANK: u8 = 1;
