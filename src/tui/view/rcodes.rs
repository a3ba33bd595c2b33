//! Every response code seen: how often, how fast and what it means.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, only_active, strip, timeline};
use crate::snapshot::Snapshot;
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;

pub(super) const VIEW: View =
    View { key: 'r', title: "RCODE", sheets: |_| vec![SheetId::Rcodes], panes, draw };

/// The bar, the course of events, the table.
fn parts(area: Rect) -> [Rect; 3] {
    let [bar, course] = match area.height {
        0..7 => [0, 0],
        7..14 => [strip::HEIGHT, 0],
        height => [strip::HEIGHT, (height / 3).min(12)],
    };
    area.layout(&Layout::vertical([
        Constraint::Length(bar),
        Constraint::Length(course),
        Constraint::Min(0),
    ]))
}

fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    only_active(model, snapshot, parts(area)[2])
}

/// Where the timeline is.
pub(super) fn course(_: &Snapshot, area: Rect) -> Rect {
    parts(area)[1]
}

fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let [bar, course, _] = parts(area);
    strip::draw(snapshot, bar, buffer);
    timeline::draw(model, snapshot, course, buffer);
}
