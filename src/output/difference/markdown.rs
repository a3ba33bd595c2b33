//! The comparison for a ticket: what comes out of packets stands in code.

use std::io::{self, Write};

use super::{Difference, rows};
use crate::output::markdown::code;
use crate::output::words::counted;

/// Writes the whole comparison.
pub(super) fn write(it: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", rows::whole(it))?;
    writeln!(out, "- before: {}", code(&rows::side(it.before)))?;
    writeln!(out, "- after: {}", code(&rows::side(it.after)))?;
    let tables = rows::tables(it);
    if tables.is_empty() {
        writeln!(out, "\nNothing differs by more than chance and by more than a trifle.")?;
    }
    for table in &tables {
        let [_, what, before, after] = table.titles;
        writeln!(out, "\n| {} | {what} | {before} | {after} |", table.heading)?;
        writeln!(out, "|:--|:--|--:|--:|")?;
        for (turn, bad, [key, was, is]) in &table.told {
            let turn = if *bad { format!("**{}**", turn.word()) } else { turn.word().to_owned() };
            writeln!(out, "| {turn} | {} | {was} | {is} |", code(key))?;
        }
        if table.omitted > 0 {
            writeln!(out, "\nand {} more", counted(table.omitted as u64, "row"))?;
        }
        if table.errors != (0, 0) {
            let (before, after) = table.errors;
            writeln!(
                out,
                "\ncounts may be too low by up to {before} before and {after} after, which is allowed for"
            )?;
        }
    }
    writeln!(out)?;
    rows::notes(it).iter().try_for_each(|note| writeln!(out, "- {}", code(note)))
}
