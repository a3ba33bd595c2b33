//! The first view: the mix of codes, the course of events, the findings and the three tables of
//! who refuses whom what.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, findings, only_active, strip, timeline};
use crate::snapshot::Snapshot;
use crate::tui::model::Model;
use crate::tui::sheets::SheetId;

pub(super) const VIEW: View = View {
    key: 'o',
    title: "Overview",
    sheets: |model| vec![SheetId::Servers, SheetId::Clients, model.names()],
    panes,
    draw,
};

/// Columns from which on the three tables stand side by side.
const WIDE: u16 = 116;
/// Columns from which on the timeline and the findings stand side by side.
const VERY_WIDE: u16 = 180;
/// Columns below which only the active table is shown.
const NARROW: u16 = 72;
/// Columns between two tables.
const GUTTER: u16 = 3;

/// The parts of this view; a part without room has no height.
struct Parts {
    strip: Rect,
    timeline: Rect,
    findings: Rect,
    tables: Rect,
}

fn parts(area: Rect) -> Parts {
    let beside = area.width >= VERY_WIDE;
    let height = area.height;
    let timeline = match height {
        0..11 => 0,
        11..16 => 3,
        16..20 => 4,
        _ => (height / 4).min(10),
    };
    let findings = match height {
        0..9 => 0,
        9..16 => 2,
        16..20 => 3,
        _ => (height / 5).min(8),
    };
    let strip = if height >= 7 { strip::HEIGHT } else { 0 };
    let below = if beside { 0 } else { findings };
    let [strip, timeline, findings, _, tables] = area.layout(&Layout::vertical([
        Constraint::Length(strip),
        Constraint::Length(timeline),
        Constraint::Length(below),
        Constraint::Length(u16::from(height >= 20)),
        Constraint::Min(0),
    ]));
    if !beside {
        return Parts { strip, timeline, findings, tables };
    }
    let [timeline, findings] = timeline
        .layout(&Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).spacing(GUTTER));
    Parts { strip, timeline, findings, tables }
}

fn draw(_: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let parts = parts(area);
    strip::draw(snapshot, parts.strip, buffer);
    timeline::draw(snapshot, parts.timeline, buffer);
    findings::draw_brief(snapshot, parts.findings, buffer);
}

fn panes(model: &Model, area: Rect) -> Vec<Pane> {
    let tables = parts(area).tables;
    if area.width < NARROW || tables.height < 6 {
        return only_active(model, tables);
    }
    let places = if area.width >= WIDE { side_by_side(tables) } else { names_below(tables) };
    (VIEW.sheets)(model).into_iter().zip(places).collect()
}

/// Names are longer than addresses, so they get more.
fn side_by_side(area: Rect) -> [Rect; 3] {
    area.layout(
        &Layout::horizontal([Constraint::Fill(5), Constraint::Fill(5), Constraint::Fill(6)])
            .spacing(GUTTER),
    )
}

fn names_below(area: Rect) -> [Rect; 3] {
    let [above, names] = area.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]));
    let [servers, clients] = above
        .layout(&Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(GUTTER));
    [servers, clients, names]
}
