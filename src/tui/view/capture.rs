//! How far the numbers can be trusted: every warning in full, and where every frame and query
//! went.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{VIEWS, View, head, write_lines, write_pieces};
use crate::ledger::Reason;
use crate::snapshot::{Cost, Recording, Senders, Snapshot};
use crate::tui::keys::Msg;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) const VIEW: View =
    View { key: 'u', title: "Capture", sheets: |_| Vec::new(), panes: |_, _, _| Vec::new(), draw };

/// What shows this view.
pub(super) fn key() -> Msg {
    Msg::Show(VIEWS.iter().position(|view| view.title == VIEW.title).unwrap_or(0))
}

/// Columns of one group of counters.
const GROUP: u16 = 38;
/// From this height on there is an empty line between groups.
const ROOM_FOR_BLANKS: u16 = 22;

fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let below = draw_warnings(model, snapshot, area, buffer);
    let groups = [frames(snapshot), messages(snapshot), outcomes(snapshot), losses(snapshot)];
    let across = usize::from(area.width / (GROUP + 2)).max(1);
    let mut y = below;
    for beside in groups.chunks(across) {
        let height = beside.iter().map(|group| group.lines.len()).max().unwrap_or(0) + 1;
        for (nth, group) in beside.iter().enumerate() {
            let x = area.x + text::cells(nth) * (GROUP + 2);
            draw_group(
                group,
                Rect { x, y, width: GROUP, height: text::cells(height) }.intersection(area),
                buffer,
            );
        }
        let blank = usize::from(area.height >= ROOM_FOR_BLANKS);
        y = y.saturating_add(text::cells(height + blank)).min(area.bottom());
    }
}

/// Returns the row after the last warning.
fn draw_warnings(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) -> u16 {
    let link_types = snapshot.source.link_types.join(", ");
    let link_types = if link_types.is_empty() { "none yet" } else { &link_types };
    let mut first = format!("link types: {link_types}");
    if let Some(vantage) = &snapshot.vantage {
        first += &format!("; seen {}", vantage.text);
    }
    let mut lines = text::wrap(&first, area.width.into(), 4);
    lines.extend(snapshot.source.senders.map(senders));
    lines.extend(snapshot.cost.map(cost));
    lines.extend(snapshot.source.recording.as_ref().map(recording));
    let confined = Some(&model.confined.line).filter(|line| !line.is_empty());
    lines.extend(confined.into_iter().flat_map(|line| text::wrap(line, area.width.into(), 4)));
    for warning in head::warnings(snapshot).iter().chain(&model.confined.warnings) {
        lines.extend(text::wrap(&format!("! {warning}"), area.width.into(), 4));
    }
    lines.truncate((area.height / 2).max(1).into());
    write_lines(&lines, Meaning::Plain.style(), area, buffer);
    area.y + text::cells(lines.len())
}

/// Who tells what comes, and all that went wrong with them.
fn senders(it: Senders) -> String {
    let began = text::plural(it.began, "stream");
    let troubles = it.each().filter(|(.., count)| *count > 0);
    let told = troubles.map(|(_, id, _, count)| format!("{} {id}", text::count(count)));
    let told: Vec<String> =
        std::iter::once(format!("dnstap: {it}, {began} began")).chain(told).collect();
    told.join(", ")
}

/// What is written where.
fn recording(it: &Recording) -> String {
    let (frames, bytes) = (text::plural(it.frames, "packet"), text::bytes(it.bytes as f64));
    let files = text::plural(it.files, "file");
    format!("written: {frames}, {bytes}, in {files}, now {}", it.file)
}

/// What this screen costs the capture.
fn cost(cost: Cost) -> String {
    let Cost { snapshots, of, .. } = cost;
    let (snapshots, seconds) = (text::count(snapshots), of.as_secs_f64());
    format!("snapshots: {snapshots} in {seconds:.2} s, {:.2} % of the time", 100.0 * cost.share())
}

/// Counters that belong together.
struct Group {
    title: &'static str,
    lines: Vec<(String, String)>,
}

fn group(title: &'static str, lines: &[(&str, u64)]) -> Group {
    let line = |(what, count): &(&str, u64)| ((*what).to_owned(), text::count(*count));
    Group { title, lines: lines.iter().map(line).collect() }
}

fn frames(snapshot: &Snapshot) -> Group {
    let ledger = &snapshot.ledger;
    let mut group = group(
        "frames",
        &[
            ("captured", ledger.frames),
            ("DNS datagrams", ledger.datagrams),
            ("DNS stream segments", ledger.segments),
            ("fragments", ledger.fragments),
            ("ICMP errors about DNS", ledger.icmp_errors),
            ("duplicates", ledger.duplicates),
            ("not DNS", ledger.not_dns),
        ],
    );
    let reasons = Reason::ALL.iter().zip(ledger.undecodable).filter(|(_, count)| *count > 0);
    group
        .lines
        .extend(reasons.map(|((_, id), count)| (format!("undecodable: {id}"), text::count(count))));
    group
}

fn messages(snapshot: &Snapshot) -> Group {
    let ledger = &snapshot.ledger;
    let mut group = group(
        "messages",
        &[
            ("DNS messages", ledger.dns_messages),
            ("queries", ledger.queries),
            ("responses", ledger.responses),
            ("malformed", ledger.malformed),
            ("cut by the capture", ledger.cut),
        ],
    );
    if let Some(named) = &snapshot.named {
        let names = [("addresses they name", named.kept), ("  names forgotten", named.forgotten)];
        group.lines.extend(names.map(|(what, count)| (what.to_owned(), text::count(count))));
    }
    group
}

fn outcomes(snapshot: &Snapshot) -> Group {
    let outcomes = &snapshot.outcomes;
    let mut group = group(
        "what became of the queries",
        &[
            ("answered", outcomes.answered),
            ("  of these late", outcomes.late),
            ("unanswered", outcomes.unanswered),
            ("  of these unreachable", outcomes.unreachable),
            ("still waiting", outcomes.undecided),
            ("responses nobody asked for", outcomes.unasked),
        ],
    );
    let [queries, responses] =
        [outcomes.repeated_queries, outcomes.repeated_responses].map(text::count);
    let repeated = ("repeated queries, responses".to_owned(), format!("{queries}, {responses}"));
    group.lines.push(repeated);
    group
}

fn losses(snapshot: &Snapshot) -> Group {
    let ledger = &snapshot.ledger;
    let known = |count: Option<u64>| count.map_or_else(|| "not known".to_owned(), text::count);
    let mut group = group(
        "losses",
        &[
            ("TCP bytes skipped", ledger.stream_gaps),
            ("queries skipped under load", ledger.skipped),
            ("queries forgotten", ledger.shed),
            ("pieces forgotten", ledger.shed_pieces),
            ("table entries forgotten", ledger.evicted),
            ("fragments waiting", ledger.fragments_held),
        ],
    );
    if snapshot.source.senders.is_some() {
        return group; // what they dropped they do not tell
    }
    let dropped = [("kernel", ledger.kernel_dropped), ("interface", ledger.interface_dropped)];
    let lines = dropped.map(|(by, count)| (format!("dropped by {by}"), known(count)));
    group.lines.splice(0..0, lines);
    group
}

fn draw_group(group: &Group, area: Rect, buffer: &mut Buffer) {
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        buffer.set_style(row, Meaning::Heading.style());
        write_pieces(&[(group.title.to_owned(), Meaning::Heading)], row, buffer);
    }
    for (row, (what, count)) in rows.zip(&group.lines) {
        write_pieces(&[(what.clone(), Meaning::Plain)], row, buffer);
        let width = text::cells(text::width(count)).min(row.width);
        write_pieces(
            &[(count.clone(), Meaning::Plain)],
            Rect { x: row.right() - width, width, ..row },
            buffer,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_tells_and_what_went_wrong_with_them_is_told_in_a_line() {
        let quiet = Senders { connected: 1, began: 3, ..Senders::default() };
        assert_eq!(senders(quiet), "dnstap: 1 sender, 3 streams began");
        let troubles = [2, 0, 0, 1, 0, 0];
        let text = senders(Senders { connected: 0, began: 1, troubles });
        assert_eq!(text, "dnstap: no sender connected, 1 stream began, 2 refused, 1 torn");
    }

    #[test]
    fn what_the_screen_costs_is_told_in_a_line() {
        let (took, of) = (Duration::from_millis(120), Duration::from_secs(10));
        let text = cost(Cost { snapshots: 38, took, of });
        assert_eq!(text, "snapshots: 38 in 10.00 s, 1.20 % of the time");
    }
}
