//! The report for a screen: the answers first, then the numbers behind them.
//!
//! Fits one screen of about sixty lines unless every row is asked for.

mod charts;
mod findings;
mod geography;
mod table;

use std::fmt::Display;
use std::io::{self, Write};
use std::net::IpAddr;

use self::table::Column;
use super::Options;
use super::answers::{self, Answer};
use super::names;
use super::style::{Painter, Style};
use super::words::{self, Moments, count, percent};
use crate::ledger::Reason;
use crate::snapshot::{Ended, Focus, List, QuestionKey, Rcode, RcodeRow, Row, Snapshot, Source};

/// Narrower than this, lines are allowed to be longer than the screen.
const LEAST_WIDTH: usize = 40;
/// Response codes shown; the rest is added up.
const MOST_RCODES: usize = 6;
/// Rows that the three tables share unless every row is asked for.
const SHARED_ROWS: usize = 12;
/// Lines of each answer unless every row is asked for.
const MOST_ANSWER_LINES: usize = 3;

/// Writes the whole report.
pub(super) fn write(snapshot: &Snapshot, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let page = Page {
        snapshot,
        options,
        width: options.width.max(LEAST_WIDTH),
        painter: Painter { color: options.color },
        moments: Moments::of(snapshot),
    };
    let parts = [
        page.heading(),
        page.answers(),
        page.findings(),
        page.rcodes(),
        page.timeline(),
        page.tables(),
        page.geography(),
        page.names(),
        page.notes(),
        page.sample(),
        page.ledger(),
    ];
    let parts: Vec<Vec<String>> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        for line in part {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// What every part of the report needs.
struct Page<'a> {
    snapshot: &'a Snapshot,
    options: &'a Options,
    width: usize,
    painter: Painter,
    moments: Moments,
}

impl Page<'_> {
    fn heading(&self) -> Vec<String> {
        let snapshot = self.snapshot;
        let Source { name, ended, .. } = &snapshot.source;
        let style = match ended {
            Some(Ended::Damaged(_) | Ended::Failed(_)) => Style::Caution,
            _ => Style::Plain,
        };
        let end = format!("{}, {}", words::period(snapshot), words::end(snapshot));
        let mut lines = vec![self.painter.paint(Style::Heading, &words::fit(name, self.width))];
        lines.extend(self.wrapped("", &end, style));
        if let Some(selected) = &snapshot.selected {
            lines.extend(self.wrapped("", &words::selected(snapshot, selected), Style::Caution));
        }
        if snapshot.ledger.dns_messages > 0 {
            lines.extend(self.wrapped("", &self.outcomes(), Style::Plain));
        }
        if let Some(vantage) = &snapshot.vantage {
            lines.extend(self.wrapped("", &words::seen(vantage), Style::Plain));
        }
        lines
    }

    fn outcomes(&self) -> String {
        let outcomes = &self.snapshot.outcomes;
        let of_these = |number: u64, word: &str| match number {
            0 => String::new(),
            number => format!(" ({} {word})", count(number)),
        };
        let mut line = format!(
            "{}: {} answered",
            words::queries(self.snapshot.queries()),
            count(outcomes.answered)
        );
        line += &of_these(outcomes.late, "late");
        line += &format!(", {} unanswered", count(outcomes.unanswered));
        line += &of_these(outcomes.unreachable, "unreachable");
        for (number, word) in
            [(outcomes.undecided, "still open"), (outcomes.repeated_queries, "repeated")]
        {
            if number > 0 {
                line += &format!(", {} {word}", count(number));
            }
        }
        if outcomes.unasked > 0 {
            line += &format!("; {} to no query seen", words::counted(outcomes.unasked, "response"));
        }
        if outcomes.skipped > 0 {
            line +=
                &format!("; {} to skipped queries", words::counted(outcomes.skipped, "response"));
        }
        line
    }

    fn answers(&self) -> Vec<String> {
        let headline = answers::headline(self.snapshot);
        let style = match self.snapshot.in_focus().0 {
            0 => Style::Good,
            _ => Style::Focus,
        };
        let mut lines = vec![self.painter.paint(style, &headline)];
        // What findings tell below need not be told here.
        let told = self.snapshot.findings.iter().any(|finding| !finding.is_unknown());
        let answers = if told {
            answers::beside_findings(self.snapshot)
        } else {
            answers::answers(self.snapshot)
        };
        for answer in answers {
            lines.extend(self.answer(&answer));
        }
        lines
    }

    fn answer(&self, answer: &Answer) -> Vec<String> {
        let label = format!("  {:<9}", answer.question);
        let room = self.width.saturating_sub(label.len()).max(LEAST_WIDTH / 2);
        let mut text: Vec<String> =
            answer.lines.iter().flat_map(|line| words::wrap(line, room)).collect();
        if !self.options.every_row && text.len() > MOST_ANSWER_LINES {
            text.truncate(MOST_ANSWER_LINES);
            if let Some(last) = text.last_mut() {
                last.push_str(" ...");
            }
        }
        let labels = std::iter::once(self.painter.paint(Style::Heading, &label))
            .chain(std::iter::repeat(" ".repeat(label.len())));
        labels.zip(text).map(|(label, line)| format!("{label}{line}")).collect()
    }

    fn wrapped(&self, indent: &str, text: &str, style: Style) -> Vec<String> {
        let lines = words::wrap(text, self.width.saturating_sub(indent.len()));
        lines.iter().map(|line| format!("{indent}{}", self.painter.paint(style, line))).collect()
    }
}

/// Response codes: counts, a bar each, and how long they took.
impl Page<'_> {
    fn rcodes(&self) -> Vec<String> {
        let shown = self.shown_rcodes();
        if shown.is_empty() {
            return Vec::new();
        }
        let mut columns = vec![
            words_column("RCODE", 9, shown.iter().map(|row| row.rcode.to_string())),
            number("responses", 8, shown.iter().map(|row| count(row.responses))),
            number("share", 7, shown.iter().map(|row| percent(row.share))),
        ];
        columns.extend(latencies(&shown));
        let taken: usize = 62; // the columns beside the bar, at their usual widths
        let bar = self.width.saturating_sub(taken).clamp(6, 40);
        let bars = shown.iter().map(|row| charts::bar(row.share, bar, self.options.unicode));
        columns.insert(3, Column { right: false, ..number("", 5, bars) });
        let mut lines = table::lines(columns, self.width, self.painter);
        for (line, row) in lines.iter_mut().skip(1).zip(&shown) {
            *line = self.painter.paint(rcode_style(row.rcode, self.snapshot.focus), line);
        }
        lines.extend(self.rare_rcodes(&shown));
        lines
    }

    /// The code in focus and the most frequent others, in the order of their codes.
    fn shown_rcodes(&self) -> Vec<&RcodeRow> {
        let mut rows: Vec<&RcodeRow> = self.snapshot.rcodes.iter().collect();
        if !self.options.every_row {
            let focus = self.snapshot.focus;
            rows.sort_by_key(|row| (focus != row.rcode, std::cmp::Reverse(row.responses)));
            rows.truncate(MOST_RCODES);
            rows.sort_by_key(|row| row.rcode);
        }
        rows
    }

    fn rare_rcodes(&self, shown: &[&RcodeRow]) -> Option<String> {
        let left = self.snapshot.rcodes.len().checked_sub(shown.len()).filter(|left| *left > 0)?;
        let seen: u64 = shown.iter().map(|row| row.responses).sum();
        let rest = self.snapshot.responses().saturating_sub(seen);
        Some(format!("and {left} more codes in {}", words::counted(rest, "response")))
    }
}

fn rcode_style(rcode: Rcode, focus: Focus) -> Style {
    match rcode {
        rcode if focus == rcode => Style::Focus,
        rcode if rcode.is_answer() => Style::Plain,
        _ => Style::Trouble,
    }
}

fn latencies(rows: &[&RcodeRow]) -> Vec<Column> {
    let column = |title, rank, pick: fn(&crate::snapshot::Latency) -> std::time::Duration| {
        let cells = rows.iter().map(|row| row.latency.as_ref().map(pick));
        number(title, rank, cells.map(|time| time.map_or_else(|| "-".into(), words::rounded)))
    };
    vec![
        column("median", 6, |latency| latency.p50),
        column("95%", 4, |latency| latency.p95),
        column("99%", 2, |latency| latency.p99),
        column("slowest", 3, |latency| latency.max),
    ]
}

fn words_column(title: &str, rank: u8, cells: impl Iterator<Item = String>) -> Column {
    Column { right: false, ..number(title, rank, cells) }
}

fn number(title: &str, rank: u8, cells: impl Iterator<Item = String>) -> Column {
    Column { title: title.into(), cells: cells.collect(), right: true, style: Style::Plain, rank }
}

/// The course of events.
impl Page<'_> {
    fn timeline(&self) -> Vec<String> {
        let timeline = &self.snapshot.timeline;
        if timeline.steps.len() < 2 {
            return Vec::new();
        }
        // The focus stands there, and a code without a name is as long as any.
        let label = self.snapshot.focus.to_string().len().clamp(10, 11) + 1;
        let room = self.width.saturating_sub(label + 14);
        let focus: Vec<u64> = timeline.steps.iter().map(|step| step.focus).collect();
        let whole: Vec<u64> = timeline.steps.iter().map(|step| step.whole).collect();
        let (focus, group) = charts::condense(&focus, room);
        let (whole, _) = charts::condense(&whole, room);
        let step = timeline.step.saturating_mul(u32::try_from(group).unwrap_or(u32::MAX));
        let end = timeline.start.plus(
            timeline.step.saturating_mul(u32::try_from(timeline.steps.len()).unwrap_or(u32::MAX)),
        );
        let line = |title: &str, values: &[u64], style| {
            let chart = charts::columns(values, self.options.unicode);
            let most = count(values.iter().copied().max().unwrap_or(0));
            let title = words::fit(title, label - 1);
            format!("{title:<label$}{}  most {most}", self.painter.paint(style, &chart))
        };
        let scale = format!(
            "{:label$}{} to {} UTC, {} a column",
            "",
            self.moments.show(Some(timeline.start)),
            self.moments.show(Some(end)),
            words::span(step)
        );
        let occurs = focus.iter().any(|count| *count > 0);
        let (code, of) = (self.snapshot.focus.to_string(), words::of(self.snapshot.focus));
        let focus = occurs.then(|| line(&code, &focus, Style::Focus));
        let whole = line(of, &whole, Style::Plain);
        focus.into_iter().chain([whole, self.painter.paint(Style::Faint, &scale)]).collect()
    }
}

/// Servers, clients and names.
impl Page<'_> {
    fn tables(&self) -> Vec<String> {
        let snapshot = self.snapshot;
        let (servers, clients) = (&snapshot.servers, &snapshot.clients);
        let questions = &snapshot.names;
        let [for_servers, for_clients, for_names] =
            self.rooms([servers.rows.len(), clients.rows.len(), questions.rows.len()]);
        let called = |address: &IpAddr| names::beside(*address, snapshot);
        let tables = [
            self.table("server", "servers", servers, for_servers, called),
            self.table("client", "clients", clients, for_clients, called),
            self.table("name", "questions", questions, for_names, QuestionKey::told),
        ];
        let tables: Vec<Vec<String>> =
            tables.into_iter().filter(|table| !table.is_empty()).collect();
        tables.join(&String::new())
    }

    /// What addresses are called, and who says so.
    fn names(&self) -> Vec<String> {
        let all = names::all(self.snapshot);
        if all.is_empty() {
            return Vec::new();
        }
        let most = if self.options.every_row { all.len() } else { SHARED_ROWS };
        let shown = all.get(..most).unwrap_or(&all);
        let times = shown.iter().map(|(_, name)| self.moments.show(Some(name.at)));
        let columns = vec![
            words_column("called", 9, shown.iter().map(|(_, name)| name.to_string())),
            words_column("address", 9, shown.iter().map(|(address, _)| address.to_string())),
            words_column("told by", 8, shown.iter().map(|(_, name)| name.told_by())),
            words_column("at (UTC)", 1, times),
        ];
        let mut lines = vec![self.painter.paint(Style::Heading, names::HEADING)];
        lines.extend(table::lines(columns, self.width, self.painter));
        let more = all.len() - shown.len();
        let rest = (more > 0).then(|| format!("and {more} more"));
        lines.extend(rest.map(|rest| self.painter.paint(Style::Faint, &rest)));
        lines
    }

    /// Divides the rows of a screen: each table gets what it needs up to its fair part, and what
    /// one leaves over goes to the others.
    fn rooms(&self, wanted: [usize; 3]) -> [usize; 3] {
        if self.options.every_row {
            return wanted;
        }
        let mut given = [0; 3];
        for _ in 0..SHARED_ROWS {
            let hungry = (0..3).filter(|place| given[*place] < wanted[*place]);
            if let Some(place) = hungry.min_by_key(|place| given[*place]) {
                given[place] += 1;
            }
        }
        given
    }

    fn table<K>(
        &self,
        title: &str,
        plural: &str,
        list: &List<K>,
        room: usize,
        key: impl Fn(&K) -> String,
    ) -> Vec<String> {
        let rows: Vec<&Row<K>> = list.rows.iter().take(room).collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let mut lines = table::lines(self.columns(title, &rows, key), self.width, self.painter);
        lines.extend(self.left_out(plural, list, room));
        lines
    }

    fn columns<K>(&self, title: &str, rows: &[&Row<K>], key: impl Fn(&K) -> String) -> Vec<Column> {
        let time = |at: Option<_>| at.map_or_else(String::new, |at| self.moments.show(Some(at)));
        let focus =
            number(&self.snapshot.focus.to_string(), 9, rows.iter().map(|row| count(row.focus)));
        let role = |row: &&Row<K>| row.role.map_or_else(String::new, |role| role.id().into());
        let optional = [
            words_column("role", 3, rows.iter().map(role)),
            number("servers", 4, rows.iter().map(|row| words::distinct(row.servers))),
            number("clients", 4, rows.iter().map(|row| words::distinct(row.clients))),
            number("names", 4, rows.iter().map(|row| words::distinct(row.names))),
            number("first", 6, rows.iter().map(|row| time(row.first))),
            number("last", 5, rows.iter().map(|row| time(row.last))),
        ];
        let is_kept = |column: &Column| column.cells.iter().any(|cell| !cell.is_empty());
        let mut columns = vec![
            words_column(title, 9, rows.iter().map(|row| key(&row.key))),
            Column { style: Style::Focus, ..focus },
            number(words::of_all(self.snapshot.focus), 7, rows.iter().map(|row| count(row.whole))),
            number("share", 8, rows.iter().map(|row| percent(row.share()))),
        ];
        columns.extend(optional.into_iter().filter(is_kept));
        columns
    }

    fn left_out<K>(&self, plural: &str, list: &List<K>, room: usize) -> Option<String> {
        let unshown: u64 = list.rows.iter().skip(room).map(|row| row.focus).sum();
        let more = list.total.saturating_sub(list.rows.len().min(room) as u64);
        let error = list.rows.iter().map(|row| row.error).fold(list.error, u64::max);
        let mut parts = Vec::new();
        if more > 0 {
            let focus = count(list.omitted.saturating_add(unshown));
            let what = if more == 1 { plural.trim_end_matches('s') } else { plural };
            let code = self.snapshot.focus;
            parts.push(format!("and {} more {what} with {focus} {code}", count(more)));
        }
        if error > 0 {
            parts.push(format!("counts may be too low by up to {}", count(error)));
        }
        let line = (!parts.is_empty()).then(|| parts.join("; "))?;
        Some(self.painter.paint(Style::Faint, &line))
    }
}

/// What lowers the worth of the numbers, and the books.
impl Page<'_> {
    fn notes(&self) -> Vec<String> {
        let note = |note: &crate::snapshot::Quality| {
            self.wrapped("", &format!("Note: {}", note.text), Style::Caution)
        };
        self.snapshot.quality.iter().flat_map(note).collect()
    }

    /// Where every frame went; only what is not zero, and only if asked for.
    fn ledger(&self) -> Vec<String> {
        if !self.options.verbose || self.snapshot.ledger.frames == 0 {
            return Vec::new();
        }
        let ledger = &self.snapshot.ledger;
        let mut entries: Vec<(String, u64)> = [
            ("frames read", ledger.frames),
            ("with a DNS datagram", ledger.datagrams),
            ("with a TCP segment of a DNS port", ledger.segments),
            ("with a fragment", ledger.fragments),
            ("with an ICMP error about DNS", ledger.icmp_errors),
            ("second copies of a frame", ledger.duplicates),
            ("not DNS", ledger.not_dns),
        ]
        .map(|(what, number)| (what.to_owned(), number))
        .into();
        let reasons = Reason::ALL.iter().zip(ledger.undecodable);
        entries.extend(reasons.map(|((_, id), number)| (format!("undecodable: {id}"), number)));
        entries.extend(losses(self.snapshot));
        let senders = self.snapshot.source.senders.into_iter();
        entries.extend(senders.flat_map(|senders| {
            let began = std::iter::once(("streams of dnstap".to_owned(), senders.began));
            let troubles = senders.each().map(|(_, _, what, count)| (what.to_owned(), count));
            began.chain(troubles.collect::<Vec<_>>())
        }));
        let entries = entries.into_iter().filter(|(_, number)| *number > 0);
        let line = |(what, number): (String, u64)| format!("{:>14}  {what}", count(number));
        let heading = self.painter.paint(Style::Heading, "Ledger");
        std::iter::once(heading).chain(entries.map(line)).collect()
    }

    /// The latest exchange in focus, decoded whole; only if asked for.
    fn sample(&self) -> Vec<String> {
        let Some(sample) = self.snapshot.sample.as_ref().filter(|_| self.options.verbose) else {
            return Vec::new();
        };
        let title = sample.title(self.snapshot.focus);
        let heading = title.replacen('t', "T", 1);
        let heading = self.painter.paint(Style::Heading, &heading);
        std::iter::once(heading)
            .chain(sample.lines.iter().map(|line| format!("  {line}")))
            .collect()
    }
}

fn losses(snapshot: &Snapshot) -> Vec<(String, u64)> {
    let ledger = &snapshot.ledger;
    let entry = |what: &dyn Display, number| (what.to_string(), number);
    vec![
        entry(&"DNS messages", ledger.dns_messages),
        entry(&"queries", ledger.queries),
        entry(&"responses", ledger.responses),
        entry(&"malformed messages", ledger.malformed),
        entry(&"messages cut by the capture", ledger.cut),
        entry(&"fragments held at the end", ledger.fragments_held),
        entry(&"bytes missing in TCP streams", ledger.stream_gaps),
        entry(&"TCP resets and beginnings not believed", ledger.misfit_segments),
        entry(&"packets dropped by the kernel", ledger.kernel_dropped.unwrap_or(0)),
        entry(&"packets dropped by the interface", ledger.interface_dropped.unwrap_or(0)),
        entry(&"queries skipped under load", ledger.skipped),
        entry(&"queries forgotten for lack of room", ledger.shed),
        entry(&"fragments and segments forgotten for lack of room", ledger.shed_pieces),
        entry(&"table entries given up for lack of room", ledger.evicted),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_rooms(wanted: [usize; 3], expected: [usize; 3]) {
        let snapshot = Snapshot::default();
        let options = Options::default();
        let painter = Painter { color: false };
        let moments = Moments::of(&snapshot);
        let page = Page { snapshot: &snapshot, options: &options, width: 80, painter, moments };
        assert_eq!(page.rooms(wanted), expected);
    }

    #[test]
    fn what_one_table_leaves_over_goes_to_the_others() {
        check_rooms([1, 30, 30], [1, 6, 5]);
        check_rooms([30, 30, 30], [4, 4, 4]);
        check_rooms([0, 0, 5], [0, 0, 5]);
    }
}
