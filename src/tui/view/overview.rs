//! The first view: the mix of codes, the course of events, the findings and the three tables of
//! who refuses whom what.

use std::net::IpAddr;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{Pane, View, findings, nothing, only_active, strip, timeline};
use crate::snapshot::{List, Snapshot};
use crate::tui::model::Model;
use crate::tui::text;

pub(super) const VIEW: View = View {
    key: 'o',
    title: "Overview",
    sheets: |model| vec![model.servers(), model.clients(), model.names()],
    panes,
    draw,
};

/// Columns from which on the names stand beside the addresses.
const WIDE: u16 = 116;
/// Columns from which on all tables, and the timeline and the findings, stand side by side.
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

fn parts(snapshot: &Snapshot, area: Rect) -> Parts {
    let found = !snapshot.findings.is_empty();
    let beside = found && area.width >= VERY_WIDE;
    let height = area.height;
    let most = match height {
        _ if !found => 0,
        0..9 => 0,
        9..16 => 2,
        // What few servers and clients leave free.
        16..20 => 4 + 4_u16.saturating_sub(address_rows(snapshot)),
        _ => (height / 5).min(8),
    };
    let needed = findings::brief_height(snapshot, area.width);
    let findings = if height < 20 { needed.min(most) } else { most };
    let timeline = match height {
        0..11 => 0,
        11..16 => 3,
        // Findings that ask for a row more get it from the timeline, not from the tables.
        16..20 => 7 - findings.clamp(3, 4),
        _ => (height / 4).min(10),
    };
    let strip = if height >= 7 { strip::HEIGHT } else { 0 };
    let below = match snapshot.in_focus().0 {
        _ if beside => 0,
        // The tables have nothing to tell, and the findings speak of something else.
        0 if found => height.saturating_sub(strip + timeline),
        _ => findings,
    };
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

fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    if let Some(hints) = nothing::hints(snapshot) {
        // A row of distance from the verdict, which says what is the matter.
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        return findings::draw_lines(&hints, below, buffer);
    }
    let parts = parts(snapshot, area);
    strip::draw(snapshot, parts.strip, buffer);
    timeline::draw(model, snapshot, parts.timeline, buffer);
    findings::draw_brief(snapshot, model.called(snapshot), parts.findings, buffer);
}

/// Where the timeline is.
pub(super) fn course(snapshot: &Snapshot, area: Rect) -> Rect {
    match nothing::hints(snapshot) {
        Some(_) => Rect::ZERO,
        None => parts(snapshot, area).timeline,
    }
}

fn panes(model: &Model, snapshot: &Snapshot, area: Rect) -> Vec<Pane> {
    if nothing::is_all(snapshot) {
        return Vec::new();
    }
    let tables = parts(snapshot, area).tables;
    if area.width < NARROW || tables.height < 6 {
        return only_active(model, snapshot, tables);
    }
    let places = match area.width {
        VERY_WIDE.. => side_by_side(tables),
        WIDE.. => names_beside(tables),
        _ => names_below(snapshot, tables),
    };
    (VIEW.sheets)(model).into_iter().zip(places).collect()
}

fn side_by_side(area: Rect) -> [Rect; 3] {
    area.layout(&Layout::horizontal([Constraint::Fill(1); 3]).spacing(GUTTER))
}

/// Servers above clients, so that the longest address has room, and names beside both.
fn names_beside(area: Rect) -> [Rect; 3] {
    let columns = Layout::horizontal([Constraint::Fill(10), Constraint::Fill(11)]);
    let [addresses, names] = area.layout(&columns.spacing(GUTTER));
    let rows = Layout::vertical([Constraint::Fill(2), Constraint::Fill(3)]).spacing(1);
    let [servers, clients] = addresses.layout(&rows);
    [servers, clients, names]
}

/// Servers beside clients, each as wide as its addresses ask, and names below both, with the rows
/// that neither needs.
fn names_below(snapshot: &Snapshot, area: Rect) -> [Rect; 3] {
    let needed = address_rows(snapshot).clamp(2, area.height.div_ceil(2).max(2));
    let [above, names] =
        area.layout(&Layout::vertical([Constraint::Length(needed), Constraint::Fill(1)]));
    let [servers, clients] = [&snapshot.servers, &snapshot.clients].map(longest);
    let half = Constraint::Fill(1);
    let columns = match (servers + clients, servers.max(clients)) {
        (both, _) if both + GUTTER > area.width => [half, half],
        (_, longest) if longest * 2 + GUTTER <= area.width => [half, half],
        _ if servers < clients => [half, Constraint::Length(clients)],
        _ => [Constraint::Length(servers), half],
    };
    let [servers, clients] = above.layout(&Layout::horizontal(columns).spacing(GUTTER));
    [servers, clients, names]
}

/// Rows that servers beside clients need, with their headings.
fn address_rows(snapshot: &Snapshot) -> u16 {
    let rows = snapshot.servers.rows.len().max(snapshot.clients.rows.len());
    text::cells(rows).saturating_add(1)
}

/// Columns that the longest address at the top of a list needs with a count beside it.
fn longest(list: &List<IpAddr>) -> u16 {
    const COUNT: usize = 10;
    const LOOKED_AT: usize = 50;
    let addresses = list.rows.iter().take(LOOKED_AT).map(|row| row.key.to_string().len());
    text::cells(addresses.max().unwrap_or(0) + COUNT)
}
