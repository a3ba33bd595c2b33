//! From model and snapshot to cells. Reads only: drawing changes nothing.
//!
//! A new view is a file and a row in [`VIEWS`]: its tab, its key, its help line and its tests
//! follow from the row.

mod capture;
mod crumbs;
mod ede;
mod findings;
mod foot;
pub(super) mod head;
mod ladder;
mod latency;
mod lists;
mod lookups;
mod messages;
mod nothing;
mod overlay;
mod overview;
mod packet;
mod rcodes;
mod replay;
mod sample;
mod strip;
mod table;
mod tabs;
mod timeline;
mod told;
pub(super) mod verdict;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;

use super::keys::Msg;
use super::model::Model;
use super::selection::Span;
use super::sheets::SheetId;
use super::text;
use super::theme::Meaning;
use crate::snapshot::Snapshot;

pub(crate) use overlay::help_last;
pub(crate) use packet::last_line;

/// The smallest screen that can show anything of use, in columns and rows.
pub const MINIMUM: (u16, u16) = (40, 10);

/// One way to look at a snapshot.
#[derive(Debug)]
pub struct View {
    /// The letter that shows it.
    pub key: char,
    /// What stands on its tab.
    pub title: &'static str,
    /// Its tables, in the order of Tab.
    pub sheets: fn(&Model) -> Vec<SheetId>,
    /// Where these tables go; one that has no room is left out.
    pub(crate) panes: fn(&Model, &Snapshot, Rect) -> Vec<Pane>,
    /// Draws what it has beside its tables.
    pub(crate) draw: fn(&Model, &Snapshot, Rect, &mut Buffer),
}

/// A table and its place.
pub(crate) type Pane = (SheetId, Rect);

/// Every view, in the order of the tabs.
pub const VIEWS: &[View] = &[
    overview::VIEW,
    findings::VIEW,
    lists::SERVERS,
    lists::CLIENTS,
    lists::NAMES,
    lists::NETWORKS,
    lists::PATHS,
    rcodes::VIEW,
    messages::VIEW,
    ede::VIEW,
    latency::VIEW,
    lookups::VIEW,
    sample::VIEW,
    capture::VIEW,
];

/// Where a view shows the timeline in its part of the screen.
type Course = fn(&Snapshot, Rect) -> Rect;

/// The views that show the timeline, on which a mouse can choose a span of time.
const COURSES: &[(&View, Course)] =
    &[(&overview::VIEW, overview::course), (&rcodes::VIEW, rcodes::course)];

/// The parts of the screen, from top to bottom; a part without room has no height.
#[derive(Clone, Copy, Debug)]
struct Page {
    head: Rect,
    tabs: Rect,
    crumbs: Rect,
    verdict: Rect,
    body: Rect,
    foot: Rect,
}

/// Draws the whole screen.
pub fn draw(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    if area.width < MINIMUM.0 || area.height < MINIMUM.1 {
        too_small(model, area, buffer);
    } else {
        draw_page(model, snapshot, area, buffer);
        overlay::draw(model, snapshot, area, buffer);
    }
    model.look.paint(buffer);
}

fn draw_page(model: &Model, snapshot: &Snapshot, area: Rect, buffer: &mut Buffer) {
    let page = page(model, snapshot, area);
    head::draw(model, snapshot, page.head, buffer);
    tabs::draw(model, page.tabs, buffer);
    crumbs::draw(model, snapshot, page.crumbs, buffer);
    verdict::draw(model, snapshot, page.verdict, buffer);
    if !model.zoomed || model.open_ladder().is_some() {
        (model.shown().draw)(model, snapshot, page.body, buffer);
    }
    for (id, place) in panes(model, snapshot, page.body) {
        table::draw(model, snapshot, id, place, buffer);
    }
    foot::draw(model, snapshot, page.foot, buffer);
}

fn page(model: &Model, snapshot: &Snapshot, area: Rect) -> Page {
    let whole = u16::from(!model.zoomed);
    let [head, tabs, crumbs, verdict, body, foot] = area.layout(&Layout::vertical([
        Constraint::Length(head::height(model, snapshot, area)),
        Constraint::Length(whole),
        Constraint::Length(crumbs::height(model)),
        Constraint::Length(verdict::height(model, snapshot, area) * whole),
        Constraint::Min(0),
        Constraint::Length(1),
    ]));
    Page { head, tabs, crumbs, verdict, body, foot }
}

/// The tables on the screen and where they are.
fn panes(model: &Model, snapshot: &Snapshot, body: Rect) -> Vec<Pane> {
    let has_tables = model.open_ladder().is_none() && !(model.shown().sheets)(model).is_empty();
    if model.zoomed && has_tables {
        return vec![(model.active(), body)];
    }
    let mut panes = (model.shown().panes)(model, snapshot, body);
    panes.retain(|(_, place)| place.height > 1 && place.width > 0);
    panes
}

/// The one table the keys act on, over everything.
fn only_active(model: &Model, _: &Snapshot, area: Rect) -> Vec<Pane> {
    vec![(model.active(), area)]
}

fn too_small(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (columns, rows) = MINIMUM;
    let quit = model.bindings.label(Msg::Quit).unwrap_or_default();
    let message = format!("terminal too small: at least {columns}x{rows} needed ({quit} quits)");
    let lines = text::wrap(&message, area.width.into(), area.height.into());
    write_lines(&lines, Style::new(), area, buffer);
}

/// What is under the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    /// The tab of a view.
    Tab(usize),
    /// A place in a table, counted from its first row.
    Row(SheetId, usize),
    /// The timeline.
    Timeline,
}

/// What is at a place of the screen.
pub(crate) fn hit(model: &Model, snapshot: &Snapshot, at: (u16, u16)) -> Option<Hit> {
    let page = page(model, snapshot, screen(model));
    let at = Position::from(at);
    if page.tabs.contains(at) {
        return tabs::hit(model, page.tabs, at.x).map(Hit::Tab);
    }
    if timeline_place(model, snapshot).is_some_and(|place| place.contains(at)) {
        return Some(Hit::Timeline);
    }
    let (id, place) =
        panes(model, snapshot, page.body).into_iter().find(|(_, place)| place.contains(at))?;
    let row = table::row_at(model, snapshot, id, place, at.y)?;
    Some(Hit::Row(id, row))
}

/// Where the timeline is on the screen, if it is there.
fn timeline_place(model: &Model, snapshot: &Snapshot) -> Option<Rect> {
    let shown = |(view, _): &&(&View, Course)| view.key == model.shown().key && !model.zoomed;
    let (_, course) = COURSES.iter().find(shown)?;
    Some(course(snapshot, body(model, snapshot))).filter(|place| !place.is_empty())
}

/// The step of the timeline that is nearest to a column of the screen; those at its edges reach as
/// far as the span that is `shown`.
pub(crate) fn step_at(
    model: &Model,
    snapshot: &Snapshot,
    shown: Span,
    column: u16,
) -> Option<Span> {
    timeline::step_at(snapshot, timeline_place(model, snapshot)?, shown, column)
}

/// How many rows of a table are on the screen.
pub(crate) fn visible_rows(model: &Model, id: SheetId, snapshot: &Snapshot) -> usize {
    let page = page(model, snapshot, screen(model));
    let place = panes(model, snapshot, page.body).into_iter().find(|(each, _)| *each == id);
    place.map_or(0, |(_, place)| table::shown_rows(model, snapshot, id, place))
}

/// The part of the screen that a view has to itself.
pub(crate) fn body(model: &Model, snapshot: &Snapshot) -> Rect {
    page(model, snapshot, screen(model)).body
}

fn screen(model: &Model) -> Rect {
    Rect::new(0, 0, model.size.0, model.size.1)
}

/// Writes one line each into the rows of `area`, cut to its width.
fn write_lines(lines: &[String], style: Style, area: Rect, buffer: &mut Buffer) {
    for (line, row) in lines.iter().zip(area.rows()) {
        buffer.set_stringn(row.x, row.y, line, row.width.into(), style);
    }
}

/// A run of text with its meaning.
type Piece = (String, Meaning);

/// Writes pieces one after another into the first row of `area`, as far as they go, and returns
/// how many columns they took.
fn write_pieces(pieces: &[Piece], area: Rect, buffer: &mut Buffer) -> u16 {
    if area.is_empty() {
        return 0;
    }
    let mut x = area.x;
    for (text, meaning) in pieces {
        let room = usize::from(area.right().saturating_sub(x));
        let cut = text::clip(text, room);
        x = buffer.set_stringn(x, area.y, cut, room, meaning.style()).0;
    }
    x - area.x
}

fn pieces_width(pieces: &[Piece]) -> u16 {
    text::cells(pieces.iter().map(|(text, _)| text::width(text)).sum())
}

/// A place of the screen where a row of a table is, for tests of the mouse.
#[cfg(test)]
pub(crate) fn find_row(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    row: usize,
) -> Option<(u16, u16)> {
    let mut places = screen(model).positions().map(|at| (at.x, at.y));
    places.find(|at| hit(model, snapshot, *at) == Some(Hit::Row(id, row)))
}
