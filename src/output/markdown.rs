//! The report for a ticket: the answers in a block, then tables.
//!
//! What comes out of packets stands in code, where it is neither markup nor a link; the two
//! characters that end a code span or a table cell are written as DNS escapes, `\096` and `\124`.

use std::io::{self, Write};
use std::net::IpAddr;

use super::answers;
use super::areas;
use super::case::{self, Detail};
use super::names;
use super::words::{self, Moments, count, percent};
use crate::snapshot::{List, QuestionKey, Role, Row, Snapshot};

/// Writes the whole report.
pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { snapshot, moments: Moments::of(snapshot) };
    page.answers(out)?;
    page.findings(out)?;
    page.rcodes(out)?;
    let called = |address: &IpAddr| names::beside(*address, snapshot);
    page.table("Servers", &snapshot.servers, called, out)?;
    page.table("Clients", &snapshot.clients, called, out)?;
    page.table("Names", &snapshot.names, QuestionKey::told, out)?;
    page.geography(out)?;
    page.names(out)
}

struct Page<'a> {
    snapshot: &'a Snapshot,
    moments: Moments,
}

impl Page<'_> {
    /// The answers in a fenced block: its lines begin with our words, so none can end it.
    fn answers(&self, out: &mut dyn Write) -> io::Result<()> {
        let snapshot = self.snapshot;
        writeln!(out, "## {}\n\n```text", answers::headline(snapshot))?;
        let time = format!("{}, {}", words::period(snapshot), words::end(snapshot));
        lines("Capture", std::slice::from_ref(&snapshot.source.name), out)?;
        lines("Time", &[time], out)?;
        if let Some(vantage) = &snapshot.vantage {
            lines("Seen", std::slice::from_ref(&vantage.text), out)?;
        }
        if let Some(selected) = &snapshot.selected {
            lines("Filter", &[words::selected(snapshot, selected)], out)?;
        }
        for answer in answers::answers(snapshot) {
            lines(answer.question, &answer.lines, out)?;
        }
        snapshot
            .quality
            .iter()
            .try_for_each(|note| lines("Note", std::slice::from_ref(&note.text), out))?;
        writeln!(out, "```")
    }

    /// The findings that name a cause, in fenced blocks as well: their lines begin with our words.
    fn findings(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = self.snapshot.findings.iter().enumerate();
        for (place, finding) in findings.filter(|(_, finding)| !finding.is_unknown()) {
            writeln!(out, "\n```text\n{}", case::headline(place + 1, finding))?;
            for (label, sentences) in case::case(self.snapshot, finding, Detail::Whole) {
                lines(label, &sentences, out)?;
            }
            writeln!(out, "```")?;
        }
        Ok(())
    }

    fn rcodes(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.snapshot.rcodes.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n| RCODE | Responses | Share | Median | 95% | Slowest |")?;
        writeln!(out, "|:--|--:|--:|--:|--:|--:|")?;
        for row in &self.snapshot.rcodes {
            let times = row.latency.map(|latency| [latency.p50, latency.p95, latency.max]);
            let [p50, p95, max] =
                times.map_or_else(|| ["-"; 3].map(String::from), |times| times.map(words::rounded));
            let (rcode, responses) = (row.rcode, count(row.responses));
            let share = percent(row.share);
            writeln!(out, "| {rcode} | {responses} | {share} | {p50} | {p95} | {max} |")?;
        }
        Ok(())
    }

    fn table<K>(
        &self,
        title: &str,
        list: &List<K>,
        key: impl Fn(&K) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if list.rows.is_empty() {
            return Ok(());
        }
        let (focus, of) = (self.snapshot.focus, self.of_all());
        let has_roles = list.rows.iter().any(|row| row.role.is_some());
        let (heading, line) = if has_roles { (" Role |", ":--|") } else { ("", "") };
        writeln!(out, "\n| {title} |{heading} {focus} | {of} | Share | First | Last |")?;
        writeln!(out, "|:--|{line}--:|--:|--:|:--|:--|")?;
        for row in &list.rows {
            let role = if has_roles { role(row) } else { String::new() };
            writeln!(out, "| {} {role}{}", code(&key(&row.key)), self.cells(row))?;
        }
        self.left_out(list, out)
    }

    /// Where servers and clients are.
    fn geography(&self, out: &mut dyn Write) -> io::Result<()> {
        areas::sums(self.snapshot).iter().try_for_each(|sums| {
            let (focus, of) = (self.snapshot.focus, self.of_all());
            writeln!(out, "\n| {} | Hosts | {focus} | {of} | Share | First | Last |", sums.title)?;
            writeln!(out, "|:--|--:|--:|--:|--:|:--|:--|")?;
            for row in &sums.areas.rows {
                let hosts = words::distinct(row.servers.or(row.clients));
                writeln!(out, "| {} | {hosts} {}", code(&row.key.name), self.cells(row))?;
            }
            self.left_out(sums.areas, out)?;
            let part = sums.left_out(self.snapshot);
            part.map_or(Ok(()), |part| writeln!(out, "\n{part}"))
        })
    }

    /// What the focus of a row is counted of, as a heading.
    fn of_all(&self) -> String {
        words::of_all(self.snapshot.focus).replacen('o', "O", 1)
    }

    /// What addresses are called, and who says so.
    fn names(&self, out: &mut dyn Write) -> io::Result<()> {
        const MOST: usize = 20;
        let all = names::all(self.snapshot);
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}\n\n| Address | Called | Told by | At |", names::HEADING)?;
        writeln!(out, "|:--|:--|:--|:--|")?;
        for (address, name) in all.iter().take(MOST) {
            let (called, at) = (code(&name.to_string()), self.moments.show(Some(name.at)));
            writeln!(out, "| `{address}` | {called} | {} | {at} |", name.told_by())?;
        }
        let more = all.len().saturating_sub(MOST);
        if more > 0 {
            writeln!(out, "\nand {more} more")?;
        }
        Ok(())
    }

    fn cells<K>(&self, row: &Row<K>) -> String {
        let (first, last) = (self.moments.show(row.first), self.moments.show(row.last));
        let (focus, whole) = (count(row.focus), count(row.whole));
        format!("| {focus} | {whole} | {} | {first} | {last} |", percent(row.share()))
    }

    fn left_out<K>(&self, list: &List<K>, out: &mut dyn Write) -> io::Result<()> {
        let more = list.total.saturating_sub(list.rows.len() as u64);
        if more > 0 {
            let (omitted, focus) = (count(list.omitted), self.snapshot.focus);
            writeln!(out, "\nand {} more with {omitted} {focus}", count(more))?;
        }
        let error = list.rows.iter().map(|row| row.error).fold(list.error, u64::max);
        if error > 0 {
            writeln!(out, "\ncounts may be too low by up to {}", count(error))?;
        }
        Ok(())
    }
}

fn lines(label: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).try_for_each(|(label, line)| writeln!(out, "{label:<9} {line}"))
}

/// The cell of a role.
fn role<K>(row: &Row<K>) -> String {
    format!("| {} ", row.role.map_or("-", Role::id))
}

/// A code span that stays one in a table cell, whatever is inside.
pub(super) fn code(raw: &str) -> String {
    format!("`{}`", raw.replace('`', "\\096").replace('|', "\\124"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_code_span() {
        assert_eq!(code("a`b|c"), "`a\\096b\\124c`");
    }
}
