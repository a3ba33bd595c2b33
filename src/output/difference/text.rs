//! The comparison for a person at a screen.

use std::io::{self, Write};

use super::{Difference, rows};
use crate::output::style::{Painter, Style};
use crate::output::words::{counted, wrap};

/// Columns of a line of words.
const WIDTH: usize = 100;
/// The longest that a row's name may be.
const KEY: usize = 64;

/// Writes the whole comparison.
pub(super) fn write(it: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter { color: it.color };
    lines("before", &rows::side(it.before), out)?;
    lines("after", &rows::side(it.after), out)?;
    lines("focus", &rows::whole(it), out)?;
    let tables = rows::tables(it);
    if tables.is_empty() {
        writeln!(out, "\nNothing differs by more than chance and by more than a trifle.")?;
    }
    for table in &tables {
        writeln!(out, "\n{}", painter.paint(Style::Heading, table.heading))?;
        let keys = table.told.iter().map(|(_, _, [key, ..])| key.chars().count());
        let width = keys.max().unwrap_or(0).min(KEY);
        let before = table.told.iter().map(|(_, _, [_, before, _])| before.chars().count());
        let before = before.max().unwrap_or(0).max(6);
        let [_, what, ..] = table.titles;
        if table.heading == "Findings" {
            for (turn, bad, [key, before, after]) in &table.told {
                let style = if *bad { Style::Focus } else { Style::Plain };
                let text = format!("{:<6}{key} ({before} before, {after} after)", turn.word());
                for (nth, line) in wrap(&text, WIDTH - 8).into_iter().enumerate() {
                    let indent = if nth == 0 { 2 } else { 8 };
                    writeln!(out, "{:indent$}{}", "", painter.paint(style, &line))?;
                }
            }
        } else {
            writeln!(out, "  {:<6}{what:<width$}  {:<before$}  after", "", "before")?;
            for (turn, bad, [key, was, is]) in &table.told {
                let style = if *bad { Style::Focus } else { Style::Plain };
                let key = crate::output::words::fit(key, width);
                let line = format!("{:<6}{key:<width$}  {was:<before$}  {is}", turn.word());
                writeln!(out, "  {}", painter.paint(style, line.trim_end()))?;
            }
        }
        if table.omitted > 0 {
            let more = counted(table.omitted as u64, "row");
            writeln!(out, "  and {more} more (--top)")?;
        }
        if table.errors != (0, 0) {
            let (before, after) = table.errors;
            writeln!(
                out,
                "  (tables were bounded: counts may be too low by up to {before} before and {after} \
                 after, which is allowed for)"
            )?;
        }
    }
    writeln!(out)?;
    rows::notes(it).iter().try_for_each(|note| lines("note", note, out))
}

/// A label, and what stands beside it.
fn lines(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (nth, line) in wrap(text, WIDTH - 8).into_iter().enumerate() {
        let label = if nth == 0 { label } else { "" };
        writeln!(out, "{label:<8}{line}")?;
    }
    Ok(())
}
