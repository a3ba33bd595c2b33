//! A table that fits the screen: the first column gives way first, then the least needed columns.

use crate::output::style::{Painter, Style};
use crate::output::words;

/// The first column is not made narrower than this while other columns can go.
const LEAST_KEY: usize = 32;
const GAP: usize = 2;

/// One column; the first of a table is its key.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) cells: Vec<String>,
    /// Numbers stand at the right.
    pub(super) right: bool,
    pub(super) style: Style,
    /// Columns of the lowest rank go first where the screen is too narrow; the key never goes.
    pub(super) rank: u8,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        cells.max(self.title.chars().count())
    }
}

/// The lines of a table, its heading first.
pub(super) fn lines(mut columns: Vec<Column>, width: usize, painter: Painter) -> Vec<String> {
    drop_what_does_not_fit(&mut columns, width);
    let others: usize = columns.iter().skip(1).map(|column| column.width() + GAP).sum();
    let room = width.saturating_sub(others).max(1);
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| if place == 0 { column.width().min(room) } else { column.width() })
        .collect();
    let titles = columns.iter().zip(&widths).map(|(column, width)| {
        painter.paint(Style::Heading, &pad(&column.title, *width, column.right))
    });
    let mut lines = vec![join(titles)];
    for row in 0..columns.iter().map(|column| column.cells.len()).max().unwrap_or(0) {
        lines.push(join(columns.iter().zip(&widths).map(|(column, width)| {
            let cell = column.cells.get(row).map_or("", String::as_str);
            painter.paint(column.style, &pad(cell, *width, column.right))
        })));
    }
    lines
}

fn drop_what_does_not_fit(columns: &mut Vec<Column>, width: usize) {
    loop {
        let key = columns.first().map_or(0, |column| column.width().min(LEAST_KEY));
        let others: usize = columns.iter().skip(1).map(|column| column.width() + GAP).sum();
        let least = columns.iter().enumerate().skip(1).min_by_key(|(_, column)| column.rank);
        let Some((place, _)) = least.filter(|_| key + others > width) else { return };
        columns.remove(place);
    }
}

fn pad(text: &str, width: usize, right: bool) -> String {
    let text = words::fit(text, width);
    if right { format!("{text:>width$}") } else { format!("{text:<width$}") }
}

fn join(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &str, cell: &str, rank: u8) -> Column {
        let (title, cells) = (title.into(), vec![cell.into()]);
        Column { title, cells, right: rank > 0, style: Style::Plain, rank }
    }

    #[track_caller]
    fn check(width: usize, expected: &[&str]) {
        let columns = vec![
            column("name", "a-rather-long-name.ads.example", 0),
            column("REFUSED", "12", 9),
            column("names", "3", 2),
        ];
        assert_eq!(lines(columns, width, Painter { color: false }), expected);
    }

    #[test]
    fn everything_shows_where_there_is_room() {
        check(
            60,
            &[
                "name                            REFUSED  names",
                "a-rather-long-name.ads.example       12      3",
            ],
        );
    }

    #[test]
    fn where_there_is_none_the_least_needed_column_goes() {
        check(
            39,
            &["name                            REFUSED", "a-rather-long-name.ads.example       12"],
        );
    }

    #[test]
    fn a_long_key_gives_way_before_a_column_goes() {
        let columns = vec![
            column("name", &"x".repeat(100), 0),
            column("REFUSED", "12", 9),
            column("names", "3", 2),
        ];
        let lines = lines(columns, 60, Painter { color: false });
        assert!(lines[0].ends_with("REFUSED  names"), "{lines:?}");
        assert!(lines.iter().all(|line| line.len() == 60), "{lines:?}");
    }

    #[test]
    fn the_key_stays_on_the_narrowest_screen() {
        check(10, &["name", "a-r...mple"]);
    }
}
