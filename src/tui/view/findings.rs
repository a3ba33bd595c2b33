//! Why: the causes that the evidence speaks for, and for the selected one the whole case.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, only_active, write_pieces};
use crate::iana::{Class, Opcode, RecordType};
use crate::snapshot::{Confidence, Finding, FindingOutcome, Scope, Snapshot};
use crate::time::Timestamp;
use crate::tui::called::Called;
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) const VIEW: View =
    View { key: 'a', title: "Cause", sheets: |_| vec![SheetId::Findings], panes, draw };

/// The table and the case of the selected finding.
fn parts(area: Rect) -> [Rect; 2] {
    let table = if area.height < 8 { area.height } else { (area.height / 3).clamp(3, 10) };
    area.layout(&Layout::vertical([Constraint::Length(table), Constraint::Min(0)]))
}

fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    only_active(model, snapshot, parts(area)[0])
}

fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let (rows, place) = model.ordered(SheetId::Findings, snapshot);
    let selected = rows.get(place).and_then(|row| snapshot.findings.get(*row));
    if let Some(finding) = selected {
        draw_lines(&case(finding, model.called(snapshot)), parts(area)[1], buffer);
    }
}

/// Each finding in a line or two; what is left goes to what to do about the first, and its
/// evidence.
pub(super) fn draw_brief(snapshot: &Snapshot, called: Called<'_>, area: Rect, buffer: &mut Buffer) {
    let mut lines = those_that_fit(snapshot, area);
    lines.iter_mut().for_each(|line| line.name(called, area.width));
    if let Some(first) = snapshot.findings.first() {
        lines.extend(first.fix.iter().take(1).map(|text| Told::under("fix", text)));
        lines.extend(first.directive().map(|text| Told::under("fix", text)));
        lines.extend(first.evidence.iter().map(|text| Told::under("for", text)));
        lines.extend(first.against.iter().map(|text| Told::under("against", text)));
        if !first.verify.is_empty() {
            lines.push(Told::under("verify", &first.verify));
        }
    }
    draw_lines(&lines, area, buffer);
}

/// Rows that the findings, and what to do about the first, take.
pub(super) fn brief_height(snapshot: &Snapshot, width: u16) -> u16 {
    let findings = &snapshot.findings;
    let lines = findings.iter().map(|finding| brief(snapshot, finding).rows(width));
    text::cells(lines.sum::<usize>()).saturating_add(1)
}

/// Whole findings, most harm first; the last row says how many more there are.
fn those_that_fit(snapshot: &Snapshot, area: Rect) -> Vec<Told> {
    let (all, room) = (snapshot.findings.len(), usize::from(area.height));
    let (mut told, mut used) = (Vec::new(), 0);
    for (nth, finding) in snapshot.findings.iter().enumerate() {
        let line = brief(snapshot, finding);
        let rows = line.rows(area.width);
        let more = usize::from(nth + 1 < all);
        if used + rows + more > room && nth > 0 {
            let rest = all - nth;
            told.push(Told::under("", &format!("and {rest} more (a shows all)")));
            break;
        }
        used += rows;
        told.push(line);
    }
    told
}

/// A paragraph with a label at its left.
pub(super) struct Told {
    label: String,
    text: String,
    meaning: Meaning,
}

impl Told {
    pub(super) fn under(label: &str, text: &str) -> Self {
        Self { label: label.to_owned(), text: text.to_owned(), meaning: Meaning::Plain }
    }

    /// Says what its addresses are called, if it takes no more rows then.
    fn name(&mut self, called: Called<'_>, width: u16) {
        let named = Self { text: called.in_text(&self.text), label: String::new(), ..*self };
        if named.rows(width) == self.rows(width) {
            self.text = named.text;
        }
    }

    /// Rows that it takes.
    fn rows(&self, width: u16) -> usize {
        text::wrap(&self.text, width.saturating_sub(LABELS).into(), MOST_ROWS).len()
    }
}

/// In few words, for the first screen.
fn brief(snapshot: &Snapshot, finding: &Finding) -> Told {
    let as_intended = if finding.fault { "" } else { " (as intended)" };
    let same = snapshot.findings.iter().filter(|other| other.brief == finding.brief).count();
    // One cause that shows in several ways is a finding for each.
    let outcome = if same > 1 { format!(" ({})", outcome(finding)) } else { String::new() };
    Told { text: format!("{}{outcome}{as_intended}", finding.brief), ..headline(finding) }
}

fn headline(finding: &Finding) -> Told {
    let meaning = match (finding.fault, finding.confidence) {
        (false, _) | (_, Confidence::Possible) => Meaning::Plain,
        (true, _) => Meaning::Strong,
    };
    Told { label: finding.confidence.to_string(), text: finding.headline.clone(), meaning }
}

/// Everything a finding says, in the order a reader asks.
fn case(finding: &Finding, called: Called<'_>) -> Vec<Told> {
    let first = headline(finding);
    let first = Told { text: called.in_text(&first.text), ..first };
    let mut told = vec![first, Told::under("cause", &cause(finding))];
    told.push(Told::under("when", &when(finding)));
    if finding.turns.len() > 1 {
        told.push(Told::under("so far", &turns(finding)));
    }
    told.push(Told::under("which", &scope(&finding.scope)));
    for (label, texts) in
        [("for", &finding.evidence), ("against", &finding.against), ("fix", &finding.fix)]
    {
        told.extend(texts.iter().map(|text| Told::under(label, text)));
    }
    if !finding.verify.is_empty() {
        told.push(Told::under("verify", &finding.verify));
    }
    // Last: what to do matters more than who says what anybody is called.
    told.extend(names(&finding.scope, called).map(|text| Told::under("names", &text)));
    told
}

/// Who says what the servers and clients are called.
fn names(scope: &Scope, called: Called<'_>) -> Option<String> {
    let members = scope.servers.iter().chain(&scope.clients);
    let told = members.filter_map(|member| called.told(member.parse().ok()?));
    let told = told.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then_some(told)
}

fn outcome(finding: &Finding) -> String {
    match finding.outcome {
        FindingOutcome::Response(code) => code.to_string(),
        FindingOutcome::Unanswered => "no response".to_owned(),
        FindingOutcome::Unreachable => "unreachable".to_owned(),
    }
}

fn cause(finding: &Finding) -> String {
    let outcome = outcome(finding);
    let fault = if finding.fault { "a fault" } else { "works as intended" };
    format!(
        "{}: {}, {outcome}, {fault}",
        finding.cause,
        text::plural(finding.count, finding.unit())
    )
}

/// From when to when, how it began, and whether it is over; the head of the screen has the date.
fn when(finding: &Finding) -> String {
    let day = |at: Timestamp| at.date_and_clock().split(' ').next().map(str::to_owned);
    let same_day = finding.first.map(day) == finding.last.map(day);
    let clock = |at: Option<Timestamp>| match at {
        Some(at) if same_day => at.clock(),
        Some(at) => at.date_and_clock(),
        None => "?".to_owned(),
    };
    let before = finding
        .answered_until()
        .map_or_else(String::new, |at| format!(", the last time at {}", clock(Some(at))));
    let over = if finding.ongoing { "" } else { "; over" };
    let (first, last) = (clock(finding.first), clock(finding.last));
    format!("{first} to {last} UTC: {}{before}{over}", finding.beginning())
}

/// What became of it while packets flowed.
fn turns(finding: &Finding) -> String {
    let turns = finding.turns.iter().map(|turn| format!("{} {}", turn.at.clock(), turn.kind));
    turns.collect::<Vec<_>>().join(", ")
}

/// The scope in words; what is not limited is not said.
fn scope(scope: &Scope) -> String {
    let lists = [
        ("servers", scope.servers.clone()),
        ("clients", scope.clients.clone()),
        ("names under", scope.suffixes.clone()),
        ("names not under", scope.outside_suffixes.clone()),
        ("types", scope.types.iter().map(RecordType::to_string).collect()),
        ("opcodes", scope.opcodes.iter().map(Opcode::to_string).collect()),
        ("classes", scope.classes.iter().map(Class::to_string).collect()),
    ];
    let mut said: Vec<String> = lists
        .iter()
        .filter(|(_, members)| !members.is_empty())
        .map(|(what, members)| format!("{what} {}", members.join(", ")))
        .collect();
    said.extend(scope.recursion_desired.map(|rd| format!("RD={}", u8::from(rd))));
    said.extend(scope.unasked.map(|unasked| if unasked { "unasked" } else { "asked" }.to_owned()));
    if said.is_empty() { "all that no other finding covers".to_owned() } else { said.join("; ") }
}

/// Columns for the labels.
const LABELS: u16 = 10;
/// Rows of one paragraph; what is longer is cut.
const MOST_ROWS: usize = 4;

pub(super) fn draw_lines(paragraphs: &[Told], area: Rect, buffer: &mut Buffer) {
    let (mut rows, mut left) = (area.rows(), usize::from(area.height));
    let mut label_before = "";
    for told in paragraphs {
        // What the last row has no room for is cut with a sign that there is more.
        let lines =
            text::wrap(&told.text, area.width.saturating_sub(LABELS).into(), left.min(MOST_ROWS));
        left = left.saturating_sub(lines.len());
        for (nth, line) in lines.into_iter().enumerate() {
            let Some(row) = rows.next() else { return };
            let repeated = nth > 0 || told.label == label_before;
            let label = if repeated { String::new() } else { told.label.clone() };
            write_pieces(&[(label, Meaning::Quiet)], row, buffer);
            let text = Rect {
                x: row.x + LABELS.min(row.width),
                width: row.width.saturating_sub(LABELS),
                ..row
            };
            write_pieces(&[(line, told.meaning)], text, buffer);
        }
        label_before = &told.label;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_that_the_screen_has_no_room_for_ends_with_a_sign() {
        let told = ["one line", "the first of several lines"];
        let told = told.map(|text| Told::under("fix", text));
        for (height, last) in [(1, "one line"), (2, "the first…"), (3, "of severa…"), (9, "lines")]
        {
            let area = Rect::new(0, 0, LABELS + 10, height);
            let mut buffer = Buffer::empty(area);
            draw_lines(&told, area, &mut buffer);
            let row = |row: Rect| {
                let cells = row.columns().skip(LABELS.into());
                let text: String = cells.map(|cell| buffer[(cell.x, cell.y)].symbol()).collect();
                text.trim_end().to_owned()
            };
            let shown: Vec<String> = area.rows().map(row).collect();
            let shown = shown.iter().rfind(|text| !text.is_empty());
            assert_eq!(shown.map(String::as_str), Some(last), "{height} rows");
        }
    }
}
