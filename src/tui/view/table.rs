//! Draws any table into any place: which columns fit, how wide, which rows, which is selected.
//!
//! Formats only the rows that are visible.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::told;
use crate::snapshot::{Focus, Snapshot};
use crate::tui::glyphs;
use crate::tui::model::{Model, NamesBy};
use crate::tui::sheet::{Extent, Sheet, Sort, Summed};
use crate::tui::sheets::{CHANGE, SheetId, is_of_places};
use crate::tui::text;
use crate::tui::theme::Meaning;
use crate::tui::value::Value;

/// Columns between columns.
const GAP: usize = 2;
/// From this height on a table has a last line that says what it leaves out.
const ROOM_FOR_FOOT: u16 = 6;

pub(super) fn draw(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (rows, place) = model.ordered(id, snapshot);
    let height = shown_rows(model, snapshot, id, area);
    let offset = offset(place, rows.len(), height);
    let visible: Vec<usize> = rows.iter().skip(offset).take(height).copied().collect();
    let columns = fit(model, snapshot, id, &visible, area.width.into());
    let active = model.active() == id;
    draw_headings(&columns, active, first_row(area), buffer);
    if visible.is_empty() {
        draw_emptiness(model, snapshot, id, area, buffer);
    }
    for (nth, row) in visible.iter().enumerate() {
        let line = line(area, nth + 1);
        draw_row(model, &columns, id.sheet(), *row, snapshot, line, buffer);
        if active && offset + nth == place {
            buffer.set_style(line, Meaning::Selected.style());
        }
    }
    if height + 1 < area.height.into() && !visible.is_empty() {
        draw_foot(model, snapshot, id, rows.len(), line(area, visible.len() + 1), buffer);
    }
    // Behind the rows, an empty one and the foot.
    if active && visible.len() + 3 < area.height.into() {
        let behind = text::cells(visible.len() + 3);
        let left = Rect { y: area.y + behind, height: area.height.saturating_sub(behind), ..area };
        let row = rows.get(place).copied();
        row.into_iter().for_each(|row| told::draw(model, snapshot, (id, row), left, buffer));
    }
}

/// How many rows of `id` fit into `area`.
pub(super) fn shown_rows(model: &Model, snapshot: &Snapshot, id: SheetId, area: Rect) -> usize {
    let foot = area.height >= ROOM_FOR_FOOT && foot(model, snapshot, id).is_some();
    usize::from(area.height.saturating_sub(1 + u16::from(foot)))
}

/// Which row of the whole table is drawn on screen row `y`.
pub(super) fn row_at(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    area: Rect,
    y: u16,
) -> Option<usize> {
    let (rows, place) = model.ordered(id, snapshot);
    let height = shown_rows(model, snapshot, id, area);
    let row = usize::from(y.checked_sub(area.y + 1)?);
    (row < height).then(|| offset(place, rows.len(), height) + row)
}

/// The first row to draw: keeps the selected one in the middle as far as the ends allow, so that
/// drawing needs no memory of where it was.
fn offset(place: usize, rows: usize, height: usize) -> usize {
    place.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn first_row(area: Rect) -> Rect {
    Rect { height: area.height.min(1), ..area }
}

fn line(area: Rect, nth: usize) -> Rect {
    let y = area.y.saturating_add(text::cells(nth));
    Rect { y, height: u16::from(y < area.bottom()), ..area }
}

/// A column that made it onto the screen.
struct Fitted {
    column: usize,
    heading: String,
    width: usize,
    /// The least it can do with.
    least: usize,
    /// The most it can use.
    most: usize,
    rank: u8,
    is_text: bool,
}

fn fit(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    rows: &[usize],
    room: usize,
) -> Vec<Fitted> {
    let sort = model.sort(id);
    let mut columns: Vec<Fitted> = (0..id.sheet().columns())
        .filter(|column| is_told(id.sheet(), *column, rows, sort, snapshot))
        .map(|column| measure(model, snapshot, id, column, rows, sort, room))
        .collect();
    drop_columns(&mut columns, room);
    shrink(&mut columns, room);
    grow(&mut columns, room);
    columns
}

/// Whether a column has anything to say; one without a single value only takes room.
fn is_told(
    sheet: &dyn Sheet,
    column: usize,
    rows: &[usize],
    sort: Sort,
    snapshot: &Snapshot,
) -> bool {
    let heading = sheet.heading(column, snapshot);
    if snapshot.compared.is_none() && heading == CHANGE
        || snapshot.geography.is_none() && is_of_places(column, &heading)
    {
        return false;
    }
    let told = |row: &usize| sheet.value(*row, column, snapshot) != Value::Absent;
    rows.is_empty() || sort.column == column || rows.iter().any(told)
}

fn measure(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    column: usize,
    rows: &[usize],
    sort: Sort,
    room: usize,
) -> Fitted {
    let sheet = id.sheet();
    let heading = heading(model, snapshot, id, column, sort);
    let (mut most, mut least) = (text::width(&heading), 0);
    let mut is_text = column == 0;
    for row in rows {
        let value = sheet.value(*row, column, snapshot);
        let width = text::width(&value.text());
        let name = name_width(model, snapshot, &value);
        most = most.max(width + name);
        least = least.max(needed(&value, column, width, room) + name.min(name_room(column, room)));
        is_text |= matches!(
            value,
            Value::Name(_)
                | Value::Word(_)
                | Value::Long(_)
                | Value::Address(_)
                | Value::Graded { .. }
        );
    }
    let title = text::width(&heading);
    let least = least.max(if column == 0 { title.min(room * 2 / 5) } else { title }).min(most);
    let rank = if sort.column == column { 0 } else { sheet.rank(column) };
    Fitted { column, heading, width: least, least, most, rank, is_text }
}

/// Tables that are at least so wide leave out columns so that the key can be told by its name.
const WIDE_ENOUGH: usize = 72;
/// What they leave to a name.
const ROOM_FOR_NAME: usize = 21;

fn name_room(column: usize, room: usize) -> usize {
    if column == 0 && room >= WIDE_ENOUGH { ROOM_FOR_NAME } else { 0 }
}

/// Columns that the name beside an address takes, if it has one.
fn name_width(model: &Model, snapshot: &Snapshot, value: &Value<'_>) -> usize {
    let Value::Address(address) = value else { return 0 };
    let name = model.called(snapshot).of(*address);
    name.map_or(0, |name| 1 + text::width(&name.to_string()))
}

/// Columns of a long text that say enough: of `AS4294967295 Example Ltd` the number and a beginning.
const LEAST_LONG: usize = 18;

/// How many columns a value needs to say anything, in a table of `room` columns.
fn needed(value: &Value<'_>, column: usize, width: usize, room: usize) -> usize {
    match (value, column) {
        (Value::Name(_) | Value::Word(_), 0) => width.min((room / 2).max(16)),
        (Value::Name(_), _) => width.min((room * 3 / 10).max(16)),
        (Value::Word(_), _) => width.min((room * 3 / 10).max(10)),
        (Value::Long(_), _) => width.min(LEAST_LONG),
        _ => width,
    }
}

/// The heading with what the model knows of it: the roll-up of names and the sort mark.
fn heading(model: &Model, snapshot: &Snapshot, id: SheetId, column: usize, sort: Sort) -> String {
    let mut heading = id.sheet().heading(column, snapshot);
    if column == 0 {
        heading = key_heading(model, id, &heading);
        if let Some(extent) = extent(model, snapshot, id) {
            heading.push_str(&extent);
        }
    }
    if sort.column == column {
        heading.push(if sort.reversed { glyphs::UP } else { glyphs::DOWN });
    }
    heading
}

fn key_heading(model: &Model, id: SheetId, heading: &str) -> String {
    match (id, model.names_by) {
        (SheetId::Suffixes, NamesBy::Labels(1)) => format!("{heading}, 1 label"),
        (SheetId::Suffixes, NamesBy::Labels(depth)) => format!("{heading}, {depth} labels"),
        (SheetId::Domains, _) => "registered domain".to_owned(),
        _ => heading.to_owned(),
    }
}

/// ` (4)` or ` (20 of 4,123)`: how many rows there are; ` (4, 3 gone)` with those of a baseline.
fn extent(model: &Model, snapshot: &Snapshot, id: SheetId) -> Option<String> {
    let Extent { total, gone, .. } = id.sheet().extent(snapshot);
    // What was looked for is one list, of both.
    let (rows, gone) = match model.within(id) {
        Some(_) => (model.ordered(id, snapshot).0.len() as u64, 0),
        None => ((id.sheet().rows(snapshot) as u64).saturating_sub(gone), gone),
    };
    let here = match (rows, total > rows) {
        (0, _) if gone == 0 => return None,
        (_, true) => format!("{} of {}", text::count(rows), text::count(total)),
        (_, false) => text::count(rows),
    };
    Some(match gone {
        0 => format!(" ({here})"),
        _ => format!(" ({here}, {} gone)", text::count(gone)),
    })
}

fn taken(columns: &[Fitted]) -> usize {
    columns.iter().map(|column| column.width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// Leaves out the least important columns until the rest can be read.
fn drop_columns(columns: &mut Vec<Fitted>, room: usize) {
    while taken(columns) > room {
        let worst =
            columns.iter().enumerate().filter(|(_, c)| c.rank > 0).max_by_key(|(_, c)| c.rank);
        let Some((place, _)) = worst else { return };
        columns.remove(place);
    }
}

/// Takes from the widest text until it fits; numbers keep their digits as long as text is left.
fn shrink(columns: &mut [Fitted], room: usize) {
    while taken(columns) > room {
        let widest =
            columns.iter_mut().filter(|c| c.width > 4).max_by_key(|c| (c.is_text, c.width));
        let Some(column) = widest else { return };
        column.width -= 1;
        column.least = column.width;
    }
}

/// Gives what is left to the columns that can use it, from the left.
fn grow(columns: &mut [Fitted], room: usize) {
    let mut left = room.saturating_sub(taken(columns));
    for column in columns {
        let more = (column.most - column.least).min(left);
        column.width += more;
        left -= more;
    }
}

fn draw_headings(columns: &[Fitted], active: bool, area: Rect, buffer: &mut Buffer) {
    let meaning = if active { Meaning::ActiveHeading } else { Meaning::Heading };
    buffer.set_style(area, meaning.style());
    let mut x = area.x;
    for column in columns {
        let text = text::clip(&column.heading, column.width);
        put(&text, column, x, area, Style::new(), buffer);
        x = x.saturating_add(text::cells(column.width + GAP));
    }
}

fn draw_row(
    model: &Model,
    columns: &[Fitted],
    sheet: &dyn Sheet,
    row: usize,
    snapshot: &Snapshot,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut x = area.x;
    for column in columns {
        let value = sheet.value(row, column.column, snapshot);
        let style = if value == Value::Absent { Meaning::Quiet } else { Meaning::Plain }.style();
        put(&value.fitted(column.width), column, x, area, style, buffer);
        if let Value::Address(address) = value {
            let width = text::width(&value.text());
            let name = model.called(snapshot).beside(address, width, column.width);
            let x = x.saturating_add(text::cells(width + 1));
            name.iter().for_each(|name| put(name, column, x, area, Meaning::Quiet.style(), buffer));
        }
        x = x.saturating_add(text::cells(column.width + GAP));
    }
}

fn put(text: &str, column: &Fitted, x: u16, area: Rect, style: Style, buffer: &mut Buffer) {
    let pad = if column.is_text { 0 } else { column.width.saturating_sub(text::width(text)) };
    let x = x.saturating_add(text::cells(pad));
    if x < area.right() && !area.is_empty() {
        buffer.set_stringn(x, area.y, text, usize::from(area.right() - x), style);
    }
}

fn draw_emptiness(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    area: Rect,
    buffer: &mut Buffer,
) {
    let text = match (id, snapshot.responses()) {
        _ if model.within(id).is_some() => format!("no {} seen there now", snapshot.focus),
        (SheetId::Lookups, _) => "no lookups yet".to_owned(),
        (_, 0) if snapshot.focus != Focus::NoResponse => "no responses yet".to_owned(),
        (SheetId::Findings, _) => "nothing found".to_owned(),
        (SheetId::Ede, _) => "no extended errors (RFC 8914) seen".to_owned(),
        _ => match snapshot.focus {
            Focus::Rcode(rcode) => format!("no {rcode} seen"),
            Focus::NoResponse => "no query without response seen".to_owned(),
            Focus::Slow => "no slow response seen".to_owned(),
        },
    };
    let line = line(area, 1);
    if !line.is_empty() {
        let text = text::clip(&text, line.width.into());
        buffer.set_stringn(line.x, line.y, text, line.width.into(), Meaning::Quiet.style());
    }
}

/// What the table leaves out, if anything.
fn foot(model: &Model, snapshot: &Snapshot, id: SheetId) -> Option<String> {
    let Extent { total, omitted, error, summed, gone } = id.sheet().extent(snapshot);
    let rows = (id.sheet().rows(snapshot) as u64).saturating_sub(gone);
    let mut said = Vec::new();
    if let Some(Summed { rows, total, what }) = summed.filter(|it| it.total > it.rows) {
        said.push(format!(
            "sums of {} of {} {what}; {} {} in the others",
            text::count(rows),
            text::count(total),
            text::count(omitted),
            snapshot.focus
        ));
    } else if total > rows {
        let (before, behind) = match model.within(id) {
            Some(_) => ("looked for among ", ""),
            None => ("", " shown"),
        };
        said.push(format!(
            "{before}{} of {} {}{behind}; {} {} in the others",
            text::count(rows),
            text::count(total),
            id.sheet().title(),
            text::count(omitted),
            snapshot.focus
        ));
    }
    if error > 0 {
        said.push(format!("counts may be up to {} too low", text::count(error)));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

fn draw_foot(
    model: &Model,
    snapshot: &Snapshot,
    id: SheetId,
    rows: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    if let (Some(foot), false, true) = (foot(model, snapshot, id), area.is_empty(), rows > 0) {
        let foot = text::clip(&format!("({foot})"), area.width.into());
        buffer.set_stringn(area.x, area.y, foot, area.width.into(), Meaning::Quiet.style());
    }
}
