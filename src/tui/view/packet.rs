//! One message of a lookup: decoded whole, beside its bytes, or above them where room is short.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::sample::{DUMP, dump};
use super::{body, ladder, write_lines};
use crate::snapshot::{Lookup, LookupStep, Snapshot, StepKind};
use crate::tui::called::Called;
use crate::tui::model::{Ladder, Model};
use crate::tui::text;
use crate::tui::theme::Meaning;

/// Columns that words need for themselves beside the bytes.
const WORDS: u16 = 48;

/// Lines at the top that say which message it is.
const HEAD: u16 = 3;

pub(super) fn draw(
    lookup: &Lookup,
    (place, line): (usize, usize),
    called: Called<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let place = place.min(lookup.steps.len().saturating_sub(1));
    let Some(step) = lookup.steps.get(place) else { return };
    let [head, rest] = halves(area);
    let mut said = vec![ladder::headline(lookup, head.width)];
    said.extend(text::wrap(&ladder::detail(lookup, place, step, called), head.width.into(), 2));
    write_lines(&said, Meaning::Strong.style(), head, buffer);
    let [words, bytes] = parts(rest, step);
    let lines = lines(step, words.width);
    let from = line.min(lines.len().saturating_sub(1));
    let shown = lines.get(from..).unwrap_or_default();
    write_lines(shown, Meaning::Plain.style(), words, buffer);
    let rows = dump(
        step.bytes.get(bytes_before(from, words, bytes)..).unwrap_or_default(),
        bytes.height.into(),
    );
    write_lines(&rows, Meaning::Quiet.style(), bytes, buffer);
}

/// The bytes scroll with the words where they stand beside them.
fn bytes_before(line: usize, words: Rect, bytes: Rect) -> usize {
    if words.y == bytes.y { line * 16 } else { 0 }
}

fn halves(area: Rect) -> [Rect; 2] {
    area.layout(&Layout::vertical([Constraint::Length(HEAD), Constraint::Min(0)]))
}

/// The last line from which on the message of a step can be shown.
pub(crate) fn last_line(model: &Model, open: &Ladder, snapshot: &Snapshot) -> usize {
    let step = open.lookup(snapshot).and_then(|lookup| lookup.steps.get(open.step));
    let Some(step) = step else { return 0 };
    let [words, bytes] = parts(halves(body(model, snapshot))[1], step);
    let rows = if words.y == bytes.y { step.bytes.len().div_ceil(16) } else { 0 };
    let length = lines(step, words.width).len().max(rows);
    length.saturating_sub(words.height.into())
}

/// Where the words go and where the bytes.
fn parts(area: Rect, step: &LookupStep) -> [Rect; 2] {
    if area.width >= WORDS + 2 + DUMP {
        let [words, _, bytes] = area.layout(&Layout::horizontal([
            Constraint::Min(WORDS),
            Constraint::Length(2),
            Constraint::Length(DUMP),
        ]));
        return [words, bytes];
    }
    let rows = if area.width < DUMP { 0 } else { step.bytes.len().div_ceil(16) };
    // The words may not push out all bytes, nor the bytes more than half of the words.
    let height = text::cells(rows).min(area.height / 2);
    area.layout(&Layout::vertical([Constraint::Min(0), Constraint::Length(height)]))
}

fn lines(step: &LookupStep, width: u16) -> Vec<String> {
    if step.bytes.is_empty() {
        let nothing = match &step.kind {
            StepKind::Error { says, by } => {
                format!("no DNS message: {says}, from {by}; its packet is not here")
            }
            _ => "the bytes of this message are not here".to_owned(),
        };
        return text::wrap(&nothing, width.into(), 4);
    }
    let mut lines = Vec::new();
    if step.bytes.len() as u64 != u64::from(step.length) {
        let (kept, all) = (text::count(step.bytes.len() as u64), text::count(step.length.into()));
        lines.push(format!("; {kept} of {all} bytes are here"));
    }
    let words = step.lines();
    lines.extend(words.iter().flat_map(|line| text::wrap(line, width.into(), 4)));
    lines
}
