//! The latest lookups; the selected one, message by message, once it is opened.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, ladder, only_active, packet, write_lines};
use crate::snapshot::{Lookups, Snapshot};
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;
use crate::tui::text;
use crate::tui::theme::Meaning;

pub(super) const VIEW: View =
    View { key: 'L', title: "Lookups", sheets: |_| vec![SheetId::Lookups], panes, draw };

/// The table, and the line that says what is not in it.
fn parts(area: Rect) -> [Rect; 2] {
    area.layout(&Layout::vertical([Constraint::Min(0), Constraint::Length(1)]))
}

fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    if model.open_ladder().is_some() {
        return Vec::new();
    }
    only_active(model, snapshot, parts(area)[0])
}

fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let Some(open) = model.open_ladder() else {
        let said = snapshot.lookups.as_ref().map_or_else(String::new, extent);
        let place = parts(area)[1];
        let said = vec![text::clip(&said, place.width.into())];
        return write_lines(&said, Meaning::Quiet.style(), place, buffer);
    };
    let Some(lookup) = open.lookup(snapshot) else { return draw_gone(area, buffer) };
    let called = model.called(snapshot);
    match open.message {
        Some(line) => packet::draw(lookup, (open.step, line), called, area, buffer),
        None => ladder::draw(lookup, open.step, (snapshot.focus, called), area, buffer),
    }
}

/// Never another lookup in the place of one that is gone.
fn draw_gone(area: Rect, buffer: &mut Buffer) {
    let said = "this lookup is no longer in memory: newer messages took its place (Esc: back)";
    let lines = text::wrap(said, area.width.into(), area.height.into());
    write_lines(&lines, Meaning::Warning.style(), area, buffer);
}

/// What is in memory and what is not.
fn extent(lookups: &Lookups) -> String {
    let Some(since) = lookups.since else { return "no messages in memory".to_owned() };
    let kept = format!(
        "{} in memory ({}) since {}",
        text::plural(lookups.kept, "message"),
        text::bytes(lookups.bytes as f64),
        since.clock()
    );
    match lookups.forgotten {
        0 => kept,
        gone => format!("{kept}; {} older gone", text::count(gone)),
    }
}
